//! A box for tests: a catalog in a temporary folder, masters over it, and clients with
//! certificates of their own. `fixtures/Etl.ispac` is a project `Etl` with one package
//! `Load.dtsx` (parameter `Greeting`, text) and a project parameter `Count` (Int32, 5).

use std::path::PathBuf;
use std::time::Duration;

use catalog::scale_out::{CertificateRole, TrustedCertificate, trust_certificate};
use catalog::{Catalog, CatalogKey};
use master::api::{Deployed, Done, ExecutionDetail, ExecutionsStarted, NewExecution};
use master::{Handle, Master, Settings};
use model::{AgentId, Attempt, ExecutionId, Fence, OperationStatus, TaskId, Timestamp};
use scaleout::message::{
    Assignment, AttemptOutcome, Claim, Claimed, LeaseRef, MessageBatch, Outcome, PROTOCOL_HEADER,
    Register, Registered, Report, Reported,
};
use tempfile::TempDir;
use transport::{CertificateRequest, Client, ClientError, Identity, Thumbprint};
use uuid::Uuid;

pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// How long a claim may be held in a test: longer than a request may take, so that a claim that
/// nobody wakes fails its test.
pub(crate) const HOLD_MS: u64 = 45_000;

pub(crate) const ETL: &[u8] = include_bytes!("../fixtures/Etl.ispac");

pub(crate) struct TestBox {
    pub(crate) folder: TempDir,
    pub(crate) catalog: Catalog,
    pub(crate) identity: Identity,
    pub(crate) admin: Client,
    pub(crate) master: Handle,
}

pub(crate) fn identity(name: &str) -> Identity {
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let request = CertificateRequest { common_name: name.to_owned(), names, days: 2 };
    Identity::generate(&request).unwrap()
}

pub(crate) fn settings() -> Settings {
    Settings {
        port_number: 0,
        bind_address: "127.0.0.1".parse().unwrap(),
        deal_with_expired_tasks_interval_in_ms: 100,
        tds_enabled: false,
        ..Settings::default()
    }
}

pub(crate) fn open(path: PathBuf, key: &std::path::Path) -> Catalog {
    Catalog::open(path, CatalogKey::load_or_create(key).unwrap()).unwrap()
}

impl TestBox {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let catalog = open(folder.path().join("ssisdb.sqlite"), &folder.path().join("ssisdb.key"));
        let (identity, admin) = (identity("master"), identity_of_admin());
        trust(&catalog, admin.thumbprint(), CertificateRole::Admin, None).await;
        let master = Master::start(settings(), catalog.clone(), identity.clone()).await.unwrap();
        let admin = client(&master, &identity, &admin);
        Self { folder, catalog, identity, admin, master }
    }

    /// A second catalog handle on the same file, as another process has it.
    pub(crate) fn open_again(&self) -> Catalog {
        open(self.folder.path().join("ssisdb.sqlite"), &self.folder.path().join("ssisdb.key"))
    }

    pub(crate) fn client(&self, who: &Identity) -> Client {
        client(&self.master, &self.identity, who)
    }

    /// A worker whose certificate is trusted, registered and perhaps enabled.
    pub(crate) async fn worker(&self, enabled: bool) -> Worker {
        let (agent, identity) = (AgentId(Uuid::new_v4()), identity("worker"));
        trust(&self.catalog, identity.thumbprint(), CertificateRole::Worker, Some(agent)).await;
        let worker = Worker { agent, client: self.client(&identity), identity };
        worker.register().await.unwrap();
        if enabled {
            let path = format!("/api/workers/{agent}/enable");
            let _: Done = self.admin.post_json(&path, &(), DEADLINE).await.unwrap();
        }
        worker
    }

    pub(crate) async fn deploy(&self) -> Deployed {
        let path = "/api/projects/Sales/Etl?create_folder=true";
        self.admin.put_bytes(path, ETL.to_vec(), DEADLINE).await.unwrap()
    }

    pub(crate) async fn execute(&self, wanted: &[NewExecution]) -> Vec<ExecutionId> {
        self.try_execute(wanted).await.unwrap()
    }

    pub(crate) async fn try_execute(
        &self,
        wanted: &[NewExecution],
    ) -> Result<Vec<ExecutionId>, ClientError> {
        let started: ExecutionsStarted =
            self.admin.post_json("/api/executions", &wanted, DEADLINE).await?;
        Ok(started.executions)
    }

    pub(crate) async fn detail(&self, id: ExecutionId) -> ExecutionDetail {
        self.admin.get_json(&format!("/api/executions/{id}"), DEADLINE).await.unwrap()
    }

    /// Waits for a status, by the long poll that the command line uses.
    pub(crate) async fn reach(&self, id: ExecutionId, wanted: OperationStatus) -> ExecutionDetail {
        let mut detail = self.detail(id).await;
        for _ in 0..20 {
            if detail.execution.status == wanted {
                return detail;
            }
            let known = detail.execution.status.number();
            let path = format!("/api/executions/{id}?wait_ms=5000&known_status={known}");
            detail = self.admin.get_json(&path, DEADLINE).await.unwrap();
        }
        panic!("never reached {wanted:?}; last seen: {detail:?}")
    }
}

fn identity_of_admin() -> Identity {
    identity("administrator")
}

pub(crate) fn client(master: &Handle, pin: &Identity, who: &Identity) -> Client {
    let endpoint = format!("https://127.0.0.1:{}", master.local_addr().port());
    Client::new(vec![endpoint], who.clone(), vec![pin.thumbprint()])
        .unwrap()
        .with_header(PROTOCOL_HEADER, "1")
        .with_header(master::USER_HEADER, "ada")
}

pub(crate) async fn trust(
    catalog: &Catalog,
    thumbprint: Thumbprint,
    role: CertificateRole,
    agent: Option<AgentId>,
) {
    let certificate = TrustedCertificate {
        thumbprint: thumbprint.to_string(),
        sha1_thumbprint: None,
        role,
        agent,
        added_by: "ada".to_owned(),
        added: Timestamp::default(),
        revoked: None,
    };
    catalog.write(move |tx| trust_certificate(tx, &certificate)).await.unwrap();
}

/// `Load.dtsx` of the project that [`TestBox::deploy`] deploys.
pub(crate) fn load() -> NewExecution {
    NewExecution {
        folder: "Sales".to_owned(),
        project: "Etl".to_owned(),
        package: "Load.dtsx".to_owned(),
        ..NewExecution::default()
    }
}

pub(crate) struct Worker {
    pub(crate) agent: AgentId,
    pub(crate) client: Client,
    pub(crate) identity: Identity,
}

impl Worker {
    pub(crate) async fn register(&self) -> Result<Registered, ClientError> {
        let register = Register {
            agent: self.agent,
            display_name: "one".to_owned(),
            description: String::new(),
            machine_name: "host".to_owned(),
            user_account: "packhorse".to_owned(),
            version: "0.1.0".to_owned(),
            running: Vec::new(),
            number: 1,
            lease_ms: 0,
            sender: None,
        };
        self.client.post_json("/ClusterManagement/register", &register, DEADLINE).await
    }

    pub(crate) fn claim(&self, tasks_max: u32) -> Claim {
        Claim {
            agent: self.agent,
            tasks_max,
            wait_ms: HOLD_MS,
            running: Vec::new(),
            also_held: Vec::new(),
            number: 0,
            lease_ms: 0,
        }
    }

    pub(crate) async fn ask(&self, claim: Claim) -> Result<Claimed, ClientError> {
        self.client.post_json("/ClusterManagement/claim", &claim, DEADLINE).await
    }

    /// Claims one task.
    pub(crate) async fn take(&self) -> Assignment {
        let mut claimed = self.ask(self.claim(1)).await.unwrap();
        assert_eq!(claimed.tasks.len(), 1, "{claimed:?}");
        claimed.tasks.remove(0)
    }

    pub(crate) async fn report(&self, outcome: AttemptOutcome) -> Result<Reported, ClientError> {
        let report = Report { agent: self.agent, outcomes: vec![outcome] };
        self.client.post_json("/ClusterManagement/report", &report, DEADLINE).await
    }
}

pub(crate) fn lease(assignment: &Assignment) -> LeaseRef {
    LeaseRef { task: assignment.task, attempt: assignment.attempt, fence: assignment.fence }
}

pub(crate) fn outcome(
    lease: LeaseRef,
    outcome: Outcome,
    tail: Option<MessageBatch>,
) -> AttemptOutcome {
    let last_sequence = tail.as_ref().map_or(0, |tail| tail.records.len() as u64);
    AttemptOutcome {
        lease,
        outcome,
        rows_written: 7,
        process_id: Some(42),
        machine: None,
        last_sequence,
        tail,
    }
}

pub(crate) fn nobodys_lease() -> LeaseRef {
    LeaseRef { task: TaskId(Uuid::new_v4()), attempt: Attempt(1), fence: Fence(1) }
}
