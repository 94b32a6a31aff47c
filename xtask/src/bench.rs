//! `cargo xtask bench`: the benchmarks of `bench/`, each side by side with its peers.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{root, run as run_command};

/// Runs one benchmark, or all.
pub(crate) fn run(only: Option<&str>) -> Result<()> {
    let folder = root().join("bench");
    let mut names: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(&folder).context("cannot read bench/")? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if let Some(stem) = name.strip_suffix(".sh") {
            names.push(stem.to_owned());
        }
    }
    names.sort();
    if let Some(only) = only {
        if !names.iter().any(|name| name == only) {
            bail!("there is no benchmark `{only}`; there are: {}", names.join(", "));
        }
        names.retain(|name| name == only);
    }
    for name in names {
        run_command(Command::new("bash").arg(folder.join(format!("{name}.sh"))))?;
    }
    Ok(())
}
