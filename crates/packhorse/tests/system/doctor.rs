//! `packhorse doctor`: each fault is caused for real, found, and gone once mended.

use std::os::unix::fs::PermissionsExt as _;

use crate::harness::Packhorse;

/// Codes of what is found, but for a disk that is nearly full: that is the machine of the tests.
fn codes(packhorse: &Packhorse, words: &[&str]) -> Vec<String> {
    let said = packhorse.run(&[&["doctor", "--json"], words].concat());
    let report = said.json();
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(said.code, i32::from(!findings.is_empty()), "{said:?}");
    let mut codes: Vec<String> =
        findings.iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect();
    codes.retain(|code| code != "PH0307");
    codes.sort();
    codes
}

fn set_mode(path: &std::path::Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_healthy_master_has_no_findings_and_faults_of_its_files_are_found() {
    let packhorse = Packhorse::new();
    assert_eq!(codes(&packhorse, &[]), ["PH0301"], "nothing was set up");
    let up = packhorse.up(1, &[]);
    assert_eq!(codes(&packhorse, &[]), Vec::<String>::new());
    let key = packhorse.data().join("certs/master.key");
    set_mode(&key, 0o644);
    let said = packhorse.run(&["doctor"]);
    assert_eq!(said.code, 1);
    assert!(said.out.contains("PH0303") && said.out.contains("chmod 600"), "{said:?}");
    set_mode(&key, 0o600);
    let settings = packhorse.data().join("MasterSettings.toml");
    let before = std::fs::read_to_string(&settings).unwrap_or_default();
    std::fs::write(&settings, "PortNumbr = 1\n").unwrap();
    assert_eq!(codes(&packhorse, &[]), ["PH0302"]);
    std::fs::write(&settings, format!("{before}\nMasterAddress = 'https://ssis.test:8391'\n"))
        .unwrap();
    assert_eq!(codes(&packhorse, &[]), ["PH0306"]);
    std::fs::write(&settings, &before).unwrap();
    let folder = packhorse.data().join("workers/7");
    std::fs::create_dir_all(&folder).unwrap();
    let one = packhorse.data().join("workers/1/WorkerSettings.toml");
    std::fs::copy(one, folder.join("WorkerSettings.toml")).unwrap();
    assert_eq!(codes(&packhorse, &[]), ["PH0309"]);
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(codes(&packhorse, &[]), Vec::<String>::new());
    up.stop();
    let catalog = packhorse.data().join("ssisdb.sqlite");
    std::fs::rename(&catalog, packhorse.data().join("away")).unwrap();
    assert_eq!(codes(&packhorse, &[]), ["PH0310"]);
}

#[test]
fn what_waits_for_nobody_is_found() {
    let packhorse = Packhorse::new();
    let up = packhorse.up(1, &[]);
    let path = packhorse.write("Job.dtsx", crate::harness::shell_package("Job", &["true"]));
    packhorse.ok(&["deploy", &path.to_string_lossy(), "--project", "Jobs"]);
    let list = packhorse.ok(&["workers", "--json"]).json();
    let id = list["workers"][0]["worker_agent_id"].as_str().unwrap().to_owned();
    packhorse.ok(&["workers", "disable", &id]);
    packhorse.ok(&["execute", "Packhorse/Jobs/Job.dtsx"]);
    assert_eq!(codes(&packhorse, &[]), ["PH0313"]);
    packhorse.ok(&["workers", "enable", &id]);
    assert_eq!(codes(&packhorse, &[]), Vec::<String>::new());
    up.stop();
}

#[test]
fn the_way_to_a_master_is_told_apart_by_what_blocks_it() {
    let (packhorse, machine) = (Packhorse::new(), Packhorse::new());
    let up = packhorse.up(0, &[]);
    let endpoint = std::fs::read_to_string(packhorse.data().join("master.endpoint")).unwrap();
    let endpoint = endpoint.trim();
    let added = packhorse.ok(&["workers", "add", "--json"]).json();
    let command = added["command"].as_str().unwrap();
    let pin = command.split(' ').skip_while(|word| *word != "--thumbprint").nth(1).unwrap();
    let other = "AB".repeat(32);
    let none = Vec::<String>::new();
    let from_outside =
        |url: &str, pin: &str| codes(&machine, &["--endpoint", url, "--thumbprint", pin]);
    assert_eq!(from_outside(endpoint, pin), none);
    assert_eq!(from_outside(endpoint, &other), ["PH0324"]);
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    assert_eq!(from_outside(&format!("https://127.0.0.1:{port}"), pin), ["PH0321"]);
    assert_eq!(from_outside("https://no-such-host.invalid:8391", pin), ["PH0320"]);
    let web = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", web.local_addr().unwrap());
    let answers = std::thread::spawn(move || {
        use std::io::Write as _;
        let (mut stream, _) = web.accept().unwrap();
        stream.write_all(b"220 mail.test ready\r\n").unwrap();
    });
    assert_eq!(from_outside(&url, pin), ["PH0323"]);
    answers.join().unwrap();
    // A worker that nobody trusts, until it is approved.
    let joined = machine.ok(&["join", endpoint, "--thumbprint", pin, "--json"]).json();
    let id = joined["worker_agent_id"].as_str().unwrap();
    let thumbprint = joined["thumbprint"].as_str().unwrap();
    assert_eq!(codes(&machine, &[]), ["PH0315"]);
    packhorse.ok(&["workers", "approve", id, "--thumbprint", thumbprint]);
    assert_eq!(codes(&machine, &[]), none);
    up.stop();
}

#[test]
fn every_code_has_its_page() {
    let packhorse = Packhorse::new();
    let page = packhorse.ok(&["help", "PH0321"]);
    assert!(page.out.starts_with("# PH0321: Nobody listens"), "{page:?}");
    assert_eq!(packhorse.run(&["help", "PH9999"]).code, 1);
    assert!(packhorse.ok(&["help", "workers"]).out.contains("Usage"));
}
