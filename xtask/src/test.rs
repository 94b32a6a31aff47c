//! `cargo xtask test`: everything that must pass before a change lands.

use anyhow::Result;

use crate::{cargo, clients, next_version, run as run_command, servers, tidy};

/// The longest of the certificates' tests, which `cargo xtask bench rotation` measures with.
pub(crate) const CERTIFICATES: [&str; 2] = [
    "cert::packages_that_run_while_every_certificate_is_exchanged_succeed",
    "cert::a_removed_worker_is_shut_out_at_every_master",
];

/// Tests of `cargo xtask slow`: those that need a second build of the program, which takes longer
/// than they do.
const SLOW: [&str; 1] = ["upgrade::masters_and_workers"];

/// Runs all checks, cheapest first.
pub(crate) fn run() -> Result<()> {
    servers::require(&[servers::OF_TESTS, clients::NEEDS])?;
    run_command(cargo().args(["fmt", "--all", "--check"]))?;
    tidy::run()?;
    let mut tests = cargo();
    tests.args(["test", "--workspace", "--"]);
    run_command(SLOW.iter().fold(&mut tests, |tests, name| tests.args(["--skip", name])))?;
    clients::run(None)?;
    let strict = ["--workspace", "--all-targets", "--", "-D", "warnings"];
    run_command(cargo().arg("clippy").args(strict))
}

/// Runs what [`run`] leaves out.
pub(crate) fn run_slow() -> Result<()> {
    servers::require(&[servers::OF_TESTS])?;
    next_version::run()?;
    let mut tests = cargo();
    tests.args(["test", "--package", "packhorse", "--test", "system", "--"]).args(SLOW);
    run_command(&mut tests)
}
