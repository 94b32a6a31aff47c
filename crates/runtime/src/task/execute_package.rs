//! Execute Package Task: runs another package inside this run, one of the project or a file.
//!
//! The child is a package with variables, connections and slots of its own. Its events rise to
//! the task and on into the parent package. ExecuteOutOfProcess makes no difference: what it gives
//! in the original is memory of its own, and the child runs in this process here.

mod external;

use std::borrow::Cow;
use std::sync::Arc;

use model::{ExecutionResult, MessageType, Value, dts};
use package::{ExecutePackage, PackageReference, ProjectPackage, TransactionOption};

use crate::configuration::{Configured, Surroundings};
use crate::evaluate::{self, Mistake};
use crate::execute::Outcome;
use crate::frame::Frame;
use crate::package_run::PackageRun;
use crate::transaction::Transaction;
use crate::{parameters, run as runs};

pub(crate) use self::external::refusal;

/// Packages in packages: more is a package that runs itself.
const DEPTH_MAX: u32 = 32;

/// Runs the child.
pub(crate) fn run(frame: &Arc<Frame>, task: &ExecutePackage) -> Outcome {
    let child = match child(frame, task).and_then(|child| set_up(frame, task, &child)) {
        Ok(child) => child,
        Err(mistake) => {
            mistake.raise(frame);
            return Outcome::FAILURE;
        }
    };
    let result = runs::package(&child, Some(Arc::clone(frame)));
    let result = match result {
        ExecutionResult::Completion => ExecutionResult::Success,
        ExecutionResult::Success | ExecutionResult::Failure | ExecutionResult::Canceled => result,
    };
    Outcome { result, value: None }
}

/// Raises what is wrong with the task. A file is read when the task runs, not before: an earlier
/// task may bring it.
pub(crate) fn validate(frame: &Arc<Frame>, task: &ExecutePackage) -> bool {
    match &task.reference {
        PackageReference::Project { package_name } => {
            super::raised(frame, of_project(frame, package_name))
        }
        PackageReference::External { connection, .. } => {
            super::raised(frame, external::manager(frame, connection))
        }
    }
}

fn child<'f>(
    frame: &'f Arc<Frame>,
    task: &ExecutePackage,
) -> Result<Cow<'f, ProjectPackage>, Mistake> {
    match &task.reference {
        PackageReference::Project { package_name } => {
            of_project(frame, package_name).map(Cow::Borrowed)
        }
        PackageReference::External { connection, .. } => {
            external::load(frame, task, connection).map(Cow::Owned)
        }
    }
}

fn of_project<'f>(frame: &'f Frame, package_name: &str) -> Result<&'f ProjectPackage, Mistake> {
    if package_name.is_empty() {
        return Err(Mistake::new(
            dts::DTS_E_TKEXECPACKAGE_UNSPECIFIEDPACKAGE,
            "The package is not specified.",
        ));
    }
    frame.run.runner.options.project.package(package_name).ok_or_else(|| {
        Mistake::new(
            dts::DTS_E_TKEXECPACKAGE_UNABLETOLOAD,
            format!(
                "Error 0xC0011002 while loading package \"{package_name}\" by the name. The \
                 project has no package of this name."
            ),
        )
    })
}

/// The child's run, its parameters bound to what the parent assigns.
fn set_up(
    frame: &Arc<Frame>,
    task: &ExecutePackage,
    child: &ProjectPackage,
) -> Result<Arc<PackageRun>, Mistake> {
    let joins = child.package.root.transaction_option != TransactionOption::NotSupported;
    if joins && Transaction::around(frame).is_some() {
        return Err(Mistake::new(
            dts::DTS_E_INCOMPATIBLETRANSACTIONCONTEXT,
            format!(
                "The package \"{}\" cannot take part in the transaction of its parent: this is not \
                 supported. Set TransactionOption of the package, or of the task that runs it, to \
                 NotSupported.",
                child.file_name
            ),
        ));
    }
    let depth = frame.run.depth + 1;
    if DEPTH_MAX < depth {
        return Err(Mistake::new(
            dts::DTS_E_TKEXECPACKAGE_UNABLETOLOAD,
            format!(
                "The package \"{}\" is {depth} packages deep. A package that runs itself never \
                 ends.",
                child.file_name
            ),
        ));
    }
    let mut assigned = Vec::new();
    for assignment in &task.assignments {
        assigned.push((assignment.parameter.clone(), source(frame, &assignment.source)?));
    }
    let wrong = |error: &dyn std::error::Error| {
        Mistake::new(
            dts::DTS_E_TKEXECPACKAGE_UNABLETOLOAD,
            format!(
                "The package \"{}\" cannot be started: {}.",
                child.file_name,
                evaluate::chain(error)
            ),
        )
    };
    for assignment in &task.assignments {
        require_compatible(frame, child, assignment)?;
    }
    let mut cells =
        parameters::cells_of_child(&child.package, &assigned).map_err(|error| wrong(&error))?;
    if matches!(task.reference, PackageReference::Project { .. }) {
        cells.extend(runs::project_cells(&frame.run.runner).map_err(|error| wrong(&error))?);
    }
    tell_values(frame, child, &assigned);
    let mut configured = Configured::new(child.package.clone());
    let runner = &frame.run.runner;
    configured.configure(&Surroundings { runner, parent: Some(frame), parameters: &cells });
    Ok(PackageRun::new(runner, &child.file_name, configured, cells, depth))
}

/// DiagnosticEx: the values that go to the child, as XML; those of sensitive parameters do not.
/// That the event comes is documented, its layout is not.
fn tell_values(frame: &Arc<Frame>, child: &ProjectPackage, assigned: &[(String, Value)]) {
    let parameters = &child.package.parameters;
    let is_shown = |name: &str| !parameters.iter().any(|p| p.name == name && p.sensitive);
    let mut xml = format!(
        "<DTS:ParameterValues xmlns:DTS=\"www.microsoft.com/SqlServer/Dts\" DTS:Package=\"{}\">",
        escape(&child.file_name)
    );
    for (name, value) in assigned.iter().filter(|(name, _)| is_shown(name)) {
        let (name, value) = (escape(name), escape(&value.to_string()));
        xml.push_str(&format!(
            "<DTS:ParameterValue DTS:Name=\"{name}\">{value}</DTS:ParameterValue>"
        ));
    }
    xml.push_str("</DTS:ParameterValues>");
    frame.say(MessageType::DiagnosticEx, 0, xml);
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn source(frame: &Arc<Frame>, name: &str) -> Result<Value, Mistake> {
    evaluate::read_variable(frame, name)
}

/// A sensitive value must not reach a parameter that shows it.
fn require_compatible(
    frame: &Arc<Frame>,
    child: &ProjectPackage,
    assignment: &package::ParameterAssignment,
) -> Result<(), Mistake> {
    let (_, cell) = evaluate::find(frame, &assignment.source)?;
    let parameters = &child.package.parameters;
    let target = parameters.iter().find(|parameter| parameter.name == assignment.parameter);
    if cell.sensitive && target.is_some_and(|target| !target.sensitive) {
        return Err(Mistake::new(
            dts::DTS_E_TKEXECPACKAGE_UNABLETOLOAD,
            format!(
                "The sensitive parameter \"{}\" cannot be assigned to the parameter \"{}\" of the \
                 package \"{}\", which is not sensitive.",
                assignment.source, assignment.parameter, child.file_name
            ),
        ));
    }
    Ok(())
}
