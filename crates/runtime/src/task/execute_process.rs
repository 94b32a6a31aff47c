//! Execute Process Task: runs a program and waits for it.
//!
//! The program gets a process group of its own, so that a stop or a timeout ends what it started
//! as well.

mod command_line;
mod program;

use std::io::{self, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use model::{ExecutionResult, MessageType, Value, dts};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use package::ExecuteProcess;

use self::program::Unusable;
use crate::Cancel;
use crate::evaluate::{self, Mistake};
use crate::execute::Outcome;
use crate::frame::Frame;
use crate::leftover;

/// How long a wait for the program lasts before it looks around: short at first, because most
/// programs are.
const PAUSE_MIN: Duration = Duration::from_millis(1);
/// The longest wait: how late the end of a long program may be noticed.
const PAUSE_MAX: Duration = Duration::from_millis(20);

/// Runs the program.
pub(crate) fn run(frame: &Arc<Frame>, task: &ExecuteProcess) -> Outcome {
    match carry_out(frame, task) {
        Ok(End::Exited) => Outcome::SUCCESS,
        Ok(End::Canceled) => Outcome { result: ExecutionResult::Canceled, value: None },
        Err(mistake) => {
            mistake.raise(frame);
            Outcome::FAILURE
        }
    }
}

/// Raises what is wrong with the task.
pub(crate) fn validate(frame: &Arc<Frame>, task: &ExecuteProcess) -> bool {
    let mut sound = validate_program(frame, task);
    let mut refuse = |code: u32, text: String| {
        frame.error(code, text);
        sound = false;
    };
    for (name, code) in [
        (&task.standard_output_variable, Some(dts::DTS_E_EXECPROCTASK_STDOUTVARREADONLY)),
        (&task.standard_error_variable, Some(dts::DTS_E_EXECPROCTASK_STDERRVARREADONLY)),
        (&task.standard_input_variable, None),
    ] {
        if name.is_empty() {
            continue;
        }
        match (evaluate::find(frame, name), code) {
            (Err(mistake), _) => refuse(dts::DTS_E_VARIABLENOTFOUND, mistake.text().to_owned()),
            (Ok((_, cell)), Some(code)) if cell.read_only => {
                refuse(code, format!("The variable \"{name}\" is read-only."));
            }
            (Ok(_), _) => {}
        }
    }
    sound
}

/// A program that is not there fails validation where RequireFullFileName asks for it, and is a
/// warning elsewhere: something may still put it there.
fn validate_program(frame: &Arc<Frame>, task: &ExecuteProcess) -> bool {
    if task.executable.trim().is_empty() {
        let code = dts::DTS_E_EXECPROCTASK_EXECUTABLENOTSPECIFIED;
        frame.error(code, "Executable not specified.");
        return false;
    }
    let map = &frame.run.runner.options.path_map;
    // A working folder that does not exist yet is an error of the run.
    let folder = working_directory(frame, task).unwrap_or_default();
    match program::find(map, &task.executable, &folder) {
        Ok(_) => true,
        Err(Unusable::Missing(mistake)) if !task.require_full_file_name => {
            frame.warning(dts::DTS_W_EXECPROCTASK_FILENOTINPATH, mistake.text());
            true
        }
        Err(unusable) => {
            unusable.into_mistake().raise(frame);
            false
        }
    }
}

/// How a program that did not fail ended.
enum End {
    Exited,
    Canceled,
}

fn carry_out(frame: &Arc<Frame>, task: &ExecuteProcess) -> Result<End, Mistake> {
    let folder = working_directory(frame, task)?;
    let map = &frame.run.runner.options.path_map;
    let program = program::find(map, &task.executable, &folder).map_err(Unusable::into_mistake)?;
    let text = format!("\"{}\" \"{}\" is started.", task.executable, task.arguments);
    custom(frame, "ExecuteProcessExecutingProcess", text);
    let input = match task.standard_input_variable.as_str() {
        "" => None,
        name => Some(evaluate::read_variable(frame, name)?.to_string()),
    };
    let mut command = command(frame, &program, task);
    let started = command.current_dir(&folder).spawn();
    let mut child = started.map_err(|error| not_started(&program, &error))?;
    let pipes = Pipes::of(&mut child, input);
    let mut running = Running {
        child,
        cancel: &frame.run.runner.cancel,
        deadline: (task.time_out_s != 0)
            .then(|| Instant::now() + Duration::from_secs(task.time_out_s.into())),
        terminate: task.terminate_after_timeout,
    };
    let status = match running.wait() {
        Waited::Exited(status) => status,
        Waited::Canceled => return Ok(End::Canceled),
        Waited::TimedOut => {
            return Err(Mistake::new(
                dts::DTS_E_EXECPROCTASK_PROCESSHASTIMEDOUT,
                "The process timed out.",
            ));
        }
        Waited::Lost(error) => return Err(not_started(&program, &error)),
    };
    let Some((output, errors)) = running.outputs(&pipes) else { return Ok(End::Canceled) };
    route(frame, &task.standard_output_variable, output)?;
    route(frame, &task.standard_error_variable, errors)?;
    judge(task, &folder, status)
}

/// The folder that the program runs in.
fn working_directory(frame: &Frame, task: &ExecuteProcess) -> Result<PathBuf, Mistake> {
    let written = task.working_directory.trim();
    let wrong = |reason: String| {
        Mistake::new(
            dts::DTS_E_EXECPROCTASK_WORKINGDIRECTORYDOESNOTEXIST,
            format!("Working Directory \"{written}\" does not exist.{reason}"),
        )
    };
    let map = &frame.run.runner.options.path_map;
    if written.is_empty() {
        let folder = map.working_folder();
        let is_set = !folder.as_os_str().is_empty();
        return Ok(if is_set { folder.to_owned() } else { PathBuf::from(".") });
    }
    let folder = map.resolve(written).map_err(|error| wrong(format!(" {error}.")))?;
    if folder.is_dir() { Ok(folder) } else { Err(wrong(String::new())) }
}

fn command(frame: &Frame, program: &Path, task: &ExecuteProcess) -> Command {
    let launcher = &frame.run.runner.options.launcher;
    let mut command = match launcher.split_first() {
        Some((launcher, arguments)) => {
            let mut command = Command::new(launcher);
            command.args(arguments).arg(program);
            command
        }
        None => Command::new(program),
    };
    let pipe = |wanted: bool| if wanted { Stdio::piped() } else { Stdio::null() };
    command
        .args(command_line::split(&task.arguments))
        .stdin(pipe(!task.standard_input_variable.is_empty()))
        .stdout(pipe(!task.standard_output_variable.is_empty()))
        .stderr(pipe(!task.standard_error_variable.is_empty()))
        .env(leftover::MARK, &frame.run.runner.mark)
        .process_group(0);
    frame.run.runner.starts_programs.store(true, Ordering::SeqCst);
    command
}

fn not_started(program: &Path, error: &io::Error) -> Mistake {
    Mistake::new(
        dts::DTS_E_ERROROCCURREDWITHFOLLOWINGMESSAGE,
        format!(
            "An error occurred with the following error message: \"{} cannot be started: {error}\".",
            program.display()
        ),
    )
}

/// What comes out of a program, one message for each of its outputs.
struct Pipes {
    output: Receiver<Vec<u8>>,
    errors: Receiver<Vec<u8>>,
}

impl Pipes {
    fn of(child: &mut Child, input: Option<String>) -> Self {
        if let (Some(mut pipe), Some(input)) = (child.stdin.take(), input) {
            // A program that does not read its input closes the pipe, which is its own business.
            thread::spawn(move || drop(pipe.write_all(input.as_bytes())));
        }
        Self { output: drain(child.stdout.take()), errors: drain(child.stderr.take()) }
    }
}

fn drain(pipe: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (done, result) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What came before a broken pipe counts; there is nobody to tell about the rest.
            drop(pipe.read_to_end(&mut bytes));
        }
        drop(done.send(bytes));
    });
    result
}

/// A program that runs.
struct Running<'a> {
    child: Child,
    cancel: &'a Cancel,
    deadline: Option<Instant>,
    terminate: bool,
}

enum Waited {
    Exited(ExitStatus),
    TimedOut,
    Canceled,
    Lost(io::Error),
}

impl Running<'_> {
    fn wait(&mut self) -> Waited {
        let mut pause = PAUSE_MIN;
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return Waited::Exited(status),
                Ok(None) => {}
                Err(error) => return Waited::Lost(error),
            }
            if self.deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                if self.terminate {
                    self.kill();
                }
                return Waited::TimedOut;
            }
            if self.cancel.wait(pause) {
                self.kill();
                return Waited::Canceled;
            }
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    /// What the program wrote; `None` when the run was stopped while something that the program
    /// left behind still held its outputs open.
    fn outputs(&mut self, pipes: &Pipes) -> Option<(Vec<u8>, Vec<u8>)> {
        let mut take = |pipe: &Receiver<Vec<u8>>| loop {
            match pipe.recv_timeout(PAUSE_MAX) {
                Ok(bytes) => return Some(bytes),
                Err(RecvTimeoutError::Disconnected) => return Some(Vec::new()),
                Err(RecvTimeoutError::Timeout) if self.cancel.is_cancelled() => {
                    self.kill();
                    return None;
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        };
        Some((take(&pipes.output)?, take(&pipes.errors)?))
    }

    /// Ends the program and everything in its group.
    fn kill(&mut self) {
        if let Ok(id) = i32::try_from(self.child.id())
            && let Err(error) = killpg(Pid::from_raw(id), Signal::SIGKILL)
        {
            // It is gone already, which is what is wanted.
            tracing::debug!(%error, "the group of a program could not be ended");
        }
        drop(self.child.wait());
    }
}

fn route(frame: &Arc<Frame>, variable: &str, bytes: Vec<u8>) -> Result<(), Mistake> {
    if variable.is_empty() {
        return Ok(());
    }
    let text = format!("The output of the process is put into the variable \"{variable}\".");
    custom(frame, "ExecuteProcessVariableRouting", text);
    let text = String::from_utf8_lossy(&bytes);
    evaluate::set_variable(frame, variable, &Value::text(text.as_ref()))
}

fn judge(task: &ExecuteProcess, folder: &Path, status: ExitStatus) -> Result<End, Mistake> {
    // As shells number it, where a signal ended the program.
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(-1);
    if !task.fail_on_other_exit_code || code == task.success_value {
        return Ok(End::Exited);
    }
    let folder = match task.working_directory.trim() {
        "" => folder.to_string_lossy().into_owned(),
        written => written.to_owned(),
    };
    Err(Mistake::new(
        dts::DTS_E_EXECPROCTASK_PROCESSEXITCODEEXCEEDS,
        format!(
            "In Executing \"{}\" \"{}\" at \"{folder}\", The process exit code was \"{code}\" \
             while the expected was \"{}\".",
            task.executable, task.arguments, task.success_value
        ),
    ))
}

/// One of the task's own log entries.
fn custom(frame: &Arc<Frame>, name: &str, text: String) {
    let mut event = frame.event(MessageType::Custom, 0, text);
    name.clone_into(&mut event.name);
    frame.raise(event);
}
