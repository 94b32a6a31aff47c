//! Faults of the data directory: what is missing, readable by others, damaged, expired or full.

use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use testkit::lab::Lab;

use super::support::{Patient as _, Running, commands, programs};
use crate::harness::Packhorse;

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn run(program: &str, words: &[&str]) {
    let said = Command::new(program).args(words).output().unwrap();
    assert!(said.status.success(), "{program} {words:?}: {said:?}");
}

#[test]
fn from_nothing_doctor_leads_to_a_machine_that_works() {
    let folder = tempfile::tempdir().unwrap();
    let lab = Lab::new(folder.path(), &["one"]);
    let one = lab.machine("one", programs());
    let found = one.expect("", &["PH0301"]);
    assert_eq!(commands(&found[0]), ["packhorse init"]);
    one.mend(&found[0]);
    let found = one.expect("", &["PH0312"]);
    assert_eq!(commands(&found[0]), ["packhorse up"]);
    let _up = Running::start(one.shell("packhorse up"), &folder.path().join("log"));
    one.until("", &[]);
}

#[test]
fn keys_that_others_can_read_or_the_service_cannot_are_found() {
    let packhorse = Packhorse::new();
    let up = packhorse.up(1, &[]);
    packhorse.until("", &[]);
    for (file, codes) in [
        ("certs/master.key", &["PH0303"][..]),
        ("certs/admin.key", &["PH0303"]),
        ("workers/1/certs/worker.key", &["PH0303"]),
        ("ssisdb.key", &["PH0303"]),
    ] {
        set_mode(&packhorse.data().join(file), 0o644);
        let found = packhorse.expect("", codes);
        packhorse.mend(&found[0]);
        packhorse.expect("", &[]);
    }
    up.stop();
}

#[test]
fn a_key_of_another_account_than_the_service_is_found() {
    let packhorse = Packhorse::new();
    let up = packhorse.up(1, &[]);
    let nobody = 65534;
    let all =
        [packhorse.data(), packhorse.data().join("certs"), packhorse.data().join("workers/1")];
    let keys = ["master.key", "admin.key"].map(|name| packhorse.data().join("certs").join(name));
    let worker = packhorse.data().join("workers/1/certs/worker.key");
    for path in all.iter().chain(&keys).chain([&worker]) {
        chown(path, Some(nobody), None).unwrap();
    }
    packhorse.expect("", &[]);
    chown(&keys[0], Some(0), None).unwrap();
    let found = packhorse.expect("", &["PH0304"]);
    assert!(commands(&found[0])[0].starts_with("chown nobody "), "{found:?}");
    packhorse.mend(&found[0]);
    packhorse.expect("", &[]);
    for path in all.iter().chain(&keys).chain([&worker]) {
        chown(path, Some(0), None).unwrap();
    }
    up.stop();
}

#[test]
fn damaged_certificates_and_settings_are_found() {
    let packhorse = Packhorse::new();
    let up = packhorse.up(1, &[]);
    let damage = |file: &str, text: &str, code: &str| {
        let path = packhorse.data().join(file);
        let before = std::fs::read(&path).ok();
        std::fs::write(&path, text).unwrap();
        packhorse.expect("", &[code]);
        match before {
            Some(before) => std::fs::write(&path, before).unwrap(),
            None => std::fs::remove_file(&path).unwrap(),
        }
        packhorse.expect("", &[]);
    };
    damage("workers/1/certs/worker.crt", "no certificate", "PH0304");
    damage("certs/admin.key", "no key", "PH0304");
    damage("MasterSettings.toml", "PortNumbr = 1\n", "PH0302");
    damage("workers/1/WorkerSettings.toml", "MaxTaskCount = 'many'\n", "PH0302");
    let copy = packhorse.data().join("workers/7");
    std::fs::create_dir_all(&copy).unwrap();
    let one = packhorse.data().join("workers/1/WorkerSettings.toml");
    std::fs::copy(one, copy.join("WorkerSettings.toml")).unwrap();
    packhorse.expect("", &["PH0309", "PH0329"]);
    std::fs::remove_dir_all(&copy).unwrap();
    packhorse.expect("", &[]);
    up.stop();
}

/// A certificate for a year, made so many days ago with openssl, which knows nothing of this
/// program.
fn old_certificate(folder: &Path, name: &str, days: u32) -> [PathBuf; 2] {
    std::fs::create_dir_all(folder).unwrap();
    let [crt, key] = ["crt", "key"].map(|end| folder.join(format!("{name}.{end}")));
    let words = format!(
        "-f -{days}d openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
         -days 365 -subj /CN=old -addext subjectAltName=DNS:localhost,IP:127.0.0.1"
    );
    let mut words: Vec<&str> = words.split(' ').filter(|word| !word.is_empty()).collect();
    let (crt_text, key_text) = (crt.to_string_lossy(), key.to_string_lossy());
    words.extend(["-out", &crt_text, "-keyout", &key_text]);
    run("faketime", &words);
    set_mode(&key, 0o600);
    [crt, key]
}

#[test]
fn a_certificate_that_has_ended_or_does_not_name_the_address_is_exchanged() {
    let packhorse = Packhorse::new();
    for (days, evidence) in [(400, "ended 3"), (355, "ends in ")] {
        let files = old_certificate(&packhorse.data().join("certs"), "master", days);
        let up = packhorse.up(0, &[]);
        let found = packhorse.expect("", &["PH0305"]);
        assert!(found[0]["evidence"].as_str().unwrap().contains(evidence), "{found:?}");
        packhorse.mend(&found[0]);
        packhorse.expect("", &[]);
        up.stop();
        files.iter().for_each(|file| std::fs::remove_file(file).unwrap());
    }
    let up = packhorse.up(0, &[]);
    packhorse.expect("", &[]);
    up.stop();
    let settings = packhorse.data().join("MasterSettings.toml");
    std::fs::write(&settings, "MasterAddress = 'https://ssis.test:8391'\n").unwrap();
    let up = packhorse.up(0, &[]);
    let found = packhorse.findings("");
    let codes: Vec<_> = found.iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["PH0306"], "{found:#?}");
    packhorse.mend(&found[0]);
    up.stop();
    let up = packhorse.up(0, &[]);
    packhorse.expect("", &[]);
    up.stop();
}

/// A small disk.
struct Disk<'a>(&'a Path);

impl<'a> Disk<'a> {
    fn mount(at: &'a Path, size: &str) -> Self {
        std::fs::create_dir_all(at).unwrap();
        let options = format!("size={size}");
        run("mount", &["-t", "tmpfs", "-o", &options, "tmpfs", &at.to_string_lossy()]);
        Self(at)
    }
}

impl Drop for Disk<'_> {
    fn drop(&mut self) {
        Command::new("umount").arg("-l").arg(self.0).status().ok();
    }
}

#[test]
fn a_disk_that_is_nearly_full_is_found() {
    let packhorse = Packhorse::new();
    let data = packhorse.data();
    let _disk = Disk::mount(&data, "300m");
    let up = packhorse.up(0, &[]);
    let codes = || {
        let said = packhorse.run(&["doctor", "--json"]).json();
        let found = said["findings"].as_array().unwrap().clone();
        found.into_iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(codes(), Vec::<String>::new());
    std::fs::write(data.join("big"), vec![1_u8; 150 << 20]).unwrap();
    assert_eq!(codes(), ["PH0307"]);
    let said = packhorse.run(&["doctor"]);
    assert!(said.out.contains("du -xh"), "{said:?}");
    std::fs::remove_file(data.join("big")).unwrap();
    assert_eq!(codes(), Vec::<String>::new());
    up.stop();
}

#[test]
fn a_missing_file_and_a_key_of_another_ssisdb_are_told_apart() {
    let (packhorse, other) = (Packhorse::new(), Packhorse::new());
    other.ok(&["init", "--workers", "0"]);
    let up = packhorse.up(0, &[]);
    up.stop();
    let none_online = packhorse.findings("");
    // The master said that it ends; the heartbeat that it left is still fresh.
    assert!(none_online.is_empty(), "{none_online:#?}");
    let data = packhorse.data();
    let (file, key) = (data.join("ssisdb.sqlite"), data.join("ssisdb.key"));
    std::fs::rename(&file, data.join("away")).unwrap();
    packhorse.expect("", &["PH0310"]);
    std::fs::rename(data.join("away"), &file).unwrap();
    let own = std::fs::read(&key).unwrap();
    std::fs::copy(other.data().join("ssisdb.key"), &key).unwrap();
    let found = packhorse.expect("", &["PH0319"]);
    assert!(found[0]["fix"].as_str().unwrap().contains("ssisdb.key"), "{found:?}");
    std::fs::write(&key, own).unwrap();
    packhorse.expect("", &[]);
}
