//! Strangers who mean harm: what they get is a clear refusal, and others do not notice them.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use scaleout::message::PROTOCOL_HEADER;
use serde_json::Value;
use testkit::wait_for;
use transport::{CertificateRequest, Client, ClientError, Identity, Thumbprint, read_certificate};

use crate::harness::{Packhorse, shell_package};
use crate::postgres::{Running, start};
use crate::sql::Sql;

/// How much more memory a master may have after a flood than before it, in megabytes: a debug
/// build, and passwords that are checked at once take 19 each. What is sent is many times that.
const GROWTH_MAX_MB: u64 = 200;

const PASSWORD: &str = "Correct horse 1";

/// More than there are places for newcomers.
const FLOOD: usize = 700;

/// Wrong passwords that are given at once; each takes a master some dozen milliseconds.
const ATTEMPTS: usize = 400;

/// A master alone, with a worker beside it.
struct Attacked {
    packhorse: Packhorse,
    endpoint: String,
    https: String,
    tds: String,
    master: Running,
    _worker: Running,
}

impl Attacked {
    fn start() -> Self {
        let packhorse = Packhorse::new();
        packhorse.ok(&["init", "--workers", "1"]);
        let words = ["master", "--port", "0", "--bind", "127.0.0.1", "--tds-port", "0"];
        let (master, ready) = start(&packhorse, &words, "master.log");
        let text = |name: &str| ready[name].as_str().unwrap().to_owned();
        let endpoint = text("endpoint");
        let worker = start(&packhorse, &["worker", "--master", &endpoint], "worker-1.log").0;
        let https = endpoint.trim_start_matches("https://").to_owned();
        let tds = text("tds").replace(',', ":");
        let path = packhorse.write("Job.dtsx", shell_package("Job", &["true"]));
        packhorse.ok(&["deploy", &path.to_string_lossy(), "--project", "Jobs"]);
        Self { packhorse, endpoint, https, tds, master, _worker: worker }
    }

    /// Resident memory of the master.
    fn memory_mb(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.master.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
    }

    /// Somebody else is served as if nothing were.
    fn others_are_served(&self) {
        self.packhorse.ok(&["execute", "Packhorse/Jobs/Job.dtsx", "--wait"]);
    }

    fn stranger(&self) -> Client {
        let request =
            CertificateRequest { common_name: "stranger".to_owned(), names: Vec::new(), days: 1 };
        let path = self.packhorse.data().join("certs/master.crt");
        let pin = Thumbprint::of(&read_certificate(&path).unwrap());
        let identity = Identity::generate(&request).unwrap();
        Client::new(vec![self.endpoint.clone()], identity, vec![pin])
            .unwrap()
            .with_header(PROTOCOL_HEADER, "1")
    }
}

fn connect(to: &str, count: usize) -> Vec<TcpStream> {
    (0..count).map(|_| TcpStream::connect(to).unwrap()).collect()
}

#[test]
fn floods_of_connections_push_out_nobody_but_themselves() {
    let attacked = Attacked::start();
    attacked.others_are_served();
    let before = attacked.memory_mb();
    // Handshakes that are never begun, and logins that never come.
    let (mut silent, unknown) = (connect(&attacked.https, FLOOD), connect(&attacked.tds, FLOOD));
    // Handshakes that are begun, in other words than TLS's, or left half done.
    let words: [&[u8]; 4] =
        [b"GET / HTTP/1.1\r\n", b"\x16\x03\x01\x02\x00\x01", &[0xff; 4096], b"\x00"];
    for (stream, words) in silent.iter_mut().zip(words.iter().cycle()) {
        // One that gave way is gone, which is as well.
        stream.write_all(words).ok();
    }
    attacked.others_are_served();
    let after = attacked.memory_mb();
    assert!(after < before + GROWTH_MAX_MB, "{before} MB, then {after} MB");
    // Those that are left are told to go when their time is over; the oldest went before.
    silent[0].set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let left = silent[0].read(&mut [0; 64]);
    assert!(!matches!(&left, Err(error) if error.kind() == std::io::ErrorKind::WouldBlock));
    drop((silent, unknown));
    attacked.others_are_served();
}

#[test]
fn what_a_stranger_sends_costs_a_master_no_memory() {
    let attacked = Attacked::start();
    attacked.others_are_served();
    let before = attacked.memory_mb();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let deadline = Duration::from_secs(60);
        let body = "x".repeat(24 << 20);
        let mut senders = tokio::task::JoinSet::new();
        for path in ["claim", "messages", "report", "register"] {
            for _ in 0..6 {
                let (client, body) = (attacked.stranger(), body.clone());
                let path = format!("/ClusterManagement/{path}");
                senders.spawn(async move {
                    client.post_json::<_, Value>(&path, &body, deadline).await.unwrap_err()
                });
            }
        }
        let mut refused = 0;
        while let Some(error) = senders.join_next().await {
            let error = error.unwrap();
            refused += usize::from(matches!(&error, ClientError::Refused { status: 403, .. }));
            // The answer comes before the body is through, so the connection may break first; on
            // a slow machine hands are not shaken in time.
            let is_clear = matches!(
                &error,
                ClientError::Refused { status: 400 | 403 | 413, .. }
                    | ClientError::Lost { .. }
                    | ClientError::Handshake { .. }
            );
            assert!(is_clear, "{error:?}");
        }
        assert!(0 < refused, "nobody heard why");
        let huge = attacked.stranger().with_header("x-huge", &"y".repeat(1 << 20));
        let error = huge.get_json::<Value>("/api/master", deadline).await.unwrap_err();
        assert!(!matches!(error, ClientError::Deadline { .. }), "{error:?}");
    });
    let after = attacked.memory_mb();
    assert!(after < before + GROWTH_MAX_MB, "{before} MB, then {after} MB");
    attacked.others_are_served();
}

#[test]
fn a_request_that_never_ends_is_ended() {
    let attacked = Attacked::start();
    // A client of HTTP/1.1 over TLS that says one letter of a header now and then.
    let mut slow = Command::new("openssl")
        .args(["s_client", "-quiet", "-alpn", "http/1.1", "-connect", &attacked.https])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut words = slow.stdin.take().unwrap();
    words.write_all(b"GET /api/master HTTP/1.1\r\nHost: a\r\nX: ").unwrap();
    let began = Instant::now();
    // A T-SQL client that says half of its first packet, and then nothing.
    let mut silent = TcpStream::connect(&attacked.tds).unwrap();
    silent.write_all(b"\x12\x01\x00\x2f\x00\x00").unwrap();
    silent.set_read_timeout(Some(Duration::from_secs(90))).unwrap();
    let ended = thread::spawn(move || {
        let status = slow.wait();
        (status, began.elapsed())
    });
    attacked.others_are_served();
    wait_for("the slow request to be ended", || {
        // It breaks once the other end is gone.
        words.write_all(b"y").ok();
        words.flush().ok();
        if ended.is_finished() { Ok(()) } else { Err(began.elapsed()) }
    });
    let (_, took) = ended.join().unwrap();
    assert!(took < Duration::from_secs(55), "{took:?}");
    let ended = silent.read(&mut [0; 64]);
    assert!(matches!(ended, Ok(0)), "{ended:?}");
}

#[test]
fn a_flood_of_wrong_passwords_makes_others_wait_little() {
    let attacked = Attacked::start();
    attacked.packhorse.write("password", PASSWORD);
    let make = ["login", "create", "ann", "--role", "ssis_admin", "--password-file", "password"];
    attacked.packhorse.ok(&make);
    let before = attacked.memory_mb();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut flood = tokio::task::JoinSet::new();
    let clients: Vec<Client> = (0..40).map(|_| attacked.stranger()).collect();
    for (number, client) in clients.iter().cycle().take(ATTEMPTS).enumerate() {
        let client = client.clone().with_login(&format!("nobody{number}"), "wrong");
        let asking = async move {
            client.get_json::<Value>("/api/folders", Duration::from_secs(300)).await.unwrap_err()
        };
        flood.spawn_on(asking, runtime.handle());
    }
    let first = runtime.block_on(flood.join_next()).unwrap().unwrap();
    assert!(matches!(first, ClientError::Refused { status: 401, .. }), "{first:?}");
    // Somebody with another address.
    let began = Instant::now();
    let user = format!("ann:{PASSWORD}");
    let good = Command::new("curl")
        .args(["--silent", "--insecure", "--interface", "127.0.0.2", "--user", &user])
        .arg(format!("{}/api/folders", attacked.endpoint))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&good.stdout).into_owned();
    assert!(said.contains("\"folders\""), "{said} after {:?}", began.elapsed());
    let left = std::iter::from_fn(|| flood.try_join_next()).count();
    assert!(left + 1 < ATTEMPTS, "the flood was over before");
    attacked.others_are_served();
    flood.abort_all();
    runtime.block_on(async { while flood.join_next().await.is_some() {} });
    let (_, port) = attacked.tds.rsplit_once(':').unwrap();
    let port = port.parse().unwrap();
    thread::scope(|scope| {
        for number in 0..20 {
            scope.spawn(move || {
                let refused = Sql::connect(port, &format!("nobody{number}"), "wrong").err();
                assert!(refused.unwrap().to_string().contains("Login failed for user"));
            });
        }
    });
    assert_eq!(Sql::connect(port, "ann", PASSWORD).unwrap().show("SELECT 1"), "1");
    let after = attacked.memory_mb();
    assert!(after < before + GROWTH_MAX_MB, "{before} MB, then {after} MB");
}

/// A project file with one document of each of these names.
fn ispac(names: &[String], document: &[u8]) -> Vec<u8> {
    let options = zip::write::SimpleFileOptions::default();
    let mut one = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    one.start_file("one", options).unwrap();
    one.write_all(document).unwrap();
    let mut one = one.finish_into_readable().unwrap();
    // Compressed once, which takes a moment for a large one.
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for name in names {
        archive.raw_copy_file_rename(one.by_index(0).unwrap(), name.as_str()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// Deploys a file by the command line, the masters' interface and T-SQL; gives what each says.
fn deploy_by_every_door(attacked: &Attacked, name: &str, bytes: &[u8]) -> Vec<Result<(), String>> {
    let packhorse = &attacked.packhorse;
    let path = packhorse.write(&format!("{name}.ispac"), bytes).to_string_lossy().into_owned();
    let said = packhorse.run(&["deploy", &path, "--project", name]);
    assert!(!said.err.contains("panicked"), "{said:?}");
    let by_command = if said.code == 0 { Ok(()) } else { Err(said.err) };
    let url = format!("{}/api/projects/Packhorse/{name}", attacked.endpoint);
    let user = format!("ann:{PASSWORD}");
    let words = ["--silent", "--insecure", "--user", &user, "--upload-file", &path, &url];
    let said = Command::new("curl").args(words).output().unwrap();
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let by_api = if said.contains("operation_id") { Ok(()) } else { Err(said) };
    let (_, port) = attacked.tds.rsplit_once(':').unwrap();
    let mut sql = Sql::connect(port.parse().unwrap(), "ann", PASSWORD).unwrap();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let statement = format!("EXEC catalog.deploy_project N'Packhorse', N'{name}', 0x{hex}");
    let by_sql = sql.ask(&statement).map(drop).map_err(|error| error.to_string());
    vec![by_command, by_api, by_sql]
}

#[test]
fn a_project_that_bursts_or_climbs_is_refused_or_does_no_harm() {
    let attacked = Attacked::start();
    attacked.packhorse.write("password", PASSWORD);
    let make = ["login", "create", "ann", "--role", "ssis_admin", "--password-file", "password"];
    attacked.packhorse.ok(&make);
    attacked.others_are_served();
    let before = attacked.memory_mb();
    // Two gigabytes of packages, and one package that is longer than any.
    let spaces = vec![b' '; 31 << 20];
    let many: Vec<String> = (0..70).map(|number| format!("Big{number}.dtsx")).collect();
    let many = ispac(&many, &spaces);
    let long = ispac(&["Big.dtsx".to_owned()], &spaces.repeat(3));
    for (name, bomb) in [("Many", many), ("Long", long)] {
        assert!(bomb.len() < 4 << 20, "it is small");
        for said in deploy_by_every_door(&attacked, name, &bomb) {
            assert!(said.is_err(), "{name}");
        }
    }
    let after = attacked.memory_mb();
    assert!(after < before + GROWTH_MAX_MB, "{before} MB, then {after} MB");
    let outside = attacked.packhorse.folder().join("climbed.dtsx");
    let up = "../".repeat(12);
    let package = shell_package("Climb", &["true"]);
    for (name, path) in [
        ("Up", format!("{up}{}", outside.strip_prefix("/").unwrap().display())),
        (
            "Windows",
            format!("{up}{}", outside.strip_prefix("/").unwrap().display()).replace('/', "\\"),
        ),
        ("Absolute", outside.display().to_string()),
    ] {
        let climber = ispac(&[path], package.as_bytes());
        for said in deploy_by_every_door(&attacked, name, &climber) {
            let said = said.err().unwrap_or_else(|| panic!("{name} was deployed"));
            assert!(!said.contains("panicked"), "{said}");
        }
    }
    assert!(!outside.exists(), "nothing is written by the name of a part");
    attacked.others_are_served();
}

/// What `sslscan` finds at a port.
fn scan(address: &str) -> String {
    let scanned = Command::new("sslscan").args(["--no-colour", address]).output().unwrap();
    let text = String::from_utf8(scanned.stdout).unwrap();
    let weak = ["SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1"];
    for version in weak {
        let line = text.lines().find(|line| line.starts_with(version)).unwrap();
        assert!(line.ends_with("disabled"), "{line}");
    }
    assert!(text.contains("Session renegotiation not supported"), "{text}");
    assert!(!text.contains("Compression enabled"), "{text}");
    assert!(!text.replace("not vulnerable", "").contains("vulnerable"), "{text}");
    let suites: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("Accepted") || line.starts_with("Preferred"))
        .collect();
    assert!(!suites.is_empty(), "{text}");
    for suite in suites {
        // Authenticated ciphers, and keys that are gone when the connection is.
        let is_strong = suite.contains("GCM") || suite.contains("CHACHA20");
        let is_forward = suite.contains("TLSv1.3") || suite.contains("ECDHE");
        assert!(is_strong && is_forward, "{suite}");
    }
    text
}

#[test]
fn a_scanner_finds_nothing_weak_at_any_port() {
    let attacked = Attacked::start();
    let state = |text: &str, version: &str| {
        let line = text.lines().find(|line| line.starts_with(version)).unwrap();
        line.split_whitespace().next_back().unwrap().to_owned()
    };
    let ours = scan(&attacked.https);
    assert_eq!(state(&ours, "TLSv1.2"), "disabled", "our own parts speak 1.3 only");
    assert_eq!(state(&ours, "TLSv1.3"), "enabled");
    let tds = scan(&attacked.tds);
    assert_eq!(state(&tds, "TLSv1.2"), "enabled", "SQL clients need it");
    assert_eq!(state(&tds, "TLSv1.3"), "enabled");
}
