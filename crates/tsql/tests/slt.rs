//! Runs the files of `tests/sql` in process, on a server in memory. `testkit::slt` says how the
//! files are written; `crates/ssisdb` and `crates/packhorse` run the same on SSISDB, in process
//! and over TDS.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

#[path = "slt/calls.rs"]
mod calls;
#[path = "slt/host.rs"]
mod host;
#[path = "slt/transcript.rs"]
mod transcript;

use std::sync::Arc;

use host::TestHost;
use testkit::slt::{self, Place, Told, Wanted};
use transcript::Transcript;
use tsql::host::{Cancel, Host};
use tsql::session::{Session, SessionSettings};

const SETUP: &str = include_str!("../../../tests/sql/setup.sql");

struct Client(Session);

impl slt::Client for Client {
    fn batch(&mut self, text: &str) -> Told {
        let mut told = Transcript::default();
        let ended = self.0.batch(text, &mut told, &Cancel::default());
        told.ended(ended);
        told.0
    }
}

fn client(host: &Arc<dyn Host>) -> Client {
    let settings = SessionSettings { database: "master".to_owned(), ..SessionSettings::default() };
    Client(Session::new(Arc::clone(host), settings))
}

#[test]
fn the_sql_files_hold() {
    let mut host: Arc<dyn Host> = Arc::new(TestHost::default());
    slt::run(Place::Host, &mut |wanted| {
        if wanted == Wanted::File {
            host = Arc::new(TestHost::default());
            let mut client = client(&host);
            for batch in tsql::split_batches(SETUP) {
                assert_eq!(slt::Client::batch(&mut client, batch.text).all(), "(done)\n");
            }
        }
        Box::new(client(&host))
    });
}
