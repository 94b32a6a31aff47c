//! The programs that the tests start: servers and unmodified clients, from Debian's packages.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

/// A program, and the package that has it.
const NEEDED: &[(&str, &str)] = &[
    ("initdb", "postgresql"),
    ("patroni", "patroni"),
    ("etcd", "etcd-server"),
    ("curl", "curl"),
    ("haproxy", "haproxy"),
    ("patch", "patch"),
    ("tsql", "freetds-bin"),
    ("ip", "iproute2"),
    ("nft", "nftables"),
    ("faketime", "faketime"),
    ("aiosmtpd", "python3-aiosmtpd"),
    ("openssl", "openssl"),
];

/// Sees to it that all of them are there: root installs what is missing, others are told how.
/// Said at once, and not after minutes by the first test that needs one.
pub(crate) fn require() -> Result<()> {
    let missing = missing();
    if missing.is_empty() {
        return Ok(());
    }
    let packages = missing.join(" ");
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n");
    if !is_root || find("apt-get").is_none() {
        bail!("the tests start programs that are not here; on Debian: apt-get install {packages}");
    }
    eprintln!("installing what the tests start: {packages}");
    // Lists may be too old, or not there; if they cannot be fetched, the old ones may do.
    let _fetched = apt(&["update", "-qq"]);
    let mut install = vec!["install", "-y", "-qq", "--no-install-recommends"];
    install.extend(&missing);
    let installed = apt(&install);
    let missing = self::missing();
    if !installed || !missing.is_empty() {
        bail!("cannot install {}: run apt-get install {packages} to see why", missing.join(" "));
    }
    Ok(())
}

fn apt(arguments: &[&str]) -> bool {
    let run =
        Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive").status();
    run.is_ok_and(|status| status.success())
}

fn missing() -> Vec<&'static str> {
    let needed = NEEDED.iter().filter(|(program, _)| find(program).is_none());
    needed.map(|(_, package)| *package).collect()
}

/// Where a program is. Debian keeps those of PostgreSQL's server out of the search path.
fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    folders.extend(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from));
    let versions = std::fs::read_dir(Path::new("/usr/lib/postgresql")).into_iter().flatten();
    folders.extend(versions.flatten().map(|version| version.path().join("bin")));
    folders.into_iter().map(|folder| folder.join(program)).find(|file| file.exists())
}
