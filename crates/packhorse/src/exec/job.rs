//! From an assignment to what the runtime runs.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use connect::path::PathMap;
use model::{LoggingLevel, ObjectType, TypeCode, Value};
use package::{Project, ReadOptions};
use runtime::{Logging, ParameterValue, PropertyOverride, RunOptions};
use scaleout::child::{ChildJob, PathMapping};
use scaleout::message;

use crate::data_dir::{machine_name, user_name};

/// The options of a run on behalf of a worker.
pub(crate) fn options(job: &ChildJob) -> Result<RunOptions> {
    let assignment = &job.assignment;
    let bytes = fs_err::read(&job.project_file)?;
    let (project, _) = Project::from_ispac(&bytes, &ReadOptions::default())
        .with_context(|| format!("cannot read project `{}`", assignment.project))?;
    let mut options = RunOptions::new(Arc::new(project), &assignment.package);
    options.parameters = assignment
        .parameters
        .iter()
        .filter_map(|p| parameter(p).transpose())
        .collect::<Result<_>>()?;
    options.property_overrides = assignment
        .property_overrides
        .iter()
        .map(|one| PropertyOverride { path: one.path.clone(), value: one.value.clone() })
        .collect();
    options.path_map = path_map(&job.path_mappings, Path::new(&job.task_folder));
    let level = LoggingLevel::try_from(assignment.logging_level)?;
    options.logging = Logging::from(level);
    options.execution_id = assignment.execution;
    options.machine_name = machine_name();
    options.user_name = user_name();
    options.launcher = launcher();
    Ok(options)
}

/// This program as the starter of others: `packhorse launch PROGRAM ...` ends with its parent.
pub(crate) fn launcher() -> Vec<String> {
    // Without its own path this program starts others directly, and only that safety is lost.
    let program = std::env::current_exe().ok();
    program.map_or_else(Vec::new, |program| {
        vec![program.to_string_lossy().into_owned(), "launch".to_owned()]
    })
}

/// A parameter of the project or package; `None` for the server's own (object type 50), which
/// mean nothing to a package.
fn parameter(parameter: &message::ParameterValue) -> Result<Option<ParameterValue>> {
    if parameter.object_type == ObjectType::Execution {
        return Ok(None);
    }
    let value = match &parameter.value {
        None => Value::Null,
        Some(text) => {
            let type_code: TypeCode = parameter.data_type.parse()?;
            let value = type_code.parse(text);
            // The error of a sensitive value must not show it.
            value
                .map_err(|error| match parameter.sensitive {
                    true => anyhow::anyhow!("its value is not one of type {type_code}"),
                    false => error.into(),
                })
                .with_context(|| format!("cannot set parameter `{}`", parameter.name))?
        }
    };
    let name = parameter.name.clone();
    Ok(Some(ParameterValue { scope: parameter.object_type, name, value }))
}

/// The mappings of a worker or command, with relative paths in `folder`.
pub(crate) fn path_map(mappings: &[PathMapping], folder: &Path) -> PathMap {
    let pairs = mappings.iter().map(|mapping| (mapping.from.as_str(), mapping.to.as_str()));
    PathMap::new(pairs, folder)
}

/// Mappings as typed, `FROM=TO`. TO may be relative here and is made absolute, because workers
/// run elsewhere.
pub(crate) fn parse_mappings(typed: &[String]) -> Result<Vec<PathMapping>> {
    let one = |text: &String| -> Result<PathMapping> {
        let (from, to) = text.split_once('=').unwrap_or((text, ""));
        let to = match to.trim() {
            "" => String::new(),
            to => std::path::absolute(to)
                .with_context(|| format!("cannot find the folder of `--map-path {text}`"))?
                .to_string_lossy()
                .into_owned(),
        };
        let (from, to) = PathMap::parse_mapping(&format!("{from}={to}"))?;
        Ok(PathMapping { from, to: to.to_string_lossy().into_owned() })
    };
    typed.iter().map(one).collect()
}
