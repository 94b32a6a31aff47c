//! Checkpoints: a run that failed leaves a file behind, and the next one skips what the file says
//! was completed.
//!
//! Tasks and containers of the package's control flow are recorded when they have succeeded; a
//! loop only as a whole. The file has the variables of that moment, too, and the values that
//! configurations had set: they are not loaded anew on a restart. Constraints that leave something
//! skipped are decided as if it had just succeeded, with the variables of the checkpoint.
//!
//! Rules: control-flow facts 8.

use std::io::{self, Write};

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use fs_err as fs;
use fs_err::os::unix::fs::OpenOptionsExt;
use model::{ExecutionResult, MessageType, TypeCode, dts};
use package::{
    Checkpoint, CheckpointUsage, CheckpointVariable, ConfiguredValue, Executable, ExecutableKind,
    Package, Secret, TransactionOption,
};

use crate::configuration::Note;
use crate::evaluate::{Mistake, chain};
use crate::frame::Frame;
use crate::instance::Instance;
use crate::options::RunOptions;
use crate::scope::{Cell, SYSTEM};

/// The checkpoint file of a run of a package.
pub(crate) struct Checkpoints {
    /// The file as the package names it.
    name: String,
    path: PathBuf,
    /// Whether this run writes it.
    saves: bool,
    /// What an earlier run had completed.
    before: Checkpoint,
    /// What is completed now.
    now: Mutex<Checkpoint>,
}

impl Checkpoints {
    /// What the package's settings ask for; `None` when it does not use checkpoints.
    pub(crate) fn open(
        options: &RunOptions,
        package: &Package,
        configured: &[ConfiguredValue],
    ) -> Result<Option<Self>, Mistake> {
        let settings = &package.checkpoints;
        if !settings.save && settings.usage == CheckpointUsage::Never {
            return Ok(None);
        }
        if settings.save && package.root.transaction_option == TransactionOption::Required {
            return Err(Mistake::new(
                dts::DTS_E_INVALIDCHECKPOINT_TRANSACTION,
                "The package saves checkpoints and starts a transaction: what a checkpoint calls \
                 done could be rolled back. Set SaveCheckpoints to False or TransactionOption of \
                 the package to Supported.",
            ));
        }
        let name = settings.file_name.trim();
        if name.is_empty() {
            return Err(Mistake::new(
                dts::DTS_E_CHECKPOINTFILENOTSPECIFIED,
                "The package uses checkpoints, and its CheckpointFileName is empty.",
            ));
        }
        let path = options.path_map.resolve(name).map_err(|error| {
            let text = format!("The checkpoint file cannot be opened: {}.", chain(&error));
            Mistake::new(dts::DTS_E_LOADCHECKPOINT, text)
        })?;
        let found = read(name, &path)?;
        let before = before(package, name, found)?;
        let now = match &before {
            Some(before) => before.clone(),
            None => Checkpoint {
                package_id: package.id().to_owned(),
                configured: configured.to_vec(),
                ..Checkpoint::default()
            },
        };
        Ok(Some(Self {
            name: name.to_owned(),
            path,
            saves: settings.save,
            before: before.unwrap_or_default(),
            now: Mutex::new(now),
        }))
    }

    /// Whether this run goes on from where an earlier one stopped.
    fn is_restart(&self) -> bool {
        !self.before.package_id.is_empty()
    }

    /// Sets what configurations had set in the first run.
    pub(crate) fn configure(&self, package: &mut Package) {
        for value in &self.before.configured {
            let text = model::Value::text(value.value.as_deref().unwrap_or_default());
            if let Err(error) = package.set_property(&value.path, &text) {
                // It could be set in the same package before.
                tracing::warn!(path = value.path, %error, "a value of a checkpoint file is lost");
            }
        }
    }

    /// Gives the variables the values of the checkpoint.
    pub(crate) fn restore(&self, root: &Arc<Instance>) {
        let all = instances(root);
        for variable in &self.before.variables {
            let owner = all.iter().find(|at| key(&at.node.executable) == variable.container);
            let cell = owner.and_then(|owner| {
                let mut cells = saved_cells(owner);
                cells.find(|c| c.namespace == variable.namespace && c.name == variable.name)
            });
            if let Some(cell) = cell
                && cell.type_code == variable.type_code
                && let Ok(value) = cell.type_code.parse(variable.value.expose())
            {
                cell.put(value);
            }
        }
    }

    /// What to say when the package starts.
    pub(crate) fn notes(&self) -> Vec<Note> {
        let name = &self.name;
        let note = |code, text| Note { kind: MessageType::Information, code, text };
        let mut notes = Vec::new();
        if self.is_restart() {
            notes.push(note(
                dts::DTS_I_RESTARTFROMCHECKPOINTFILE,
                format!("The package restarted from checkpoint file \"{name}\"."),
            ));
        }
        if self.saves {
            notes.push(note(
                dts::DTS_I_SAVECHECKPOINTSTOFILE,
                format!(
                    "The package will be saving checkpoints to file \"{name}\" during execution."
                ),
            ));
        }
        notes
    }

    /// Writes the checkpoint with the variables as they are now.
    fn save(&self, root: &Arc<Instance>, completed: Option<String>) -> io::Result<()> {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        now.completed.extend(completed);
        now.variables = instances(root).iter().flat_map(variables).collect();
        let parent = self.path.parent().unwrap_or(Path::new("."));
        let file_name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let beside = parent.join(format!(".{file_name}.{}", std::process::id()));
        // Variables may hold what nobody else should read.
        let mut file = fs::OpenOptions::new();
        let mut file = file.write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
        file.write_all(now.to_xml().as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, &self.path)
    }
}

fn read(name: &str, path: &Path) -> Result<Option<Result<Checkpoint, Mistake>>, Mistake> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            let text = format!("Unable to open the checkpoint file \"{name}\": {error}.");
            return Err(Mistake::new(dts::DTS_E_OPENCHECKPOINTFILE, text));
        }
    };
    Ok(Some(Checkpoint::from_bytes(name, &bytes).map_err(|error| {
        let text = format!("The checkpoint file \"{name}\" cannot be loaded: {error}.");
        Mistake::new(dts::DTS_E_CHECKPOINTLOADXML, text)
    })))
}

/// The checkpoint to go on from, if there is one to go on from.
fn before(
    package: &Package,
    name: &str,
    found: Option<Result<Checkpoint, Mistake>>,
) -> Result<Option<Checkpoint>, Mistake> {
    let is_ours = |found: &Checkpoint| found.package_id.eq_ignore_ascii_case(package.id());
    match (package.checkpoints.usage, found) {
        (CheckpointUsage::Always, None) => Err(Mistake::new(
            dts::DTS_E_LOADCHECKPOINT,
            format!(
                "The checkpoint file \"{name}\" does not exist, and CheckpointUsage is Always."
            ),
        )),
        (_, None) => Ok(None),
        (CheckpointUsage::Never, Some(found)) => match found {
            Ok(found) if is_ours(&found) => Ok(None),
            Ok(_) | Err(_) => Err(Mistake::new(
                dts::DTS_E_CHECKPOINTFILEALREADYEXISTS,
                format!(
                    "The file \"{name}\" exists and does not belong to this package, so the \
                     package cannot save checkpoints to it. Remove the file, or change \
                     CheckpointFileName."
                ),
            )),
        },
        (CheckpointUsage::IfExists | CheckpointUsage::Always, Some(found)) => {
            let found = found?;
            if is_ours(&found) {
                return Ok(Some(found));
            }
            Err(Mistake::new(
                dts::DTS_E_CHECKPOINTMISMATCH,
                format!(
                    "Checkpoint file \"{name}\" does not match this package. The file is of the \
                     package {}, and this one is {}.",
                    found.package_id,
                    package.id()
                ),
            ))
        }
    }
}

/// Begins the checkpoint file; says whether that went well.
pub(crate) fn begin(frame: &Arc<Frame>) -> bool {
    let Some(checkpoints) = saving(frame) else { return true };
    match checkpoints.save(&frame.run.root, None) {
        Ok(()) => true,
        Err(error) => {
            let name = &checkpoints.name;
            let text = format!("Unable to create the checkpoint file \"{name}\": {error}.");
            frame.error(dts::DTS_E_CREATECHECKPOINTFILE, text);
            false
        }
    }
}

/// Whether an earlier run has completed the executable.
pub(crate) fn is_completed(frame: &Frame) -> bool {
    let before = frame.run.checkpoints.as_ref().map(|checkpoints| &checkpoints.before.completed);
    let id = key(&frame.instance.node.executable);
    frame.takes_slot && before.is_some_and(|before| before.iter().any(|own| own == id))
}

/// Records how an executable ended.
pub(crate) fn ended(frame: &Arc<Frame>, result: ExecutionResult) {
    let Some(checkpoints) = saving(frame) else { return };
    let executable = frame.executable();
    let around = frame.up_to_package();
    let of_control_flow = frame.takes_slot && 1 < around.len();
    if !of_control_flow || around[1..].iter().any(is_whole) {
        return;
    }
    if result == ExecutionResult::Failure && !executable.fail_package_on_failure {
        frame.warning(
            dts::DTS_W_FAILURENOTRESTARTABLE,
            "This task or container has failed, but because FailPackageOnFailure property is \
             FALSE, the package will continue. This warning is posted when the SaveCheckpoints \
             property of the package is set to TRUE and the task or container fails.",
        );
    }
    if !matches!(result, ExecutionResult::Success | ExecutionResult::Completion) {
        return;
    }
    let name = &checkpoints.name;
    let starting = format!("Checkpoint file \"{name}\" update starting.");
    frame.say(MessageType::Information, dts::DTS_I_CHECKPOINTSAVINGTOFILE, starting);
    match checkpoints.save(&frame.run.root, Some(key(executable).to_owned())) {
        Ok(()) => frame.say(
            MessageType::Information,
            dts::DTS_I_CHECKPOINTSAVEDTOFILE,
            format!(
                "Checkpoint file \"{name}\" was updated to record completion of this container."
            ),
        ),
        Err(error) => frame.error(
            dts::DTS_E_COULDNOTREPLACECHECKPOINTFILE,
            format!("Could not replace the checkpoint file \"{name}\": {error}."),
        ),
    }
}

/// Removes the checkpoint file of a package that has succeeded.
pub(crate) fn end(frame: &Arc<Frame>, result: ExecutionResult) {
    let Some(checkpoints) = saving(frame) else { return };
    if !matches!(result, ExecutionResult::Success | ExecutionResult::Completion) {
        return;
    }
    let name = &checkpoints.name;
    match fs::remove_file(&checkpoints.path) {
        Ok(()) => frame.say(
            MessageType::Information,
            dts::DTS_I_CHECKPOINTFILEDELETED,
            format!(
                "Checkpoint file \"{name}\" was deleted after successful completion of the package."
            ),
        ),
        Err(error) => frame.warning(
            dts::DTS_E_COULDNOTREPLACECHECKPOINTFILE,
            format!("The checkpoint file \"{name}\" could not be deleted: {error}."),
        ),
    }
}

fn saving(frame: &Frame) -> Option<&Checkpoints> {
    frame.run.checkpoints.as_ref().filter(|checkpoints| checkpoints.saves)
}

/// Whether what is inside is done again as a whole: in loops and in containers with a transaction.
fn is_whole(frame: &Arc<Frame>) -> bool {
    is_loop(frame.executable()) || frame.transaction.get().is_some()
}

fn is_loop(executable: &Executable) -> bool {
    matches!(executable.kind, ExecutableKind::ForLoop(_) | ExecutableKind::ForEach(_))
}

/// By what an executable is recorded.
fn key(executable: &Executable) -> &str {
    if executable.id.is_empty() { &executable.ref_id } else { &executable.id }
}

fn instances(root: &Arc<Instance>) -> Vec<Arc<Instance>> {
    let mut all = vec![Arc::clone(root)];
    let mut next = 0;
    while let Some(instance) = all.get(next).cloned() {
        all.extend(instance.children.iter().cloned());
        next += 1;
    }
    all
}

/// The variables that a checkpoint has: not those of the system, nor objects, nor those whose
/// value cannot change.
fn saved_cells(instance: &Arc<Instance>) -> impl Iterator<Item = &Arc<Cell>> {
    instance.scope.own().iter().filter(|cell| {
        let holds_text = !matches!(cell.type_code, TypeCode::Object | TypeCode::DBNull);
        holds_text && cell.namespace != SYSTEM && !cell.read_only && cell.expression.is_none()
    })
}

fn variables(instance: &Arc<Instance>) -> Vec<CheckpointVariable> {
    let container = key(&instance.node.executable);
    let of = |cell: &Arc<Cell>| CheckpointVariable {
        container: container.to_owned(),
        namespace: cell.namespace.clone(),
        name: cell.name.clone(),
        type_code: cell.type_code,
        value: Secret::new(cell.held().to_string()),
    };
    saved_cells(instance).map(of).collect()
}
