//! The command line: what can be typed, and nothing of what it does.

mod access;
mod administration;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub(crate) use self::access::Access;
pub(crate) use self::administration::{
    CertAction, CertArgs, DoctorArgs, ExplainArgs, JoinArgs, WhoseCertificate, WorkersAction,
    WorkersArgs,
};

/// Runs SQL Server Integration Services projects on Linux, in Scale Out.
#[derive(Debug, Parser)]
#[command(name = "packhorse", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options that every command takes.
#[derive(Clone, Debug, Args)]
pub(crate) struct Global {
    /// Where SSISDB, certificates, settings and logs are [default: ~/.packhorse]
    #[arg(long, global = true, value_name = "DIR", env = "PACKHORSE_DATA_DIR")]
    pub(crate) data_dir: Option<PathBuf>,

    /// Write results as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) access: Access,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run projects or packages on this machine: a master, workers, deployment, execution
    Run(RunArgs),
    /// Run one package in this process, with dtexec's options and exit codes
    #[command(disable_help_flag = true)]
    Exec(ExecArgs),
    /// Say for each package whether it would run, and what would not
    Check(CheckArgs),
    /// Set up a data directory: SSISDB, its key, certificates, settings
    Init(InitArgs),
    /// Run a master and workers until stopped
    Up(UpArgs),
    /// Run one Scale Out Master
    Master(MasterArgs),
    /// Run one Scale Out Worker
    Worker(WorkerArgs),
    /// Back up and restore SSISDB, move it to a PostgreSQL server, say where it is
    Catalog(CatalogArgs),
    /// Bring SSISDB to this version, or say what will happen and in which order
    Upgrade(UpgradeArgs),
    /// Deploy a project to SSISDB
    Deploy(DeployArgs),
    /// Start an execution of a deployed package
    Execute(ExecuteArgs),
    /// List executions, or show one
    Executions(ExecutionsArgs),
    /// Show the messages of an execution
    Messages(MessagesArgs),
    /// Stop an execution
    Stop(StopArgs),
    /// Say why an execution is where it is, worker by worker
    Explain(ExplainArgs),
    /// List workers, let more join, enable, drain or remove them
    Workers(WorkersArgs),
    /// List masters, with their versions and whether they serve
    Masters,
    /// Make this machine a Scale Out Worker of a master elsewhere
    Join(JoinArgs),
    /// Show, renew, import and exchange the certificates of this data directory
    Cert(CertArgs),
    /// Find what is wrong with this installation, and say what mends it
    Doctor(DoctorArgs),
    /// Make logins for SQL clients, give them roles, remove them
    Login(LoginArgs),
}

impl Command {
    /// Whether it is a command that asks a master, so that it matters which one and as whom.
    pub(crate) fn asks_a_master(&self) -> bool {
        match self {
            Self::Deploy(_)
            | Self::Execute(_)
            | Self::Executions(_)
            | Self::Messages(_)
            | Self::Stop(_)
            | Self::Explain(_)
            | Self::Workers(_)
            | Self::Masters
            | Self::Login(_) => true,
            Self::Run(_)
            | Self::Exec(_)
            | Self::Check(_)
            | Self::Init(_)
            | Self::Up(_)
            | Self::Master(_)
            | Self::Worker(_)
            | Self::Catalog(_)
            | Self::Upgrade(_)
            | Self::Join(_)
            | Self::Cert(_)
            | Self::Doctor(_) => false,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// An .ispac, a project folder or a .dtsx
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,

    /// Run only this package; may be given several times [default: every entry point]
    #[arg(long = "package", value_name = "NAME")]
    pub(crate) packages: Vec<String>,

    /// How many workers to start
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub(crate) workers: u32,

    #[command(flatten)]
    pub(crate) values: Values,

    /// Run a package again up to N times when it fails
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) retry_count: u32,

    /// Serve T-SQL clients at this port meanwhile; 0 takes a free one
    #[arg(long, value_name = "PORT")]
    pub(crate) tds_port: Option<u16>,

    #[command(flatten)]
    pub(crate) paths_here: PathMappings,
}

/// Values for one or more executions.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Values {
    /// Set a parameter: NAME, $Project::NAME or $Package::NAME
    #[arg(long = "param", value_name = "NAME=VALUE")]
    pub(crate) parameters: Vec<String>,

    /// Set the connection string of a connection manager
    #[arg(long = "connection", value_name = "NAME=STRING")]
    pub(crate) connections: Vec<String>,

    /// Lines `param NAME=VALUE` and `connection NAME=STRING`, for what the process list must not
    /// show
    #[arg(long, value_name = "FILE")]
    pub(crate) values_file: Option<PathBuf>,

    /// None, Basic, Performance, Verbose or RuntimeLineage
    #[arg(long, value_name = "L", default_value = "Basic")]
    pub(crate) logging_level: String,
}

/// Where the Windows paths of packages are on this machine.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct PathMappings {
    /// Windows path prefix and what it is here, for example 'C:\Data\=/srv/data/'
    #[arg(long = "map-path", value_name = "FROM=TO")]
    pub(crate) mappings: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ExecArgs {
    /// A package, and dtexec's options: /File, /Project, /Set, /Par, /Conn, /Rep ...
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "PACKAGE|OPTION")]
    pub(crate) words: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Packages, .ispacs or folders
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,

    /// A file whose first line is the password that the project is encrypted with
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Port of the master
    #[arg(long, value_name = "PORT", default_value_t = 8391)]
    pub(crate) port: u16,

    /// A name or address by which workers and clients reach the master; several are possible
    #[arg(long = "host", value_name = "NAME")]
    pub(crate) hosts: Vec<String>,

    /// How many workers of this machine to set up, enabled
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub(crate) workers: u32,

    /// PostgreSQL database that is to hold SSISDB, instead of a file: postgres://USER@HOST/DATABASE
    #[arg(long, value_name = "URL", env = "PACKHORSE_SSISDB", hide_env_values = true)]
    pub(crate) ssisdb: Option<String>,

    /// Key file of an SSISDB that exists already, from another of its masters
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct CatalogArgs {
    #[command(subcommand)]
    pub(crate) action: CatalogAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CatalogAction {
    /// Copy this data directory's SSISDB to an empty PostgreSQL database, compare, and use that
    Move(MoveArgs),
    /// Say where SSISDB is, and what would be lost with its server
    Show,
    /// Allow executions in Scale Out, as `catalog.enable_scaleout` does
    EnableScaleout,
    /// Write all of SSISDB into one file, while masters work
    Backup(BackupArgs),
    /// Make this data directory and its SSISDB from a backup
    Restore(RestoreArgs),
}

#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    /// The file to make
    pub(crate) file: PathBuf,

    /// A file whose first line is the passphrase that the key of SSISDB is put under, at least 12
    /// characters [default: the first line of standard input]
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,

    /// Leave the key of SSISDB out; a restore then needs a copy of the key file
    #[arg(long, conflicts_with = "passphrase_file")]
    pub(crate) without_key: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RestoreArgs {
    /// The backup
    pub(crate) file: PathBuf,

    /// PostgreSQL database that is to hold SSISDB, instead of a file: postgres://USER@HOST/DATABASE
    #[arg(long, value_name = "URL", env = "PACKHORSE_SSISDB", hide_env_values = true)]
    pub(crate) to: Option<String>,

    /// A file whose first line is the passphrase of the backup [default: the first line of
    /// standard input]
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,

    /// The key file of SSISDB, in place of the one in the backup
    #[arg(long, value_name = "FILE", conflicts_with = "passphrase_file")]
    pub(crate) key: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct UpgradeArgs {
    /// Change nothing: say what will happen, in which order, and what waits
    #[arg(long)]
    pub(crate) plan: bool,
}

#[derive(Debug, Args)]
pub(crate) struct MoveArgs {
    /// postgres://USER@HOST/DATABASE
    #[arg(long = "to", value_name = "URL", env = "PACKHORSE_SSISDB", hide_env_values = true)]
    pub(crate) to: String,
}

#[derive(Debug, Args)]
pub(crate) struct UpArgs {
    /// How many workers
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(0..=64))]
    pub(crate) workers: u32,

    /// Port of the master; 0 takes a free one [default: as in MasterSettings.toml]
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Option<u16>,

    #[command(flatten)]
    pub(crate) tds: Tds,

    #[command(flatten)]
    pub(crate) paths_here: PathMappings,
}

/// Whether and where T-SQL clients are served.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct Tds {
    /// Port of T-SQL clients; 0 takes a free one [default: as in MasterSettings.toml, else 1433]
    #[arg(long, value_name = "PORT")]
    pub(crate) tds_port: Option<u16>,

    /// Do not serve T-SQL clients
    #[arg(long, conflicts_with = "tds_port")]
    pub(crate) no_tds: bool,
}

#[derive(Debug, Args)]
pub(crate) struct MasterArgs {
    /// Port; 0 takes a free one [default: as in MasterSettings.toml]
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Option<u16>,

    /// Address to listen on [default: as in MasterSettings.toml]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) bind: Option<String>,

    #[command(flatten)]
    pub(crate) tds: Tds,

    #[command(flatten)]
    pub(crate) paths_here: PathMappings,

    #[command(flatten)]
    pub(crate) parent: Parent,
}

#[derive(Debug, Args)]
pub(crate) struct WorkerArgs {
    /// Number of this worker in the data directory
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) number: u32,

    /// Master to work for; several are possible [default: as in WorkerSettings.toml]
    #[arg(long = "master", value_name = "URL")]
    pub(crate) masters: Vec<String>,

    #[command(flatten)]
    pub(crate) paths_here: PathMappings,

    #[command(flatten)]
    pub(crate) parent: Parent,
}

/// For processes that must not outlive the one that started them.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Parent {
    /// Stop when the process with this id is gone
    #[arg(long, value_name = "PID", hide = true)]
    pub(crate) parent: Option<u32>,
}

#[derive(Debug, Args)]
pub(crate) struct DeployArgs {
    /// An .ispac, a project folder or a .dtsx
    pub(crate) path: PathBuf,

    /// Folder of the catalog, made when it does not exist
    #[arg(long, default_value = "Packhorse")]
    pub(crate) folder: String,

    /// Name of the project [default: as in the project]
    #[arg(long)]
    pub(crate) project: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ExecuteArgs {
    /// FOLDER/PROJECT/PACKAGE
    pub(crate) package: String,

    /// Wait until it has ended; exit 0 only if it succeeded
    #[arg(long)]
    pub(crate) wait: bool,

    /// Start it N times
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) times: u32,

    /// Run it only on this worker; several are possible
    #[arg(long = "worker", value_name = "ID")]
    pub(crate) workers: Vec<String>,

    /// Run it again up to N times when it fails
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) retry_count: u32,

    #[command(flatten)]
    pub(crate) values: Values,
}

#[derive(Debug, Args)]
pub(crate) struct ExecutionsArgs {
    /// Show this one in full
    pub(crate) id: Option<i64>,

    /// How many to list, newest first
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) limit: u32,

    /// Only executions older than this one: the next page
    #[arg(long, value_name = "ID")]
    pub(crate) before: Option<i64>,
}

#[derive(Debug, Args)]
pub(crate) struct MessagesArgs {
    /// The execution
    pub(crate) id: i64,

    /// Keep showing new ones until it has ended
    #[arg(long)]
    pub(crate) follow: bool,
}

#[derive(Debug, Args)]
pub(crate) struct StopArgs {
    /// The execution
    pub(crate) id: i64,
}

#[derive(Debug, Args)]
pub(crate) struct LoginArgs {
    #[command(subcommand)]
    pub(crate) action: LoginAction,
}

/// Where a password comes from: never the command line.
#[derive(Clone, Debug, Args)]
pub(crate) struct PasswordFrom {
    /// A file whose first line is the password [default: the first line of standard input]
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LoginAction {
    /// Make a login
    Create {
        /// Its name
        name: String,
        /// Put it into a role: ssis_admin, ssis_cluster_executor, ssis_logreader, sysadmin ...;
        /// may be given several times
        #[arg(long = "role", value_name = "ROLE")]
        roles: Vec<String>,
        #[command(flatten)]
        password: PasswordFrom,
    },
    /// Set another password
    Password {
        /// The login
        name: String,
        #[command(flatten)]
        password: PasswordFrom,
    },
    /// List logins with their roles
    List,
    /// Remove a login and its user
    Drop {
        /// The login
        name: String,
    },
    /// Put a login into a role
    GrantRole {
        /// The login
        name: String,
        /// The role
        role: String,
    },
    /// Take a login out of a role
    RevokeRole {
        /// The login
        name: String,
        /// The role
        role: String,
    },
    /// Let a disabled login in again, also one that wrong passwords have slowed down
    Enable {
        /// The login
        name: String,
    },
    /// Let nobody in with a login
    Disable {
        /// The login
        name: String,
    },
}
