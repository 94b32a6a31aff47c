//! `packhorse cert`: certificates are exchanged while the old one is still trusted.

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use catalog::scale_out::TrustedCertificate;
use catalog::{Catalog, CatalogKey};
use model::AgentId;
use scaleout::message::{AgentHeartbeat, AgentHeartbeatReply, PROTOCOL_HEADER};
use testkit::postgres::{PostgresServer, free_port};
use testkit::{wait_for, wait_until};
use transport::{Client, ClientError, Identity, Thumbprint};

use crate::harness::{Packhorse, shell_package};
use crate::postgres::{ALL_DONE, Running, start};

fn thumbprint(packhorse: &Packhorse, file: &str) -> Option<String> {
    let shown = packhorse.ok(&["cert", "show", "--json"]).json();
    let all = shown["certificates"].as_array().unwrap().clone();
    let found = all.into_iter().find(|one| one["path"].as_str().unwrap().ends_with(file));
    found.map(|one| one["thumbprint"].as_str().unwrap().to_owned())
}

/// Certificates that SSISDB, at this file or address, knows.
fn known(packhorse: &Packhorse, place: &str) -> Vec<TrustedCertificate> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let key = CatalogKey::load(packhorse.data().join("ssisdb.key")).unwrap();
        let catalog = Catalog::open_at(place, key, Duration::from_secs(30)).unwrap();
        let all = catalog.read(|tx| catalog::scale_out::certificates(tx)).await.unwrap();
        catalog.close().await;
        all
    })
}

/// Certificates that SSISDB, at this file or address, trusts no longer.
fn revoked(packhorse: &Packhorse, place: &str) -> Vec<String> {
    let revoked = known(packhorse, place).into_iter().filter(|one| one.revoked.is_some());
    revoked.map(|one| one.thumbprint.to_uppercase()).collect()
}

/// A line of `cargo xtask bench rotation`, as `cargo xtask bench` has them.
fn figure(what: &str, value: f64, unit: &str) {
    println!("{what:<72}{value:>12.1} {unit}");
}

#[test]
fn certificates_are_exchanged_in_steps_that_refuse_to_come_out_of_turn() {
    let packhorse = Packhorse::new();
    packhorse.ok(&["init", "--workers", "1"]);
    let old = thumbprint(&packhorse, "master.crt").unwrap();
    assert_eq!(packhorse.run(&["cert", "rotate"]).code, 1, "nothing was prepared");
    assert_eq!(packhorse.run(&["cert", "retire"]).code, 1, "nothing was replaced");
    packhorse.ok(&["cert", "renew", "--host", "ssis.test"]);
    assert_eq!(packhorse.run(&["cert", "renew"]).code, 1, "one is prepared");
    let next = thumbprint(&packhorse, "master-next.crt").unwrap();
    let settings = packhorse.data().join("MasterSettings.toml");
    std::fs::write(&settings, format!("SSLCertThumbprint = \"{old}\"\nPortNumber = 0\n")).unwrap();
    packhorse.ok(&["cert", "rotate"]);
    assert_eq!(thumbprint(&packhorse, "master.crt").unwrap(), next);
    let text = std::fs::read_to_string(&settings).unwrap();
    assert!(text.contains(&next) && text.contains("PortNumber = 0"), "{text}");
    packhorse.ok(&["cert", "renew"]);
    let said = packhorse.run(&["cert", "rotate"]);
    assert!(said.code == 1 && said.err.contains("cert retire"), "{said:?}");
    packhorse.ok(&["cert", "retire"]);
    assert!(thumbprint(&packhorse, "master-old.crt").is_none());
    let ssisdb = packhorse.data().join("ssisdb.sqlite");
    assert!(revoked(&packhorse, &ssisdb.to_string_lossy()).contains(&old));
    let shown = packhorse.ok(&["cert", "show"]);
    assert!(shown.out.contains("ssis.test") && shown.out.contains("localhost"), "{shown:?}");
}

/// The thumbprint of the certificate that is shown to T-SQL clients at `HOST,PORT`.
fn shown_to_sql_clients(address: &str) -> String {
    let address = address.replace(',', ":");
    let script = format!(
        "openssl s_client -connect {address} -alpn tds/8.0 </dev/null 2>/dev/null \
         | openssl x509 -noout -fingerprint -sha256"
    );
    let said = Command::new("sh").args(["-c", &script]).output().unwrap();
    let text = String::from_utf8(said.stdout).unwrap();
    text.rsplit('=').next().unwrap().trim().replace(':', "")
}

/// A worker that answers for itself soon, so that the test need not wait for its heartbeats.
fn beat_fast(packhorse: &Packhorse, number: u32, more: &str) {
    let path = packhorse.data().join(format!("workers/{number}/WorkerSettings.toml"));
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{text}AgentHeartbeatInterval = \"00:00:01\"\n{more}")).unwrap();
}

/// Three masters of one SSISDB, two workers beside the first of them, and one that has joined
/// from a machine without SSISDB.
struct Cluster {
    masters: [Packhorse; 3],
    joined: Packhorse,
    tds: Vec<String>,
    endpoints: Vec<String>,
    running: Vec<Running>,
}

impl Cluster {
    fn start(url: &str) -> Self {
        Self::start_with(url, "")
    }

    /// The same, with more lines in the workers' settings.
    fn start_with(url: &str, settings: &str) -> Self {
        let masters = [Packhorse::new(), Packhorse::new(), Packhorse::new()];
        masters[0].ok(&["init", "--ssisdb", url, "--workers", "2"]);
        let key = masters[0].data().join("ssisdb.key").to_string_lossy().into_owned();
        let (mut tds, mut endpoints, mut running) = (Vec::new(), Vec::new(), Vec::new());
        for (index, packhorse) in masters.iter().enumerate() {
            if index != 0 {
                packhorse.ok(&["init", "--ssisdb", url, "--workers", "0", "--key", &key]);
            }
            let port = free_port().to_string();
            let words = ["master", "--port", &port, "--bind", "127.0.0.1", "--tds-port", "0"];
            let (process, ready) = start(packhorse, &words, "master.log");
            running.push(process);
            tds.push(ready["tds"].as_str().unwrap().to_owned());
            endpoints.push(ready["endpoint"].as_str().unwrap().to_owned());
        }
        let joined = Packhorse::new();
        let mut cluster = Self { masters, joined, tds, endpoints, running };
        cluster.start_workers(settings);
        cluster
    }

    fn start_workers(&mut self, settings: &str) {
        for number in ["1", "2"] {
            beat_fast(&self.masters[0], number.parse().unwrap(), settings);
            // The settings name the first master's certificate only.
            self.start_worker(0, number);
        }
        let added = self.masters[1].ok(&["workers", "add", "--json"]).json();
        let id = added["worker_agent_id"].as_str().unwrap();
        let token = added["command"].as_str().unwrap().split(' ').next_back().unwrap();
        let pin = thumbprint(&self.masters[0], "master.crt").unwrap();
        let mut words = vec!["join", "--thumbprint", &pin, "--token", token];
        words.extend(self.endpoints.iter().map(String::as_str));
        self.joined.ok(&words);
        beat_fast(&self.joined, 1, settings);
        let process = start(&self.joined, &["worker"], "worker-1.log").0;
        self.running.push(process);
        wait_for("the joined worker to be enabled", || {
            let said = self.masters[2].run(&["workers", "enable", id]);
            if said.code == 0 { Ok(()) } else { Err(said) }
        });
    }

    fn start_worker(&mut self, of: usize, number: &str) {
        let mut words = vec!["worker", "--number", number];
        for endpoint in &self.endpoints {
            words.extend(["--master", endpoint]);
        }
        let log = format!("worker-{number}.log");
        let process = start(&self.masters[of], &words, &log).0;
        self.running.push(process);
    }

    /// Exchanges one certificate, and forgets the old one.
    fn exchange(packhorse: &Packhorse, whose: &[&str]) {
        for step in ["renew", "rotate", "retire"] {
            packhorse.ok(&[&["cert", step], whose].concat());
        }
    }

    fn exchange_all(&self) {
        for packhorse in &self.masters {
            Self::exchange(packhorse, &[]);
            Self::exchange(packhorse, &["--admin"]);
        }
        Self::exchange(&self.masters[0], &["--worker", "1"]);
        Self::exchange(&self.masters[0], &["--worker", "2"]);
        Self::exchange(&self.joined, &["--worker", "1"]);
    }

    /// When a master last heard of the worker that joined, in microseconds.
    fn last_heard_of_joined(&self) -> i64 {
        let list = self.masters[0].ok(&["workers", "--json"]).json();
        let settings = self.joined.data().join("workers/1/WorkerSettings.toml");
        let settings = std::fs::read_to_string(settings).unwrap();
        let workers = list["workers"].as_array().unwrap().iter();
        let is_joined = |worker: &&serde_json::Value| {
            settings.contains(worker["worker_agent_id"].as_str().unwrap())
        };
        workers.filter(is_joined).map(|worker| worker["last_online_time"].as_i64().unwrap()).sum()
    }

    fn all_thumbprints(&self) -> Vec<String> {
        let everybody = self.masters.iter().chain([&self.joined]);
        everybody
            .flat_map(|packhorse| {
                let shown = packhorse.ok(&["cert", "show", "--json"]).json();
                let all = shown["certificates"].as_array().unwrap().clone();
                all.into_iter().map(|one| one["thumbprint"].as_str().unwrap().to_owned())
            })
            .collect()
    }
}

#[test]
fn every_certificate_of_a_running_cluster_is_exchanged_under_load() {
    let url = PostgresServer::shared().database();
    let mut cluster = Cluster::start(&url);
    let lines = cluster.masters[0].folder().join("lines");
    let step = format!("sleep 0.3; echo x >> {}", lines.display());
    let path = cluster.masters[0].write("Job.dtsx", shell_package("Job", &[&step]));
    cluster.masters[0].ok(&["deploy", &path.to_string_lossy(), "--project", "Jobs"]);
    let before = cluster.all_thumbprints();
    let exchanged = AtomicBool::new(false);
    let started = thread::scope(|scope| {
        let load = scope.spawn(|| {
            let mut started = 0;
            while !exchanged.load(Ordering::SeqCst) || started < 60 {
                let words = ["execute", "Packhorse/Jobs/Job.dtsx", "--times", "20", "--wait"];
                cluster.masters[2].ok(&words);
                started += 20;
            }
            started
        });
        cluster.exchange_all();
        exchanged.store(true, Ordering::SeqCst);
        load.join().unwrap()
    });
    wait_until("every execution to succeed", ALL_DONE, || {
        let rows = cluster.masters[1].executions();
        let left: Vec<_> = rows.iter().filter(|row| row["status"] != 7).collect();
        if left.is_empty() && rows.len() == started { Ok(()) } else { Err(format!("{left:?}")) }
    });
    let ran = std::fs::read_to_string(&lines).unwrap().lines().count();
    assert_eq!(ran, started, "each package ran once");
    let (after, gone) = (cluster.all_thumbprints(), revoked(&cluster.masters[0], &url));
    for old in &before {
        assert!(!after.contains(old) && gone.contains(old), "{old} is still in use");
    }
    for (packhorse, tds) in cluster.masters.iter().zip(&cluster.tds) {
        let present = thumbprint(packhorse, "master.crt").unwrap();
        assert_eq!(shown_to_sql_clients(tds), present);
    }
    // A worker finds its masters again after its own restart, with settings that name none.
    let settings = cluster.joined.data().join("workers/1/WorkerSettings.toml");
    let text = std::fs::read_to_string(settings).unwrap();
    assert!(after.iter().all(|thumbprint| !text.contains(thumbprint)), "{text}");
    drop(cluster.running.pop());
    let before = cluster.last_heard_of_joined();
    cluster.running.push(start(&cluster.joined, &["worker"], "worker-1.log").0);
    wait_for("the joined worker to register again", || {
        let log = std::fs::read_to_string(cluster.joined.folder().join("worker-1.log")).unwrap();
        if before < cluster.last_heard_of_joined() { Ok(()) } else { Err(log) }
    });
}

/// Asks a master as the worker that joined, whether it lives.
async fn beats(client: &Client, agent: AgentId) -> Result<AgentHeartbeatReply, ClientError> {
    let request = AgentHeartbeat { agent, sender: None };
    client.post_json("/ClusterManagement/heartbeat", &request, Duration::from_secs(30)).await
}

/// A worker's heartbeats are so far apart, as settings are by default.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// Asks until the master refuses: when it did, and in which words.
async fn until_refused(client: Client, agent: AgentId) -> (SystemTime, String) {
    let refused = async {
        loop {
            if let Err(error) = beats(&client, agent).await {
                break (SystemTime::now(), error.to_string());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(ALL_DONE, refused).await.unwrap()
}

/// Asks every master as a worker does until it refuses; when the last of them did.
async fn until_all_refuse(cluster: &Cluster, identity: &Identity, agent: AgentId) -> SystemTime {
    let pins = cluster.masters.each_ref().map(|of| thumbprint(of, "master.crt"));
    let pins: Vec<Thumbprint> =
        pins.iter().map(|pin| pin.as_ref().unwrap().parse().unwrap()).collect();
    let mut masters = tokio::task::JoinSet::new();
    for endpoint in &cluster.endpoints {
        let client = Client::new(vec![endpoint.clone()], identity, pins.clone()).unwrap();
        masters.spawn(until_refused(client.with_header(PROTOCOL_HEADER, "1"), agent));
    }
    let mut last = SystemTime::UNIX_EPOCH;
    while let Some(refused) = masters.join_next().await {
        let (at, error) = refused.unwrap();
        assert!(error.contains("is not trusted"), "{error}");
        last = last.max(at);
    }
    last
}

#[test]
fn a_removed_worker_is_shut_out_at_every_master_and_its_packages_run_elsewhere() {
    let url = PostgresServer::shared().database();
    let cluster = Cluster::start(&url);
    let lines = cluster.masters[0].folder().join("lines");
    // A package that is still at it when its worker is shut out, wherever it runs first.
    let step = format!("sleep 4; echo $PPID >> {}", lines.display());
    let path = cluster.masters[0].write("Job.dtsx", shell_package("Job", &[&step]));
    cluster.masters[0].ok(&["deploy", &path.to_string_lossy(), "--project", "Jobs"]);
    let settings = cluster.joined.data().join("workers/1/WorkerSettings.toml");
    let settings = worker::Settings::read(&settings).unwrap();
    let agent = settings.agent_id.unwrap();
    let words = ["execute", "Packhorse/Jobs/Job.dtsx", "--times", "9", "--retry-count", "3"];
    cluster.masters[0].ok(&words);
    let id = agent.to_string();
    wait_for("the joined worker to run something", || {
        let list = cluster.masters[0].ok(&["workers", "--json"]).json();
        let workers = list["workers"].as_array().unwrap().iter();
        let running: i64 = workers
            .filter(|worker| worker["worker_agent_id"] == id.as_str())
            .map(|worker| worker["running"].as_i64().unwrap())
            .sum();
        if 0 < running { Ok(()) } else { Err(list) }
    });
    let certs = cluster.joined.data().join("workers/1/certs");
    let identity = Identity::load(&certs.join("worker.crt"), &certs.join("worker.key")).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let last = thread::scope(|scope| {
        // What the worker holds ends with its leases, and the command waits for that.
        let removed = scope.spawn(|| cluster.masters[0].ok(&["workers", "remove", &id, "--now"]));
        let last = runtime.block_on(until_all_refuse(&cluster, &identity, agent));
        removed.join().unwrap();
        last
    });
    let own = identity.thumbprint().to_string().to_lowercase();
    let known = known(&cluster.masters[0], &url).into_iter().find(|one| one.thumbprint == own);
    let revoked = known.unwrap().revoked.unwrap();
    let since = last.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    // The server is on this machine, and goes by its clock.
    let ms = since.as_secs_f64() * 1e3 - revoked.0 as f64 / 1e3;
    figure("revoked, to refused by the last of three masters", ms, "ms");
    assert!(ms < HEARTBEAT.as_secs_f64() * 1e3, "{ms} ms");
    wait_until("every execution to succeed", ALL_DONE, || {
        let rows = cluster.masters[1].executions();
        let left: Vec<_> = rows.iter().filter(|row| row["status"] != 7).collect();
        if left.is_empty() && rows.len() == 9 { Ok(()) } else { Err(format!("{left:?}")) }
    });
}

/// How many packages run while certificates are exchanged; `cargo xtask bench rotation` asks for
/// more.
fn packages_that_run() -> usize {
    std::env::var("ROTATION_PACKAGES").map_or(20, |count| count.parse().unwrap())
}

/// How long so many packages may take to start or to end: a second each where little is to spare.
fn in_time(count: usize) -> Duration {
    ALL_DONE + Duration::from_secs(count as u64)
}

/// How often to look for packages that have ended.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Fails when a package is over that waits for its end: it need not be waited for any longer.
fn nothing_has_ended(master: &Packhorse) {
    let ended = master.executions().into_iter().filter(|row| !row["end_time"].is_null());
    let ended: Vec<_> = ended.collect();
    assert!(ended.is_empty(), "is the machine too busy to renew leases in time? {ended:?}");
}

#[test]
fn packages_that_run_while_every_certificate_is_exchanged_succeed() {
    let count = packages_that_run();
    // All packages start at once, on a machine that all masters share: leases last as long as in
    // the original, so that exchanges are measured and not the machine.
    let each = format!("MaxTaskCount = {}\nLeaseInterval = \"00:01:00\"\n", count.div_ceil(3) + 1);
    let cluster = Cluster::start_with(&PostgresServer::shared().database(), &each);
    let folder = cluster.masters[0].folder();
    let (lines, over) = (folder.join("lines"), folder.join("over"));
    let (lines, over) = (lines.display(), over.display());
    // Opening the FIFO for reading waits for somebody who writes.
    let made = Command::new("mkfifo").arg(folder.join("over")).status().unwrap();
    assert!(made.success(), "mkfifo is of coreutils");
    let step = format!("echo x >> {lines}; : < {over}");
    let path = cluster.masters[0].write("Job.dtsx", shell_package("Job", &[&step]));
    cluster.masters[0].ok(&["deploy", &path.to_string_lossy(), "--project", "Jobs"]);
    let times = count.to_string();
    cluster.masters[1].ok(&["execute", "Packhorse/Jobs/Job.dtsx", "--times", &times]);
    let began = || {
        let text = std::fs::read_to_string(folder.join("lines")).unwrap_or_default();
        text.lines().count()
    };
    let mut looked = Instant::now();
    wait_until("all packages to run", in_time(count), || {
        if began() == count {
            return Ok(());
        }
        if LOOK_EVERY < looked.elapsed() {
            nothing_has_ended(&cluster.masters[1]);
            looked = Instant::now();
        }
        Err(format!("{} of {count}", began()))
    });
    let at = Instant::now();
    cluster.exchange_all();
    let took = at.elapsed().as_secs_f64();
    figure(&format!("every certificate exchanged while {count} packages ran"), took, "s");
    let _open = std::fs::File::create(folder.join("over")).unwrap();
    wait_until("every execution to end", in_time(count), || {
        let rows = cluster.masters[2].executions();
        let left = rows.iter().filter(|row| row["end_time"].is_null()).count();
        if left == 0 && rows.len() == count { Ok(()) } else { Err(left) }
    });
    let rows = cluster.masters[0].executions();
    let failed: Vec<_> = rows.iter().filter(|row| row["status"] != 7).collect();
    figure(&format!("of these {count}, failed"), failed.len() as f64, "");
    assert!(failed.is_empty(), "{failed:?}");
    assert_eq!(began(), count, "each package ran once");
}

/// Makes a PFX file of a certificate and key, as `openssl` does.
fn pfx(packhorse: &Packhorse, certificate: &str, key: &str, password: &str) -> String {
    let path = packhorse.folder().join("new.pfx").to_string_lossy().into_owned();
    let pass = format!("pass:{password}");
    let words = ["pkcs12", "-export", "-out", &path, "-in", certificate, "-inkey", key];
    let made = Command::new("openssl").args(words).args(["-passout", &pass]).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    path
}

#[test]
fn a_pfx_file_becomes_the_next_certificate() {
    let (packhorse, elsewhere) = (Packhorse::new(), Packhorse::new());
    packhorse.ok(&["init", "--workers", "1"]);
    elsewhere.ok(&["init", "--workers", "1"]);
    let file =
        |name: &str| elsewhere.data().join("certs").join(name).to_string_lossy().into_owned();
    let pfx = pfx(&packhorse, &file("master.crt"), &file("master.key"), "ge heim");
    let password = packhorse.write("password", "ge heim\nrest").to_string_lossy().into_owned();
    let wrong = packhorse.write("wrong", "geheim").to_string_lossy().into_owned();
    let said = packhorse.run(&["cert", "import", &pfx, "--password-file", &wrong]);
    assert!(said.code == 1 && said.err.contains("the password does not open"), "{said:?}");
    assert!(!said.err.contains("geheim"), "{said:?}");
    packhorse.ok(&["cert", "import", &pfx, "--password-file", &password]);
    packhorse.ok(&["cert", "rotate"]);
    assert_eq!(thumbprint(&packhorse, "master.crt"), thumbprint(&elsewhere, "master.crt"));
}

#[test]
fn a_certificate_made_elsewhere_is_taken() {
    let (packhorse, elsewhere) = (Packhorse::new(), Packhorse::new());
    packhorse.ok(&["init", "--workers", "1"]);
    elsewhere.ok(&["init", "--workers", "1"]);
    let file =
        |name: &str| elsewhere.data().join("certs").join(name).to_string_lossy().into_owned();
    packhorse.ok(&["cert", "import", &file("master.crt"), "--key", &file("master.key")]);
    packhorse.ok(&["cert", "rotate"]);
    assert_eq!(thumbprint(&packhorse, "master.crt"), thumbprint(&elsewhere, "master.crt"));
    let up = packhorse.up(1, &[]);
    up.stop();
}
