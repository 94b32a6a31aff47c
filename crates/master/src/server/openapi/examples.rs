//! One example of every body, with a value in every field. Written as literals without `..`, so
//! that a new field does not compile until it is here, and then not pass until it is in
//! `openapi.json`.

mod administration;
mod records;

use model::record::{DataTap, Record};
use model::{
    AgentId, Attempt, ExecutionId, Fence, FolderId, MessageSourceType, MessageType, ObjectType,
    OperationId, OperationStatus, ProjectId, TaskId, Timestamp,
};
use scaleout::child::Progress;
use scaleout::message::{
    AgentHeartbeat, AgentHeartbeatReply, AppendMessages, Assignment, AttemptOutcome,
    CertificatesChanged, ChangeCertificates, Claim, Claimed, Committed, CustomizedLevel, ErrorBody,
    Inspected, InspectedProject, LeaseRef, LeaseState, MachineFacts, Masters, MessageBatch,
    MessagesAppended, Outcome, OutcomeState, PackageCheck, ParameterValue, PropertyOverride,
    Register, Registered, Renew, Renewed, Report, Reported, Sender, TaskProgress, Validation,
};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::api;
use records::{executable, records};

/// The name of each schema, with an example of it.
pub(super) fn examples() -> Vec<(&'static str, Value)> {
    let mut all = Vec::new();
    worker_requests(&mut all);
    worker_answers(&mut all);
    records(&mut all);
    objects(&mut all);
    executions(&mut all);
    logins(&mut all);
    topology(&mut all);
    administration::bodies(&mut all);
    administration::masters(&mut all);
    all
}

/// Path, method and an example of every query.
pub(super) fn queries() -> Vec<(&'static str, &'static str, Value)> {
    let deploy = api::DeployQuery { create_folder: true };
    let executions = api::ExecutionsQuery { status: Some(2), limit: Some(10), after: Some(7) };
    let execution = api::ExecutionQuery { wait_ms: Some(1_000), known_status: Some(2) };
    let messages = api::MessagesQuery { after: Some(7), limit: Some(10), wait_ms: Some(1_000) };
    vec![
        ("/api/projects/{folder}/{project}", "put", written(deploy)),
        ("/api/executions", "get", written(executions)),
        ("/api/executions/{id}", "get", written(execution)),
        ("/api/executions/{id}/messages", "get", written(&messages)),
        ("/api/operations/{id}/messages", "get", written(&messages)),
    ]
}

fn written(body: impl Serialize) -> Value {
    serde_json::to_value(body).expect("it can be written as JSON")
}

type Examples = Vec<(&'static str, Value)>;

fn add(all: &mut Examples, name: &'static str, body: impl Serialize) {
    all.push((name, written(body)));
}

const AGENT: AgentId = AgentId(Uuid::from_u128(1));
const TASK: TaskId = TaskId(Uuid::from_u128(2));
const EXECUTION: ExecutionId = ExecutionId(7);
const TIME: Timestamp = Timestamp(1_000_000);

fn text(text: &str) -> String {
    text.to_owned()
}

fn lease() -> LeaseRef {
    LeaseRef { task: TASK, attempt: Attempt(1), fence: Fence(3) }
}

fn progress() -> Progress {
    Progress { executable: text("Load"), rows_read: 10, rows_written: 9 }
}

fn task_progress() -> TaskProgress {
    TaskProgress { execution: EXECUTION, progress: progress() }
}

fn batch() -> MessageBatch {
    let records = vec![Record::Executable(executable())];
    MessageBatch { task: TASK, attempt: Attempt(1), first_sequence: 1, records }
}

fn machine() -> MachineFacts {
    MachineFacts { total_physical_memory_kb: 8, available_physical_memory_kb: 4, cpu_count: 2 }
}

fn attempt_outcome() -> AttemptOutcome {
    AttemptOutcome {
        lease: lease(),
        outcome: Outcome::Succeeded,
        rows_written: 9,
        process_id: Some(42),
        machine: Some(machine()),
        last_sequence: 1,
        tail: Some(batch()),
    }
}

fn parameter() -> ParameterValue {
    ParameterValue {
        object_type: ObjectType::Project,
        name: text("Folder"),
        data_type: text("String"),
        value: Some(text("/data")),
        sensitive: false,
    }
}

fn property_override() -> PropertyOverride {
    let path = text(r"\Package.Properties[MaxConcurrentExecutables]");
    PropertyOverride { path, value: text("4"), sensitive: false }
}

const fn customized_level() -> CustomizedLevel {
    CustomizedLevel { profile: 1, events: 1 << 8 }
}

fn data_tap() -> DataTap {
    DataTap {
        package_path: Some(text(r"\Package\Load")),
        task_guid: Some(text("{2D0C7A4C-3A3B-4C65-9E5C-0000000000A1}")),
        path_id: text("Paths[Orders.Output]"),
        max_rows: Some(1000),
        file_name: text("orders.csv"),
    }
}

fn assignment() -> Assignment {
    Assignment {
        task: TASK,
        execution: EXECUTION,
        attempt: Attempt(1),
        fence: Fence(1),
        lease_ms: 10_000,
        folder: text("Sales"),
        project: text("Nightly"),
        package: text("Load.dtsx"),
        project_hash: text("00ff"),
        parameters: vec![parameter()],
        property_overrides: vec![property_override()],
        logging_level: 100,
        customized_level: Some(customized_level()),
        data_taps: vec![data_tap()],
        validation: Some(validation()),
        caller: text("anna"),
    }
}

fn validation() -> Validation {
    Validation { timeout_ms: 300_000, checks: vec![package_check()] }
}

fn package_check() -> PackageCheck {
    PackageCheck {
        package: text("Load.dtsx"),
        environment: Some(text("Test")),
        parameters: vec![parameter()],
    }
}

fn sender() -> Sender {
    Sender { instance: text("1f"), place: text("host:/srv/packhorse"), clock_us: 1 }
}

fn inspected() -> Inspected {
    Inspected {
        version: text("0.1.0"),
        clock_us: 1,
        known: true,
        enabled: true,
        online: true,
        doubled: vec![text("host:/srv/packhorse")],
        projects: vec![InspectedProject {
            folder: text("Retail"),
            project: text("Nightly"),
            project_hash: text("00"),
            overridden: vec![text("CM.Target.ConnectionString")],
        }],
    }
}

fn worker_requests(all: &mut Examples) {
    let register = Register {
        agent: AGENT,
        display_name: text("one"),
        description: text("a worker"),
        machine_name: text("host"),
        user_account: text("packhorse"),
        version: text("0.1.0"),
        running: vec![lease()],
        number: 1,
        lease_ms: 10_000,
        sender: Some(sender()),
    };
    let claim = Claim {
        agent: AGENT,
        tasks_max: 4,
        wait_ms: 30_000,
        running: vec![lease()],
        also_held: vec![lease()],
        number: 2,
        lease_ms: 10_000,
    };
    let append =
        AppendMessages { agent: AGENT, batches: vec![batch()], progress: vec![task_progress()] };
    add(all, "Register", register);
    add(all, "AgentHeartbeat", AgentHeartbeat { agent: AGENT, sender: Some(sender()) });
    add(all, "Sender", sender());
    add(all, "InspectedProject", inspected().projects.remove(0));
    add(all, "Inspected", inspected());
    add(all, "InspectedProject", inspected().projects.remove(0));
    add(all, "Claim", claim);
    add(all, "Renew", Renew { agent: AGENT, leases: vec![lease()], lease_ms: 10_000 });
    add(all, "AppendMessages", append);
    add(all, "Report", Report { agent: AGENT, outcomes: vec![attempt_outcome()] });
    let change =
        ChangeCertificates { agent: AGENT, trust: Some(text("pem")), retire: Some(text("00EE")) };
    add(all, "ChangeCertificates", change);
    add(all, "AttemptOutcome", attempt_outcome());
    add(all, "LeaseRef", lease());
    add(all, "MessageBatch", batch());
    add(all, "MachineFacts", machine());
    add(all, "Progress", progress());
    add(all, "TaskProgress", task_progress());
    for outcome in [
        Outcome::Succeeded,
        Outcome::Completed,
        Outcome::Failed,
        Outcome::Canceled,
        Outcome::EndedUnexpectedly { detail: text("signal 9") },
        Outcome::HandedBack,
    ] {
        add(all, "Outcome", outcome);
    }
}

fn masters() -> Masters {
    Masters { trusted: vec![text("00FF")], retired: vec![text("00EE")] }
}

fn worker_answers(all: &mut Examples) {
    let error =
        ErrorBody { error: text("catalog"), message: text("no folder"), number: Some(27104) };
    let held = LeaseState::Held { lease_ms: 10_000, stop: true };
    let committed = Committed { task: TASK, attempt: Attempt(1), last_sequence: Some(3) };
    add(all, "ErrorBody", error);
    add(all, "Registered", Registered { enabled: true, lease_ms: 10_000, masters: masters() });
    add(
        all,
        "AgentHeartbeatReply",
        AgentHeartbeatReply { known: true, enabled: true, masters: masters() },
    );
    add(all, "Masters", masters());
    add(all, "CertificatesChanged", CertificatesChanged { done: true });
    let tasks = vec![assignment()];
    add(all, "Claimed", Claimed { enabled: true, tasks, stop: vec![TASK], held_ms: 1_500 });
    add(all, "Assignment", assignment());
    add(all, "Validation", validation());
    add(all, "PackageCheck", package_check());
    add(all, "ParameterValue", parameter());
    add(all, "CustomizedLevel", customized_level());
    add(all, "DataTap", data_tap());
    add(all, "PropertyOverride", property_override());
    add(all, "Renewed", Renewed { leases: vec![held] });
    add(all, "LeaseState", held);
    add(all, "LeaseState", LeaseState::Lost);
    add(all, "MessagesAppended", MessagesAppended { committed: vec![committed] });
    add(all, "Committed", committed);
    add(all, "Reported", Reported { outcomes: vec![OutcomeState::Recorded] });
    add(all, "OutcomeState", OutcomeState::Recorded);
    add(all, "OutcomeState", OutcomeState::MessagesMissing { last_sequence: 3 });
    add(all, "OutcomeState", OutcomeState::Stale);
}

fn folder() -> api::FolderRow {
    api::FolderRow {
        folder_id: FolderId(1),
        name: text("Sales"),
        description: text("of sales"),
        created_by_name: text("anna"),
        created_time: TIME,
    }
}

fn project() -> api::ProjectRow {
    api::ProjectRow {
        project_id: ProjectId(1),
        folder: text("Sales"),
        name: text("Nightly"),
        description: text("every night"),
        object_version_lsn: 4,
        last_deployed_time: TIME,
        deployed_by_name: text("anna"),
        packages: vec![package()],
    }
}

fn package() -> api::PackageRow {
    api::PackageRow { name: text("Load.dtsx"), entry_point: true }
}

fn objects(all: &mut Examples) {
    let deployed = api::Deployed { operation_id: OperationId(3), project: project() };
    add(all, "Folders", api::Folders { folders: vec![folder()] });
    add(all, "FolderRow", folder());
    add(all, "NewFolder", api::NewFolder { name: text("Sales") });
    add(all, "FolderCreated", api::FolderCreated { folder_id: FolderId(1) });
    add(all, "Projects", api::Projects { projects: vec![project()] });
    add(all, "ProjectRow", project());
    add(all, "PackageRow", package());
    add(all, "Deployed", deployed);
}

fn new_execution() -> api::NewExecution {
    api::NewExecution {
        folder: text("Sales"),
        project: text("Nightly"),
        package: text("Load.dtsx"),
        reference_id: Some(1),
        parameters: vec![new_parameter()],
        property_overrides: vec![new_property_override()],
        logging_level: Some(1),
        use_any_worker: Some(false),
        workers: vec![AGENT],
        retry_count: 2,
        idempotency_key: Some(text("nightly 2026-11-21")),
    }
}

fn new_parameter() -> api::NewParameter {
    let object_type = Some(ObjectType::Package);
    api::NewParameter { object_type, name: text("Folder"), value: Some(text("/data")) }
}

fn new_property_override() -> api::NewPropertyOverride {
    let path = text(r"\Package.Properties[MaxConcurrentExecutables]");
    api::NewPropertyOverride { path, value: text("4"), sensitive: false }
}

fn execution() -> api::ExecutionRow {
    api::ExecutionRow {
        execution_id: EXECUTION,
        folder: text("Sales"),
        project: text("Nightly"),
        package: text("Load.dtsx"),
        status: OperationStatus::Failed,
        created_time: TIME,
        start_time: Some(TIME),
        end_time: Some(TIME),
        caller_name: text("anna"),
        stopped_by_name: Some(text("bert")),
        task_id: Some(TASK),
        worker: Some(AGENT),
        worker_name: Some(text("one")),
        attempts: 1,
        retry_count: 2,
        rows_written: 9,
        first_error: Some(text("it failed")),
        progress: Some(progress()),
    }
}

fn attempt() -> api::AttemptRow {
    api::AttemptRow {
        attempt: Attempt(1),
        worker: AGENT,
        worker_name: Some(text("one")),
        start_time: TIME,
        end_time: Some(TIME),
        outcome: Some(text("failed")),
        detail: Some(text("the package failed")),
        rows_written: Some(9),
    }
}

fn message() -> api::MessageRow {
    api::MessageRow {
        id: 1,
        time: TIME,
        message_type: MessageType::Error,
        source_type: MessageSourceType::Task,
        message: text("it failed"),
        attempt: Some(1),
        package_name: Some(text("Load.dtsx")),
        event_name: Some(text("OnError")),
        source_name: Some(text("Load")),
        subcomponent_name: Some(text("Source")),
        execution_path: Some(text(r"\Package\Load")),
        message_code: Some(-1_073_450_910),
    }
}

fn executions(all: &mut Examples) {
    let known = api::Known { execution_id: EXECUTION, status: Some(OperationStatus::Running) };
    let watched = api::Watched { changed: vec![execution()], progress: vec![task_progress()] };
    let messages = api::Messages { messages: vec![message()], status: OperationStatus::Running };
    let detail = api::ExecutionDetail { execution: execution(), attempts: vec![attempt()] };
    add(all, "NewExecution", new_execution());
    add(all, "NewParameter", new_parameter());
    add(all, "NewPropertyOverride", new_property_override());
    add(all, "ExecutionsStarted", api::ExecutionsStarted { executions: vec![EXECUTION] });
    add(all, "Executions", api::Executions { executions: vec![execution()] });
    add(all, "ExecutionRow", execution());
    add(all, "ExecutionDetail", detail);
    add(all, "AttemptRow", attempt());
    add(all, "Watch", api::Watch { known: vec![known], wait_ms: 1_000 });
    add(all, "Known", known);
    add(all, "Watched", watched);
    add(all, "Messages", messages);
    add(all, "MessageRow", message());
    add(all, "Stopped", api::Stopped { operation_id: OperationId(7) });
}

fn worker() -> api::WorkerRow {
    api::WorkerRow {
        worker_agent_id: AGENT,
        is_enabled: true,
        display_name: text("one"),
        description: text("a worker"),
        machine_name: text("host"),
        tags: text("fast"),
        user_account: text("packhorse"),
        last_online_time: TIME,
        is_online: true,
        running: 1,
        version: text("0.1.0"),
    }
}

fn certificate() -> api::CertificateRow {
    api::CertificateRow {
        thumbprint: text("00FF"),
        role: text("worker"),
        worker_agent_id: Some(AGENT),
        added_by_name: text("anna"),
        added_time: TIME,
    }
}

fn logins(all: &mut Examples) {
    let row = api::LoginRow {
        name: text("ann"),
        is_disabled: false,
        roles: vec![text("ssis_admin")],
        default_database: text("master"),
        created_time: TIME,
        modified_time: TIME,
    };
    let new = api::NewLogin {
        name: text("ann"),
        password: text("secret"),
        roles: vec![text("ssis_admin")],
    };
    let change = api::ChangeLogin {
        password: Some(text("secret")),
        is_disabled: Some(false),
        grant_roles: vec![text("ssis_admin")],
        revoke_roles: vec![text("ssis_logreader")],
    };
    add(all, "Logins", api::Logins { logins: vec![row.clone()] });
    add(all, "LoginRow", row);
    add(all, "NewLogin", new);
    add(all, "ChangeLogin", change);
}

fn topology(all: &mut Examples) {
    let trust = api::TrustCertificate {
        thumbprint: text("00FF"),
        role: text("worker"),
        worker_agent_id: Some(AGENT),
    };
    add(all, "Workers", api::Workers { workers: vec![worker()] });
    add(all, "WorkerRow", worker());
    add(all, "Done", api::Done { done: true });
    add(all, "Certificates", api::Certificates { certificates: vec![certificate()] });
    add(all, "CertificateRow", certificate());
    add(all, "TrustCertificate", trust);
    add(all, "CertificateTrusted", api::CertificateTrusted { thumbprint: text("00FF") });
}
