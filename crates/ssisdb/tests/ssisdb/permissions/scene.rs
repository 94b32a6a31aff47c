//! What the callers meet: a folder with everything in it, and another one like it.

use std::collections::BTreeMap;

use catalog::scale_out::{append_messages, carry_out, register_agent, snapshot};
use catalog::{Caller, logins, principals};
use model::record::{
    ComponentPhase, DataStatistics, EventMessage, Executable, ExecutableStatistics, MessageContext,
    PerformanceCounters, Record,
};
use model::{AgentId, ExecutionResult, MessageSourceType, MessageType, Timestamp};
use scaleout::message::{MessageBatch, Register};
use scaleout::{Asking, plan};
use uuid::Uuid;

use super::callers::{Subject, Way, entries, write};
use crate::project::{constant, daily_load, main_package};
use crate::support::{Fixture, Talk};

/// A kind of object, and the names in calls that stand for one.
pub(super) struct Class {
    pub(super) name: &'static str,
    pub(super) names: &'static [&'static str],
}

/// All of them.
pub(super) const CLASSES: &[Class] = &[
    Class { name: "folder", names: &["{folder}", "{folder_id}"] },
    Class { name: "archive", names: &["{archive}"] },
    Class { name: "project", names: &["{project}", "{project_id}", "{reference}"] },
    Class { name: "environment", names: &["{environment}", "{environment_id}"] },
    Class { name: "operation", names: &["{execution}", "{running}", "{chosen}", "{tap}"] },
];

/// An id of nothing.
const NO_ID: &str = "987654";

/// The name of nothing.
const NO_NAME: &str = "Nothing";

/// The objects, by the names that calls have for them.
pub(crate) struct Scene {
    names: BTreeMap<&'static str, String>,
}

const AGENT: AgentId = AgentId(Uuid::from_u128(1));
const IDLE: AgentId = AgentId(Uuid::from_u128(2));

impl Scene {
    /// Makes it all, and grants and denies what the subjects are to have.
    pub(super) fn make(server: &Fixture, subjects: &[Subject]) -> Self {
        let mut admin = server.admin();
        server.announce_master();
        admin.shows(BEFORE);
        server.write(|tx| {
            let now = tx.now();
            register_agent(tx, &register(AGENT), None, now)?;
            register_agent(tx, &register(IDLE), None, now).map(drop)
        });
        admin.shows(&format!("EXEC catalog.enable_worker_agent '{}'", AGENT.0));
        let owner = subjects.iter().find(|subject| subject.way == Way::Owner).unwrap();
        admin.shows(&on_folder("grant", &owner.login));
        let mut owners = server.session(caller(server, &owner.login), 90);
        let mut names = fill(server, &mut owners, "Sales");
        admin.shows(&on_folder("revoke", &owner.login));
        let other = fill(server, &mut admin, "Other");
        names.extend([
            ("{folder}", "N'Sales'".to_owned()),
            ("{archive}", "N'Archive'".to_owned()),
            ("{project}", "N'DailyLoad'".to_owned()),
            ("{environment}", "N'Prod'".to_owned()),
            ("{file}", constant(&daily_load())),
            ("{package}", constant(&main_package())),
            ("{agent}", format!("'{}'", AGENT.0)),
            ("{idle}", format!("'{}'", IDLE.0)),
            ("{reader}", admin.value("SELECT DATABASE_PRINCIPAL_ID('readers')")),
        ]);
        let archive = admin.value("SELECT folder_id FROM catalog.folders WHERE name = 'Archive'");
        give(server, subjects, (&names, &other, &archive));
        Self { names }
    }

    /// The call with names filled in; those of one class with names of nothing.
    pub(crate) fn fill(&self, call: &str, absent: Option<&str>) -> String {
        let class = CLASSES.iter().find(|class| Some(class.name) == absent);
        let is_absent = |name: &&str| class.is_some_and(|class| class.names.contains(name));
        let mut filled = call.to_owned();
        for (name, value) in &self.names {
            let nothing =
                if value.starts_with('N') { format!("N'{NO_NAME}'") } else { NO_ID.into() };
            filled = filled.replace(name, if is_absent(name) { &nothing } else { value });
        }
        filled
    }
}

/// The login as a caller.
pub(super) fn caller(server: &Fixture, login: &str) -> Caller {
    let login = login.to_owned();
    server.write(move |tx| {
        let id = logins::find(tx, &login)?.unwrap().id;
        Ok(principals::caller(tx, id)?.unwrap())
    })
}

/// What is there besides the two folders' content.
const BEFORE: &str = "
    EXEC catalog.create_folder N'Sales'
    EXEC catalog.create_folder N'Other'
    EXEC catalog.create_folder N'Archive'
    EXEC catalog.create_folder N'Empty'
    EXEC catalog.create_customized_logging_level N'Mine'
    EXEC catalog.update_master_address N'https://master:8391'
    CREATE LOGIN spare WITH PASSWORD = N'Correct horse 1'
    CREATE USER spare_user WITHOUT LOGIN
    CREATE ROLE spare_role
    CREATE ROLE readers";

/// What the owner needs to make its objects, and then has no more.
fn on_folder(verb: &str, login: &str) -> String {
    let one = |permission: i16| {
        format!("EXEC catalog.{verb}_permission 1, @folder, @user, {permission}\n")
    };
    let all: String = [1, 2, 100].into_iter().map(one).collect();
    format!(
        "DECLARE @folder bigint = (SELECT folder_id FROM catalog.folders WHERE name = 'Sales')
         DECLARE @user int = DATABASE_PRINCIPAL_ID('{login}')
         {all}"
    )
}

/// Puts a project, an environment and operations into a folder, and gives their ids.
fn fill(server: &Fixture, talk: &mut Talk, folder: &str) -> BTreeMap<&'static str, String> {
    let file = constant(&daily_load());
    let ids = talk.shows(&format!(
        "DECLARE @file varbinary(max) = {file}, @reference bigint, @execution bigint,
                 @running bigint, @chosen bigint, @validation bigint, @tap bigint
         EXEC catalog.deploy_project N'{folder}', N'DailyLoad', @file
         DECLARE @version bigint = (SELECT max(object_version_lsn) FROM catalog.projects)
         EXEC catalog.deploy_project N'{folder}', N'DailyLoad', @file
         EXEC catalog.create_environment N'{folder}', N'Prod'
         EXEC catalog.create_environment_variable N'{folder}', N'Prod', N'Size', N'Int32', False,
              1, N''
         EXEC catalog.create_environment_reference N'{folder}', N'DailyLoad', N'Prod', R,
              @reference_id = @reference OUTPUT
         EXEC catalog.create_execution N'{folder}', N'DailyLoad', N'Main.dtsx', @reference,
              False, False, True, @execution OUTPUT
         EXEC catalog.set_execution_property_override_value @execution,
              N'\\Package.Properties[Disable]', N'True', False
         EXEC catalog.add_data_tap @execution, N'\\Package\\Flow', N'Paths[A.B]', N'a.csv', NULL,
              @tap OUTPUT
         EXEC catalog.create_execution N'{folder}', N'DailyLoad', N'Main.dtsx', NULL,
              False, True, False, @chosen OUTPUT
         EXEC catalog.create_execution N'{folder}', N'DailyLoad', N'Main.dtsx', NULL,
              False, False, True, @running OUTPUT
         EXEC catalog.start_execution @running
         EXEC catalog.validate_project N'{folder}', N'DailyLoad', F, @validation OUTPUT
         DECLARE @project bigint = (SELECT object_id FROM catalog.executions
                                    WHERE execution_id = @running)
         SELECT f.folder_id, p.project_id, e.environment_id, @version, @reference, @execution,
                @running, @chosen, @validation, @tap
         FROM catalog.environments e, catalog.projects p JOIN catalog.folders f
              ON f.folder_id = p.folder_id
         WHERE p.project_id = @project AND e.folder_id = f.folder_id"
    ));
    let ids: Vec<String> = ids.lines().nth(1).unwrap().split('|').map(str::to_owned).collect();
    run_it(server, folder);
    let names = [
        "{folder_id}",
        "{project_id}",
        "{environment_id}",
        "{version}",
        "{reference}",
        "{execution}",
        "{running}",
        "{chosen}",
        "{validation}",
        "{tap}",
    ];
    names.into_iter().zip(ids).collect()
}

/// A worker takes what waits longest, and says something of every kind.
fn run_it(server: &Fixture, folder: &str) {
    let folder = folder.to_owned();
    server.write(move |tx| {
        let now = tx.now();
        let asking = Asking { tasks_max: 1, number: 1, ..Asking::default() };
        let picture = snapshot(tx, &[(AGENT, asking)], now)?;
        let mut taken = Vec::new();
        for decision in plan(&picture, now).decisions {
            taken.extend(carry_out(tx, &decision, now)?);
        }
        let [task] = taken.as_slice() else { panic!("not one task: {taken:?}") };
        let records = one_of_each(&folder);
        let (task, attempt) = (task.task, task.attempt);
        let batch = MessageBatch { task, attempt, first_sequence: 1, records };
        append_messages(tx, AGENT, &batch).map(drop)
    });
}

fn register(agent: AgentId) -> Register {
    Register {
        agent,
        display_name: "worker".to_owned(),
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

fn one_of_each(folder: &str) -> Vec<Record> {
    let text = str::to_owned;
    let context = MessageContext {
        depth: 1,
        package_path: format!("\\{folder}"),
        context_type: 60,
        source_name: text("Main"),
        source_id: text("{0}"),
        property_name: text("Disable"),
        property_value: text("False"),
    };
    vec![
        Record::EventMessage(EventMessage {
            time: Timestamp(1),
            message_type: MessageType::Information,
            source_type: MessageSourceType::Package,
            message: text("said"),
            package_name: text("Main.dtsx"),
            event_name: text("OnInformation"),
            source_name: text("Main"),
            source_id: text("{0}"),
            subcomponent_name: String::new(),
            package_path: text("\\Package"),
            execution_path: text("\\Package"),
            thread_id: 1,
            message_code: 0,
            context: vec![context],
        }),
        Record::Executable(Executable {
            executable_id: 1,
            name: text("Main"),
            guid: text("{1}"),
            package_name: text("Main.dtsx"),
            package_path: text("\\Package"),
        }),
        Record::ExecutableStatistics(ExecutableStatistics {
            executable_id: 1,
            execution_path: text("\\Package"),
            start_time: Timestamp(1),
            end_time: Timestamp(2001),
            duration_ms: 2,
            result: ExecutionResult::Success,
            value: None,
        }),
        Record::ComponentPhase(ComponentPhase {
            package_name: text("Main.dtsx"),
            task_name: text("Flow"),
            subcomponent_name: text("Source"),
            phase: text("PrimeOutput"),
            start_time: Timestamp(1),
            end_time: Timestamp(2),
            execution_path: text("\\Package\\Flow"),
        }),
        Record::DataStatistics(DataStatistics {
            package_name: text("Main.dtsx"),
            task_name: text("Flow"),
            path_id: text("Paths[1]"),
            path_name: text("Path"),
            source_component: text("Source"),
            destination_component: text("Destination"),
            rows_sent: 77,
            time: Timestamp(3),
            execution_path: text("\\Package\\Flow"),
        }),
        Record::PerformanceCounters(PerformanceCounters { rows_read: 5, ..Default::default() }),
    ]
}

/// Grants and denies what the subjects are to have; on the other folder for those who have it
/// elsewhere.
fn give(server: &Fixture, subjects: &[Subject], (sales, other, archive): (&Names, &Names, &str)) {
    let mut all = Vec::new();
    for subject in subjects.iter().filter(|subject| subject.way != Way::Owner) {
        let elsewhere = subject.way == Way::Elsewhere;
        let names = if elsewhere { other } else { sales };
        all.extend(entries(subject, |object| match object {
            "archive" if elsewhere => (1, Vec::new()),
            "archive" => (1, vec![archive.parse().unwrap()]),
            object => objects(object, names),
        }));
    }
    server.write(move |tx| all.iter().try_for_each(|entry| write(tx, entry)));
}

type Names = BTreeMap<&'static str, String>;

/// Type and ids: the operation is several of them.
fn objects(object: &str, names: &Names) -> (i16, Vec<i64>) {
    let (kind, names_of): (i16, &[&str]) = match object {
        "folder" => (1, &["{folder_id}"]),
        "project" => (2, &["{project_id}"]),
        "environment" => (3, &["{environment_id}"]),
        _ => (4, &["{execution}", "{running}", "{chosen}", "{validation}"]),
    };
    (kind, names_of.iter().map(|name| names[name].parse().unwrap()).collect())
}
