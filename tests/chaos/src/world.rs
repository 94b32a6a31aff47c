//! A world of its own for a cluster: hosts with an address each, links that can be cut, small
//! disks. Made of namespaces and gone with them.
//!
//! ```text
//!    unshare (network, mounts, processes)
//!      clients 10.77.0.1 ── bridge ──┬── m1 10.77.0.10 (network namespace)
//!                                    ├── m2 10.77.0.11
//!                                    └── ...
//! ```
//!
//! A link is cut where packets arrive, one way: nftables at the receiving host drops what comes
//! from the sender's address, without a word to either.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// The host that the harness and its clients are on.
pub(crate) const CLIENTS: &str = "clients";

/// What is needed of the machine besides servers: program and Debian package.
const PROGRAMS: [(&str, &str); 7] = [
    ("unshare", "util-linux"),
    ("ip", "iproute2"),
    ("nft", "nftables"),
    ("etcd", "etcd-server"),
    ("patroni", "patroni"),
    ("curl", "curl"),
    ("faketime", "faketime"),
];

const RULES: &str = "table inet chaos {
  set blocked { type ipv4_addr; }
  chain input { type filter hook input priority 0; ip saddr @blocked drop; }
}";

/// Hosts of a cluster.
#[derive(Debug)]
pub(crate) struct World {
    addresses: BTreeMap<String, String>,
}

/// Debian packages whose programs are not here.
pub fn missing_programs() -> Vec<&'static str> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<_> = std::env::split_paths(&path).collect();
    folders.extend(["/usr/sbin", "/sbin"].map(Into::into));
    let is_missing = |name: &str| !folders.iter().any(|folder| folder.join(name).exists());
    PROGRAMS.iter().filter(|(name, _)| is_missing(name)).map(|(_, package)| *package).collect()
}

/// Whether this process is root's.
pub(crate) fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|this| this.uid() == 0)
}

/// The command that runs `program` with these arguments in a world of its own, where [`crate::run`]
/// can be called. All that it started ends with it.
pub fn enter(program: &Path, arguments: &[String]) -> Command {
    let mut command = Command::new("unshare");
    if !is_root() {
        command.args(["--user", "--map-current-user", "--keep-caps"]);
    }
    command.args(["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]);
    // The first process of a process namespace is the parent of all orphans. A shell that waits
    // takes note of their ends, which this program would not.
    command.args(["sh", "-c", "\"$@\" & wait $!", "sh"]).arg(program).args(arguments);
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{path}:/usr/sbin:/sbin"));
    command
}

impl World {
    /// Makes hosts of these names in the world that this process is in.
    pub(crate) fn new(names: &[String]) -> Result<Self> {
        if std::fs::read_dir("/sys/class/net").is_ok() && has_other_interfaces()? {
            bail!("this is not a world of its own: start it with `chaos::enter`");
        }
        run(Command::new("mount").args(["-t", "tmpfs", "-o", "mode=755", "chaos", "/run"]))?;
        run(Command::new("mount").args(["-t", "tmpfs", "-o", "mode=1777", "chaos", "/dev/shm"]))?;
        ip("link set lo up")?;
        ip("link add hub type bridge")?;
        ip("addr add 10.77.0.1/24 dev hub")?;
        ip("link set hub up")?;
        rules(&mut Command::new("nft"))?;
        let mut addresses = BTreeMap::from([(CLIENTS.to_owned(), "10.77.0.1".to_owned())]);
        for (index, name) in names.iter().enumerate() {
            let address = format!("10.77.0.{}", 10 + index);
            add_host(name, &address)?;
            addresses.insert(name.clone(), address);
        }
        Ok(Self { addresses })
    }

    /// The address of a host.
    pub(crate) fn address(&self, host: &str) -> &str {
        self.addresses.get(host).map_or("", String::as_str)
    }

    /// A command that runs at a host, as root or as the account that PostgreSQL accepts. The
    /// process keeps its number from the start to the program itself.
    pub(crate) fn command(&self, host: &str, words: &[String], ordinary: bool) -> Command {
        let mut all: Vec<String> = Vec::new();
        if host != CLIENTS {
            all.extend(["nsenter".to_owned(), format!("--net=/run/netns/{host}")]);
        }
        if ordinary && is_root() {
            let account = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"];
            all.extend(account.map(str::to_owned));
        }
        all.extend(words.iter().cloned());
        let mut command = Command::new(all.first().map_or("false", String::as_str));
        command.args(all.iter().skip(1)).stdin(Stdio::null());
        command
    }

    /// Numbers and command lines of the processes of a host.
    pub(crate) fn processes(&self, host: &str) -> Vec<(i32, Vec<String>)> {
        let Ok(wanted) = std::fs::metadata(format!("/run/netns/{host}")) else { return Vec::new() };
        let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
        let one = |entry: std::io::Result<std::fs::DirEntry>| {
            let path = entry.ok()?.path();
            let id: i32 = path.file_name()?.to_str()?.parse().ok()?;
            let network = std::fs::metadata(path.join("ns/net")).ok()?;
            let line = std::fs::read(path.join("cmdline")).ok()?;
            let words = line.split(|&byte| byte == 0).filter(|word| !word.is_empty());
            let words = words.map(|word| String::from_utf8_lossy(word).into_owned());
            (network.ino() == wanted.ino()).then(|| (id, words.collect()))
        };
        entries.filter_map(one).collect()
    }

    /// Lets nothing that `from` sends arrive at `to`, or lets it arrive again.
    pub(crate) fn cut(&self, from: &str, to: &str, is_cut: bool) -> Result<()> {
        let verb = if is_cut { "add" } else { "delete" };
        let change = format!("{verb} element inet chaos blocked {{ {} }}", self.address(from));
        let words = vec!["nft".to_owned(), change];
        run(&mut self.command(to, &words, false))
    }

    /// Makes a folder a small disk.
    pub(crate) fn disk(&self, folder: &Path, mb: u32) -> Result<()> {
        std::fs::create_dir_all(folder)?;
        let size = format!("size={mb}m,mode=755");
        run(Command::new("mount").args(["-t", "tmpfs", "-o", &size, "chaos"]).arg(folder))
    }
}

fn has_other_interfaces() -> Result<bool> {
    let listed = Command::new("ip").args(["-o", "link"]).output().context("cannot start ip")?;
    Ok(String::from_utf8_lossy(&listed.stdout).lines().any(|line| !line.contains(": lo:")))
}

fn add_host(name: &str, address: &str) -> Result<()> {
    ip(&format!("netns add {name}"))?;
    ip(&format!("link add to-{name} type veth peer name eth0 netns {name}"))?;
    ip(&format!("link set to-{name} master hub up"))?;
    ip(&format!("-n {name} link set lo up"))?;
    ip(&format!("-n {name} addr add {address}/24 dev eth0"))?;
    ip(&format!("-n {name} link set eth0 up"))?;
    let mut at_host = Command::new("nsenter");
    at_host.args([&format!("--net=/run/netns/{name}"), "nft"]);
    rules(&mut at_host)
}

fn rules(nft: &mut Command) -> Result<()> {
    run(nft.arg(RULES))
}

fn ip(words: &str) -> Result<()> {
    run(Command::new("ip").args(words.split(' ')))
}

/// Runs a command that must succeed, and shows what it says if it does not.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    output(command).map(drop)
}

/// What a command that must succeed writes.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let text = format!("{command:?}");
    let said = command.stdin(Stdio::null()).output();
    let said = said.with_context(|| format!("cannot start {text}"))?;
    if !said.status.success() {
        bail!("{text} failed ({}): {}", said.status, String::from_utf8_lossy(&said.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&said.stdout).into_owned())
}
