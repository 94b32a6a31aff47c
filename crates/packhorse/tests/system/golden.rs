//! Golden packages: whole packages as designers save them, run by the real program.
//!
//! Each folder of `tests/packages` is one package or project with
//!
//! * `README.md`: what it mixes, and where what is expected comes from;
//! * `*.dtsx` and what else belongs to it; `arguments.txt`, an argument a line, may follow;
//! * `input/`: what lies below `C:\Golden\` before the run;
//! * `expected/`: all that lies there afterwards, databases as their rows, logs without times;
//! * `messages.txt`: errors, warnings, information and the order of executables, and how it ended;
//! * `mail.txt`: the mail that was sent.
//!
//! `GOLDEN=write` writes down what happens now, for a person to compare with what SSIS does.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde_json::Value;
use testkit::ftp::{PASSWORD, Vsftpd};
use testkit::postgres::{PostgresServer, name_in};
use testkit::smtp::Smtpd;

use crate::harness::{Packhorse, Said};

/// Events whose order and text are compared.
const COMPARED: [&str; 5] =
    ["OnPreExecute", "OnInformation", "OnWarning", "OnError", "OnTaskFailed"];

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/packages").join(name)
}

/// Files below a folder by their path in it, with `/` between.
fn files(root: &Path) -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
                found.insert(name, path);
            }
        }
    }
    found
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for (name, path) in files(from) {
        let target = to.join(&name);
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::copy(path, target).unwrap();
    }
}

/// Every table of a database with its rows, as text.
fn rows(path: &Path) -> String {
    let database = Connection::open(path).unwrap();
    let list = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name";
    let mut tables = database.prepare(list).unwrap();
    let tables: Vec<String> =
        tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut text = String::new();
    for table in tables {
        let mut query = database.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
        writeln!(text, "[{table}] {}", query.column_names().collect::<Vec<_>>().join("|")).unwrap();
        let width = query.column_count();
        let mut rows = query.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let cells = (0..width).map(|at| cell(row.get_ref(at).unwrap()));
            writeln!(text, "{}", cells.collect::<Vec<_>>().join("|")).unwrap();
        }
    }
    text
}

fn cell(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
        ValueRef::Blob(bytes) => format!("{bytes:?}"),
    }
}

/// Event, source and message of each entry of the text log provider.
fn entries(text: &str) -> String {
    let entry = |line: &str| {
        let fields: Vec<&str> = line.splitn(11, ',').collect();
        match fields.as_slice() {
            [event, _, _, source, .., message] if fields.len() == 11 => {
                format!("{event} {source}: {message}\n")
            }
            _ => format!("{line}\n"),
        }
    };
    text.lines().filter(|line| !line.starts_with('#')).map(entry).collect()
}

/// What lies below the folder after the run.
fn left_behind(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for (name, path) in files(root) {
        let bytes = std::fs::read(&path).unwrap();
        if name.ends_with(".db") {
            all.insert(format!("{name}.txt"), rows(&path).into_bytes());
        } else if name.ends_with(".log") {
            all.insert(name, entries(&String::from_utf8_lossy(&bytes)).into_bytes());
        } else {
            all.insert(name, bytes);
        }
    }
    all
}

/// What was said, a line an event. Threads of a data flow say the same kind of thing in any order.
fn told(said: &Said) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut kinds: Vec<String> = Vec::new();
    for line in said.out.lines() {
        let event: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{said:?}"));
        let field = |name: &str| event[name].as_str().unwrap_or_default().replace("\r\n", " ");
        if COMPARED.contains(&field("event").as_str()) {
            let code = field("code");
            let code = if code == "0x00000000" { String::new() } else { format!(" {code}") };
            let kind = format!("{} {}{code}", field("event"), field("path"));
            let line = format!("{kind} {}", without_seconds(&field("message")));
            lines.push(line.trim_end().replace('\n', " "));
            kinds.push(kind);
        }
    }
    let mut start = 0;
    for group in kinds.chunk_by(PartialEq::eq) {
        lines[start..start + group.len()].sort();
        start += group.len();
    }
    format!("{}\nexit {}\n", lines.join("\n"), said.code)
}

/// How long a lookup took to fill its cache is another time each time.
fn without_seconds(message: &str) -> String {
    let Some((front, _)) = message.split_once("The preparation time was ") else {
        return message.to_owned();
    };
    format!("{front}The preparation time was N seconds.")
}

/// Compares with a file of the golden folder, or writes it.
fn compare(file: &Path, now: &[u8]) {
    if std::env::var_os("GOLDEN").is_some_and(|what| what == "write") {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, now).unwrap();
        return;
    }
    let expected = std::fs::read(file).unwrap_or_default();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        expected == now,
        "{}:\n--- expected\n{}\n--- now\n{}",
        file.display(),
        text(&expected),
        text(now)
    );
}

/// One golden folder at work.
struct Golden {
    packhorse: Packhorse,
    folder: PathBuf,
    /// What a package finds as `C:\Golden\`.
    root: PathBuf,
    /// What stands in arguments for servers.
    places: Vec<(&'static str, String)>,
}

impl Golden {
    fn new(name: &str) -> Self {
        let packhorse = Packhorse::new();
        let root = packhorse.folder().join("golden");
        let folder = folder(name);
        copy(&folder.join("input"), &root);
        Self { packhorse, folder, root, places: Vec::new() }
    }

    fn with(mut self, place: &'static str, value: String) -> Self {
        self.places.push((place, value));
        self
    }

    fn map(&self) -> String {
        format!(r"C:\Golden\={}/", self.root.display())
    }

    /// The package, or the project with its package, and the arguments beside it.
    fn arguments(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.folder.join("arguments.txt")).unwrap_or_default();
        let mut words = Vec::new();
        for line in text.lines() {
            let mut word = line.replace("{here}", &self.folder.to_string_lossy());
            for (place, value) in &self.places {
                word = word.replace(place, value);
            }
            words.push(word);
        }
        if !text.contains("/Project") {
            let package = files(&self.folder).into_values().find(|path| {
                path.extension().is_some_and(|extension| extension == "dtsx")
                    && path.parent() == Some(self.folder.as_path())
            });
            words.insert(0, package.unwrap().to_string_lossy().into_owned());
        }
        words
    }

    /// `packhorse check` must promise what will run.
    fn check(&self) {
        let place = self.folder.to_string_lossy().into_owned();
        let said = self.packhorse.run(&["check", &place]);
        assert_eq!(said.code, 0, "{said:?}");
    }

    /// What was said; what this machine calls `C:\Golden\` is `{root}` there.
    fn told(&self, said: &Said) -> String {
        told(said).replace(&*self.root.to_string_lossy(), "{root}")
    }

    fn exec(&self) -> Said {
        let map = self.map();
        let arguments = self.arguments();
        let mut words = vec!["exec"];
        words.extend(arguments.iter().map(String::as_str));
        words.extend(["--map-path", &map, "--json"]);
        let mut command = self.packhorse.command(&words);
        command.env("GOLDEN_REGION", "north").output().unwrap().into()
    }

    /// Runs it and compares all that it says and leaves.
    fn holds(&self) {
        self.check();
        let said = self.exec();
        compare(&self.folder.join("messages.txt"), self.told(&said).as_bytes());
        self.left();
    }

    /// Documents that name their server say `{tds}` for its port.
    fn without_ports(&self, name: &str, bytes: &[u8]) -> Vec<u8> {
        let text = String::from_utf8_lossy(bytes);
        let port = self.places.iter().find(|(place, _)| *place == "{tds}");
        match port {
            Some((place, port)) if name.ends_with(".xml") => text
                .replace(&format!("127.0.0.1,{port}"), &format!("127.0.0.1,{place}"))
                .into_bytes(),
            _ => bytes.to_vec(),
        }
    }

    /// Compares what lies there now.
    fn left(&self) {
        let now = left_behind(&self.root);
        let expected = self.folder.join("expected");
        for (name, bytes) in &now {
            compare(&expected.join(name), &self.without_ports(name, bytes));
        }
        let gone: Vec<_> = files(&expected).into_keys().filter(|n| !now.contains_key(n)).collect();
        assert!(gone.is_empty(), "not there: {gone:?}");
    }
}

/// A mail server, and its port as the argument `{smtp}`.
fn with_mail(name: &str) -> (Golden, Smtpd) {
    let server = Smtpd::start(&[]);
    (Golden::new(name).with("{smtp}", server.port.to_string()), server)
}

/// What was sent: headers without times and ids, and the text.
fn letter(server: &Smtpd) -> String {
    let changes = |line: &String| {
        ["Message-ID:", "Date:", "X-Peer:"].iter().any(|name| line.starts_with(name))
    };
    let lines = server.message().into_iter().filter(|line| !changes(line));
    lines.map(|line| line + "\n").collect()
}

#[test]
fn files_of_sales_are_loaded_and_rejected_rows_told_by_mail() {
    let (golden, server) = with_mail("daily_sales");
    golden.holds();
    compare(&golden.folder.join("mail.txt"), letter(&server).as_bytes());
}

#[test]
fn tries_and_handlers_follow_the_rules_of_errors() {
    let (golden, server) = with_mail("loops_and_handlers");
    golden.holds();
    compare(&golden.folder.join("mail.txt"), letter(&server).as_bytes());
}

#[test]
fn a_package_goes_on_where_it_failed() {
    let golden = Golden::new("checkpoint_restart");
    golden.check();
    let said = golden.exec();
    compare(&golden.folder.join("messages.txt"), golden.told(&said).as_bytes());
    assert!(golden.root.join("nightly.chk").exists(), "a checkpoint is left");
    std::fs::create_dir_all(golden.root.join("In")).unwrap();
    std::fs::write(golden.root.join("In/orders.txt"), "order 1\n").unwrap();
    let said = golden.exec();
    compare(&golden.folder.join("messages.again.txt"), golden.told(&said).as_bytes());
    golden.left();
}

#[test]
fn configurations_set_what_a_package_of_2012_runs_with() {
    Golden::new("configurations").holds();
}

#[test]
fn packages_of_2008_and_2005_run() {
    Golden::new("format_2008").holds();
    Golden::new("format_2005").holds();
}

#[test]
fn a_master_package_runs_its_children_from_a_deployment_file() {
    Golden::new("parent_and_children").holds();
}

#[test]
fn a_deployment_file_does_the_same_in_scale_out() {
    let golden = Golden::new("parent_and_children");
    let project = golden.folder.join("Staging.ispac");
    let map = golden.map();
    let words = ["run", &project.to_string_lossy(), "--map-path", &map, "--package", "Master"];
    golden.packhorse.ok(&words);
    golden.left();
}

#[test]
fn loops_walk_the_results_of_statements_and_data_flows() {
    Golden::new("results_into_variables").holds();
}

#[test]
fn files_of_three_encodings_are_united_sorted_and_summed() {
    Golden::new("union_sort_aggregate").holds();
}

#[test]
fn rows_that_fail_are_redirected_ignored_or_end_the_package() {
    Golden::new("error_rows_and_log").holds();
}

#[test]
fn a_dimension_is_loaded_into_postgresql() {
    let server = PostgresServer::shared();
    let url = server.database();
    Golden::new("warehouse_on_postgresql")
        .with("{pg_port}", server.port().to_string())
        .with("{pg_database}", name_in(&url).to_owned())
        .holds();
}

#[test]
fn a_child_in_a_file_is_told_what_to_do_by_variables_of_its_parent() {
    Golden::new("child_in_a_file").holds();
}

#[test]
fn the_catalog_of_a_master_is_read_and_written_as_a_sql_server() {
    let master = Packhorse::new();
    master.ok(&["init", "--workers", "0"]);
    let file = master.write("password", "Correct-Horse-1");
    let file = file.to_string_lossy();
    master.ok(&["login", "create", "etl", "--role", "sysadmin", "--password-file", &file]);
    let (_running, port) = master.master();
    Golden::new("catalog_over_sql_server").with("{tds}", port.to_string()).holds();
}

#[test]
fn the_data_of_tables_is_profiled_into_a_file_and_a_variable() {
    let master = Packhorse::new();
    master.ok(&["init", "--workers", "0"]);
    let file = master.write("password", "Correct-Horse-1");
    let file = file.to_string_lossy();
    master.ok(&["login", "create", "etl", "--role", "sysadmin", "--password-file", &file]);
    let (_running, port) = master.master();
    Golden::new("data_profile").with("{tds}", port.to_string()).holds();
}

#[test]
fn files_are_exchanged_with_a_partner_by_ftp() {
    let golden = Golden::new("partner_files");
    let server = Vsftpd::start(&golden.packhorse.folder().join("ftp"), "");
    let partner = golden.root.join("Partner").display().to_string();
    let golden = golden
        .with("{ftp}", server.port.to_string())
        .with("{partner}", partner)
        .with("{password}", PASSWORD.to_owned());
    golden.holds();
}

#[test]
fn what_a_failed_container_has_written_is_rolled_back() {
    Golden::new("transaction_of_a_container").holds();
}
