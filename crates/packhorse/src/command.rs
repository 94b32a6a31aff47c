//! The commands, one file each. A command returns its exit code; an error is printed once, at
//! the edge, and exits with 1.

pub(crate) mod catalog;
pub(crate) mod cert;
pub(crate) mod check;
pub(crate) mod deploy;
pub(crate) mod doctor;
pub(crate) mod execute;
pub(crate) mod executions;
pub(crate) mod explain;
pub(crate) mod help;
pub(crate) mod init;
pub(crate) mod join;
pub(crate) mod login;
pub(crate) mod master;
pub(crate) mod masters;
pub(crate) mod messages;
pub(crate) mod run;
pub(crate) mod stop;
pub(crate) mod up;
pub(crate) mod upgrade;
pub(crate) mod worker;
pub(crate) mod workers;
