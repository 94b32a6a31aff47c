//! Proof that nothing is lost: three masters, four workers and three PostgreSQL nodes under
//! Patroni, each on a host of its own; clients that keep a ledger of what was acknowledged; a
//! seeded schedule of faults; and a checker that compares ledger, catalog and files afterwards.
//!
//! ```text
//!   World: network namespaces, links that can be cut, small disks
//!     Cluster: etcd, Patroni, PostgreSQL ×3, masters ×3, workers ×4, all real processes
//!       Load ──▶ Ledger          what clients were told
//!       Faults ──▶ Done          what was done to the cluster
//!       packages ──▶ Marks       what really ran, in which order
//!     check(Ledger, Marks, catalog) ──▶ Report
//! ```
//!
//! Everything runs in namespaces of its own (network, mounts, processes) that end with the
//! process that made them: nothing is left behind, however a run ends. Root is not needed where
//! the system lets users make namespaces.

mod check;
mod clock;
mod cluster;
mod database;
mod failover;
mod fault;
mod idle;
mod ledger;
mod load;
mod marks;
mod process;
mod random;
mod report;
mod run;
mod schedule;
mod tsql;
mod world;

pub use failover::failover;
pub use idle::idle_workers;
pub use report::Report;
pub use run::{Plan, run};
pub use world::{enter, missing_programs};
