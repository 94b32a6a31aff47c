//! The files of `tests/sql` on SSISDB in process, over each kind of store: the same answers.

use catalog::{Caller, Catalog, CatalogKey};
use tempfile::TempDir;
use testkit::postgres::PostgresServer;
use testkit::slt::{self, Place, Ran, Told, Wanted};
use tsql::host::Cancel;
use tsql::session::{Session, SessionSettings};

use crate::support::{Fixture, over};
use crate::transcript::Transcript;

const SETUP: &str = include_str!("../../../../tests/sql/setup.sql");

struct Client(Session);

impl slt::Client for Client {
    fn batch(&mut self, text: &str) -> Told {
        let mut told = Transcript::default();
        let ended = self.0.batch(text, &mut told, &Cancel::default());
        told.ended(ended);
        told.0
    }
}

fn client(server: &Fixture) -> Client {
    let settings = SessionSettings { database: "master".to_owned(), ..Default::default() };
    Client(server.engine_session(Caller::admin("sa"), 51, settings))
}

/// A server with what the files use.
fn prepared(catalog: Catalog, folder: TempDir) -> Fixture {
    let server = over(catalog, folder);
    let mut client = client(&server);
    for batch in tsql::split_batches(SETUP) {
        let told = slt::Client::batch(&mut client, batch.text).all();
        assert_eq!(told, "(done)\n", "{}", batch.text);
    }
    server
}

/// Runs the suite; `open` makes an empty catalog whose key is in the folder.
fn run(open: impl Fn(CatalogKey, &TempDir) -> Catalog) -> Ran {
    let mut server = None;
    slt::run(Place::Ssisdb, &mut |wanted| {
        if wanted == Wanted::File {
            let folder = tempfile::tempdir().unwrap();
            let key = CatalogKey::load_or_create(folder.path().join("key")).unwrap();
            server = Some(prepared(open(key, &folder), folder));
        }
        Box::new(client(server.as_ref().unwrap()))
    })
}

#[test]
fn the_sql_files_hold_on_sqlite() {
    let ran = run(|key, folder| Catalog::open(folder.path().join("ssisdb.sqlite"), key).unwrap());
    assert!(ran.n_elsewhere * 10 < ran.n_ran, "{ran:?}");
}

#[test]
fn the_sql_files_hold_on_postgres() {
    let server = PostgresServer::shared();
    run(|key, _| Catalog::open_at(&server.database(), key, testkit::DEADLINE).unwrap());
}
