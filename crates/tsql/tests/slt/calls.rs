//! Calls by clients and requests of the transaction manager, which no batch can make.

use std::sync::Arc;

use insta::assert_snapshot;
use tsql::host::{Cancel, Column};
use tsql::session::{
    BulkRows, RemoteArgument, RemoteCall, RemoteParameter, Session, SessionSettings,
    TransactionCommand,
};
use tsql::types::{Length, SqlType};
use tsql::value::SqlValue;

use crate::host::TestHost;
use crate::transcript::Transcript;

fn session() -> Session {
    Session::new(Arc::new(TestHost::default()), SessionSettings::default())
}

fn told(run: impl FnOnce(&mut Transcript) -> Result<(), tsql::host::Stopped>) -> String {
    let mut told = Transcript::default();
    let ended = run(&mut told);
    told.ended(ended);
    told.0.all()
}

fn batch(session: &mut Session, text: &str) -> String {
    told(|output| session.batch(text, output, &Cancel::default()))
}

fn call(session: &mut Session, procedure: &str, parameters: Vec<RemoteParameter>) -> String {
    let by_position = procedure.starts_with("sp_");
    let call = RemoteCall { procedure: procedure.to_owned(), parameters, by_position };
    told(|output| session.call(&call, output, &Cancel::default()))
}

fn given(name: &str, data_type: SqlType, value: SqlValue) -> RemoteParameter {
    let argument = RemoteArgument::Scalar { data_type, value };
    RemoteParameter { name: name.to_owned(), output: false, default: false, argument }
}

fn text(name: &str, value: &str) -> RemoteParameter {
    given(name, SqlType::NVARCHAR_MAX, SqlValue::nvarchar(value))
}

fn int(name: &str, value: i32) -> RemoteParameter {
    given(name, SqlType::Int, SqlValue::Int(value))
}

fn wanted(name: &str, data_type: SqlType) -> RemoteParameter {
    RemoteParameter { output: true, ..given(name, data_type, SqlValue::Null) }
}

#[test]
fn a_procedure_gives_its_status_and_its_output_values() {
    let parameters = vec![int("@a", 4), wanted("@twice", SqlType::BigInt)];
    assert_snapshot!(call(&mut session(), "[dbo].[echo]", parameters), @r"
    [a int, b nvarchar(100)]
    4 | b
    (1 select in 1)
    return 4
    1 @twice bigint = 8
    ");
}

#[test]
fn arguments_without_names_go_by_their_places() {
    let parameters = vec![int("", 4), text("", "x"), wanted("", SqlType::BigInt)];
    assert_snapshot!(call(&mut session(), "echo;1", parameters), @r"
    [a int, b nvarchar(100)]
    4 | x
    (1 select in 1)
    return 4
    2  bigint = 8
    ");
}

#[test]
fn a_procedure_that_is_missing_is_told() {
    assert_snapshot!(call(&mut session(), "dbo.nothing", Vec::new()), @r"
    2812 16 62 line 1: Could not find stored procedure 'dbo.nothing'.
    (!)
    ");
}

#[test]
fn names_of_numbered_procedures_are_ignored_and_those_of_the_statement_are_not() {
    let parameters = vec![
        text("stmt", "SELECT @a - @b AS d SET @out = @a + @b"),
        text("params", "@a int, @b int, @out int OUTPUT"),
        int("@b", 2),
        int("@a", 5),
        wanted("@out", SqlType::Int),
    ];
    assert_snapshot!(call(&mut session(), "sp_executesql", parameters), @r"
    [d int]
    3
    (1 select in 1)
    (done in 1)
    return 0
    4 @out int = 7
    ");
}

#[test]
fn statements_are_prepared_run_and_forgotten() {
    let mut session = session();
    let prepared = vec![
        wanted("@handle", SqlType::Int),
        text("@params", "@n int"),
        text("@stmt", "SELECT word FROM dbo.numbers WHERE n = @n"),
    ];
    assert_snapshot!(call(&mut session, "sp_prepare", prepared), @r"
    [word nvarchar(20)]
    (select)
    return 0
    0 @handle int = 1
    ");
    assert_snapshot!(call(&mut session, "sp_execute", vec![int("@handle", 1), int("@n", 3)]), @r"
    [word nvarchar(20)]
    three
    (1 select in 1)
    return 0
    ");
    assert_snapshot!(call(&mut session, "sp_unprepare", vec![int("", 1)]), @"return 0");
    assert_snapshot!(call(&mut session, "sp_execute", vec![int("", 1), int("", 3)]), @r"
    8179 16 2 line 1: Could not find prepared statement with handle 1.
    (!)
    ");
}

#[test]
fn a_statement_can_be_prepared_and_run_at_once() {
    let mut session = session();
    let parameters =
        vec![wanted("", SqlType::Int), text("", "@n int"), text("", "SELECT @n AS n"), int("", 9)];
    assert_snapshot!(call(&mut session, "sp_prepexec", parameters), @r"
    [n int]
    9
    (1 select in 1)
    return 0
    0  int = 1
    ");
    let without = vec![
        wanted("", SqlType::Int),
        given("", SqlType::NVARCHAR_MAX, SqlValue::Null),
        text("", "SELECT 1 AS one"),
    ];
    assert_snapshot!(call(&mut session, "sp_prepexec", without), @r"
    [one int]
    1
    (1 select in 1)
    return 0
    0  int = 2
    ");
}

#[test]
fn an_error_of_a_statement_leaves_the_call_to_end_by_itself() {
    assert_snapshot!(call(&mut session(), "sp_executesql", vec![text("", "SELECT 1/0 AS a")]), @r"
    [a int]
    8134 16 1 line 1: Divide by zero error encountered.
    (! in 1)
    return 8134
    ");
    assert_snapshot!(call(&mut session(), "sp_executesql", vec![text("", "SELECT FROM")]), @r"
    156 15 1 line 1: Incorrect syntax near the keyword 'FROM'.
    (! in 1)
    return 156
    ");
}

#[test]
fn server_cursors_are_refused_by_name() {
    assert_snapshot!(call(&mut session(), "sp_cursoropen", Vec::new()), @r"
    40514 16 1 line 1: 'sp_cursoropen' is not supported in this version of SQL Server.
    (!)
    ");
}

#[test]
fn a_table_can_be_an_argument() {
    let mut session = session();
    batch(&mut session, "CREATE TYPE dbo.Ids AS TABLE (id int PRIMARY KEY, name varchar(9))");
    batch(&mut session, "CREATE PROCEDURE dbo.p @ids dbo.Ids READONLY AS SELECT * FROM @ids");
    let rows = vec![
        vec![SqlValue::BigInt(7), SqlValue::nvarchar("seven")],
        vec![SqlValue::BigInt(8), SqlValue::Null],
    ];
    let columns =
        vec![Column::new("", SqlType::BigInt), Column::new("", SqlType::NVarChar(Length::N(20)))];
    let argument = RemoteArgument::Table { type_name: "dbo.Ids".to_owned(), columns, rows };
    let name = "@ids".to_owned();
    let parameters = vec![RemoteParameter { name, output: false, default: false, argument }];
    assert_snapshot!(call(&mut session, "dbo.p", parameters), @r"
    [id int, name varchar(9)]
    7 | seven
    8 | NULL
    (2 select in 1)
    return 0
    ");
}

#[test]
fn transactions_can_be_asked_for() {
    let mut session = session();
    let begin = TransactionCommand::Begin { name: String::new(), isolation: None };
    let commit = TransactionCommand::Commit { name: String::new(), begin_again: true };
    let rollback = TransactionCommand::Rollback { name: String::new(), begin_again: false };
    let mut ask = |command| told(|output| session.transaction(command, output));
    assert_snapshot!(ask(&begin), @r"
    transaction 1 begun
    (done)
    ");
    assert_snapshot!(ask(&commit), @r"
    transaction 1 committed
    transaction 2 begun
    (done)
    ");
    assert_snapshot!(ask(&rollback), @r"
    transaction 2 rolled back
    (done)
    ");
    assert_snapshot!(ask(&rollback), @r"
    3903 16 1 line 1: The ROLLBACK TRANSACTION request has no corresponding BEGIN TRANSACTION.
    (!)
    ");
    assert_eq!(session.transaction_id(), 0);
}

#[test]
fn a_pool_gets_a_session_without_a_past() {
    let mut session = session();
    batch(&mut session, "USE SSISDB SET NOCOUNT ON CREATE TABLE #t (a int) BEGIN TRAN");
    session.reset(false);
    assert_eq!((session.database(), session.transaction_id()), ("master", 0));
    assert_snapshot!(batch(&mut session, "SELECT OBJECT_ID('tempdb..#t') AS t"), @r"
    [t int]
    NULL
    (1 select)
    ");
}

#[test]
fn a_pool_can_ask_for_it_by_a_call_in_whatever_way_it_calls() {
    let left = |session: &mut Session| {
        batch(session, "SELECT OBJECT_ID('tempdb..#t') AS t, @@LANGUAGE AS l")
    };
    for way in ["sp_reset_connection", "sys.sp_reset_connection", "EXEC sys.sp_reset_connection"] {
        let mut session = session();
        batch(
            &mut session,
            "SET NOCOUNT ON CREATE TABLE #t (a int) SET LANGUAGE German BEGIN TRAN",
        );
        if way.starts_with("EXEC") {
            batch(&mut session, way);
        } else {
            call(&mut session, way, Vec::new());
        }
        assert_eq!(session.transaction_id(), 0, "{way}");
        let wanted = "[t int, l nvarchar(128)]\nNULL | us_english\n(1 select)\n";
        assert_eq!(left(&mut session), wanted, "{way}");
        assert_eq!(left(&mut session), wanted, "{way}: it is reset once");
    }
}

#[test]
fn a_session_can_go_from_thread_to_thread() {
    let mut session = session();
    let told = std::thread::spawn(move || batch(&mut session, "SELECT 1 AS a")).join().unwrap();
    assert!(told.starts_with("[a int]"));
}

#[test]
fn statements_that_stand_too_deep_are_refused_before_the_stack_ends() {
    let mut session = session();
    let (open, close) = ("BEGIN IF 1 = 1 ".repeat(40), "END ".repeat(40));
    let text = format!("CREATE PROCEDURE dbo.deep AS {open} EXEC dbo.deep {close}");
    assert_eq!(batch(&mut session, &text), "(done)\n");
    let told = batch(&mut session, "EXEC dbo.deep");
    assert!(told.starts_with("8631 17 1 dbo.deep line 1"), "{told}");
}

#[test]
fn a_wait_ends_when_the_client_cancels() {
    let mut session = session();
    let cancel = Cancel::default();
    cancel.cancel();
    let text = "WAITFOR DELAY '01:00:00' PRINT 'not reached'";
    assert_snapshot!(told(|output| session.batch(text, output, &cancel)), @"");
    assert_snapshot!(batch(&mut session, "SELECT 1 AS a"), @r"
    [a int]
    1
    (1 select)
    ");
}

#[test]
fn what_a_text_would_give_is_described() {
    let parameters =
        vec![text("@tsql", "SELECT n, word FROM dbo.numbers WHERE n = @n"), text("", "@n int")];
    let all = call(&mut session(), "sp_describe_first_result_set", parameters);
    let rows = all.lines().filter(|line| line.starts_with("0 |"));
    let rows = rows.map(|row| row.split(" | ").take(10).collect::<Vec<_>>().join(" | "));
    assert_snapshot!(rows.collect::<Vec<_>>().join("\n"), @r"
    0 | 1 | n | 0 | 56 | int | 4 | 10 | 0 | NULL
    0 | 2 | word | 1 | 231 | nvarchar(20) | 40 | 0 | 0 | SQL_Latin1_General_CP1_CI_AS
    ");
}

/// A loop over single rows must not copy the table each time: that would take minutes.
#[test]
fn a_table_grows_row_by_row_without_being_copied() {
    let mut session = session();
    let text = "SET NOCOUNT ON
        CREATE TABLE #t (id int PRIMARY KEY, a varchar(100))
        DECLARE @i int = 0
        WHILE @i < 10000 BEGIN
            INSERT INTO #t VALUES (@i, 'a row that is some dozens of bytes long, as rows are')
            SET @i += 1
        END
        SELECT COUNT(*) AS n FROM #t";
    assert!(batch(&mut session, text).ends_with("[n int]\n10000\n(select)\n"));
}

#[test]
fn temporary_tables_take_no_more_than_their_room() {
    let settings = SessionSettings { table_bytes: 20_000, ..SessionSettings::default() };
    let mut session = Session::new(Arc::new(TestHost::default()), settings);
    let text =
        "CREATE TABLE #t (a varchar(max)) WHILE 1 = 1 INSERT INTO #t VALUES (REPLICATE('x', 900))";
    let told = batch(&mut session, &format!("SET XACT_ABORT ON {text}"));
    let last = told.lines().rev().nth(1).unwrap();
    assert!(last.starts_with("1105 17 2 line 1: Could not allocate space"), "{last}");
}

/// Two sessions of one server.
fn two_sessions() -> (Session, Session) {
    let host = TestHost::default();
    let two = Session::new(Arc::new(host.beside()), SessionSettings::default());
    (Session::new(Arc::new(host), SessionSettings::default()), two)
}

#[test]
fn a_global_temporary_table_is_everybodys_until_its_maker_leaves() {
    let (mut one, mut two) = two_sessions();
    batch(&mut one, "CREATE TABLE ##g (a int PRIMARY KEY) INSERT ##g VALUES (1)");
    let text = "IF OBJECT_ID('tempdb..##G') IS NOT NULL INSERT ##g VALUES (2) SELECT a FROM [##g]";
    assert_snapshot!(batch(&mut two, text), @r"
    (1 insert)
    [a int]
    1
    2
    (2 select)
    ");
    assert!(batch(&mut two, "INSERT ##g VALUES (1)").starts_with("2627 14 1"));
    assert!(batch(&mut two, "CREATE TABLE ##g (b int)").starts_with("2714 16 6"));
    assert!(batch(&mut two, "SELECT 1 AS a INTO ##g").starts_with("2714 16 6"));
    assert!(batch(&mut one, "SELECT COUNT(*) AS n FROM ##g").contains("\n2\n"));
    drop(one);
    assert!(batch(&mut two, "SELECT a FROM ##g").starts_with("208 16 1"));
    assert_eq!(batch(&mut two, "CREATE TABLE ##g (b int)"), "(done)\n");
    assert_eq!(batch(&mut two, "DROP TABLE ##g"), "(done)\n");
    assert!(batch(&mut two, "SELECT a FROM ##g").starts_with("208 16 1"));
}

#[test]
fn changes_to_a_global_table_are_seen_when_they_are_committed() {
    let (mut one, mut two) = two_sessions();
    batch(&mut one, "CREATE TABLE ##g (a int) INSERT ##g VALUES (1)");
    batch(&mut one, "BEGIN TRAN UPDATE ##g SET a = 2");
    let busy = batch(&mut two, "SET LOCK_TIMEOUT 0 SELECT a FROM ##g");
    assert!(busy.contains("1222 16 51 line 1: Lock request time out period exceeded."), "{busy}");
    batch(&mut one, "ROLLBACK");
    assert!(batch(&mut two, "SELECT a FROM ##g").contains("\n1\n"));
    batch(&mut one, "BEGIN TRAN UPDATE ##g SET a = 3");
    let waiting =
        std::thread::spawn(move || batch(&mut two, "SET LOCK_TIMEOUT -1 SELECT a FROM ##g"));
    batch(&mut one, "UPDATE ##g SET a += 1 COMMIT");
    assert!(waiting.join().unwrap().contains("\n4\n"));
}

#[test]
fn sessions_that_wait_for_each_other_are_told_so() {
    let (mut one, mut two) = two_sessions();
    batch(&mut one, "CREATE TABLE ##a (a int) CREATE TABLE ##b (b int)");
    batch(&mut one, "BEGIN TRAN INSERT ##a VALUES (1)");
    batch(&mut two, "BEGIN TRAN INSERT ##b VALUES (1)");
    let other = std::thread::spawn(move || batch(&mut two, "INSERT ##a VALUES (2) COMMIT"));
    let told = batch(&mut one, "INSERT ##b VALUES (2) COMMIT");
    let other = other.join().unwrap();
    let victims = [&told, &other].iter().filter(|told| told.contains("1205 13 51")).count();
    assert_eq!(victims, 1, "{told}\n{other}");
    let text = "SELECT (SELECT COUNT(*) FROM ##a) + (SELECT COUNT(*) FROM ##b) AS n";
    assert!(batch(&mut one, text).contains("\n2\n"));
}

fn load(session: &mut Session, columns: &[(&str, SqlType)], rows: Vec<Vec<SqlValue>>) -> String {
    let columns = columns.iter().map(|(name, data_type)| Column::new(*name, *data_type)).collect();
    let rows = BulkRows { columns, rows: Box::new(rows.into_iter().map(Ok)) };
    told(|output| session.bulk_load(rows, output, &Cancel::default()))
}

const ID_AND_NAME: [(&str, SqlType); 2] = [("id", SqlType::Int), ("name", SqlType::NVARCHAR_MAX)];

fn named(id: i32, name: Option<&str>) -> Vec<SqlValue> {
    vec![SqlValue::Int(id), name.map_or(SqlValue::Null, SqlValue::nvarchar)]
}

#[test]
fn rows_of_a_bulk_load_get_defaults_and_keep_their_numbers() {
    let mut session = session();
    let table = "CREATE TABLE #t (id int IDENTITY, name varchar(5) DEFAULT 'none', CHECK (0 < id))";
    batch(&mut session, table);
    assert_snapshot!(batch(&mut session, "INSERT BULK #t (id int, name nvarchar(max))"), @"(done)");
    let rows = vec![named(7, Some("a")), named(-1, None)];
    assert_snapshot!(load(&mut session, &ID_AND_NAME, rows), @"(2 insert)");
    batch(&mut session, "INSERT BULK #t (name nvarchar(max)) WITH (KEEP_NULLS)");
    let rows = vec![vec![SqlValue::Null], vec![SqlValue::nvarchar("b")]];
    assert_snapshot!(load(&mut session, &ID_AND_NAME[1..], rows), @"(2 insert)");
    assert_snapshot!(batch(&mut session, "SELECT id, name FROM #t ORDER BY id"), @r"
    [id int, name varchar(5)]
    -1 | none
    7 | a
    8 | NULL
    9 | b
    (4 select)
    ");
}

#[test]
fn a_bulk_load_that_breaks_a_rule_leaves_nothing() {
    let mut session = session();
    let table = "CREATE TABLE ##b (id int PRIMARY KEY CHECK (id < 5), name varchar(3) NOT NULL)";
    batch(&mut session, table);
    let statement = "INSERT BULK ##b (id int, name nvarchar(max)) WITH (CHECK_CONSTRAINTS)";
    let refused = [
        vec![named(1, Some("a")), named(2, Some("long"))],
        vec![named(1, Some("a")), named(1, Some("b"))],
        vec![named(1, Some("a")), named(2, None)],
        vec![named(1, Some("a")), named(9, Some("b"))],
    ];
    let told: Vec<_> = refused
        .into_iter()
        .map(|rows| {
            batch(&mut session, statement);
            load(&mut session, &ID_AND_NAME, rows)
        })
        .collect();
    assert_snapshot!(told.concat(), @r#"
    2628 16 1 line 1: String or binary data would be truncated in table 'tempdb.dbo.##b', column 'name'. Truncated value: 'lon'.
    3621 0 0 line 1: The statement has been terminated.
    (!)
    2627 14 1 line 1: Violation of PRIMARY KEY constraint 'PK__##b__B64DDA442B24D695'. Cannot insert duplicate key in object 'dbo.##b'. The duplicate key value is (1).
    3621 0 0 line 1: The statement has been terminated.
    (!)
    515 16 2 line 1: Cannot insert the value NULL into column 'name', table 'tempdb.dbo.##b'; column does not allow nulls. INSERT fails.
    3621 0 0 line 1: The statement has been terminated.
    (!)
    547 16 0 line 1: The INSERT statement conflicted with the CHECK constraint "CK__##b__id__E6D94333". The conflict occurred in database "tempdb", table "dbo.##b", column 'id'.
    3621 0 0 line 1: The statement has been terminated.
    (!)
    "#);
    assert_snapshot!(batch(&mut session, "SELECT COUNT(*) AS n FROM ##b"), @r"
    [n int]
    0
    (1 select)
    ");
}

#[test]
fn rows_come_behind_their_statement_and_fit_it() {
    let mut session = session();
    batch(&mut session, "CREATE TABLE #t (id int, twice AS 2 * id)");
    assert_snapshot!(load(&mut session, &ID_AND_NAME[..1], vec![]), @r"
    4002 16 1 line 1: Rows of a bulk load came without an INSERT BULK statement before them.
    (!)
    ");
    batch(&mut session, "INSERT BULK #t (id int) SELECT 1");
    batch(&mut session, "SELECT 1");
    assert_snapshot!(load(&mut session, &ID_AND_NAME[..1], vec![]), @r"
    4002 16 1 line 1: Rows of a bulk load came without an INSERT BULK statement before them.
    (!)
    ");
    batch(&mut session, "INSERT BULK #t (id int)");
    assert_snapshot!(load(&mut session, &ID_AND_NAME, vec![named(1, None)]), @r"
    4816 16 1 line 1: Invalid column type from bcp client for colid 2.
    3621 0 0 line 1: The statement has been terminated.
    (!)
    ");
    assert_snapshot!(batch(&mut session, "INSERT BULK #t (id int, twice int)"), @r#"
    271 16 1 line 1: The column "twice" cannot be modified because it is either a computed column or is the result of a UNION operator.
    (!)
    "#);
    assert_snapshot!(batch(&mut session, "INSERT BULK #t (id int, id int)"), @r"
    264 16 1 line 1: The column name 'id' is specified more than once in the SET clause or column list of an INSERT. A column cannot be assigned more than one value in the same clause. Modify the clause to make sure that a column is updated only once. If this statement updates or inserts columns into a view, column aliasing can conceal the duplication in your code.
    (!)
    ");
    assert_snapshot!(batch(&mut session, "INSERT BULK #t (other int)"), @r"
    207 16 1 line 1: Invalid column name 'other'.
    (!)
    ");
    assert_snapshot!(batch(&mut session, "INSERT BULK #none (id int)"), @r"
    208 16 1 line 1: Invalid object name '#none'.
    (!)
    ");
    let settings = SessionSettings { query_bytes: 2_000, ..SessionSettings::default() };
    let mut small = Session::new(Arc::new(TestHost::default()), settings);
    batch(&mut small, "CREATE TABLE #t (id int, name varchar(max)) INSERT BULK #t (id int)");
    let rows = (0..1_000).map(|id| vec![SqlValue::Int(id)]).collect();
    assert_snapshot!(load(&mut small, &ID_AND_NAME[..1], rows), @r"
    701 17 123 line 1: There is insufficient system memory to run this query: a bulk load got too many rows at once. Send them in smaller batches.
    3621 0 0 line 1: The statement has been terminated.
    (!)
    ");
}
