//! Waits until those whom an exchange concerns have taken note of it.

use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail};
use catalog::scale_out::certificate_of;
use catalog::{Caller, Catalog, reads};
use master::api::MasterInfo;
use model::{AgentId, Timestamp};
use scaleout::policy;
use tokio::time::{Instant, sleep};
use transport::{Client, ClientError, Thumbprint};

use super::place::Place;
use crate::data_dir::{self, DataDir};

/// How long workers may take to hear of a certificate: some of their heartbeats.
const TOLD_WITHIN: Duration = Duration::from_secs(60);

/// How long a process may take to show what was put in place: it looks every second.
const SHOWN_WITHIN: Duration = Duration::from_secs(30);

/// How often to look.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// How long a master may take to answer.
const DEADLINE: Duration = Duration::from_secs(10);

/// Waits until every worker that is online has been told of the master's next certificate: an
/// answer to a heartbeat that is later than the certificate has told it.
pub(super) async fn told_to_workers(catalog: &Catalog, next: Thumbprint) -> Result<()> {
    let deadline = Instant::now() + TOLD_WITHIN;
    loop {
        let left = untold(catalog, next).await?;
        if left.is_empty() {
            return Ok(());
        }
        if deadline <= Instant::now() {
            let names: Vec<String> = left.iter().map(ToString::to_string).collect();
            bail!(
                "these workers have not heard of the next certificate yet: {}; try again, or go \
                 on without them with --now (they find no master that shows it until they are told \
                 by another one, or in MasterHttpsCertThumbprint)",
                names.join(", ")
            );
        }
        sleep(LOOK_EVERY).await;
    }
}

async fn untold(catalog: &Catalog, next: Thumbprint) -> Result<Vec<AgentId>> {
    let name = next.to_string();
    let read = catalog.read(move |tx| {
        let added = certificate_of(tx, &name)?.map(|certificate| certificate.added);
        let caller = Caller::admin(data_dir::user_name());
        Ok((added, reads::workers(tx, &caller)?, tx.now()))
    });
    let (added, workers, now) = read.await?;
    let added: Timestamp =
        added.context("SSISDB does not trust the next certificate: packhorse cert renew")?;
    let online = workers
        .into_iter()
        .filter(|worker| now.ms_since(worker.last_online) <= policy::OFFLINE_AFTER_MS);
    Ok(online.filter(|worker| worker.last_online <= added).map(|worker| worker.id).collect())
}

/// How long files must be in place before whoever follows them, and cannot be asked, has seen
/// them.
const SETTLED_AFTER: Duration = Duration::from_secs(3);

/// Waits until the running process shows the certificate. False when none runs.
pub(super) async fn shown(
    dir: &DataDir,
    place: &Place,
    catalog: Option<&Catalog>,
    present: Thumbprint,
) -> Result<bool> {
    let deadline = Instant::now() + SHOWN_WITHIN;
    loop {
        let state = match (place.agent, catalog) {
            (Some(agent), Some(catalog)) => worker_shows(catalog, agent, present).await?,
            (None, _) if place.name == "master" => master_shows(dir, present).await?,
            // Commands, or a worker whose SSISDB is elsewhere: they look for themselves.
            (Some(_) | None, _) if is_settled(place) => Shows::Nothing,
            (Some(_) | None, _) => Shows::Another,
        };
        match state {
            Shows::Present => return Ok(true),
            Shows::Nothing => return Ok(false),
            Shows::Another if deadline <= Instant::now() => bail!(
                "the {} still shows the certificate before; see its log for the reason",
                place.name
            ),
            Shows::Another => sleep(LOOK_EVERY).await,
        }
    }
}

fn is_settled(place: &Place) -> bool {
    let changed = |extension| fs_err::metadata(place.file("", extension)).ok()?.modified().ok();
    let settled = |time: SystemTime| time.elapsed().is_ok_and(|age| SETTLED_AFTER <= age);
    ["crt", "key"].into_iter().filter_map(changed).all(settled)
}

enum Shows {
    Present,
    Another,
    /// Nothing that could be asked runs.
    Nothing,
}

async fn worker_shows(catalog: &Catalog, agent: AgentId, present: Thumbprint) -> Result<Shows> {
    let read = catalog.read(move |tx| {
        let caller = Caller::admin(data_dir::user_name());
        Ok((reads::worker(tx, &caller, agent)?, tx.now()))
    });
    let (worker, now) = read.await?;
    let Some(worker) = worker else { return Ok(Shows::Nothing) };
    let shown = worker.thumbprint.and_then(|shown| shown.parse::<Thumbprint>().ok());
    Ok(match shown {
        Some(shown) if shown == present => Shows::Present,
        _ if now.ms_since(worker.last_online) <= policy::OFFLINE_AFTER_MS => Shows::Another,
        _ => Shows::Nothing,
    })
}

async fn master_shows(dir: &DataDir, present: Thumbprint) -> Result<Shows> {
    let Some(endpoint) = dir.endpoint() else { return Ok(Shows::Nothing) };
    let client = Client::new(vec![endpoint], dir.identity("admin", &[])?, vec![present])?;
    let answer: Result<MasterInfo, _> = client.get_json("/api/master", DEADLINE).await;
    Ok(match answer {
        Ok(_) | Err(ClientError::Refused { .. }) => Shows::Present,
        Err(ClientError::Untrusted { .. }) => Shows::Another,
        // The file with its address is left over from one that has ended.
        Err(ClientError::Unreachable { .. }) => Shows::Nothing,
        Err(error) => return Err(error).context("cannot ask the master"),
    })
}
