//! A clock that jumps, for the processes of one host: libfaketime reads the jump from a file.
//!
//! Only the time of day jumps, as it does where somebody sets a clock; the monotonic clock goes
//! on. The program itself is unchanged.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The clock of one host.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    library: PathBuf,
    file: PathBuf,
}

impl Clock {
    /// A clock that shows the right time, to be told otherwise through a file.
    pub(crate) fn new(file: &Path) -> Result<Self> {
        let library = library().context("libfaketime is not here: apt-get install faketime")?;
        let clock = Self { library, file: file.to_owned() };
        clock.jump(0)?;
        Ok(clock)
    }

    /// What the processes need in their environment.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let pairs = [
            ("LD_PRELOAD", text(&self.library)),
            ("FAKETIME_TIMESTAMP_FILE", text(&self.file)),
            ("FAKETIME_CACHE_DURATION", "1".to_owned()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
            ("DONT_FAKE_MONOTONIC", "1".to_owned()),
        ];
        pairs.map(|(name, value)| (name.to_owned(), value)).to_vec()
    }

    /// Shows so many seconds more than the right time; the processes see it within a second.
    pub(crate) fn jump(&self, seconds: i64) -> Result<()> {
        let part = self.file.with_extension("part");
        std::fs::write(&part, format!("{seconds:+}\n"))?;
        std::fs::rename(&part, &self.file).context("cannot set a clock")
    }
}

fn library() -> Option<PathBuf> {
    let folders = std::fs::read_dir("/usr/lib").ok()?.flatten().map(|entry| entry.path());
    let files = folders.map(|folder| folder.join("faketime/libfaketimeMT.so.1"));
    files.into_iter().find(|file| file.exists())
}
