//! Which masters the worker trusts: those of its settings, and those that trusted masters have
//! told it of, which it keeps in `known-masters.toml` of its data folder.
//!
//! So a master's certificate is exchanged without a word to each worker: the next certificate is
//! in the catalog before a master shows it, every master tells every worker of it, and one that
//! is retired is trusted no longer, also when the settings still name it.

use std::io;
use std::path::{Path, PathBuf};

use scaleout::message::Masters;
use serde::{Deserialize, Serialize};
use transport::{GivenThumbprint, Pins, Thumbprint};

use crate::settings::Settings;

const FILE: &str = "known-masters.toml";

/// The masters that a worker trusts.
#[derive(Debug)]
pub(crate) struct KnownMasters {
    path: PathBuf,
    pins: Pins,
}

/// What the file holds.
#[derive(Default, Serialize, Deserialize)]
struct Known {
    #[serde(default)]
    trusted: Vec<String>,
    #[serde(default)]
    retired: Vec<String>,
}

/// The masters' certificates that a worker with this data folder trusts. `Pins` changes nothing
/// on disk.
pub fn trusted_masters(settings: &Settings, data_folder: &Path) -> io::Result<Pins> {
    let known = read(&data_folder.join(FILE))?;
    let (trusted, retired) = (thumbprints(&known.trusted), thumbprints(&known.retired));
    let names = settings.master_sha1_thumbprints.iter().copied().map(GivenThumbprint::Sha1);
    // A SHA-1 finds a certificate at the first contact, and never again.
    let names = names.filter(|_| trusted.is_empty());
    let set = settings.master_thumbprints.iter().copied().map(GivenThumbprint::Sha256);
    let pins = Pins::new(set.chain(names));
    pins.learn(&trusted, &retired);
    Ok(pins)
}

impl KnownMasters {
    pub(crate) fn open(settings: &Settings, data_folder: &Path) -> io::Result<Self> {
        let pins = trusted_masters(settings, data_folder)?;
        Ok(Self { path: data_folder.join(FILE), pins })
    }

    pub(crate) fn pins(&self) -> &Pins {
        &self.pins
    }

    /// Takes what a trusted master says, and keeps it for the next start.
    pub(crate) fn learn(&self, masters: &Masters) {
        let (trusted, retired) = (thumbprints(&masters.trusted), thumbprints(&masters.retired));
        // A master of an earlier version says nothing.
        if trusted.is_empty() || !self.pins.learn(&trusted, &retired) && self.path.exists() {
            return;
        }
        tracing::info!(?trusted, ?retired, "the masters' certificates");
        if let Err(error) = write(&self.path, masters) {
            tracing::warn!(%error, "the masters' certificates are not kept for the next start");
        }
    }
}

fn thumbprints(list: &[String]) -> Vec<Thumbprint> {
    list.iter().filter_map(|text| text.parse().ok()).collect()
}

fn read(path: &Path) -> io::Result<Known> {
    match fs_err::read_to_string(path) {
        Ok(text) => toml::from_str(&text).map_err(|error| {
            let reason = format!("`{}` is not understood: {error}", path.display());
            io::Error::new(io::ErrorKind::InvalidData, reason)
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Known::default()),
        Err(error) => Err(error),
    }
}

fn write(path: &Path, masters: &Masters) -> io::Result<()> {
    let known = Known { trusted: masters.trusted.clone(), retired: masters.retired.clone() };
    let text = toml::to_string(&known).map_err(io::Error::other)?;
    let partial = path.with_extension("partial");
    let head =
        "# The masters' certificates, as a trusted master told this worker. Written by it.\n";
    fs_err::write(&partial, format!("{head}{text}"))?;
    fs_err::rename(&partial, path)
}

#[cfg(test)]
mod tests {
    use transport::{Sha1Thumbprint, sha1};

    use super::*;

    fn masters(trusted: &[&[u8]], retired: &[&[u8]]) -> Masters {
        let list =
            |ders: &[&[u8]]| ders.iter().map(|der| Thumbprint::of(der).to_string()).collect();
        Masters { trusted: list(trusted), retired: list(retired) }
    }

    #[test]
    fn what_masters_say_outlives_the_worker() {
        let folder = tempfile::tempdir().unwrap();
        let settings =
            Settings { master_thumbprints: vec![Thumbprint::of(b"old")], ..Settings::default() };
        let known = KnownMasters::open(&settings, folder.path()).unwrap();
        known.learn(&masters(&[b"old", b"new"], &[]));
        let again = KnownMasters::open(&settings, folder.path()).unwrap();
        assert_eq!(again.pins().trusted().len(), 2);
        again.learn(&masters(&[b"new"], &[b"old"]));
        again.learn(&Masters::default());
        let again = KnownMasters::open(&settings, folder.path()).unwrap();
        assert_eq!(again.pins().trusted(), [Thumbprint::of(b"new")], "the settings name both");
    }

    #[test]
    fn a_sha1_in_the_settings_counts_until_a_master_has_spoken() {
        let folder = tempfile::tempdir().unwrap();
        let text = format!("MasterHttpsCertThumbprint = \"\u{200e}{}\"", sha1(b"old"));
        let settings = Settings::from_toml(&text, Path::new("WorkerSettings.toml")).unwrap();
        assert_eq!(settings.master_sha1_thumbprints, [Sha1Thumbprint::of(b"old")]);
        let known = KnownMasters::open(&settings, folder.path()).unwrap();
        assert!(format!("{known:?}").contains(&sha1(b"old")));
        known.learn(&masters(&[b"old"], &[]));
        let again = KnownMasters::open(&settings, folder.path()).unwrap();
        assert!(!format!("{again:?}").contains(&sha1(b"old")));
        assert_eq!(again.pins().trusted(), [Thumbprint::of(b"old")]);
    }
}
