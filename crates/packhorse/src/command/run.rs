//! `packhorse run`: projects on this machine, from nothing to a summary.
//!
//! Sets up the data directory where there is none, starts a master and workers as processes of
//! their own, deploys, executes every entry point in Scale Out on these workers, shows progress,
//! and stops what it started.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use master::api::{ExecutionsStarted, NewExecution};
use model::{AgentId, ExecutionId};
use package::ReadOptions;
use transport::Client;

use crate::cli::{RunArgs, Tds};
use crate::command::deploy::deploy;
use crate::data_dir::DataDir;
use crate::exec::job::parse_mappings;
use crate::one_box::{self, OneBox, Ports};
use crate::session::REQUEST_DEADLINE;
use crate::sources::{self, Source};
use crate::values::Typed;
use crate::{output, signals, watch};

/// Catalog folder of projects that `run` deploys.
const FOLDER: &str = "Packhorse";

/// Runs and sums up.
pub(crate) async fn run(dir: &DataDir, args: &RunArgs, json: bool) -> Result<ExitCode> {
    let options = ReadOptions::default();
    let sources: Vec<Source> =
        args.paths.iter().map(|path| sources::load(path, &options)).collect::<Result<_>>()?;
    let typed = Typed::parse(&args.values)?;
    let chosen = choose(&sources, &args.packages)?;
    let packages: Vec<_> =
        chosen.iter().map(|(source, package)| (&source.project, package.clone())).collect();
    typed.check(&packages)?;
    let mappings = parse_mappings(&args.paths_here.mappings)?;

    let tds = Tds { tds_port: args.tds_port, no_tds: args.tds_port.is_none() };
    let ports = Ports { master: Some(0), tds };
    let mut one_box = OneBox::start_at(dir, args.workers, &mappings, ports).await?;
    if let Some(server) = one_box.tds() {
        output::note(&format!("T-SQL clients connect to {server}"));
    }
    let order = Order {
        client: one_box.client().clone(),
        agents: one_box.agents().to_vec(),
        retry_count: args.retry_count,
        json,
    };
    let result = {
        let mut work = std::pin::pin!(order.execute(&sources, &chosen, &typed));
        loop {
            tokio::select! {
                result = &mut work => break result,
                restarted = one_box.keep_running() => match restarted {
                    Ok(note) => output::note(&note),
                    Err(error) => break Err(error),
                },
            }
        }
    };
    one_box.stop().await;
    result
}

/// The packages to execute: those that were named, else every entry point.
fn choose<'a>(sources: &'a [Source], names: &[String]) -> Result<Vec<(&'a Source, String)>> {
    if names.is_empty() {
        let all: Vec<_> = sources
            .iter()
            .flat_map(|source| source.entry_points().into_iter().map(move |name| (source, name)))
            .collect();
        if all.is_empty() {
            bail!(
                "there is no package to run: no package is an entry point; name one by --package"
            );
        }
        return Ok(all);
    }
    let mut chosen = Vec::new();
    for name in names {
        let found = sources.iter().find_map(|source| {
            source.project.package(name).map(|package| (source, package.file_name.clone()))
        });
        let known = || {
            let all = sources.iter().flat_map(|source| &source.project.packages);
            let names: Vec<&str> = all.map(|package| package.file_name.as_str()).collect();
            format!("there is no package `{name}`; there are {}", names.join(", "))
        };
        chosen.push(found.with_context(known)?);
    }
    Ok(chosen)
}

/// What to do once master and workers run.
struct Order {
    client: Client,
    agents: Vec<AgentId>,
    retry_count: u32,
    json: bool,
}

impl Order {
    async fn execute(
        &self,
        sources: &[Source],
        chosen: &[(&Source, String)],
        typed: &Typed,
    ) -> Result<ExitCode> {
        let mut names: Vec<String> = Vec::new();
        for source in sources {
            let name = unique(&source.project.name, &names);
            deploy(&self.client, FOLDER, &name, source).await?;
            names.push(name);
        }
        let mut request = Vec::new();
        for (source, package) in chosen {
            let index = sources.iter().position(|one| std::ptr::eq(one, *source)).unwrap_or(0);
            let mut execution = NewExecution {
                folder: FOLDER.to_owned(),
                project: names[index].clone(),
                package: package.clone(),
                workers: self.agents.clone(),
                retry_count: self.retry_count,
                idempotency_key: Some(uuid::Uuid::new_v4().to_string()),
                ..NewExecution::default()
            };
            typed.apply(&mut execution, Some(&source.project));
            request.push(execution);
        }
        let started: ExecutionsStarted =
            self.client.post_json("/api/executions", &request, REQUEST_DEADLINE).await?;
        self.watch_or_stop(&started.executions).await
    }

    /// Waits for the end; on Ctrl-C stops the executions and waits for that.
    async fn watch_or_stop(&self, executions: &[ExecutionId]) -> Result<ExitCode> {
        let ended = tokio::select! {
            ended = watch::until_ended(&self.client, executions, self.json) => ended?,
            stop = signals::stop() => {
                stop?;
                output::note("stopping; press Ctrl-C again to stop at once");
                one_box::stop_executions(&self.client, executions).await;
                tokio::select! {
                    ended = watch::until_ended(&self.client, executions, self.json) => ended?,
                    again = signals::stop() => {
                        again?;
                        bail!("stopped before the packages had ended");
                    }
                }
            }
        };
        watch::summary(&ended, self.json)
    }
}

/// Two projects of one run may have one name; the second gets a number.
fn unique(name: &str, taken: &[String]) -> String {
    let is_taken = |name: &str| taken.iter().any(|one| one.eq_ignore_ascii_case(name));
    let numbered = (2..).map(|number| format!("{name} {number}"));
    std::iter::once(name.to_owned())
        .chain(numbered)
        .find(|name| !is_taken(name))
        .unwrap_or_else(|| name.to_owned())
}
