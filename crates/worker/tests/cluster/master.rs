//! A master for tests: real HTTPS and the real rules (`scaleout`), rows in memory, and bad
//! manners on request.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::HeaderValue;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use model::record::Record;
use model::{AgentId, Attempt, ExecutionId, TaskId, Timestamp};
use scaleout::message::{
    AgentHeartbeatReply, AppendMessages, Assignment, Claim, Claimed, Committed, LeaseState,
    Masters, MessageBatch, MessagesAppended, OutcomeState, PROTOCOL_HEADER, Register, Registered,
    Renew, Renewed, Report, Reported,
};
use scaleout::sequence::{Join, join};
use scaleout::{
    Allowed, Asking, Decision, Event, Phase, Snapshot, Task, Worker, plan, plan_registration,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::{Notify, oneshot};
use transport::{Identity, ListenOptions, Listener, Thumbprint, server_config};
use uuid::Uuid;

/// SHA-256 of `PROJECT`.
pub(crate) const PROJECT_HASH: &str =
    "096cfebd88ebd1e726a541e24f7038acc52337ab6f4012d8bd9187c7f1a4bd31";

/// A project file, as far as a worker cares.
pub(crate) const PROJECT: &[u8] = b"bytes of an .ispac";

/// What the master does wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Manners {
    /// Nothing.
    #[default]
    Good,
    /// It answers nothing but 503.
    Gone,
    /// The next claim that wins a task is never answered.
    LosesAGrant,
    /// Projects arrive with other bytes.
    SpoilsProjects,
    /// It speaks a version of the protocol that is too old.
    Old,
}

/// A row of the catalog.
pub(crate) struct Row {
    pub(crate) task: Task,
    package: String,
    pub(crate) log: BTreeMap<Attempt, Vec<Record>>,
    pub(crate) ends: Vec<(String, u64)>,
    pub(crate) process_id: Option<u32>,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) rows: BTreeMap<TaskId, Row>,
    order: Vec<TaskId>,
    workers: Vec<Worker>,
    pub(crate) manners: Manners,
    pub(crate) requests: BTreeMap<String, usize>,
    pub(crate) progress: usize,
    /// Which masters workers are told to trust.
    pub(crate) masters: Masters,
}

pub(crate) struct Master {
    pub(crate) endpoint: String,
    pub(crate) thumbprint: Thumbprint,
    state: Arc<Mutex<State>>,
    changed: Arc<Notify>,
    stop: Option<oneshot::Sender<()>>,
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    Timestamp(since.as_micros().try_into().unwrap())
}

impl Master {
    pub(crate) async fn start(identity: &Identity) -> Self {
        let address = "127.0.0.1:0".parse().unwrap();
        let config = server_config(identity).unwrap();
        let options =
            ListenOptions { drain_timeout: Duration::from_millis(10), ..ListenOptions::default() };
        let listener = Listener::bind(address, config, options).await.unwrap();
        let endpoint = format!("https://{}", listener.local_addr());
        let (stop, stopped) = oneshot::channel::<()>();
        let state = Arc::new(Mutex::new(State::default()));
        let changed = Arc::new(Notify::new());
        let served = (Arc::clone(&state), Arc::clone(&changed));
        let service = service_fn(move |request| {
            let (state, changed) = served.clone();
            async move { Ok::<_, Infallible>(serve(request, &state, &changed).await) }
        });
        tokio::spawn(listener.serve(service, async move {
            drop(stopped.await);
        }));
        Self { endpoint, thumbprint: identity.thumbprint(), state, changed, stop: Some(stop) }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(crate) fn set(&self, manners: Manners) {
        self.state().manners = manners;
    }

    /// Starts an execution of `package`.
    pub(crate) fn execute(&self, package: &str, retry_count: u32) -> TaskId {
        let mut state = self.state();
        let n = state.order.len() as i64 + 1;
        let id = TaskId(Uuid::new_v4());
        let task = Task::new(id, ExecutionId(n), retry_count, Allowed::AnyWorker);
        let row = Row {
            task,
            package: package.to_owned(),
            log: BTreeMap::new(),
            ends: Vec::new(),
            process_id: None,
        };
        state.rows.insert(id, row);
        state.order.push(id);
        drop(state);
        self.changed.notify_waiters();
        id
    }

    pub(crate) fn stop_operation(&self, task: TaskId) {
        let mut state = self.state();
        let row = state.rows.get_mut(&task).unwrap();
        row.task.apply(&Event::StopRequested, row.task.fence, now()).unwrap();
        drop(state);
        self.changed.notify_waiters();
    }

    /// Waits until `look` is satisfied with a task's row.
    pub(crate) async fn wait<T>(
        &self,
        what: &str,
        task: TaskId,
        look: impl Fn(&Row) -> Option<T>,
    ) -> T {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let seen = {
                let state = self.state();
                let row = &state.rows[&task];
                if let Some(found) = look(row) {
                    return found;
                }
                format!("{:?} {:?}", row.task, row.ends)
            };
            assert!(Instant::now() < deadline, "waited for {what}; last seen: {seen}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub(crate) async fn wait_for_end(&self, task: TaskId) -> scaleout::Ending {
        self.wait("its end", task, |row| match row.task.phase {
            Phase::Done(ending) => Some(ending),
            Phase::Waiting { .. } | Phase::Running(_) => None,
        })
        .await
    }

    /// Waits until the task runs and has said something.
    pub(crate) async fn wait_until_it_talks(&self, task: TaskId) {
        self.wait("its first messages", task, |row| {
            let talks = row.log.get(&row.task.attempt).is_some_and(|log| 2 <= log.len());
            (talks && matches!(row.task.phase, Phase::Running(_))).then_some(())
        })
        .await;
    }

    /// The texts of what an attempt said.
    pub(crate) fn texts(&self, task: TaskId, attempt: u32) -> Vec<String> {
        let state = self.state();
        let log = state.rows[&task].log.get(&Attempt(attempt));
        let text = |record: &Record| {
            let Record::EventMessage(event) = record else { panic!("{record:?}") };
            event.message.clone()
        };
        log.map(|log| log.iter().map(text).collect()).unwrap_or_default()
    }
}

impl Drop for Master {
    fn drop(&mut self) {
        drop(self.stop.take());
    }
}

type Answer = Response<Full<Bytes>>;

async fn serve(request: Request<Incoming>, state: &Mutex<State>, changed: &Notify) -> Answer {
    let mut response = answer_to(request, state, changed).await;
    let is_old = state.lock().unwrap().manners == Manners::Old;
    let version = HeaderValue::from_static(if is_old { "0" } else { "1" });
    response.headers_mut().insert(PROTOCOL_HEADER, version);
    response
}

async fn answer_to(request: Request<Incoming>, state: &Mutex<State>, changed: &Notify) -> Answer {
    let path = request.uri().path().to_owned();
    let name = path.trim_start_matches("/ClusterManagement/").to_owned();
    let protocol = request.headers().get(PROTOCOL_HEADER).cloned();
    assert_eq!(protocol.unwrap(), "1");
    let Ok(body) = request.into_body().collect().await else {
        return answer(StatusCode::BAD_REQUEST, b"{}".as_slice());
    };
    let body = body.to_bytes();
    let manners = {
        let mut state = state.lock().unwrap();
        *state.requests.entry(name.clone()).or_default() += 1;
        state.manners
    };
    if manners == Manners::Gone {
        return answer(StatusCode::SERVICE_UNAVAILABLE, b"{}".as_slice());
    }
    match name.as_str() {
        "register" => json(&state.lock().unwrap().register(&read(&body))),
        "heartbeat" => json(&AgentHeartbeatReply {
            known: true,
            enabled: true,
            masters: state.lock().unwrap().masters.clone(),
        }),
        "claim" => claim(&read(&body), state, changed).await,
        "renew" => json(&state.lock().unwrap().renew(&read(&body))),
        "messages" => json(&state.lock().unwrap().messages(&read(&body))),
        "report" => {
            let reported = json(&state.lock().unwrap().report(read(&body)));
            changed.notify_waiters();
            reported
        }
        _ if manners == Manners::SpoilsProjects => answer(StatusCode::OK, b"spoilt".as_slice()),
        _ => answer(StatusCode::OK, PROJECT),
    }
}

fn read<T: DeserializeOwned>(body: &Bytes) -> T {
    serde_json::from_slice(body).unwrap()
}

fn json<T: Serialize>(value: &T) -> Answer {
    answer(StatusCode::OK, serde_json::to_vec(value).unwrap())
}

fn answer(status: StatusCode, body: impl Into<Bytes>) -> Answer {
    Response::builder().status(status).body(Full::new(body.into())).unwrap()
}

async fn claim(claim: &Claim, state: &Mutex<State>, changed: &Notify) -> Answer {
    let arrived = tokio::time::Instant::now();
    let deadline = arrived + Duration::from_millis(claim.wait_ms);
    loop {
        let woken = changed.notified();
        let held_ms = arrived.elapsed().as_millis().try_into().unwrap();
        let (claimed, manners) = {
            let mut state = state.lock().unwrap();
            (Claimed { held_ms, ..state.claim(claim) }, state.manners)
        };
        if !claimed.tasks.is_empty() && manners == Manners::LosesAGrant {
            state.lock().unwrap().manners = Manners::Good;
            return answer(StatusCode::INTERNAL_SERVER_ERROR, b"{}".as_slice());
        }
        if !claimed.tasks.is_empty() || !claimed.stop.is_empty() {
            return json(&claimed);
        }
        // Leases run out without a notification.
        let tick = Duration::from_millis(100);
        if tokio::time::timeout(tick, woken).await.is_err()
            && deadline <= tokio::time::Instant::now()
        {
            return json(&claimed);
        }
    }
}

impl State {
    fn register(&mut self, register: &Register) -> Registered {
        if !self.workers.iter().any(|worker| worker.agent == register.agent) {
            let agent = register.agent;
            let worker = Worker { agent, enabled: true, last_online: now(), asking: None };
            self.workers.push(worker);
        }
        let leased: Vec<Task> = self.rows.values().map(|row| row.task.clone()).collect();
        for decision in plan_registration(&leased, register).decisions {
            self.carry_out(&decision);
        }
        Registered { enabled: true, lease_ms: register.lease_ms, masters: self.masters.clone() }
    }

    fn carry_out(&mut self, decision: &Decision) -> Option<Assignment> {
        let row = self.rows.get_mut(&decision.task())?;
        let effects = row.task.apply(&decision.event(), decision.fence(), now()).ok()?;
        if let Some((_, end)) = effects.attempt_ended {
            row.ends.push((end.name().to_owned(), 0));
        }
        let attempt = effects.attempt_started?.attempt;
        let Decision::Grant { lease_ms, .. } = *decision else { return None };
        Some(Assignment {
            task: row.task.id,
            execution: row.task.execution,
            attempt,
            fence: row.task.fence,
            lease_ms,
            folder: "F".to_owned(),
            project: "P".to_owned(),
            package: row.package.clone(),
            project_hash: PROJECT_HASH.to_owned(),
            parameters: Vec::new(),
            property_overrides: Vec::new(),
            logging_level: 1,
            customized_level: None,
            data_taps: Vec::new(),
            validation: None,
            caller: "tester".to_owned(),
        })
    }

    fn claim(&mut self, claim: &Claim) -> Claimed {
        let asking = Asking {
            tasks_max: claim.tasks_max,
            lease_ms: claim.lease_ms,
            number: claim.number,
            held: claim.running.iter().chain(&claim.also_held).copied().collect(),
        };
        let tasks = || self.order.iter().map(|id| &self.rows[id].task);
        let mine = |agent: AgentId| (agent == claim.agent).then(|| asking.clone());
        let snapshot = Snapshot {
            waiting: tasks()
                .filter(|task| matches!(task.phase, Phase::Waiting { .. }))
                .cloned()
                .collect(),
            leased: tasks()
                .filter(|task| matches!(task.phase, Phase::Running(_)))
                .cloned()
                .collect(),
            workers: self
                .workers
                .iter()
                .map(|worker| Worker { asking: mine(worker.agent), ..worker.clone() })
                .collect(),
        };
        let decisions = plan(&snapshot, now()).decisions;
        let tasks = decisions.iter().filter_map(|decision| self.carry_out(decision)).collect();
        let stop = claim.running.iter().map(|lease| lease.task);
        let stop = stop.filter(|task| self.rows[task].task.stop_requested).collect();
        Claimed { enabled: true, tasks, stop, held_ms: 0 }
    }

    fn renew(&mut self, renew: &Renew) -> Renewed {
        let event = Event::Renewed { agent: renew.agent, lease_ms: renew.lease_ms };
        let mut one = |lease: &scaleout::message::LeaseRef| {
            let row = self.rows.get_mut(&lease.task).unwrap();
            match row.task.apply(&event, lease.fence, now()) {
                Ok(_) => {
                    LeaseState::Held { lease_ms: renew.lease_ms, stop: row.task.stop_requested }
                }
                Err(_) => LeaseState::Lost,
            }
        };
        Renewed { leases: renew.leases.iter().map(&mut one).collect() }
    }

    fn messages(&mut self, append: &AppendMessages) -> MessagesAppended {
        self.progress += append.progress.len();
        MessagesAppended { committed: append.batches.iter().map(|b| self.append(b)).collect() }
    }

    fn append(&mut self, batch: &MessageBatch) -> Committed {
        let MessageBatch { task, attempt, first_sequence, records } = batch;
        let log = self.rows.get_mut(task).unwrap().log.entry(*attempt).or_default();
        if let Join::Skip(n) = join(log.len() as u64, *first_sequence, records.len()) {
            log.extend_from_slice(&records[n..]);
        }
        let last_sequence = Some(log.len() as u64);
        Committed { task: *task, attempt: *attempt, last_sequence }
    }

    fn report(&mut self, report: Report) -> Reported {
        let agent = report.agent;
        let outcomes = report.outcomes.into_iter().map(|outcome| {
            let lease = outcome.lease;
            if let Some(tail) = &outcome.tail {
                self.append(tail);
            }
            let row = self.rows.get_mut(&lease.task).unwrap();
            let last_sequence = row.log.get(&lease.attempt).map_or(0, Vec::len) as u64;
            if last_sequence < outcome.last_sequence {
                return OutcomeState::MessagesMissing { last_sequence };
            }
            let event = Event::Reported { agent, outcome: outcome.outcome };
            match row.task.apply(&event, lease.fence, now()) {
                Ok(effects) => {
                    let (_, end) = effects.attempt_ended.unwrap();
                    row.ends.push((end.to_string(), outcome.rows_written));
                    row.process_id = outcome.process_id;
                    OutcomeState::Recorded
                }
                Err(_) => OutcomeState::Stale,
            }
        });
        Reported { outcomes: outcomes.collect() }
    }
}
