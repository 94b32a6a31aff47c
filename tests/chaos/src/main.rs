//! The long run: `cargo xtask chaos [FAULTS] [EXECUTIONS] [SEED]` builds the program and calls
//! `chaos PACKHORSE FOLDER FAULTS EXECUTIONS SEED`.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

/// Set inside of the world of its own.
const INSIDE: &str = "CHAOS_INSIDE";

/// The usual time between two faults, in milliseconds.
const EVERY_MS: u64 = 1_800;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let result = if std::env::var_os(INSIDE).is_some() { inside(&words) } else { outside(&words) };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("chaos: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn outside(words: &[String]) -> Result<bool> {
    let missing = chaos::missing_programs();
    if !missing.is_empty() {
        bail!("programs are missing; on Debian: apt-get install {}", missing.join(" "));
    }
    let status = chaos::enter(&std::env::current_exe()?, words).env(INSIDE, "1").status();
    Ok(status.context("cannot start unshare")?.success())
}

fn inside(words: &[String]) -> Result<bool> {
    let [packhorse, folder, faults, executions, seed] = words else {
        bail!("usage: chaos PACKHORSE FOLDER FAULTS EXECUTIONS SEED")
    };
    let plan = chaos::Plan {
        packhorse: Path::new(packhorse).canonicalize().context("no program")?,
        folder: Path::new(folder).canonicalize().context("no folder")?,
        faults: faults.parse().context("FAULTS")?,
        executions: executions.parse().context("EXECUTIONS")?,
        seed: seed.parse().context("SEED")?,
        every_ms: EVERY_MS,
        is_durable: true,
        worker_settings: "TaskFolderRetention = \"00:00:00\"".to_owned(),
    };
    let report = chaos::run(&plan)?;
    println!("{report}");
    Ok(report.holds())
}
