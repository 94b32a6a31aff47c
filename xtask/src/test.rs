//! `cargo xtask test`: everything that must pass before a change lands.

use anyhow::Result;

use crate::{cargo, next_version, run as run_command, servers, tidy};

/// Runs all checks, cheapest first.
pub(crate) fn run() -> Result<()> {
    servers::require(&[servers::OF_TESTS])?;
    run_command(cargo().args(["fmt", "--all", "--check"]))?;
    tidy::run()?;
    next_version::run()?;
    run_command(cargo().args(["test", "--workspace"]))?;
    let strict = ["--workspace", "--all-targets", "--", "-D", "warnings"];
    run_command(cargo().arg("clippy").args(strict))
}
