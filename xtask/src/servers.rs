//! The programs that the tests start: servers and unmodified clients, from Debian's packages.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

/// What is needed, and how it is seen to be there.
pub(crate) enum Need {
    /// A program in the search path.
    Program(&'static str),
    /// A file below a folder or one of its folders, where Debian has one for each architecture.
    File(&'static str, &'static str),
    /// A command that ends well.
    Answer(&'static str, &'static [&'static str]),
}

/// Needs, and the Debian package that has each.
pub(crate) type Needs = [(Need, &'static str)];

/// What `cargo test` starts.
pub(crate) const OF_TESTS: &Needs = &[
    (Need::Program("initdb"), "postgresql"),
    (Need::Program("patroni"), "patroni"),
    (Need::Program("etcd"), "etcd-server"),
    (Need::Program("curl"), "curl"),
    (Need::Program("haproxy"), "haproxy"),
    (Need::Program("patch"), "patch"),
    (Need::Program("tsql"), "freetds-bin"),
    (Need::Program("ip"), "iproute2"),
    (Need::Program("nft"), "nftables"),
    (Need::Program("faketime"), "faketime"),
    (Need::Program("xmllint"), "libxml2-utils"),
    (Need::Program("xsltproc"), "xsltproc"),
    (Need::Program("aiosmtpd"), "python3-aiosmtpd"),
    (Need::Program("openssl"), "openssl"),
    (Need::Program("vsftpd"), "vsftpd"),
    (Need::Program("sslscan"), "sslscan"),
];

/// Sees to it that all of them are there: root installs what is missing, others are told how.
/// Said at once, and not after minutes by the first test that needs one.
pub(crate) fn require(needs: &[&Needs]) -> Result<()> {
    let missing = missing(needs);
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
    let missing = self::missing(needs);
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

fn missing(needs: &[&Needs]) -> Vec<&'static str> {
    let needs = needs.iter().flat_map(|needs| needs.iter());
    let mut missing: Vec<_> =
        needs.filter(|(need, _)| !need.is_met()).map(|(_, package)| *package).collect();
    missing.dedup();
    missing
}

impl Need {
    fn is_met(&self) -> bool {
        match self {
            Self::Program(name) => find(name).is_some(),
            Self::File(folder, name) => file_below(folder, name).is_some(),
            Self::Answer(program, arguments) => {
                let mut command = Command::new(program);
                command.args(*arguments).stdout(Stdio::null()).stderr(Stdio::null());
                command.status().is_ok_and(|status| status.success())
            }
        }
    }
}

/// A file in a folder or in one of the folders in it.
pub(crate) fn file_below(folder: &str, name: &str) -> Option<PathBuf> {
    let folder = Path::new(folder);
    let inner = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let folders = std::iter::once(folder.to_owned()).chain(inner.map(|entry| entry.path()));
    folders.map(|folder| folder.join(name)).find(|file| file.exists())
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
