//! From an assignment to what the runtime runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use connect::path::PathMap;
use model::{LoggingLevel, ObjectType, TypeCode, Value};
use package::{Project, ReadOptions};
use runtime::{Dumps, Logging, ParameterValue, PropertyOverride, RunOptions};
use scaleout::child::{ChildJob, PathMapping};
use scaleout::message::{self, CustomizedLevel};

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
    options.logging = logging(assignment)?;
    options.data_taps.clone_from(&assignment.data_taps);
    options.data_dumps_folder = PathBuf::from(&job.data_dumps_folder);
    options.dumps = dumps(job)?;
    options.execution_id = assignment.execution;
    options.machine_name = machine_name();
    options.user_name = user_name();
    options.launcher = launcher();
    Ok(options)
}

/// What the level records; level 100 needs its masks.
fn logging(assignment: &message::Assignment) -> Result<Logging> {
    let level = LoggingLevel::try_from(assignment.logging_level)?;
    Ok(match assignment.customized_level {
        Some(CustomizedLevel { profile, events }) if level == LoggingLevel::Customized => {
            Logging { level, profile, events }
        }
        None if level == LoggingLevel::Customized => {
            bail!("the customized logging level of execution {} is missing", assignment.execution)
        }
        Some(_) | None => Logging::from(level),
    })
}

/// What DUMP_ON_ERROR, DUMP_ON_EVENT and DUMP_EVENT_CODE ask for. The other parameters of the
/// execution itself (CALLER_INFO, SYNCHRONIZED) are the catalog's and mean nothing here.
fn dumps(job: &ChildJob) -> Result<Dumps> {
    let system = |name: &str| {
        let mut parameters = job.assignment.parameters.iter();
        let found = parameters.find(|parameter| {
            parameter.object_type == ObjectType::Execution
                && parameter.name.eq_ignore_ascii_case(name)
        });
        found.and_then(|parameter| parameter.value.as_deref()).unwrap_or_default()
    };
    let is_set = |name: &str| matches!(system(name), "1" | "True" | "true");
    Ok(Dumps {
        folder: PathBuf::from(&job.error_dumps_folder),
        on_error: is_set("DUMP_ON_ERROR"),
        on_event: is_set("DUMP_ON_EVENT"),
        event_codes: event_codes(system("DUMP_EVENT_CODE")).context("DUMP_EVENT_CODE")?,
    })
}

/// Codes of events, separated by `;`.
pub(crate) fn event_codes(text: &str) -> Result<Vec<u32>> {
    text.split(';').map(str::trim).filter(|code| !code.is_empty()).map(event_code).collect()
}

/// `0xC020801C`, or the same number as SSISDB shows it, `-1071611876`.
fn event_code(text: &str) -> Result<u32> {
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let code = match hex {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => text.parse::<i32>().map(i32::cast_unsigned).or_else(|_| text.parse()).ok(),
    };
    code.with_context(|| format!("`{text}` is no event code"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_codes_are_hexadecimal_or_as_ssisdb_shows_them() {
        assert_eq!(event_code("0xC020801C").unwrap(), 0xC020_801C);
        assert_eq!(event_code("-1071611876").unwrap(), 0xC020_801C);
        assert_eq!(event_code("3223355420").unwrap(), 0xC020_801C);
        assert!(event_code("OnError").unwrap_err().to_string().contains("`OnError`"));
    }
}
