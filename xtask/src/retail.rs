//! `cargo xtask retail`: input for `examples/retail`, and the check of what came out.

use std::path::Path;

use anyhow::{Context, Result, bail};

/// Writes the input of `rows` sales, and what must come of it, into `folder`.
pub(crate) fn generate(rows: &str, folder: &Path) -> Result<()> {
    let rows: u64 = rows.replace(['_', ','], "").parse().context("ROWS is not a number")?;
    let counts = testkit::retail::generate(rows, folder)?;
    println!("{}: {counts:?}", folder.display());
    Ok(())
}

/// Compares what the packages wrote into `folder` with what must have come of its input.
pub(crate) fn check(folder: &Path) -> Result<()> {
    if let Err(difference) = testkit::retail::check(folder) {
        bail!("{difference}");
    }
    println!("{}: every file is as expected", folder.display());
    Ok(())
}
