//! Backups of either kind of store, restored into either, and files that are not what they seem.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use testkit::postgres::PostgresServer;

use super::{BackedUpKey, Backup, BackupError};
use crate::store::{params, setup};
use crate::{Caller, Catalog, CatalogError, CatalogKey, OpenError, Tx, procedures};

const PATIENCE: Duration = Duration::from_secs(60);
const PASSPHRASE: &str = "a long passphrase";

/// Longer than a page of rows, so that they do not fit into one.
const MESSAGES: i64 = 431;

/// A catalog with its key file, and a folder for backups.
struct Here {
    folder: TempDir,
    place: String,
}

impl Here {
    fn new(place: impl FnOnce(&Path) -> String) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = place(folder.path());
        Self { folder, place }
    }

    fn on_file() -> Self {
        Self::new(|folder| folder.join("ssisdb.sqlite").to_string_lossy().into_owned())
    }

    fn on_server() -> Self {
        Self::new(|_| PostgresServer::shared().database())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn open(&self) -> Result<Catalog, OpenError> {
        let key = CatalogKey::load_or_create(self.path("key")).unwrap();
        Catalog::open_at(&self.place, key, PATIENCE)
    }

    /// A backup of a catalog with something in it.
    async fn back_up(&self) -> Backup {
        let catalog = self.open().unwrap();
        catalog.write(fill).await.unwrap();
        let key = self.path("key");
        let path = self.path("backup");
        catalog.back_up(&path, Some((&key, PASSPHRASE))).await.unwrap();
        catalog.close().await;
        Backup::open(&path).unwrap()
    }

    fn restore(&self, backup: &Backup) -> Result<Catalog, BackupError> {
        backup.key(PASSPHRASE)?.save(&self.path("key"))?;
        let key = CatalogKey::load(self.path("key")).unwrap();
        Catalog::restore(&self.place, key, PATIENCE, backup).map(|(catalog, _)| catalog)
    }
}

fn fill(tx: &mut dyn Tx) -> Result<(), CatalogError> {
    let caller = Caller::admin("ada");
    procedures::create_folder(tx, &caller, "Sales")?;
    procedures::create_folder(tx, &caller, "Gone")?;
    procedures::delete_folder(tx, &caller, "Gone")?;
    let sealed = tx.key().seal(&crate::key::Place::new("test", &[]), b"secret");
    let sealed = sealed.map_err(CatalogError::Seal)?;
    let sql = "INSERT INTO project_files (hash, sealed, size) VALUES (?1, ?2, 6)";
    tx.execute(sql, &params!["00", sealed])?;
    for number in 0..MESSAGES {
        let sql = "INSERT INTO idempotency_keys (request_key, caller_name, operation, result,
                       created_time) VALUES (?1, ?2, '', 0, 0)";
        tx.execute(sql, &params![format!("key {number}"), "ä\u{1F40E}".to_owned()])?;
    }
    let sql = "INSERT INTO jobs (JobId, execution_id, use_any_worker, created_time)
               VALUES ('job', 1, 1, 0)";
    tx.execute(sql, &[])?;
    let sql = "INSERT INTO tasks (TaskId, JobId, execution_id, phase, fence, attempt, retries_left,
                                  use_any_worker, stop_requested)
               VALUES ('task', 'job', 1, 0, 7, 0, 0, 1, 0)";
    tx.execute(sql, &[])?;
    let sql = "INSERT INTO master_properties (property_name, property_value)
               VALUES ('MACHINE_NAME', 'old'), ('MASTER_ADDRESS', 'https://old:8391')";
    tx.execute(sql, &[]).map(drop)
}

fn check(tx: &mut dyn Tx) -> Result<(), CatalogError> {
    let count = |tx: &mut dyn Tx, sql: &str| tx.scalar::<i64>(sql, &[]).unwrap().unwrap();
    assert_eq!(count(tx, "SELECT count(*) FROM idempotency_keys"), MESSAGES);
    assert_eq!(count(tx, "SELECT count(*) FROM folders WHERE name = 'Sales'"), 1);
    assert_eq!(count(tx, "SELECT count(*) FROM master_properties"), 0);
    assert_eq!(count(tx, "SELECT count(*) FROM database_principals WHERE name = 'public'"), 1);
    assert!(7 < count(tx, "SELECT fence FROM tasks"), "leases of then are refused");
    let sealed: Vec<u8> = tx.scalar("SELECT sealed FROM project_files", &[])?.unwrap();
    assert_eq!(tx.key().open(&crate::key::Place::new("test", &[]), &sealed).unwrap(), b"secret");
    let applied = setup::applied(tx)?;
    assert_eq!(applied.newest(), crate::store::migrate::newest());
    Ok(())
}

async fn check_restored(catalog: &Catalog) {
    catalog.read(check).await.unwrap();
    let made = catalog.write(|tx| {
        procedures::create_folder(tx, &Caller::admin("ada"), "New")?;
        tx.scalar::<i64>("SELECT folder_id FROM folders WHERE name = 'New'", &[])
    });
    assert_eq!(made.await.unwrap(), Some(3), "the number of the folder that is gone is not reused");
}

#[tokio::test]
async fn a_backup_of_either_store_is_restored_into_either() {
    for from in [Here::on_file, Here::on_server] {
        let from = from();
        let backup = from.back_up().await;
        for to in [Here::on_file, Here::on_server] {
            let to = to();
            let catalog = to.restore(&backup).unwrap();
            check_restored(&catalog).await;
            catalog.close().await;
            to.open().unwrap().close().await;
        }
    }
}

#[tokio::test]
async fn nothing_is_restored_over_a_catalog_that_is_there() {
    let backup = Here::on_file().back_up().await;
    for there in [Here::on_file(), Here::on_server()] {
        there.open().unwrap().close().await;
        let key = CatalogKey::load(there.path("key")).unwrap();
        let refused = Catalog::restore(&there.place, key, PATIENCE, &backup).err().unwrap();
        let BackupError::Open(error) = &refused else { panic!("{refused:?}") };
        assert!(matches!(**error, OpenError::NotEmpty { .. }), "{error:?}");
        let catalog = there.open().unwrap();
        let folders = catalog.read(|tx| tx.scalar::<i64>("SELECT count(*) FROM folders", &[]));
        assert_eq!(folders.await.unwrap(), Some(0));
        catalog.close().await;
    }
}

#[tokio::test]
async fn the_key_opens_with_the_passphrase_only_and_belongs_to_the_backup() {
    let from = Here::on_file();
    let backup = from.back_up().await;
    assert!(matches!(backup.key("another passphrase"), Err(BackupError::WrongPassphrase)));
    let to = Here::on_file();
    let other = CatalogKey::generate().unwrap();
    let refused = Catalog::restore(&to.place, other, PATIENCE, &backup).err().unwrap();
    let BackupError::Open(error) = &refused else { panic!("{refused:?}") };
    assert!(matches!(**error, OpenError::WrongKey { .. }), "{error:?}");

    let catalog = from.open().unwrap();
    let bare = from.path("bare");
    catalog.back_up(&bare, None).await.unwrap();
    let again = catalog.back_up(&bare, None).await;
    assert!(matches!(again, Err(BackupError::Exists { .. })));
    catalog.close().await;
    let bare = Backup::open(&bare).unwrap();
    assert!(matches!(bare.key(PASSPHRASE), Err(BackupError::NoKey { .. })));
    BackedUpKey::load(&from.path("key")).unwrap().save(&to.path("key")).unwrap();
    let key = CatalogKey::load(to.path("key")).unwrap();
    let to = Here::on_file();
    let (catalog, _) = Catalog::restore(&to.place, key, PATIENCE, &bare).unwrap();
    check_restored(&catalog).await;
    catalog.close().await;
}

#[tokio::test]
async fn a_damaged_or_cut_file_is_refused_wherever_the_damage_is() {
    let from = Here::on_file();
    from.back_up().await;
    let whole = fs_err::read(from.path("backup")).unwrap();
    let bad = from.path("bad");
    for place in [0, 25, whole.len() / 2, whole.len() - 40, whole.len() - 1] {
        let mut bytes = whole.clone();
        bytes[place] ^= 0x10;
        fs_err::write(&bad, &bytes).unwrap();
        let refused = Backup::open(&bad).unwrap_err();
        let is_told = match place {
            0 => matches!(refused, BackupError::NotABackup { .. }),
            _ => matches!(refused, BackupError::Damaged { .. }),
        };
        assert!(is_told, "byte {place}: {refused:?}");
    }
    for length in [0, 19, 60, whole.len() / 2, whole.len() - 41, whole.len() - 1] {
        fs_err::write(&bad, &whole[..length]).unwrap();
        Backup::open(&bad).unwrap_err();
    }
}

#[tokio::test]
async fn a_backup_of_a_newer_schema_is_refused_with_both_versions() {
    let from = Here::on_file();
    let catalog = from.open().unwrap();
    let newer = "INSERT INTO schema_version (version, applied_time, needs) VALUES (999, 0, 0)";
    catalog.write(|tx| tx.execute(newer, &[])).await.unwrap();
    let path = from.path("backup");
    let taken = catalog.back_up(&path, None).await;
    assert!(matches!(taken, Err(BackupError::NewerSchema { found: 999, .. })), "{taken:?}");
    assert!(!path.exists(), "nothing is left that looks like a backup");
    catalog.close().await;
}

#[tokio::test]
async fn a_backup_of_an_older_schema_is_brought_up_to_date() {
    let from = Here::on_file();
    let mut backup = from.back_up().await;
    // As an older program would have taken it: what came later changed nothing that is backed up.
    backup.header.versions.retain(|version| *version < 9);
    let to = Here::on_server();
    let catalog = to.restore(&backup).unwrap();
    check_restored(&catalog).await;
    catalog.close().await;
}
