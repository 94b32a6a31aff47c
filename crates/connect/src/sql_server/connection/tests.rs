//! What users see when a server cannot be used.

use std::net::TcpListener;
use std::time::Instant;

use model::DataType;

use super::super::{Api, Target};
use super::*;

mod fake;

fn settings(server: &str, rest: &str) -> Settings {
    let text = format!("Provider=SQLNCLI11.1;Data Source={server};{rest}");
    match Target::parse(Api::OleDb, "", &text).unwrap() {
        Target::SqlServer(settings) => *settings,
        Target::Other(name) => panic!("{name}"),
    }
}

fn open(server: &str, rest: &str) -> SqlError {
    Connection::open(&settings(server, rest)).unwrap_err()
}

const LOGIN: &str = "User ID=sa;Password=hush;Connect Timeout=1";

#[test]
fn nobody_listening_names_server_and_port_in_the_words_of_ssis() {
    // A port that was free a moment ago and that nobody listens on.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = open(&format!("127.0.0.1,{port}"), LOGIN);
    assert!(matches!(error, SqlError::Refused { .. }), "{error:?}");
    assert_eq!(error.code(), 0xC020_2009);
    let text = error.message("Microsoft SQL Server Native Client 11.0");
    assert!(text.starts_with(
        "SSIS Error Code DTS_E_OLEDBERROR.  An OLE DB error has occurred. Error code: 0x80004005."
    ));
    assert!(text.contains("Source: \"Microsoft SQL Server Native Client 11.0\""), "{text}");
    assert!(text.contains(&format!("cannot connect to server `127.0.0.1,{port}`")), "{text}");
    assert!(text.contains("Connection refused"), "{text}");
    assert!(!text.contains("hush"));
}

#[test]
fn integrated_security_says_what_to_use_instead() {
    let error = open("db1", "Integrated Security=SSPI").to_string();
    assert!(error.starts_with("server `db1` cannot be logged in to with Integrated Security"));
    assert!(error.contains("User ID and Password"));
    assert!(matches!(open("db1", ""), SqlError::NoUser { .. }));
}

#[test]
fn a_name_without_an_address_is_said_to_be_unknown() {
    let error = open("no-such-host.invalid", LOGIN);
    let unknown = matches!(error, SqlError::Unknown { .. } | SqlError::ConnectTimedOut { .. });
    assert!(unknown, "{error:?}");
}

#[test]
fn a_server_that_says_nothing_is_given_up_in_time() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let start = Instant::now();
    let error = open(&format!("127.0.0.1,{port}"), LOGIN);
    assert!(matches!(error, SqlError::ConnectTimedOut { seconds: 1, .. }), "{error:?}");
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_server_that_is_no_sql_server_is_noticed() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        std::io::Write::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
    });
    let error = open(&format!("127.0.0.1,{port}"), LOGIN);
    assert!(
        matches!(error, SqlError::Broken { .. } | SqlError::ConnectTimedOut { .. }),
        "{error:?}"
    );
    thread.join().unwrap();
}

#[test]
fn when_the_partner_is_down_too_the_first_server_is_named() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let rest = format!("{LOGIN};Failover Partner=127.0.0.1,{port}");
    let error = open(&format!("localhost,{port}"), &rest).to_string();
    assert!(error.contains(&format!("server `localhost,{port}`")), "{error}");
}

/// A connection to a server that has no encryption, which real ones always have.
fn connect_to(server: &fake::Server) -> Result<Connection, SqlError> {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let name = format!("127.0.0.1,{}", server.port);
    let client = runtime.block_on(async {
        let stream = reach("127.0.0.1", server.port, &name).await?;
        let mut config = config(&settings(&name, LOGIN), "127.0.0.1", server.port);
        config.encryption(EncryptionLevel::NotSupported);
        let client = Box::pin(Client::connect(config, stream.compat_write())).await;
        client.map_err(|error| login_error(error, name.clone()))
    })?;
    let interrupter = Interrupter::default();
    Ok(Connection { runtime, client: Some(client), server: name, interrupter })
}

fn limit() -> Option<Duration> {
    Some(Duration::from_secs(60))
}

#[test]
fn result_sets_come_with_names_types_and_values() {
    let first = [
        fake::columns(&[("id", false), ("name", true)]),
        fake::row(1, Some("é")),
        fake::row(-2, Some("")),
        fake::done(0, true),
    ];
    let second = [fake::columns(&[("n", false)]), fake::done(0, false)];
    let count = [fake::columns(&[("", false)]), fake::row(2, None), fake::done(0, false)];
    let answers = vec![Some([first.concat(), second.concat()].concat()), Some(count.concat())];
    let server = fake::Server::start(fake::welcome(), answers);
    let mut connection = connect_to(&server).unwrap();
    let statement = Statement { count_rows: true, ..Statement::batch("SELECT 1") };
    let outcome = connection.execute(&statement, limit()).unwrap();
    let [first, second] = outcome.result_sets.as_slice() else { panic!("{outcome:?}") };
    let text = model::DataType::WStr { length: 1 };
    assert_eq!(first.columns, [("id".into(), model::DataType::I8), ("name".into(), text)]);
    assert_eq!(first.rows[0], [Value::I8(1), Value::text("é")]);
    assert_eq!(first.rows[1], [Value::I8(-2), Value::text("")]);
    assert!(second.rows.is_empty());
    assert_eq!(outcome.rows_affected, Some(2));
    drop(connection);
    let asked = server.asked();
    assert!(asked[0].ends_with("SELECT 1"), "{asked:?}");
}

#[test]
fn outputs_come_back_under_their_names() {
    let trailer = [
        fake::columns(&[("", false), ("", true)]),
        fake::row(3, Some("out")),
        fake::done(0, false),
    ];
    let server = fake::Server::start(fake::welcome(), vec![Some(trailer.concat())]);
    let mut connection = connect_to(&server).unwrap();
    let parameter = super::super::Parameter {
        name: "0".to_owned(),
        direction: super::super::Direction::Output,
        data_type: model::DataType::WStr { length: 20 },
        value: Value::Null,
    };
    let statement = Statement {
        parameters: vec![parameter],
        count_rows: true,
        ..Statement::batch("EXEC p ? OUTPUT")
    };
    let outcome = connection.execute(&statement, limit()).unwrap();
    assert_eq!(outcome.outputs, [("0".to_owned(), Value::text("out"))]);
    assert_eq!(outcome.rows_affected, Some(3));
    assert!(outcome.result_sets.is_empty());
    drop(connection);
    assert!(server.asked()[0].contains("EXEC p @PhOut1 OUTPUT"));
}

#[test]
fn an_error_of_the_server_leaves_the_connection_usable() {
    let answers =
        vec![Some(fake::error(208, 16, "Invalid object name 't'.")), Some(fake::done(0, false))];
    let server = fake::Server::start(fake::welcome(), answers);
    let mut connection = connect_to(&server).unwrap();
    let error = connection.execute(&Statement::batch("SELECT * FROM t"), limit()).unwrap_err();
    assert_eq!((error.number(), error.hresult()), (Some(208), 0x8004_0E37));
    assert_eq!(error.description(), "Invalid object name 't'.");
    assert!(connection.execute(&Statement::batch("SELECT 1"), limit()).is_ok());
}

#[test]
fn a_failed_login_is_told_with_the_servers_words() {
    let refusal = fake::error(18456, 14, "Login failed for user 'sa'.");
    let server = fake::Server::start(refusal, Vec::new());
    let error = connect_to(&server).unwrap_err();
    assert_eq!(error.hresult(), 0x8004_0E4D);
    let text = error.to_string();
    assert!(text.ends_with("failed: Login failed for user 'sa'."), "{text}");
}

#[test]
fn a_query_that_takes_too_long_ends_and_closes_the_connection() {
    let server = fake::Server::start(fake::welcome(), vec![None]);
    let mut connection = connect_to(&server).unwrap();
    let limit = Some(Duration::from_millis(50));
    let error = connection.execute(&Statement::batch("WAITFOR"), limit).unwrap_err();
    assert!(matches!(error, SqlError::QueryTimedOut { .. }), "{error:?}");
    assert!(!connection.is_open());
    let error = connection.execute(&Statement::batch("SELECT 1"), limit).unwrap_err();
    assert!(error.to_string().contains("closed after an earlier failure"), "{error}");
}

#[test]
fn a_query_can_be_interrupted_from_another_thread() {
    let server = fake::Server::start(fake::welcome(), vec![None]);
    let mut connection = connect_to(&server).unwrap();
    let interrupter = connection.interrupter();
    let thread = std::thread::spawn(move || interrupter.interrupt());
    let error = connection.execute(&Statement::batch("WAITFOR"), limit()).unwrap_err();
    assert!(matches!(error, SqlError::Interrupted), "{error:?}");
    thread.join().unwrap();
}

/// Sizes of the blocks of a query.
struct Blocks(Vec<usize>);

impl crate::database::RowSink for Blocks {
    fn columns(&mut self, columns: &[crate::database::Column]) -> bool {
        columns[0].name == "id"
    }
    fn rows(&mut self, rows: Vec<Vec<Value>>) -> bool {
        self.0.push(rows.len());
        true
    }
}

#[test]
fn rows_stream_in_blocks_and_the_connection_is_good_for_more() {
    let rows = || {
        let columns = fake::columns(&[("id", false)]);
        let rows = [1, 2, 3].map(|n| fake::row(n, None)).concat();
        Some([columns, rows, fake::done(0, false)].concat())
    };
    let server = fake::Server::start(fake::welcome(), vec![rows(), rows()]);
    let mut connection = connect_to(&server).unwrap();
    for _ in 0..2 {
        let mut blocks = Blocks(Vec::new());
        let statement = Statement::batch("SELECT id FROM t");
        connection.stream(&statement, 2, &Limits::NONE, &mut blocks).unwrap();
        assert_eq!(blocks.0, [2, 1]);
    }
    drop(connection);
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn a_bulk_load_is_announced_with_its_columns_and_options_and_then_sent() {
    // Columns that can be written: the flag of fUpdateable [2.2.7.4].
    let mut columns = fake::columns(&[("id", false), ("full name", true)]);
    for at in 0..columns.len() - 6 {
        if columns[at..at + 6] == [0, 0, 0, 0, 1, 0] {
            columns[at + 4] = 9;
        }
    }
    let described = Some([columns, fake::done(0, false)].concat());
    let done = || Some(fake::done(0, false));
    let answers = vec![described.clone(), described.clone(), described, done(), done()];
    let server = fake::Server::start(fake::welcome(), answers);
    let mut connection = connect_to(&server).unwrap();
    let columns = connection.columns_of("[dbo].[t]", &Limits::NONE).unwrap();
    assert_eq!(columns[0].data_type, Some(DataType::I8));
    assert_eq!(columns[1].data_type, Some(DataType::WStr { length: 20 }));
    let into = crate::database::BulkInsert {
        table: "[dbo].[t]".to_owned(),
        columns,
        keep_nulls: true,
        table_lock: true,
        ..Default::default()
    };
    let rows = vec![vec![Value::I8(1), Value::text("né")], vec![Value::I8(2), Value::Null]];
    connection.bulk(&into, &rows, &Limits::NONE).unwrap();
    drop(connection);
    let asked = server.asked();
    assert_eq!(asked.len(), 5);
    assert!(asked[2].contains("SELECT TOP 0 [id], [full name] FROM [dbo].[t]"), "{asked:?}");
    let announced = &asked[3];
    assert!(announced.contains("INSERT BULK [dbo].[t]"), "{announced}");
    assert!(announced.contains("TABLOCK") && announced.contains("KEEP_NULLS"), "{announced}");
}
