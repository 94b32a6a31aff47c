//! The way from a worker or a third machine to a master: a machine each, with real firewalls.

use testkit::lab::{Lab, Machine};
use testkit::wait_for;

use super::support::{Patient as _, Running, commands, programs};

/// A master on `one` and a worker on `w1`, joined and running; `x` is a third machine.
struct Ground {
    _lab: Lab,
    folder: tempfile::TempDir,
    one: Machine,
    w1: Machine,
    x: Machine,
    master: Option<Running>,
    worker: Option<Running>,
    pin: String,
}

impl Ground {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lab = Lab::new(folder.path(), &["one", "w1", "x"]);
        let [one, w1, x] = ["one", "w1", "x"].map(|name| lab.machine(name, programs()));
        let made = one.ok("packhorse init --workers 0 --host one --json");
        let made: serde_json::Value = serde_json::from_str(&made).unwrap();
        let pin = made["thumbprint"].as_str().unwrap().to_owned();
        let mut ground = Self { _lab: lab, folder, one, w1, x, master: None, worker: None, pin };
        ground.start_master("packhorse master");
        ground
    }

    fn start_master(&mut self, command: &str) {
        std::fs::remove_file(self.one.home().join(".packhorse/master.endpoint")).ok();
        let log = self.folder.path().join("master.log");
        self.master = Some(Running::start(self.one.shell(command), &log));
        wait_for("the master to say where it listens", || {
            let file = self.one.home().join(".packhorse/master.endpoint");
            if file.exists() { Ok(()) } else { Err("not yet") }
        });
        self.one.until("", &[]);
    }

    fn start_worker(&mut self, command: &str) {
        let log = self.folder.path().join("worker.log");
        self.worker = Some(Running::start(self.w1.shell(command), &log));
    }

    fn outside(&self) -> String {
        format!("--endpoint https://one:8391 --thumbprint {}", self.pin)
    }
}

/// Drops what comes to a machine's port.
const DROP: &str = "nft add table inet wall && \
    nft add chain inet wall in '{ type filter hook input priority 0; }' && \
    nft add rule inet wall in tcp dport 8391 drop";

#[test]
fn what_blocks_the_way_to_a_master_is_told_apart_and_mended() {
    let mut ground = Ground::new();
    let outside = ground.outside();
    ground.x.expect(&outside, &[]);
    // A worker that nobody trusts, and that does not run.
    let pin = ground.pin.clone();
    ground.w1.ok(&format!("packhorse join https://one:8391 --thumbprint {pin}"));
    let found = ground.w1.expect("", &["PH0315", "PH0329"]);
    let [untrusted, stopped] = &found_by(&found, ["PH0315", "PH0329"]);
    assert_eq!(untrusted["run_at"], "a master");
    ground.one.mend(untrusted);
    ground.w1.expect("", &["PH0329"]);
    ground.start_worker(&commands(stopped)[0]);
    ground.w1.until("", &[]);
    // A firewall that drops what comes, as seen by worker and third machine.
    ground.one.ok(DROP);
    ground.w1.expect("", &["PH0322"]);
    ground.x.expect(&outside, &["PH0322"]);
    ground.one.ok("nft delete table inet wall");
    ground.w1.expect("", &[]);
    ground.x.expect(&outside, &[]);
    // One that says so is told from a port where nobody listens, too.
    ground.one.ok(&DROP.replace(" drop", " reject with icmpx type admin-prohibited"));
    ground.x.expect(&outside, &["PH0322"]);
    ground.one.ok("nft delete table inet wall");
    // Nobody listens.
    ground.master.take().unwrap().kill();
    let found = ground.x.expect(&outside, &["PH0321"]);
    assert_eq!(found[0]["run_at"], "one");
    ground.start_master(&commands(&found[0])[0]);
    ground.x.expect(&outside, &[]);
    ground.w1.until("", &[]);
}

fn found_by(found: &[serde_json::Value], codes: [&str; 2]) -> [serde_json::Value; 2] {
    codes.map(|code| found.iter().find(|one| one["code"] == code).unwrap().clone())
}

#[test]
fn wrong_addresses_thumbprints_and_clocks_are_found_at_the_worker() {
    let ground = Ground::new();
    let added = ground.one.ok("packhorse workers add --endpoint https://one:8391 --json");
    let added: serde_json::Value = serde_json::from_str(&added).unwrap();
    ground.w1.ok(added["command"].as_str().unwrap());
    let log = ground.folder.path().join("worker.log");
    let start = || Running::start(ground.w1.shell("packhorse worker"), &log);
    let worker = start();
    ground.w1.until("", &[]);
    let settings = ground.w1.home().join(".packhorse/workers/1/WorkerSettings.toml");
    let right = std::fs::read_to_string(&settings).unwrap();
    worker.kill();
    let wrong = |from: &str, to: &str, codes: &[&str]| {
        std::fs::write(&settings, right.replace(from, to)).unwrap();
        let worker = start();
        let found = ground.w1.until("", codes);
        assert!(format!("{found:?}").contains("WorkerSettings.toml"), "{found:?}");
        worker.kill();
    };
    wrong(":8391", ":8392", &["PH0321"]);
    wrong("//one:", "//no-such-host.invalid:", &["PH0320"]);
    // A worker that has spoken with masters knows their certificates; a third machine does not.
    let other = ground.outside().replace(&ground.pin, &"AB".repeat(32));
    ground.x.expect(&other, &["PH0324"]);
    wrong("https://one:8391", "ftp://one", &["PH0302", "PH0329"]);
    std::fs::write(&settings, &right).unwrap();
    let _worker = start();
    ground.w1.until("", &[]);
    // Another clock than the master's.
    let said = ground.w1.ok("faketime -f +1h packhorse doctor || true");
    assert!(said.contains("PH0317") && said.contains("1 finding"), "{said}");
    ground.w1.expect("", &[]);
    // Copied as it is, and on a machine of its own.
    let copy = ground.x.home().join(".packhorse");
    let from = ground.w1.home().join(".packhorse");
    ground.x.ok(&format!("cp -a {} {}", from.display(), copy.display()));
    let twin = Running::start(ground.x.shell("packhorse worker"), &log.with_extension("x"));
    let found = ground.one.until("", &["PH0309"]);
    let evidence = found[0]["evidence"].as_str().unwrap();
    assert!(evidence.contains("w1:/") && evidence.contains("x:/"), "{evidence}");
    ground.w1.until("", &["PH0309"]);
    twin.kill();
    std::fs::remove_dir_all(&copy).unwrap();
    ground.w1.until("", &[]);
    ground.one.until("", &[]);
}

#[test]
fn what_is_no_master_at_the_port_is_found() {
    let mut ground = Ground::new();
    let outside = ground.outside();
    ground.master.take().unwrap().kill();
    // Something that does not speak TLS.
    let echo = "import socket\nl = socket.create_server(('', 8391))\n\
                while True:\n c, _ = l.accept(); c.sendall(b'220 mail.test ready\\r\\n'); c.close()";
    let mut mail = ground.one.command("python3");
    mail.args(["-c", echo]);
    let mail = Running::start(mail, &ground.folder.path().join("mail.log"));
    ground.x.until(&outside, &["PH0323"]);
    ground.one.expect("", &["PH0323"]);
    mail.kill();
    // Another certificate than the configured one.
    ground.one.ok("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 9 \
         -subj /CN=one -keyout other.key -out other.crt 2>&1");
    let mut server = ground.one.command("openssl");
    server.args("s_server -quiet -accept 8391 -cert other.crt -key other.key".split(' '));
    let server = Running::start(server, &ground.folder.path().join("s_server.log"));
    ground.x.until(&outside, &["PH0324"]);
    ground.one.expect("", &["PH0336"]);
    server.kill();
    // A master of a time before any protocol that this program understands: there has been none
    // yet, so this one has its certificate, and only says less than masters do.
    ground.one.ok("cat .packhorse/certs/master.crt .packhorse/certs/master.key >old.pem");
    std::fs::write(ground.one.home().join("old.cfg"), OLD_MASTER).unwrap();
    let old = ground.one.shell("exec haproxy -db -f old.cfg");
    let old = Running::start(old, &ground.folder.path().join("old.log"));
    let found = ground.x.until(&outside, &["PH0342"]);
    assert!(found[0]["fix"].as_str().unwrap().starts_with("upgrade the master"), "{found:?}");
    old.kill();
    ground.start_master("packhorse master");
    ground.x.expect(&outside, &[]);
}

/// Answers as a master does that does not name its protocol.
const OLD_MASTER: &str = "\
defaults
  mode http
  timeout client 5s
frontend old
  bind :8391 ssl crt old.pem alpn h2
  http-request return status 200 content-type application/json string {}
";
