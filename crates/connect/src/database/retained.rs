//! Connections that all tasks and components of a package share (RetainSameConnection).

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::Database;

/// Open connections by connection manager.
#[derive(Default)]
pub struct Retained(Mutex<HashMap<String, Shared>>);

/// A connection that several use, one at a time.
type Shared = Arc<Mutex<Box<dyn Database>>>;

impl Retained {
    /// The connection of the manager with this id, if it is open.
    pub fn find(&self, id: &str) -> Option<Arc<Mutex<Box<dyn Database>>>> {
        let shared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // One that another uses at the moment is open.
        let open = |found: &&Shared| found.try_lock().map_or(true, |database| database.is_open());
        shared.get(id).filter(open).cloned()
    }

    /// Keeps a connection for all others.
    pub fn keep(&self, id: &str, database: Arc<Mutex<Box<dyn Database>>>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), database);
    }
}

impl fmt::Debug for Retained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Retained")
    }
}
