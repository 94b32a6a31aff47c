//! PostgreSQL and SQLite through the common interface, as tasks and components use it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use connect::database::{
    Api, BulkInsert, Column, Database, Direction, Kind, Limits, Parameter, RowSink, Statement,
    Target, quoted_table,
};
use model::{DataType, Decimal, Ticks, Value};
use testkit::postgres::PostgresServer;

/// `postgres://user@host:port/database` as psqlODBC writes it.
fn postgres() -> Box<dyn Database> {
    let url = PostgresServer::shared().database();
    let rest = url.split_once("://").unwrap().1;
    let (user, rest) = rest.split_once('@').unwrap();
    let (address, database) = rest.split_once('/').unwrap();
    let (host, port) = address.split_once(':').unwrap();
    let database = database.split('?').next().unwrap();
    let user = user.split(':').next().unwrap();
    open(&format!(
        "Driver={{PostgreSQL Unicode}};Server={host};Port={port};Database={database};Uid={user};Pwd=x"
    ))
}

fn open(connection_string: &str) -> Box<dyn Database> {
    let target = Target::parse(Api::Odbc, "", connection_string).unwrap();
    target.open(&|path| Ok(path.into()), &|| false).unwrap()
}

fn run(database: &mut dyn Database, text: &str) -> Vec<Vec<Value>> {
    let outcome = database.execute(&Statement::batch(text), &Limits::NONE).unwrap();
    outcome.result_sets.into_iter().next().map(|rows| rows.rows).unwrap_or_default()
}

fn input(name: &str, value: Value, data_type: DataType) -> Parameter {
    Parameter { name: name.to_owned(), direction: Direction::Input, data_type, value }
}

/// Sizes of the blocks, at most so many.
struct Blocks(Vec<usize>, usize);

impl RowSink for Blocks {
    fn columns(&mut self, _: &[Column]) -> bool {
        true
    }
    fn rows(&mut self, rows: Vec<Vec<Value>>) -> bool {
        self.0.push(rows.len());
        self.0.len() < self.1
    }
}

#[test]
fn every_type_of_postgres_comes_and_goes() {
    let mut database = postgres();
    let database = database.as_mut();
    run(
        database,
        "CREATE TABLE t (a smallint, b bigint, c numeric(10,2), d double precision, e varchar(9),
         f bytea, g uuid, h date, i time, j timestamp, k boolean); SELECT 1",
    );
    let table = quoted_table(database.product(), "[public].[t]");
    let columns = database.table_columns(&table, &Limits::NONE).unwrap();
    let types: Vec<_> = columns.iter().map(|column| column.data_type.unwrap()).collect();
    assert_eq!(types[2], DataType::Numeric { precision: 10, scale: 2 });
    assert_eq!(types[4], DataType::WStr { length: 9 });
    let row = vec![
        Value::I2(-7),
        Value::I8(1 << 40),
        Value::Decimal(Decimal::new(-1234, 2)),
        Value::R8(0.1),
        Value::text("a\\\tb\né"),
        Value::Bytes([0, 255].into()),
        Value::Guid(uuid::Uuid::from_u128(7)),
        Value::Date(-25_567),
        Value::Time(123_456_789_010),
        Value::DateTime(Ticks(635_000_000_001_234_560)),
        Value::Bool(true),
    ];
    let nulls = vec![Value::Null; row.len()];
    let into = BulkInsert { table: table.clone(), columns, ..BulkInsert::default() };
    database.bulk_insert(&into, &[row.clone(), nulls.clone()], &Limits::NONE).unwrap();
    let places = vec!["?"; row.len()].join(", ");
    let parameters = row.iter().zip(&types).map(|(value, ty)| input("", value.clone(), *ty));
    let insert = Statement {
        text: format!("INSERT INTO {table} VALUES ({places})"),
        parameters: parameters.collect(),
        ..Statement::default()
    };
    let outcome = database.execute(&insert, &Limits::NONE).unwrap();
    assert_eq!(outcome.rows_affected, Some(1));
    assert_eq!(run(database, &format!("SELECT * FROM {table}")), [row.clone(), nulls, row]);
}

#[test]
fn named_parameters_and_several_statements_work_with_both() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.db");
    let sqlite = open(&format!("Driver={{SQLite3 ODBC Driver}};Database={}", file.display()));
    for mut database in [postgres(), sqlite] {
        let rows = run(
            database.as_mut(),
            "CREATE TABLE t (a bigint); INSERT INTO t VALUES (3); SELECT a FROM t;",
        );
        assert_eq!(rows, [[Value::I8(3)]]);
        let query = Statement {
            text: "SELECT a + @more FROM t WHERE a < @most".to_owned(),
            parameters: vec![
                input("@most", Value::I8(9), DataType::I8),
                input("@more", Value::I8(4), DataType::I8),
            ],
            ..Statement::default()
        };
        let outcome = database.execute(&query, &Limits::NONE).unwrap();
        assert_eq!(outcome.result_sets[0].rows, [[Value::I8(7)]]);
    }
}

#[test]
fn a_transaction_is_not_begun_twice_and_rolls_back_whole() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.db");
    let sqlite = open(&format!("Driver={{SQLite3 ODBC Driver}};Database={}", file.display()));
    for mut database in [postgres(), sqlite] {
        let database = database.as_mut();
        run(database, "CREATE TABLE t (a bigint PRIMARY KEY)");
        assert!(database.begin().unwrap());
        assert!(!database.begin().unwrap());
        let columns = database.table_columns("t", &Limits::NONE).unwrap();
        let into = BulkInsert { table: "t".to_owned(), columns, ..BulkInsert::default() };
        database.bulk_insert(&into, &[vec![Value::I8(1)]], &Limits::NONE).unwrap();
        let twice = vec![vec![Value::I8(2)], vec![Value::I8(2)]];
        let error = database.bulk_insert(&into, &twice, &Limits::NONE).unwrap_err();
        assert_eq!(error.kind, Kind::Integrity, "{error}");
        database.rollback().unwrap();
        assert_eq!(run(database, "SELECT count(*) FROM t"), [[Value::I8(0)]]);
    }
}

#[test]
fn rows_stream_in_blocks_and_stop_when_they_are_not_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.db");
    let sqlite = open(&format!("Driver={{SQLite3 ODBC Driver}};Database={}", file.display()));
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
    for mut database in [postgres(), sqlite] {
        let query = Statement::batch(format!("{endless} LIMIT 10"));
        let mut blocks = Blocks(Vec::new(), usize::MAX);
        database.query(&query, 4, &Limits::NONE, &mut blocks).unwrap();
        assert_eq!(blocks.0, [4, 4, 2]);
        let limits =
            Limits { time_max: Some(std::time::Duration::from_millis(200)), ..Limits::NONE };
        let count = Statement::batch(format!("SELECT count(*) FROM ({endless}) x"));
        let error = database.execute(&count, &limits).unwrap_err();
        assert_eq!(error.kind, Kind::TimedOut, "{error}");
    }
    let mut endless_rows = Blocks(Vec::new(), 2);
    let mut database = postgres();
    database.query(&Statement::batch(endless), 1, &Limits::NONE, &mut endless_rows).unwrap();
    assert_eq!(endless_rows.0, [1, 1]);
}

#[test]
fn what_cannot_be_is_refused_by_name() {
    let mut database = postgres();
    let error = database.execute(&Statement::batch("SELECT ARRAY[1]"), &Limits::NONE).unwrap_err();
    assert_eq!(error.kind, Kind::Unsupported);
    assert!(error.text.contains("_int4"), "{error}");
    let missing = database.execute(&Statement::batch("SELECT * FROM no"), &Limits::NONE);
    assert_eq!(missing.unwrap_err().kind, Kind::Missing);
}
