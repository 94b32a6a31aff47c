//! `cargo xtask chaos`, `bench failover` and `bench idle-workers`: the long proof that nothing is
//! lost, and how long clients wait when something is killed (`tests/chaos`).

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use crate::{cargo, root, run as run_command, servers};

/// So many faults, so many executions, this seed.
pub(crate) fn faults(how: [&str; 3]) -> Result<()> {
    run("faults", &how)
}

/// How long clients and packages wait when a master, the primary or a worker is killed.
pub(crate) fn failover() -> Result<()> {
    run("failover", &[])
}

/// What so many connected workers without work cost a master.
pub(crate) fn idle_workers(count: &str) -> Result<()> {
    run("idle-workers", &[count])
}

/// Builds what is measured, and runs it. What the run wrote stays where it says when something is
/// wrong.
fn run(what: &str, how: &[&str]) -> Result<()> {
    servers::require(&[servers::OF_TESTS])?;
    let packages = ["--package", "packhorse", "--package", "chaos"];
    run_command(cargo().args(["build", "--release"]).args(packages))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let binaries = target.unwrap_or_else(|| root().join("target")).join("release");
    let folder = std::env::temp_dir().join(format!("packhorse-chaos-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let mut chaos = Command::new(binaries.join("chaos"));
    chaos.arg(what).arg(binaries.join("packhorse")).arg(&folder).args(how);
    if let Err(error) = run_command(&mut chaos) {
        bail!("{error}; what the run wrote is in `{}`", folder.display());
    }
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}
