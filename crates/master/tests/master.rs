//! A master over real TLS and a real catalog: what workers, administrators and strangers get.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod support;

use std::time::Duration;

use catalog::scale_out::CertificateRole;
use insta::assert_snapshot;
use master::api::{
    CertificateTrusted, Certificates, ChangeLogin, ChangeWorker, Done, Explanation, Join,
    JoinCreated, Joined, Known, Logins, MasterInfo, Messages, NewExecution, NewJoin, NewLogin,
    NewParameter, Projects, Stopped, TrustCertificate, WaitingWorkers, Watch, Watched, Workers,
};
use master::{Master, Settings, StartError};
use model::record::{EventMessage, Record};
use model::{
    AgentId, Attempt, ExecutionId, Fence, MessageSourceType, MessageType, ObjectType,
    OperationStatus, Timestamp,
};
use scaleout::child::Progress;
use scaleout::message::{
    AgentHeartbeat, AgentHeartbeatReply, AppendMessages, Assignment, Claim, Committed, LeaseRef,
    LeaseState, MessageBatch, MessagesAppended, Outcome, OutcomeState, Renew, Renewed,
    TaskProgress,
};
use support::{
    DEADLINE, ETL, TestBox, Worker, client, identity, lease, load, nobodys_lease, outcome,
    settings, trust,
};
use transport::{ClientError, Thumbprint};
use uuid::Uuid;

/// Status, kind and message of a refusal.
fn refusal(error: ClientError) -> (u16, String, String) {
    let ClientError::Refused { status, error, message, .. } = error else { panic!("{error:?}") };
    (status, error, message)
}

fn number(error: &ClientError) -> Option<i32> {
    let ClientError::Refused { number, .. } = error else { panic!("{error:?}") };
    *number
}

fn message(text: &str) -> Record {
    Record::EventMessage(EventMessage {
        time: Timestamp(1_000_000),
        message_type: MessageType::Information,
        source_type: MessageSourceType::Package,
        message: text.to_owned(),
        package_name: "Load.dtsx".to_owned(),
        event_name: "OnInformation".to_owned(),
        source_name: "Load".to_owned(),
        source_id: "{3B5A2B3C-0000-4000-8000-000000000004}".to_owned(),
        subcomponent_name: String::new(),
        package_path: r"\Package".to_owned(),
        execution_path: r"\Package".to_owned(),
        thread_id: 1,
        message_code: 0,
        context: Vec::new(),
    })
}

fn batch(assignment: &Assignment, first_sequence: u64, texts: &[&str]) -> MessageBatch {
    MessageBatch {
        task: assignment.task,
        attempt: assignment.attempt,
        first_sequence,
        records: texts.iter().map(|text| message(text)).collect(),
    }
}

async fn messages(test: &TestBox, id: ExecutionId) -> Vec<String> {
    let path = format!("/api/executions/{id}/messages");
    let all: Messages = test.admin.get_json(&path, DEADLINE).await.unwrap();
    let events = all.messages.into_iter().filter(|message| message.event_name.is_some());
    events.map(|message| message.message).collect()
}

#[tokio::test]
async fn a_worker_with_an_unknown_certificate_is_refused_and_told_what_to_do() {
    let test = TestBox::start().await;
    let stranger = identity("stranger");
    let client = test.client(&stranger);
    let heartbeat = AgentHeartbeat { agent: AgentId(Uuid::new_v4()), sender: None };
    let path = "/ClusterManagement/heartbeat";
    let result = client.post_json::<_, AgentHeartbeatReply>(path, &heartbeat, DEADLINE).await;
    let (status, error, message) = refusal(result.unwrap_err());
    assert_eq!((status, error.as_str()), (403, "unknown_certificate"));
    let message = message.replace(&stranger.thumbprint().to_string(), "AB12");
    assert_snapshot!(message, @"the worker certificate AB12 is not trusted: an administrator trusts it with `packhorse workers approve ID --thumbprint AB12`, where ID is the AgentId in the worker's settings");
    let result = client.get_json::<Workers>("/api/workers", DEADLINE).await;
    let (status, _, message) = refusal(result.unwrap_err());
    assert_eq!(status, 403);
    let message = message.replace(&stranger.thumbprint().to_string(), "AB12");
    assert_snapshot!(message, @"the certificate AB12 is not trusted: use the administrator's certificate that `packhorse init` made");
    test.master.shutdown().await;
}

#[tokio::test]
async fn a_workers_certificate_speaks_for_one_worker_only() {
    let test = TestBox::start().await;
    let (one, other) = (test.worker(true).await, test.worker(true).await);
    let mut claim = one.claim(1);
    claim.agent = other.agent;
    let (status, error, message) = refusal(one.ask(claim).await.unwrap_err());
    assert_eq!((status, error.as_str()), (403, "wrong_agent"));
    let message = message
        .replace(&one.identity.thumbprint().to_string(), "AB12")
        .replace(&one.agent.to_string(), "ONE")
        .replace(&other.agent.to_string(), "OTHER");
    assert_snapshot!(message, @"the certificate AB12 belongs to worker ONE and cannot speak for OTHER: correct AgentId in WorkerSettings.toml, or trust the certificate for that worker");
    test.master.shutdown().await;
}

#[tokio::test]
async fn a_worker_is_no_administrator_and_an_administrator_no_worker() {
    let test = TestBox::start().await;
    let worker = test.worker(true).await;
    let result = worker.client.get_json::<Workers>("/api/workers", DEADLINE).await;
    assert_eq!(refusal(result.unwrap_err()).1, "not_an_administrator");
    let heartbeat = AgentHeartbeat { agent: worker.agent, sender: None };
    let path = "/ClusterManagement/heartbeat";
    let result = test.admin.post_json::<_, AgentHeartbeatReply>(path, &heartbeat, DEADLINE).await;
    assert_eq!(refusal(result.unwrap_err()).1, "not_a_worker");
    test.master.shutdown().await;
}

#[tokio::test]
async fn trust_given_and_taken_back_counts_at_once() {
    let test = TestBox::start().await;
    let (agent, newcomer) = (AgentId(Uuid::new_v4()), identity("newcomer"));
    let client = test.client(&newcomer);
    let trust = TrustCertificate {
        thumbprint: newcomer.thumbprint().to_string().to_lowercase(),
        role: "worker".to_owned(),
        worker_agent_id: Some(agent),
    };
    let trusted: CertificateTrusted =
        test.admin.post_json("/api/certificates", &trust, DEADLINE).await.unwrap();
    assert_eq!(trusted.thumbprint.parse::<Thumbprint>(), Ok(newcomer.thumbprint()));
    let heartbeat = AgentHeartbeat { agent, sender: None };
    let path = "/ClusterManagement/heartbeat";
    let reply: AgentHeartbeatReply = client.post_json(path, &heartbeat, DEADLINE).await.unwrap();
    assert!(!reply.known && !reply.enabled, "{reply:?}");
    let revoke = format!("/api/certificates/{}", newcomer.thumbprint());
    let _: Done = test.admin.delete_json(&revoke, DEADLINE).await.unwrap();
    let result = client.post_json::<_, AgentHeartbeatReply>(path, &heartbeat, DEADLINE).await;
    assert_eq!(refusal(result.unwrap_err()).1, "unknown_certificate");
    test.master.shutdown().await;
}

#[tokio::test]
async fn a_worker_must_say_which_protocol_it_speaks() {
    let test = TestBox::start().await;
    let worker = test.worker(true).await;
    let heartbeat = AgentHeartbeat { agent: worker.agent, sender: None };
    let path = "/ClusterManagement/heartbeat";
    for (version, status, error) in [("0", 426, "protocol_too_old"), ("x", 400, "bad_request")] {
        let client = worker.client.clone().with_header(scaleout::message::PROTOCOL_HEADER, version);
        let result = client.post_json::<_, AgentHeartbeatReply>(path, &heartbeat, DEADLINE).await;
        let refusal = refusal(result.unwrap_err());
        assert_eq!((refusal.0, refusal.1.as_str()), (status, error), "{}", refusal.2);
    }
    let newer = worker.client.clone().with_header(scaleout::message::PROTOCOL_HEADER, "9");
    let reply: AgentHeartbeatReply = newer.post_json(path, &heartbeat, DEADLINE).await.unwrap();
    assert!(reply.known);
    test.master.shutdown().await;
}

#[tokio::test]
async fn a_new_worker_is_disabled_and_its_waiting_claim_hears_of_its_enabling() {
    let test = TestBox::start().await;
    let worker = test.worker(false).await;
    assert!(!worker.register().await.unwrap().enabled);
    test.deploy().await;
    let id = test.execute(&[load()]).await[0];
    let claim = tokio::spawn({
        let (client, claim) = (worker.client.clone(), worker.claim(1));
        async move {
            client
                .post_json::<_, scaleout::message::Claimed>(
                    "/ClusterManagement/claim",
                    &claim,
                    DEADLINE,
                )
                .await
        }
    });
    held(&test, 1).await;
    let path = format!("/api/workers/{}/enable", worker.agent);
    let _: Done = test.admin.post_json(&path, &(), DEADLINE).await.unwrap();
    let claimed = claim.await.unwrap().unwrap();
    assert!(claimed.enabled);
    assert_eq!(claimed.tasks[0].execution, id);
    test.master.shutdown().await;
}

/// Waits until the master holds so many claims.
async fn held(test: &TestBox, n: u32) {
    let deadline = tokio::time::Instant::now() + DEADLINE;
    loop {
        let info: MasterInfo = test.admin.get_json("/api/master", DEADLINE).await.unwrap();
        if info.waiting_claims == n {
            return;
        }
        assert!(tokio::time::Instant::now() < deadline, "{} claims are held", info.waiting_claims);
    }
}

#[tokio::test]
async fn a_worker_hears_how_long_its_claim_was_held_before_its_lease_began() {
    let test = TestBox::start().await;
    let worker = test.worker(true).await;
    test.deploy().await;
    let (sent, long) = (tokio::time::Instant::now(), Duration::from_millis(200));
    let ask = async { worker.ask(worker.claim(1)).await.unwrap() };
    let start = async {
        held(&test, 1).await;
        let since = tokio::time::Instant::now();
        while since.elapsed() < long {
            held(&test, 1).await;
        }
        test.execute(&[load()]).await
    };
    let (claimed, _) = tokio::join!(ask, start);
    let held_for = Duration::from_millis(claimed.held_ms);
    assert_eq!(claimed.tasks.len(), 1);
    assert!(long <= held_for && held_for <= sent.elapsed(), "{held_for:?}");
    test.master.shutdown().await;
}

#[tokio::test]
async fn a_waiting_claim_gets_an_execution_the_moment_it_starts() {
    let test = TestBox::start().await;
    let worker = test.worker(true).await;
    let project = test.deploy().await.project;
    assert_eq!(project.packages[0].name, "Load.dtsx");
    let take = async { worker.take().await };
    let start = async {
        held(&test, 1).await;
        let parameters = vec![
            NewParameter {
                object_type: None,
                name: "Greeting".to_owned(),
                value: Some("good day".to_owned()),
            },
            NewParameter {
                object_type: Some(ObjectType::Project),
                name: "Count".to_owned(),
                value: Some("12".to_owned()),
            },
        ];
        let wanted = NewExecution { parameters, logging_level: Some(3), retry_count: 2, ..load() };
        test.execute(&[wanted]).await[0]
    };
    let (assignment, id) = tokio::join!(take, start);
    assert_eq!((assignment.execution, assignment.attempt), (id, Attempt(1)));
    assert_eq!((assignment.logging_level, assignment.caller.as_str()), (3, "ada"));
    let value = |name: &str| {
        let found = assignment.parameters.iter().find(|parameter| parameter.name == name);
        found.and_then(|parameter| parameter.value.clone())
    };
    assert_eq!(value("Greeting").as_deref(), Some("good day"));
    assert_eq!(value("Count").as_deref(), Some("12"));
    let mut bytes = Vec::new();
    let path = format!("/ClusterManagement/projects/{}", assignment.project_hash);
    worker.client.download(&path, &mut bytes, DEADLINE).await.unwrap();
    assert!(bytes == ETL, "the project arrives as it was deployed");
    let detail = test.reach(id, OperationStatus::Running).await;
    assert_eq!(detail.execution.worker, Some(worker.agent));
    test.master.shutdown().await;
}

#[tokio::test]
async fn a_reported_outcome_is_final_and_a_duplicate_changes_nothing() {
    let test = TestBox::start().await;
    let worker = test.worker(true).await;
    test.deploy().await;
    let id = test.execute(&[load()]).await[0];
    let assignment = worker.take().await;
    let tail = batch(&assignment, 1, &["one", "two"]);
    let report = outcome(lease(&assignment), Outcome::Succeeded, Some(tail));
    for expected in [OutcomeState::Recorded, OutcomeState::Recorded] {
        let reported = worker.report(report.clone()).await.unwrap();
        let state = reported.outcomes[0];
        assert!(state == expected || state == OutcomeState::Stale, "{state:?}");
    }
    let detail = test.reach(id, OperationStatus::Succeeded).await;
    assert_eq!((detail.execution.rows_written, detail.execution.attempts), (7, 1));
    assert_eq!(detail.attempts[0].outcome.as_deref(), Some("succeeded"));
    assert_eq!(messages(&test, id).await, ["one", "two"]);
    let unknown = outcome(nobodys_lease(), Outcome::Succeeded, None);
    assert_eq!(worker.report(unknown).await.unwrap().outcomes, [OutcomeState::Stale]);
    test.master.shutdown().await;
}

#[tokio::test]
async fn messages_are_stored_once_and_in_order_however_often_they_are_sent() {
    let test = TestBox::start().await;
    let worker = test.worker(true).await;
    test.deploy().await;
    let id = test.execute(&[load()]).await[0];
    let assignment = worker.take().await;
    let path = "/ClusterManagement/messages";
    let send = |batches: Vec<MessageBatch>| {
        let append = AppendMessages { agent: worker.agent, batches, progress: Vec::new() };
        let client = worker.client.clone();
        async move { client.post_json::<_, MessagesAppended>(path, &append, DEADLINE).await.unwrap() }
    };
    let committed = |last_sequence| Committed {
        task: assignment.task,
        attempt: assignment.attempt,
        last_sequence: Some(last_sequence),
    };
    assert_eq!(send(vec![batch(&assignment, 1, &["a", "b"])]).await.committed, [committed(2)]);
    assert_eq!(send(vec![batch(&assignment, 1, &["a", "b"])]).await.committed, [committed(2)]);
    assert_eq!(send(vec![batch(&assignment, 4, &["d"])]).await.committed, [committed(2)], "a gap");
    assert_eq!(send(vec![batch(&assignment, 2, &["b", "c"])]).await.committed, [committed(3)]);
    assert_eq!(messages(&test, id).await, ["a", "b", "c"]);
    let late = outcome(lease(&assignment), Outcome::Failed, None);
    let late = scaleout::message::AttemptOutcome { last_sequence: 5, ..late };
    let reported = worker.report(late).await.unwrap();
    assert_eq!(reported.outcomes, [OutcomeState::MessagesMissing { last_sequence: 3 }]);
    assert_eq!(test.detail(id).await.execution.status, OperationStatus::Running);
    test.master.shutdown().await;
}

#[tokio::test]
async fn a_stop_request_reaches_a_worker_that_is_full() {
    let test = TestBox::start().await;
    let worker = test.worker(true).await;
    test.deploy().await;
    let id = test.execute(&[load()]).await[0];
    let assignment = worker.take().await;
    let mut full = worker.claim(0);
    full.running = vec![lease(&assignment)];
    let ask = async { worker.ask(full).await.unwrap() };
    let stop = async {
        held(&test, 1).await;
        let path = format!("/api/operations/{id}/stop");
        let _: Stopped = test.admin.post_json(&path, &(), DEADLINE).await.unwrap();
    };
    let (claimed, ()) = tokio::join!(ask, stop);
    assert_eq!(claimed.stop, [assignment.task]);
    assert_eq!(test.detail(id).await.execution.status, OperationStatus::Stopping);
    let report = outcome(lease(&assignment), Outcome::Canceled, None);
    assert_eq!(worker.report(report).await.unwrap().outcomes, [OutcomeState::Recorded]);
    let detail = test.reach(id, OperationStatus::Canceled).await;
    assert_eq!(detail.execution.stopped_by_name.as_deref(), Some("ada"));
    test.master.shutdown().await;
}

#[tokio::test]
async fn a_lease_that_is_renewed_lives_and_one_that_is_not_runs_elsewhere() {
    let test = TestBox::start().await;
    let (silent, other) = (test.worker(true).await, test.worker(true).await);
    test.deploy().await;
    let id = test.execute(&[NewExecution { retry_count: 1, ..load() }]).await[0];
    let mut claim = silent.claim(1);
    claim.lease_ms = 1_000;
    let first = silent.ask(claim).await.unwrap().tasks.remove(0);
    let renew = Renew { agent: silent.agent, leases: vec![lease(&first)], lease_ms: 1_000 };
    let path = "/ClusterManagement/renew";
    let renewed: Renewed = silent.client.post_json(path, &renew, DEADLINE).await.unwrap();
    assert_eq!(renewed.leases, [LeaseState::Held { lease_ms: 1_000, stop: false }]);
    let second = other.take().await;
    assert_eq!((second.task, second.attempt), (first.task, Attempt(2)));
    let renewed: Renewed = silent.client.post_json(path, &renew, DEADLINE).await.unwrap();
    assert_eq!(renewed.leases, [LeaseState::Lost]);
    let late = outcome(lease(&first), Outcome::Succeeded, None);
    assert_eq!(silent.report(late).await.unwrap().outcomes, [OutcomeState::Stale]);
    let done = outcome(lease(&second), Outcome::Succeeded, None);
    assert_eq!(other.report(done).await.unwrap().outcomes, [OutcomeState::Recorded]);
    let detail = test.reach(id, OperationStatus::Succeeded).await;
    let outcomes: Vec<_> = detail.attempts.iter().map(|attempt| attempt.outcome.clone()).collect();
    assert_eq!(outcomes, [Some("lease_expired".to_owned()), Some("succeeded".to_owned())]);
    test.master.shutdown().await;
}

/// Asks a path of workers.
async fn say<T: serde::de::DeserializeOwned>(
    worker: &Worker,
    path: &str,
    body: &impl serde::Serialize,
) -> T {
    let path = format!("/ClusterManagement/{path}");
    worker.client.post_json(&path, body, DEADLINE).await.unwrap()
}

#[tokio::test]
async fn a_worker_that_speaks_of_another_ones_task_changes_nothing() {
    let test = TestBox::start().await;
    let (honest, liar) = (test.worker(true).await, test.worker(true).await);
    test.deploy().await;
    let id = test.execute(&[load()]).await[0];
    let assignment = honest.take().await;
    let stolen = lease(&assignment);
    let report = outcome(stolen, Outcome::Succeeded, Some(batch(&assignment, 1, &["a lie"])));
    assert_eq!(liar.report(report).await.unwrap().outcomes, [OutcomeState::Stale]);
    let renew = Renew { agent: liar.agent, leases: vec![stolen], lease_ms: 0 };
    let renewed: Renewed = say(&liar, "renew", &renew).await;
    assert_eq!(renewed.leases, [LeaseState::Lost]);
    let progress = |rows_read| {
        let progress = Progress { rows_read, ..Progress::default() };
        vec![TaskProgress { execution: id, progress }]
    };
    let shown = async || {
        let known = vec![Known { execution_id: id, status: Some(OperationStatus::Running) }];
        let watch = Watch { known, wait_ms: 0 };
        let watched: Watched =
            test.admin.post_json("/api/executions/watch", &watch, DEADLINE).await.unwrap();
        watched.progress.iter().map(|one| one.progress.rows_read).collect::<Vec<_>>()
    };
    let append = |agent, texts: &[&str], rows_read| AppendMessages {
        agent,
        batches: vec![batch(&assignment, 1, texts)],
        progress: progress(rows_read),
    };
    let answered: MessagesAppended =
        say(&liar, "messages", &append(liar.agent, &["a lie"], 666)).await;
    assert_eq!(answered.committed[0].last_sequence, None);
    assert!(shown().await.is_empty());
    let _: MessagesAppended = say(&honest, "messages", &append(honest.agent, &["true"], 7)).await;
    let _: MessagesAppended = say(&liar, "messages", &append(liar.agent, &["a lie"], 666)).await;
    assert_eq!(shown().await, [7]);
    // Saying that it runs the task, or held it, makes it neither the liar's nor anybody's.
    let claim =
        Claim { running: vec![stolen], also_held: vec![stolen], wait_ms: 0, ..liar.claim(1) };
    let claimed = liar.ask(claim).await.unwrap();
    assert!(claimed.tasks.is_empty() && claimed.stop.is_empty(), "{claimed:?}");
    let renew = Renew { agent: honest.agent, leases: vec![stolen], lease_ms: 0 };
    let renewed: Renewed = say(&honest, "renew", &renew).await;
    assert!(matches!(renewed.leases[..], [LeaseState::Held { stop: false, .. }]), "{renewed:?}");
    let done = outcome(stolen, Outcome::Failed, Some(batch(&assignment, 2, &["and done"])));
    assert_eq!(honest.report(done).await.unwrap().outcomes, [OutcomeState::Recorded]);
    let detail = test.reach(id, OperationStatus::Failed).await;
    assert_eq!(detail.execution.worker, Some(honest.agent));
    assert_eq!(messages(&test, id).await, ["true", "and done"]);
    test.master.shutdown().await;
}

#[tokio::test]
async fn a_worker_that_replays_an_old_fence_changes_nothing() {
    let test = TestBox::start().await;
    let worker = test.worker(true).await;
    test.deploy().await;
    let id = test.execute(&[NewExecution { retry_count: 1, ..load() }]).await[0];
    let first = worker.take().await;
    let failed = outcome(lease(&first), Outcome::Failed, Some(batch(&first, 1, &["first"])));
    assert_eq!(worker.report(failed.clone()).await.unwrap().outcomes, [OutcomeState::Recorded]);
    let second = worker.take().await;
    assert_eq!((second.task, second.attempt), (first.task, Attempt(2)));
    assert!(first.fence < second.fence);
    // The same worker and task: the old attempt, the old fence, and a fence of no attempt.
    let mixed = LeaseRef { fence: first.fence, ..lease(&second) };
    let ahead = LeaseRef { fence: Fence(second.fence.0 + 1), ..lease(&second) };
    for replayed in [lease(&first), mixed, ahead] {
        let report = outcome(replayed, Outcome::Succeeded, None);
        assert_eq!(worker.report(report).await.unwrap().outcomes, [OutcomeState::Stale]);
        let renew = Renew { agent: worker.agent, leases: vec![replayed], lease_ms: 0 };
        let renewed: Renewed = say(&worker, "renew", &renew).await;
        assert_eq!(renewed.leases, [LeaseState::Lost], "{replayed:?}");
    }
    let again = worker.report(failed).await.unwrap().outcomes;
    assert!(matches!(again[..], [OutcomeState::Stale | OutcomeState::Recorded]), "{again:?}");
    assert_eq!(test.detail(id).await.execution.status, OperationStatus::Running);
    let done = outcome(lease(&second), Outcome::Succeeded, Some(batch(&second, 1, &["second"])));
    assert_eq!(worker.report(done).await.unwrap().outcomes, [OutcomeState::Recorded]);
    test.reach(id, OperationStatus::Succeeded).await;
    assert_eq!(messages(&test, id).await, ["first", "second"]);
    test.master.shutdown().await;
}

#[tokio::test]
async fn tasks_are_shared_among_waiting_workers_and_never_handed_out_twice() {
    let test = TestBox::start().await;
    let (one, two) = (test.worker(true).await, test.worker(true).await);
    test.deploy().await;
    let mut wanted = test.execute(&vec![load(); 20]).await;
    let mut taken = Vec::new();
    while taken.len() < wanted.len() {
        let (a, b) = tokio::join!(one.ask(one.claim(3)), two.ask(two.claim(3)));
        for (worker, claimed) in [(&one, a.unwrap()), (&two, b.unwrap())] {
            assert!(claimed.tasks.len() <= 3);
            for assignment in claimed.tasks {
                taken.push(assignment.execution);
                let done = outcome(lease(&assignment), Outcome::Succeeded, None);
                worker.report(done).await.unwrap();
            }
        }
        if wanted.len() - taken.len() < 3 {
            break;
        }
    }
    while taken.len() < wanted.len() {
        let assignment = one.take().await;
        taken.push(assignment.execution);
        one.report(outcome(lease(&assignment), Outcome::Succeeded, None)).await.unwrap();
    }
    taken.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(taken, wanted);
    test.master.shutdown().await;
}

#[tokio::test]
async fn masters_are_interchangeable() {
    let test = TestBox::start().await;
    let worker = test.worker(true).await;
    test.deploy().await;
    let (catalog, second) = (test.open_again(), identity("second master"));
    let other = Master::start(settings(), catalog.clone(), second.clone()).await.unwrap();
    let at_other = client(&other, &second, &worker.identity);
    let claim = worker.claim(1);
    let ask = async {
        let path = "/ClusterManagement/claim";
        at_other.post_json::<_, scaleout::message::Claimed>(path, &claim, DEADLINE).await.unwrap()
    };
    let start = async { test.execute(&[load()]).await[0] };
    let (claimed, id) = tokio::join!(ask, start);
    assert_eq!(claimed.tasks[0].execution, id);
    other.shutdown().await;
    catalog.close().await;
    let done = outcome(lease(&claimed.tasks[0]), Outcome::Succeeded, None);
    assert_eq!(worker.report(done).await.unwrap().outcomes, [OutcomeState::Recorded]);
    test.reach(id, OperationStatus::Succeeded).await;
    test.master.shutdown().await;
}

#[tokio::test]
async fn executions_start_all_together_or_not_at_all() {
    let test = TestBox::start().await;
    test.deploy().await;
    let wrong = NewParameter {
        object_type: None,
        name: "Count".to_owned(),
        value: Some("many".to_owned()),
    };
    let bad = NewExecution { parameters: vec![wrong], ..load() };
    let error = test.try_execute(&[load(), bad]).await.unwrap_err();
    assert_eq!(number(&error), Some(27147));
    assert!(error.to_string().starts_with("execution 2 of the list (Load.dtsx): "), "{error}");
    let all: master::api::Executions =
        test.admin.get_json("/api/executions", DEADLINE).await.unwrap();
    assert!(all.executions.is_empty(), "{all:?}");
    test.master.shutdown().await;
}

#[tokio::test]
async fn a_request_with_an_idempotency_key_starts_one_execution() {
    let test = TestBox::start().await;
    test.deploy().await;
    let wanted = NewExecution { idempotency_key: Some("nightly".to_owned()), ..load() };
    let first = test.execute(std::slice::from_ref(&wanted)).await;
    assert_eq!(test.execute(&[wanted]).await, first);
    assert_ne!(test.execute(&[load()]).await, first);
    test.master.shutdown().await;
}

#[tokio::test]
async fn refusals_of_the_catalog_arrive_with_their_number() {
    let test = TestBox::start().await;
    let path = "/api/projects/Nowhere/Etl";
    let result = test.admin.put_bytes::<Projects>(path, ETL.to_vec(), DEADLINE).await;
    let error = result.unwrap_err();
    assert_eq!(number(&error), Some(27104), "{error}");
    let path = "/api/projects/Sales/Etl?create_folder=true";
    let truncated = ETL[..ETL.len() / 2].to_vec();
    let error = test.admin.put_bytes::<Projects>(path, truncated, DEADLINE).await.unwrap_err();
    assert_eq!(number(&error), Some(27203), "{error}");
    let projects: Projects = test.admin.get_json("/api/projects", DEADLINE).await.unwrap();
    assert!(projects.projects.is_empty(), "{projects:?}");
    let error = test.try_execute(&[load()]).await.unwrap_err();
    assert!(number(&error).is_some(), "{error}");
    test.master.shutdown().await;
}

#[tokio::test]
async fn many_executions_are_watched_with_one_request() {
    let test = TestBox::start().await;
    let worker = test.worker(true).await;
    test.deploy().await;
    let ids = test.execute(&vec![load(); 3]).await;
    let known =
        |status| ids.iter().map(|id| Known { execution_id: *id, status }).collect::<Vec<Known>>();
    let watch = |known, wait_ms| {
        let (admin, watch) = (test.admin.clone(), Watch { known, wait_ms });
        async move {
            admin.post_json::<_, Watched>("/api/executions/watch", &watch, DEADLINE).await.unwrap()
        }
    };
    let watched = watch(known(None), 10_000).await;
    assert_eq!(watched.changed.len(), 3);
    assert!(watched.changed.iter().all(|row| row.status == OperationStatus::Pending));
    let (watched, assignment) =
        tokio::join!(watch(known(Some(OperationStatus::Pending)), 10_000), worker.take());
    assert_eq!(watched.changed.len(), 1);
    assert_eq!(watched.changed[0].execution_id, assignment.execution);
    let progress = Progress { executable: "Load".to_owned(), rows_read: 5, rows_written: 4 };
    let said = TaskProgress { execution: assignment.execution, progress };
    let append =
        AppendMessages { agent: worker.agent, batches: Vec::new(), progress: vec![said.clone()] };
    let path = "/ClusterManagement/messages";
    let _: MessagesAppended = worker.client.post_json(path, &append, DEADLINE).await.unwrap();
    let running =
        Known { execution_id: assignment.execution, status: Some(OperationStatus::Running) };
    let watched = watch(vec![running], 0).await;
    assert_eq!((watched.changed, watched.progress), (Vec::new(), vec![said]));
    test.master.shutdown().await;
}

#[tokio::test]
async fn messages_are_followed_while_they_are_said() {
    let test = TestBox::start().await;
    let worker = test.worker(true).await;
    test.deploy().await;
    let id = test.execute(&[load()]).await[0];
    let assignment = worker.take().await;
    let path = format!("/api/executions/{id}/messages?wait_ms=45000");
    let follow = test.admin.get_json::<Messages>(&path, DEADLINE);
    let say = worker.report(outcome(
        lease(&assignment),
        Outcome::Failed,
        Some(batch(&assignment, 1, &["it failed"])),
    ));
    let (followed, _) = tokio::join!(follow, say);
    let followed = followed.unwrap();
    assert!(followed.messages.iter().any(|row| row.message == "it failed"), "{followed:?}");
    test.reach(id, OperationStatus::Failed).await;
    let last = followed.messages.last().map_or(0, |message| message.id);
    let path = format!("/api/executions/{id}/messages?wait_ms=45000&after={}", last + 1_000);
    let rest: Messages = test.admin.get_json(&path, DEADLINE).await.unwrap();
    assert!(rest.messages.is_empty() && rest.status.is_final(), "nobody waits for the dead");
    test.master.shutdown().await;
}

#[tokio::test]
async fn a_held_claim_is_answered_with_nothing_when_its_master_goes_down() {
    let test = TestBox::start().await;
    let worker = test.worker(true).await;
    let ask = tokio::spawn({
        let (client, claim) = (worker.client.clone(), worker.claim(1));
        async move {
            let path = "/ClusterManagement/claim";
            client.post_json::<_, scaleout::message::Claimed>(path, &claim, DEADLINE).await
        }
    });
    held(&test, 1).await;
    let started = tokio::time::Instant::now();
    test.master.shutdown().await;
    assert!(started.elapsed() < Duration::from_secs(9), "held claims do not hold it up");
    let claimed = ask.await.unwrap().unwrap();
    assert_eq!((claimed.enabled, claimed.tasks.len()), (true, 0));
}

#[tokio::test]
async fn completed_jobs_are_cleaned_up_and_their_executions_stay() {
    let test = TestBox::start().await;
    let worker = test.worker(true).await;
    test.deploy().await;
    let id = test.execute(&[load()]).await[0];
    let waiting = test.execute(&[load()]).await[0];
    let assignment = worker.take().await;
    worker.report(outcome(lease(&assignment), Outcome::Succeeded, None)).await.unwrap();
    test.reach(id, OperationStatus::Succeeded).await;
    let long_ago = "UPDATE jobs SET completed_time = 1 WHERE completed_time IS NOT NULL";
    test.catalog.write(move |tx| tx.execute(long_ago, &[])).await.unwrap();
    let often = Settings { cleanup_completed_jobs_interval_in_ms: 10, ..settings() };
    let cleaner = Master::start(often, test.catalog.clone(), test.identity.clone()).await.unwrap();
    let deadline = tokio::time::Instant::now() + DEADLINE;
    while test.detail(id).await.execution.task_id.is_some() {
        assert!(tokio::time::Instant::now() < deadline, "the job is still there");
    }
    assert_eq!(test.detail(id).await.execution.status, OperationStatus::Succeeded);
    assert!(test.detail(waiting).await.execution.task_id.is_some());
    cleaner.shutdown().await;
    test.master.shutdown().await;
}

#[tokio::test]
async fn a_port_in_use_is_named_with_the_remedy() {
    let test = TestBox::start().await;
    let mut settings = settings();
    settings.port_number = test.master.local_addr().port();
    let result = Master::start(settings, test.catalog.clone(), test.identity.clone()).await;
    let Err(error) = result else { panic!("two masters on one port") };
    assert!(matches!(error, StartError::Listen(_)));
    let text = error.to_string();
    let text = text.replace(&test.master.local_addr().port().to_string(), "8391");
    assert_snapshot!(text, @"port 8391 is in use on 127.0.0.1: stop the program that listens there (`ss -ltnp 'sport = :8391'` names it) or set another PortNumber");
    test.master.shutdown().await;
}

#[tokio::test]
async fn a_master_says_who_and_where_it_is_and_respects_a_published_address() {
    let test = TestBox::start().await;
    let info: MasterInfo = test.admin.get_json("/api/master", DEADLINE).await.unwrap();
    let port = test.master.local_addr().port();
    assert_eq!(info.port, port);
    assert_eq!(info.properties["MASTER_SERVICE_PORT"], port.to_string());
    assert_eq!(info.properties["SSLCERT_THUMBPRINT"], test.identity.thumbprint().to_string());
    assert_eq!(info.properties["MACHINE_IP"], "127.0.0.1");
    assert_eq!(info.properties["MASTER_ADDRESS"], format!("https://localhost:{port}"));
    for name in ["LAST_ONLINE_TIME", "MACHINE_NAME", "CLUSTER_LOGDB_SERVER"] {
        assert!(info.properties.contains_key(name), "{name} is missing");
    }
    let admin = catalog::Caller::admin("ada");
    let published = "https://masters.example.com:8391";
    let update = move |tx: &mut dyn catalog::Tx| {
        catalog::procedures::update_master_address(tx, &admin, published)
    };
    test.catalog.write(update).await.unwrap();
    let again = Master::start(settings(), test.catalog.clone(), test.identity.clone());
    again.await.unwrap().shutdown().await;
    let info: MasterInfo = test.admin.get_json("/api/master", DEADLINE).await.unwrap();
    assert_eq!(info.properties["MASTER_ADDRESS"], published);
    test.master.shutdown().await;
}

#[tokio::test]
async fn a_certificate_other_than_the_one_that_is_set_is_refused() {
    let test = TestBox::start().await;
    let mut settings = settings();
    settings.ssl_cert_thumbprint = identity("other").thumbprint().to_string();
    let result = Master::start(settings, test.catalog.clone(), test.identity.clone()).await;
    assert!(matches!(result, Err(StartError::Certificate { .. })));
    test.master.shutdown().await;
}

#[tokio::test]
async fn strangers_may_read_what_a_master_serves_and_nothing_else() {
    let test = TestBox::start().await;
    let stranger = test.client(&identity("stranger"));
    let document: serde_json::Value = stranger.get_json("/openapi.json", DEADLINE).await.unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let result = stranger.get_json::<Done>("/nothing", DEADLINE).await;
    let (status, _, message) = refusal(result.unwrap_err());
    assert_eq!(status, 404);
    assert_snapshot!(message, @"there is no /nothing here: see /openapi.json for what there is");
    let result = stranger.get_json::<Done>("/ClusterManagement/claim", DEADLINE).await;
    assert_eq!(refusal(result.unwrap_err()).0, 405);
    test.master.shutdown().await;
}

#[tokio::test]
async fn a_worker_that_lost_its_registration_is_told_so() {
    let test = TestBox::start().await;
    let (agent, unknown) = (AgentId(Uuid::new_v4()), identity("unregistered"));
    trust(&test.catalog, unknown.thumbprint(), CertificateRole::Worker, Some(agent)).await;
    let worker = support::Worker { agent, client: test.client(&unknown), identity: unknown };
    let (status, error, _) = refusal(worker.ask(worker.claim(1)).await.unwrap_err());
    assert_eq!((status, error.as_str()), (404, "not_registered"));
    test.master.shutdown().await;
}

#[tokio::test]
async fn a_task_whose_grant_never_arrived_is_granted_again() {
    let test = TestBox::start().await;
    let worker = test.worker(true).await;
    test.deploy().await;
    test.execute(&[load()]).await;
    let numbered = |number| {
        let mut claim = worker.claim(1);
        claim.number = number;
        claim
    };
    let lost = worker.ask(numbered(2)).await.unwrap().tasks.remove(0);
    let again = worker.ask(numbered(3)).await.unwrap().tasks.remove(0);
    assert_eq!(again.task, lost.task);
    assert!(lost.fence < again.fence);
    let stale = worker.report(outcome(lease(&lost), Outcome::Succeeded, None)).await.unwrap();
    assert_eq!(stale.outcomes, [OutcomeState::Stale]);
    test.master.shutdown().await;
}

#[tokio::test]
async fn a_worker_that_asks_again_takes_the_place_of_its_earlier_claim() {
    let test = TestBox::start().await;
    let worker = test.worker(true).await;
    let earlier = async { worker.ask(worker.claim(1)).await.unwrap() };
    let later = async {
        held(&test, 1).await;
        let mut later = worker.claim(1);
        later.number = 1;
        later.wait_ms = 0;
        worker.ask(later).await.unwrap()
    };
    let (earlier, later) = tokio::join!(earlier, later);
    assert!(earlier.tasks.is_empty() && later.tasks.is_empty());
    held(&test, 0).await;
    test.master.shutdown().await;
}

#[tokio::test]
async fn requests_that_make_no_sense_are_refused_in_words() {
    let test = TestBox::start().await;
    let result = test.admin.get_json::<Done>("/api/executions/seven", DEADLINE).await;
    let (status, error, _) = refusal(result.unwrap_err());
    assert_eq!((status, error.as_str()), (400, "bad_request"));
    let result = test.admin.get_json::<Done>("/api/executions?status=77", DEADLINE).await;
    assert_eq!(refusal(result.unwrap_err()).2, "77 is not a documented OperationStatus");
    let result = test.admin.get_json::<Done>("/api/executions/77?wait_ms=45000", DEADLINE).await;
    let message = refusal(result.unwrap_err()).2;
    assert_snapshot!(message, @"there is no execution 77: `packhorse executions` lists them");
    let known = vec![Known { execution_id: ExecutionId(77), status: None }];
    let watch = Watch { known, wait_ms: 45_000 };
    let path = "/api/executions/watch";
    let result = test.admin.post_json::<_, Watched>(path, &watch, DEADLINE).await;
    assert_eq!(refusal(result.unwrap_err()).0, 404);
    let result = test.admin.post_json::<_, Done>("/api/folders", &"Sales", DEADLINE).await;
    let message = refusal(result.unwrap_err()).2;
    assert!(message.starts_with("the request's body is not understood: "), "{message}");
    test.master.shutdown().await;
}

#[tokio::test]
async fn what_a_failed_deployment_found_can_be_read() {
    let test = TestBox::start().await;
    let path = "/api/projects/Sales/Other?create_folder=true";
    let error = test.admin.put_bytes::<Projects>(path, ETL.to_vec(), DEADLINE).await.unwrap_err();
    assert_eq!(number(&error), Some(27203));
    let text = error.to_string();
    let operation =
        text.rsplit("operation ").next().unwrap().trim_end_matches(|c: char| !c.is_ascii_digit());
    let operation: String = operation.chars().take_while(char::is_ascii_digit).collect();
    let path = format!("/api/operations/{operation}/messages");
    let found: Messages = test.admin.get_json(&path, DEADLINE).await.unwrap();
    assert_eq!(found.status, OperationStatus::Failed);
    assert!(found.messages.iter().any(|row| row.message.contains("`Etl`")), "{found:?}");
    test.master.shutdown().await;
}

#[tokio::test]
async fn logins_are_made_changed_and_removed() {
    let test = TestBox::start().await;
    let list = async || -> Logins { test.admin.get_json("/api/logins", DEADLINE).await.unwrap() };
    let made = list().await.logins;
    assert_eq!(made.len(), 1, "the log login is there from the start");
    assert_eq!(made[0].name, "##MS_SSISLogDBWorkerAgentLogin##");
    assert_eq!(made[0].roles, ["ssis_cluster_worker"]);
    let new = |password: &str| NewLogin {
        name: "ann/1".to_owned(),
        password: password.to_owned(),
        roles: vec!["ssis_admin".to_owned(), "sysadmin".to_owned()],
    };
    let weak: Result<Done, _> = test.admin.post_json("/api/logins", &new("short"), DEADLINE).await;
    let (status, error, text) = refusal(weak.unwrap_err());
    assert_eq!((status, error.as_str()), (409, "catalog"), "{text}");
    assert!(text.contains("15116"), "{text}");
    let _: Done = test.admin.post_json("/api/logins", &new("Good pass 1"), DEADLINE).await.unwrap();
    let ann = list().await.logins.into_iter().find(|login| login.name == "ann/1").unwrap();
    assert_eq!(ann.roles, ["sysadmin", "ssis_admin"]);
    assert!(!ann.is_disabled);
    let change = ChangeLogin {
        password: Some("Other pass 2".to_owned()),
        is_disabled: Some(true),
        grant_roles: vec!["ssis_logreader".to_owned()],
        revoke_roles: vec!["sysadmin".to_owned()],
    };
    let path = "/api/logins/ann%2F1";
    let _: Done = test.admin.post_json(path, &change, DEADLINE).await.unwrap();
    let ann = list().await.logins.into_iter().find(|login| login.name == "ann/1").unwrap();
    assert_eq!((ann.roles.join(" "), ann.is_disabled), ("ssis_admin ssis_logreader".into(), true));
    let _: Done = test.admin.delete_json(path, DEADLINE).await.unwrap();
    assert_eq!(list().await.logins.len(), 1);
    test.master.shutdown().await;
}

#[tokio::test]
async fn an_execution_says_worker_by_worker_why_it_waits() {
    let test = TestBox::start().await;
    let (disabled, enabled) = (test.worker(true).await, test.worker(true).await);
    test.deploy().await;
    let only = NewExecution { workers: vec![disabled.agent], ..load() };
    let id = test.execute(&[only]).await[0];
    let path = format!("/api/workers/{}/disable", disabled.agent);
    let _: Done = test.admin.post_json(&path, &(), DEADLINE).await.unwrap();
    let explain = async || {
        let path = format!("/api/executions/{id}/explain");
        test.admin.get_json::<Explanation>(&path, DEADLINE).await.unwrap()
    };
    let before = explain().await;
    let reason = |agent| {
        let mut workers = before.workers.iter();
        workers.find(|worker| worker.worker_agent_id == agent).unwrap().reason.as_str()
    };
    assert_eq!(reason(disabled.agent), "is disabled");
    assert_eq!(reason(enabled.agent), "is not among the workers chosen for the execution");
    assert!(before.sentence.starts_with("no worker can run it: "), "{}", before.sentence);
    let tell = |before| test.catalog.write(move |tx| catalog::scale_out::tell_stuck(tx, before));
    assert_eq!(tell(Timestamp(1)).await.unwrap(), 0, "it has not waited that long");
    assert_eq!(tell(Timestamp(i64::MAX)).await.unwrap(), 1);
    assert_eq!(tell(Timestamp(i64::MAX)).await.unwrap(), 0, "the same is not said twice");
    let path = format!("/api/operations/{id}/messages");
    let said: Messages = test.admin.get_json(&path, DEADLINE).await.unwrap();
    assert_eq!(said.messages.last().unwrap().message, before.sentence);
    let path = format!("/api/workers/{}/enable", disabled.agent);
    let _: Done = test.admin.post_json(&path, &(), DEADLINE).await.unwrap();
    assert_eq!(tell(Timestamp(i64::MAX)).await.unwrap(), 0, "a worker can run it now");
    let assignment = disabled.take().await;
    assert_eq!(explain().await.sentence, "one on host runs it");
    disabled.report(outcome(lease(&assignment), Outcome::Succeeded, None)).await.unwrap();
    test.reach(id, OperationStatus::Succeeded).await;
    let over = explain().await;
    assert_eq!(
        (over.sentence.as_str(), over.workers.len()),
        ("it is over (succeeded); its last attempt was at one", 0)
    );
    test.master.shutdown().await;
}

#[tokio::test]
async fn a_claim_that_is_held_counts_in_an_explanation() {
    let test = TestBox::start().await;
    let (full, other) = (test.worker(true).await, test.worker(false).await);
    test.deploy().await;
    let ask = tokio::spawn({
        let (client, claim) = (full.client.clone(), full.claim(0));
        async move {
            let path = "/ClusterManagement/claim";
            client.post_json::<_, scaleout::message::Claimed>(path, &claim, DEADLINE).await
        }
    });
    held(&test, 1).await;
    let id = test.execute(&[load()]).await[0];
    let path = format!("/api/executions/{id}/explain");
    let explained: Explanation = test.admin.get_json(&path, DEADLINE).await.unwrap();
    let reasons: Vec<_> = explained
        .workers
        .iter()
        .map(|worker| (worker.worker_agent_id, worker.reason.as_str()))
        .collect();
    assert!(reasons.contains(&(full.agent, "is full")), "{reasons:?}");
    assert!(reasons.contains(&(other.agent, "is disabled")), "{reasons:?}");
    test.master.shutdown().await;
    ask.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_token_lets_one_worker_in_and_once_only() {
    let test = TestBox::start().await;
    let created: JoinCreated =
        test.admin.post_json("/api/joins", &NewJoin::default(), DEADLINE).await.unwrap();
    assert_eq!(created.master_thumbprints, [test.identity.thumbprint().to_string()]);
    let join = async |who: &transport::Identity, token: &str| {
        let request = Join { token: token.to_owned() };
        test.client(who).post_json::<_, Joined>("/api/join", &request, DEADLINE).await
    };
    let (newcomer, thief) = (identity("newcomer"), identity("thief"));
    let wrong = join(&thief, "0123").await.unwrap_err();
    assert_eq!(refusal(wrong).1, "bad_token");
    let joined = join(&newcomer, &created.token).await.unwrap();
    assert_eq!(joined.worker_agent_id, created.worker_agent_id);
    let again = join(&thief, &created.token).await.unwrap_err();
    assert_eq!(refusal(again).1, "bad_token");
    let worker = Worker {
        agent: joined.worker_agent_id,
        client: test.client(&newcomer),
        identity: newcomer,
    };
    assert!(!worker.register().await.unwrap().enabled, "a new worker is disabled");
    let certificates: Certificates =
        test.admin.get_json("/api/certificates", DEADLINE).await.unwrap();
    assert!(certificates.certificates.iter().all(|one| one.role != "join"));
    let old: JoinCreated =
        test.admin.post_json("/api/joins", &NewJoin::default(), DEADLINE).await.unwrap();
    let long_ago = "UPDATE trusted_certificates SET added_time = 1 WHERE role = 'join'";
    test.catalog.write(move |tx| tx.execute(long_ago, &[])).await.unwrap();
    let late = join(&thief, &old.token).await.unwrap_err();
    assert_eq!(refusal(late).1, "bad_token");
    test.master.shutdown().await;
}

#[tokio::test]
async fn a_worker_that_nobody_trusts_waits_for_approval_and_a_removed_one_is_shut_out() {
    let test = TestBox::start().await;
    let newcomer = identity("newcomer");
    let agent = AgentId(Uuid::new_v4());
    let worker = Worker { agent, client: test.client(&newcomer), identity: newcomer.clone() };
    worker.register().await.unwrap_err();
    worker.register().await.unwrap_err();
    let waiting = async || {
        let list: WaitingWorkers =
            test.admin.get_json("/api/workers/waiting", DEADLINE).await.unwrap();
        list.workers
    };
    let found = waiting().await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].worker_agent_id, agent);
    let trust = TrustCertificate {
        thumbprint: found[0].thumbprint.clone(),
        role: "worker".to_owned(),
        worker_agent_id: Some(agent),
    };
    let _: CertificateTrusted =
        test.admin.post_json("/api/certificates", &trust, DEADLINE).await.unwrap();
    assert!(waiting().await.is_empty());
    worker.register().await.unwrap();
    let change = ChangeWorker { tags: Some("fast".to_owned()), ..ChangeWorker::default() };
    let path = format!("/api/workers/{agent}");
    let _: Done = test.admin.post_json(&path, &change, DEADLINE).await.unwrap();
    let list: Workers = test.admin.get_json("/api/workers", DEADLINE).await.unwrap();
    assert_eq!(list.workers[0].tags, "fast");
    let _: Done = test.admin.delete_json(&path, DEADLINE).await.unwrap();
    let refused = worker.register().await.unwrap_err();
    assert_eq!(refusal(refused).1, "unknown_certificate");
    let list: Workers = test.admin.get_json("/api/workers", DEADLINE).await.unwrap();
    assert!(list.workers.is_empty());
    test.master.shutdown().await;
}
