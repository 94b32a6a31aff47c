//! One package in this process: `packhorse exec`.
//!
//! For people it takes dtexec's options and ends with dtexec's exit codes; for a worker
//! (`exec --child`) it speaks the frames of `scaleout::child`.

pub(crate) mod child;
pub(crate) mod console;
pub(crate) mod dtexec;
pub(crate) mod job;
pub(crate) mod once;
pub(crate) mod template;

/// dtexec's exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// The package succeeded.
    Success = 0,
    /// The package failed.
    Failure = 1,
    /// The user stopped it.
    Canceled = 3,
    /// There is no such package.
    NotFound = 4,
    /// The package could not be loaded.
    NotLoaded = 5,
    /// The command line is not understood, or something inside went wrong.
    Usage = 6,
}
