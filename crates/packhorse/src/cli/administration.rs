//! What administrators type: workers, certificates, and finding faults.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The execution
    pub(crate) id: i64,
}

#[derive(Debug, Args)]
pub(crate) struct WorkersArgs {
    #[command(subcommand)]
    pub(crate) action: Option<WorkersAction>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum WorkersAction {
    /// Print the command that makes another machine a worker; the token in it works once
    Add {
        /// WorkerAgentId that it shall have [default: a new one]
        #[arg(long, value_name = "ID")]
        id: Option<String>,
        /// Name or address by which the other machine reaches a master [default: as published]
        #[arg(long, value_name = "URL")]
        endpoint: Option<String>,
    },
    /// List workers that were turned away because nobody trusts their certificate
    Waiting,
    /// Trust the certificate of a worker, which then registers, disabled
    Approve {
        /// WorkerAgentId, as `AgentId` in its WorkerSettings.toml
        id: String,
        /// Thumbprint (SHA-256) of its certificate [default: that of the worker that waits]
        #[arg(long, value_name = "SHA256")]
        thumbprint: Option<String>,
    },
    /// Hand tasks to a worker
    Enable {
        /// WorkerAgentId
        id: String,
    },
    /// Hand no more tasks to a worker; what it runs, it finishes
    Disable {
        /// WorkerAgentId
        id: String,
    },
    /// Disable a worker and wait until it has finished what it runs
    Drain {
        /// WorkerAgentId
        id: String,
        /// How long to wait, in seconds; then exit 1 and say what still runs [default: no limit]
        #[arg(long, value_name = "S")]
        deadline: Option<u64>,
    },
    /// Forget a worker that runs nothing, and trust its certificates no longer
    Remove {
        /// WorkerAgentId
        id: String,
        /// Shut it out at once; what it runs is run elsewhere while retries are left
        #[arg(long)]
        now: bool,
    },
    /// Set what lists say of a worker
    Describe {
        /// WorkerAgentId
        id: String,
        /// Its description
        text: String,
    },
    /// Set the tags of a worker
    Tag {
        /// WorkerAgentId
        id: String,
        /// Its tags
        tags: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct JoinArgs {
    /// Masters: https://host:port
    #[arg(required = true, value_name = "URL")]
    pub(crate) masters: Vec<String>,

    /// Thumbprint of a master's certificate: SHA-256, or SHA-1 as Windows shows it; several are
    /// possible
    #[arg(long = "thumbprint", required = true, value_name = "THUMBPRINT")]
    pub(crate) thumbprints: Vec<String>,

    /// Token of `packhorse workers add`; without one, the worker waits for approval
    #[arg(long)]
    pub(crate) token: Option<String>,

    /// Number of the new worker in the data directory
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) number: u32,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Look at a master from outside: https://host:port
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint: Option<String>,

    /// Thumbprint (SHA-256) that the certificate of the master at --endpoint has; several are
    /// possible
    #[arg(long = "thumbprint", value_name = "SHA256", requires = "endpoint")]
    pub(crate) thumbprints: Vec<String>,

    /// Also try a connection string, as for `catalog.update_logdb_info`: the first line of this
    /// file
    #[arg(long, value_name = "FILE")]
    pub(crate) connection_file: Option<PathBuf>,
}

/// Which of this data directory's certificates.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct WhoseCertificate {
    /// That of the worker with this number [default: the master's]
    #[arg(long, value_name = "N", conflicts_with = "admin")]
    pub(crate) worker: Option<u32>,
    /// That of the commands, with which they show that an administrator asks
    #[arg(long)]
    pub(crate) admin: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CertArgs {
    #[command(subcommand)]
    pub(crate) action: CertAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CertAction {
    /// Show the certificates of this data directory
    Show,
    /// Make the next certificate and key, and have SSISDB trust it beside the present one
    Renew {
        #[command(flatten)]
        whose: WhoseCertificate,
        /// A name or address that it names besides those of the present one
        #[arg(long = "host", value_name = "NAME")]
        hosts: Vec<String>,
    },
    /// Take a certificate and key made elsewhere as the next one
    Import {
        /// The certificate, with its chain: PEM or DER, or a PFX file with the key in it
        certificate: PathBuf,
        /// Its private key: PEM, readable by its owner only; not with a PFX file
        #[arg(long, value_name = "FILE", required_unless_present = "password_file")]
        key: Option<PathBuf>,
        /// The password of a PFX file: the first line of this file, or of standard input with `-`
        #[arg(long, value_name = "FILE", conflicts_with = "key")]
        password_file: Option<PathBuf>,
        #[command(flatten)]
        whose: WhoseCertificate,
    },
    /// Put the next certificate into use; a service that runs shows it from then on
    Rotate {
        #[command(flatten)]
        whose: WhoseCertificate,
        /// Do not wait until every worker that is online knows the master's next certificate
        #[arg(long)]
        now: bool,
    },
    /// Trust the replaced certificate no longer
    Retire {
        #[command(flatten)]
        whose: WhoseCertificate,
    },
}
