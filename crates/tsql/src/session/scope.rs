//! A scope: the variables, table variables and cursors of a batch, procedure or dynamic text.
//!
//! A variable is declared for the whole of its scope when the scope begins; that it is not used
//! before its `DECLARE` is checked before anything runs (`check.rs`). Values stand in a cell,
//! because a query that assigns (`SELECT @v = ...`) reads them while it changes them.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::cursor::CursorHandle;
use super::options::Options;
use super::table::Table;
use crate::types::SqlType;
use crate::value::SqlValue;

/// What a scope runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ScopeKind {
    /// The batch of a client.
    Batch,
    /// A procedure, by the name that messages show.
    Procedure(String),
    /// A text that `EXEC` or `sp_executesql` runs.
    Text,
    /// A user's function, by the name that messages show.
    Function(String),
}

/// One scope.
pub(super) struct Scope {
    pub(super) kind: ScopeKind,
    /// The text that runs, which the modules made by it are kept with.
    pub(super) text: Arc<str>,
    /// The greatest severity of the errors in it, for the return status.
    pub(super) worst: u8,
    /// Slots by name: with the sign, in lower case.
    names: HashMap<String, usize>,
    types: Vec<SqlType>,
    values: RefCell<Vec<SqlValue>>,
    /// Table variables and parameters by name.
    pub(super) tables: HashMap<String, Table>,
    /// Those that cannot be changed.
    pub(super) readonly: HashSet<String>,
    /// Cursor variables by name.
    pub(super) cursor_variables: HashMap<String, Option<CursorHandle>>,
    /// Local cursors by name.
    pub(super) cursors: HashMap<String, CursorHandle>,
    /// `SCOPE_IDENTITY()`.
    pub(super) identity: SqlValue,
    /// What is put back at its end.
    pub(super) options: Options,
    pub(super) database: String,
    /// How many transactions were open when it began.
    pub(super) transactions: u32,
    /// How many `EXECUTE AS` it has begun.
    pub(super) impersonations: u32,
}

/// The scalar variables of a scope at one moment.
pub(super) struct Captured {
    names: HashMap<String, usize>,
    types: Vec<SqlType>,
    values: Vec<SqlValue>,
}

impl Scope {
    pub(super) fn new(
        kind: ScopeKind,
        options: &Options,
        database: &str,
        transactions: u32,
    ) -> Self {
        Self {
            kind,
            text: Arc::from(""),
            worst: 0,
            names: HashMap::new(),
            types: Vec::new(),
            values: RefCell::default(),
            tables: HashMap::new(),
            readonly: HashSet::new(),
            cursor_variables: HashMap::new(),
            cursors: HashMap::new(),
            identity: SqlValue::Null,
            options: options.clone(),
            database: database.to_owned(),
            transactions,
            impersonations: 0,
        }
    }

    /// The name that messages show; empty for a batch.
    pub(super) fn procedure(&self) -> &str {
        match &self.kind {
            ScopeKind::Procedure(name) | ScopeKind::Function(name) => name,
            ScopeKind::Batch | ScopeKind::Text => "",
        }
    }

    /// The names of all variables.
    pub(super) fn declared_names(&self) -> Vec<String> {
        let names = self.names.keys().chain(self.tables.keys());
        names.chain(self.cursor_variables.keys()).cloned().collect()
    }

    /// Declares a variable and gives its slot.
    pub(super) fn declare(&mut self, name: &str, data_type: SqlType, value: SqlValue) -> usize {
        let slot = self.types.len();
        self.names.insert(lower(name), slot);
        self.types.push(data_type);
        self.values.borrow_mut().push(value);
        slot
    }

    /// Slot and type of a variable.
    pub(super) fn variable(&self, name: &str) -> Option<(usize, SqlType)> {
        let slot = *self.names.get(&lower(name))?;
        self.types.get(slot).map(|data_type| (slot, *data_type))
    }

    /// The scalar variables as they are.
    pub(super) fn captured(&self) -> Captured {
        let (names, types) = (self.names.clone(), self.types.clone());
        Captured { names, types, values: self.values.borrow().clone() }
    }

    /// Has just these variables.
    pub(super) fn restore(&mut self, captured: &Captured) {
        self.names.clone_from(&captured.names);
        self.types.clone_from(&captured.types);
        self.values = RefCell::new(captured.values.clone());
    }

    pub(super) fn value(&self, slot: usize) -> SqlValue {
        self.values.borrow().get(slot).cloned().unwrap_or(SqlValue::Null)
    }

    pub(super) fn set(&self, slot: usize, value: SqlValue) {
        if let Some(place) = self.values.borrow_mut().get_mut(slot) {
            *place = value;
        }
    }
}

/// A name as it is looked up.
pub(super) fn lower(name: &str) -> String {
    name.to_lowercase()
}
