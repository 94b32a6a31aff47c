//! What is special to a server: it goes away and comes back, its answers get lost, others use it.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use testkit::postgres::{Durability, PostgresServer, name_in};

use super::PostgresStore;
use crate::caller::Caller;
use crate::catalog::Catalog;
use crate::error::{CatalogError, OpenError, StoreError};
use crate::idempotency::once;
use crate::key::CatalogKey;
use crate::procedures::{create_folder, delete_folder};
use crate::reads;
use crate::store::{Topic, Tx, params};

/// Longer than a loaded machine needs.
const PATIENCE: Duration = Duration::from_secs(60);

fn open(url: &str) -> Catalog {
    open_with(url, CatalogKey::generate().unwrap()).unwrap()
}

fn open_with(url: &str, key: CatalogKey) -> Result<Catalog, OpenError> {
    Ok(Catalog::over(Arc::new(PostgresStore::open(url, key, PATIENCE)?)))
}

fn refused(url: &str) -> OpenError {
    match open_with(url, CatalogKey::generate().unwrap()) {
        Err(error) => error,
        Ok(_) => panic!("the catalog was opened"),
    }
}

fn admin() -> Caller {
    Caller::admin("ada")
}

/// A write whose second effect would show.
fn count_up(tx: &mut dyn Tx) -> Result<i64, CatalogError> {
    let sql = "INSERT INTO master_properties VALUES ('N', '1')
               ON CONFLICT (property_name) DO UPDATE SET property_value =
               CAST(CAST(master_properties.property_value AS BIGINT) + 1 AS TEXT)
               RETURNING CAST(property_value AS BIGINT)";
    Ok(tx.scalar(sql, &[])?.unwrap_or_default())
}

async fn count(catalog: &Catalog) -> i64 {
    let sql = "SELECT CAST(property_value AS BIGINT) FROM master_properties";
    catalog.read(move |tx| tx.scalar(sql, &[])).await.unwrap().unwrap_or_default()
}

/// Stands between store and server, and cuts connections at the commits it is told to.
struct Wire {
    port: u16,
    /// How many commits are still to be cut.
    cuts: AtomicU32,
    /// Whether the server hears of a commit that is cut.
    heard: bool,
}

impl Wire {
    fn to(server: u16, heard: bool) -> Arc<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let wire = Arc::new(Self { port, cuts: AtomicU32::new(0), heard });
        let this = Arc::clone(&wire);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let server = TcpStream::connect(("127.0.0.1", server)).unwrap();
                let this = Arc::clone(&this);
                std::thread::spawn(move || this.carry(&client, &server));
            }
        });
        wire
    }

    fn carry(&self, client: &TcpStream, server: &TcpStream) {
        let (mut back_from, mut back_to) =
            (server.try_clone().unwrap(), client.try_clone().unwrap());
        std::thread::spawn(move || drop(std::io::copy(&mut back_from, &mut back_to)));
        let (mut from, mut to) = (client, server);
        let mut bytes = [0; 65536];
        while let Ok(n @ 1..) = from.read(&mut bytes) {
            let commits = bytes[..n].windows(7).any(|some| some == b"COMMIT\0");
            if commits && self.cut() {
                // The answer has nobody to go to.
                client.shutdown(Shutdown::Both).unwrap();
                if self.heard {
                    to.write_all(&bytes[..n]).unwrap();
                }
                server.shutdown(Shutdown::Write).unwrap();
                return;
            }
            if to.write_all(&bytes[..n]).is_err() {
                return;
            }
        }
    }

    fn cut(&self) -> bool {
        let one_less = |cuts: u32| cuts.checked_sub(1);
        self.cuts.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_less).is_ok()
    }
}

async fn commits_that_are_cut(heard: bool) {
    let server = PostgresServer::shared();
    let url = server.database();
    let wire = Wire::to(server.port(), heard);
    let url = url.replace(&server.port().to_string(), &wire.port.to_string());
    let catalog = open(&url);
    for (n, n_cuts) in (1..).zip([0, 1, 1, 2, 0, 3]) {
        wire.cuts.store(n_cuts, Ordering::Release);
        let answer = catalog.write(count_up).await;
        let left = wire.cuts.swap(0, Ordering::AcqRel);
        // One that was committed and not answered is not committed again.
        assert_eq!(left, if heard { u32::saturating_sub(n_cuts, 1) } else { 0 });
        assert_eq!(answer.unwrap(), n, "the answer is that of the write that counts");
        assert_eq!(count(&catalog).await, n);
    }
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_takes_effect_once() {
    commits_that_are_cut(true).await;
}

#[tokio::test]
async fn a_commit_that_never_arrived_is_made_again() {
    commits_that_are_cut(false).await;
}

#[tokio::test]
async fn no_write_is_lost_or_doubled_when_the_server_is_killed() {
    let server = Arc::new(PostgresServer::start(Durability::Full));
    let catalog = open(&server.database());
    let mut writers = Vec::new();
    for _ in 0..8 {
        let catalog = catalog.clone();
        writers.push(tokio::spawn(async move {
            for _ in 0..30 {
                catalog.write(count_up).await.unwrap();
                catalog.write_beside(count_up).await.unwrap();
            }
        }));
    }
    for wanted in [50, 150, 300] {
        while count(&catalog).await < wanted {
            tokio::task::yield_now().await;
        }
        let server = Arc::clone(&server);
        let again = move || {
            server.kill();
            server.start_again();
        };
        tokio::task::spawn_blocking(again).await.unwrap();
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(count(&catalog).await, 480);
}

#[tokio::test]
async fn a_request_that_comes_twice_at_once_has_its_effect_once() {
    let catalog = open(&PostgresServer::shared().database());
    let mut requests = Vec::new();
    for _ in 0..12 {
        let catalog = catalog.clone();
        requests.push(tokio::spawn(async move {
            let request = |tx: &mut dyn Tx| once(tx, &admin(), ("count", "key"), count_up);
            catalog.write_beside(request).await
        }));
    }
    for request in requests {
        assert_eq!(request.await.unwrap().unwrap(), 1);
    }
    assert_eq!(count(&catalog).await, 1);
}

#[tokio::test]
async fn a_refusal_is_not_tried_again_and_harms_nobody() {
    let catalog = open(&PostgresServer::shared().database());
    let error = catalog.write(|tx| tx.execute("INSERT INTO nowhere VALUES (1)", &[])).await;
    let error = error.unwrap_err();
    let CatalogError::Store(StoreError::ServerStatement { statement, source }) = error else {
        panic!("{error:?}")
    };
    assert_eq!(statement, "INSERT INTO nowhere VALUES (1)");
    assert_eq!(source.sqlstate.as_deref(), Some("42P01"));
    catalog.write(|tx| create_folder(tx, &admin(), "Sales")).await.unwrap();
}

#[tokio::test]
async fn a_job_that_overlooks_a_failed_statement_fails() {
    let catalog = open(&PostgresServer::shared().database());
    let answer = catalog.write(|tx| {
        create_folder(tx, &admin(), "Half")?;
        Ok(tx.execute("INSERT INTO nowhere VALUES (1)", &[]).is_ok())
    });
    assert!(matches!(answer.await, Err(CatalogError::Store(_))));
    assert!(catalog.read(|tx| reads::folders(tx, &admin())).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_another_master_commits_wakes_those_who_wait_here() {
    let url = PostgresServer::shared().database();
    let folder = tempfile::tempdir().unwrap();
    let key = || CatalogKey::load_or_create(folder.path().join("key")).unwrap();
    let (here, there) = (open_with(&url, key()).unwrap(), open_with(&url, key()).unwrap());
    let start = Instant::now();
    let notify = |tx: &mut dyn Tx| {
        tx.notify(Topic::Tasks);
        count_up(tx)
    };
    for _ in 0..20 {
        let mut changes = here.changes_of(Topic::Tasks);
        changes.mark_unchanged();
        there.write(notify).await.unwrap();
        changes.changed().await.unwrap();
    }
    assert!(start.elapsed() < super::listener::WAKE_EVERY * 10, "the slow wake-ups did it");
}

#[tokio::test]
async fn another_key_or_database_is_refused_when_opening() {
    let server = PostgresServer::shared();
    let url = server.database();
    open(&url).close().await;
    assert!(matches!(refused(&url), OpenError::WrongKey { .. }));

    let recipes = server.database();
    let name = name_in(&recipes);
    server.sql(name, "CREATE TABLE recipes (name TEXT)");
    assert!(matches!(refused(&recipes), OpenError::NotACatalog { .. }));
    assert_eq!(server.sql(name, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "1");

    let url = open_newer(server).await;
    assert!(matches!(refused(&url), OpenError::NewerSchema { found: 999, .. }));
}

async fn open_newer(server: &PostgresServer) -> String {
    let url = server.database();
    let catalog = open(&url);
    let sql = "INSERT INTO schema_version VALUES (999, 0, 999)";
    catalog.write(move |tx| tx.execute(sql, &[])).await.unwrap();
    catalog.close().await;
    url
}

#[tokio::test]
async fn what_cannot_be_reached_is_named_without_the_password() {
    let missing = PostgresServer::shared().url("missing");
    let error = refused(&missing.replace("postgres@", "postgres:secret@"));
    let shown = format!("{error:?}");
    assert!(shown.contains("3D000") && !shown.contains("secret"), "{shown}");
    let nobody = format!("postgres://me:secret@127.0.0.1:{}/db", testkit::postgres::free_port());
    let key = CatalogKey::generate().unwrap();
    let Err(error) = PostgresStore::open(&nobody, key, Duration::ZERO) else { panic!("opened") };
    let OpenError::Store { place, source } = &error else { panic!("{error:?}") };
    assert!(source.is_transient() && place.starts_with("postgres://127.0.0.1:"), "{error:?}");
    assert!(!format!("{error:?}").contains("secret"), "{error:?}");
}

#[tokio::test]
async fn an_old_master_frozen_in_a_transaction_holds_nobody_for_ever() {
    let server = PostgresServer::shared();
    let url = server.database();
    let catalog = open(&url);
    let name = name_in(&url).to_owned();
    let (begun, frozen) = std::sync::mpsc::channel::<()>();
    let (thaw, thawed) = std::sync::mpsc::channel::<()>();
    let other = catalog.clone();
    let thawed = std::sync::Mutex::new(thawed);
    let freezing = tokio::spawn(async move {
        let job = move |tx: &mut dyn Tx| {
            tx.execute("SET LOCAL idle_in_transaction_session_timeout = '100ms'", &[])?;
            let answer = count_up(tx);
            // The second run is not frozen.
            if begun.send(()).is_ok() {
                thawed.lock().unwrap().recv().unwrap();
            }
            answer
        };
        other.write(job).await
    });
    tokio::task::spawn_blocking(move || frozen.recv().map(|()| drop(frozen)))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(catalog.write(count_up).await.unwrap(), 1, "the frozen one was thrown out");
    thaw.send(()).unwrap();
    assert_eq!(freezing.await.unwrap().unwrap(), 2, "and did its work again");
    let held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'";
    testkit::wait_for("the locks to be given back", || {
        let held = server.sql(&name, held);
        if held == "0" { Ok(()) } else { Err(held) }
    });
}

/// A catalog in a file, with some of what catalogs have.
/// A server that freezes while the listener has no connection is noticed by nobody; the listener
/// finds another, and whoever still waits for the first one follows it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_without_an_answer_is_given_up_when_another_server_answers() {
    let server = PostgresServer::shared();
    let url = server.database();
    let catalog = open(&url);
    let tries = Arc::new(AtomicU32::new(0));
    let trying = Arc::clone(&tries);
    let read = catalog.read(move |tx| {
        if trying.fetch_add(1, Ordering::AcqRel) == 0 {
            tx.execute("SELECT pg_sleep(300)", &[])?;
        }
        tx.scalar("SELECT 7", &[])
    });
    let end_the_listener = async {
        let listeners = format!(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
             WHERE datname = '{}' AND query IN ('SELECT 1', 'LISTEN packhorse_changes')",
            name_in(&url)
        );
        while tries.load(Ordering::Acquire) == 0 || server.sql("postgres", &listeners) == "0" {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let start = Instant::now();
    let (read, ()) = tokio::join!(read, end_the_listener);
    // A statement is given up by itself after 40 s.
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
    assert_eq!((read.unwrap(), tries.load(Ordering::Acquire)), (Some(7_i64), 2));
    catalog.close().await;
    let sleepers = format!(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
         WHERE datname = '{}' AND query LIKE '%pg_sleep%'",
        name_in(&url)
    );
    server.sql("postgres", &sleepers);
}

async fn filled(folder: &Path) -> PathBuf {
    let path = folder.join("ssisdb.sqlite");
    let key = CatalogKey::load_or_create(folder.join("key")).unwrap();
    let catalog = Catalog::open(&path, key).unwrap();
    let fill = |tx: &mut dyn Tx| {
        let sql = "INSERT INTO operation_messages (operation_id, message_time, message_type,
                       message_source_type, message) VALUES (1, ?1, 120, 10, ?2)";
        let rows: Vec<_> =
            (0..450).map(|n| params![tx.now(), format!("zero {n} \u{e9}\0")].to_vec()).collect();
        tx.execute_many(sql, &rows)?;
        create_folder(tx, &admin(), "First")?;
        create_folder(tx, &admin(), "Second")?;
        create_folder(tx, &admin(), "Third")
    };
    assert_eq!(catalog.write(fill).await.unwrap().0, 3);
    catalog.write(|tx| delete_folder(tx, &admin(), "Third")).await.unwrap();
    catalog.close().await;
    path
}

#[tokio::test]
async fn a_file_is_moved_to_a_server_with_all_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path()).await;
    let key = CatalogKey::load_or_create(folder.path().join("key")).unwrap();
    let catalog = open_with(&PostgresServer::shared().database(), key).unwrap();
    let moved = catalog.take_over(&path).await.unwrap();
    let rows = |name: &str| moved.iter().find(|table| table.table == name).unwrap().rows;
    assert_eq!((rows("operation_messages"), rows("folders")), (450, 2));
    assert!(moved.iter().all(|table| table.table != "key_check"));

    let next = catalog.write(|tx| create_folder(tx, &admin(), "Fourth")).await.unwrap();
    assert_eq!(next.0, 4, "the number of a deleted folder is not given again");
    let again = catalog.take_over(&path).await.unwrap_err().to_string();
    insta::assert_snapshot!(again, @"the catalog to move to is not empty: its table `folders` has 3 rows");
    assert_eq!(catalog.read(|tx| reads::folders(tx, &admin())).await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_server_without_a_standby_says_what_is_at_risk() {
    let catalog = open(&PostgresServer::shared().database());
    let replication = catalog.read(reads::replication).await.unwrap();
    assert_eq!(replication.standbys, []);
    assert_eq!(replication.at_risk(), reads::AtRisk::Everything);
}

/// A certificate for `localhost`, its key, and the certificate that signed it.
fn signed_for_localhost() -> [String; 3] {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
    let mut root = CertificateParams::new(Vec::new()).unwrap();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root_key = KeyPair::generate().unwrap();
    let root_pem = root.self_signed(&root_key).unwrap().pem();
    let issuer = Issuer::new(root, root_key);
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    [params.signed_by(&key, &issuer).unwrap().pem(), key.serialize_pem(), root_pem]
}

/// Whether the connection is encrypted, or why there is none.
async fn connect_by(url: &str) -> Result<bool, String> {
    let key = CatalogKey::generate().unwrap();
    let store = match PostgresStore::open(url, key, Duration::ZERO) {
        Ok(store) => store,
        Err(OpenError::Store { source, .. }) => return Err(format!("{source:?}")),
        Err(other) => return Err(format!("{other:?}")),
    };
    let sql = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    let encrypted = Catalog::over(Arc::new(store)).read(move |tx| tx.scalar(sql, &[])).await;
    Ok(encrypted.unwrap().unwrap())
}

#[tokio::test]
async fn connections_are_encrypted_and_checked_as_sslmode_says() {
    let [certificate, key, root] = signed_for_localhost();
    let server = PostgresServer::start_with_tls(&certificate, &key);
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs_err::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (root, other) = (file("root.pem", &root), file("other.pem", &signed_for_localhost()[2]));
    let at = |host: &str, options: &str| {
        let url = server.database().replace("127.0.0.1", host);
        url.replace("sslmode=disable", options)
    };
    assert_eq!(connect_by(&at("127.0.0.1", "sslmode=disable")).await, Ok(false));
    assert_eq!(connect_by(&at("127.0.0.1", "")).await, Ok(true), "encrypted where possible");
    assert_eq!(connect_by(&at("127.0.0.1", "sslmode=require")).await, Ok(true));
    let verify = |mode: &str, root: &str| format!("sslmode={mode}&sslrootcert={root}");
    assert_eq!(connect_by(&at("localhost", &verify("verify-full", &root))).await, Ok(true));
    assert_eq!(connect_by(&at("127.0.0.1", &verify("verify-ca", &root))).await, Ok(true));
    let refused = |host: &str, mode: &str, root: &str| at(host, &verify(mode, root));
    for url in [
        refused("127.0.0.1", "verify-full", &root),
        refused("localhost", "verify-full", &other),
        refused("localhost", "verify-ca", &other),
        refused("localhost", "require", &other),
    ] {
        let error = connect_by(&url).await.unwrap_err();
        assert!(error.contains("certificate"), "{url}: {error}");
    }
    let nothing = connect_by(&at("localhost", "sslmode=verify-full")).await.unwrap_err();
    assert!(nothing.contains("NoRoot"), "{nothing}");
    let plain = PostgresServer::shared().database().replace("sslmode=disable", "sslmode=require");
    assert!(connect_by(&plain).await.is_err(), "the server cannot, and it is required");
}
