//! Makes the worker known to the masters, and keeps saying that it lives.

use std::time::Duration;

use scaleout::message::{AgentHeartbeat, AgentHeartbeatReply, Register, Registered, Sender};
use tokio::time::sleep;
use transport::ClientError;

use crate::machine;
use crate::pause::Pause;
use crate::shared::Shared;

/// How long a request may take.
const DEADLINE: Duration = Duration::from_secs(10);

/// Registers, says every `AgentHeartbeatInterval` that the worker lives, and registers again when
/// a master does not know it. Never returns.
pub(crate) async fn register_loop(shared: &Shared) {
    let mut registered = shared.registered.subscribe();
    loop {
        let shown = shared.credentials.thumbprint();
        register_until_known(shared).await;
        tokio::select! {
            () = heartbeat_while_known(shared) => {}
            // The catalog keeps which certificate the worker shows.
            () = shared.credentials.changed_from(shown) => continue,
            // Another loop learnt that no master knows the worker.
            _ = registered.wait_for(|known| !*known) => {}
        }
        shared.registered.send_replace(false);
    }
}

async fn register_until_known(shared: &Shared) {
    let mut pause = Pause::new("the worker cannot register");
    loop {
        match register(shared).await {
            Ok(registered) => {
                pause.reset();
                let enabled = registered.enabled;
                shared.masters.learn(&registered.masters);
                tracing::info!(agent = %shared.agent, enabled, "registered with a master");
                if !enabled {
                    tracing::info!(
                        "the worker gets no tasks until it is enabled: \
                         packhorse workers enable {}",
                        shared.agent
                    );
                }
                shared.registered.send_replace(true);
                return;
            }
            Err(error) => pause.after(&error).await,
        }
    }
}

async fn register(shared: &Shared) -> Result<Registered, ClientError> {
    let settings = &shared.settings;
    let machine_name = machine::name();
    let (number, running) = shared.holder().registration();
    let display_name = if settings.display_name.is_empty() {
        machine_name.clone()
    } else {
        settings.display_name.clone()
    };
    let request = Register {
        agent: shared.agent,
        display_name,
        description: settings.description.clone(),
        machine_name,
        user_account: machine::user(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        running,
        number,
        sender: Some(sender(shared)),
        lease_ms: u64::try_from(settings.lease_interval.as_millis()).unwrap_or(u64::MAX),
    };
    shared.client.post_json("/ClusterManagement/register", &request, DEADLINE).await
}

fn sender(shared: &Shared) -> Sender {
    Sender {
        instance: shared.instance.to_string(),
        place: format!("{}:{}", machine::name(), shared.data_folder().display()),
        clock_us: crate::task_log::now().0,
    }
}

/// Returns when a master says that it does not know the worker.
async fn heartbeat_while_known(shared: &Shared) {
    let mut pause = Pause::new("masters do not hear that the worker lives");
    loop {
        sleep(shared.settings.agent_heartbeat_interval).await;
        let request = AgentHeartbeat { agent: shared.agent, sender: Some(sender(shared)) };
        let answer = shared.client.post_json("/ClusterManagement/heartbeat", &request, DEADLINE);
        match answer.await {
            Ok(AgentHeartbeatReply { known: true, masters, .. }) => {
                shared.masters.learn(&masters);
                pause.reset();
            }
            Ok(AgentHeartbeatReply { known: false, .. }) => return,
            Err(error) => pause.after(&error).await,
        }
    }
}
