//! What doctor can find, and why a command cannot start: one stable code a fault, with what people
//! notice and what is behind it.
//!
//! Each has a page in `docs/errors/` with the steps that mend it; a test holds the two together.

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Stable, and the name of its page.
    pub(crate) code: &'static str,
    /// The fault in a few words.
    pub(crate) title: &'static str,
    /// What people notice.
    pub(crate) symptom: &'static str,
    /// What is behind it.
    pub(crate) cause: &'static str,
}

macro_rules! faults {
    ($($name:ident $code:literal $title:literal $symptom:literal $cause:literal;)*) => {
        $(
            #[doc = $title]
            pub(crate) const $name: Fault =
                Fault { code: $code, title: $title, symptom: $symptom, cause: $cause };
        )*
        /// All of them, by code.
        #[cfg(test)]
        pub(crate) const ALL: &[Fault] = &[$($name),*];
    };
}

faults! {
    NOT_SET_UP "PH0301" "there is no installation here"
        "commands say that the data directory has no SSISDB"
        "`packhorse init` or `packhorse join` was not run, or another data directory is meant";
    BAD_SETTINGS "PH0302" "settings cannot be used"
        "a master or worker does not start"
        "MasterSettings.toml or WorkerSettings.toml is missing, cannot be read, or has a key or value that cannot be right";
    OPEN_KEY "PH0303" "a private key is open to others"
        "a master or worker refuses to start because of its key"
        "the key's file can be read by other accounts, so whoever has one of them can pass for this machine";
    UNUSABLE_IDENTITY "PH0304" "a certificate or key cannot be used"
        "a master or worker does not start, or finds no TLS"
        "the service's account cannot read the files, they are damaged, or key and certificate do not belong together";
    EXPIRING "PH0305" "a certificate has ended or ends soon"
        "T-SQL clients and browsers refuse the connection"
        "the certificate's last day has passed or is less than 30 days away; masters and workers trust by thumbprint and go on";
    NAME_MISSING "PH0306" "a certificate does not name the published address"
        "clients that check names refuse the connection"
        "the host of MasterAddress is not among the names in the master's certificate";
    DISK_FULL "PH0307" "the disk is nearly full"
        "executions fail, messages are late, SSISDB cannot be written"
        "less than 200 MB, or less than 5 percent and 2 GB, is free on the disk of the data directory";
    SPOOL_GROWS "PH0308" "messages wait on a worker"
        "messages of executions are late or missing in the catalog"
        "the worker cannot hand its messages to a master, so they wait in its spool folder; nothing is lost unless the folder is";
    SAME_AGENT "PH0309" "two workers have one AgentId"
        "two workers take turns to be online, and lose each other's leases"
        "a data directory was copied, or WorkerSettings.toml was";
    NO_CATALOG "PH0310" "SSISDB cannot be opened"
        "a master does not start, Manager and views show nothing"
        "SqlServerName names what is not there, is no SSISDB, or cannot be used by this account";
    NOT_ENABLED "PH0311" "Scale Out is not enabled"
        "executions in Scale Out cannot be created; `catalog.master_properties` may be empty"
        "`catalog.enable_scaleout` was not called for this SSISDB";
    NO_MASTER "PH0312" "no master is online"
        "nothing is handed out to workers, and commands start a master of their own"
        "no master has written its heartbeat (LAST_ONLINE_TIME) for longer than two minutes";
    NOBODY_RUNS "PH0313" "executions wait that no worker can run"
        "an execution stays pending"
        "every worker that may run it is disabled or offline, or none has registered";
    DEAD_LEASES "PH0314" "leases have ended and nobody took them back"
        "executions show as running although their worker is gone"
        "no master looks after expired leases: none runs, or DealWithExpiredTasksIntervalInMs is very long";
    UNTRUSTED_WORKER "PH0315" "masters do not trust this worker"
        "the worker runs and is offline; masters answer 403"
        "its certificate was never trusted, was revoked, or belongs to another AgentId";
    AT_RISK "PH0316" "writes can be lost with the database server"
        "nothing yet: a failover could lose what was acknowledged last"
        "no synchronous standby confirms commits";
    CLOCK_SKEW "PH0317" "clocks differ"
        "times in views are wrong; certificates seem not valid yet"
        "the clocks of two parts (master, worker, SSISDB's server) are more than five seconds apart";
    VERSION_MIX "PH0318" "parts of different versions"
        "a master or worker behaves differently from the others, or is refused"
        "the program's version differs between this machine and a master or worker";
    WRONG_KEY "PH0319" "the key of SSISDB does not fit"
        "a master does not start"
        "ssisdb.key is missing, damaged, or belongs to another SSISDB";
    NO_SUCH_HOST "PH0320" "the master's name has no address"
        "the worker cannot connect"
        "the host in MasterEndpoint is misspelled, or the name service does not know it";
    NOBODY_LISTENS "PH0321" "nobody listens at the master's port"
        "connection refused"
        "no master runs there, or it listens at another port or address (PortNumber, BindAddress)";
    NO_ANSWER "PH0322" "no answer from the master's address"
        "connecting takes seconds and ends in a time-out"
        "a firewall drops packets on the way, or the machine is down";
    NO_TLS "PH0323" "what listens at the port is no master"
        "TLS fails"
        "another program has the port, a proxy in between ends TLS itself, or TLS 1.3 is held back";
    OTHER_CERTIFICATE "PH0324" "the master shows another certificate than expected"
        "the worker does not trust the master"
        "the master's certificate was replaced, its thumbprint was never trusted or is misspelled here, or somebody else answers under its name";
    REFUSED "PH0325" "the master refuses"
        "requests end with the refusal in the evidence"
        "the master is reached and trusted, and does not serve this";
    NO_DATABASE "PH0326" "SSISDB's server cannot be reached"
        "a master waits at its start, or serves nobody; executions stand still"
        "the server is down, its address in SqlServerName is wrong, or a firewall is in between";
    DATABASE_REFUSES "PH0327" "SSISDB's server refuses the account"
        "a master does not start"
        "the account's name or password is wrong, the database does not exist, or the server does not let this machine in";
    NEWER_CATALOG "PH0328" "SSISDB is of a newer program"
        "a master does not start after another one was upgraded"
        "a newer master has changed SSISDB in a way that this program does not know";
    WORKER_STOPPED "PH0329" "a worker of this machine does not run"
        "lists show the worker as offline"
        "nobody started the worker, or it has ended";
    NOT_MAPPED "PH0330" "a package names a path that is not mapped here"
        "an execution fails on this worker, and perhaps not on another"
        "PathMappings says nothing of a Windows folder that a deployed package names, or maps it to a folder that is not there";
    NO_DRIVER "PH0331" "a package needs a driver that is not here"
        "executions of the package fail when they connect"
        "a connection manager of a deployed package names a provider that has no driver here";
    REPLICA_LAGS "PH0332" "a standby lags behind"
        "nothing yet: a failover would take long, or lose what the standby has not got"
        "the standby's machine or the network to it is too slow, or the standby hangs";
    LOGIN_REFUSED "PH0333" "the server refuses a login"
        "`catalog.update_logdb_info` refuses the connection string, or a script cannot log in (18456)"
        "the login does not exist or is disabled, or its password is wrong";
    LOGIN_UNREACHABLE "PH0334" "the server of a connection string cannot be reached"
        "`catalog.update_logdb_info` refuses the connection string, or a script cannot connect"
        "Data Source is wrong, nothing listens there, or a firewall is in between";
    MASTER_GONE "PH0335" "a master has fallen silent"
        "workers and clients that know only this master stand still"
        "the master was killed, its machine is down, or it cannot reach SSISDB";
    NOT_ITS_CERTIFICATE "PH0336" "the master's port shows another certificate than its files"
        "workers that trust the certificate of the files do not trust the master"
        "the certificate was exchanged and the master shows the old one, or another program has the port";
    PORT_TAKEN "PH0337" "another program has a port"
        "a master does not start"
        "another program, perhaps another master, listens at PortNumber, TdsPort or the port of the SQL Server Browser";
    CANNOT_LISTEN "PH0338" "an address cannot be listened on"
        "a master does not start"
        "BindAddress is not an address of this machine, or the port is one that this account may not take";
    NO_PERMISSION "PH0339" "a file or folder cannot be used by this account"
        "a master, worker or command does not start"
        "the file or folder belongs to another account, its mode does not let this one in, or its disk is mounted read-only";
    IN_USE "PH0340" "a worker with this folder runs already"
        "a worker does not start"
        "another process works in the same folder, which belongs to one worker";
    LATE "PH0341" "the master is reached and does not answer in time"
        "requests take seconds and end in a time-out"
        "the master waits for SSISDB, its process hangs, or its machine has far too much to do";
    PROTOCOL "PH0342" "master and worker do not understand each other"
        "a worker does not register, or a command is refused"
        "their versions are so far apart that one does not speak the other's protocol any more";
}
