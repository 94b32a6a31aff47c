//! What packages say: once, in order, in the table of its kind.

use catalog::reads;
use catalog::scale_out::{append_messages, report};
use model::record::{
    ComponentPhase, DataStatistics, Executable, ExecutableStatistics, MessageContext,
    PerformanceCounters, Record,
};
use model::{AgentId, ExecutionId, ExecutionResult, MessageType, Timestamp};
use scaleout::message::{Assignment, MessageBatch, Outcome, OutcomeState};

use crate::support::{Fixture, Recipe, admin, agent, batch, event, message, outcome};

async fn running(at: &Fixture) -> (ExecutionId, AgentId, Assignment) {
    at.deployed(&Recipe::default()).await;
    let worker = at.worker(1).await;
    let (id, _) = at.started(1).await;
    (id, worker, at.claim(worker, 1, 1).await.remove(0))
}

async fn append(at: &Fixture, worker: AgentId, batch: MessageBatch) -> Option<u64> {
    at.write(move |tx| append_messages(tx, worker, &batch)).await.last_sequence
}

async fn texts(at: &Fixture, id: ExecutionId) -> Vec<String> {
    let filter = reads::MessageFilter { limit: 100, ..Default::default() };
    let messages = at.read(move |tx| reads::messages(tx, &admin(), id.into(), &filter)).await;
    messages.into_iter().map(|message| message.message).collect()
}

pub(crate) async fn messages_are_stored_once_and_in_order(at: Fixture) {
    let (id, worker, task) = running(&at).await;
    let first = batch(&task, 1, vec![event("1"), event("2")]);
    assert_eq!(append(&at, worker, first.clone()).await, Some(2));
    assert_eq!(append(&at, worker, first).await, Some(2));
    let overlapping = batch(&task, 2, vec![event("2"), event("3")]);
    assert_eq!(append(&at, worker, overlapping).await, Some(3));
    let mut with_context = message("4", MessageType::Error);
    if let Record::EventMessage(message) = &mut with_context {
        message.context.push(MessageContext {
            depth: 1,
            package_path: "\\Package".to_owned(),
            context_type: 60,
            source_name: "Load".to_owned(),
            source_id: "{0}".to_owned(),
            property_name: "Disable".to_owned(),
            property_value: "False".to_owned(),
        });
    }
    let rest = batch(&task, 4, vec![with_context, event("5")]);
    assert_eq!(append(&at, worker, rest).await, Some(5));
    assert_eq!(texts(&at, id).await, ["1", "2", "3", "4", "5"]);
    let sql = "SELECT m.message FROM event_message_context c
               JOIN operation_messages m ON m.operation_message_id = c.event_message_id";
    let of = at.read(move |tx| tx.scalar::<String>(sql, &[])).await;
    assert_eq!(of.as_deref(), Some("4"));
    let row = at.read(move |tx| reads::execution(tx, &admin(), id)).await.unwrap();
    assert_eq!(row.first_error.as_deref(), Some("4"));
    let filter = reads::MessageFilter { at_least_type: Some(110), limit: 9, ..Default::default() };
    let errors = at.read(move |tx| reads::messages(tx, &admin(), id.into(), &filter)).await;
    assert_eq!(errors.len(), 1);
    let filter = reads::MessageFilter { after: errors[0].id, limit: 9, ..Default::default() };
    let after = at.read(move |tx| reads::messages(tx, &admin(), id.into(), &filter)).await;
    assert_eq!(after[0].message, "5");
    assert_eq!(after[0].event.as_ref().unwrap().event_name, "OnInformation");
}

pub(crate) async fn a_gap_is_not_taken(at: Fixture) {
    let (id, worker, task) = running(&at).await;
    assert_eq!(append(&at, worker, batch(&task, 3, vec![event("3")])).await, Some(0));
    assert!(texts(&at, id).await.is_empty());
}

pub(crate) async fn an_outcome_waits_for_its_messages(at: Fixture) {
    let (id, worker, task) = running(&at).await;
    let mut done = outcome(&task, Outcome::Succeeded, vec![event("3")]);
    done.tail = Some(batch(&task, 3, vec![event("3")]));
    done.last_sequence = 3;
    let send = |done: scaleout::message::AttemptOutcome| {
        at.write(move |tx| {
            let now = tx.now();
            report(tx, worker, &done, now)
        })
    };
    let missing = OutcomeState::MessagesMissing { last_sequence: 0 };
    assert_eq!(send(done.clone()).await, missing);
    append(&at, worker, batch(&task, 1, vec![event("1"), event("2")])).await;
    assert_eq!(send(done).await, OutcomeState::Recorded);
    assert_eq!(texts(&at, id).await, ["1", "2", "3"]);
}

fn one_of_each(executable_id: i64) -> Vec<Record> {
    let text = str::to_owned;
    vec![
        event("x"),
        Record::Executable(Executable {
            executable_id,
            name: text("Load"),
            guid: text("{1}"),
            package_name: text("Load.dtsx"),
            package_path: text("\\Package"),
        }),
        Record::ExecutableStatistics(ExecutableStatistics {
            executable_id,
            execution_path: text("\\Package"),
            start_time: Timestamp(1),
            end_time: Timestamp(2001),
            duration_ms: 2,
            result: ExecutionResult::Success,
            value: None,
        }),
        Record::ComponentPhase(ComponentPhase {
            package_name: text("Load.dtsx"),
            task_name: text("Flow"),
            subcomponent_name: text("Source"),
            phase: text("PrimeOutput"),
            start_time: Timestamp(1),
            end_time: Timestamp(2),
            execution_path: text("\\Package\\Flow"),
        }),
        Record::DataStatistics(DataStatistics {
            package_name: text("Load.dtsx"),
            task_name: text("Flow"),
            path_id: text("Paths[1]"),
            path_name: text("Path"),
            source_component: text("Source"),
            destination_component: text("Destination"),
            rows_sent: 77,
            time: Timestamp(3),
            execution_path: text("\\Package\\Flow"),
        }),
    ]
}

pub(crate) async fn every_kind_of_record_has_its_table(at: Fixture) {
    let (id, worker, task) = running(&at).await;
    assert_eq!(append(&at, worker, batch(&task, 1, one_of_each(1))).await, Some(5));
    let counts = at
        .read(move |tx| {
            let mut counts = Vec::new();
            for sql in [
                "SELECT count(*) FROM operation_messages WHERE operation_id = ?1",
                "SELECT count(*) FROM executables WHERE execution_id = ?1",
                "SELECT execution_duration FROM executable_statistics WHERE execution_id = ?1",
                "SELECT count(*) FROM execution_component_phases WHERE execution_id = ?1",
                "SELECT rows_sent FROM execution_data_statistics WHERE execution_id = ?1",
            ] {
                counts.push(tx.scalar::<i64>(sql, &[id.into()])?);
            }
            Ok(counts)
        })
        .await;
    assert_eq!(counts, [Some(1), Some(1), Some(2), Some(1), Some(77)]);
}

pub(crate) async fn counters_are_the_latest_and_go_with_their_attempt(at: Fixture) {
    let (id, worker, task) = running(&at).await;
    let said = |rows_read| {
        Record::PerformanceCounters(PerformanceCounters { rows_read, ..Default::default() })
    };
    append(&at, worker, batch(&task, 1, vec![said(5), event("x"), said(7)])).await;
    append(&at, worker, batch(&task, 4, vec![said(9)])).await;
    let counters = || {
        at.read(move |tx| {
            let sql = "SELECT count(*), max(counter_value) FROM execution_counters
                       WHERE execution_id = ?1 AND counter_value IN (0, 9)";
            let row = tx.query_opt(sql, &[id.into()])?;
            row.map(|row| Ok((row.get::<i64>(0)?, row.get::<Option<i64>>(1)?))).transpose()
        })
    };
    assert_eq!(counters().await, Some((12, Some(9))));
    let done = outcome(&task, Outcome::Succeeded, vec![event("done")]);
    let done = scaleout::message::AttemptOutcome { last_sequence: 4, tail: None, ..done };
    let state = at
        .write(move |tx| {
            let now = tx.now();
            report(tx, worker, &done, now)
        })
        .await;
    assert_eq!(state, OutcomeState::Recorded);
    assert_eq!(counters().await, Some((0, None)));
}

pub(crate) async fn another_worker_cannot_append(at: Fixture) {
    let (id, _, task) = running(&at).await;
    at.worker(2).await;
    assert_eq!(append(&at, agent(2), batch(&task, 1, vec![event("1")])).await, None);
    assert!(texts(&at, id).await.is_empty());
}

pub(crate) async fn a_second_attempt_keeps_its_executables_apart(at: Fixture) {
    let (id, worker, first) = running(&at).await;
    append(&at, worker, batch(&first, 1, one_of_each(1))).await;
    let failed = outcome(&first, Outcome::Failed, one_of_each(1));
    at.write(move |tx| {
        let now = tx.now();
        report(tx, worker, &failed, now)
    })
    .await;
    let second = at.claim(worker, 1, 2).await.remove(0);
    append(&at, worker, batch(&second, 1, one_of_each(1))).await;
    let sql = "SELECT count(*) FROM executables e JOIN executable_statistics s
               ON s.execution_id = e.execution_id AND s.executable_id = e.executable_id
               WHERE e.execution_id = ?1";
    let joined = at.read(move |tx| tx.scalar::<i64>(sql, &[id.into()])).await;
    assert_eq!(joined, Some(2), "each run is joined to the executable of its attempt");
}
