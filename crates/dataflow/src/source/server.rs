//! Components that need a server and do not run in this version: Slowly Changing
//! Dimension, Fuzzy Lookup and others.
//!
//! Their connection is acquired all the same, as SSIS acquires it at validation: who has no
//! server gets the connection error that says so, and only who has one learns that the component
//! does not run.

use crate::database::Link;
use crate::{Build, Invalid, class};

/// Why such a component does not pass validation.
pub(crate) fn refuse(build: &Build<'_>) -> Invalid {
    if !build.component.connections.is_empty() {
        let opened = Link::of(build).and_then(|link| link.look(build, |_| Ok(())));
        if let Err(invalid) = opened {
            return invalid;
        }
    }
    class::refusal(build.component)
}

#[cfg(test)]
mod tests;
