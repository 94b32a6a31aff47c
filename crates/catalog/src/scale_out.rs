//! What masters do with the catalog for the workers: each function is part of one transaction.
//!
//! ```text
//!    claim:  snapshot ──▶ scaleout::plan ──▶ carry_out each decision ──▶ assignments
//!    renew, append_messages, report: one lease or attempt at a time
//! ```
//!
//! Nothing is decided here. A task's row becomes a [`scaleout::Task`], takes the event, and is
//! written back only where its fence has not moved.

mod agents;
mod assignment;
mod carry_out;
mod certificates;
mod effects;
mod leases;
mod master_properties;
mod masters;
mod messages;
mod report;
mod snapshot;
mod stuck;
pub(crate) mod task_row;
mod tds_addresses;

pub use agents::{agent_heartbeat, register_agent};
pub(crate) use carry_out::apply_event;
pub use carry_out::carry_out;
pub use certificates::{
    CertificateRefusal, CertificateRole, TrustedCertificate, certificate_of, certificates,
    change_worker_certificates, master_certificates, revoke_certificate, sha1_named,
    spend_join_token, trust_certificate,
};
pub use leases::{renew, stops_for};
pub use master_properties::write_master_properties;
pub use masters::{MasterRow, announce_master, masters, withdraw_master};
pub use messages::append_messages;
pub use report::report;
pub use snapshot::{snapshot, snapshot_of};
pub use stuck::{Explained, explain_task, leases_ended_before, stuck, tell_stuck};
pub use tds_addresses::{TdsAddress, announce_tds, other_tds, withdraw_tds};
