//! Flat File Destination.

use crate::{Build, Destination, Invalid, class};

/// Builds a Flat File Destination.
pub(crate) fn build(build: &Build<'_>) -> Result<Box<dyn Destination>, Invalid> {
    Err(class::refusal(build.component))
}
