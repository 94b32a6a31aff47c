//! Flat File Source.

use crate::{Build, Invalid, Source, class};

/// Builds a Flat File Source.
pub(crate) fn build(build: &Build<'_>) -> Result<Box<dyn Source>, Invalid> {
    Err(class::refusal(build.component))
}
