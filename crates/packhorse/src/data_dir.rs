//! The data directory: SSISDB, its key, certificates, settings, logs.
//!
//! ```text
//! ~/.packhorse/
//!   ssisdb.sqlite  ssisdb.key      the catalog (unless a server has it), and the key of what is
//!                                  encrypted in it
//!   MasterSettings.toml
//!   certs/         master.crt .key, admin.crt .key (what the commands show to the master)
//!   workers/1/     WorkerSettings.toml, certs/, spool/, tasks/, projects/; DataDumps/ with the
//!                  files of data taps, ErrorDumps/ with dumps of packages
//!   logs/          master.log, worker-1.log
//!   master.endpoint   where the running master listens
//!   master.id         by which SSISDB knows it
//! ```

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use fs_err as fs;
use transport::{CertificateRequest, Identity, IdentityError, Thumbprint};

use crate::doctor::code;
use crate::doctor::fault::{BAD_SETTINGS, DISK_FULL, NOT_SET_UP};

/// How long new certificates are valid: ten years.
pub(crate) const CERTIFICATE_DAYS: u32 = 3650;

/// What must be free on the disk: an empty SSISDB with its log, certificates and some messages.
const FREE_BYTES_MIN: u64 = 4 << 20;

/// Environment variable that names the data directory.
const DATA_DIR_VARIABLE: &str = "PACKHORSE_DATA_DIR";

/// File with the address of the running master.
const ENDPOINT: &str = "master.endpoint";

/// File with the id of the master.
const MASTER_ID: &str = "master.id";

/// How long two files may take to be exchanged: 20 times this.
const EXCHANGE_PAUSE: Duration = Duration::from_millis(50);
const EXCHANGE_TRIES: u32 = 20;

/// A data directory.
#[derive(Clone, Debug)]
pub(crate) struct DataDir {
    root: PathBuf,
}

impl DataDir {
    /// The directory that was asked for, or `~/.packhorse`. Nothing is made yet.
    pub(crate) fn at(given: Option<&Path>) -> Result<Self> {
        let root = match given {
            Some(path) => path.to_owned(),
            None => home()?.join(".packhorse"),
        };
        Ok(Self { root: std::path::absolute(&root).context("cannot find the data directory")? })
    }

    /// A command of this program about this directory, as a person types it into a shell.
    pub(crate) fn shell(&self, words: &str) -> String {
        let is_root = |path: &Path| std::path::absolute(path).is_ok_and(|path| path == self.root);
        let by_home = home().is_ok_and(|home| is_root(&home.join(".packhorse")));
        let by_variable =
            std::env::var_os(DATA_DIR_VARIABLE).is_some_and(|it| is_root(it.as_ref()));
        if by_home || by_variable {
            return format!("packhorse {words}");
        }
        let root = crate::doctor::quoted(&self.root.to_string_lossy());
        format!("packhorse --data-dir {root} {words}")
    }

    /// The directory itself.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// SSISDB, as MasterSettings.toml says: the URL of a server, or a file, by default
    /// `ssisdb.sqlite` of this directory.
    pub(crate) fn catalog(&self) -> Result<String> {
        let settings = self.master_settings();
        let named = if settings.exists() {
            master::Settings::read(&settings)?.sql_server_name
        } else {
            master::DatabaseName::default()
        };
        let named = named.as_written();
        if catalog::is_address(named) {
            self.refuse_readable_password(named)?;
            return Ok(named.to_owned());
        }
        let file = if named.is_empty() { "ssisdb.sqlite" } else { named };
        Ok(self.root.join(file).to_string_lossy().into_owned())
    }

    /// How long a command waits for a server of SSISDB.
    pub(crate) fn patience(&self) -> Result<Duration> {
        let path = self.master_settings();
        let settings = if path.exists() {
            master::Settings::read(&path)?
        } else {
            master::Settings::default()
        };
        Ok(settings.sql_connection_timeout())
    }

    /// A password in the settings is for this account only.
    fn refuse_readable_password(&self, address: &str) -> Result<()> {
        let path = self.master_settings();
        let mode = fs::metadata(&path)?.permissions().mode() & 0o777;
        if catalog::has_password(address) && mode & 0o077 != 0 {
            let text = format!(
                "`{}` has a password in it and can be read by others (mode {mode:03o}); run \
                 `chmod 600` on it",
                path.display()
            );
            return Err(code::named(BAD_SETTINGS, text));
        }
        Ok(())
    }

    /// The key of what is encrypted in SSISDB.
    pub(crate) fn key(&self) -> PathBuf {
        self.root.join("ssisdb.key")
    }

    /// Settings of the master.
    pub(crate) fn master_settings(&self) -> PathBuf {
        self.root.join("MasterSettings.toml")
    }

    /// Certificates of the master and of the commands.
    pub(crate) fn certificates(&self) -> PathBuf {
        self.root.join("certs")
    }

    /// Where the master of this directory listens, as it wrote when it started.
    pub(crate) fn endpoint(&self) -> Option<String> {
        let text = fs::read_to_string(self.root.join(ENDPOINT)).ok()?;
        Some(text.trim().to_owned()).filter(|endpoint| !endpoint.is_empty())
    }

    /// Tells the commands where the master listens; `None` when it has ended.
    pub(crate) fn set_endpoint(&self, endpoint: Option<&str>) -> Result<()> {
        let path = self.root.join(ENDPOINT);
        match endpoint {
            Some(endpoint) => {
                let part = self.root.join(format!("{ENDPOINT}.{}", std::process::id()));
                fs::write(&part, format!("{endpoint}\n"))?;
                fs::rename(&part, &path)?;
            }
            None if path.exists() => fs::remove_file(&path)?,
            None => {}
        }
        Ok(())
    }

    /// By which SSISDB knows this directory's master, made on first use.
    pub(crate) fn master_id(&self) -> Result<String> {
        let path = self.root.join(MASTER_ID);
        if !path.exists() {
            let part = self.root.join(format!("{MASTER_ID}.{}", std::process::id()));
            fs::write(&part, format!("{}\n", uuid::Uuid::new_v4()))?;
            fs::rename(&part, &path)?;
        }
        Ok(fs::read_to_string(&path)?.trim().to_owned())
    }

    /// Where the log of a process goes: `master`, `worker-1`.
    pub(crate) fn log(&self, name: &str) -> PathBuf {
        self.root.join("logs").join(format!("{name}.log"))
    }

    /// The folder of a worker.
    pub(crate) fn worker(&self, number: u32) -> PathBuf {
        self.root.join("workers").join(number.to_string())
    }

    /// Settings of a worker.
    pub(crate) fn worker_settings(&self, number: u32) -> PathBuf {
        self.worker(number).join("WorkerSettings.toml")
    }

    /// Takes the folder of a worker for as long as the file is held; `None` when another process
    /// has it.
    pub(crate) fn lock_worker(&self, number: u32) -> Result<Option<std::fs::File>> {
        let folder = self.worker(number);
        fs::create_dir_all(&folder)?;
        let path = folder.join("worker.lock");
        let file = fs::OpenOptions::new().create(true).truncate(false).write(true).open(&path)?;
        let file = file.into_parts().0;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(std::fs::TryLockError::WouldBlock) => Ok(None),
            Err(std::fs::TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("cannot lock `{}`", path.display()))
            }
        }
    }

    /// Whether `init` has been here.
    pub(crate) fn is_initialised(&self) -> Result<bool> {
        let catalog = self.catalog()?;
        let made = if catalog::is_address(&catalog) {
            // Made once the server's catalog was opened.
            self.certificates().join("admin.crt")
        } else {
            PathBuf::from(catalog)
        };
        Ok(self.key().exists() && made.exists())
    }

    /// Fails with the next step when `init` has not been here.
    pub(crate) fn require_initialised(&self) -> Result<()> {
        if self.is_initialised()? {
            return Ok(());
        }
        let text = format!(
            "`{}` has no SSISDB; run `packhorse init` first, or give another --data-dir",
            self.root.display()
        );
        Err(code::named(NOT_SET_UP, text))
    }

    /// Makes the directory, for its owner only.
    pub(crate) fn create(&self) -> Result<()> {
        use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.root)
            .with_context(|| format!("cannot make the data directory `{}`", self.root.display()))?;
        self.require_space()?;
        for folder in [self.certificates(), self.root.join("logs"), self.root.join("workers")] {
            fs::create_dir_all(&folder)?;
        }
        fs::set_permissions(self.certificates(), std::fs::Permissions::from_mode(0o700))?;
        Ok(())
    }

    /// Fails before anything is written to a disk that is too full to keep it whole.
    fn require_space(&self) -> Result<()> {
        let disk = nix::sys::statvfs::statvfs(&self.root)
            .with_context(|| format!("cannot look at the disk of `{}`", self.root.display()))?;
        let free = disk.blocks_available().saturating_mul(disk.fragment_size());
        if FREE_BYTES_MIN <= free {
            return Ok(());
        }
        let text = format!(
            "the disk of `{}` is full: {} KB are free and {} KB are needed; free some, or give \
             another --data-dir",
            self.root.display(),
            free >> 10,
            FREE_BYTES_MIN >> 10
        );
        Err(code::named(DISK_FULL, text))
    }

    /// The certificate called `name`, made on first use with these names of the machine.
    pub(crate) fn identity(&self, name: &str, names: &[String]) -> Result<Identity> {
        identity_in(&self.certificates(), name, names)
    }

    /// The certificate of a worker, made on first use.
    pub(crate) fn worker_identity(&self, number: u32) -> Result<Identity> {
        identity_in(&self.worker_certificates(number), "worker", &machine_names())
    }

    /// Where the certificates of a worker are.
    pub(crate) fn worker_certificates(&self, number: u32) -> PathBuf {
        self.worker(number).join("certs")
    }

    /// The certificates that this directory's master may show: while they are exchanged, the next
    /// one and the one before.
    pub(crate) fn master_pins(&self) -> Result<Vec<Thumbprint>> {
        // In the order in which one is moved to the next place, so that none is missed.
        let mut pins = Vec::new();
        for name in ["master-next.crt", "master.crt", "master-old.crt"] {
            let path = self.certificates().join(name);
            match transport::read_certificate(&path) {
                Ok(der) => pins.push(Thumbprint::of(&der)),
                Err(_) if name != "master.crt" && !path.exists() => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(pins)
    }

    /// The thumbprint of this directory's master certificate.
    pub(crate) fn master_thumbprint(&self) -> Result<Thumbprint> {
        let path = self.certificates().join("master.crt");
        Ok(Thumbprint::of(&transport::read_certificate(&path)?))
    }
}

fn identity_in(folder: &Path, name: &str, names: &[String]) -> Result<Identity> {
    let certificate = folder.join(format!("{name}.crt"));
    let key = folder.join(format!("{name}.key"));
    if certificate.exists() || key.exists() {
        return load(&certificate, &key, &folder.join(format!("{name}-old.crt")));
    }
    let request = CertificateRequest {
        common_name: format!("Packhorse {name} on {}", machine_name()),
        names: names.to_vec(),
        days: CERTIFICATE_DAYS,
    };
    let identity = Identity::generate(&request)?;
    identity.save(folder, name)?;
    Ok(identity)
}

/// Reads a certificate and its key. While they are exchanged (`replaced` is there), one of the
/// two may be new already.
fn load(certificate: &Path, key: &Path, replaced: &Path) -> Result<Identity> {
    for _ in 0..EXCHANGE_TRIES {
        match Identity::load(certificate, key) {
            Err(IdentityError::Mismatch { .. }) if replaced.exists() => {
                std::thread::sleep(EXCHANGE_PAUSE);
            }
            loaded => return Ok(loaded?),
        }
    }
    Ok(Identity::load(certificate, key)?)
}

/// The name of this machine.
pub(crate) fn machine_name() -> String {
    nix::sys::utsname::uname().map_or_else(
        |_| "localhost".to_owned(),
        |names| names.nodename().to_string_lossy().into_owned(),
    )
}

/// The account that this process runs under.
pub(crate) fn user_name() -> String {
    let user = nix::unistd::User::from_uid(nix::unistd::getuid());
    user.ok().flatten().map_or_else(|| nix::unistd::getuid().to_string(), |user| user.name)
}

/// Names by which this machine reaches itself and others reach it.
pub(crate) fn machine_names() -> Vec<String> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), machine_name()];
    names.dedup();
    names
}

fn home() -> Result<PathBuf> {
    let home = std::env::home_dir().filter(|home| !home.as_os_str().is_empty());
    home.context("cannot find the home directory; give --data-dir")
}
