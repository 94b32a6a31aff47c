//! `cargo xtask test`: everything that must pass before a change lands.

use std::path::Path;

use anyhow::{Result, bail};

use crate::{cargo, run as run_command, tidy};

/// Runs all checks, cheapest first.
pub(crate) fn run() -> Result<()> {
    require_servers()?;
    run_command(cargo().args(["fmt", "--all", "--check"]))?;
    tidy::run()?;
    run_command(cargo().args(["test", "--workspace"]))?;
    let strict = ["--workspace", "--all-targets", "--", "-D", "warnings"];
    run_command(cargo().arg("clippy").args(strict))
}

/// The tests start servers of their own, whose programs must be there. Said at once, and not after
/// minutes by the first test that needs one.
fn require_servers() -> Result<()> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = |name: &str| std::env::split_paths(&path).any(|folder| folder.join(name).exists());
    let debian = Path::new("/usr/lib/postgresql").is_dir();
    let needed = [
        ("PostgreSQL", debian || found("initdb")),
        ("Patroni", found("patroni")),
        ("etcd", found("etcd")),
        ("curl", found("curl")),
    ];
    let missing: Vec<_> =
        needed.iter().filter(|(_, there)| !there).map(|(name, _)| *name).collect();
    if !missing.is_empty() {
        bail!(
            "the tests start servers of their own, and {} is not installed; on Debian: \
             apt-get install postgresql patroni etcd-server curl",
            missing.join(", ")
        );
    }
    Ok(())
}
