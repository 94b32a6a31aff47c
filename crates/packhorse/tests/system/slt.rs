//! The files of `tests/sql` against a started master, over TDS: clients are told what the same
//! batches tell in process.

mod client;
mod told;

use serde_json::Value;
use tds::token::Token;
use testkit::slt::{self, Place, Told, Wanted};

use crate::harness::Packhorse;
use crate::postgres::start;
use client::Connection;

const SETUP: &str = include_str!("../../../../tests/sql/setup.sql");

/// What a file leaves behind on a server: users' modules in every database, and folders.
const CLEAN: &str = "
    SET NOCOUNT ON
    DECLARE @text nvarchar(max) = N''
    SELECT @text += N'USE ' + o.db + N' DROP '
        + CASE o.type WHEN 'P' THEN N'PROCEDURE ' WHEN 'V' THEN N'VIEW ' WHEN 'TT' THEN N'TYPE '
               ELSE N'FUNCTION ' END
        + N'dbo.' + QUOTENAME(o.name) + N' '
    FROM (SELECT N'master' AS db, type, name FROM master.sys.objects WHERE schema_id = 1
          UNION ALL SELECT N'SSISDB', type, name FROM SSISDB.sys.objects WHERE schema_id = 1
          UNION ALL SELECT N'tempdb', type, name FROM tempdb.sys.objects WHERE schema_id = 1) AS o
    SELECT @text += N'EXEC SSISDB.catalog.delete_folder ' + QUOTENAME(name, '''') + N' '
    FROM SSISDB.catalog.folders
    EXEC (@text)
    SELECT COUNT(*) AS n FROM master.sys.objects WHERE schema_id = 1";

struct Client(Connection);

impl slt::Client for Client {
    fn batch(&mut self, text: &str) -> Told {
        let tokens = self.0.batch(text);
        let mut told = told::told(&tokens);
        let fatal = |token: &Token| matches!(token, Token::Message(message) if 20 <= message.class);
        if tokens.iter().any(fatal) && self.0.is_over() {
            told.line("the connection ends".to_owned());
        }
        told
    }
}

fn port(ready: &Value) -> u16 {
    let (_, port) = ready["tds"].as_str().unwrap().rsplit_once(',').unwrap();
    port.parse().unwrap()
}

#[test]
fn the_sql_files_hold_over_tds() {
    let packhorse = Packhorse::new();
    packhorse.ok(&["init", "--workers", "0"]);
    let password = packhorse.write("password", "Correct horse 1\n");
    let create = ["login", "create", "ada", "--role", "sysadmin", "--password-file"];
    packhorse.ok(&[&create[..], &[&*password.to_string_lossy()]].concat());
    let words = ["master", "--port", "0", "--bind", "127.0.0.1", "--tds-port", "0"];
    let (_master, ready) = start(&packhorse, &words, "master.log");
    let connect = || Client(Connection::open(port(&ready), "ada", "Correct horse 1", "master"));
    let ran = slt::run(Place::SsisdbOnWire, &mut |wanted| {
        if wanted == Wanted::File {
            let mut client = connect();
            let cleaned = slt::Client::batch(&mut client, CLEAN).all();
            assert!(cleaned.ends_with("[n int]\n0\n(select)\n"), "{cleaned}");
            for batch in tsql::split_batches(SETUP) {
                let told = slt::Client::batch(&mut client, batch.text).all();
                assert_eq!(told, "(done)\n", "{}", batch.text);
            }
        }
        Box::new(connect())
    });
    assert!(ran.n_elsewhere * 10 < ran.n_ran, "{ran:?}");
}
