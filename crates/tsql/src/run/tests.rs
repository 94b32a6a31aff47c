//! Plans made by hand, run against rows that are there. What a plan can mean is tested here; what
//! a text means is tested where texts are bound.

mod group;
mod joins;
mod limits;
mod rows;
mod shapes;
mod sorts;
mod subqueries;
mod texts;
mod windows;

use std::cell::{Cell, RefCell};
use std::sync::{Arc, Mutex};

use super::*;
use crate::ast::{CompareOp, Place, StatementKind};
use crate::collation::Collation;
use crate::function::Rand;
use crate::host::*;
use crate::plan::*;
use crate::types::{ArithmeticOp, SqlType};
use crate::value::{OffsetValue, compare};

/// A server with nothing on it but files.
struct NoHost;

fn none<T>() -> Result<T, SqlError> {
    Err(SqlError::unsupported("tests"))
}

impl Host for NoHost {
    fn database(&self, _: &str) -> Result<Option<String>, SqlError> {
        Ok(None)
    }
    fn relation(&self, _: &QualifiedName) -> Result<Option<RelationSource>, SqlError> {
        Ok(None)
    }
    fn table_function(&self, _: &QualifiedName) -> Result<Option<TableFunctionSource>, SqlError> {
        Ok(None)
    }
    fn scalar_function(&self, _: &QualifiedName) -> Result<Option<ScalarFunctionSource>, SqlError> {
        Ok(None)
    }
    fn procedure(&self, _: &QualifiedName) -> Result<Option<ProcedureSource>, SqlError> {
        Ok(None)
    }
    fn table_type(&self, _: &QualifiedName) -> Result<Option<Arc<[Column]>>, SqlError> {
        Ok(None)
    }
    fn metadata(&self, _: &str, _: &[SqlValue], _: &str) -> Result<SqlValue, SqlError> {
        none()
    }
    fn identity(&self) -> Identity {
        Identity {
            login: String::new(),
            original_login: String::new(),
            user: String::new(),
            sid: Vec::new(),
            session: 1,
            host_name: String::new(),
            program: String::new(),
            server_name: String::new(),
            version: String::new(),
        }
    }
    fn now(&self) -> OffsetValue {
        OffsetValue { utc: model::Ticks(0), offset: 0, scale: 7 }
    }
    fn new_id(&self) -> [u8; 16] {
        [7; 16]
    }
    fn begin(&self) -> Result<(), SqlError> {
        none()
    }
    fn commit(&self) -> Result<(), SqlError> {
        none()
    }
    fn rollback(&self) -> Result<(), SqlError> {
        none()
    }
    fn savepoint(&self) -> Result<u64, SqlError> {
        none()
    }
    fn rollback_to(&self, _: u64) -> Result<(), SqlError> {
        none()
    }
    fn define(&self, _: Module, _: DefineMode) -> Result<(), SqlError> {
        none()
    }
    fn drop_module(&self, _: &QualifiedName, _: ModuleKind) -> Result<bool, SqlError> {
        none()
    }
    fn administer(&self, _: &StatementKind, _: &str) -> Result<(), SqlError> {
        none()
    }
    fn execute_as(&self, _: &str, _: bool) -> Result<(), SqlError> {
        none()
    }
    fn revert(&self) -> Result<bool, SqlError> {
        none()
    }
    fn kill(&self, _: i64) -> Result<(), SqlError> {
        none()
    }
    fn read_file(&self, path: &str) -> Result<Vec<u8>, SqlError> {
        Ok(path.as_bytes().to_vec())
    }
}

/// A session with variables.
#[derive(Default)]
struct Vars(RefCell<Vec<SqlValue>>);

impl Frame for Vars {
    fn variable(&self, slot: usize) -> SqlValue {
        self.0.borrow()[slot].clone()
    }
    fn session_value(&self, _: SessionFunction, _: &[SqlValue]) -> Result<SqlValue, SqlError> {
        none()
    }
    fn call_function(&self, _: &Module, arguments: &[SqlValue]) -> Result<SqlValue, SqlError> {
        Ok(arguments[0].clone())
    }
    fn call_table_function(&self, _: &Module, rows: &[SqlValue]) -> Result<Vec<Row>, SqlError> {
        Ok(rows.iter().map(|value| vec![value.clone()]).collect())
    }
}

/// Runs with a context.
fn with<R>(vars: &Vars, cancel: &Cancel, budget: &Budget, run: impl Fn(&Context<'_>) -> R) -> R {
    let rand = Cell::new(Rand::seeded(1));
    let new_id = || [7; 16];
    let functions = function::Session {
        now: NoHost.now(),
        dates: crate::value::DateSettings::default(),
        date_first: 7,
        rand: &rand,
        new_id: &new_id,
    };
    run(&Context { host: &NoHost, frame: vars, functions, cancel, budget })
}

fn rows_of(plan: &Plan, context: &Context<'_>) -> Result<Vec<Row>, SqlError> {
    let mut rows = open(plan, context)?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(row);
    }
    assert_eq!(rows.next(), Ok(None), "rows after the end");
    Ok(all)
}

/// All rows of a plan with so many columns, or its error.
fn result(root: Node, width: usize) -> Result<Vec<Row>, SqlError> {
    let columns = (0..width).map(|at| Column::new(format!("c{at}"), SqlType::Int)).collect();
    let plan = Plan { root, columns };
    let budget = Budget::default();
    let rows =
        with(&Vars::default(), &Cancel::default(), &budget, |context| rows_of(&plan, context));
    assert_eq!(budget.used(), 0, "the query still holds memory");
    rows
}

/// The rows of a plan, one text for each.
fn shown(root: Node, width: usize) -> Vec<String> {
    result(root, width).unwrap().iter().map(|row| show(row)).collect()
}

fn show(row: &[SqlValue]) -> String {
    let text = |value: &SqlValue| match value.is_null() {
        true => "-".to_owned(),
        false => crate::value::plain_text(value).unwrap(),
    };
    row.iter().map(text).collect::<Vec<_>>().join(" ")
}

/// A relation that is all there, and remembers what it was asked.
struct Table {
    columns: Vec<Column>,
    rows: Vec<Row>,
    /// Whether it filters by restrictions itself.
    filters: bool,
    /// Whether it claims to give rows in the wanted order.
    ordered: bool,
    asked: Mutex<Vec<Scan>>,
}

impl Table {
    fn new(types: &[SqlType], rows: Vec<Row>) -> Self {
        let column = |(at, ty): (usize, &SqlType)| Column::new(format!("c{at}"), *ty);
        let columns = types.iter().enumerate().map(column).collect();
        Self { columns, rows, filters: false, ordered: false, asked: Mutex::default() }
    }

    fn asked(&self) -> Vec<Scan> {
        self.asked.lock().unwrap().clone()
    }

    fn keeps(row: &Row, restriction: &Restriction) -> bool {
        let equal = |column: usize, value: &SqlValue| {
            compare(&row[column], value, Collation::CI_AS).unwrap().is_some_and(|o| o.is_eq())
        };
        match restriction {
            Restriction::Compare { column, operator, value } => {
                assert_eq!(*operator, CompareOp::Equal);
                equal(*column, value)
            }
            Restriction::In { column, values } => values.iter().any(|value| equal(*column, value)),
            Restriction::IsNull { column, negated } => row[*column].is_null() != *negated,
        }
    }
}

impl Relation for Table {
    fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn scan(&self, scan: &Scan) -> Result<Scanned, SqlError> {
        self.asked.lock().unwrap().push(scan.clone());
        let kept =
            |row: &&Row| !self.filters || scan.restrictions.iter().all(|one| Self::keeps(row, one));
        let rows: Vec<Row> = self.rows.iter().filter(kept).cloned().collect();
        let portions = rows.chunks(3).map(<[Row]>::to_vec).collect::<Vec<_>>().into_iter();
        Ok(Scanned { rows: Box::new(Chunks(portions)), ordered: self.ordered })
    }
}

struct Chunks(std::vec::IntoIter<Vec<Row>>);

impl RowSource for Chunks {
    fn next(&mut self) -> Result<Option<Vec<Row>>, SqlError> {
        Ok(self.0.next())
    }
}

// Short words for parts of plans.

fn scalar(kind: ScalarKind, data_type: SqlType) -> Scalar {
    let (collation, place) = (Collation::CI_AS, Place::default());
    Scalar { kind, data_type, nullable: true, collation, place }
}

fn outer(depth: u32, index: usize) -> Scalar {
    scalar(ScalarKind::Column { depth, index }, SqlType::Int)
}

fn col(index: usize) -> Scalar {
    outer(0, index)
}

fn text_col(index: usize) -> Scalar {
    scalar(ScalarKind::Column { depth: 0, index }, SqlType::NVARCHAR_MAX)
}

fn constant(value: SqlValue) -> Scalar {
    let data_type = value.sql_type();
    scalar(ScalarKind::Constant(value), data_type)
}

fn int(value: i32) -> Scalar {
    constant(SqlValue::Int(value))
}

fn big(value: i64) -> Scalar {
    constant(SqlValue::BigInt(value))
}

fn text(value: &str) -> Scalar {
    constant(SqlValue::nvarchar(value))
}

fn null() -> Scalar {
    constant(SqlValue::Null)
}

fn arithmetic(op: ArithmeticOp, left: Scalar, right: Scalar) -> Scalar {
    scalar(ScalarKind::Arithmetic(op, Box::new(left), Box::new(right)), SqlType::Int)
}

fn call(name: &str, arguments: Vec<Scalar>) -> Scalar {
    let function = function::function_named(name).unwrap();
    let types: Vec<SqlType> = arguments.iter().map(|argument| argument.data_type).collect();
    let data_type = function.bind(&types).unwrap();
    scalar(ScalarKind::Function(function, arguments), data_type)
}

fn compared(left: Scalar, operator: CompareOp, right: Scalar) -> Predicate {
    Predicate::Compare { left, operator, right, collation: Collation::CI_AS }
}

fn equal(left: Scalar, right: Scalar) -> Predicate {
    compared(left, CompareOp::Equal, right)
}

fn key(value: Scalar, descending: bool) -> SortKey {
    SortKey { value, descending, collation: Collation::CI_AS }
}

/// A value from a word: `-` is NULL, digits an int, all else a text.
fn value(word: &str) -> SqlValue {
    match word.parse() {
        Ok(number) => SqlValue::Int(number),
        Err(_) if word == "-" => SqlValue::Null,
        Err(_) => SqlValue::nvarchar(word),
    }
}

/// Rows from lines of words.
fn lines(text: &str) -> Vec<Row> {
    text.lines()
        .map(|line| line.split_whitespace().map(value).collect::<Row>())
        .filter(|row| !row.is_empty())
        .collect()
}

fn table(rows: Vec<Row>) -> Arc<Table> {
    let width = rows.first().map_or(1, Vec::len);
    let ty = |at: usize| {
        let text = rows.iter().any(|row| row[at].as_str().is_some());
        if text { SqlType::NVARCHAR_MAX } else { SqlType::Int }
    };
    let types: Vec<SqlType> = (0..width).map(ty).collect();
    Arc::new(Table::new(&types, rows))
}

fn scan_node(relation: Arc<dyn Relation>) -> ScanNode {
    let columns = vec![true; relation.columns().len()];
    ScanNode { relation, columns, restrictions: Vec::new(), order: Vec::new(), limit: None }
}

fn scan(relation: Arc<dyn Relation>) -> Node {
    Node::Scan(Box::new(scan_node(relation)))
}

fn data(text: &str) -> Node {
    scan(table(lines(text)))
}

fn filter(input: Node, predicate: Predicate) -> Node {
    Node::Filter { input: Box::new(input), predicate }
}

fn project(input: Node, columns: Vec<Scalar>) -> Node {
    Node::Project { input: Box::new(input), columns }
}

fn sorted(input: Node, keys: Vec<SortKey>) -> Node {
    Node::Sort { input: Box::new(input), keys, limit: None }
}

fn one_row(columns: Vec<Scalar>) -> Node {
    Node::Values(vec![columns])
}

fn plan(root: Node) -> Arc<Plan> {
    Arc::new(Plan { root, columns: vec![Column::new("c0", SqlType::Int)] })
}

/// The value of an expression without columns.
fn evaluated(scalar: &Scalar) -> Result<SqlValue, SqlError> {
    with(&Vars::default(), &Cancel::default(), &Budget::default(), |context| {
        evaluate(scalar, &[], context)
    })
}

/// The answer of a condition without columns.
fn tested(predicate: &Predicate) -> Result<Option<bool>, SqlError> {
    with(&Vars::default(), &Cancel::default(), &Budget::default(), |context| {
        test(predicate, &[], context)
    })
}
