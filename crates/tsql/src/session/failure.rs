//! Errors on their way: what ends when one happens, and which CATCH sees it.
//!
//! ```text
//!   Failed ──▶ in a TRY?  ── yes ──▶ Thrown ──▶ its CATCH
//!                └── no ──▶ the client is told ──▶ the statement, scope or batch ends
//! ```
//!
//! Source: T-SQL reference, "TRY...CATCH", "SET XACT_ABORT", "RAISERROR", "THROW"; "Database
//! Engine error severities". What the reference leaves open (which errors end the batch) follows
//! the classes that are known of conversion errors, nesting and superfluous arguments.

use crate::ast::Place;
use crate::bind::BindError;
use crate::host::{Message, Stopped};
use crate::value::SqlError;

/// What an error that no CATCH sees ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// The statement; the next one runs.
    Statement,
    /// The batch, procedure or dynamic text that the statement stands in; the caller goes on.
    Scope,
    /// The batch of the client.
    Batch,
}

/// How an error came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A statement ran into it.
    Run,
    /// The statement's names or types are wrong. A TRY in the same scope does not see it.
    Bind,
    /// `RAISERROR`, or a procedure that reports as if by it.
    Raised,
    /// `THROW`.
    Thrown,
}

/// An error that nobody has been told of.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) error: SqlError,
    /// The line, where it is not that of the statement.
    pub(super) line: Option<u32>,
    /// The procedure, where it is not the running one.
    pub(super) procedure: Option<String>,
    pub(super) origin: Origin,
}

/// An error that goes to a CATCH block.
#[derive(Clone, Debug)]
pub(super) struct Caught {
    pub(super) message: Message,
    /// For an error of binding: the depth of its scope, whose own TRY blocks it passes.
    pub(super) passes: Option<usize>,
}

/// Why a statement did not simply end.
#[derive(Debug)]
pub(super) enum Trouble {
    /// An error.
    Failed(Box<Failure>),
    /// An error that goes to a CATCH block further out.
    Thrown(Box<Caught>),
    /// An error that the client was told of ends this much.
    Ended(Reach),
    /// The client asked to stop.
    Cancelled,
    /// The client is gone.
    Stopped,
}

impl Trouble {
    /// An error of another origin than running into it.
    pub(super) fn failed(error: SqlError, origin: Origin) -> Self {
        Self::Failed(Box::new(Failure { error, line: None, procedure: None, origin }))
    }

    /// An error of binding, at its place.
    pub(super) fn bind(error: SqlError, place: Place) -> Self {
        let line = Some(place.line).filter(|line| 0 < *line);
        Self::Failed(Box::new(Failure { error, line, procedure: None, origin: Origin::Bind }))
    }
}

impl From<SqlError> for Trouble {
    fn from(error: SqlError) -> Self {
        Self::failed(error, Origin::Run)
    }
}

impl From<BindError> for Trouble {
    fn from(error: BindError) -> Self {
        Self::bind(error.error, error.place)
    }
}

impl From<Stopped> for Trouble {
    fn from(_: Stopped) -> Self {
        Self::Stopped
    }
}

/// Errors that end the batch, not only the statement: values that do not convert, too deep calls,
/// arguments that a procedure without parameters gets, INSERT EXEC of other columns, a doomed
/// transaction, a lost deadlock.
const ENDING_BATCH: &[i32] =
    &[213, 217, 235, 241, 244, 245, 248, 295, 1205, 3930, 3960, 3998, 8114, 8146, 8169, 9807, 9810];

/// The state of error 8114 when an argument of a procedure does not convert, which ends only the
/// call.
pub(super) const ARGUMENT_STATE: u8 = 1;

impl Failure {
    /// What it ends where no CATCH sees it.
    pub(super) fn reach(&self, xact_abort: bool) -> Reach {
        match self.origin {
            Origin::Raised => Reach::Statement,
            Origin::Thrown => Reach::Batch,
            Origin::Bind if xact_abort => Reach::Batch,
            Origin::Bind => Reach::Scope,
            Origin::Run if xact_abort || self.ends_batch() => Reach::Batch,
            Origin::Run => Reach::Statement,
        }
    }

    /// Whether it leaves a transaction that can only be rolled back.
    pub(super) fn dooms(&self, xact_abort: bool) -> bool {
        match self.origin {
            Origin::Raised => false,
            Origin::Thrown | Origin::Bind => xact_abort,
            Origin::Run => xact_abort || self.ends_batch(),
        }
    }

    fn ends_batch(&self) -> bool {
        let argument = self.error.number == 8114 && self.error.state == ARGUMENT_STATE;
        ENDING_BATCH.contains(&self.error.number) && !argument
    }
}
