//! A catalog with a small project in it, and short ways to use both.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use catalog::logins::{self, NewLogin, PasswordHash};
use catalog::principals::{self, UserLogin};
use catalog::procedures::{
    CreateExecution, DeployedProject, ProjectFile, StartedExecution, create_execution,
    create_folder, deploy_project, enable_worker_agent, start_execution,
};
use catalog::scale_out::{carry_out, register_agent, snapshot};
use catalog::{Caller, Catalog, CatalogError, CatalogKey, PostgresStore, Store as _, Tx};
use model::record::{EventMessage, Record};
use model::{AgentId, ExecutionId, MessageSourceType, MessageType, Timestamp};
use package::{Part, Project, ReadOptions};
use scaleout::message::{Assignment, AttemptOutcome, LeaseRef, MessageBatch, Outcome, Register};
use scaleout::{Asking, plan};
use tempfile::TempDir;
use testkit::postgres::PostgresServer;
use uuid::Uuid;

/// A catalog, and the folder that goes with it.
pub(crate) struct Fixture {
    pub(crate) catalog: Catalog,
    pub(crate) folder: TempDir,
}

pub(crate) fn sqlite() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let key = CatalogKey::generate().unwrap();
    let catalog = Catalog::open(folder.path().join("ssisdb.sqlite"), key).unwrap();
    Fixture { catalog, folder }
}

/// Longer than a loaded machine needs.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn postgres() -> Fixture {
    let server = PostgresServer::shared();
    let url = server.copy_of(&template().database);
    let store = PostgresStore::open(&url, template().key(), PATIENCE).unwrap();
    Fixture { catalog: Catalog::over(Arc::new(store)), folder: tempfile::tempdir().unwrap() }
}

/// An empty catalog on the server of these tests, which is quicker copied than made.
struct Template {
    database: String,
    folder: TempDir,
}

impl Template {
    fn key(&self) -> CatalogKey {
        CatalogKey::load_or_create(self.folder.path().join("key")).unwrap()
    }
}

fn template() -> &'static Template {
    static TEMPLATE: OnceLock<Template> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let database = PostgresServer::shared().database();
        let template = Template { database, folder: tempfile::tempdir().unwrap() };
        let store = PostgresStore::open(&template.database, template.key(), PATIENCE).unwrap();
        run(store.close());
        template
    })
}

/// Runs a test on this thread.
pub(crate) fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(test)
}

pub(crate) fn admin() -> Caller {
    Caller::admin("ada")
}

/// A `.dtsx` with one text parameter and nothing to do.
pub(crate) fn package(name: &str, default: &str) -> Vec<u8> {
    format!(
        r#"<?xml version="1.0"?>
<DTS:Executable xmlns:DTS="www.microsoft.com/SqlServer/Dts" DTS:refId="Package"
  DTS:CreationName="Microsoft.Package" DTS:DTSID="{{3B5A2B3C-0000-4000-8000-0000000000{:02X}}}"
  DTS:ExecutableType="Microsoft.Package" DTS:ObjectName="{name}" DTS:VersionBuild="3"
  DTS:VersionGUID="{{3B5A2B3C-0000-4000-8000-000000000001}}">
  <DTS:Property DTS:Name="PackageFormatVersion">8</DTS:Property>
  <DTS:PackageParameters>
    <DTS:PackageParameter DTS:CreationName="" DTS:DataType="8"
      DTS:DTSID="{{3B5A2B3C-0000-4000-8000-000000000011}}" DTS:ObjectName="Greeting">
      <DTS:Property DTS:DataType="8" DTS:Name="ParameterValue">{default}</DTS:Property>
    </DTS:PackageParameter>
  </DTS:PackageParameters>
</DTS:Executable>"#,
        name.len()
    )
    .into_bytes()
}

/// Whether `Project.params` says that a value is required, or sensitive.
#[derive(Clone, Copy, Default)]
struct Kind {
    required: bool,
    sensitive: bool,
}

fn parameter(name: &str, type_code: u8, value: &str, kind: Kind) -> String {
    let flag = u8::from;
    let sensitive = if kind.sensitive { r#" SSIS:Sensitive="1""# } else { "" };
    format!(
        r#"<SSIS:Parameter SSIS:Name="{name}"><SSIS:Properties>
  <SSIS:Property SSIS:Name="ID">{{3B5A2B3C-0000-4000-8000-0000000000{:02X}}}</SSIS:Property>
  <SSIS:Property SSIS:Name="CreationName"></SSIS:Property>
  <SSIS:Property SSIS:Name="Description"></SSIS:Property>
  <SSIS:Property SSIS:Name="IncludeInDebugDump">0</SSIS:Property>
  <SSIS:Property SSIS:Name="Required">{}</SSIS:Property>
  <SSIS:Property SSIS:Name="Sensitive">{}</SSIS:Property>
  <SSIS:Property SSIS:Name="Value"{sensitive}>{value}</SSIS:Property>
  <SSIS:Property SSIS:Name="DataType">{type_code}</SSIS:Property>
</SSIS:Properties></SSIS:Parameter>"#,
        name.len(),
        flag(kind.required),
        flag(kind.sensitive),
    )
}

/// What a test wants in its project.
#[derive(Clone, Debug)]
pub(crate) struct Recipe {
    /// The design default of `Greeting` in `Load.dtsx`.
    pub(crate) greeting: &'static str,
    /// Whether the project parameter `Day` is required.
    pub(crate) day_required: bool,
    /// Whether there is a second package.
    pub(crate) with_child: bool,
}

impl Default for Recipe {
    fn default() -> Self {
        Self { greeting: "hello", day_required: false, with_child: true }
    }
}

/// An `.ispac` named `Etl`: packages `Load.dtsx` and `Child.dtsx`; project parameters `Count`
/// (Int32, 5), `Day` (String) and `Password` (String, sensitive, without a value).
pub(crate) fn ispac(recipe: &Recipe) -> Vec<u8> {
    let day = Kind { required: recipe.day_required, ..Kind::default() };
    let params = format!(
        r#"<?xml version="1.0"?>
<SSIS:Parameters xmlns:SSIS="www.microsoft.com/SqlServer/SSIS">{}{}{}</SSIS:Parameters>"#,
        parameter("Count", 9, "5", Kind::default()),
        parameter("Day", 18, "Monday", day),
        parameter("Password", 18, "", Kind { sensitive: true, ..Kind::default() }),
    );
    let part = |name: &str, bytes: Vec<u8>| Part { name: name.to_owned(), bytes: bytes.into() };
    let mut parts = vec![
        part("Load.dtsx", package("Load", recipe.greeting)),
        part("Project.params", params.into_bytes()),
    ];
    if recipe.with_child {
        parts.push(part("Child.dtsx", package("Child", "hi")));
    }
    let (mut project, diagnostics) = Project::from_parts(parts, &ReadOptions::default()).unwrap();
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    project.name = "Etl".to_owned();
    project.to_ispac().unwrap()
}

impl Fixture {
    /// Runs a write that must succeed.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        job: impl Fn(&mut dyn Tx) -> Result<T, CatalogError> + Send + 'static,
    ) -> T {
        self.catalog.write(job).await.unwrap()
    }

    /// Runs a read that must succeed.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        job: impl Fn(&mut dyn Tx) -> Result<T, CatalogError> + Send + 'static,
    ) -> T {
        self.catalog.read(job).await.unwrap()
    }

    /// Runs a write that a procedure must refuse, and returns number and message.
    pub(crate) async fn refused<T: Send + 'static>(
        &self,
        job: impl Fn(&mut dyn Tx) -> Result<T, CatalogError> + Send + 'static,
    ) -> (i32, String) {
        match self.catalog.write(job).await {
            Err(CatalogError::Procedure { number, message }) => (number, message),
            Err(other) => panic!("not refused by a procedure: {other:?}"),
            Ok(_) => panic!("not refused"),
        }
    }

    /// Makes the folder `Sales` and deploys the project `Etl` to it.
    pub(crate) async fn deployed(&self, recipe: &Recipe) -> DeployedProject {
        let file = Arc::new(ProjectFile::read(ispac(recipe), &ReadOptions::default()));
        self.write(move |tx| {
            match create_folder(tx, &admin(), "Sales") {
                Err(error) if error.number() != Some(27190) => return Err(error),
                _ => {}
            }
            deploy_project(tx, &admin(), "Sales", "Etl", &file)?.into_project()
        })
        .await
    }

    /// Creates an execution of `Load.dtsx` in Scale Out, for any worker.
    pub(crate) async fn created(&self) -> ExecutionId {
        self.write(|tx| create_execution(tx, &admin(), &load())).await
    }

    /// Creates and starts one.
    pub(crate) async fn started(&self, retry_count: i32) -> (ExecutionId, StartedExecution) {
        self.write(move |tx| {
            let id = create_execution(tx, &admin(), &load())?;
            Ok((id, start_execution(tx, &admin(), id, retry_count)?))
        })
        .await
    }

    /// Registers and enables a worker.
    pub(crate) async fn worker(&self, number: u128) -> AgentId {
        let agent = agent(number);
        self.write(move |tx| {
            let now = tx.now();
            register_agent(tx, &register(agent), None, now)?;
            enable_worker_agent(tx, &admin(), agent)
        })
        .await;
        agent
    }

    /// What a master does for one claim.
    pub(crate) async fn claim(
        &self,
        agent: AgentId,
        tasks_max: u32,
        number: u64,
    ) -> Vec<Assignment> {
        self.write(move |tx| {
            let now = tx.now();
            claim_at(tx, agent, &Asking { tasks_max, number, ..Asking::default() }, now)
        })
        .await
    }
}

/// Makes a login with a user in these roles, and returns it as a caller.
pub(crate) async fn user(
    at: &Fixture,
    name: &'static str,
    roles: &'static [&'static str],
) -> Caller {
    at.write(move |tx| {
        let password = PasswordHash::of_unknown().unwrap();
        let login = NewLogin { name, password: &password, sid: None, default_database: None };
        let id = logins::create(tx, &admin(), &login)?;
        principals::create_user(tx, &admin(), name, UserLogin::SameName)?;
        for role in roles {
            principals::add_role_member(tx, &admin(), role, name)?;
        }
        Ok(principals::caller(tx, id)?.unwrap())
    })
    .await
}

pub(crate) fn claim_at(
    tx: &mut dyn Tx,
    agent: AgentId,
    asking: &Asking,
    now: Timestamp,
) -> Result<Vec<Assignment>, CatalogError> {
    let picture = snapshot(tx, &[(agent, asking.clone())], now)?;
    let mut assignments = Vec::new();
    for decision in plan(&picture, now).decisions {
        assignments.extend(carry_out(tx, &decision, now)?);
    }
    Ok(assignments)
}

pub(crate) fn load() -> CreateExecution<'static> {
    CreateExecution {
        run_in_scale_out: Some(true),
        ..CreateExecution::new("Sales", "Etl", "Load.dtsx")
    }
}

pub(crate) fn agent(number: u128) -> AgentId {
    AgentId(Uuid::from_u128(number))
}

pub(crate) fn register(agent: AgentId) -> Register {
    Register {
        agent,
        display_name: format!("worker {agent:?}"),
        description: String::new(),
        machine_name: "box".to_owned(),
        user_account: "svc".to_owned(),
        version: "0.1.0".to_owned(),
        running: Vec::new(),
        number: 0,
        lease_ms: 0,
        sender: None,
    }
}

pub(crate) fn lease_of(assignment: &Assignment) -> LeaseRef {
    LeaseRef { task: assignment.task, attempt: assignment.attempt, fence: assignment.fence }
}

pub(crate) fn event(text: &str) -> Record {
    message(text, MessageType::Information)
}

pub(crate) fn message(text: &str, message_type: MessageType) -> Record {
    Record::EventMessage(EventMessage {
        time: Timestamp(1),
        message_type,
        source_type: MessageSourceType::Package,
        message: text.to_owned(),
        package_name: "Load.dtsx".to_owned(),
        event_name: message_type.name().to_owned(),
        source_name: "Load".to_owned(),
        source_id: "{0}".to_owned(),
        subcomponent_name: String::new(),
        package_path: "\\Package".to_owned(),
        execution_path: "\\Package".to_owned(),
        thread_id: 1,
        message_code: 0,
        context: Vec::new(),
    })
}

pub(crate) fn batch(
    assignment: &Assignment,
    first_sequence: u64,
    records: Vec<Record>,
) -> MessageBatch {
    MessageBatch { task: assignment.task, attempt: assignment.attempt, first_sequence, records }
}

/// An outcome with these messages as all of its messages.
pub(crate) fn outcome(
    assignment: &Assignment,
    outcome: Outcome,
    records: Vec<Record>,
) -> AttemptOutcome {
    AttemptOutcome {
        lease: lease_of(assignment),
        outcome,
        rows_written: 42,
        process_id: Some(4711),
        machine: None,
        last_sequence: records.len() as u64,
        tail: Some(batch(assignment, 1, records)),
    }
}
