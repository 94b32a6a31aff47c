//! Checks of the way to a master, as a worker or a stranger goes it.

use std::io;
use std::time::Duration;

use master::api::MasterInfo;
use model::AgentId;
use scaleout::message::{AgentHeartbeat, AgentHeartbeatReply, PROTOCOL_HEADER, PROTOCOL_VERSION};
use transport::{Client, ClientError, Identity, Thumbprint};

use super::fault::{
    BAD_SETTINGS, NO_ANSWER, NO_SUCH_HOST, NO_TLS, NOBODY_LISTENS, OTHER_CERTIFICATE, REFUSED,
    UNTRUSTED_WORKER,
};
use super::{Report, chain};

/// How long one master may take.
const DEADLINE: Duration = Duration::from_secs(8);

/// Who knocks.
#[derive(Clone, Copy)]
pub(crate) enum Who {
    /// A worker, which asks what only it may ask.
    Worker(AgentId),
    /// Anybody: a refusal in a master's words is all that is expected.
    Stranger,
}

/// Looks at one endpoint.
pub(crate) async fn endpoint(
    url: &str,
    identity: &Identity,
    pins: &[Thumbprint],
    who: Who,
    report: &mut Report,
) {
    report.check(format!("the way to {url}"));
    let client = match Client::new(vec![url.to_owned()], identity.clone(), pins.to_vec()) {
        Ok(client) => client.with_header(PROTOCOL_HEADER, &PROTOCOL_VERSION.to_string()),
        Err(error) => {
            report.find(BAD_SETTINGS, chain(&error), "correct the endpoint: https://host:port");
            return;
        }
    };
    let error = match who {
        Who::Worker(agent) => {
            let request = AgentHeartbeat { agent, sender: None };
            let path = "/ClusterManagement/heartbeat";
            client.post_json::<_, AgentHeartbeatReply>(path, &request, DEADLINE).await.err()
        }
        Who::Stranger => client.get_json::<MasterInfo>("/api/master", DEADLINE).await.err(),
    };
    if let Some(error) = error {
        judge(url, &error, identity, who, report);
    }
}

fn judge(url: &str, error: &ClientError, identity: &Identity, who: Who, report: &mut Report) {
    let said = chain(error);
    if let ClientError::Unreachable { source, .. } = error {
        unreachable(url, source, said, report);
    } else if matches!(error, ClientError::Handshake { .. } | ClientError::Lost { .. }) {
        report.find(NO_TLS, said, "correct the port of MasterEndpoint or PortNumber");
    } else if matches!(error, ClientError::Deadline { .. }) {
        report.find(NO_ANSWER, said, "open the port in the firewalls on the way");
    } else if let ClientError::Untrusted { presented, .. } = error {
        let fix = format!(
            "if `packhorse cert show` there prints it, trust {presented} \
             (MasterHttpsCertThumbprint)"
        );
        report.find(OTHER_CERTIFICATE, said, &fix);
    } else if let ClientError::Refused { error: kind, .. } = error {
        refused(kind, said, identity, who, report);
    } else {
        report.find(REFUSED, said, "see the evidence");
    }
}

fn unreachable(url: &str, source: &io::Error, said: String, report: &mut Report) {
    if source.kind() == io::ErrorKind::ConnectionRefused {
        report.find(NOBODY_LISTENS, said, "start the master there, or correct the port");
    } else if said.contains("lookup") || source.kind() == io::ErrorKind::NotFound {
        report.find(NO_SUCH_HOST, said, &format!("correct the host in {url}, or the name service"));
    } else {
        report.find(NO_ANSWER, said, "open the port in the firewalls on the way");
    }
}

fn refused(kind: &str, said: String, identity: &Identity, who: Who, report: &mut Report) {
    let Who::Worker(agent) = who else {
        // A master that knows nobody here has been reached, which is what was asked.
        let expected = ["unknown_certificate", "not_an_administrator", "no_certificate"];
        if !expected.contains(&kind) {
            report.find(REFUSED, said, "see the evidence");
        }
        return;
    };
    if ["unknown_certificate", "wrong_agent", "not_a_worker"].contains(&kind) {
        let thumbprint = identity.thumbprint();
        let fix =
            format!("at a master: packhorse workers approve {agent} --thumbprint {thumbprint}");
        report.find(UNTRUSTED_WORKER, said, &fix);
    } else {
        report.find(REFUSED, said, "see the evidence");
    }
}
