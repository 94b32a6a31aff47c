//! Components that need a server and do not run here yet: they are refused by name.

use crate::{Build, Invalid, class};

/// Why such a component does not pass validation.
pub(crate) fn refuse(build: &Build<'_>) -> Invalid {
    class::refusal(build.component)
}
