//! Client and listener over real TLS on loopback.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use insta::assert_snapshot;
use tokio::net::TcpStream;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;
use transport::{
    CertificateFiles, CertificateRequest, Client, ClientError, Credentials, GivenThumbprint,
    Identity, ListenError, ListenOptions, Listener, PeerThumbprint, Pins, Sha1Thumbprint,
    Thumbprint, follow_files, server_config,
};

const DEADLINE: Duration = Duration::from_secs(20);

fn identity(name: &str) -> Identity {
    Identity::generate(&CertificateRequest {
        common_name: name.to_owned(),
        names: vec!["localhost".to_owned(), "127.0.0.1".to_owned()],
        days: 2,
    })
    .unwrap()
}

/// A server that answers with who asks, what, and in which connection order.
struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<()>,
    /// `/hold` answers when this is notified.
    release: Arc<Notify>,
    /// `/hold` requests that have arrived.
    held: Arc<AtomicUsize>,
    /// Whether everything is refused with 503.
    standby: Arc<AtomicBool>,
}

impl Server {
    async fn start(who: impl Into<Credentials>, options: ListenOptions) -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap(), who, options).await
    }

    async fn start_at(
        address: SocketAddr,
        who: impl Into<Credentials>,
        options: ListenOptions,
    ) -> Self {
        let config = server_config(who).unwrap();
        let listener = Listener::bind(address, config, options).await.unwrap();
        let address = listener.local_addr();
        let (stop, stopped) = oneshot::channel::<()>();
        let release = Arc::new(Notify::new());
        let held = Arc::new(AtomicUsize::new(0));
        let standby = Arc::new(AtomicBool::new(false));
        let (waiting, counted) = (Arc::clone(&release), Arc::clone(&held));
        let refusing = Arc::clone(&standby);
        let service = service_fn(move |mut request: Request<Incoming>| {
            let (release, held) = (Arc::clone(&waiting), Arc::clone(&counted));
            if refusing.load(Ordering::SeqCst) {
                *request.uri_mut() = "/busy".parse().unwrap();
            }
            async move {
                if request.uri().path() == "/hold" {
                    held.fetch_add(1, Ordering::SeqCst);
                    release.notified().await;
                }
                answer(request).await
            }
        });
        let served = tokio::spawn(listener.serve(service, async move {
            drop(stopped.await);
        }));
        Self { address, stop: Some(stop), served, release, held, standby }
    }

    fn endpoint(&self) -> String {
        format!("https://{}", self.address)
    }

    async fn stop(mut self) {
        drop(self.stop.take());
        tokio::time::timeout(DEADLINE, self.served).await.unwrap().unwrap();
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let peer = request.extensions().get::<PeerThumbprint>().copied();
    let path = request.uri().path().to_owned();
    let version = format!("{:?}", request.version());
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let status = match path.as_str() {
        "/busy" => StatusCode::SERVICE_UNAVAILABLE,
        "/teapot" => StatusCode::CONFLICT,
        _ => StatusCode::OK,
    };
    let text = match path.as_str() {
        "/big" => "x".repeat(5_000_000),
        "/teapot" => r#"{"error":"teapot","message":"this is a teapot","number":27100}"#.to_owned(),
        "/busy" => r#"{"error":"standby","message":"the active node is other"}"#.to_owned(),
        _ => serde_json::to_string(&(
            peer.and_then(|peer| peer.0).map(|thumbprint| thumbprint.to_string()),
            version,
            body.len(),
        ))
        .unwrap(),
    };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    Ok(response)
}

fn client(endpoints: Vec<String>, who: &Identity, pins: &[&Identity]) -> Client {
    let pins: Vec<Thumbprint> = pins.iter().map(|pin| pin.thumbprint()).collect();
    Client::new(endpoints, who.clone(), pins).unwrap()
}

type Echo = (Option<String>, String, usize);

#[tokio::test]
async fn a_server_knows_the_certificate_of_who_asks() {
    let (master, worker) = (identity("master"), identity("worker"));
    let server = Server::start(&master, ListenOptions::default()).await;
    let client = client(vec![server.endpoint()], &worker, &[&master]);
    let (peer, version, length): Echo =
        client.post_json("/echo", &[1, 2, 3], DEADLINE).await.unwrap();
    assert_eq!(peer.unwrap().parse::<Thumbprint>(), Ok(worker.thumbprint()));
    assert_eq!((version.as_str(), length), ("HTTP/2.0", 7));
    server.stop().await;
}

#[tokio::test]
async fn a_server_that_is_not_pinned_gets_nothing() {
    let (master, impostor, worker) = (identity("master"), identity("impostor"), identity("worker"));
    let server = Server::start(&impostor, ListenOptions::default()).await;
    let client = client(vec![server.endpoint()], &worker, &[&master]);
    let error = client.get_json::<Echo>("/echo", DEADLINE).await.unwrap_err();
    let ClientError::Untrusted { presented, .. } = &error else { panic!("{error:?}") };
    assert_eq!(*presented, impostor.thumbprint());
    assert!(!error.is_transient());
    let text = error
        .to_string()
        .replace(&server.endpoint(), "https://m:8391")
        .replace(&presented.to_string(), "AB12");
    assert_snapshot!(text, @"the master at https://m:8391 shows the certificate AB12, which is not trusted here: if it is right, add it to MasterHttpsCertThumbprint");
    server.stop().await;
}

#[tokio::test]
async fn one_of_several_pins_is_enough() {
    let (old, new, worker) = (identity("old"), identity("new"), identity("worker"));
    let server = Server::start(&new, ListenOptions::default()).await;
    let client = client(vec![server.endpoint()], &worker, &[&old, &new]);
    client.get_json::<Echo>("/echo", DEADLINE).await.unwrap();
    server.stop().await;
}

#[tokio::test]
async fn the_next_server_answers_when_the_first_is_gone() {
    let (master, worker) = (identity("master"), identity("worker"));
    let first = Server::start(&master, ListenOptions::default()).await;
    let second = Server::start(&master, ListenOptions::default()).await;
    let endpoints = vec![first.endpoint(), second.endpoint()];
    let client = client(endpoints, &worker, &[&master]);
    client.get_json::<Echo>("/echo", DEADLINE).await.unwrap();
    assert_eq!(client.endpoint(), first.endpoint());
    first.stop().await;
    client.get_json::<Echo>("/echo", DEADLINE).await.unwrap();
    assert_eq!(client.endpoint(), second.endpoint());
    second.stop().await;
}

#[tokio::test]
async fn a_server_on_standby_sends_its_clients_on_without_a_word() {
    let (master, worker) = (identity("master"), identity("worker"));
    let first = Server::start(&master, ListenOptions::default()).await;
    let second = Server::start(&master, ListenOptions::default()).await;
    let client = client(vec![first.endpoint(), second.endpoint()], &worker, &[&master]);
    first.standby.store(true, Ordering::SeqCst);
    client.get_json::<Echo>("/echo", DEADLINE).await.unwrap();
    assert_eq!(client.endpoint(), second.endpoint());
    second.standby.store(true, Ordering::SeqCst);
    let error = client.get_json::<Echo>("/echo", DEADLINE).await.unwrap_err();
    assert_eq!(error.to_string(), "the active node is other");
    first.stop().await;
    second.stop().await;
}

#[tokio::test]
async fn a_server_that_lets_a_deadline_pass_is_not_asked_first_again() {
    let (master, worker) = (identity("master"), identity("worker"));
    let options =
        ListenOptions { drain_timeout: Duration::from_millis(50), ..ListenOptions::default() };
    let first = Server::start(&master, options).await;
    let second = Server::start(&master, options).await;
    let client = client(vec![first.endpoint(), second.endpoint()], &worker, &[&master]);
    let late = client.get_json::<Echo>("/hold", Duration::from_millis(300)).await.unwrap_err();
    assert!(matches!(late, ClientError::Deadline { .. }), "{late:?}");
    client.get_json::<Echo>("/echo", DEADLINE).await.unwrap();
    assert_eq!(client.endpoint(), second.endpoint());
    first.stop().await;
    second.stop().await;
}

#[tokio::test]
async fn a_name_with_several_addresses_is_tried_address_by_address() {
    let (master, worker) = (identity("master"), identity("worker"));
    let server = Server::start(&master, ListenOptions::default()).await;
    // `localhost` is ::1 and 127.0.0.1 on most machines; the server listens at the latter only.
    let endpoint = format!("https://localhost:{}", server.address.port());
    let client = client(vec![endpoint], &worker, &[&master]);
    client.get_json::<Echo>("/echo", DEADLINE).await.unwrap();
    server.stop().await;
}

#[tokio::test]
async fn a_server_that_comes_back_is_found_again() {
    let (master, worker) = (identity("master"), identity("worker"));
    let server = Server::start(&master, ListenOptions::default()).await;
    let address = server.address;
    let client = client(vec![server.endpoint()], &worker, &[&master]);
    client.get_json::<Echo>("/echo", DEADLINE).await.unwrap();
    server.stop().await;
    let error = client.get_json::<Echo>("/echo", DEADLINE).await.unwrap_err();
    assert!(matches!(error, ClientError::Unreachable { .. }), "{error:?}");
    assert!(error.is_transient());
    let text = error.to_string().replace(&address.to_string(), "m:8391");
    assert_snapshot!(text, @"cannot reach the master at https://m:8391: check that it runs, that the port is right and that no firewall is between");
    let server = Server::start_at(address, &master, ListenOptions::default()).await;
    client.get_json::<Echo>("/echo", DEADLINE).await.unwrap();
    server.stop().await;
}

#[tokio::test]
async fn a_refusal_carries_the_servers_words() {
    let (master, worker) = (identity("master"), identity("worker"));
    let server = Server::start(&master, ListenOptions::default()).await;
    let client = client(vec![server.endpoint()], &worker, &[&master]);
    let error = client.get_json::<Echo>("/teapot", DEADLINE).await.unwrap_err();
    let ClientError::Refused { status, error, message, number, .. } = error else {
        panic!("{error:?}")
    };
    assert_eq!((status, error.as_str(), number), (409, "teapot", Some(27100)));
    assert_eq!(message, "this is a teapot");
    let error = client.get_json::<Echo>("/busy", DEADLINE).await.unwrap_err();
    assert_eq!(error.to_string(), "the active node is other");
    assert!(error.is_transient());
    server.stop().await;
}

#[tokio::test]
async fn many_requests_share_one_connection_and_do_not_wait_for_each_other() {
    let (master, worker) = (identity("master"), identity("worker"));
    let server =
        Server::start(&master, ListenOptions { connections_max: 1, ..ListenOptions::default() })
            .await;
    let client = client(vec![server.endpoint()], &worker, &[&master]);
    let held = tokio::spawn({
        let client = client.clone();
        async move { client.get_json::<Echo>("/hold", DEADLINE).await }
    });
    wait_for(|| server.held.load(Ordering::SeqCst) == 1).await;
    for _ in 0..100 {
        client.get_json::<Echo>("/echo", DEADLINE).await.unwrap();
    }
    assert!(!held.is_finished());
    server.release.notify_waiters();
    held.await.unwrap().unwrap();
    server.stop().await;
}

#[tokio::test]
async fn a_call_ends_at_its_deadline() {
    let (master, worker) = (identity("master"), identity("worker"));
    let options =
        ListenOptions { drain_timeout: Duration::from_millis(50), ..ListenOptions::default() };
    let server = Server::start(&master, options).await;
    let client = client(vec![server.endpoint()], &worker, &[&master]);
    let error = client.get_json::<Echo>("/hold", Duration::from_millis(100)).await.unwrap_err();
    let text = error.to_string().replace(&server.endpoint(), "https://m:8391");
    assert_snapshot!(text, @"no answer from https://m:8391 to /hold within 100ms");
    server.stop().await;
}

#[tokio::test]
async fn requests_under_way_end_before_the_server_does() {
    let (master, worker) = (identity("master"), identity("worker"));
    let server = Server::start(&master, ListenOptions::default()).await;
    let client = client(vec![server.endpoint()], &worker, &[&master]);
    let held = tokio::spawn(async move { client.get_json::<Echo>("/hold", DEADLINE).await });
    wait_for(|| server.held.load(Ordering::SeqCst) == 1).await;
    let release = Arc::clone(&server.release);
    let address = server.address;
    let stopping = tokio::spawn(server.stop());
    // Once nothing more can connect, the server has begun to drain.
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!held.is_finished());
    release.notify_waiters();
    held.await.unwrap().unwrap();
    stopping.await.unwrap();
}

#[tokio::test]
async fn a_client_that_never_shakes_hands_does_not_keep_others_out() {
    let (master, worker) = (identity("master"), identity("worker"));
    let options = ListenOptions {
        handshake_timeout: Duration::from_millis(200),
        connections_max: 2,
        ..ListenOptions::default()
    };
    let server = Server::start(&master, options).await;
    let silent = TcpStream::connect(server.address).await.unwrap();
    let client = client(vec![server.endpoint()], &worker, &[&master]);
    client.get_json::<Echo>("/echo", DEADLINE).await.unwrap();
    // The silent one is cut off at its deadline: reading it ends.
    let mut byte = [0];
    let read = async {
        silent.readable().await.unwrap();
        silent.try_read(&mut byte)
    };
    let read = tokio::time::timeout(DEADLINE, read).await.unwrap();
    assert!(matches!(read, Ok(0) | Err(_)), "{read:?}");
    server.stop().await;
}

#[tokio::test]
async fn a_download_streams_the_whole_body() {
    let (master, worker) = (identity("master"), identity("worker"));
    let server = Server::start(&master, ListenOptions::default()).await;
    let client = client(vec![server.endpoint()], &worker, &[&master]);
    let mut bytes = Vec::new();
    let length = client.download("/big", &mut bytes, DEADLINE).await.unwrap();
    assert_eq!((length, bytes.len()), (5_000_000, 5_000_000));
    let (_, _, length): Echo =
        client.put_bytes("/echo", vec![7; 3_000_000], DEADLINE).await.unwrap();
    assert_eq!(length, 3_000_000);
    server.stop().await;
}

#[tokio::test]
async fn a_port_in_use_is_named_with_the_remedy() {
    let master = identity("master");
    let server = Server::start(&master, ListenOptions::default()).await;
    let config = server_config(&master).unwrap();
    let result = Listener::bind(server.address, config, ListenOptions::default()).await;
    let Err(error) = result else { panic!("two listeners on one port") };
    assert!(matches!(error, ListenError::InUse { .. }));
    let text = error.to_string().replace(&server.address.port().to_string(), "8391");
    assert_snapshot!(text, @"port 8391 is in use on 127.0.0.1: stop the program that listens there (`ss -ltnp 'sport = :8391'` names it) or set another PortNumber");
    server.stop().await;
}

async fn wait_for(condition: impl Fn() -> bool) {
    let reached = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(DEADLINE, reached).await.expect("the condition was not reached");
}

#[tokio::test]
async fn certificates_of_both_ends_are_exchanged_while_a_request_runs() {
    let (old, new) = (identity("old master"), identity("new master"));
    let (worker, next_worker) = (identity("worker"), identity("next worker"));
    let (shown, own) = (Credentials::new(old.clone()), Credentials::new(worker.clone()));
    let server = Server::start(&shown, ListenOptions::default()).await;
    let pins = Pins::from(vec![old.thumbprint(), new.thumbprint()]);
    let client = Client::new(vec![server.endpoint()], &own, &pins).unwrap();
    let held = tokio::spawn({
        let client = client.clone();
        async move { client.get_json::<Echo>("/hold", DEADLINE).await }
    });
    while server.held.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    shown.replace(new.clone());
    own.replace(next_worker.clone());
    // A retired master is left although the connection to it lives.
    assert!(pins.learn(&[new.thumbprint()], &[old.thumbprint()]));
    let (peer, ..): Echo = client.get_json("/echo", DEADLINE).await.unwrap();
    assert_eq!(peer.unwrap().parse(), Ok(next_worker.thumbprint()));
    server.release.notify_one();
    let (peer, ..) = held.await.unwrap().unwrap();
    assert_eq!(peer.unwrap().parse(), Ok(worker.thumbprint()), "it was sent before");
    shown.replace(old);
    let stranger = Client::new(vec![server.endpoint()], &own, &pins).unwrap();
    let error = stranger.get_json::<Echo>("/echo", DEADLINE).await.unwrap_err();
    assert!(matches!(error, ClientError::Untrusted { .. }), "{error:?}");
    server.stop().await;
}

#[tokio::test]
async fn a_sha1_as_windows_shows_it_finds_the_server_once() {
    let (master, worker) = (identity("master"), identity("worker"));
    let server = Server::start(&master, ListenOptions::default()).await;
    let shown = Sha1Thumbprint::of(master.certificate_der()).to_string().to_lowercase();
    let given: GivenThumbprint = format!("\u{200e}{shown}").parse().unwrap();
    let pins = Pins::new([given]);
    let client = Client::new(vec![server.endpoint()], &worker, &pins).unwrap();
    client.get_json::<Echo>("/echo", DEADLINE).await.unwrap();
    assert_eq!(pins.trusted(), [master.thumbprint()]);
    server.stop().await;
}

#[tokio::test]
async fn files_that_are_exchanged_are_shown_once_they_belong_together() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (identity("old"), identity("new"));
    let (certificate, key) = old.save(folder.path(), "master").unwrap();
    let credentials = Credentials::new(old.clone());
    let files = CertificateFiles { certificate: certificate.clone(), key };
    let refused = old.thumbprint();
    let following = tokio::spawn(follow_files(credentials.clone(), files, move |identity| {
        if identity.thumbprint() == refused { Err("not that one".to_owned()) } else { Ok(()) }
    }));
    std::fs::write(&certificate, "half a file").unwrap();
    new.save(folder.path(), "master").unwrap();
    let changed = credentials.changed_from(old.thumbprint());
    tokio::time::timeout(DEADLINE, changed).await.unwrap();
    assert_eq!(credentials.thumbprint(), new.thumbprint());
    following.abort();
}
