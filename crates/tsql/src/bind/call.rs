//! Calls of functions: which family a name belongs to, and the functions of the table.
//!
//! Source: T-SQL reference, "Functions", and the page of each.

use super::Binder;
use super::error::{
    At, Bind, column_object, date_part_missing, fail, refuse, xml_argument, xml_arguments,
};
use super::expr::literal_text;
use super::scope::{Scope, dotted};
use super::typed::{Typed, common_collation, constant, has_collation, scalar};
use crate::ast::{Expr, ExprKind, FunctionCall, Ident, Place, TrimSide};
use crate::function::{DatePart, Function, function_named};
use crate::host::ScalarFunctionSource;
use crate::plan::{Scalar, ScalarKind, XmlMethod};
use crate::types::{Kind, SqlType};
use crate::value::{SqlError, SqlValue};

impl Binder<'_> {
    /// A call, whatever it calls.
    pub(super) fn call(&self, call: &FunctionCall, place: Place, scope: &Scope<'_>) -> Bind<Typed> {
        if 1 < call.name.parts.len() {
            return self.user_function(call, place, scope);
        }
        if let Some(found) = self.aggregate_or_window(call, place, scope)? {
            return Ok(found);
        }
        if call.star && call.name.name().to_ascii_uppercase().ends_with("CHECKSUM") {
            return refuse(place, &format!("{}(*)", call.name.name()));
        }
        if call.star {
            return fail(place, SqlError::new(102, 15, 1, "Incorrect syntax near '*'."));
        }
        if call.distinct || !call.within_group.is_empty() || call.nulls.is_some() {
            return refuse(place, &format!("An aggregate's clause for {}", call.name.name()));
        }
        if let Some(found) = self.choosing(call, place, scope)? {
            return Ok(found);
        }
        if let Some(found) = self.session_call(call, place, scope)? {
            return Ok(found);
        }
        let function = function_named(call.name.name()).at(place)?;
        self.table_call(function, &call.arguments, place, scope)
    }

    /// A function of the table.
    fn table_call(
        &self,
        function: &'static Function,
        arguments: &[Expr],
        place: Place,
        scope: &Scope<'_>,
    ) -> Bind<Typed> {
        let mut bound = Vec::with_capacity(arguments.len());
        for (at, argument) in arguments.iter().enumerate() {
            bound.push(
                match (function.takes_date_part && at == 0, json_kind(function, at, argument)) {
                    (true, _) => date_part(argument, function)?,
                    (false, Some(word)) => word,
                    (false, None) => self.expr(argument, scope)?,
                },
            );
        }
        check_checksum(function, &bound, place)?;
        let scale = match bound.last().map(|last| &last.scalar.kind) {
            Some(ScalarKind::Constant(value)) => value.as_i64().and_then(|n| u8::try_from(n).ok()),
            Some(_) | None => None,
        };
        let mut made = self.made_call(function, bound, place)?;
        if let (true, Some(scale @ 0..=7)) = (function.name.ends_with("FROMPARTS"), scale) {
            made.scalar.data_type = made.scalar.data_type.with_seconds(scale);
        }
        Ok(made)
    }

    /// A call with arguments that are bound.
    pub(super) fn made_call(
        &self,
        function: &'static Function,
        arguments: Vec<Typed>,
        place: Place,
    ) -> Bind<Typed> {
        let types: Vec<_> = arguments.iter().map(|one| one.scalar.data_type).collect();
        let result = function.bind(&types).at(place)?;
        let (collation, label) =
            common_collation(&arguments.iter().collect::<Vec<_>>()).at(place)?;
        let nullable = !function.strict || arguments.iter().any(|one| one.scalar.nullable);
        let arguments = arguments.into_iter().map(|one| {
            // All texts of a call are looked at in one collation.
            let collation =
                if has_collation(&one.scalar.data_type) { collation } else { one.scalar.collation };
            Scalar { collation, ..one.scalar }
        });
        let kind = ScalarKind::Function(function, arguments.collect());
        let scalar = Scalar { nullable, collation, ..scalar(kind, result, place) };
        Ok(Typed { scalar, label })
    }

    /// A call of a function of the table, by its name.
    pub(super) fn named_call(
        &self,
        name: &str,
        arguments: Vec<Typed>,
        place: Place,
    ) -> Bind<Typed> {
        self.made_call(function_named(name).at(place)?, arguments, place)
    }

    /// `schema.function(...)`.
    fn user_function(&self, call: &FunctionCall, place: Place, scope: &Scope<'_>) -> Bind<Typed> {
        let shown = dotted(&call.name);
        if call.over.is_some() || call.star || call.distinct {
            return refuse(place, &format!("An aggregate {shown}"));
        }
        let name = self.qualified(&call.name);
        self.check_database(&call.name)?;
        match self.names.host().scalar_function(&name).at(place)? {
            None => fail(place, column_object(&shown)),
            Some(ScalarFunctionSource::Native(function)) => {
                let types: Vec<_> = function.arguments().iter().map(|ty| (*ty, None)).collect();
                let arguments =
                    self.user_arguments(&call.arguments, &types, (&shown, place), scope)?;
                let result = function.result();
                let kind = ScalarKind::Native(function, arguments);
                Ok(Typed::weak(scalar(kind, result, place)))
            }
            Some(ScalarFunctionSource::Module(module)) => {
                let signature = self.signature(&module, place)?;
                let Some(result) = signature.value else {
                    return fail(place, column_object(&shown));
                };
                let types: Vec<_> = signature
                    .parameters
                    .into_iter()
                    .map(|parameter| (parameter.data_type, parameter.default))
                    .collect();
                let arguments =
                    self.user_arguments(&call.arguments, &types, (&shown, place), scope)?;
                Ok(Typed::weak(scalar(ScalarKind::User(module, arguments), result, place)))
            }
        }
    }

    /// The arguments of a user's function, converted; `DEFAULT` is the parameter's own value.
    pub(super) fn user_arguments(
        &self,
        arguments: &[Expr],
        parameters: &[(SqlType, Option<Expr>)],
        (name, place): (&str, Place),
        scope: &Scope<'_>,
    ) -> Bind<Vec<Scalar>> {
        if arguments.len() < parameters.len() {
            return fail(place, super::error::insufficient_arguments(name));
        }
        if parameters.len() < arguments.len() {
            return fail(place, super::error::excess_arguments(name));
        }
        let bound = arguments.iter().zip(parameters).map(|(argument, (to, default))| {
            match (&argument.kind, default) {
                (ExprKind::Default, Some(default)) => self.argument(default, *to, scope),
                (ExprKind::Default, None) => {
                    fail(place, super::error::insufficient_arguments(name))
                }
                (_, _) => self.argument(argument, *to, scope),
            }
        });
        bound.collect()
    }

    /// `JSON_OBJECT` and `JSON_ARRAY`: a call whose first argument says whether NULL is left out,
    /// and which has an object's names and values in turn behind it.
    pub(super) fn json_constructor(
        &self,
        (keys, values): (Option<&[Expr]>, &[Expr]),
        absent: bool,
        scope: &Scope<'_>,
        place: Place,
    ) -> Bind<Typed> {
        let mut arguments = vec![Typed::weak(constant(SqlValue::Bit(absent), place))];
        for (at, value) in values.iter().enumerate() {
            if let Some(key) = keys.and_then(|keys| keys.get(at)) {
                let bound = self.expr(key, scope)?;
                let ty = bound.scalar.data_type;
                if !ty.kind().is_character() {
                    let error = SqlError::argument_invalid(ty.name(), 1, "json_object");
                    return fail(key.place, error);
                }
                arguments.push(bound);
            }
            arguments.push(self.expr(value, scope)?);
        }
        let name = if keys.is_some() { "JSON_OBJECT" } else { "JSON_ARRAY" };
        self.named_call(name, arguments, place)
    }

    /// `TRIM([side] [characters FROM] operand)`.
    pub(super) fn trim(
        &self,
        (side, characters): (Option<TrimSide>, Option<&Expr>),
        operand: &Expr,
        scope: &Scope<'_>,
        place: Place,
    ) -> Bind<Typed> {
        let name = match side {
            Some(TrimSide::Leading) => "LTRIM",
            Some(TrimSide::Trailing) => "RTRIM",
            Some(TrimSide::Both) | None => "TRIM",
        };
        let mut arguments = vec![self.expr(operand, scope)?];
        if let Some(characters) = characters {
            arguments.push(self.expr(characters, scope)?);
        }
        self.named_call(name, arguments, place)
    }

    /// `xml.value(path, type)`, `xml.query(path)`, `xml.exist(path)`.
    pub(super) fn xml_method(
        &self,
        operand: Typed,
        method: &Ident,
        arguments: &[Expr],
        place: Place,
    ) -> Bind<Typed> {
        let name = method.value.as_str();
        let (method, count) = match name {
            "value" => (XmlMethod::Value, 2),
            "query" => (XmlMethod::Query, 1),
            "exist" => (XmlMethod::Exist, 1),
            _ => return refuse(place, &format!("The method {name} of xml")),
        };
        if operand.scalar.data_type.kind() != Kind::Xml {
            let error = super::error::not_xml(name, operand.scalar.data_type.name());
            return fail(place, error);
        }
        if arguments.len() != count {
            return fail(place, xml_arguments(name, count));
        }
        let text = |number: usize| {
            let argument = &arguments[number - 1];
            literal_text(argument).map_err(|_| xml_argument(number, name)).at(argument.place)
        };
        let path = text(1)?.to_owned();
        let result = match method {
            XmlMethod::Value => {
                let written = text(2)?;
                match crate::parse_type(written) {
                    Ok(name) => self.value_type(&name, 1)?,
                    Err(_) => return fail(place, SqlError::unknown_type(written)),
                }
            }
            XmlMethod::Query => SqlType::Xml,
            XmlMethod::Exist => SqlType::Bit,
        };
        let operand = Box::new(operand.scalar);
        Ok(Typed::weak(scalar(ScalarKind::XmlMethod { operand, method, path }, result, place)))
    }
}

/// The sums of ids are known to be random where the ids are; what a bare NULL counts as is not.
fn check_checksum(function: &Function, arguments: &[Typed], place: Place) -> Bind<()> {
    if !matches!(function.name, "CHECKSUM" | "BINARY_CHECKSUM") {
        return Ok(());
    }
    let unknown = arguments.iter().any(|argument| {
        let is_new = matches!(&argument.scalar.kind, ScalarKind::Function(inner, _)
            if inner.name == "NEWID");
        let is_id = argument.scalar.data_type.kind() == Kind::UniqueIdentifier;
        argument.is_bare_null() || (is_id && !is_new)
    });
    match unknown {
        true => {
            refuse(place, &format!("{} of an id that is not NEWID(), or of NULL", function.name))
        }
        false => Ok(()),
    }
}

/// The second argument of ISJSON: a bare word, as `ARRAY`.
fn json_kind(function: &Function, at: usize, argument: &Expr) -> Option<Typed> {
    let ExprKind::Column(word) = &argument.kind else { return None };
    let is_word = function.name == "ISJSON" && at == 1 && word.parts.len() == 1;
    is_word.then(|| Typed::weak(constant(SqlValue::varchar(word.name()), argument.place)))
}

/// The first argument of DATEADD and its like: a bare word.
fn date_part(argument: &Expr, function: &Function) -> Bind<Typed> {
    let name = function.name.to_ascii_lowercase();
    let ExprKind::Column(word) = &argument.kind else {
        return fail(argument.place, date_part_missing(&name));
    };
    if 1 < word.parts.len() {
        return fail(argument.place, date_part_missing(&name));
    }
    let word = word.name();
    DatePart::named(word, &name).at(argument.place)?;
    Ok(Typed::weak(constant(SqlValue::varchar(word), argument.place)))
}
