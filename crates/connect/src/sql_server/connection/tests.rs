//! What users see when a server cannot be used.

use std::net::TcpListener;
use std::time::Instant;

use super::super::{Api, Target};
use super::*;

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
