//! A real PostgreSQL server for tests, in a temporary folder, gone when the tests are.
//!
//! Needs PostgreSQL's programs (Debian: `apt-get install postgresql`). PostgreSQL refuses to run
//! as root, so a test that does is helped to the account `postgres`.
//!
//! ```text
//!    test process ──pipe──▶ keeper: sh, waits for the pipe's end ──▶ stops the server,
//!                                                                    deletes the folder
//! ```
//!
//! The keeper sees the end of the test process whatever ends it, so no server is left behind.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// The versions whose programs are looked for, best first.
const VERSIONS: [u32; 5] = [17, 16, 15, 14, 13];

/// Makes and runs a server, and removes it when its input ends. `$1` has the programs, `$2` is the
/// port, `$3` has further settings.
const KEEPER: &str = r#"
dir="${TMPDIR:-/tmp}/packhorse-postgres.$$.$(date +%N)"
mkdir -m 700 "$dir" || exit 1
trap 'rm -rf "$dir"' EXIT
"$1/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C -N >"$dir/log" 2>&1 \
    || { cat "$dir/log" >&2; exit 1; }
printf '%s\n' "port = $2" "unix_socket_directories = '$dir'" "listen_addresses = '127.0.0.1'" \
    "max_connections = 300" "log_min_messages = fatal" "$3" >>"$dir/data/postgresql.conf"
if [ -n "$SERVER_KEY" ]; then
    (umask 077; printf '%s\n' "$SERVER_KEY" >"$dir/server.key")
    printf '%s\n' "$SERVER_CERTIFICATE" >"$dir/server.crt"
    printf '%s\n' "ssl = on" "ssl_key_file = '$dir/server.key'" "ssl_cert_file = '$dir/server.crt'" \
        >>"$dir/data/postgresql.conf"
fi
"$1/pg_ctl" -D "$dir/data" -l "$dir/log" -w -t 60 start >/dev/null 2>&1 \
    || { cat "$dir/log" >&2; exit 1; }
echo "$dir"
while read -r line; do
    case $line in
        kill) pid=$(head -1 "$dir/data/postmaster.pid"); kill -9 "$pid" $(pgrep -P "$pid"); echo done ;;
        stop) "$1/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1; echo done ;;
        start)
            # What a killed server leaves in memory is in the way for a moment.
            for try in 1 2 3 4 5 6 7 8 9 10; do
                "$1/pg_ctl" -D "$dir/data" -l "$dir/log" -w -t 60 start >/dev/null 2>&1 && break
                sleep 0.3
            done
            echo done ;;
    esac
done
"$1/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1
"#;

/// What a test server is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Fast; what was committed is lost with the machine, not with the server.
    Lazy,
    /// As in production.
    Full,
}

impl Durability {
    fn settings(self) -> &'static str {
        match self {
            Self::Lazy => "fsync = off\nfull_page_writes = off",
            Self::Full => "fsync = on",
        }
    }
}

/// A running server.
pub struct PostgresServer {
    port: u16,
    folder: PathBuf,
    programs: PathBuf,
    keeper: Mutex<Keeper>,
    n_databases: AtomicU32,
}

struct Keeper {
    _process: Child,
    orders: ChildStdin,
    answers: BufReader<std::process::ChildStdout>,
}

impl PostgresServer {
    /// The one server of this test program.
    ///
    /// # Panics
    ///
    /// When PostgreSQL is not installed or does not start.
    pub fn shared() -> &'static Self {
        static SERVER: OnceLock<PostgresServer> = OnceLock::new();
        SERVER.get_or_init(|| Self::start(Durability::Lazy))
    }

    /// Starts a server.
    ///
    /// # Panics
    ///
    /// When PostgreSQL is not installed or does not start.
    pub fn start(durability: Durability) -> Self {
        Self::start_with(durability, ["", ""])
    }

    /// Starts a server that takes TLS connections too, with this certificate and its key (PEM).
    ///
    /// # Panics
    ///
    /// When PostgreSQL is not installed or does not start.
    pub fn start_with_tls(certificate: &str, key: &str) -> Self {
        Self::start_with(Durability::Lazy, [certificate, key])
    }

    fn start_with(durability: Durability, tls: [&str; 2]) -> Self {
        let programs = programs();
        // Another program may take the port before the server does.
        for _ in 0..5 {
            if let Some(server) = Self::try_start(&programs, durability, tls) {
                return server;
            }
        }
        panic!("PostgreSQL did not start; what it said stands above");
    }

    fn try_start(programs: &Path, durability: Durability, tls: [&str; 2]) -> Option<Self> {
        let port = free_port();
        let mut keeper = as_ordinary_user(Path::new("sh"));
        keeper.env("SERVER_CERTIFICATE", tls[0]).env("SERVER_KEY", tls[1]);
        keeper.args(["-c", KEEPER, "keeper"]).arg(programs).arg(port.to_string());
        keeper.arg(durability.settings());
        keeper.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = keeper.spawn().expect("sh starts");
        let orders = process.stdin.take().expect("stdin is a pipe");
        let mut answers = BufReader::new(process.stdout.take().expect("stdout is a pipe"));
        let mut folder = String::new();
        answers.read_line(&mut folder).expect("the keeper's answer is text");
        if folder.is_empty() {
            process.wait().expect("the keeper ends");
            return None;
        }
        Some(Self {
            port,
            folder: PathBuf::from(folder.trim_end()),
            programs: programs.to_owned(),
            keeper: Mutex::new(Keeper { _process: process, orders, answers }),
            n_databases: AtomicU32::new(0),
        })
    }

    /// A new, empty database; its URL.
    ///
    /// # Panics
    ///
    /// When the server does not make it.
    pub fn database(&self) -> String {
        let name = format!("test_{}", self.n_databases.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        self.url(&name)
    }

    /// A new database with what the one at `url` has, which nobody uses; its URL.
    ///
    /// # Panics
    ///
    /// When the server does not make it.
    pub fn copy_of(&self, url: &str) -> String {
        let name = format!("test_{}", self.n_databases.fetch_add(1, Ordering::Relaxed));
        let sql = format!("CREATE DATABASE {name} TEMPLATE {}", name_in(url));
        self.sql("postgres", &sql);
        self.url(&name)
    }

    /// The URL of a database of this server.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }

    /// Runs SQL as the superuser, and returns what psql prints.
    ///
    /// # Panics
    ///
    /// When psql or the SQL fails.
    pub fn sql(&self, database: &str, sql: &str) -> String {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", database]);
        psql.arg("-h").arg(&self.folder).args(["-p", &self.port.to_string(), "-c", sql]);
        let output = psql.output().expect("psql starts");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{sql}: {complaint}");
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// Kills the server as `kill -9` does.
    pub fn kill(&self) {
        self.order("kill");
    }

    /// Stops the server at once: it recovers when it is started again.
    pub fn stop(&self) {
        self.order("stop");
    }

    /// Starts the server again.
    pub fn start_again(&self) {
        self.order("start");
    }

    fn order(&self, order: &str) {
        use std::io::Write as _;
        let mut keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(keeper.orders, "{order}").expect("the keeper listens");
        let mut answer = String::new();
        keeper.answers.read_line(&mut answer).expect("the keeper answers");
    }

    /// Where the server listens, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }
}

/// The database in a URL of a test server.
pub fn name_in(url: &str) -> &str {
    let (url, _options) = url.split_once('?').unwrap_or((url, ""));
    url.rsplit_once('/').map_or(url, |(_server, name)| name)
}

/// A port that was free a moment ago and that no other test of this process was given.
///
/// # Panics
///
/// When the system has none.
pub fn free_port() -> u16 {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = listener.local_addr().expect("a bound socket has an address").port();
        if given.insert(port) {
            return port;
        }
    }
}

/// The folder with `initdb`, `pg_ctl` and the rest.
///
/// # Panics
///
/// When PostgreSQL is not installed.
pub fn programs() -> PathBuf {
    let debian = VERSIONS.iter().map(|version| format!("/usr/lib/postgresql/{version}/bin"));
    let path = std::env::var("PATH").unwrap_or_default();
    let folders = debian.map(PathBuf::from).chain(std::env::split_paths(&path));
    let mut complete = folders.filter(|folder| folder.join("initdb").exists());
    complete.next().expect("these tests need PostgreSQL (Debian: `apt-get install postgresql`)")
}

/// A command that runs as the account `postgres` when this process is root's.
pub fn as_ordinary_user(program: &Path) -> Command {
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|this| {
        use std::os::unix::fs::MetadataExt as _;
        this.uid() == 0
    });
    if !is_root {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "--"]).arg(program);
    command
}
