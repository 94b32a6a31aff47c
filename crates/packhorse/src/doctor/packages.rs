//! Checks of what deployed packages need of a machine that runs them: Windows paths that are
//! mapped to folders, and drivers.

use std::collections::{BTreeMap, BTreeSet};

use catalog::{Caller, Catalog, CatalogError, Tx, reads};
use connect::path::{PathError, PathMap};
use package::{Project, ReadOptions};
use scaleout::child::PathMapping;
use scaleout::message::InspectedProject;

use super::fault::{NO_DRIVER, NOT_MAPPED};
use super::{Fix, Report};
use crate::data_dir::{DataDir, user_name};

/// How `runtime::check` begins what it says of a provider without a driver.
const PROVIDER: &str = "Provider ";

/// How many projects are looked at: doctor shall answer soon.
const PROJECTS_MAX: usize = 100;

/// What deployed packages need.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    /// Windows paths, each with the first package that names it.
    paths: BTreeMap<String, String>,
    /// Providers without a driver, each with the packages that name them.
    providers: BTreeMap<String, BTreeSet<String>>,
    /// How many projects were not looked at.
    left: usize,
}

impl Needs {
    /// Adds what a project's packages need.
    pub(crate) fn add(&mut self, of: &InspectedProject, ispac: &[u8]) {
        // What cannot be read here is another finding than this: `packhorse check` says it.
        let Ok((project, _)) = Project::from_ispac(ispac, &ReadOptions::default()) else { return };
        for package in &project.packages {
            let name = format!("{}/{}/{}", of.folder, of.project, package.file_name);
            for one in runtime::named_paths(&project, &package.package) {
                if !is_overridden(of, one.connection.as_deref()) {
                    self.paths.entry(one.path).or_insert_with(|| name.clone());
                }
            }
            for one in runtime::check(&project, &package.package) {
                if let Some(provider) = one.feature.strip_prefix(PROVIDER) {
                    let users = self.providers.entry(provider.to_owned()).or_default();
                    users.insert(name.clone());
                }
            }
        }
    }

    /// Compares the paths with what a worker maps.
    pub(crate) fn paths(&self, settings: &str, maps: &[PathMapping], report: &mut Report) {
        report.check(format!("paths of deployed packages against {settings}"));
        let map = PathMap::new(maps.iter().map(|map| (&map.from, &map.to)), "/");
        let mut unmapped: BTreeMap<String, (&str, &str)> = BTreeMap::new();
        for (path, package) in &self.paths {
            if let Err(PathError::Unmapped { folder, .. }) = map.resolve(path) {
                unmapped.entry(folder).or_insert((path, package));
            }
        }
        for (folder, (path, package)) in unmapped {
            let evidence = format!("{package} names `{path}`, and {settings} maps no such path");
            let fix = format!(
                "add it to PathMappings in {settings}, for example \
                 PathMappings = ['{folder}=/srv/data/'], and restart the worker"
            );
            report.find(NOT_MAPPED, evidence, fix);
        }
        for map in maps {
            let is_used = self.paths.keys().any(|path| begins_with(path, &map.from));
            if is_used && !std::path::Path::new(&map.to).is_dir() {
                let evidence =
                    format!("{settings} maps `{}` to `{}`, which is not there", map.from, map.to);
                let fix = Fix::new("make the folder, mount it, or correct PathMappings")
                    .run(format!("mkdir -p {}", super::quoted(&map.to)));
                report.find(NOT_MAPPED, evidence, fix);
            }
        }
    }

    /// Names providers without a driver.
    pub(crate) fn drivers(&self, report: &mut Report) {
        report.check("drivers that deployed packages need");
        for (provider, users) in &self.providers {
            let packages: Vec<&str> = users.iter().map(String::as_str).take(5).collect();
            let evidence =
                format!("{} of {} packages: {}", provider, users.len(), packages.join(", "));
            let fix = "SQL Server, PostgreSQL, SQLite and Excel have drivers: name a provider of \
                       these in the connection manager, where the data is there too, and deploy again; \
                       `packhorse check` says it before that";
            report.find(NO_DRIVER, evidence, fix);
        }
        if 0 < self.left {
            report.check(format!("({} further projects were not looked at)", self.left));
        }
    }
}

/// Whether the server has a connection string of its own for a connection manager. What it says
/// is known only when the package runs.
fn is_overridden(of: &InspectedProject, connection: Option<&str>) -> bool {
    let Some(connection) = connection else { return false };
    let name = format!("CM.{connection}.ConnectionString");
    of.overridden.iter().any(|one| one.eq_ignore_ascii_case(&name))
}

fn begins_with(path: &str, folder: &str) -> bool {
    let plain = |text: &str| text.replace('/', "\\").to_ascii_lowercase();
    plain(path).starts_with(plain(folder).trim_end_matches('\\'))
}

/// The projects to look at, of all that are deployed.
pub(crate) fn first(mut projects: Vec<InspectedProject>) -> (Vec<InspectedProject>, Needs) {
    let left = projects.len().saturating_sub(PROJECTS_MAX);
    projects.truncate(PROJECTS_MAX);
    (projects, Needs { left, ..Needs::default() })
}

/// What packages need, as the catalog has them.
pub(crate) async fn in_catalog(catalog: &Catalog) -> Result<Needs, CatalogError> {
    let deployed = catalog.read(|tx| deployed(tx)).await?;
    let (projects, mut needs) = first(deployed);
    for project in projects {
        let hash = project.project_hash.clone();
        let bytes = catalog.read(move |tx| reads::project_bytes(tx, &hash)).await?;
        needs.add(&project, &bytes.unwrap_or_default());
    }
    Ok(needs)
}

fn deployed(tx: &mut dyn Tx) -> Result<Vec<InspectedProject>, CatalogError> {
    let caller = Caller::admin(user_name());
    let mut list = Vec::new();
    for project in reads::projects(tx, &caller, None)? {
        let parameters = reads::object_parameters(tx, &caller, project.id)?;
        let overridden = parameters.into_iter().filter(|one| one.value_set);
        list.push(InspectedProject {
            overridden: overridden.map(|one| one.name).collect(),
            folder: project.folder,
            project: project.name,
            project_hash: project.hash,
        });
    }
    Ok(list)
}

/// How a finding names a worker's settings.
pub(crate) fn settings_of(dir: &DataDir, number: u32) -> String {
    format!("`{}`", dir.worker_settings(number).display())
}
