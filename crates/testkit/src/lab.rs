//! Machines for tests: each with a network, a name, a hosts file and processes of its own, joined
//! by a switch, on this one machine. A firewall rule in one of them is a real one, ports are never
//! taken, and a machine that is killed loses everything at once.
//!
//! ```text
//!    test process ──pipe──▶ keeper: unshare ... cat     a machine: network, name, /proc, mounts
//!                                    │ veth
//!                           keeper: unshare ... cat     the switch: a bridge
//! ```
//!
//! A keeper ends with its pipe, so nothing is left behind, whatever ends the test process. Needs
//! root, or `unshare -r` before the command that runs the tests.

pub mod postgres;

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Output, Stdio};

/// What a machine does until its pipe ends. `$1` is its name, `$2` its hosts file. Named
/// semaphores are in memory of its own: `faketime` names one after its process, whose number
/// another machine has given too, and one that was killed leaves it behind.
const MACHINE: &str = r#"
hostname "$1" && mount --bind "$2" /etc/hosts && mount -t tmpfs tmpfs /dev/shm \
  && ip link set lo up && echo ready && exec cat >/dev/null
"#;

/// What the switch does until its pipe ends.
const SWITCH: &str = r"
ip link set lo up && ip link add br0 type bridge && ip link set br0 up && echo ready && exec cat >/dev/null
";

/// The network of the machines.
const NETWORK: &str = "10.77.0";

/// Some machines on one switch.
pub struct Lab {
    switch: Keeper,
    folder: PathBuf,
}

/// A machine. Dropping it switches it off.
pub struct Machine {
    name: String,
    address: String,
    home: PathBuf,
    programs: PathBuf,
    keeper: Keeper,
}

/// A process that holds namespaces, and its first child, which is in them.
struct Keeper {
    process: Child,
    inside: u32,
    _pipe: ChildStdin,
}

impl Keeper {
    fn start(kinds: &[&str], script: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new("unshare");
        command.args(kinds).args(["--fork", "--kill-child", "sh", "-c", script, "keeper"]);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("unshare starts (Debian: util-linux)");
        let pipe = process.stdin.take().expect("stdin is a pipe");
        let mut answer = String::new();
        let mut out = BufReader::new(process.stdout.take().expect("stdout is a pipe"));
        out.read_line(&mut answer).expect("the keeper's answer is text");
        assert_eq!(
            answer, "ready\n",
            "these tests make networks of their own: run them as root, or under `unshare -r`; \
             they need `ip` (Debian: iproute2)"
        );
        let id = process.id();
        let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
        let children = children.expect("the keeper lives");
        let inside = children.split_whitespace().next().and_then(|id| id.parse().ok());
        Self { process, inside: inside.expect("the keeper has a child"), _pipe: pipe }
    }

    fn enter(&self, kinds: &[&str]) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["-t", &self.inside.to_string()]).args(kinds).arg("--");
        command
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

impl Lab {
    /// Makes a switch. Homes and hosts files of its machines are made in `folder`. `names` get
    /// the addresses from 10.77.0.1 on, and know each other by name.
    ///
    /// # Panics
    ///
    /// When this process may not make networks.
    pub fn new(folder: &Path, names: &[&str]) -> Self {
        let lines = names.iter().enumerate();
        let mut hosts: String =
            lines.map(|(index, name)| format!("{NETWORK}.{} {name}\n", index + 1)).collect();
        hosts.push_str("127.0.0.1 localhost\n");
        std::fs::write(folder.join("hosts"), hosts).expect("the folder can be written");
        let switch = Keeper::start(&["--net"], SWITCH, &[]);
        Self { switch, folder: folder.to_owned() }
    }

    /// Switches a machine on: one of the names. `programs` is first in its search path.
    ///
    /// # Panics
    ///
    /// When the name is not one of the lab's, or the machine cannot be made.
    pub fn machine(&self, name: &str, programs: &Path) -> Machine {
        let hosts_file = self.folder.join("hosts");
        let hosts = std::fs::read_to_string(&hosts_file).expect("the hosts file is there");
        let line = hosts.lines().find(|line| line.ends_with(&format!(" {name}")));
        let address = line.and_then(|line| line.split(' ').next()).expect("a name of the lab");
        let home = self.folder.join(name);
        std::fs::create_dir_all(&home).expect("the folder can be written");
        let kinds = ["--net", "--uts", "--mount", "--pid", "--mount-proc"];
        let keeper = Keeper::start(&kinds, MACHINE, &[name, &hosts_file.to_string_lossy()]);
        let machine = Machine {
            name: name.to_owned(),
            address: address.to_owned(),
            home,
            programs: programs.to_owned(),
            keeper,
        };
        let inside = machine.keeper.inside.to_string();
        let port = format!("to-{name}");
        self.wire(&[
            "link", "add", &port, "type", "veth", "peer", "name", "eth0", "netns", &inside,
        ]);
        self.wire(&["link", "set", &port, "master", "br0", "up"]);
        let address = format!("{address}/24");
        machine.ok(&format!("ip addr add {address} dev eth0 && ip link set eth0 up"));
        machine
    }

    fn wire(&self, words: &[&str]) {
        let done =
            self.switch.enter(&["-n"]).arg("ip").args(words).output().expect("nsenter starts");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
}

impl Machine {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its address.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The home of whoever works there.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// A program that runs there, in its home, with a search path in which the lab's programs
    /// come first.
    pub fn command(&self, program: &str) -> Command {
        // Entering mounts leads to the root folder, unless another one is named.
        let home = format!("--wd={}", self.home.display());
        let mut command = self.keeper.enter(&["-n", "-u", "-m", "-p", &home]);
        let path = std::env::var("PATH").unwrap_or_default();
        command.arg(program).stdin(Stdio::null());
        command.env("HOME", &self.home).env_remove("PACKHORSE_DATA_DIR");
        command.env("PATH", format!("{}:{path}:/usr/sbin:/sbin", self.programs.display()));
        command
    }

    /// What a shell there says to a script.
    ///
    /// # Panics
    ///
    /// When there is no shell.
    pub fn sh(&self, script: &str) -> Output {
        self.command("sh").args(["-c", script]).output().expect("nsenter starts")
    }

    /// The same for one that must succeed: what it wrote.
    ///
    /// # Panics
    ///
    /// When it fails.
    pub fn ok(&self, script: &str) -> String {
        let said = self.sh(script);
        let (out, err) =
            (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
        assert!(said.status.success(), "{} on {}: {out}{err}", script, self.name);
        out.into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_have_names_and_reach_each_other_until_one_is_switched_off() {
        let folder = tempfile::tempdir().unwrap();
        let lab = Lab::new(folder.path(), &["one", "two"]);
        let (one, two) =
            (lab.machine("one", Path::new("/bin")), lab.machine("two", Path::new("/bin")));
        assert_eq!(one.ok("hostname").trim(), "one");
        assert_eq!(two.ok("getent hosts one").split_whitespace().next(), Some(one.address()));
        let reach = "exec 3<>/dev/tcp/two/9";
        let answer = one.sh(&format!("bash -c '{reach}' 2>&1"));
        assert!(String::from_utf8_lossy(&answer.stdout).contains("refused"), "{answer:?}");
        drop(two);
        // The kernel takes the network of a machine down a moment after its last process.
        crate::wait_for("nobody to answer", || {
            let answer = one.sh(&format!("timeout 5 bash -c '{reach}' 2>&1"));
            let refused = String::from_utf8_lossy(&answer.stdout).contains("refused");
            if refused { Err(answer) } else { Ok(()) }
        });
    }
}
