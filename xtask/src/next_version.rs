//! `cargo xtask next-version`: builds another version of the program, for the tests of upgrades.
//!
//! The sources are copied into the target folder, changed by `tests/upgrade/next.patch` (one more
//! migration, one more field of a message, another version number, another name of the binary), and
//! built beside the program itself: crates that both have in common are built once.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::{cargo, root, run as run_command};

/// What the other version is made of.
const SOURCES: [&str; 7] =
    ["Cargo.toml", "Cargo.lock", "clippy.toml", "crates", "docs", "tests", "xtask"];

/// Builds it, unless it is there, made of the same sources.
pub(crate) fn run() -> Result<()> {
    let target = target();
    fs::create_dir_all(target.join("next"))?;
    // Whoever comes meanwhile waits, and finds it built.
    let lock = fs::File::create(target.join("next/lock"))?;
    lock.lock().context("cannot lock the folder of the next version")?;
    let patch = root().join("tests/upgrade/next.patch");
    let mut files = Vec::new();
    SOURCES.iter().try_for_each(|name| list(&root().join(name), &mut files))?;
    files.sort();
    let binary = target.join("debug/packhorse-next");
    let stamp = target.join("next/stamp");
    let sources = fingerprint(&files, &patch)?;
    if binary.exists() && fs::read_to_string(&stamp).is_ok_and(|there| there == sources) {
        return Ok(());
    }
    let copy = target.join("next/source");
    if copy.exists() {
        fs::remove_dir_all(&copy)?;
    }
    for file in &files {
        let to = copy.join(file.strip_prefix(root())?);
        fs::create_dir_all(to.parent().context("a file is in a folder")?)?;
        fs::copy(file, &to)?;
    }
    apply(&patch, &copy)?;
    run_command(
        cargo()
            .args(["build", "--quiet", "--package", "packhorse", "--manifest-path"])
            .arg(copy.join("Cargo.toml"))
            .arg("--target-dir")
            .arg(&target),
    )?;
    fs::write(&stamp, sources)?;
    Ok(())
}

/// Where cargo builds.
fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

fn list(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path).with_context(|| format!("cannot read {}", path.display()))? {
        list(&entry?.path(), files)?;
    }
    Ok(())
}

fn fingerprint(files: &[PathBuf], patch: &Path) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    for file in files.iter().map(PathBuf::as_path).chain([patch]) {
        file.hash(&mut hasher);
        fs::read(file)
            .with_context(|| format!("cannot read {}", file.display()))?
            .hash(&mut hasher);
    }
    Ok(format!("{:016x}\n", hasher.finish()))
}

fn apply(patch: &Path, folder: &Path) -> Result<()> {
    let file = fs::File::open(patch).with_context(|| format!("cannot read {}", patch.display()))?;
    let mut command = Command::new("patch");
    command.args(["-p1", "--no-backup-if-mismatch", "--silent"]);
    let status = command.current_dir(folder).stdin(Stdio::from(file)).status();
    let status = status.context("cannot start patch (Debian: apt-get install patch)")?;
    if !status.success() {
        bail!(
            "{} does not fit the sources any more: the hunks that failed are in *.rej below {}; \
             change the patch to fit them",
            patch.display(),
            folder.display()
        );
    }
    Ok(())
}
