//! One address for all masters: HAProxy with the text of the guide.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use testkit::postgres::free_port;
use testkit::wait_until;

use crate::harness::Packhorse;
use crate::roles::{Master, lines, login, pin, ready_at, select_one, start, this_program};

const GUIDE: &str = include_str!("../../../../docs/guides/high-availability.md");
const ALL_DONE: Duration = Duration::from_secs(240);

/// Requests through the address after a master is gone.
const REQUESTS: usize = 20;

/// What the guide calls the machines and the address, and what they are in the test.
const PLACES: [(&str, &str); 4] = [
    (" one:", " 127.0.0.1:"),
    (" two:", " 127.0.0.2:"),
    (" three:", " 127.0.0.3:"),
    ("192.0.2.10:", "127.0.0.10:"),
];

/// HAProxy, ended when dropped.
struct Proxy(Child);

impl Drop for Proxy {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

impl Proxy {
    fn start(packhorse: &Packhorse, port: u16, tds_port: u16) -> Self {
        let (_, text) = GUIDE.split_once("```haproxy\n").unwrap();
        let (text, _) = text.split_once("```").unwrap();
        let mut text = text.to_owned();
        for (there, here) in PLACES {
            assert!(text.contains(there), "the guide's text has changed: {there}");
            text = text.replace(there, here);
        }
        let text = text.replace("8391", &port.to_string()).replace("1433", &tds_port.to_string());
        let path = packhorse.write("haproxy.cfg", text);
        let log = std::fs::File::create(packhorse.folder().join("haproxy.log")).unwrap();
        let mut command = Command::new("haproxy");
        command.args(["-db", "-f"]).arg(path).stdin(Stdio::null());
        let started = command.stdout(log.try_clone().unwrap()).stderr(log).spawn();
        Self(started.expect("haproxy starts (Debian: apt-get install haproxy)"))
    }
}

#[test]
fn requests_go_on_through_one_address_when_a_master_is_killed() {
    let program = this_program();
    let mut one = Master::first(None, 1);
    let mut two = Master::beside(&one, None);
    // The guide has the same ports on all machines; loopback addresses are the machines here.
    let (port, tds_port) = (free_port(), free_port());
    (one.port, one.tds_port, two.port, two.tds_port) = (port, tds_port, port, tds_port);
    // One certificate for all, for the commands, which trust that of their own master.
    for name in ["master.crt", "master.key"] {
        let certificate = |master: &Master| master.packhorse.data().join("certs").join(name);
        std::fs::copy(certificate(&one), certificate(&two)).unwrap();
    }
    let words = |address: &str| {
        let (port, tds_port) = (port.to_string(), tds_port.to_string());
        let words = ["master", "--bind", address, "--port", &port, "--tds-port", &tds_port];
        words.map(str::to_owned)
    };
    let run = |master: &Master, address: &str| {
        let words = words(address);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        start(&program, &master.packhorse, &words, "master.log")
    };
    let mut first = run(&one, "127.0.0.1");
    let second = run(&two, "127.0.0.2");
    login(&one.packhorse);
    let proxy = Proxy::start(&one.packhorse, port, tds_port);
    let address = format!("https://127.0.0.10:{port}");
    wait_until("the address to lead to a master", ALL_DONE, || {
        match ready_at(&format!("{address}/ready")) {
            200 => Ok(()),
            other => Err(other),
        }
    });
    // From here on the command and the worker know nothing but the address.
    std::fs::write(one.packhorse.data().join("master.endpoint"), format!("{address}\n")).unwrap();
    pin(&one.packhorse, 1, &[&one.thumbprint]);
    let worker = start(&program, &one.packhorse, &["worker", "--master", &address], "worker.log");
    let ran = one.packhorse.folder().join("ran");
    one.deploy(&format!("echo x >> {}; sleep 0.1", ran.display()));
    one.packhorse.ok(&["execute", "Packhorse/Jobs/Job.dtsx", "--times", "40"]);
    wait_until("packages to run", ALL_DONE, || match lines(&ran) {
        0..5 => Err("fewer than 5"),
        _ => Ok(()),
    });
    wait_until("T-SQL at the address", ALL_DONE, || select_one("127.0.0.10", tds_port));
    first.kill();
    for _ in 0..REQUESTS {
        one.packhorse.ok(&["executions", "--limit", "1"]);
        select_one("127.0.0.10", tds_port).unwrap();
    }
    wait_until("all packages to have succeeded", ALL_DONE, || {
        let done = one.succeeded()?;
        if done == 40 { Ok(()) } else { Err(done.to_string()) }
    });
    assert_eq!(lines(&ran), 40, "each package ran once");
    drop((worker, proxy, second));
}
