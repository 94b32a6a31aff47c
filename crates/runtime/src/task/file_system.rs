//! File System Task: one operation on one file or folder.
//!
//! Paths come from FILE connection managers or variables, are written as on Windows, and mean
//! what the path map says. Wildcards mean nothing here, as in the original.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fs_err as fs;
use model::{MessageType, Value, dts};
use package::{
    ConnectionKind, FileSystem, FileSystemOperation as Operation, FileSystemPath, FileUsage,
};

use crate::evaluate::{self, Mistake};
use crate::execute::Outcome;
use crate::frame::Frame;
use crate::property;

/// Carries the operation out.
pub(crate) fn run(frame: &Arc<Frame>, task: &FileSystem) -> Outcome {
    match carry_out(frame, task) {
        // The execution value is the number of operations that succeeded.
        Ok(()) => Outcome { value: Some(Value::I4(1)), ..Outcome::SUCCESS },
        Err(mistake) => {
            mistake.raise(frame);
            Outcome::FAILURE
        }
    }
}

/// Raises what is wrong with the task.
pub(crate) fn validate(frame: &Arc<Frame>, task: &FileSystem) -> bool {
    let mut sound = super::raised(frame, operand(frame, &task.source, Side::Source));
    if needs_destination(task.operation) {
        let side = Side::Destination;
        sound &= super::raised(frame, operand(frame, &task.destination, side));
    }
    sound
}

const fn needs_destination(operation: Operation) -> bool {
    match operation {
        Operation::CopyFile
        | Operation::MoveFile
        | Operation::RenameFile
        | Operation::CopyDirectory
        | Operation::MoveDirectory => true,
        Operation::DeleteFile
        | Operation::SetAttributes
        | Operation::CreateDirectory
        | Operation::DeleteDirectory
        | Operation::DeleteDirectoryContent => false,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Source,
    Destination,
}

/// A path as the package writes it.
struct Operand {
    /// `C:\Data\in.csv`; empty for a variable that has no value yet.
    written: String,
    /// Whether it is a folder that things go into.
    is_folder: bool,
}

/// What a connection manager or variable says. A variable may still be empty at validation.
fn operand(frame: &Arc<Frame>, path: &FileSystemPath, side: Side) -> Result<Operand, Mistake> {
    if path.key().is_empty() {
        let (code, text) = match side {
            Side::Source => (dts::DTS_E_FSTASK_SOURCENOTSET, "Source property is not set."),
            Side::Destination => {
                (dts::DTS_E_FSTASK_DESTINATIONNOTSET, "Destination property is not set.")
            }
        };
        return Err(Mistake::new(code, text));
    }
    match path {
        FileSystemPath::Variable(name) => of_variable(frame, name),
        FileSystemPath::Connection(key) => of_connection(frame, key),
    }
}

fn of_variable(frame: &Arc<Frame>, name: &str) -> Result<Operand, Mistake> {
    if frame.scope().find_written(name).is_none() {
        return Err(Mistake::new(
            dts::DTS_E_FSTASK_VARIABLEDOESNTEXIST,
            format!("Variable \"{name}\" does not exist."),
        ));
    }
    if let Value::Text(text) = evaluate::read_variable(frame, name)? {
        return Ok(Operand { written: text.to_string(), is_folder: false });
    }
    Err(Mistake::new(
        dts::DTS_E_FSTASK_VARIABLENOTASTRING,
        format!("Variable \"{name}\" is not a string."),
    ))
}

fn of_connection(frame: &Arc<Frame>, key: &str) -> Result<Operand, Mistake> {
    let Some(connection) = property::connection(frame, key)? else {
        return Err(Mistake::new(
            dts::DTS_E_CONNECTIONNOTFOUND,
            format!(
                "The connection \"{key}\" is not found. This error is thrown by Connections \
                 collection when the specific connection element is not found."
            ),
        ));
    };
    let written = connection.connection_string.as_str().to_owned();
    if let ConnectionKind::File { usage } = connection.kind {
        let is_folder = matches!(usage, FileUsage::ExistingFolder | FileUsage::CreateFolder);
        return Ok(Operand { written, is_folder });
    }
    Err(Mistake::new(
        dts::DTS_E_FSTASK_CONNECTIONTYPENOTFILE,
        format!("Type of Connection \"{}\" is not a file.", connection.name),
    ))
}

/// The path on this machine.
fn resolved(frame: &Frame, operand: &Operand, path: &FileSystemPath) -> Result<PathBuf, Mistake> {
    if operand.written.trim().is_empty() {
        return Err(Mistake::new(
            dts::DTS_E_FSTASK_VARSRCORDESTISEMPTY,
            format!("Variable \"{}\" is used as a source or destination and is empty.", path.key()),
        ));
    }
    let map = &frame.run.runner.options.path_map;
    map.resolve(&operand.written).map_err(|error| went_wrong(&evaluate::chain(&error)))
}

fn went_wrong(reason: &str) -> Mistake {
    Mistake::new(
        dts::DTS_E_ERROROCCURREDWITHFOLLOWINGMESSAGE,
        format!("An error occurred with the following error message: \"{reason}\"."),
    )
}

fn missing(written: &str) -> Mistake {
    Mistake::new(
        dts::DTS_E_FSTASK_FILEDIRNOTFOUND,
        format!("File or directory \"{written}\" does not exist."),
    )
}

fn carry_out(frame: &Arc<Frame>, task: &FileSystem) -> Result<(), Mistake> {
    let source = operand(frame, &task.source, Side::Source)?;
    let from = resolved(frame, &source, &task.source)?;
    log(frame, task.operation, &source.written);
    if task.operation != Operation::CreateDirectory && !from.exists() {
        return Err(missing(&source.written));
    }
    let done = match task.operation {
        Operation::DeleteFile => fs::remove_file(&from),
        Operation::SetAttributes => set_attributes(frame, &from, &task.attributes),
        Operation::CreateDirectory => return create_directory(&from, task.overwrite),
        Operation::DeleteDirectory => fs::remove_dir_all(&from),
        Operation::DeleteDirectoryContent => empty(&from),
        Operation::CopyFile
        | Operation::MoveFile
        | Operation::RenameFile
        | Operation::CopyDirectory
        | Operation::MoveDirectory => {
            let destination = operand(frame, &task.destination, Side::Destination)?;
            let to = resolved(frame, &destination, &task.destination)?;
            return transfer(task, &from, target(&destination, &from, to, task.operation));
        }
    };
    done.map_err(|error| went_wrong(&error.to_string()))
}

/// A file goes into a destination that is a folder, under its own name.
fn target(destination: &Operand, from: &Path, to: PathBuf, operation: Operation) -> PathBuf {
    let is_file = matches!(operation, Operation::CopyFile | Operation::MoveFile);
    match from.file_name() {
        Some(name) if is_file && (destination.is_folder || to.is_dir()) => to.join(name),
        _ => to,
    }
}

fn transfer(task: &FileSystem, from: &Path, to: PathBuf) -> Result<(), Mistake> {
    if from == to {
        return Err(went_wrong(&format!(
            "The source and the destination are both '{}'.",
            from.display()
        )));
    }
    let is_directory =
        matches!(task.operation, Operation::CopyDirectory | Operation::MoveDirectory);
    if to.exists() && !task.overwrite && !(is_directory && is_empty(&to)) {
        let kind = if is_directory { "directory" } else { "file" };
        return Err(went_wrong(&format!("The {kind} '{}' already exists.", to.display())));
    }
    if is_directory && to.starts_with(from) {
        return Err(went_wrong(&format!("The destination '{}' lies in the source.", to.display())));
    }
    let done = match task.operation {
        Operation::CopyFile => fs::copy(from, &to).map(drop),
        Operation::CopyDirectory => copy_directory(from, &to),
        Operation::MoveDirectory if to.exists() => {
            copy_directory(from, &to).and_then(|()| fs::remove_dir_all(from))
        }
        Operation::MoveDirectory
        | Operation::MoveFile
        | Operation::RenameFile
        | Operation::DeleteFile
        | Operation::SetAttributes
        | Operation::CreateDirectory
        | Operation::DeleteDirectory
        | Operation::DeleteDirectoryContent => relocate(from, &to),
    };
    done.map_err(|error| went_wrong(&error.to_string()))
}

/// Moves within a file system, or copies and deletes across two.
fn relocate(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            if from.is_dir() {
                copy_directory(from, to)?;
                fs::remove_dir_all(from)
            } else {
                fs::copy(from, to)?;
                fs::remove_file(from)
            }
        }
        done => done,
    }
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}

fn copy_directory(from: &Path, to: &Path) -> io::Result<()> {
    let mut open = vec![(from.to_owned(), to.to_owned())];
    while let Some((from, to)) = open.pop() {
        fs::create_dir_all(&to)?;
        for entry in fs::read_dir(&from)? {
            let entry = entry?;
            let target = to.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                open.push((entry.path(), target));
            } else {
                fs::copy(entry.path(), &target)?;
            }
        }
    }
    Ok(())
}

fn empty(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// `overwrite` is stored for "use the directory if it exists".
fn create_directory(folder: &Path, use_existing: bool) -> Result<(), Mistake> {
    if folder.is_dir() && !use_existing {
        return Err(Mistake::new(
            dts::DTS_E_FSTASK_CANTCREATEDIR,
            "Can not create directory. User chose to fail the task if directory exists.",
        ));
    }
    fs::create_dir_all(folder).map_err(|error| went_wrong(&error.to_string()))
}

/// ReadOnly takes the permission to write away, its absence gives it back to the owner. The other
/// attributes of Windows have no counterpart.
fn set_attributes(frame: &Arc<Frame>, path: &Path, attributes: &[String]) -> io::Result<()> {
    let is = |name: &str| attributes.iter().any(|attribute| attribute.eq_ignore_ascii_case(name));
    for unknown in ["Hidden", "System", "Archive"] {
        if is(unknown) {
            frame.warning(
                dts::DTS_W_FSTASK_OPERATIONFAILURE,
                format!("The attribute \"{unknown}\" has no meaning on this machine."),
            );
        }
    }
    let mut permissions = fs::metadata(path)?.permissions();
    let mode = permissions.mode();
    permissions.set_mode(if is("ReadOnly") { mode & !0o222 } else { mode | 0o200 });
    fs::set_permissions(path, permissions)
}

/// The task's own log entry.
fn log(frame: &Arc<Frame>, operation: Operation, source: &str) {
    let text = format!("{} is carried out on \"{source}\".", operation.name());
    let mut event = frame.event(MessageType::Custom, 0, text);
    "FileSystemOperation".clone_into(&mut event.name);
    frame.raise(event);
}
