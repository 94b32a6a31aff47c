//! Windows paths on Linux: where a file that a package names is on this machine.
//!
//! A path is taken apart and made plain as Windows does it (`/` and `\` alike, `.` and `..`
//! resolved from the text alone), then the longest mapped prefix is replaced, then what is left
//! is looked up in any letter case. Nothing here opens a file.
//!
//! # Invariants
//!
//! * A mapped path never leaves the folder that it is mapped to: `..` is gone before the map is
//!   consulted, so `C:\Data\..\x` is a path under `C:\`, not under what stands for `C:\Data`.
//! * Prefixes match whole components only: `C:\Data` does not match `C:\Database`.

use std::io;
use std::path::{Path, PathBuf};

mod wildcard;

pub use wildcard::{files, matches_spec};

/// Which Linux folders stand for which Windows folders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathMap {
    entries: Vec<Entry>,
    working_folder: PathBuf,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    from: Plain,
    to: PathBuf,
}

/// A path that could not be found out, or a bad mapping.
#[derive(Debug, thiserror::Error)]
pub enum PathError {
    /// The path is empty.
    #[error("the path is empty")]
    Empty,
    /// A Windows path for which no mapping was given.
    #[error(
        "Windows path `{path}` is not mapped to a folder on this machine; give one with \
         --map-path '{folder}=/srv/data/'"
    )]
    Unmapped {
        /// The path.
        path: String,
        /// Its folder, with a closing backslash.
        folder: String,
    },
    /// Two files differ only in letter case, and the path has the case of neither.
    #[error("path `{path}` may mean `{}` or `{}`", first.display(), second.display())]
    Ambiguous {
        /// The path.
        path: String,
        /// One of them.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// A mapping that is not `FROM=TO`.
    #[error(
        "path mapping `{text}` is not FROM=TO with an absolute Linux folder behind the `=`, for \
         example 'C:\\Data\\=/srv/data/'"
    )]
    BadMapping {
        /// What was given.
        text: String,
    },
    /// A folder could not be listed.
    #[error("cannot list folder `{}`", folder.display())]
    List {
        /// The folder.
        folder: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl PathMap {
    /// A map of (Windows folder, Linux folder); relative paths start in `working_folder`.
    pub fn new<F: AsRef<str>, T: Into<PathBuf>>(
        entries: impl IntoIterator<Item = (F, T)>,
        working_folder: impl Into<PathBuf>,
    ) -> Self {
        let entry = |(from, to): (F, T)| Entry { from: Plain::of(from.as_ref()), to: to.into() };
        let mut entries: Vec<Entry> = entries.into_iter().map(entry).collect();
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.from.components.len()));
        Self { entries, working_folder: working_folder.into() }
    }

    /// Takes `FROM=TO` apart, as `--map-path` gives it.
    pub fn parse_mapping(text: &str) -> Result<(String, PathBuf), PathError> {
        match text.split_once('=') {
            Some((from, to)) if !from.trim().is_empty() && to.trim().starts_with('/') => {
                Ok((from.trim().to_owned(), PathBuf::from(to.trim())))
            }
            _ => Err(PathError::BadMapping { text: text.to_owned() }),
        }
    }

    /// Where relative paths start.
    pub fn working_folder(&self) -> &Path {
        &self.working_folder
    }

    /// The path on this machine. The file need not exist; what does exist on the way to it is
    /// found in any letter case.
    pub fn resolve(&self, path: &str) -> Result<PathBuf, PathError> {
        let path = path.trim();
        if path.is_empty() {
            return Err(PathError::Empty);
        }
        let plain = Plain::of(path);
        let prefix = self.entries.iter().find(|entry| entry.from.is_prefix_of(&plain));
        if let Some(entry) = prefix {
            let rest = &plain.components[entry.from.components.len()..];
            return look_up(entry.to.clone(), rest, path);
        }
        match plain.root {
            Root::Linux if !path.contains('\\') => Ok(PathBuf::from(path)),
            Root::Linux => look_up(PathBuf::from("/"), &plain.components, path),
            Root::Relative => self.relative(&plain, path),
            Root::Drive(_) | Root::Share | Root::CurrentDrive => {
                Err(PathError::Unmapped { path: path.to_owned(), folder: folder_as_written(path) })
            }
        }
    }

    fn relative(&self, plain: &Plain, path: &str) -> Result<PathBuf, PathError> {
        let mut start = self.working_folder.clone();
        let up = plain.components.iter().take_while(|component| *component == "..").count();
        for _ in 0..up {
            start.pop();
        }
        look_up(start, &plain.components[up..], path)
    }

    /// The files that a multiple-files connection means: paths between `|`, each with wildcards
    /// in its last part or none.
    pub fn resolve_list(&self, list: &str) -> Result<Vec<PathBuf>, PathError> {
        let mut found = Vec::new();
        for path in list.split('|').map(str::trim).filter(|path| !path.is_empty()) {
            let cut = path.rfind(['\\', '/']).map_or(0, |at| at + 1);
            let (folder, name) = path.split_at(cut);
            if name.contains(['*', '?']) {
                let folder = if folder.is_empty() { "." } else { folder };
                found.extend(files(&self.resolve(folder)?, name, false)?);
            } else {
                found.push(self.resolve(path)?);
            }
        }
        Ok(found)
    }
}

/// How a file below a folder is written when the folder was written as `folder`: with the
/// backslashes of a Windows path, or the slashes of a Linux one.
pub fn path_as_written(folder: &str, root: &Path, file: &Path) -> String {
    let separator = if folder.contains('\\') || !folder.contains('/') { '\\' } else { '/' };
    let mut text = folder.trim_end_matches(['\\', '/']).to_owned();
    for component in file.strip_prefix(root).unwrap_or(file).components() {
        text.push(separator);
        text.push_str(&component.as_os_str().to_string_lossy());
    }
    text
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Root {
    /// `C:\`, with a small letter.
    Drive(char),
    /// `\\server\share`; server and share are components.
    Share,
    /// `\folder`: on whatever drive is current.
    CurrentDrive,
    Linux,
    Relative,
}

/// A path in parts, without `.`, and with `..` only at the start of a relative one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Plain {
    root: Root,
    components: Vec<String>,
}

impl Default for Plain {
    fn default() -> Self {
        Self { root: Root::Relative, components: Vec::new() }
    }
}

impl Plain {
    fn of(path: &str) -> Self {
        let path = path.strip_prefix(r"\\?\").unwrap_or(path);
        let mut letters = path.chars();
        let (root, rest) = match (letters.next(), letters.next()) {
            (Some(drive), Some(':')) if drive.is_ascii_alphabetic() => {
                (Root::Drive(drive.to_ascii_lowercase()), &path[2..])
            }
            (Some('\\'), Some('\\')) => (Root::Share, &path[2..]),
            (Some('\\'), _) => (Root::CurrentDrive, &path[1..]),
            (Some('/'), _) => (Root::Linux, &path[1..]),
            _ => (Root::Relative, path),
        };
        let mut components: Vec<String> = Vec::new();
        for component in rest.split(['\\', '/']) {
            match component {
                "" | "." => {}
                ".." if components.last().is_some_and(|last| last != "..") => {
                    components.pop();
                }
                // Above the root is the root.
                ".." if root != Root::Relative => {}
                _ => components.push(component.to_owned()),
            }
        }
        Self { root, components }
    }

    fn is_prefix_of(&self, other: &Self) -> bool {
        self.root == other.root
            && self.components.len() <= other.components.len()
            && self.components.iter().zip(&other.components).all(|(a, b)| same_name(a, b))
            // A relative path may go on above the folder that is mapped.
            && other.components.get(self.components.len()).is_none_or(|next| next != "..")
    }
}

/// Whether Windows takes two names for the same.
fn same_name(a: &str, b: &str) -> bool {
    a == b || a.chars().flat_map(char::to_uppercase).eq(b.chars().flat_map(char::to_uppercase))
}

fn folder_as_written(path: &str) -> String {
    let end = path.rfind(['\\', '/']).map_or(path.len(), |at| at + 1);
    path[..end].to_owned()
}

/// Goes down from `start`; a name that is not there is looked for in other letter cases.
fn look_up(start: PathBuf, components: &[String], path: &str) -> Result<PathBuf, PathError> {
    let mut here = start;
    for component in components {
        let exact = here.join(component);
        if exact.symlink_metadata().is_ok() {
            here = exact;
            continue;
        }
        let mut alike = names_like(&here, component);
        here = match (alike.pop(), alike.pop()) {
            (None, _) => exact,
            (Some(only), None) => only,
            (Some(second), Some(first)) => {
                return Err(PathError::Ambiguous { path: path.to_owned(), first, second });
            }
        };
    }
    Ok(here)
}

/// A folder that cannot be listed has no such names: opening the exact one will say why.
fn names_like(folder: &Path, name: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs_err::read_dir(folder) else { return Vec::new() };
    let names = entries.filter_map(Result::ok).map(|entry| entry.file_name());
    let alike = names.filter(|each| each.to_str().is_some_and(|each| same_name(each, name)));
    let mut alike: Vec<PathBuf> = alike.map(|each| folder.join(each)).collect();
    alike.sort();
    alike
}

#[cfg(test)]
mod tests;
