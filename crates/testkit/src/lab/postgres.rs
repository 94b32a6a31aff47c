//! PostgreSQL on machines of a lab: a primary, and a standby that commits wait for.

use super::Machine;
use crate::postgres::programs;

/// What both have in common. Everything is in memory of the machine, and gone with it.
const PREPARE: &str = r#"
mount -t tmpfs tmpfs /mnt && chown postgres /mnt && cd /mnt
as() { setpriv --reuid=postgres --regid=postgres --init-groups -- "$@"; }
"#;

/// Makes and starts a primary with an empty database `ssisdb`, which its account owns.
const PRIMARY: &str = r#"
as "$BIN/initdb" -D /mnt/pg -U postgres -A trust -E UTF8 --locale=C -N >/mnt/log 2>&1 || { cat /mnt/log; exit 1; }
cat >>/mnt/pg/postgresql.conf <<CONF
listen_addresses = '*'
unix_socket_directories = '/mnt'
max_connections = 100
fsync = off
CONF
cat >>/mnt/pg/pg_hba.conf <<HBA
host replication postgres 10.77.0.0/24 trust
host all postgres 10.77.0.0/24 trust
host all all 10.77.0.0/24 scram-sha-256
HBA
as "$BIN/pg_ctl" -D /mnt/pg -l /mnt/server.log -w -t 60 start >/mnt/log 2>&1 || { cat /mnt/log /mnt/server.log; exit 1; }
"#;

/// Makes and starts a standby of the primary `$PRIMARY`.
const STANDBY: &str = r#"
as "$BIN/pg_basebackup" -h "$PRIMARY" -U postgres -D /mnt/pg -R -X stream -c fast || exit 1
echo "cluster_name = '$(hostname)'" >>/mnt/pg/postgresql.conf
as "$BIN/pg_ctl" -D /mnt/pg -l /mnt/server.log -w -t 60 start >/mnt/log 2>&1 || { cat /mnt/log /mnt/server.log; exit 1; }
"#;

/// Starts a primary on this machine.
///
/// # Panics
///
/// When it does not start.
pub fn primary(on: &Machine) {
    start(on, PRIMARY, "");
}

/// Starts a standby of `primary` on this machine, and lets commits wait for it.
///
/// # Panics
///
/// When it does not start.
pub fn standby(on: &Machine, primary: &Machine) {
    start(on, STANDBY, primary.name());
    sql(primary, "ALTER SYSTEM SET synchronous_standby_names = '*'");
    sql(primary, "SELECT pg_reload_conf()");
}

/// Runs SQL as the superuser of the server on this machine; what psql prints.
///
/// # Panics
///
/// When it fails.
pub fn sql(on: &Machine, statement: &str) -> String {
    let script = "\"$BIN/psql\" -XAtq -v ON_ERROR_STOP=1 -U postgres -h /mnt -c \"$SQL\"";
    let mut command = on.command("sh");
    command.args(["-c", script]).env("BIN", programs()).env("SQL", statement);
    finish(&mut command)
}

fn start(on: &Machine, script: &str, primary: &str) {
    let mut command = on.command("sh");
    command.args(["-c", &format!("{PREPARE}{script}")]);
    command.env("BIN", programs()).env("PRIMARY", primary);
    finish(&mut command);
}

fn finish(command: &mut std::process::Command) -> String {
    let said = command.output().expect("nsenter starts");
    let (out, err) = (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    assert!(said.status.success(), "{out}{err}");
    out.trim_end().to_owned()
}
