//! Bad input ends in one clear message that names the thing and the next step, and changes
//! nothing.

use crate::harness::{Packhorse, Said, package, shell_package};

/// Runs a file that cannot be used: no execution may come of it.
fn refused(name: &str, content: impl AsRef<[u8]>) -> Said {
    let packhorse = Packhorse::new();
    let path = packhorse.write(name, content);
    let said = packhorse.run(&["run", &path.to_string_lossy()]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.err.contains(name), "the message names the file: {said:?}");
    packhorse.assert_nothing_runs();
    said
}

#[test]
fn a_truncated_archive_is_refused() {
    let said = refused("Cut.ispac", b"PK\x03\x04\x14\x00\x00\x00");
    assert!(said.err.contains("PH0112"), "{said:?}");
}

#[test]
fn a_file_that_is_not_xml_is_refused() {
    let said = refused("Text.dtsx", "hello");
    assert!(said.err.contains("PH0101"), "{said:?}");
}

#[test]
fn a_bomb_of_entities_is_refused_unread() {
    let bomb = r#"<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><a>&b;</a>"#;
    let said = refused("Bomb.dtsx", bomb);
    assert!(said.err.contains("PH0102"), "{said:?}");
}

#[test]
fn a_missing_file_is_named() {
    let packhorse = Packhorse::new();
    let said = packhorse.run(&["run", "nowhere.ispac"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("cannot find `nowhere.ispac`"), "{said:?}");
    assert!(!packhorse.data().exists(), "nothing was set up");
}

#[test]
fn an_unknown_task_is_named_before_anything_runs() {
    let packhorse = Packhorse::new();
    let marker = packhorse.folder().join("ran");
    let text = shell_package("Odd", &[&format!("touch {}", marker.display())]);
    let odd = r#"<DTS:Executable DTS:refId="Package\Odd" DTS:CreationName="Acme.OddTask"
  DTS:DTSID="{DDDDDDDD-0000-0000-0000-000000000001}" DTS:ExecutableType="Acme.OddTask"
  DTS:ObjectName="Odd" /></DTS:Executables>"#;
    let path = packhorse.write("Odd.dtsx", text.replace("</DTS:Executables>", odd));
    let path = path.to_string_lossy();
    let said = packhorse.run(&["run", &path]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.out.contains("Acme.OddTask"), "{said:?}");
    assert!(!marker.exists(), "the first task ran although the package cannot");
    let check = packhorse.run(&["check", &path, "--json"]);
    assert_eq!(check.code, 1);
    assert_eq!(check.json()["packages"][0]["supported"], false);
    assert!(check.out.contains("Acme.OddTask"), "{check:?}");
}

#[test]
fn a_parameter_that_no_package_has_is_refused_with_those_there_are() {
    let packhorse = Packhorse::new();
    let path = packhorse.write("P.dtsx", package("P", PARAMETER));
    let said = packhorse.run(&["run", &path.to_string_lossy(), "--param", "Contu=5"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("`Contu`") && said.err.contains("Count"), "{said:?}");
}

#[test]
fn a_parameter_of_the_wrong_type_starts_nothing() {
    let packhorse = Packhorse::new();
    let path = packhorse.write("P.dtsx", package("P", PARAMETER));
    let said = packhorse.run(&["run", &path.to_string_lossy(), "--param", "Count=many"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("27147") || said.err.contains("Int32"), "{said:?}");
    let started = packhorse.executions();
    assert!(started.iter().all(|one| one["start_time"].is_null()), "{started:?}");
}

#[test]
fn a_required_parameter_without_a_value_is_named() {
    let packhorse = Packhorse::new();
    let required = PARAMETER.replace(
        "DTS:DataType=\"3\" DTS:ObjectName",
        "DTS:DataType=\"3\" DTS:Required=\"True\" DTS:ObjectName",
    );
    let path = packhorse.write("P.dtsx", package("P", &required));
    let path = path.to_string_lossy();
    let said = packhorse.run(&["run", &path]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("Count"), "{said:?}");
    packhorse.ok(&["run", &path, "--param", "Count=5"]);
}

const PARAMETER: &str = r#"<DTS:PackageParameters><DTS:PackageParameter
  DTS:DataType="3" DTS:ObjectName="Count" DTS:DTSID="{CCCCCCCC-0000-0000-0000-000000000001}">
  <DTS:Property DTS:DataType="3" DTS:Name="ParameterValue">1</DTS:Property>
</DTS:PackageParameter></DTS:PackageParameters>"#;

#[test]
fn a_full_disk_is_said_before_anything_is_written() {
    let packhorse = Packhorse::new();
    let path = packhorse.write("Empty.dtsx", package("Empty", ""));
    let small = packhorse.folder().join("small");
    std::fs::create_dir_all(&small).unwrap();
    // A disk of one megabyte, which only this command sees.
    let script = r#"mount -t tmpfs -o size=1m tmpfs "$1" || exit 99
        "$2" run "$3" --data-dir "$1/data"; code=$?; ls "$1/data" >&2; exit $code"#;
    let output = std::process::Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c", script, "sh"])
        .args([&small, std::path::Path::new(env!("CARGO_BIN_EXE_packhorse")), &path])
        .output()
        .unwrap();
    let said = Said::from(output);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.err.contains("full") && said.err.contains("--data-dir"), "{said:?}");
    assert!(!said.err.contains("ssisdb.sqlite"), "nothing was written: {said:?}");
    assert!(said.err.contains("packhorse help PH0307"), "{said:?}");
}

#[test]
fn a_port_in_use_is_named() {
    let packhorse = Packhorse::new();
    packhorse.ok(&["init", "--workers", "0"]);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let said = packhorse.run(&["master", "--bind", "127.0.0.1", "--port", &port]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains(&port) && said.err.contains("packhorse help PH0337"), "{said:?}");
}

/// Runs a command that cannot go on, and expects the code of the page that says what mends it.
fn expect_code(packhorse: &Packhorse, words: &[&str], code: &str) {
    let said = packhorse.run(words);
    assert_eq!(said.code, 1, "{words:?}: {said:?}");
    assert!(said.err.contains(&format!("packhorse help {code} ")), "{words:?}: {said:?}");
    let page = packhorse.ok(&["help", code]);
    assert!(page.out.starts_with(&format!("# {code}: ")), "{page:?}");
}

#[test]
fn whatever_does_not_start_names_the_page_that_mends_it() {
    let packhorse = Packhorse::new();
    expect_code(&packhorse, &["master"], "PH0301");
    expect_code(&packhorse, &["worker"], "PH0301");
    expect_code(&packhorse, &["executions"], "PH0301");
    packhorse.ok(&["init", "--workers", "1"]);
    let master = ["master", "--bind", "127.0.0.1", "--port", "0", "--no-tds"];
    expect_code(&packhorse, &["master", "--bind", "192.0.2.1", "--no-tds"], "PH0338");
    let settings = packhorse.data().join("MasterSettings.toml");
    let good = std::fs::read_to_string(&settings).unwrap_or_default();
    let set = |text: &str| std::fs::write(&settings, format!("{text}\n{good}")).unwrap();
    set("PortNumbr = 1");
    expect_code(&packhorse, &master, "PH0302");
    set(&format!("SSLCertThumbprint = \"{}\"", "AB".repeat(32)));
    expect_code(&packhorse, &master, "PH0302");
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    set(&format!(
        "SqlServerName = \"postgres://ssis@{nobody}/ssisdb?connect_timeout=1\"\nSqlConnectionTimeoutInSecs = 1"
    ));
    // A master waits for it; commands say it.
    expect_code(&packhorse, &["login", "list"], "PH0326");
    set("SqlServerName = \"MasterSettings.toml\"");
    expect_code(&packhorse, &master, "PH0310");
    set("");
    spoil_files(&packhorse, &master);
    packhorse.assert_nothing_runs();
}

/// Keys and certificates that cannot be used, and a worker that runs twice.
fn spoil_files(packhorse: &Packhorse, master: &[&str]) {
    use std::os::unix::fs::PermissionsExt as _;
    let key = packhorse.data().join("certs/master.key");
    let mode = |mode| std::fs::Permissions::from_mode(mode);
    std::fs::set_permissions(&key, mode(0o644)).unwrap();
    expect_code(packhorse, master, "PH0303");
    std::fs::set_permissions(&key, mode(0o600)).unwrap();
    let text = std::fs::read_to_string(&key).unwrap();
    std::fs::write(&key, "no key").unwrap();
    expect_code(packhorse, master, "PH0304");
    std::fs::write(&key, text).unwrap();
    let key = packhorse.data().join("ssisdb.key");
    let text = std::fs::read(&key).unwrap();
    std::fs::write(&key, "no key").unwrap();
    expect_code(packhorse, master, "PH0319");
    std::fs::write(&key, text).unwrap();
    let words = ["worker", "--master", "https://127.0.0.1:9"];
    let (running, _) = crate::postgres::start(packhorse, &words, "worker-1.log");
    expect_code(packhorse, &words, "PH0340");
    drop(running);
    expect_code(packhorse, &["worker", "--master", "http://a"], "PH0302");
}

#[test]
fn a_folder_that_cannot_be_written_is_named_with_the_page_that_mends_it() {
    let packhorse = Packhorse::new();
    let folder = packhorse.folder().join("fixed");
    std::fs::create_dir_all(&folder).unwrap();
    // A disk that can be read only, which only this command sees.
    let script = r#"mount -t tmpfs -o ro tmpfs "$1" || exit 99
        exec "$2" init --data-dir "$1/data""#;
    let output = std::process::Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c", script, "sh"])
        .args([&folder, std::path::Path::new(env!("CARGO_BIN_EXE_packhorse"))])
        .output()
        .unwrap();
    let said = Said::from(output);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.err.contains("fixed/data") && said.err.contains("PH0339"), "{said:?}");
}

/// A process that ends with the test.
struct Killed(std::process::Child);

impl Drop for Killed {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[test]
fn a_worker_whose_certificate_is_unknown_is_told_so() {
    let packhorse = Packhorse::new();
    let up = packhorse.up(1, &[]);
    let endpoint = std::fs::read_to_string(packhorse.data().join("master.endpoint")).unwrap();
    let stranger = Packhorse::new();
    stranger.ok(&["init", "--workers", "1"]);
    // The stranger pins the right master, but the master does not know the stranger.
    let pin = packhorse.ok(&["workers", "--json"]).json()["workers"][0].clone();
    assert!(pin.is_object());
    let settings = stranger.data().join("workers/1/WorkerSettings.toml");
    let trusted = packhorse.data().join("workers/1/WorkerSettings.toml");
    let line = |path: &std::path::Path| {
        let text = std::fs::read_to_string(path).unwrap();
        let line = text.lines().find(|line| line.starts_with("MasterHttpsCertThumbprint"));
        line.unwrap().to_owned()
    };
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, text.replace(&line(&settings), &line(&trusted))).unwrap();
    let log = std::fs::File::create(stranger.folder().join("worker.log")).unwrap();
    let worker = stranger
        .command(&["worker", "--master", endpoint.trim()])
        .stdout(std::process::Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap();
    let worker = Killed(worker);
    testkit::wait_for("the worker to say that it is not known", || {
        let log = std::fs::read_to_string(stranger.folder().join("worker.log")).unwrap();
        if log.contains("not trusted") && log.contains("packhorse workers approve") {
            Ok(())
        } else {
            Err(log)
        }
    });
    drop(worker);
    assert_eq!(packhorse.ok(&["workers", "--json"]).json()["workers"].as_array().unwrap().len(), 1);
    up.stop();
}

#[test]
fn a_reader_that_went_away_is_no_error() {
    let packhorse = Packhorse::new();
    let path = packhorse.write("Empty.dtsx", package("Empty", "")).to_string_lossy().into_owned();
    packhorse.ok(&["run", &path]);
    let commands: [&[&str]; 4] =
        [&["messages", "1"], &["executions"], &["executions", "--json"], &["check", &path]];
    for words in commands {
        // As `| head` leaves it.
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let said = Said::from(packhorse.command(words).stdout(writer).output().unwrap());
        assert_eq!((said.code, said.err.as_str()), (1, ""), "{words:?}: {said:?}");
    }
}
