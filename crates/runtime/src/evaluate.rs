//! Expressions over the variables of a running package: read, evaluate, assign.

use std::cell::RefCell;
use std::error::Error;
use std::sync::{Arc, PoisonError};

use expression::{Assignment, Compiled, Context, EvalError, Locale, Lookup, Problem};
use model::{MessageType, Value, dts};

use crate::clock;
use crate::convert::to_type;
use crate::frame::{Frame, Raised};
use crate::scope::{Cell, Scope};

/// Variables whose expressions refer to each other, deeper than any author writes them.
const DEPTH_MAX: u32 = 64;

/// A variable, and the scope that has it.
pub(crate) type Found = (Arc<Scope>, Arc<Cell>);

/// Something that cannot be done, as the OnError events that say so, the cause first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    errors: Vec<(u32, String)>,
}

impl Mistake {
    /// One error.
    pub(crate) fn new(code: u32, text: impl Into<String>) -> Self {
        Self { errors: vec![(code, text.into())] }
    }

    /// The same, and what follows from it.
    #[must_use]
    pub(crate) fn and(mut self, code: u32, text: impl Into<String>) -> Self {
        self.errors.push((code, text.into()));
        self
    }

    /// Raises its errors.
    pub(crate) fn raise(&self, frame: &Arc<Frame>) {
        for (code, text) in &self.errors {
            frame.error(*code, text.clone());
        }
    }

    /// The text of its cause.
    pub(crate) fn text(&self) -> &str {
        self.errors.first().map_or("", |(_, text)| text)
    }

    fn of_problems(expression: &str, problems: &[Problem]) -> Self {
        let errors: Vec<(u32, String)> = problems
            .iter()
            .map(|problem| {
                let hint = problem.hint.as_ref().map(|hint| format!(" ({hint})"));
                let hint = hint.unwrap_or_default();
                (problem.code, format!("The expression \"{expression}\": {problem}{hint}."))
            })
            .collect();
        Self { errors }
    }
}

impl From<EvalError> for Mistake {
    fn from(error: EvalError) -> Self {
        Self::new(error.code, error.message)
    }
}

/// An error with its causes, in one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

/// The value of an expression, with the variables that the frame's executable sees.
pub(crate) fn expression(frame: &Arc<Frame>, text: &str) -> Result<Value, Mistake> {
    in_scope(frame.scope(), text, 0)
}

/// The value of an expression, with the variables that a scope sees.
pub(crate) fn in_scope(scope: &Arc<Scope>, text: &str, depth: u32) -> Result<Value, Mistake> {
    with_names(&Names::new(scope, depth), text)
}

/// The value of an expression for something that protects it: sensitive parameters may be used.
pub(crate) fn protected(scope: &Arc<Scope>, text: &str) -> Result<Value, Mistake> {
    with_names(&Names { is_protected: true, ..Names::new(scope, 0) }, text)
}

fn with_names(names: &Names, text: &str) -> Result<Value, Mistake> {
    let compiled = Compiled::compile(text, names);
    let compiled = compiled.map_err(|problems| names.mistake(text, &problems))?;
    Ok(compiled.evaluate(names, &context(&names.scope))?)
}

/// Says what is wrong with an expression that cannot be evaluated, without evaluating it.
pub(crate) fn check(frame: &Arc<Frame>, text: &str) -> bool {
    let names = Names::new(frame.scope(), 0);
    match Compiled::compile(text, &names) {
        Ok(_) => true,
        Err(problems) => {
            names.mistake(text, &problems).raise(frame);
            false
        }
    }
}

/// Says what is wrong with an assignment, or with an expression in its place, without carrying it
/// out. Otherwise says whether it assigns.
pub(crate) fn check_assignment(frame: &Arc<Frame>, text: &str) -> Option<bool> {
    let names = Names::new(frame.scope(), 0);
    let compiled = match Assignment::compile(text, &names) {
        Ok(compiled) => compiled,
        Err(problems) => {
            names.mistake(text, &problems).raise(frame);
            return None;
        }
    };
    match target(&names, &compiled) {
        Ok(target) => Some(target.is_some()),
        Err(mistake) => {
            mistake.raise(frame);
            None
        }
    }
}

/// Evaluates `@[User::x] = expression` and gives the variable its value. An expression that
/// assigns nothing is evaluated.
pub(crate) fn assign(frame: &Arc<Frame>, text: &str) -> Result<Value, Mistake> {
    let names = Names::new(frame.scope(), 0);
    let compiled = Assignment::compile(text, &names);
    let compiled = compiled.map_err(|problems| names.mistake(text, &problems))?;
    let target = target(&names, &compiled)?;
    let runner = &frame.run.runner;
    let locked = runner.assignment.lock().unwrap_or_else(PoisonError::into_inner);
    let value = compiled.evaluate(&names, &context(frame.scope()))?;
    let Some((owner, cell)) = target else { return Ok(value) };
    let value = to_type(&value, cell.type_code).map_err(|_| {
        Mistake::new(
            dts::DTS_E_EXPREVALASSIGNMENTTYPEMISMATCH,
            format!(
                "The result of the assignment expression \"{text}\" cannot be converted to a type \
                 that is compatible with the variable that it was assigned to."
            ),
        )
    })?;
    let changed = cell.put(value.clone());
    drop(locked);
    tell_change(frame, &owner, &cell, changed);
    Ok(value)
}

/// The variable that is assigned to, if any is.
fn target(names: &Names, compiled: &Assignment) -> Result<Option<Found>, Mistake> {
    let target = compiled.target.as_ref().and_then(|target| names.get(target.key));
    let Some((owner, cell)) = target else { return Ok(None) };
    if cell.read_only || cell.expression.is_some() {
        return Err(Mistake::new(
            dts::DTS_E_EXPREVALASSIGNMENTTOREADONLYVARIABLE,
            format!(
                "Error using a read-only variable \"{}\" in an assignment expression. The \
                 expression result cannot be assigned to the variable because the variable is \
                 read only. Choose a variable that can be written to, or remove the expression on \
                 this variable.",
                cell.qualified_name()
            ),
        ));
    }
    Ok(Some((owner, cell)))
}

/// The value of the variable that a task or enumerator names.
pub(crate) fn read_variable(frame: &Arc<Frame>, name: &str) -> Result<Value, Mistake> {
    let (owner, cell) = find(frame, name)?;
    Ok(value_of(&owner, &cell, 0)?)
}

/// Gives the variable that a task or enumerator names a value, converted to its type.
pub(crate) fn set_variable(frame: &Arc<Frame>, name: &str, value: &Value) -> Result<(), Mistake> {
    let found = frame.scope().find_written(name);
    let (owner, cell) = found.ok_or_else(|| no_variable(name, true))?;
    if cell.read_only || cell.expression.is_some() {
        return Err(Mistake::new(
            dts::DTS_E_VARIABLEREADONLY,
            format!("Variable \"{}\" cannot be written: it is read-only.", cell.qualified_name()),
        ));
    }
    let value = to_type(value, cell.type_code).map_err(|error| {
        Mistake::new(
            dts::DTS_E_RUNTIMEVARIABLETYPECHANGE,
            format!(
                "The type of the value being assigned to variable \"{}\" differs from the current \
                 variable type: {error}.",
                cell.qualified_name()
            ),
        )
    })?;
    let changed = cell.put(value);
    tell_change(frame, &owner, &cell, changed);
    Ok(())
}

/// The variable that a task, component or enumerator names, and the scope that has it.
pub(crate) fn find(frame: &Arc<Frame>, name: &str) -> Result<Found, Mistake> {
    frame.scope().find_written(name).ok_or_else(|| no_variable(name, false))
}

fn no_variable(name: &str, to_write: bool) -> Mistake {
    let (code, access) = if to_write {
        (dts::DTS_E_LOCKVARIABLEFORWRITE, "read/write")
    } else {
        (dts::DTS_E_LOCKVARIABLEFORREAD, "read")
    };
    Mistake::new(
        code,
        format!(
            "Failed to lock variable \"{name}\" for {access} access with error 0xC0010001 \"The \
             variable cannot be found. This occurs when an attempt is made to retrieve a variable \
             from the Variables collection on a container during execution of the package, and \
             the variable is not there. The variable name may have changed or the variable is not \
             being created.\"."
        ),
    )
}

fn tell_change(frame: &Arc<Frame>, owner: &Arc<Scope>, cell: &Arc<Cell>, changed: bool) {
    if !changed || !cell.raise_changed {
        return;
    }
    let container = frame.owner_of(owner);
    let event = container.event(MessageType::VariableValueChanged, 0, cell.qualified_name());
    let variable = Some((Arc::clone(cell), cell.held()));
    container.raise_with(Raised { event, variable });
}

/// A variable's value: that of its expression, or the one it holds.
pub(crate) fn value_of(owner: &Arc<Scope>, cell: &Cell, depth: u32) -> Result<Value, EvalError> {
    let Some(text) = &cell.expression else { return Ok(cell.held()) };
    let wrong = |reason: &str| EvalError {
        code: dts::DTS_E_VARIABLEEXPRESSIONERROR,
        message: format!(
            "The expression for variable \"{}\" failed evaluation. There was an error in the \
             expression: {reason}",
            cell.qualified_name()
        ),
    };
    if DEPTH_MAX <= depth {
        return Err(wrong("variables refer to each other in a circle."));
    }
    let value = in_scope(owner, text, depth + 1).map_err(|mistake| wrong(mistake.text()))?;
    to_type(&value, cell.type_code).map_err(|error| wrong(&format!("{error}.")))
}

/// The clock and the locale of an evaluation.
fn context(scope: &Arc<Scope>) -> Context {
    Context {
        now_local: clock::local_ticks(),
        now_utc: clock::utc_ticks(),
        locale: Locale::from_lcid(locale_id(scope)).unwrap_or(Locale::US_ENGLISH),
    }
}

/// The Windows locale of an executable: its own or that of what is around it.
pub(crate) fn locale_id(scope: &Arc<Scope>) -> u32 {
    let found = scope.find(Some(crate::scope::SYSTEM), "LocaleID");
    match found.map(|(_, cell)| cell.held()) {
        Some(Value::I4(locale)) => u32::try_from(locale).unwrap_or(1033),
        _ => 1033,
    }
}

/// The names of one expression: what it found gets a number, by which it is read later.
struct Names {
    scope: Arc<Scope>,
    depth: u32,
    /// Whether the value goes where nobody sees it.
    is_protected: bool,
    found: RefCell<Vec<Found>>,
    /// A sensitive parameter that the expression may not use.
    refused: RefCell<Option<String>>,
}

impl Names {
    fn new(scope: &Arc<Scope>, depth: u32) -> Self {
        Self {
            scope: Arc::clone(scope),
            depth,
            is_protected: false,
            found: RefCell::default(),
            refused: RefCell::default(),
        }
    }

    /// What is wrong with an expression that did not compile.
    fn mistake(&self, text: &str, problems: &[Problem]) -> Mistake {
        let Some(name) = self.refused.borrow().clone() else {
            return Mistake::of_problems(text, problems);
        };
        Mistake::new(
            dts::DTS_E_GENERICERROR,
            format!(
                "The expression \"{text}\" contains the sensitive parameter \"{name}\". Verify that \
                 the expression is used properly and that it protects the sensitive information."
            ),
        )
    }

    fn get(&self, key: usize) -> Option<Found> {
        self.found.borrow().get(key).cloned()
    }
}

impl expression::Scope for Names {
    fn variable(&self, namespace: Option<&str>, name: &str) -> Lookup {
        let Some((owner, cell)) = self.scope.find(namespace, name) else { return Lookup::Missing };
        let Some(data_type) = cell.type_code.data_type() else { return Lookup::Unusable };
        if cell.sensitive && !self.is_protected {
            *self.refused.borrow_mut() = Some(cell.qualified_name());
            return Lookup::Unusable;
        }
        let mut found = self.found.borrow_mut();
        found.push((owner, cell));
        Lookup::Found { key: found.len() - 1, data_type }
    }
}

impl expression::Variables for Names {
    fn value(&self, key: usize) -> Result<Value, EvalError> {
        match self.get(key) {
            Some((owner, cell)) => value_of(&owner, &cell, self.depth),
            None => Ok(Value::Null),
        }
    }
}
