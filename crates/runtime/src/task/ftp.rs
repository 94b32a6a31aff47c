//! FTP Task: files and folders of an FTP server and of this machine.
//!
//! Files of the server are named by a path that begins with `/`, files of this machine by a FILE
//! connection manager (one file or folder) or a variable (the file's name may have wildcards).
//! Files keep their names. What this machine is asked to remove must be empty, if it is a folder.
//!
//! A task that does not stop on failure raises the error, goes on with the next file, and leaves
//! it to its MaximumErrorCount whether it has failed. What keeps it from beginning always fails.
//!
//! Rules: control-flow facts 9.5; "FTP Task"; codes and texts from "Integration Services Error
//! and Message Reference".

mod paths;
mod remote;
mod server;

use std::sync::Arc;

use fs_err as fs;
use model::{ExecutionResult, MessageType, dts};
use package::{Ftp, FtpOperation as Operation};

use self::paths::LocalPath;
use self::remote::Remote;
use crate::evaluate::Mistake;
use crate::execute::Outcome;
use crate::frame::Frame;

/// Why a task did not do what it should.
enum Trouble {
    /// It could not begin.
    Setup(Mistake),
    /// The operation, or a part of it, failed.
    Operation(Mistake),
}

/// Carries the operation out.
pub(crate) fn run(frame: &Arc<Frame>, task: &Ftp) -> Outcome {
    let done = carry_out(frame, task);
    if frame.is_cancelled() {
        return Outcome { result: ExecutionResult::Canceled, value: None };
    }
    let (mistake, outcome) = match done {
        Ok(()) => return Outcome::SUCCESS,
        Err(Trouble::Operation(mistake)) if !task.stop_on_failure => (mistake, Outcome::SUCCESS),
        Err(Trouble::Operation(mistake) | Trouble::Setup(mistake)) => (mistake, Outcome::FAILURE),
    };
    mistake.raise(frame);
    outcome
}

/// Raises what is wrong with the task; no server is spoken to.
pub(crate) fn validate(frame: &Arc<Frame>, task: &Ftp) -> bool {
    let mut sound = true;
    if needs_local(task.operation) {
        sound &= super::raised(frame, paths::check_local(frame, &task.local));
    }
    if needs_remote(task.operation) {
        sound &= super::raised(frame, server::of_task(frame, task));
        sound &= super::raised(frame, paths::check_remote(frame, &task.remote));
    }
    sound
}

const fn needs_local(operation: Operation) -> bool {
    match operation {
        Operation::Send
        | Operation::Receive
        | Operation::DeleteLocal
        | Operation::MakeDirLocal
        | Operation::RemoveDirLocal => true,
        Operation::DeleteRemote | Operation::MakeDirRemote | Operation::RemoveDirRemote => false,
    }
}

const fn needs_remote(operation: Operation) -> bool {
    match operation {
        Operation::Send
        | Operation::Receive
        | Operation::DeleteRemote
        | Operation::MakeDirRemote
        | Operation::RemoveDirRemote => true,
        Operation::DeleteLocal | Operation::MakeDirLocal | Operation::RemoveDirLocal => false,
    }
}

fn carry_out(frame: &Arc<Frame>, task: &Ftp) -> Result<(), Trouble> {
    let local = || paths::local(frame, &task.local).map_err(Trouble::Setup);
    log(frame, "FTPOperation", &format!("{} begins.", task.operation.name()));
    match task.operation {
        Operation::DeleteLocal => delete_local(frame, task, &local()?),
        Operation::MakeDirLocal => make_local(&local()?).map_err(Trouble::Operation),
        Operation::RemoveDirLocal => remove_local(&local()?).map_err(Trouble::Operation),
        Operation::Send => {
            let local = local()?;
            Remote::work(frame, task, |remote, folder| remote.send(&local, folder))
        }
        Operation::Receive => {
            let local = local()?;
            Remote::work(frame, task, |remote, path| remote.receive(&local, path))
        }
        Operation::DeleteRemote => Remote::work(frame, task, |remote, path| remote.delete(path)),
        Operation::MakeDirRemote => {
            Remote::work(frame, task, |remote, folder| remote.make_folder(folder))
        }
        Operation::RemoveDirRemote => {
            Remote::work(frame, task, |remote, folder| remote.remove_folder(folder))
        }
    }
}

/// Does one thing to each of several files. The first that goes wrong ends it, or is raised, if
/// the next one may go better.
fn each<T>(
    frame: &Arc<Frame>,
    task: &Ftp,
    items: &[T],
    mut work: impl FnMut(&T) -> (Result<(), Mistake>, bool),
) -> Result<(), Trouble> {
    for item in items {
        match work(item) {
            (Ok(()), _) => {}
            (Err(mistake), may_go_on) => {
                if task.stop_on_failure || !may_go_on || frame.is_cancelled() {
                    return Err(Trouble::Operation(mistake));
                }
                mistake.raise(frame);
            }
        }
    }
    Ok(())
}

fn delete_local(frame: &Arc<Frame>, task: &Ftp, path: &LocalPath) -> Result<(), Trouble> {
    let files = path.files().map_err(Trouble::Operation)?;
    each(frame, task, &files, |file| {
        let done = fs::remove_file(file).map_err(|error| {
            let text = format!("Unable to delete local file \"{}\".", file.display());
            failed(&error.to_string()).and(dts::DTS_E_FTPTASK_UNABLETODELETELOCALEFILE, text)
        });
        (done, true)
    })
}

fn make_local(path: &LocalPath) -> Result<(), Mistake> {
    if path.resolved.exists() {
        let text = format!("\"{}\" already exists.", path.written);
        return Err(Mistake::new(dts::DTS_E_FTPTASK_DIRECTORYEXISTS, text));
    }
    fs::create_dir_all(&path.resolved).map_err(|error| {
        let text = format!("Unable to create local directory \"{}\".", path.written);
        failed(&error.to_string()).and(dts::DTS_E_FTPTASK_UNABLETOCREATELOCALDIRECTORY, text)
    })
}

fn remove_local(path: &LocalPath) -> Result<(), Mistake> {
    fs::remove_dir(&path.resolved).map_err(|error| {
        let text = format!("Unable to remove local directory \"{}\".", path.written);
        failed(&error.to_string()).and(dts::DTS_E_FTPTASK_UNABLETOREMOVELOCALDIRECTORY, text)
    })
}

fn failed(reason: &str) -> Mistake {
    Mistake::new(
        dts::DTS_E_ERROROCCURREDWITHFOLLOWINGMESSAGE,
        format!("An error occurred with the following error message: \"{reason}\"."),
    )
}

/// The task's own log entries.
fn log(frame: &Arc<Frame>, name: &str, text: &str) {
    let mut event = frame.event(MessageType::Custom, 0, text.to_owned());
    name.clone_into(&mut event.name);
    frame.raise(event);
}
