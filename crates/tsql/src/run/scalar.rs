//! Evaluates expressions.
//!
//! Nothing is evaluated that does not count: CASE stops at the first true arm, COALESCE at the
//! first value. NULL rules of operators and functions are theirs.

use std::borrow::Cow;

use super::for_json::is_json;
use super::scope::Scope;
use super::state::{Run, address};
use crate::function::{Call, Function, at_time_zone, json_build, json_modify, parse_text};
use crate::plan::{Scalar, ScalarKind, XmlMethod};
use crate::types::{ArithmeticOp, SqlType};
use crate::value::{
    ConvertOptions, LARGEST_VALUE, SqlError, SqlValue, arithmetic, convert, try_convert, unary,
};
use crate::xml;

impl<'a> Run<'a> {
    /// The value of an expression, without a copy where it is there already.
    pub(crate) fn peek<'v>(
        &self,
        scalar: &'a Scalar,
        scope: &Scope<'v>,
    ) -> Result<Cow<'v, SqlValue>, SqlError>
    where
        'a: 'v,
    {
        if let ScalarKind::Constant(value) = &scalar.kind {
            return Ok(Cow::Borrowed(value));
        }
        if let ScalarKind::Column { depth, index } = &scalar.kind {
            return Ok(Cow::Borrowed(scope.column(*depth, *index)?));
        }
        self.value(scalar, scope).map(Cow::Owned)
    }

    /// The value of an expression.
    pub(crate) fn value(
        &self,
        scalar: &'a Scalar,
        scope: &Scope<'_>,
    ) -> Result<SqlValue, SqlError> {
        // Sums and conversions are what gets nested hundreds deep: they have small frames.
        if let ScalarKind::Arithmetic(op, left, right) = &scalar.kind {
            return self.arithmetic(*op, (left, right), &scalar.data_type, scope);
        }
        if let ScalarKind::Convert { operand, style, lenient } = &scalar.kind {
            let style = style.as_deref().map(|style| self.value(style, scope)).transpose()?;
            return self.convert(operand, style, (&scalar.data_type, *lenient), scope);
        }
        self.any_value(scalar, scope)
    }

    fn arithmetic(
        &self,
        op: ArithmeticOp,
        (left, right): (&'a Scalar, &'a Scalar),
        result: &SqlType,
        scope: &Scope<'_>,
    ) -> Result<SqlValue, SqlError> {
        let (left, right) = (self.peek(left, scope)?, self.peek(right, scope)?);
        bounded(arithmetic(op, &left, &right, result)?)
    }

    fn any_value(&self, scalar: &'a Scalar, scope: &Scope<'_>) -> Result<SqlValue, SqlError> {
        match &scalar.kind {
            ScalarKind::Constant(value) => Ok(value.clone()),
            ScalarKind::Column { depth, index } => Ok(scope.column(*depth, *index)?.clone()),
            ScalarKind::Variable(slot) => Ok(self.context.frame.variable(*slot)),
            ScalarKind::Arithmetic(..) | ScalarKind::Convert { .. } => self.value(scalar, scope),
            ScalarKind::Unary(op, operand) => unary(*op, &*self.peek(operand, scope)?),
            ScalarKind::Parse { operand, culture, lenient } => {
                let culture = culture.as_deref().map(|text| self.value(text, scope)).transpose()?;
                let text = self.peek(operand, scope)?;
                let manner = (*lenient, self.context.functions.dates.language);
                parse_text(&text, &scalar.data_type, culture.as_ref(), manner)
            }
            ScalarKind::Function(function, arguments)
                if function.name == "RAND" && arguments.iter().all(is_fixed) =>
            {
                self.once(scalar, || self.call(function, arguments, scalar, scope))
            }
            ScalarKind::Function(function, arguments) => {
                self.call(function, arguments, scalar, scope)
            }
            ScalarKind::Session(function, arguments) => {
                let arguments = self.values(arguments, scope)?;
                self.context.frame.session_value(*function, &arguments)
            }
            ScalarKind::Native(function, arguments) => {
                self.tick()?;
                function.call(&self.values(arguments, scope)?)
            }
            ScalarKind::User(module, arguments) => {
                self.tick()?;
                let arguments = self.values(arguments, scope)?;
                self.context.frame.call_function(module, &arguments)
            }
            ScalarKind::Case(arms, otherwise) => {
                for (when, then) in arms {
                    if self.holds(when, scope)? == Some(true) {
                        return self.value(then, scope);
                    }
                }
                match otherwise {
                    Some(otherwise) => self.value(otherwise, scope),
                    None => Ok(SqlValue::Null),
                }
            }
            ScalarKind::Coalesce(arguments) => {
                for argument in arguments {
                    let value = self.value(argument, scope)?;
                    if !value.is_null() {
                        return Ok(value);
                    }
                }
                Ok(SqlValue::Null)
            }
            ScalarKind::Subquery(plan) => self.subquery_value(plan, scope),
            ScalarKind::AtTimeZone(operand, zone) => {
                let zone = self.value(zone, scope)?;
                let Some(zone) = zone.as_str() else { return Ok(SqlValue::Null) };
                at_time_zone(&*self.peek(operand, scope)?, zone)
            }
            ScalarKind::XmlMethod { operand, method, path } => {
                let xml = self.peek(operand, scope)?;
                xml_method(&xml, *method, path, &scalar.data_type)
            }
        }
    }

    /// The values of several expressions.
    pub(crate) fn values(
        &self,
        scalars: &'a [Scalar],
        scope: &Scope<'_>,
    ) -> Result<Vec<SqlValue>, SqlError> {
        scalars.iter().map(|scalar| self.value(scalar, scope)).collect()
    }

    /// What conversions take from the session.
    pub(crate) fn convert_options(&self) -> ConvertOptions {
        ConvertOptions { style: None, dates: self.context.functions.dates }
    }

    fn convert(
        &self,
        operand: &'a Scalar,
        style: Option<SqlValue>,
        (to, lenient): (&SqlType, bool),
        scope: &Scope<'_>,
    ) -> Result<SqlValue, SqlError> {
        let value = self.peek(operand, scope)?;
        let style = match style {
            None => None,
            Some(style) if style.is_null() => return Ok(SqlValue::Null),
            Some(style) => style.as_i64().and_then(|style| i32::try_from(style).ok()),
        };
        if *to == SqlType::SqlVariant {
            return Ok(value.into_owned().into_variant(operand.data_type));
        }
        if *to == SqlType::Xml {
            return to_xml(&value, lenient);
        }
        let options = ConvertOptions { style, ..self.convert_options() };
        match lenient {
            true => try_convert(&value, to, options),
            false => convert(&value, to, options),
        }
    }

    /// A value that is made once in a query. Each place has its own.
    fn once(
        &self,
        scalar: &Scalar,
        make: impl FnOnce() -> Result<SqlValue, SqlError>,
    ) -> Result<SqlValue, SqlError> {
        let key = address(scalar);
        if let Some(value) = self.fixed.borrow().get(&key) {
            return Ok(value.clone());
        }
        let value = make()?;
        self.fixed.borrow_mut().insert(key, value.clone());
        Ok(value)
    }

    fn call(
        &self,
        function: &Function,
        arguments: &'a [Scalar],
        scalar: &Scalar,
        scope: &Scope<'_>,
    ) -> Result<SqlValue, SqlError> {
        let args = self.values(arguments, scope)?;
        if function.name == "JSON_MODIFY"
            && let ([text, path, new], [.., last]) = (args.as_slice(), arguments)
        {
            return json_modify(text, path, new, is_json(last));
        }
        if let "JSON_OBJECT" | "JSON_ARRAY" = function.name {
            let is_json: Vec<bool> = arguments.iter().map(is_json).collect();
            return bounded(json_build(&args, &is_json, function.name == "JSON_OBJECT")?);
        }
        let types: Vec<SqlType> = arguments.iter().map(|argument| argument.data_type).collect();
        let collation = arguments.iter().find(|arg| arg.data_type.kind().is_character());
        bounded(function.call(&Call {
            args: &args,
            types: &types,
            result: &scalar.data_type,
            collation: collation.map_or(scalar.collation, |argument| argument.collation),
            session: &self.context.functions,
        })?)
    }
}

/// Whether an argument is the same for all rows.
fn is_fixed(scalar: &Scalar) -> bool {
    if let ScalarKind::Convert { operand, style: None, .. } | ScalarKind::Unary(_, operand) =
        &scalar.kind
    {
        return is_fixed(operand);
    }
    matches!(scalar.kind, ScalarKind::Constant(_) | ScalarKind::Variable(_))
}

/// Refuses a value that has grown beyond all bounds.
fn bounded(value: SqlValue) -> Result<SqlValue, SqlError> {
    let length = value.as_str().map(str::len).or(value.as_bytes().map(<[u8]>::len));
    let bytes = length.unwrap_or(0) as u64;
    if LARGEST_VALUE < bytes { Err(SqlError::value_too_large(LARGEST_VALUE)) } else { Ok(value) }
}

/// Text becomes xml only if it is well-formed.
fn to_xml(value: &SqlValue, lenient: bool) -> Result<SqlValue, SqlError> {
    let value = value.unwrapped();
    if let SqlValue::Xml(_) = value {
        return Ok(value.clone());
    }
    let text = convert(value, &SqlType::Xml, ConvertOptions::default())?;
    let Some(source) = text.as_str() else { return Ok(SqlValue::Null) };
    match xml::normalized(source) {
        Ok(text) => Ok(SqlValue::Xml(text.into())),
        Err(_) if lenient => Ok(SqlValue::Null),
        Err(error) => Err(error),
    }
}

fn xml_method(
    xml: &SqlValue,
    method: XmlMethod,
    path: &str,
    to: &SqlType,
) -> Result<SqlValue, SqlError> {
    let Some(text) = xml.as_str() else { return Ok(SqlValue::Null) };
    match method {
        XmlMethod::Value => match xml::value(text, path)? {
            Some(found) => convert(&SqlValue::nvarchar(found), to, ConvertOptions::default()),
            None => Ok(SqlValue::Null),
        },
        XmlMethod::Query => Ok(SqlValue::Xml(xml::query(text, path)?.into())),
        XmlMethod::Exist => Ok(SqlValue::Bit(xml::exist(text, path)?)),
    }
}
