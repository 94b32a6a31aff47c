//! Passwords that stand outside of the URL: `PGPASSWORD`, and password files as libpq reads them.
//!
//! A line is `host:port:database:user:password`; `*` stands for any, `\` before `:` and `\`.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tokio_postgres::Config;
use tokio_postgres::config::Host;

use super::address::port_of;

/// A password file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PassfileError {
    /// It cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Others may read it.
    #[error("`{}` can be read by others (mode {mode:03o}): run `chmod 600` on it", path.display())]
    TooOpen {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The hosts of one address have different passwords.
    #[error(
        "`{}` has different passwords for the hosts of one address, and one is needed that all \
         of them take",
        path.display()
    )]
    Ambiguous {
        /// The file.
        path: PathBuf,
    },
}

/// The password of a server whose URL has none. A file that `passfile` or `PGPASSFILE` names must
/// be there; `~/.pgpass` need not.
pub(super) fn password(
    config: &Config,
    passfile: Option<PathBuf>,
) -> Result<Option<String>, PassfileError> {
    if let Ok(password) = std::env::var("PGPASSWORD") {
        return Ok(Some(password));
    }
    let named = passfile.or_else(|| std::env::var_os("PGPASSFILE").map(PathBuf::from));
    let usual = || std::env::var_os("HOME").map(|home| Path::new(&home).join(".pgpass"));
    let (path, must_be) = match (named, usual()) {
        (Some(path), _) => (path, true),
        (None, Some(path)) => (path, false),
        (None, None) => return Ok(None),
    };
    if !must_be && !path.exists() {
        return Ok(None);
    }
    let text = read(&path)?;
    of_all_hosts(&text, config).map_err(|Different| PassfileError::Ambiguous { path })
}

fn read(path: &Path) -> Result<String, PassfileError> {
    let failed = |source| PassfileError::Read { path: path.to_owned(), source };
    let mode = fs_err::metadata(path).map_err(failed)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(PassfileError::TooOpen { path: path.to_owned(), mode });
    }
    fs_err::read_to_string(path).map_err(failed)
}

/// Not all hosts have the same password.
#[derive(Debug, PartialEq, Eq)]
struct Different;

fn of_all_hosts(text: &str, config: &Config) -> Result<Option<String>, Different> {
    let mut found: Option<String> = None;
    for (index, host) in config.get_hosts().iter().enumerate() {
        let host = match host {
            Host::Tcp(host) => host.clone(),
            Host::Unix(_) => "localhost".to_owned(),
        };
        let port = port_of(config, index).to_string();
        let database = config.get_dbname().unwrap_or_default();
        let user = config.get_user().unwrap_or_default();
        let Some(password) = find(text, [&host, &port, database, user]) else { continue };
        if found.as_ref().is_some_and(|found| *found != password) {
            return Err(Different);
        }
        found = Some(password);
    }
    Ok(found)
}

fn find(text: &str, wanted: [&str; 4]) -> Option<String> {
    let lines = text.lines().filter(|line| !line.starts_with('#')).map(fields);
    let mut fitting = lines.filter(|fields| {
        fields.len() == 5
            && fields.iter().zip(wanted).all(|(field, wanted)| field == "*" || field == wanted)
    });
    fitting.next()?.pop()
}

fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        let c = match c {
            ':' if fields.len() < 5 => {
                fields.push(String::new());
                continue;
            }
            '\\' => chars.next().unwrap_or('\\'),
            c => c,
        };
        if let Some(field) = fields.last_mut() {
            field.push(c);
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str =
        "# hosts\none:5432:ssisdb:sa:first\ntwo:*:*:sa:se\\:cond\\\\\n*:*:other:*:x\n";

    fn check(url: &str) -> Result<Option<String>, Different> {
        of_all_hosts(FILE, &url.parse().unwrap())
    }

    #[test]
    fn the_first_line_that_fits_has_the_password() {
        assert_eq!(check("postgres://sa@one/ssisdb"), Ok(Some("first".to_owned())));
        assert_eq!(check("postgres://sa@two:99/ssisdb"), Ok(Some("se:cond\\".to_owned())));
        assert_eq!(check("postgres://me@one/ssisdb"), Ok(None));
        assert_eq!(check("postgres://me@one,two/other"), Ok(Some("x".to_owned())));
    }

    #[test]
    fn hosts_with_different_passwords_are_not_one_server() {
        assert_eq!(check("postgres://sa@one,two/ssisdb"), Err(Different));
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pgpass");
        fs_err::write(&path, FILE).unwrap();
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(read(&path), Err(PassfileError::TooOpen { mode: 0o644, .. })));
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(read(&path).unwrap(), FILE);
    }
}
