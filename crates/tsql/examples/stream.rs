//! How fast rows go through the engine: a scan of 16 columns, a filter and a projection.
//!
//! ```text
//! cargo run --release -p tsql --example stream
//! ```

use std::cell::Cell;
use std::sync::Arc;
use std::time::Instant;

use tsql::ast::{CompareOp, Place};
use tsql::collation::Collation;
use tsql::function::{self, Rand};
use tsql::host::{
    Cancel, Column, DefineMode, Host, Identity, Module, ModuleKind, ProcedureSource, QualifiedName,
    Relation, RelationSource, Row, RowSource, ScalarFunctionSource, Scan, Scanned,
    TableFunctionSource,
};
use tsql::plan::{Node, Plan, Predicate, Scalar, ScalarKind, ScanNode, SessionFunction};
use tsql::run::{Budget, Context, Frame, open};
use tsql::types::SqlType;
use tsql::value::{DateSettings, OffsetValue, SqlError, SqlValue};

const COLUMNS: usize = 16;
const ROWS: u32 = 2_000_000;

/// Rows of numbers, texts and moments, made as they are read.
struct Numbers(Vec<Column>);

struct Portion {
    next: i64,
    text: Arc<str>,
}

impl RowSource for Portion {
    fn next(&mut self) -> Result<Option<Vec<Row>>, SqlError> {
        if i64::from(ROWS) <= self.next {
            return Ok(None);
        }
        let row = |id: i64| -> Row {
            let value = |at: usize| match at % 4 {
                0 => SqlValue::BigInt(id),
                1 => SqlValue::NVarChar(Arc::clone(&self.text)),
                2 => SqlValue::Int(7),
                _ => SqlValue::Null,
            };
            (0..COLUMNS).map(value).collect()
        };
        let rows = (self.next..self.next + 1000).map(row).collect();
        self.next += 1000;
        Ok(Some(rows))
    }
}

impl Relation for Numbers {
    fn columns(&self) -> &[Column] {
        &self.0
    }

    fn scan(&self, _: &Scan) -> Result<Scanned, SqlError> {
        let text = Arc::from("Main:Information: Pre-execute phase is beginning.");
        Ok(Scanned { rows: Box::new(Portion { next: 0, text }), ordered: false })
    }
}

fn column(index: usize) -> Scalar {
    let (kind, collation) = (ScalarKind::Column { depth: 0, index }, Collation::CI_AS);
    Scalar { kind, data_type: SqlType::BigInt, nullable: true, collation, place: Place::default() }
}

fn plan() -> Plan {
    let columns: Vec<Column> =
        (0..COLUMNS).map(|at| Column::new(format!("c{at}"), SqlType::BigInt)).collect();
    let scan = Node::Scan(Box::new(ScanNode {
        relation: Arc::new(Numbers(columns.clone())),
        columns: vec![true; COLUMNS],
        restrictions: Vec::new(),
        order: Vec::new(),
        limit: None,
    }));
    let least = ScalarKind::Constant(SqlValue::BigInt(0));
    let predicate = Predicate::Compare {
        left: column(0),
        operator: CompareOp::GreaterOrEqual,
        right: Scalar { kind: least, ..column(0) },
        collation: Collation::CI_AS,
    };
    let filter = Node::Filter { input: Box::new(scan), predicate };
    let root =
        Node::Project { input: Box::new(filter), columns: (0..COLUMNS).map(column).collect() };
    Plan { root, columns }
}

fn main() -> Result<(), SqlError> {
    let rand = Cell::new(Rand::seeded(1));
    let functions = function::Session {
        now: Nothing.now(),
        dates: DateSettings::default(),
        date_first: 7,
        rand: &rand,
        new_id: &|| [0; 16],
    };
    let (cancel, budget) = (Cancel::default(), Budget::default());
    let context =
        Context { host: &Nothing, frame: &Nothing, functions, cancel: &cancel, budget: &budget };
    let plan = plan();
    let start = Instant::now();
    let mut rows = open(&plan, &context)?;
    let mut count = 0_u64;
    while rows.next()?.is_some() {
        count += 1;
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("{count} rows of {COLUMNS} columns, {:.0} rows/s", count as f64 / seconds);
    Ok(())
}

/// A server and a session with nothing.
struct Nothing;

fn refuse<T>() -> Result<T, SqlError> {
    Err(SqlError::unsupported("this example"))
}

impl Frame for Nothing {
    fn variable(&self, _: usize) -> SqlValue {
        SqlValue::Null
    }
    fn session_value(&self, _: SessionFunction, _: &[SqlValue]) -> Result<SqlValue, SqlError> {
        refuse()
    }
    fn call_function(&self, _: &Module, _: &[SqlValue]) -> Result<SqlValue, SqlError> {
        refuse()
    }
    fn call_table_function(&self, _: &Module, _: &[SqlValue]) -> Result<Vec<Row>, SqlError> {
        refuse()
    }
}

impl Host for Nothing {
    fn database(&self, _: &str) -> Result<Option<String>, SqlError> {
        refuse()
    }
    fn relation(&self, _: &QualifiedName) -> Result<Option<RelationSource>, SqlError> {
        refuse()
    }
    fn table_function(&self, _: &QualifiedName) -> Result<Option<TableFunctionSource>, SqlError> {
        refuse()
    }
    fn scalar_function(&self, _: &QualifiedName) -> Result<Option<ScalarFunctionSource>, SqlError> {
        refuse()
    }
    fn procedure(&self, _: &QualifiedName) -> Result<Option<ProcedureSource>, SqlError> {
        refuse()
    }
    fn table_type(&self, _: &QualifiedName) -> Result<Option<Arc<[Column]>>, SqlError> {
        refuse()
    }
    fn metadata(&self, _: &str, _: &[SqlValue], _: &str) -> Result<SqlValue, SqlError> {
        refuse()
    }
    fn identity(&self) -> Identity {
        let none = String::new;
        Identity {
            login: none(),
            original_login: none(),
            user: none(),
            sid: Vec::new(),
            session: 1,
            host_name: none(),
            program: none(),
            server_name: none(),
            version: none(),
        }
    }
    fn now(&self) -> OffsetValue {
        OffsetValue { utc: model::Ticks(0), offset: 0, scale: 7 }
    }
    fn new_id(&self) -> [u8; 16] {
        [0; 16]
    }
    fn begin(&self) -> Result<(), SqlError> {
        refuse()
    }
    fn commit(&self) -> Result<(), SqlError> {
        refuse()
    }
    fn rollback(&self) -> Result<(), SqlError> {
        refuse()
    }
    fn savepoint(&self) -> Result<u64, SqlError> {
        refuse()
    }
    fn rollback_to(&self, _: u64) -> Result<(), SqlError> {
        refuse()
    }
    fn define(&self, _: Module, _: DefineMode) -> Result<(), SqlError> {
        refuse()
    }
    fn drop_module(&self, _: &QualifiedName, _: ModuleKind) -> Result<bool, SqlError> {
        refuse()
    }
    fn administer(&self, _: &tsql::ast::StatementKind, _: &str) -> Result<(), SqlError> {
        refuse()
    }
    fn execute_as(&self, _: &str, _: bool) -> Result<(), SqlError> {
        refuse()
    }
    fn revert(&self) -> Result<bool, SqlError> {
        refuse()
    }
    fn kill(&self, _: i64) -> Result<(), SqlError> {
        refuse()
    }
    fn read_file(&self, _: &str) -> Result<Vec<u8>, SqlError> {
        refuse()
    }
}
