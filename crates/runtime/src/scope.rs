//! Variables and where they can be seen.
//!
//! Every executable opens a scope inside that of its parent. A name means the variable of the
//! nearest scope that has it. Parameters are variables of the package's scope that nobody can
//! write, in the namespaces `$Package` and `$Project`.
//!
//! # Invariants
//!
//! * A variable's value always has the variable's type.
//! * Names are case-sensitive, as the Integration Services variables page says.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use model::{TypeCode, Value};

use crate::convert::{default_of, to_type};

/// The namespace of system variables.
pub(crate) const SYSTEM: &str = "System";
/// The namespace of package parameters.
pub(crate) const PACKAGE_PARAMETER: &str = "$Package";
/// The namespace of project parameters.
pub(crate) const PROJECT_PARAMETER: &str = "$Project";

/// The variables of one executable, and the scope around it.
#[derive(Debug)]
pub(crate) struct Scope {
    parent: Option<Arc<Scope>>,
    cells: Vec<Arc<Cell>>,
}

/// One variable.
pub(crate) struct Cell {
    /// `User`, `System`, `$Package`, `$Project` or the author's own.
    pub(crate) namespace: String,
    /// The name behind `::`.
    pub(crate) name: String,
    /// `{GUID}`; empty for a system variable.
    pub(crate) id: String,
    /// The author's words about it.
    pub(crate) description: String,
    /// The type that its values have.
    pub(crate) type_code: TypeCode,
    /// Whether nothing in the package can give it a value.
    pub(crate) read_only: bool,
    /// The expression that is its value.
    pub(crate) expression: Option<String>,
    /// Whether a change raises OnVariableValueChanged.
    pub(crate) raise_changed: bool,
    /// Whether it may only be used where nobody sees it.
    pub(crate) sensitive: bool,
    value: Mutex<Value>,
}

impl fmt::Debug for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cell").field("name", &self.qualified_name()).finish_non_exhaustive()
    }
}

impl Scope {
    /// A scope inside `parent` with these variables.
    pub(crate) fn new(parent: Option<Arc<Self>>, cells: Vec<Cell>) -> Arc<Self> {
        Arc::new(Self { parent, cells: cells.into_iter().map(Arc::new).collect() })
    }

    /// The variables of this scope itself.
    pub(crate) fn own(&self) -> &[Arc<Cell>] {
        &self.cells
    }

    /// The variable that a name means here, and the scope that has it.
    pub(crate) fn find(
        self: &Arc<Self>,
        namespace: Option<&str>,
        name: &str,
    ) -> Option<(Arc<Self>, Arc<Cell>)> {
        let fits = |cell: &&Arc<Cell>| {
            cell.name == name && namespace.is_none_or(|namespace| cell.namespace == namespace)
        };
        let mut scope = self;
        loop {
            if let Some(cell) = scope.cells.iter().find(fits) {
                return Some((Arc::clone(scope), Arc::clone(cell)));
            }
            scope = scope.parent.as_ref()?;
        }
    }

    /// The variable that tasks and components write as `User::x`, `x`, `@[User::x]` or `{GUID}`.
    pub(crate) fn find_written(self: &Arc<Self>, written: &str) -> Option<(Arc<Self>, Arc<Cell>)> {
        let written = written.trim();
        let written = written.strip_prefix('@').unwrap_or(written);
        let written =
            written.strip_prefix('[').and_then(|w| w.strip_suffix(']')).unwrap_or(written);
        if written.starts_with('{') {
            return self.find_id(written);
        }
        match written.split_once("::") {
            Some((namespace, name)) => self.find(Some(namespace), name),
            None => self.find(None, written),
        }
    }

    fn find_id(self: &Arc<Self>, id: &str) -> Option<(Arc<Self>, Arc<Cell>)> {
        let mut scope = self;
        loop {
            let found = scope.cells.iter().find(|cell| cell.id.eq_ignore_ascii_case(id));
            if let Some(cell) = found {
                return Some((Arc::clone(scope), Arc::clone(cell)));
            }
            scope = scope.parent.as_ref()?;
        }
    }

    /// Gives a system variable of this scope its value; nothing happens where there is none.
    pub(crate) fn set_system(&self, name: &str, value: Value) {
        let cell = self.cells.iter().find(|cell| cell.namespace == SYSTEM && cell.name == name);
        if let Some(cell) = cell {
            cell.put(value);
        }
    }

    /// Whether this is `other`.
    pub(crate) fn is(self: &Arc<Self>, other: &Arc<Self>) -> bool {
        Arc::ptr_eq(self, other)
    }
}

impl Cell {
    /// A variable of a package.
    pub(crate) fn of_variable(variable: &package::Variable) -> Self {
        let propagate = variable.namespace == SYSTEM && variable.name == "Propagate";
        Self {
            namespace: variable.namespace.clone(),
            name: variable.name.clone(),
            id: variable.id.clone(),
            description: variable.description.clone(),
            type_code: variable.type_code,
            read_only: variable.read_only && !propagate,
            expression: variable.live_expression().map(str::to_owned),
            raise_changed: variable.raise_changed_event,
            sensitive: false,
            value: Mutex::new(initial(&variable.value, variable.type_code)),
        }
    }

    /// A parameter with the value that it has in this run.
    pub(crate) fn of_parameter(
        namespace: &str,
        parameter: &package::Parameter,
        value: Value,
    ) -> Self {
        Self {
            namespace: namespace.to_owned(),
            name: parameter.name.clone(),
            id: parameter.id.clone(),
            description: parameter.description.clone(),
            type_code: parameter.type_code,
            read_only: true,
            expression: None,
            raise_changed: false,
            sensitive: parameter.sensitive,
            value: Mutex::new(initial(&value, parameter.type_code)),
        }
    }

    /// A system variable.
    pub(crate) fn system(name: &str, type_code: TypeCode, value: Value) -> Self {
        Self {
            namespace: SYSTEM.to_owned(),
            name: name.to_owned(),
            id: String::new(),
            description: String::new(),
            type_code,
            read_only: true,
            expression: None,
            raise_changed: false,
            sensitive: false,
            value: Mutex::new(value),
        }
    }

    /// A system variable that packages may write: Propagate and Cancel.
    pub(crate) fn writable_system(name: &str, value: Value) -> Self {
        Self { read_only: false, ..Self::system(name, TypeCode::Boolean, value) }
    }

    /// The same variable, on its own.
    pub(crate) fn copy(&self) -> Self {
        Self {
            namespace: self.namespace.clone(),
            name: self.name.clone(),
            id: self.id.clone(),
            description: self.description.clone(),
            type_code: self.type_code,
            read_only: self.read_only,
            expression: self.expression.clone(),
            raise_changed: self.raise_changed,
            sensitive: self.sensitive,
            value: Mutex::new(self.held()),
        }
    }

    /// `User::Count`.
    pub(crate) fn qualified_name(&self) -> String {
        format!("{}::{}", self.namespace, self.name)
    }

    /// The value it holds; that of its expression is not this one.
    pub(crate) fn held(&self) -> Value {
        self.value.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the value, which has the variable's type, and says whether it was another one.
    pub(crate) fn put(&self, value: Value) -> bool {
        let mut held = self.value.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = *held != value;
        *held = value;
        changed
    }
}

/// A design value as the variable's type has it. A document whose value does not fit its own type
/// was reported by the reader; the type's default stands in for it.
fn initial(value: &Value, type_code: TypeCode) -> Value {
    to_type(value, type_code).unwrap_or_else(|_| default_of(type_code))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(namespace: &str, name: &str, value: i32) -> Cell {
        let mut cell = Cell::system(name, TypeCode::Int32, Value::I4(value));
        namespace.clone_into(&mut cell.namespace);
        cell
    }

    #[test]
    fn the_nearest_scope_wins_and_names_are_case_sensitive() {
        let outer = Scope::new(None, vec![cell("User", "a", 1), cell("User", "b", 2)]);
        let inner = Scope::new(Some(Arc::clone(&outer)), vec![cell("User", "a", 3)]);
        let value = |name: &str| inner.find_written(name).map(|(_, cell)| cell.held());
        assert_eq!(value("User::a"), Some(Value::I4(3)));
        assert_eq!(value("@[User::b]"), Some(Value::I4(2)));
        assert_eq!(value("b"), Some(Value::I4(2)));
        assert_eq!(value("User::B"), None);
        assert_eq!(value("System::a"), None);
    }
}
