//! Many clients, slow clients, large results, and the end of it all.

use std::sync::atomic::Ordering;
use std::time::Duration;

use master::tds_listener::{Elsewhere, SqlBrowser, TdsListener, TdsOptions, TdsStartError};
use tds::browser::{BrowserRequest, Instance};
use tds::packet::Status;
use tokio::net::UdpSocket;
use tokio::time::timeout;

use super::client::{Client, DEADLINE, login, until};
use super::scripted::{TestServer, options};

#[tokio::test]
async fn a_client_that_does_not_read_makes_only_its_own_batch_wait() {
    let server = TestServer::start().await;
    let mut slow = Client::connect(server.address).await;
    slow.send_batch("rows 3000000", Status::default()).await;
    until("the batch to run", || server.ledger.running.load(Ordering::SeqCst) == 1).await;
    let mut other = Client::connect(server.address).await;
    for _ in 0..20 {
        assert_eq!(other.batch("rows 1").await.last().unwrap(), "done 1 rows");
    }
    assert!(server.ledger.rows.load(Ordering::Relaxed) < 3_000_000);
    drop(slow);
    until("the batch to end", || server.ledger.running.load(Ordering::SeqCst) == 0).await;
    server.stopped().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_rows_arrive_in_order() {
    let server = TestServer::start().await;
    let mut client = Client::connect(server.address).await;
    let answer = client.batch("rows 100000").await;
    assert_eq!(answer.len(), 100_002);
    assert_eq!(answer[99_999], "row int 99998, \"row 99998\"");
    assert_eq!(answer.last().unwrap(), "done 100000 rows");
    server.stopped().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_batches_run_at_once_than_are_allowed_and_one_that_waits_can_be_cancelled() {
    let server = TestServer::start_with(TdsOptions { batches_max: 2, ..options() }).await;
    let mut clients = Vec::new();
    for _ in 0..3 {
        let mut client = Client::connect(server.address).await;
        client.send_batch("wait", Status::default()).await;
        clients.push(client);
    }
    until("two batches to run", || server.ledger.running.load(Ordering::SeqCst) == 2).await;
    for client in &mut clients {
        client.attention().await;
        assert_eq!(client.answer().await.last().unwrap(), "done error");
        assert_eq!(client.answer().await, ["done attention"]);
    }
    assert_eq!(server.ledger.most.load(Ordering::SeqCst), 2);
    server.stopped().await;
}

#[tokio::test]
async fn idle_clients_are_let_go_and_running_requests_end_before_the_server_stops() {
    let hours = Duration::from_secs(7200);
    let mut server = TestServer::start_with(TdsOptions { drain_timeout: hours, ..options() }).await;
    let mut idle = Client::connect(server.address).await;
    let mut busy = Client::connect(server.address).await;
    busy.send_batch("wait", Status::default()).await;
    until("the batch to run", || server.ledger.running.load(Ordering::SeqCst) == 1).await;
    let there = Elsewhere { server: "other".to_owned(), port: 14330 };
    *server.ledger.elsewhere.lock().unwrap() = Some(there);
    server.ask_to_stop();
    assert_eq!(idle.answer().await, ["hung up"]);
    let (_, answer) = Client::try_login(server.address, &login()).await;
    assert_eq!(answer, ["login ack 74000004 Microsoft SQL Server", "go to other:14330", "done"]);
    busy.attention().await;
    assert_eq!(busy.answer().await.last().unwrap(), "done error");
    assert_eq!(busy.answer().await, ["done attention"]);
    assert_eq!(busy.answer().await, ["hung up"]);
    timeout(DEADLINE, server.stopped()).await.unwrap();
}

#[tokio::test]
async fn requests_that_outlast_the_shutdown_are_stopped() {
    let drain_timeout = Duration::from_millis(50);
    let mut server = TestServer::start_with(TdsOptions { drain_timeout, ..options() }).await;
    let mut busy = Client::connect(server.address).await;
    busy.send_batch("begin; wait", Status::default()).await;
    until("the batch to run", || server.ledger.running.load(Ordering::SeqCst) == 1).await;
    server.ask_to_stop();
    let ledger = std::sync::Arc::clone(&server.ledger);
    timeout(DEADLINE, server.stopped()).await.unwrap();
    assert_eq!(ledger.running.load(Ordering::SeqCst), 0);
    assert_eq!(ledger.rolled_back.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_port_in_use_is_a_clear_error() {
    let server = TestServer::start().await;
    let taken = TdsOptions { address: server.address, ..options() };
    let error = TdsListener::bind(taken, &server.identity).await.err().unwrap();
    assert!(matches!(error, TdsStartError::InUse { .. }));
    let port = server.address.port();
    assert_eq!(
        error.to_string(),
        format!(
            "port {port} for T-SQL clients is in use on 127.0.0.1: stop the program that listens \
             there (`ss -ltnp 'sport = :{port}'` names it), set another TdsPort (`--tds-port`), or \
             turn T-SQL off with TdsEnabled = false"
        )
    );
    server.stopped().await;
}

#[tokio::test]
async fn a_client_that_looks_for_an_instance_hears_its_port() {
    let loopback = "127.0.0.1:0".parse().unwrap();
    let browser = SqlBrowser::bind(loopback, "BOX", "SSIS", 14330).await.unwrap();
    let address = browser.local_addr();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(browser.serve(async { drop(stopped.await) }));
    let client = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    client.connect(address).await.unwrap();
    client.send(&[0xFF, 1, 2]).await.unwrap();
    client.send(&BrowserRequest::Instance { name: "ssis".to_owned() }.encode()).await.unwrap();
    let mut answer = [0; 1024];
    let length = timeout(DEADLINE, client.recv(&mut answer)).await.unwrap().unwrap();
    let instances = Instance::decode_answer(&answer[..length]).unwrap();
    assert_eq!(instances[0].port, 14330);
    drop(stop);
    timeout(DEADLINE, serving).await.unwrap().unwrap();
}

#[tokio::test]
async fn nonsense_before_the_login_is_hung_up_on() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let server = TestServer::start().await;
    for nonsense in
        [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0x16, 3, 1, 0, 0xFF], &[2, 1, 0, 8, 0, 0, 0, 0]]
    {
        let mut socket = tokio::net::TcpStream::connect(server.address).await.unwrap();
        socket.write_all(nonsense).await.unwrap();
        socket.shutdown().await.unwrap();
        let mut answer = Vec::new();
        // Either is an end.
        drop(timeout(DEADLINE, socket.read_to_end(&mut answer)).await.unwrap());
    }
    until("the sessions to end", || server.sessions.numbers().is_empty()).await;
    server.stopped().await;
}
