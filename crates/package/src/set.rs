//! Properties by name, for property expressions, parameters, command lines and configurations.
//!
//! Names are those that the designer's property expression editors list; letter case does not
//! matter.

mod executable;
mod package;
mod task;

use std::str::FromStr;

use model::{TypeCode, Value};

pub(crate) use package::set_connection_parameter;
pub use package::split_connection_parameter;

use crate::read::boolean;

/// A property could not be set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetPropertyError {
    /// The object has no such property, or it cannot be set.
    #[error("{object} has no property `{property}` that can be set")]
    UnknownProperty {
        /// The object, in words.
        object: String,
        /// The property.
        property: String,
    },
    /// The property does not take such a value.
    #[error("property `{property}` of {object} does not take the value `{value}`")]
    BadValue {
        /// The object, in words.
        object: String,
        /// The property.
        property: String,
        /// The value; masked where the property is sensitive.
        value: String,
    },
    /// The path names nothing in the package.
    #[error("path `{path}` names no object of the package: there is no `{object}`")]
    UnknownObject {
        /// The whole path.
        path: String,
        /// The part of it that names nothing.
        object: String,
    },
    /// The path is not written as one.
    #[error("`{path}` is not a path like `\\Package\\Task.Properties[Name]`")]
    BadPath {
        /// The whole path.
        path: String,
    },
}

/// One property to set, and what to.
#[derive(Clone, Copy)]
pub(crate) struct Setter<'a> {
    /// The object, in words.
    pub(crate) object: &'a str,
    /// The property as it was named.
    pub(crate) property: &'a str,
    /// The value.
    pub(crate) value: &'a Value,
}

impl Setter<'_> {
    /// The property's name to match on.
    pub(crate) fn key(&self) -> String {
        self.property.to_ascii_lowercase()
    }

    /// Sets text. NULL is empty text.
    pub(crate) fn text(self, slot: &mut String) -> Result<(), SetPropertyError> {
        *slot = self.shown();
        Ok(())
    }

    /// Sets a Boolean: a Boolean value, or text or a number that means one.
    pub(crate) fn flag(self, slot: &mut bool) -> Result<(), SetPropertyError> {
        *slot = boolean(&self.shown()).ok_or_else(|| self.bad_value())?;
        Ok(())
    }

    /// Sets a number.
    pub(crate) fn number<T: FromStr>(self, slot: &mut T) -> Result<(), SetPropertyError> {
        *slot = self.shown().trim().parse().map_err(|_| self.bad_value())?;
        Ok(())
    }

    /// Sets a property with named values, by name or number.
    pub(crate) fn code<T>(
        self,
        slot: &mut T,
        from_text: fn(&str) -> Option<T>,
    ) -> Result<(), SetPropertyError> {
        *slot = from_text(&self.shown()).ok_or_else(|| self.bad_value())?;
        Ok(())
    }

    /// The value as text.
    pub(crate) fn shown(&self) -> String {
        if self.value.is_null() { String::new() } else { self.value.to_string() }
    }

    /// The property does not take the value.
    pub(crate) fn bad_value(&self) -> SetPropertyError {
        SetPropertyError::BadValue {
            object: self.object.to_owned(),
            property: self.property.to_owned(),
            value: crate::read::shorten(&self.shown()),
        }
    }

    /// There is no such property.
    pub(crate) fn unknown(&self) -> SetPropertyError {
        SetPropertyError::UnknownProperty {
            object: self.object.to_owned(),
            property: self.property.to_owned(),
        }
    }
}

/// A value as one of a type: itself where it is one already, else what its text means. An object
/// takes any value.
pub fn coerce(value: &Value, type_code: TypeCode) -> Option<Value> {
    if type_code == TypeCode::Object {
        return Some(value.clone());
    }
    if value.is_null() {
        return Some(Value::Null);
    }
    if matches!(value, Value::List(_) | Value::Rows(_)) {
        return None;
    }
    if let Value::Bool(truth) = value
        && !matches!(type_code, TypeCode::Boolean | TypeCode::String)
    {
        return type_code.parse(if *truth { "1" } else { "0" }).ok();
    }
    type_code.parse(&value.to_string()).ok()
}
