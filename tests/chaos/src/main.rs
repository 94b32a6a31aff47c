//! The long run and the measurements: what `cargo xtask chaos` and `cargo xtask bench failover`
//! and `idle-workers` call once the program is built.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};

const USAGE: &str = "\
usage: chaos faults PACKHORSE FOLDER FAULTS EXECUTIONS SEED
       chaos failover PACKHORSE FOLDER
       chaos idle-workers PACKHORSE FOLDER COUNT";

/// Set inside of the world of its own.
const INSIDE: &str = "CHAOS_INSIDE";

/// After how long a run ends although it is not complete; `CHAOS_MINUTES` says otherwise.
const MINUTES: u64 = 180;

/// The usual time between two faults, in milliseconds.
const EVERY_MS: u64 = 1_800;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    // One master and clients on this machine need no world of their own.
    let stays = words.first().is_some_and(|word| word == "idle-workers");
    let result =
        if stays || std::env::var_os(INSIDE).is_some() { inside(&words) } else { outside(&words) };
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
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let report = match words[..] {
        ["faults", packhorse, folder, faults, executions, seed] => chaos::run(&chaos::Plan {
            faults: faults.parse().context("FAULTS")?,
            executions: executions.parse().context("EXECUTIONS")?,
            seed: seed.parse().context("SEED")?,
            ..plan(packhorse, folder)?
        }),
        ["failover", packhorse, folder] => chaos::failover(&plan(packhorse, folder)?),
        ["idle-workers", packhorse, folder, count] => {
            let plan = plan(packhorse, folder)?;
            chaos::idle_workers(&plan.packhorse, &plan.folder, count.parse().context("COUNT")?)
        }
        _ => bail!("{USAGE}"),
    };
    let report = report?;
    println!("{report}");
    Ok(report.holds())
}

fn plan(packhorse: &str, folder: &str) -> Result<chaos::Plan> {
    let minutes = std::env::var("CHAOS_MINUTES").ok().and_then(|text| text.parse().ok());
    let minutes: u64 = minutes.unwrap_or(MINUTES);
    Ok(chaos::Plan {
        packhorse: Path::new(packhorse).canonicalize().context("no program")?,
        folder: Path::new(folder).canonicalize().context("no folder")?,
        faults: 0,
        executions: 0,
        seed: 1,
        every_ms: EVERY_MS,
        time_max: Duration::from_secs(minutes * 60),
        is_durable: true,
        worker_settings: "TaskFolderRetention = \"00:00:00\"".to_owned(),
    })
}
