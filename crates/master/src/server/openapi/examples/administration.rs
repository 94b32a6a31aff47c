//! Examples of what administrators ask and are told of workers.

use std::collections::BTreeMap;

use model::OperationStatus;

use super::{AGENT, Examples, TASK, TIME, add, text};
use crate::api;

pub(super) fn bodies(all: &mut Examples) {
    let reason = api::WorkerReason {
        worker_agent_id: AGENT,
        name: text("worker 1 on host"),
        reason: text("is disabled"),
    };
    let explanation = api::Explanation {
        execution_id: model::ExecutionId(1),
        status: OperationStatus::Pending,
        task_id: Some(TASK),
        sentence: text("no worker can run it: worker 1 on host is disabled"),
        workers: vec![reason.clone()],
    };
    let waiting = api::WaitingWorker {
        worker_agent_id: AGENT,
        thumbprint: text("00FF"),
        display_name: text("worker 1"),
        machine_name: text("host"),
        last_asked_time: TIME,
    };
    let created = api::JoinCreated {
        token: text("00ff"),
        worker_agent_id: AGENT,
        valid_ms: 1,
        master_thumbprints: vec![text("00FF")],
        master_endpoint: text("https://host:8391"),
    };
    let joined = api::Joined {
        worker_agent_id: AGENT,
        master_thumbprints: vec![text("00FF")],
        master_endpoints: vec![text("https://host:8391")],
    };
    let change = api::ChangeWorker {
        display_name: Some(text("one")),
        description: Some(text("on the left")),
        tags: Some(text("fast")),
    };
    add(all, "Explanation", explanation);
    add(all, "WorkerReason", reason);
    add(all, "WaitingWorkers", api::WaitingWorkers { workers: vec![waiting.clone()] });
    add(all, "WaitingWorker", waiting);
    add(all, "NewJoin", api::NewJoin { worker_agent_id: Some(AGENT) });
    add(all, "JoinCreated", created);
    add(all, "Join", api::Join { token: text("00ff") });
    add(all, "Joined", joined);
    add(all, "ChangeWorker", change);
}

pub(super) fn masters(all: &mut Examples) {
    let master = api::MasterInfo {
        version: text("0.1.0"),
        thumbprint: text("00FF"),
        thumbprint_sha1: text("00FF"),
        port: 8391,
        properties: BTreeMap::from([(text("MACHINE_NAME"), text("host"))]),
        scaleout_enabled: true,
        waiting_claims: 1,
        protocol: 1,
        standing: text("serving"),
    };
    let row = api::MasterRow {
        machine_name: text("host"),
        port: 8391,
        address: text("https://host:8391"),
        version: text("0.1.0"),
        protocol: 1,
        schema: 8,
        standing: text("serving"),
        last_online_time: TIME,
        is_online: true,
    };
    add(all, "MasterList", api::MasterList { masters: vec![row.clone()] });
    add(all, "MasterRow", row);
    add(all, "MasterInfo", master);
}
