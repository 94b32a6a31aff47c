//! What the callers meet: a folder with a project and executions, another one like it, workers,
//! certificates of every kind.

use std::collections::BTreeMap;

use catalog::Caller;
use catalog::logins::{self, NewLogin, PasswordHash};
use catalog::procedures::{
    CreateExecution, ProjectFile, create_execution, create_folder, delete_project, deploy_project,
    start_execution,
};
use catalog::scale_out::{CertificateRole, revoke_certificate};
use master::api::JoinCreated;
use transport::Identity;

use crate::callers::{PASSWORD, Subject, Way, entries, make_logins, subjects, write};
use crate::support::{DEADLINE, ETL, TestBox, identity, trust};

/// A kind of object, and the names in calls that stand for one.
pub(super) const CLASSES: &[(&str, &[&str])] = &[
    ("folder", &["{folder}"]),
    ("archive", &["{archive}"]),
    ("project", &["{project}"]),
    ("operation", &["{running}"]),
];

pub(super) struct Scene {
    pub(super) at: TestBox,
    pub(super) subjects: Vec<Subject>,
    pub(super) worker: Identity,
    pub(super) other_worker: Identity,
    pub(super) admin: Identity,
    pub(super) revoked: Identity,
    pub(super) stranger: Identity,
    pub(super) newcomer: Identity,
    pub(super) token: String,
    names: BTreeMap<&'static str, String>,
}

impl Scene {
    pub(super) async fn make() -> Self {
        let at = TestBox::start().await;
        let (worker, idle) = (at.worker(true).await, at.worker(false).await);
        let (sales, other) = (fill(&at, "Sales").await, fill(&at, "Other").await);
        let archive = make_folder(&at, "Archive").await;
        let (admin, revoked) = (identity("admin"), identity("revoked"));
        trust(&at.catalog, admin.thumbprint(), CertificateRole::Admin, None).await;
        trust(&at.catalog, revoked.thumbprint(), CertificateRole::Admin, None).await;
        trust(&at.catalog, at.identity.thumbprint(), CertificateRole::Master, None).await;
        let thumbprint = revoked.thumbprint().to_string();
        at.catalog.write(move |tx| revoke_certificate(tx, &thumbprint)).await.unwrap();
        let subjects = tried();
        give(&at, subjects.clone(), (&sales, &other, archive)).await;
        let request = serde_json::json!({ "worker_agent_id": null });
        let join: JoinCreated = at.admin.post_json("/api/joins", &request, DEADLINE).await.unwrap();
        let register = serde_json::json!({
            "agent": worker.agent, "display_name": "one", "description": "", "machine_name": "host",
            "user_account": "packhorse", "version": "0.1.0", "running": [], "number": 2,
            "lease_ms": 0,
        });
        let project = ProjectFile::read(ETL.to_vec(), &Default::default());
        let names = BTreeMap::from([
            ("{folder}", "Sales".to_owned()),
            ("{folder_id}", sales.folder.to_string()),
            ("{archive}", "Archive".to_owned()),
            ("{project}", "Etl".to_owned()),
            ("{project_id}", sales.project.to_string()),
            ("{running}", sales.running.to_string()),
            ("{agent}", worker.agent.to_string()),
            ("{idle}", idle.agent.to_string()),
            ("{hash}", project.hash().to_owned()),
            ("{register}", register.to_string()),
            ("{spare_thumbprint}", identity("spare").thumbprint().to_string()),
        ]);
        Self {
            at,
            subjects,
            worker: worker.identity,
            other_worker: idle.identity,
            admin,
            revoked,
            stranger: identity("stranger"),
            newcomer: identity("newcomer"),
            token: join.token,
            names,
        }
    }

    /// Takes out what was deployed there.
    pub(super) async fn empty_archive(&self) {
        let deleted = self.at.catalog.write(|tx| {
            match delete_project(tx, &Caller::admin("ada"), "Archive", "Etl") {
                Err(error) if error.number() != Some(27109) => Err(error),
                _ => Ok(()),
            }
        });
        deleted.await.unwrap();
    }

    pub(super) fn master(&self) -> &Identity {
        &self.at.identity
    }

    /// The call with names filled in; those of one class with names of nothing.
    pub(super) fn fill(&self, call: &str, absent: Option<&str>) -> String {
        let class = CLASSES.iter().find(|class| Some(class.0) == absent);
        let mut filled = call.to_owned();
        for (name, value) in &self.names {
            let is_absent = class.is_some_and(|class| class.1.contains(name));
            let is_number = value.parse::<i64>().is_ok();
            let nothing = if is_number { "987654" } else { "Nothing" };
            filled = filled.replace(name, if is_absent { nothing } else { value });
        }
        filled
    }
}

/// T-SQL tries every permission alone and every one denied; here are roles, everything, and
/// everything but one.
fn tried() -> Vec<Subject> {
    let few = |subject: &Subject| {
        subject.way != Way::Owner
            && !subject.name.starts_with("only ")
            && (subject.denied.is_empty() || subject.denied == ["project:READ"])
            && !subject.name.contains("environment:")
    };
    subjects().into_iter().filter(few).collect()
}

struct Filled {
    folder: i64,
    project: i64,
    running: i64,
}

async fn make_folder(at: &TestBox, name: &'static str) -> i64 {
    let made = at.catalog.write(move |tx| create_folder(tx, &Caller::admin("ada"), name));
    made.await.unwrap().0
}

async fn fill(at: &TestBox, folder: &'static str) -> Filled {
    let id = make_folder(at, folder).await;
    let file = std::sync::Arc::new(ProjectFile::read(ETL.to_vec(), &Default::default()));
    let made = at.catalog.write(move |tx| {
        let admin = Caller::admin("ada");
        let project = deploy_project(tx, &admin, folder, "Etl", &file)?.into_project()?.id;
        let request = CreateExecution {
            run_in_scale_out: Some(true),
            ..CreateExecution::new(folder, "Etl", "Load.dtsx")
        };
        let running = create_execution(tx, &admin, &request)?;
        start_execution(tx, &admin, running, 0)?;
        Ok(Filled { folder: id, project: project.0, running: running.0 })
    });
    made.await.unwrap()
}

/// Makes the logins, and grants and denies what they are to have.
async fn give(
    at: &TestBox,
    subjects: Vec<Subject>,
    (sales, other, archive): (&Filled, &Filled, i64),
) {
    let mut all = Vec::new();
    for subject in &subjects {
        let elsewhere = subject.way == Way::Elsewhere;
        let there = if elsewhere { other } else { sales };
        all.extend(entries(subject, |object| match object {
            "folder" => (1, vec![there.folder]),
            "archive" if !elsewhere => (1, vec![archive]),
            "project" => (2, vec![there.project]),
            "operation" => (4, vec![there.running]),
            _ => (1, Vec::new()),
        }));
    }
    let password = PasswordHash::of(PASSWORD).unwrap();
    let made = at.catalog.write(move |tx| {
        make_logins(tx, &subjects, &password)?;
        let spare =
            NewLogin { name: "spare", password: &password, sid: None, default_database: None };
        logins::create(tx, &Caller::admin("ada"), &spare)?;
        all.iter().try_for_each(|entry| write(tx, entry))
    });
    made.await.unwrap();
}
