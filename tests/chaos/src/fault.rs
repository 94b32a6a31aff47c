//! Faults: what is done to which part of a cluster, and how it is undone.

use anyhow::{Context, Result};
use nix::sys::signal::Signal;

use crate::cluster::{Cluster, MASTERS, WORKERS};
use crate::database::{Database, HOSTS};
use crate::process::{Process, signal};
use crate::world::World;

/// A kind of fault, as the table counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    MasterKilled,
    MasterFrozen,
    WorkerKilled,
    WorkerFrozen,
    WorkerHostKilled,
    WorkerHostFrozen,
    PackageKilled,
    PackageFrozen,
    TemplateKilled,
    PostgresKilled,
    NodeKilled,
    NodeFrozen,
    EtcdKilled,
    EtcdFrozen,
    LinkCut,
    LinkCutOneWay,
    DiskFull,
    ClockJump,
}

impl Kind {
    /// All, with how often each is chosen.
    pub(crate) const ALL: [(Self, u64); 18] = [
        (Self::MasterKilled, 14),
        (Self::MasterFrozen, 7),
        (Self::WorkerKilled, 9),
        (Self::WorkerFrozen, 6),
        (Self::WorkerHostKilled, 4),
        (Self::WorkerHostFrozen, 4),
        (Self::PackageKilled, 14),
        (Self::PackageFrozen, 5),
        (Self::TemplateKilled, 4),
        (Self::PostgresKilled, 2),
        (Self::NodeKilled, 3),
        (Self::NodeFrozen, 3),
        (Self::EtcdKilled, 3),
        (Self::EtcdFrozen, 2),
        (Self::LinkCut, 8),
        (Self::LinkCutOneWay, 8),
        (Self::DiskFull, 3),
        (Self::ClockJump, 4),
    ];

    /// For people.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::MasterKilled => "master killed",
            Self::MasterFrozen => "master frozen",
            Self::WorkerKilled => "worker killed",
            Self::WorkerFrozen => "worker frozen, its packages not",
            Self::WorkerHostKilled => "worker and all its packages killed",
            Self::WorkerHostFrozen => "worker and all its packages frozen",
            Self::PackageKilled => "package process killed",
            Self::PackageFrozen => "package process frozen",
            Self::TemplateKilled => "template of package processes killed",
            Self::PostgresKilled => "PostgreSQL primary killed",
            Self::NodeKilled => "node of the database killed",
            Self::NodeFrozen => "node of the database frozen",
            Self::EtcdKilled => "member of etcd killed",
            Self::EtcdFrozen => "member of etcd frozen",
            Self::LinkCut => "link cut",
            Self::LinkCutOneWay => "link cut one way",
            Self::DiskFull => "disk of a worker full",
            Self::ClockJump => "clock of a master or worker jumps",
        }
    }
}

/// One fault, chosen.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) kind: Kind,
    /// The host that it happens to, or the sender of a link that is cut.
    pub(crate) host: String,
    /// The other end of a link.
    pub(crate) other: String,
    /// Which of several, or by how much.
    pub(crate) number: u64,
    /// How long it lasts, in milliseconds.
    pub(crate) lasts_ms: u64,
}

/// Everything that faults happen to.
pub(crate) struct Stage<'a> {
    pub(crate) world: &'a World,
    pub(crate) database: &'a Database,
    pub(crate) cluster: &'a Cluster,
}

/// What undoes a fault.
#[derive(Clone, Debug)]
pub(crate) enum Cure {
    /// It was over at once, or there was nothing to do it to.
    None,
    /// Start the master or worker again.
    Start,
    /// Start the member of etcd again.
    StartEtcd,
    /// Start the node of the database again.
    StartNode,
    /// Let these processes go on.
    Continue(Vec<i32>),
    /// Let packets pass again, one way or both.
    Mend,
    /// Free the disk.
    Free,
    /// Set the clock right.
    SetClock,
}

impl Stage<'_> {
    /// Does it. `None` when there was nothing to do it to.
    pub(crate) fn strike(&self, fault: &Fault) -> Result<Option<Cure>> {
        let host = fault.host.as_str();
        let cure = match fault.kind {
            Kind::MasterKilled | Kind::WorkerKilled => {
                self.role(host)?.kill();
                Cure::Start
            }
            Kind::WorkerHostKilled => {
                let all = self.world.processes(host);
                self.role(host)?.kill();
                send(all.into_iter().map(|(id, _)| id), Signal::SIGKILL);
                Cure::Start
            }
            Kind::MasterFrozen | Kind::WorkerFrozen => {
                let Some(id) = self.role(host)?.id() else { return Ok(None) };
                freeze(vec![id])
            }
            Kind::WorkerHostFrozen => {
                // What was just being started by the first of them is found by the second look.
                let look = || self.world.processes(host).into_iter().map(|(id, _)| id);
                send(look(), Signal::SIGSTOP);
                freeze(look().collect())
            }
            Kind::PackageKilled | Kind::PackageFrozen | Kind::TemplateKilled => {
                return Ok(self.strike_package(fault));
            }
            Kind::PostgresKilled => {
                send(self.database.node_processes(host, false), Signal::SIGKILL);
                Cure::None
            }
            Kind::NodeKilled => {
                self.patroni(host)?.kill();
                send(self.database.node_processes(host, true), Signal::SIGKILL);
                Cure::StartNode
            }
            Kind::NodeFrozen => freeze(self.database.node_processes(host, true)),
            Kind::EtcdKilled => {
                self.etcd(host)?.kill();
                Cure::StartEtcd
            }
            Kind::EtcdFrozen => {
                let Some(id) = self.etcd(host)?.id() else { return Ok(None) };
                freeze(vec![id])
            }
            Kind::LinkCut | Kind::LinkCutOneWay => {
                self.link(fault, true)?;
                Cure::Mend
            }
            Kind::DiskFull => {
                self.fill(host);
                Cure::Free
            }
            Kind::ClockJump => {
                let clock = self.cluster.clock(host).context("this clock does not jump")?;
                clock.jump(jump_of(fault.number))?;
                Cure::SetClock
            }
        };
        Ok(Some(cure))
    }

    fn strike_package(&self, fault: &Fault) -> Option<Cure> {
        let (packages, templates) = self.cluster.package_processes(&fault.host);
        let of = if fault.kind == Kind::TemplateKilled { templates } else { packages };
        let n = u64::try_from(of.len()).ok().filter(|n| 0 < *n)?;
        let id = *of.get(usize::try_from(fault.number % n).ok()?)?;
        if fault.kind == Kind::PackageFrozen {
            return Some(freeze(vec![id]));
        }
        signal(id, Signal::SIGKILL);
        Some(Cure::None)
    }

    /// Undoes it.
    pub(crate) fn cure(&self, fault: &Fault, cure: &Cure) -> Result<()> {
        match cure {
            Cure::None => Ok(()),
            Cure::Start => self.role(&fault.host)?.start_again(),
            Cure::StartEtcd => self.etcd(&fault.host)?.start_again(),
            Cure::StartNode => self.patroni(&fault.host)?.start_again(),
            Cure::Continue(processes) => {
                send(processes.iter().copied(), Signal::SIGCONT);
                Ok(())
            }
            Cure::Mend => self.link(fault, false),
            Cure::Free => {
                std::fs::remove_file(self.cluster.data(&fault.host).join("filler"))?;
                Ok(())
            }
            Cure::SetClock => {
                self.cluster.clock(&fault.host).context("this clock does not jump")?.jump(0)
            }
        }
    }

    fn link(&self, fault: &Fault, is_cut: bool) -> Result<()> {
        self.world.cut(&fault.host, &fault.other, is_cut)?;
        if fault.kind == Kind::LinkCut {
            self.world.cut(&fault.other, &fault.host, is_cut)?;
        }
        Ok(())
    }

    /// Takes all that is free on the disk of a worker.
    fn fill(&self, host: &str) {
        let path = self.cluster.data(host).join("filler");
        let Ok(mut file) = std::fs::File::create(path) else { return };
        let zeros = vec![0_u8; 1 << 20];
        // Until the disk is full, which is the point.
        while std::io::Write::write_all(&mut file, &zeros).is_ok() {}
    }

    fn role(&self, host: &str) -> Result<&Process> {
        let master = MASTERS.iter().position(|one| *one == host);
        let master = master.and_then(|index| self.cluster.masters.get(index));
        let worker = WORKERS.iter().position(|one| *one == host);
        let worker = worker.and_then(|index| self.cluster.workers.get(index));
        master.or(worker).with_context(|| format!("no role at {host}"))
    }

    fn etcd(&self, host: &str) -> Result<&Process> {
        let index = HOSTS.iter().position(|one| *one == host);
        index
            .and_then(|at| self.database.etcd.get(at))
            .with_context(|| format!("no etcd at {host}"))
    }

    fn patroni(&self, host: &str) -> Result<&Process> {
        let index = HOSTS.iter().position(|one| *one == host);
        let node = index.and_then(|at| self.database.patroni.get(at));
        node.with_context(|| format!("no node at {host}"))
    }
}

fn freeze(processes: Vec<i32>) -> Cure {
    send(processes.iter().copied(), Signal::SIGSTOP);
    Cure::Continue(processes)
}

fn send(processes: impl IntoIterator<Item = i32>, with: Signal) {
    processes.into_iter().for_each(|id| signal(id, with));
}

/// By how many seconds a clock jumps: half a minute to an hour, to either side.
fn jump_of(number: u64) -> i64 {
    let size = i64::try_from(30 + number % 3_600).unwrap_or(30);
    if number.is_multiple_of(2) { size } else { -size }
}
