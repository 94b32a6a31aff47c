//! Checks of the way to a master, as a worker or a stranger goes it.

use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use master::api::MasterInfo;
use model::{AgentId, Timestamp};
use scaleout::message::{Inspected, PROTOCOL_HEADER, PROTOCOL_VERSION, understood};
use tokio::net::TcpStream;
use transport::{Client, ClientError, Identity, Thumbprint};

use super::fault::{
    BAD_SETTINGS, CLOCK_SKEW, Fault, LATE, NO_ANSWER, NO_DATABASE, NO_SUCH_HOST, NO_TLS,
    NOBODY_LISTENS, OTHER_CERTIFICATE, PROTOCOL, REFUSED, UNTRUSTED_WORKER, VERSION_MIX,
};
use super::packages::{self, Needs};
use super::ssisdb::SKEW_MAX_MS;
use super::{Fix, Report, chain, code, topology};

/// How long one master may take.
const DEADLINE: Duration = Duration::from_secs(8);

/// How long it may take to be let in at a port: a packet that was lost is sent again after one
/// second, and after two more.
const CONNECT_DEADLINE: Duration = Duration::from_secs(4);

/// The way to a master: from whom, and what is expected at its end.
pub(crate) struct Way<'a> {
    /// `https://host:port`
    pub(crate) url: &'a str,
    /// Who goes it.
    pub(crate) identity: &'a Identity,
    /// The certificates that the master may show.
    pub(crate) pins: &'a [Thumbprint],
    /// Where the address is written, for the fix.
    pub(crate) setting: String,
}

/// Goes the way as anybody can: that a master refuses in its own words is all that is expected.
pub(crate) async fn as_stranger(way: &Way<'_>, other_certificate: Fault, report: &mut Report) {
    let Some(client) = start(way, report) else { return };
    let Err(error) = client.get_json::<MasterInfo>("/api/master", DEADLINE).await else { return };
    if let ClientError::Refused { error: kind, .. } = &error {
        let expected = ["unknown_certificate", "not_an_administrator", "no_certificate"];
        if expected.contains(&kind.as_str()) {
            return;
        }
    }
    judge(way, &error, other_certificate, report).await;
}

/// What a worker meets at the end of its way.
pub(crate) enum Met {
    /// A master that serves it, and what deployed packages need, where that could be read.
    Master(Option<Needs>),
    /// A master that stands by, in its words.
    Standby(String),
    /// What has been reported.
    Fault,
}

/// No master that a worker knows serves it, and at least one stands by: as it says.
pub(crate) fn only_standbys(file: &std::path::Path, said: &str, report: &mut Report) {
    let fix = Fix::new(format!(
        "`packhorse masters` at a master says which one serves: add it to MasterEndpoint in `{}` \
         and restart the worker; if none serves, `packhorse doctor` there says why",
        file.display()
    ));
    report.find(REFUSED, said, fix);
}

/// Goes the way as a worker, which asks what only it may ask.
pub(crate) async fn as_worker(way: &Way<'_>, agent: AgentId, report: &mut Report) -> Met {
    let Some(client) = start(way, report) else { return Met::Fault };
    let sent = now();
    let path = format!("/ClusterManagement/inspect/{agent}");
    match client.get_json::<Inspected>(&path, DEADLINE).await {
        Ok(inspected) => {
            told(way, agent, (&inspected, sent), report);
            Met::Master(needs(&client, inspected).await)
        }
        Err(ClientError::Refused { error, .. })
            if ["unknown_certificate", "wrong_agent", "not_a_worker"].contains(&&*error) =>
        {
            let thumbprint = way.identity.thumbprint();
            let evidence = format!("{} does not trust {thumbprint} for {agent}: {error}", way.url);
            let fix = Fix::new("trust it, if this is the worker that it says it is")
                .at("a master")
                .run(format!("packhorse workers approve {agent} --thumbprint {thumbprint}"));
            report.find(UNTRUSTED_WORKER, evidence, fix);
            Met::Fault
        }
        // As it should where another master serves.
        Err(error @ ClientError::Refused { .. }) if is_refusal(&error, &["standby"]) => {
            Met::Standby(format!("{} answers: {}", way.url, chain(&error)))
        }
        Err(error) => {
            judge(way, &error, OTHER_CERTIFICATE, report).await;
            Met::Fault
        }
    }
}

fn start(way: &Way<'_>, report: &mut Report) -> Option<Client> {
    report.check(format!("the way to {}", way.url));
    match Client::new(vec![way.url.to_owned()], way.identity.clone(), way.pins.to_vec()) {
        Ok(client) => {
            let client = client.with_header(PROTOCOL_HEADER, &PROTOCOL_VERSION.to_string());
            Some(client.with_check(PROTOCOL_HEADER, understood))
        }
        Err(error) => {
            let fix = format!("correct {}: https://host:port", way.setting);
            report.find(BAD_SETTINGS, chain(&error), fix);
            None
        }
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// What a master says of the worker that asks.
fn told(
    way: &Way<'_>,
    agent: AgentId,
    (inspected, sent): (&Inspected, Timestamp),
    report: &mut Report,
) {
    report.check(format!("clocks of this machine and {}", way.url));
    let (theirs, received) = (Timestamp(inspected.clock_us), now());
    // The master read its clock between these two.
    let ahead_ms = sent.ms_since(theirs).max(theirs.ms_since(received));
    if SKEW_MAX_MS < ahead_ms {
        let skew_ms = received.ms_since(theirs);
        let evidence = format!("this machine's clock is {skew_ms} ms ahead of that of {}", way.url);
        report.find(CLOCK_SKEW, evidence, "run a time service (chrony) on both machines");
    }
    let own = env!("CARGO_PKG_VERSION");
    if inspected.version != own {
        let evidence = format!("this program is {own}, the master {}", inspected.version);
        let fix = "install the same version on all machines, and restart one after the other";
        report.find(VERSION_MIX, evidence, fix);
    }
    if !inspected.doubled.is_empty() {
        let places: Vec<&str> = inspected.doubled.iter().map(String::as_str).collect();
        topology::two_pass_for_one(&agent.to_string(), &places, report);
    }
}

/// Reads deployed projects, as a worker does that is to run them.
async fn needs(client: &Client, inspected: Inspected) -> Option<Needs> {
    let (projects, mut needs) = packages::first(inspected.projects);
    for project in projects {
        let path = format!("/ClusterManagement/projects/{}", project.project_hash);
        let mut bytes = Vec::new();
        client.download(&path, &mut bytes, DEADLINE).await.ok()?;
        needs.add(&project, &bytes);
    }
    Some(needs)
}

async fn judge(way: &Way<'_>, error: &ClientError, other_certificate: Fault, report: &mut Report) {
    let said = chain(error);
    if let ClientError::Unreachable { source, .. } = error {
        unreachable(way, source, said, report);
    } else if let Some(endpoint) = silent(error) {
        late(way, (endpoint, said), report).await;
    } else if matches!(error, ClientError::Handshake { .. } | ClientError::Lost { .. }) {
        let fix = format!("correct the port in {}, or PortNumber of the master", way.setting);
        report.find(NO_TLS, said, fix);
    } else if let ClientError::Untrusted { presented, .. } = error {
        let fix = format!(
            "if `packhorse cert show` there prints {presented}, add it to {}; if the master \
             shows an old certificate, restart it",
            way.setting
        );
        report.find(other_certificate, said, fix);
    } else if is_refusal(error, &["protocol_too_old"]) {
        report.find(PROTOCOL, said, "install the masters' version on this machine");
    } else if matches!(error, ClientError::Unfit { .. }) {
        report.find(PROTOCOL, said, "upgrade the master, or install its version on this machine");
    } else {
        report.find(REFUSED, said, "see the evidence");
    }
}

/// Where nobody answered in time; a process that hangs says nothing of TLS either.
fn silent(error: &ClientError) -> Option<&str> {
    if let ClientError::Deadline { endpoint, .. } = error {
        return Some(endpoint);
    }
    let ClientError::Handshake { endpoint, source } = error else { return None };
    (source.kind() == io::ErrorKind::TimedOut).then_some(endpoint)
}

fn is_refusal(error: &ClientError, kinds: &[&str]) -> bool {
    matches!(error, ClientError::Refused { error, .. } if kinds.contains(&error.as_str()))
}

/// No answer in time. Where the port takes connections, no firewall is to blame; and where SSISDB
/// is away, that has been said, and the master waits for it.
async fn late(way: &Way<'_>, (endpoint, said): (&str, String), report: &mut Report) {
    let port = endpoint.trim_start_matches("https://");
    let connected = tokio::time::timeout(CONNECT_DEADLINE, TcpStream::connect(port)).await;
    if !matches!(connected, Ok(Ok(_))) {
        report.find(NO_ANSWER, said, firewall(way));
    } else if !report.has(NO_DATABASE) {
        let fix = Fix::new("see what the master waits for: its log, and what doctor finds there")
            .at(host(way.url))
            .run("packhorse doctor");
        report.find(LATE, said, fix);
    }
}

fn firewall(way: &Way<'_>) -> String {
    format!("open the port of {} in the firewalls on the way, or start that machine", way.url)
}

fn unreachable(way: &Way<'_>, source: &io::Error, said: String, report: &mut Report) {
    let fault = code::of_connecting(source);
    if fault == NOBODY_LISTENS {
        let fix =
            Fix::new(format!("start the master there, or correct the port in {}", way.setting))
                .at(host(way.url))
                .run("packhorse master");
        report.find(fault, said, fix);
    } else if fault == NO_SUCH_HOST {
        let fix = format!("correct the host in {}, or the name service", way.setting);
        report.find(fault, said, fix);
    } else {
        report.find(fault, said, firewall(way));
    }
}

fn host(url: &str) -> &str {
    let rest = url.trim_start_matches("https://");
    rest.rsplit_once(':').map_or(rest, |(host, _)| host)
}
