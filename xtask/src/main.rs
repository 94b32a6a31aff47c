//! Project automation: `cargo xtask test | tidy | chaos | failover | simulate | retail | bench | clients`.
//!
//! One place for what CI, a new user and an engineer run. Nothing here is part of the product.

mod bench;
mod chaos;
mod clients;
mod next_version;
mod peers;
mod retail;
mod servers;
mod test;
mod tidy;

use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

const USAGE: &str = "\
usage: cargo xtask <command>

  test                 everything CI runs: format, lints, layers, unit, property and system tests,
                       and SQL Server's clients
  slow                 the system tests that `test` leaves out: two versions of the program side by side
  tidy                 only the checks of layers, sizes, headers and error pages
  chaos [FAULTS] [EXECUTIONS] [SEED]
                       1000 faults in a cluster that runs 50000 packages, and nothing may be lost
  failover ROUNDS [SEED]
                       lose ROUNDS primaries of a Patroni cluster while masters write, and count
  simulate SEED [N]    replay one seed of the cluster simulation for N steps (default 4000)
  retail ROWS DIR      write input for examples/retail into DIR, ROWS sales in all
  retail-check DIR     compare what the packages wrote there with what must have come of it
  bench                measure one box side by side with what it could cost at least
  bench failover       measure how long clients wait when a master, the primary, a worker is killed
  bench idle-workers [COUNT]
                       measure what 1000 connected workers without work cost a master
  bench rotation [COUNT]
                       exchange every certificate of a cluster while 500 packages run, and
                       measure how soon a removed worker is shut out
  next-version         build another version of the program, for the tests of upgrades
  clients [NAME]       run SQL Server's clients, unmodified, against servers of this program";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["test"] => test::run(),
        ["slow"] => test::run_slow(),
        ["tidy"] => tidy::run(),
        ["chaos"] => chaos::faults(["1000", "50000", "1"]),
        ["chaos", faults] => chaos::faults([faults, "50000", "1"]),
        ["chaos", faults, executions] => chaos::faults([faults, executions, "1"]),
        ["chaos", faults, executions, seed] => chaos::faults([faults, executions, seed]),
        ["failover", rounds] => failover(rounds, "1"),
        ["failover", rounds, seed] => failover(rounds, seed),
        ["simulate", seed] => simulate(seed, "4000"),
        ["simulate", seed, steps] => simulate(seed, steps),
        ["retail", rows, folder] => retail::generate(rows, folder.as_ref()),
        ["retail-check", folder] => retail::check(folder.as_ref()),
        ["bench"] => bench::run(),
        ["bench", "failover"] => chaos::failover(),
        ["bench", "idle-workers"] => chaos::idle_workers("1000"),
        ["bench", "idle-workers", count] => chaos::idle_workers(count),
        ["bench", "rotation"] => rotation("500"),
        ["bench", "rotation", count] => rotation(count),
        ["clients"] => clients::run(None),
        ["clients", name] => clients::run(Some(name)),
        ["next-version"] => next_version::run(),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Replays one seed of the simulation that `scaleout` runs in its tests.
fn simulate(seed: &str, steps: &str) -> Result<()> {
    let mut command = cargo();
    command
        .args(["test", "--package", "scaleout", "--", "--nocapture", "replay_one_seed"])
        .env("SEED", seed)
        .env("STEPS", steps);
    run(&mut command)
}

/// The failover test of the catalog, for as long as is asked for.
fn failover(rounds: &str, seed: &str) -> Result<()> {
    let mut command = cargo();
    command
        .args(["test", "--package", "catalog", "--test", "failover", "--", "--nocapture"])
        .env("ROUNDS", rounds)
        .env("SEED", seed);
    run(&mut command)
}

/// The tests of the exchange of certificates, with as many packages as are asked for, and of a
/// worker that is removed, one after the other: they print their figures.
fn rotation(count: &str) -> Result<()> {
    if count.parse::<u16>().is_err() {
        bail!("`{count}` is no number of packages");
    }
    let mut command = cargo();
    command.args(["test", "--release", "--package", "packhorse", "--test", "system", "--"]);
    command.args(["--nocapture", "--test-threads", "1"]).args(test::CERTIFICATES);
    run(command.env("ROTATION_PACKAGES", count))
}

/// A cargo command in the root of the project.
fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// The root of the project.
fn root() -> &'static std::path::Path {
    std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Runs a command and fails when it fails.
fn run(command: &mut Command) -> Result<()> {
    let text = format!("{command:?}");
    let status = command.status().with_context(|| format!("cannot start {text}"))?;
    if !status.success() {
        bail!("{text} failed: {status}");
    }
    Ok(())
}
