//! `##tables`: temporary tables that all sessions of a server see, until the session that made
//! them ends.
//!
//! ```text
//!   statement that names ##t ──▶ hold (wait for its holder) ──▶ a copy among the session's tables
//!                                       statement, or transaction, ends ──▶ given back
//! ```
//!
//! One session at a time has a table: for a statement, or up to the end of its transaction. So
//! statements see all of another session's changes or none, as under SERIALIZABLE; `NOLOCK` and
//! READ UNCOMMITTED wait like everybody.
//!
//! Source: T-SQL reference, "CREATE TABLE" (temporary tables), "SET LOCK_TIMEOUT".
//!
//! # Invariants
//!
//! * A session's list of tables has a `##table` exactly while it holds it.
//! * A wait that could have no end, because the holder waits for the waiting one, is refused.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::failure::Trouble;
use super::interpreter::Interpreter;
use super::scope::lower;
use super::table::Table;
use super::{Session, TempTable};
use crate::ast::{Place, Statement, StatementKind};
use crate::value::SqlError;

/// How soon a cancel of a waiting statement takes effect.
const LOOK_FOR_CANCEL: Duration = Duration::from_millis(50);

/// The `##tables` of a server. A host has one, and gives it to all its sessions.
#[derive(Default)]
pub struct GlobalTables {
    state: Mutex<State>,
    released: Condvar,
}

#[derive(Default)]
struct State {
    /// By name in lower case.
    tables: BTreeMap<String, Entry>,
    next_session: u64,
    /// Which session waits for which.
    waits: HashMap<u64, u64>,
}

struct Entry {
    owner: u64,
    holder: Option<u64>,
    /// Whether its owner has ended: it goes when its holder gives it back.
    orphan: bool,
    /// As its last holder gave it back; `None` before its maker first did.
    table: Option<Table>,
}

impl GlobalTables {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether `session` would wait for itself, if it waited for `holder`.
    fn is_circle(&self, session: u64, mut holder: u64) -> bool {
        while let Some(next) = self.waits.get(&holder) {
            if *next == session {
                return true;
            }
            holder = *next;
        }
        holder == session
    }
}

/// A session's part in the `##tables`. What it holds and owns goes when it is dropped.
pub(super) struct GlobalSession {
    tables: Arc<GlobalTables>,
    id: u64,
    held: Vec<Held>,
    /// How many statements that hold run in each other.
    depth: usize,
}

struct Held {
    name: String,
    /// Made since it is held.
    created: bool,
    /// Dropped since it is held.
    dropped: bool,
}

impl GlobalSession {
    pub(super) fn new(tables: Arc<GlobalTables>) -> Self {
        let id = {
            let mut state = tables.state();
            state.next_session += 1;
            state.next_session
        };
        Self { tables, id, held: Vec::new(), depth: 0 }
    }

    /// A table was made here.
    pub(super) fn created(&mut self, name: &str) -> Result<(), SqlError> {
        let key = lower(name);
        self.held.retain(|held| held.name != key || !held.dropped);
        let mut state = self.tables.state();
        let taken = state.tables.get(&key).is_some_and(|entry| entry.holder != Some(self.id));
        if taken {
            let text = format!("There is already an object named '{name}' in the database.");
            return Err(SqlError::new(2714, 16, 6, text));
        }
        let (owner, holder) = (self.id, Some(self.id));
        let table = state.tables.remove(&key).and_then(|entry| entry.table);
        state.tables.insert(key.clone(), Entry { owner, holder, orphan: false, table });
        drop(state);
        self.held.push(Held { name: key, created: true, dropped: false });
        Ok(())
    }

    /// A table that was held is gone from the session's list.
    pub(super) fn dropped(&mut self, name: &str) {
        let key = lower(name);
        if let Some(held) = self.held.iter_mut().find(|held| held.name == key) {
            held.dropped = true;
        }
    }

    fn holds(&self, key: &str) -> bool {
        self.held.iter().any(|held| held.name == key)
    }

    /// Bytes of the tables that this session made and does not hold now.
    pub(super) fn bytes_elsewhere(&self) -> usize {
        let state = self.tables.state();
        let own = state
            .tables
            .values()
            .filter(|entry| entry.owner == self.id && entry.holder != Some(self.id));
        own.filter_map(|entry| entry.table.as_ref()).map(Table::bytes).sum()
    }

    /// Gives everything back as `now` says, or unchanged.
    fn release(&mut self, mut now: impl FnMut(&str) -> Option<Table>, keep: bool) {
        let mut state = self.tables.state();
        for held in self.held.drain(..) {
            let table = now(&held.name);
            let Some(entry) = state.tables.get_mut(&held.name) else { continue };
            entry.holder = None;
            if keep {
                entry.table = table;
            }
            if entry.table.is_none() || entry.orphan || (!keep && held.created) {
                state.tables.remove(&held.name);
            }
        }
        drop(state);
        self.tables.released.notify_all();
    }
}

impl Drop for GlobalSession {
    fn drop(&mut self) {
        self.release(|_| None, false);
        let mut state = self.tables.state();
        state.tables.retain(|_, entry| entry.owner != self.id || entry.holder.is_some());
        for entry in state.tables.values_mut().filter(|entry| entry.owner == self.id) {
            entry.orphan = true;
        }
    }
}

impl Session {
    /// Gives all held tables back with what was done to them, unless a statement or transaction
    /// still needs them.
    pub(super) fn release_globals(&mut self) {
        if self.globals.depth != 0 || self.transaction.is_open() || self.globals.held.is_empty() {
            return;
        }
        let temp = &mut self.temp;
        let take = |key: &str| {
            let at = temp.iter().position(|one| lower(&one.table.name) == key)?;
            Some(temp.remove(at).table)
        };
        self.globals.release(take, true);
    }

    /// The transaction is rolled back: what it did to held tables is forgotten.
    pub(super) fn forget_globals(&mut self) {
        self.temp.retain(|one| !one.is_global());
        self.globals.release(|_| None, false);
    }

    /// Behind a rollback to a savepoint: tables that were not yet held there are as they were
    /// when they were taken.
    pub(super) fn globals_at_savepoint(&mut self) {
        let state = self.globals.tables.state();
        for held in &self.globals.held {
            let listed = self.temp.iter().any(|one| lower(&one.table.name) == held.name);
            if listed || held.created || held.dropped {
                continue;
            }
            let table = state.tables.get(&held.name).and_then(|entry| entry.table.clone());
            self.temp.extend(table.map(|table| TempTable { depth: 0, table }));
        }
    }
}

impl Interpreter<'_> {
    /// Runs a part of the running text, with the `##tables` that it names.
    pub(super) fn with_globals<T>(
        &mut self,
        (start, end): (usize, usize),
        run: impl FnOnce(&mut Self) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let text = self.session.scopes.last().map(|scope| Arc::clone(&scope.text));
        let part = text.as_deref().and_then(|text| text.get(start..end)).unwrap_or_default();
        if !part.contains("##") {
            return run(self);
        }
        self.session.globals.depth += 1;
        let result = names_in(part).iter().try_for_each(|name| self.hold(name));
        let result = result.and_then(|()| run(self));
        self.session.globals.depth -= 1;
        self.session.release_globals();
        result
    }

    /// The part of the text in which a statement that is no control flow names its tables.
    pub(super) fn span_of(&self, statement: &Statement) -> (usize, usize) {
        let reads_cursor =
            matches!(statement.kind, StatementKind::Open(_) | StatementKind::Fetch(_));
        let text = self.session.scopes.last().map_or(0, |scope| scope.text.len());
        let Place { span, .. } = statement.place;
        if reads_cursor { (0, text) } else { (span.start, span.end) }
    }

    /// Waits until a table is free, and takes it. A table that does not exist is no matter here.
    fn hold(&mut self, key: &str) -> Result<(), Trouble> {
        if self.session.globals.holds(key) {
            return Ok(());
        }
        let tables = Arc::clone(&self.session.globals.tables);
        let id = self.session.globals.id;
        let patience = u64::try_from(self.session.options.lock_timeout).ok();
        let deadline = patience.map(|patience| Instant::now() + Duration::from_millis(patience));
        let mut state = tables.state();
        loop {
            let Some(entry) = state.tables.get_mut(key) else { return Ok(()) };
            let Some(holder) = entry.holder.filter(|holder| *holder != id) else {
                entry.holder = Some(id);
                let table = entry.table.clone();
                drop(state);
                self.session.temp.extend(table.map(|table| TempTable { depth: 0, table }));
                let held = Held { name: key.to_owned(), created: false, dropped: false };
                self.session.globals.held.push(held);
                return Ok(());
            };
            if state.is_circle(id, holder) {
                drop(state);
                return Err(self.deadlock());
            }
            if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                let text = "Lock request time out period exceeded.";
                return Err(SqlError::new(1222, 16, 51, text).into());
            }
            state.waits.insert(id, holder);
            let waited = tables.released.wait_timeout(state, LOOK_FOR_CANCEL);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            state.waits.remove(&id);
            if self.cancel.is_cancelled() {
                return Err(Trouble::Cancelled);
            }
        }
    }

    fn deadlock(&self) -> Trouble {
        let process = self.session.host.identity().session;
        let text = format!(
            "Transaction (Process ID {process}) was deadlocked on lock resources with another \
             process and has been chosen as the deadlock victim. Rerun the transaction."
        );
        SqlError::new(1205, 13, 51, text).into()
    }
}

/// The names of `##tables` in a text, in lower case, each once, in order: sessions that take
/// several take them in the same order.
fn names_in(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices("##") {
        let rest = &text[at..];
        let is_quoted = text[..at].ends_with('[');
        let end = rest.find(|c: char| match is_quoted {
            true => c == ']',
            false => !(c.is_alphanumeric() || matches!(c, '_' | '#' | '$' | '@')),
        });
        found.insert(lower(&rest[..end.unwrap_or(rest.len())]));
    }
    found
}
