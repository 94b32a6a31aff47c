//! Follows certificate files: what is put in their place is shown by the running process.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::{Credentials, Identity};

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often files that cannot be used are tried before that is said: between the moves of two
/// files they do not belong together.
const QUIET_TRIES: u32 = 2;

impl CertificateFiles {
    /// `<name>.crt` and `<name>.key` in a folder, as [`Identity::save`] writes them.
    pub fn of(folder: &Path, name: &str) -> Self {
        let file = |extension| folder.join(format!("{name}.{extension}"));
        Self { certificate: file("crt"), key: file("key") }
    }
}

/// A certificate and its key on disk.
#[derive(Clone, Debug)]
pub struct CertificateFiles {
    /// The certificate, PEM or DER.
    pub certificate: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
}

/// Shows what the files hold, from the moment on that they change. A pair that cannot be used or
/// that `accept` refuses (with the reason) is told of in the log, and the present one stays.
/// Never returns.
pub async fn follow_files(
    credentials: Credentials,
    files: CertificateFiles,
    accept: impl Fn(&Identity) -> Result<(), String> + Send + Sync,
) {
    let mut seen = None;
    let mut tries = 0;
    loop {
        let now = marks(&files).await;
        if now != seen {
            match load(&files).await.and_then(|identity| accept(&identity).map(|()| identity)) {
                Ok(identity) => {
                    (seen, tries) = (now, 0);
                    show(&credentials, identity);
                }
                Err(reason) => {
                    tries += 1;
                    if QUIET_TRIES < tries {
                        (seen, tries) = (now, 0);
                        let file = files.certificate.display();
                        tracing::error!(%file, reason, "the certificate is not exchanged");
                    }
                }
            }
        }
        sleep(LOOK_EVERY).await;
    }
}

fn show(credentials: &Credentials, identity: Identity) {
    let (from, to) = (credentials.thumbprint(), identity.thumbprint());
    if from != to {
        credentials.replace(identity);
        tracing::info!(%from, %to, "another certificate is shown from now on");
    }
}

/// What changes when a file does; nothing of its content.
type Marks = Option<[(SystemTime, u64, u64); 2]>;

async fn marks(files: &CertificateFiles) -> Marks {
    let files = files.clone();
    let marks = spawn_blocking(move || Some([mark(&files.certificate)?, mark(&files.key)?]));
    marks.await.ok().flatten()
}

fn mark(path: &Path) -> Option<(SystemTime, u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = fs_err::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.ino(), metadata.len()))
}

async fn load(files: &CertificateFiles) -> Result<Identity, String> {
    let files = files.clone();
    let loaded = spawn_blocking(move || Identity::load(&files.certificate, &files.key)).await;
    loaded.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
}
