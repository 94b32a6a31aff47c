//! An attempt as the worker's loops see it: what can be asked of it, and what it has to say.

use std::sync::{Mutex, MutexGuard, PoisonError};

use model::ExecutionId;
use scaleout::Why;
use scaleout::child::Progress;
use scaleout::message::LeaseRef;
use tokio::sync::watch;

use crate::spool::{Header, Spool};

/// What is asked of a running attempt. Later ones outrank earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Control {
    Run,
    Stop,
    HandBack,
    Kill(Why),
}

impl Control {
    pub(super) const fn rank(self) -> u8 {
        match self {
            Self::Run => 0,
            Self::Stop => 1,
            Self::HandBack => 2,
            Self::Kill(_) => 3,
        }
    }
}

/// An attempt, as the loops see it.
pub(crate) struct RunningAttempt {
    pub(crate) lease: LeaseRef,
    pub(crate) execution: ExecutionId,
    pub(super) control: watch::Sender<Control>,
    /// When its process must have ended by itself, on the machine's clock; rises when the lease
    /// is renewed.
    pub(super) over_by_ms: watch::Sender<u64>,
    spool: Mutex<Spool>,
    /// Why there is no file for its messages, in which case its package must not start.
    pub(super) trouble: Option<String>,
    progress: Mutex<Option<Progress>>,
}

impl RunningAttempt {
    pub(crate) fn new(spool: Spool) -> Self {
        let &Header { lease, execution } = spool.header();
        Self {
            lease,
            execution,
            control: watch::Sender::new(Control::Run),
            over_by_ms: watch::Sender::new(0),
            spool: Mutex::new(spool),
            trouble: None,
            progress: Mutex::new(None),
        }
    }

    /// One whose package must not start, and why.
    pub(super) fn in_trouble(spool: Spool, trouble: String) -> Self {
        Self { trouble: Some(trouble), ..Self::new(spool) }
    }

    /// Asks something of it, unless more was asked already.
    pub(crate) fn control(&self, control: Control) {
        self.control.send_if_modified(|now| {
            let outranks = now.rank() < control.rank();
            if outranks {
                *now = control;
            }
            outranks
        });
    }

    /// Its lease was renewed.
    pub(crate) fn renew(&self, over_by_ms: u64) {
        self.over_by_ms.send_if_modified(|now| {
            let is_later = *now < over_by_ms;
            *now = over_by_ms.max(*now);
            is_later
        });
    }

    /// Its messages. Locked for a moment only, never across an await.
    pub(crate) fn spool(&self) -> MutexGuard<'_, Spool> {
        self.spool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How far it is, if that changed since the last call.
    pub(crate) fn take_progress(&self) -> Option<Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(super) fn set_progress(&self, progress: Progress) {
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner) = Some(progress);
    }
}
