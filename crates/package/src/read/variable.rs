//! Reads variables, package parameters and property expressions.

use model::{Code, TypeCode, Value};
use roxmltree::Node;

use super::{
    Reader, attribute, boolean, date, element, elements, is_sensitive, items, property, shorten,
    span, text, text_property,
};
use crate::{Parameter, PropertyExpression, Secret, Variable};

impl Reader {
    /// The variables of an executable.
    pub(super) fn variables(&mut self, node: Node<'_, '_>) -> Vec<Variable> {
        items(node, "Variables", "Variable").map(|variable| self.variable(variable)).collect()
    }

    fn variable(&mut self, node: Node<'_, '_>) -> Variable {
        let namespace = property(node, "Namespace").unwrap_or("User").to_owned();
        let name = text_property(node, "ObjectName");
        let place = format!("{namespace}::{name}");
        let (type_code, value) = match element(node, "VariableValue") {
            Some(value) => {
                let type_code = self.variant_type(value, &place);
                (type_code, self.value(value, type_code, &place))
            }
            None => (TypeCode::Object, Value::Null),
        };
        Variable {
            id: text_property(node, "DTSID"),
            description: text_property(node, "Description"),
            type_code,
            value,
            read_only: self.flag(node, "ReadOnly", false),
            expression: text_property(node, "Expression"),
            evaluate_as_expression: self.flag(node, "EvaluateAsExpression", false),
            raise_changed_event: self.flag(node, "RaiseChangedEvent", false),
            // 6789 includes it, 2345 does not.
            include_in_debug_dump: property(node, "IncludeInDebugDump") == Some("6789"),
            span: span(node),
            namespace,
            name,
        }
    }

    /// The parameters of a package.
    pub(super) fn package_parameters(&mut self, node: Node<'_, '_>) -> Vec<Parameter> {
        items(node, "PackageParameters", "PackageParameter")
            .map(|parameter| self.package_parameter(parameter))
            .collect()
    }

    fn package_parameter(&mut self, node: Node<'_, '_>) -> Parameter {
        let name = text_property(node, "ObjectName");
        let place = format!("$Package::{name}");
        let type_code = self.variant_type(node, &place);
        let sensitive = self.flag(node, "Sensitive", false);
        let saved =
            elements(node).find(|child| attribute(*child, "Name") == Some("ParameterValue"));
        let mut secret = None;
        let mut value = Value::Null;
        if let Some(saved) = saved {
            if sensitive || is_sensitive(&saved) {
                secret = self.secret(saved, &place);
            } else {
                value = self.value(saved, type_code, &place);
            }
        }
        Parameter {
            id: text_property(node, "DTSID"),
            description: text_property(node, "Description"),
            required: self.flag(node, "Required", false),
            span: span(node),
            name,
            type_code,
            value,
            secret,
            sensitive,
        }
    }

    /// The sensitive text of an element, unless it is absent or encrypted.
    pub(super) fn secret(&mut self, node: Node<'_, '_>, place: &str) -> Option<Secret> {
        let content = text(node);
        let encrypted = node.descendants().any(|child| {
            attribute(child, "Encrypted").and_then(boolean) == Some(true)
                || child.tag_name().name() == "EncryptedData"
        });
        if encrypted || content.trim_start().starts_with(DPAPI_PREFIX) {
            self.encrypted(node, place);
            return None;
        }
        (!content.trim().is_empty()).then(|| Secret::new(content))
    }

    /// Warns of a sensitive value that cannot be decrypted.
    fn encrypted(&mut self, node: Node<'_, '_>, place: &str) {
        let message = "a sensitive value is encrypted and left empty".to_owned();
        self.report(Code::Encrypted, place, node, message);
        if let Some(diagnostic) = self.diagnostics.last_mut() {
            diagnostic.severity = model::Severity::Warning;
            diagnostic.hint = Some(
                "give the value by a parameter, an environment or the command line; with a \
                 password protection level, give the password"
                    .to_owned(),
            );
        }
    }

    /// The type in attribute `DataType`, in the numbering of packages.
    fn variant_type(&mut self, node: Node<'_, '_>, place: &str) -> TypeCode {
        let Some(number) = attribute(node, "DataType") else { return TypeCode::String };
        let known = number.trim().parse().ok().and_then(TypeCode::from_variant);
        known.unwrap_or_else(|| {
            let message = format!("`{}` is not the number of a data type", shorten(number));
            self.report(Code::BadProperty, place, node, message);
            TypeCode::Object
        })
    }

    /// The text of an element as a value.
    fn value(&mut self, node: Node<'_, '_>, type_code: TypeCode, place: &str) -> Value {
        let content = text(node);
        parse_value(&content, type_code, self.locale).unwrap_or_else(|| {
            let message = format!("`{}` is not a value of type {type_code}", shorten(&content));
            self.report(Code::BadProperty, place, node, message);
            Value::Null
        })
    }
}

/// What a value that only its Windows user can decrypt begins with, in base64.
const DPAPI_PREFIX: &str = "AQAAANCMnd8B";

/// A value in the text form of files. Empty text is the type's own empty value.
pub(super) fn parse_value(text: &str, type_code: TypeCode, locale: Option<u32>) -> Option<Value> {
    let text = if type_code == TypeCode::String { text } else { text.trim() };
    if text.is_empty() {
        return Some(empty_value(type_code));
    }
    let year_first = text.bytes().take(4).all(|byte| byte.is_ascii_digit());
    if type_code == TypeCode::DateTime && !year_first {
        return date::parse_date(text, locale);
    }
    type_code.parse(text).ok().or_else(|| date::parse_date(text, locale))
}

/// What a value of this type is when the file holds none: text is empty, everything else NULL.
fn empty_value(type_code: TypeCode) -> Value {
    if type_code == TypeCode::String { Value::text("") } else { Value::Null }
}

/// The property expressions of an object.
pub(super) fn property_expressions(node: Node<'_, '_>) -> Vec<PropertyExpression> {
    items(node, "PropertyExpressions", "PropertyExpression")
        .map(|expression| PropertyExpression {
            property: attribute(expression, "Name").unwrap_or_default().to_owned(),
            expression: text(expression),
            span: span(expression),
        })
        .collect()
}
