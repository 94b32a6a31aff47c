//! What clients are answered, token by token.

use std::sync::atomic::Ordering;

use insta::assert_snapshot;
use tds::packet::{PacketType, Status};
use tds::request::{AllHeaders, Isolation, TransactionCommand, TransactionRequest};
use tds::{TypeInfo, Value, Version};

use super::client::{Client, DEADLINE, login, parameter, until};
use super::scripted::TestServer;

#[tokio::test]
async fn a_login_is_answered_as_sql_server_does_it() {
    let server = TestServer::start().await;
    let (_client, answer) = Client::try_login(server.address, &login()).await;
    assert_snapshot!(answer.join("\n"), @r#"
    database "master" -> "SSISDB"
    info 5701 state 2 line 1 BOX: Changed database context to 'SSISDB'.
    collation
    language "" -> "us_english"
    info 5703 state 1 line 1 BOX: Changed language setting to us_english.
    login ack 74000004 Microsoft SQL Server
    packet size 4096
    done
    "#);
    server.stopped().await;
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_login_are_answered_alike() {
    let server = TestServer::start().await;
    for (user, password) in [("sa", "wrong"), ("nobody", "secret")] {
        let password = tds::login7::Password::new(password);
        let wrong = tds::Login7 { user_name: user.to_owned(), password, ..login() };
        let (mut client, answer) = Client::try_login(server.address, &wrong).await;
        let text = format!("error 18456 state 1 line 1 BOX: Login failed for user '{user}'.");
        assert_eq!(answer, [text, "done error".to_owned()]);
        assert_eq!(client.answer().await, ["hung up"]);
    }
    server.stopped().await;
}

#[tokio::test]
async fn a_database_that_is_not_there_refuses_the_login() {
    let server = TestServer::start().await;
    let wrong = tds::Login7 { database: "nowhere".to_owned(), ..login() };
    let (_, answer) = Client::try_login(server.address, &wrong).await;
    assert_snapshot!(answer.join("\n"), @r#"
    error 4060 state 1 line 1 BOX: Cannot open database "nowhere" requested by the login. The login failed.
    error 18456 state 1 line 1 BOX: Login failed for user 'sa'.
    done error
    "#);
    server.stopped().await;
}

#[tokio::test]
async fn a_batch_is_answered_with_what_each_statement_gives() {
    let server = TestServer::start().await;
    let mut client = Client::connect(server.address).await;
    let answer = client.batch("print hello; rows 2; fail; rows 1").await;
    assert_snapshot!(answer.join("\n"), @r#"
    info 0 state 1 line 1 BOX: hello
    columns n int, text nvarchar
    row int 0, NULL
    row int 1, "row 1"
    done 2 rows more
    error 8134 state 1 line 2 BOX.p: Divide by zero error encountered.
    done error more
    columns n int, text nvarchar
    row int 0, NULL
    done 1 rows
    "#);
    assert_eq!(client.batch("").await, ["done"]);
    server.stopped().await;
}

#[tokio::test]
async fn a_value_that_is_not_of_its_columns_type_is_an_error_and_the_session_goes_on() {
    let server = TestServer::start().await;
    let mut client = Client::connect(server.address).await;
    assert_snapshot!(client.batch("mismatch; rows 1").await.join("\n"), @"
    columns n int
    error 7886 state 1 line 1 BOX: The result cannot be sent to the client: a value of type nvarchar cannot be sent as int.
    done error
    ");
    assert_eq!(client.batch("rows 0").await.last().unwrap(), "done 0 rows");
    server.stopped().await;
}

#[tokio::test]
async fn calls_are_answered_with_status_and_output_values_before_their_end() {
    let server = TestServer::start().await;
    let mut client = Client::connect(server.address).await;
    let text = Value::String("in and out".to_owned());
    let parameters = vec![
        parameter("@a", false, TypeInfo::IntN(4), Value::Int(1)),
        parameter("@b", true, TypeInfo::nvarchar(50), text),
        parameter("", true, TypeInfo::BitN, Value::Null),
    ];
    let answer = client.call(&[("p", parameters), ("missing", vec![]), ("q", vec![])]).await;
    assert_snapshot!(answer.join("\n"), @r#"
    columns text nvarchar
    row "p"
    done in proc 1 rows more
    status 3
    output 1 "@b" = "in and out"
    output 2 "" = NULL
    done proc more
    error 2812 state 62 line 1 BOX: Could not find stored procedure 'missing'.
    done proc error more
    columns text nvarchar
    row "q"
    done in proc 1 rows more
    status 0
    done proc
    "#);
    server.stopped().await;
}

#[tokio::test]
async fn a_transaction_by_request_is_told_by_its_number() {
    let server = TestServer::start().await;
    let mut client = Client::connect(server.address).await;
    let mut send = async |command| {
        let mut payload = Vec::new();
        TransactionRequest { headers: AllHeaders::default(), command }
            .encode(Version::V7_4, &mut payload);
        client.send(PacketType::TransactionManager, &payload).await;
        client.answer().await.join("; ")
    };
    let begin = (Isolation::ReadCommitted, String::new());
    let (isolation, name) = begin.clone();
    let begun = send(TransactionCommand::Begin { isolation, name }).await;
    assert_snapshot!(begun, @"begun 7; done in transaction");
    let name = String::new();
    let both = send(TransactionCommand::Commit { name, then_begin: Some(begin) }).await;
    assert_snapshot!(both, @"committed 7; done more; begun 7; done in transaction");
    server.stopped().await;
}

#[tokio::test]
async fn a_cancel_is_acknowledged_in_a_message_of_its_own_and_the_session_goes_on() {
    let server = TestServer::start().await;
    let mut client = Client::connect(server.address).await;
    client.send_batch("wait", Status::default()).await;
    until("the batch to run", || server.ledger.running.load(Ordering::SeqCst) == 1).await;
    client.attention().await;
    assert_snapshot!(client.answer().await.join("\n"), @"
    info 0 state 1 line 1 BOX: waiting
    done error
    ");
    assert_eq!(client.answer().await, ["done attention"]);
    assert_eq!(client.batch("rows 0").await.last().unwrap(), "done 0 rows");
    client.attention().await;
    assert_eq!(client.answer().await, ["done attention"]);
    server.stopped().await;
}

#[tokio::test]
async fn a_cancel_between_the_pieces_of_a_row_leaves_whole_tokens() {
    let server = TestServer::start().await;
    let mut client = Client::connect(server.address).await;
    // Nobody reads, so the row of 64 MB cannot have left when the cancel comes.
    client.send_batch("big 33554432; rows 1000000", Status::default()).await;
    until("the batch to run", || server.ledger.running.load(Ordering::SeqCst) == 1).await;
    client.attention().await;
    let answer = client.answer().await;
    assert_eq!(answer.last().unwrap(), "done error");
    assert!(answer.len() < 1_000, "{} tokens", answer.len());
    assert_eq!(client.answer().await, ["done attention"]);
    assert_eq!(client.batch("rows 0").await.last().unwrap(), "done 0 rows");
    server.stopped().await;
}

#[tokio::test]
async fn a_client_that_hangs_up_stops_its_batch_and_its_transaction_is_rolled_back() {
    let server = TestServer::start().await;
    let mut client = Client::connect(server.address).await;
    client.send_batch("begin; wait", Status::default()).await;
    until("the batch to run", || server.ledger.running.load(Ordering::SeqCst) == 1).await;
    drop(client);
    until("the session to end", || server.ledger.ended.load(Ordering::SeqCst) == 1).await;
    assert_eq!(server.ledger.rolled_back.load(Ordering::SeqCst), 1);
    until("its number to be free", || server.sessions.numbers().is_empty()).await;
    server.stopped().await;
}

#[tokio::test]
async fn a_pool_gets_a_fresh_session_with_its_next_request() {
    let server = TestServer::start().await;
    let mut client = Client::connect(server.address).await;
    client.batch("begin").await;
    client.send_batch("state", Status::RESET_KEEP_TRANSACTION).await;
    assert_eq!(
        client.answer().await[..3],
        ["reset", "columns resets int, transaction bigint", "row int 1, bigint 7"]
    );
    client.send_batch("state", Status::RESET).await;
    assert_eq!(client.answer().await[2], "row int 2, bigint 0");
    server.stopped().await;
}

#[tokio::test]
async fn a_severe_error_and_a_broken_request_end_the_connection() {
    let server = TestServer::start().await;
    let mut client = Client::connect(server.address).await;
    assert_eq!(client.batch("fatal").await.last().unwrap(), "done error");
    assert_eq!(client.answer().await, ["hung up"]);
    let mut client = Client::connect(server.address).await;
    assert_snapshot!(client.batch("panic").await.join("\n"), @"
    error 0 state 0 line 1 BOX: A severe error occurred on the current command. The results, if any, should be discarded.
    done error
    ");
    assert_eq!(client.answer().await, ["hung up"]);
    server.stopped().await;
}

#[tokio::test]
async fn a_killed_session_stops_what_it_runs() {
    let server = TestServer::start().await;
    let mut client = Client::connect(server.address).await;
    client.send_batch("wait", Status::default()).await;
    until("the batch to run", || server.ledger.running.load(Ordering::SeqCst) == 1).await;
    assert!(server.sessions.kill(server.sessions.numbers()[0]));
    until("the session to end", || server.ledger.ended.load(Ordering::SeqCst) == 1).await;
    assert!(tokio::time::timeout(DEADLINE, client.message()).await.unwrap().is_none());
    server.stopped().await;
}

#[tokio::test]
async fn a_login_without_prelogin_is_served_with_what_clients_of_7_1_know() {
    let server = TestServer::start().await;
    let socket = tokio::net::TcpStream::connect(server.address).await.unwrap();
    let mut client = Client::on(socket, Version::V7_1);
    let old = tds::Login7 { version: Version::V7_1.number(), ..login() };
    assert!(
        client.login(&old).await.contains(&"login ack 71000001 Microsoft SQL Server".to_owned())
    );
    assert_eq!(
        client.batch("rows 2").await[..3],
        ["columns n int, text ntext", "row int 0, NULL", "row int 1, \"row 1\""]
    );
    server.stopped().await;
}
