//! Property expressions: what they make of executables, enumerators and connection managers.
//!
//! The object is copied and the copy is changed; what the package says stays as it is. An
//! executable's expressions are evaluated when it is validated and again when it runs, those of
//! an enumerator before the first item, those of a connection manager whenever it is used.

use std::sync::Arc;

use model::{Value, dts};
use package::{ConnectionManager, ForEachEnumerator, PropertyExpression, SetPropertyError};

use crate::evaluate::{self, Mistake};
use crate::frame::Frame;
use crate::scope::Scope;

/// Properties that only a package has. They were applied when its run was set up.
const OF_PACKAGES: &[&str] = &[
    "maxconcurrentexecutables",
    "packagepriorityclass",
    "checkpointfilename",
    "checkpointusage",
    "savecheckpoints",
    "enableconfigurations",
    "suppressconfigurationwarnings",
    "versionmajor",
    "versionminor",
    "versionbuild",
    "versioncomments",
    "creationdate",
    "creatorname",
    "creatorcomputername",
];

/// Whether only a package has this property.
pub(crate) fn is_of_package(property: &str) -> bool {
    OF_PACKAGES.iter().any(|known| known.eq_ignore_ascii_case(property))
}

/// Evaluates the property expressions of the frame's executable, and returns what is wrong with
/// them.
pub(crate) fn apply_expressions(frame: &Arc<Frame>) -> Vec<Mistake> {
    let written = &frame.instance.node.executable;
    if written.property_expressions.is_empty() {
        return Vec::new();
    }
    let mut executable = written.clone();
    let is_package = matches!(executable.kind, package::ExecutableKind::Package(_));
    let mut mistakes = Vec::new();
    for expression in &written.property_expressions {
        if is_package && is_of_package(&expression.property) {
            continue;
        }
        let set = |value: &Value| executable.set_property(&expression.property, value);
        if let Err(mistake) = apply(frame, expression, set) {
            mistakes.push(mistake);
        }
    }
    frame.set_effective(executable);
    mistakes
}

/// Raises what is wrong, and says whether anything is.
pub(crate) fn report(frame: &Arc<Frame>, mistakes: &[Mistake]) -> bool {
    mistakes.iter().for_each(|mistake| mistake.raise(frame));
    !mistakes.is_empty()
}

/// The enumerator as its property expressions make it.
pub(crate) fn enumerator(
    frame: &Arc<Frame>,
    written: &ForEachEnumerator,
) -> Result<ForEachEnumerator, Mistake> {
    let mut enumerator = written.clone();
    for expression in &written.property_expressions {
        let set = |value: &Value| enumerator.set_property(&expression.property, value);
        apply(frame, expression, set)?;
    }
    Ok(enumerator)
}

/// The connection manager that a task or component means, as its property expressions make it.
/// `Ok(None)` when there is none.
pub(crate) fn connection(
    frame: &Arc<Frame>,
    key: &str,
) -> Result<Option<ConnectionManager>, Mistake> {
    let Some(written) = frame.run.connection(key) else { return Ok(None) };
    let mut connection = written.clone();
    // A connection manager's expressions see the package's variables, wherever it is used.
    let package = frame.up_to_package().pop().unwrap_or_else(|| Arc::clone(frame));
    for expression in &written.property_expressions {
        let set = |value: &Value| connection.set_property(&expression.property, value);
        apply(&package, expression, set).map_err(|mistake| {
            mistake.and(
                dts::DTS_E_CONNECTIONVALIDATIONFAILED,
                format!("Connection \"{}\" failed validation.", written.name),
            )
        })?;
    }
    Ok(Some(connection))
}

fn apply(
    frame: &Arc<Frame>,
    expression: &PropertyExpression,
    set: impl FnOnce(&Value) -> Result<(), SetPropertyError>,
) -> Result<(), Mistake> {
    apply_in(frame.scope(), expression, set)
}

/// Evaluates a property expression with the variables that a scope sees, and sets the property.
pub(crate) fn apply_in(
    scope: &Arc<Scope>,
    expression: &PropertyExpression,
    set: impl FnOnce(&Value) -> Result<(), SetPropertyError>,
) -> Result<(), Mistake> {
    let (text, property) = (&expression.expression, &expression.property);
    let value = if is_sensitive(property) {
        evaluate::protected(scope, text)
    } else {
        evaluate::in_scope(scope, text, 0)
    };
    let value = value.map_err(|mistake| {
        mistake.and(
            dts::DTS_E_PROPERTYEXPRESSIONEVAL,
            format!(
                "The expression \"{text}\" on property \"{property}\" cannot be evaluated. Modify \
                 the expression to be valid."
            ),
        )
    })?;
    set(&value).map_err(|error| {
        Mistake::new(
            dts::DTS_E_PROPERTYEXPRESSIONSET,
            format!(
                "The result of the expression \"{text}\" on property \"{property}\" cannot be \
                 written to the property. The expression was evaluated, but cannot be set on the \
                 property: {}.",
                evaluate::chain(&error)
            ),
        )
    })
}

/// Whether a property hides its value, so that sensitive parameters may go into it.
fn is_sensitive(property: &str) -> bool {
    property.to_ascii_lowercase().ends_with("password")
}
