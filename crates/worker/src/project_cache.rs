//! Project files by content: fetched once, shared by all packages, never wrong.
//!
//! A file is named by the SHA-256 of its bytes, written beside its place and renamed into it
//! once the bytes were checked. Files that nobody uses go, oldest use first, when all of them
//! take more than the limit.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};
use transport::{Client, ClientError};

/// How long fetching a project may take.
const FETCH_DEADLINE: Duration = Duration::from_secs(300);

const EXTENSION: &str = "ispac";

/// A file that is still being fetched, or never was to its end.
const PARTIAL: &str = "partial";

/// A project file that cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProjectError {
    #[error("cannot fetch project {hash} from a master")]
    Fetch {
        hash: String,
        #[source]
        source: ClientError,
    },
    #[error("project {hash} arrived damaged: its bytes have the hash {found}")]
    Damaged { hash: String, found: String },
    #[error("`{hash}` is not the hash of a project")]
    BadHash { hash: String },
    #[error("cannot keep a project's file, check the disk's free space")]
    Store {
        #[source]
        source: io::Error,
    },
}

impl ProjectError {
    /// Whether the same can succeed later by itself.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Fetch { source, .. } => source.is_transient(),
            Self::Damaged { .. } => true,
            Self::BadHash { .. } | Self::Store { .. } => false,
        }
    }
}

/// A project file in use. It stays while this lives.
#[derive(Clone)]
pub(crate) struct ProjectFile(Arc<PathBuf>);

impl ProjectFile {
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

/// The project files of a worker.
pub(crate) struct ProjectCache {
    folder: PathBuf,
    bytes_max: u64,
    /// One entry per project of this process; its lock is held while the project is fetched.
    entries: Mutex<HashMap<String, Arc<Entry>>>,
}

#[derive(Default)]
struct Entry {
    fetch: tokio::sync::Mutex<()>,
    ready: Mutex<Option<Ready>>,
}

struct Ready {
    file: Arc<PathBuf>,
    used: Instant,
    bytes: u64,
    /// Whether this process has seen that the bytes are right.
    is_checked: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ProjectCache {
    /// Files in `folder`, which is made if it is not there. What an earlier process left there
    /// counts against the limit, and is checked before it is used.
    pub(crate) fn open(folder: PathBuf, bytes_max: u64) -> io::Result<Self> {
        fs_err::create_dir_all(&folder)?;
        let mut entries = HashMap::new();
        for found in fs_err::read_dir(&folder)? {
            let found = found?;
            let path = found.path();
            let hash = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
            match (path.extension().and_then(|extension| extension.to_str()), hash) {
                (Some(PARTIAL), _) => fs_err::remove_file(&path)?,
                (Some(EXTENSION), Some(hash)) => {
                    let bytes = found.metadata()?.len();
                    entries.insert(hash, Arc::new(Entry::found(path, bytes)));
                }
                (Some(_) | None, _) => {}
            }
        }
        let cache = Self { folder, bytes_max, entries: Mutex::new(entries) };
        cache.make_room(0);
        Ok(cache)
    }

    /// The project with this hash, fetched if it is not here.
    pub(crate) async fn get(
        &self,
        hash: &str,
        client: &Client,
    ) -> Result<ProjectFile, ProjectError> {
        if hash.len() != 64 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(ProjectError::BadHash { hash: hash.to_owned() });
        }
        let entry = Arc::clone(lock(&self.entries).entry(hash.to_owned()).or_default());
        if let Some(file) = entry.file() {
            return Ok(file);
        }
        let _fetching = entry.fetch.lock().await;
        if let Some(file) = entry.file() {
            return Ok(file);
        }
        let path = self.folder.join(format!("{hash}.{EXTENSION}"));
        let bytes = match read_checked(path.clone(), hash.to_owned()).await {
            Ok(bytes) => bytes,
            Err(_) => self.fetch(hash, &path, client).await?,
        };
        // The entry itself does not count as something to make room for twice.
        *lock(&entry.ready) = None;
        self.make_room(bytes);
        let file = Arc::new(path);
        let ready =
            Ready { file: Arc::clone(&file), used: Instant::now(), bytes, is_checked: true };
        *lock(&entry.ready) = Some(ready);
        Ok(ProjectFile(file))
    }

    async fn fetch(&self, hash: &str, path: &Path, client: &Client) -> Result<u64, ProjectError> {
        let store = |source| ProjectError::Store { source };
        let partial = path.with_extension(PARTIAL);
        let std_file = fs_err::File::create(&partial).map_err(store)?;
        let mut file = tokio::fs::File::from_std(std_file.into_parts().0);
        let url = format!("/ClusterManagement/projects/{hash}");
        let fetched = client.download(&url, &mut file, FETCH_DEADLINE).await;
        let checked = match fetched {
            Ok(_) => read_checked(partial.clone(), hash.to_owned()).await,
            Err(source) => Err(ProjectError::Fetch { hash: hash.to_owned(), source }),
        };
        match checked {
            Ok(bytes) => {
                fs_err::rename(&partial, path).map_err(store)?;
                tracing::info!(%hash, bytes, "fetched a project");
                Ok(bytes)
            }
            Err(error) => {
                if let Err(error) = fs_err::remove_file(&partial) {
                    tracing::warn!(%error, "a partial project file stays");
                }
                Err(error)
            }
        }
    }

    /// Removes files that nobody uses until `bytes` more fit.
    fn make_room(&self, bytes: u64) {
        let entries = lock(&self.entries);
        let mut ready: Vec<(Instant, Arc<Entry>, u64)> = Vec::new();
        for entry in entries.values() {
            if let Some(known) = lock(&entry.ready).as_ref() {
                ready.push((known.used, Arc::clone(entry), known.bytes));
            }
        }
        drop(entries);
        ready.sort_by_key(|(used, ..)| *used);
        let mut all: u64 = bytes + ready.iter().map(|(.., bytes)| bytes).sum::<u64>();
        for (_, entry, bytes) in ready {
            if all <= self.bytes_max {
                return;
            }
            if let Some(path) = entry.forget_unused() {
                all -= bytes;
                if let Err(error) = fs_err::remove_file(&path) {
                    tracing::warn!(%error, "an old project file stays");
                }
            }
        }
    }
}

impl Entry {
    fn found(path: PathBuf, bytes: u64) -> Self {
        let ready = Ready { file: Arc::new(path), used: Instant::now(), bytes, is_checked: false };
        Self { ready: Mutex::new(Some(ready)), ..Self::default() }
    }

    fn file(&self) -> Option<ProjectFile> {
        let mut ready = lock(&self.ready);
        let ready = ready.as_mut().filter(|ready| ready.is_checked)?;
        ready.used = Instant::now();
        Some(ProjectFile(Arc::clone(&ready.file)))
    }

    fn forget_unused(&self) -> Option<PathBuf> {
        let mut ready = lock(&self.ready);
        let unused = ready.as_ref().is_some_and(|ready| Arc::strong_count(&ready.file) == 1);
        if unused { ready.take().map(|ready| ready.file.as_ref().clone()) } else { None }
    }
}

/// The length of a file whose bytes have the hash that they should.
async fn read_checked(path: PathBuf, hash: String) -> Result<u64, ProjectError> {
    let check = move || {
        let bytes = fs_err::read(path).map_err(|source| ProjectError::Store { source })?;
        let found: String =
            digest(&SHA256, &bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        if found.eq_ignore_ascii_case(&hash) {
            Ok(bytes.len() as u64)
        } else {
            Err(ProjectError::Damaged { hash, found })
        }
    };
    let checked = tokio::task::spawn_blocking(check).await;
    checked.unwrap_or_else(|error| Err(ProjectError::Store { source: io::Error::other(error) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(folder: &Path, name: &str, bytes: usize) {
        fs_err::write(folder.join(name), vec![b'x'; bytes]).unwrap();
    }

    #[test]
    fn what_an_earlier_process_left_stays_within_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        for n in 0..5 {
            fill(folder.path(), &format!("{n}.ispac"), 100);
        }
        fill(folder.path(), "9.partial", 100);
        ProjectCache::open(folder.path().to_owned(), 250).unwrap();
        assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_project_in_use_is_never_removed() {
        let folder = tempfile::tempdir().unwrap();
        fill(folder.path(), "1.ispac", 100);
        let cache = ProjectCache::open(folder.path().to_owned(), 100).unwrap();
        let entry = Arc::clone(lock(&cache.entries).get("1").unwrap());
        lock(&entry.ready).as_mut().unwrap().is_checked = true;
        let in_use = entry.file().unwrap();
        cache.make_room(50);
        assert!(in_use.path().exists());
        drop(in_use);
        cache.make_room(50);
        assert!(!folder.path().join("1.ispac").exists());
    }

    #[tokio::test]
    async fn a_damaged_file_is_told_from_a_whole_one() {
        let folder = tempfile::tempdir().unwrap();
        fill(folder.path(), "p", 0);
        let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let path = folder.path().join("p");
        assert_eq!(read_checked(path.clone(), nothing.to_owned()).await.unwrap(), 0);
        fill(folder.path(), "p", 1);
        let error = read_checked(path, nothing.to_owned()).await.unwrap_err();
        assert!(error.is_transient() && error.to_string().contains("arrived damaged"), "{error}");
    }
}
