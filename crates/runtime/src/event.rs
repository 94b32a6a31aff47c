//! What a running package says, complete and unfiltered.
//!
//! Names, numbers and order of events: the run-time events of SSIS. Which of them the catalog
//! keeps is decided in `log.rs`.

use model::{MessageSourceType, MessageType, Timestamp};

/// Something that happened in a running package.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// When.
    pub time: Timestamp,
    /// Which event.
    pub kind: MessageType,
    /// The event's name: `OnError`; that of a custom event is its own.
    pub name: String,
    /// SSIS code; 0 where there is none.
    pub code: u32,
    /// What it says, without the source in front; empty for events that say nothing.
    pub description: String,
    /// Who raised it.
    pub source: Source,
    /// The data flow component, or `SSIS.Pipeline`; empty outside data flows.
    pub subcomponent: String,
    /// Percent complete, for OnProgress.
    pub percent: Option<u8>,
    /// Milliseconds since the executable's OnPreExecute, for OnPostExecute.
    pub elapsed_ms: Option<i64>,
    /// Operating system thread.
    pub thread_id: i64,
}

/// The object that raised an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// What kind of object.
    pub kind: MessageSourceType,
    /// Its name.
    pub name: String,
    /// `{GUID}`.
    pub id: String,
    /// Its description.
    pub description: String,
    /// File name of its package.
    pub package_name: String,
    /// Its place: `\Package\Loop\Task`.
    pub package_path: String,
    /// The same with iterations: `\Package\Loop[2]\Task`.
    pub execution_path: String,
}

impl Event {
    /// The source as dtexec prints it: `Load Customers Lookup [12]`.
    pub fn console_source(&self) -> String {
        if self.subcomponent.is_empty() {
            self.source.name.clone()
        } else {
            format!("{} {}", self.source.name, self.subcomponent)
        }
    }
}
