//! The worker's end of its template: a process that becomes a package process on request (see
//! `forks.rs`).
//!
//! A request is one byte with the three pipes of the new process; the answers are [`Said`]s. One
//! request is under way at a time. A template that does not answer as it should is given up; what
//! it became runs on, and only how that ends is not known then.

use std::collections::HashMap;
use std::io::{self, IoSlice};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};
use nix::unistd::Pid;
use tokio::io::Interest;
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::sync::{oneshot, watch};

use super::lock;
use crate::leftovers::OWNER;

/// Standard input, output and error.
pub(crate) const FORK_PIPES: usize = 3;

/// How long a template may take to answer; warming up at its start counts too.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often a process is looked at whose template is gone.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// What a template says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// The process that was asked for.
    Started { process: i32 },
    /// The process that was asked for cannot be; the error is the system's number.
    Failed { error: i32 },
    /// A process has ended; the status is that of `waitpid`.
    Ended { process: i32, status: i32 },
}

/// Bytes of a [`Said`].
const SAID_BYTES: usize = 12;

impl Said {
    /// Its bytes.
    pub(crate) fn encode(self) -> [u8; SAID_BYTES] {
        let numbers = match self {
            Self::Started { process } => [1, process, 0],
            Self::Ended { process, status } => [2, process, status],
            Self::Failed { error } => [3, error, 0],
        };
        let mut bytes = [0; SAID_BYTES];
        for (part, number) in bytes.chunks_exact_mut(4).zip(numbers) {
            part.copy_from_slice(&number.to_le_bytes());
        }
        bytes
    }

    /// What the bytes say; `None` when that is nothing.
    pub(crate) fn decode(bytes: &[u8; SAID_BYTES]) -> Option<Self> {
        let number = |at: usize| {
            let bytes = bytes.get(at..at + 4)?;
            Some(i32::from_le_bytes(bytes.try_into().ok()?))
        };
        match number(0)? {
            1 => Some(Self::Started { process: number(4)? }),
            2 => Some(Self::Ended { process: number(4)?, status: number(8)? }),
            3 => Some(Self::Failed { error: number(4)? }),
            _ => None,
        }
    }
}

/// A process that a template became.
pub(super) struct Forked {
    pub(super) process: Pid,
    /// How it ended. The sender is gone when the template is, and then so is the process.
    ended: Ended,
    /// Lives as long, because it tells how the process ends.
    _template: Arc<Template>,
}

/// How a process ended, once it has.
type Ended = watch::Receiver<Option<ExitStatus>>;

impl Forked {
    pub(super) fn is_running(&self) -> bool {
        let is_told = self.ended.has_changed().is_ok();
        self.ended.borrow().is_none() && (is_told || is_alive(self.process))
    }

    /// Waits for its end. `None` when nobody knows how it ended.
    pub(super) async fn wait(&mut self) -> Option<ExitStatus> {
        if let Ok(status) = self.ended.wait_for(Option::is_some).await {
            return *status;
        }
        while is_alive(self.process) {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        *self.ended.borrow()
    }
}

/// Whether a process that is nobody's child any more still runs. A number is not given out again
/// soon: all others have their turn before.
fn is_alive(process: Pid) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name in parentheses may hold anything.
    let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
    state.is_some_and(|state| !matches!(state, 'Z' | 'X'))
}

/// A process that becomes package processes.
pub(super) struct Template {
    /// Killed when dropped.
    _process: Child,
    socket: Arc<UnixStream>,
    shared: Arc<Mutex<Shared>>,
    turn: tokio::sync::Mutex<()>,
    reader: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    /// Who waits for the process that was asked for.
    asked: Option<oneshot::Sender<io::Result<(Pid, Ended)>>>,
    running: HashMap<i32, watch::Sender<Option<ExitStatus>>>,
}

impl Template {
    /// Starts one. It serves as soon as it has warmed up.
    pub(super) fn start(command: &[String], owner: &str) -> io::Result<Self> {
        let (program, arguments) = command.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
        ours.set_nonblocking(true)?;
        let process = Command::new(program)
            .args(arguments)
            .env(OWNER, owner)
            .stdin(Stdio::from(std::os::fd::OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let socket = Arc::new(UnixStream::from_std(ours)?);
        let shared = Arc::<Mutex<Shared>>::default();
        let reader = tokio::spawn(listen(Arc::clone(&socket), Arc::clone(&shared)));
        Ok(Self { _process: process, socket, shared, turn: <_>::default(), reader })
    }

    /// A new process with these pipes. After an error the template is of no more use.
    pub(super) async fn fork(
        self: &Arc<Self>,
        pipes: [BorrowedFd<'_>; FORK_PIPES],
    ) -> io::Result<Forked> {
        let turn = self.turn.lock().await;
        let (asked, answer) = oneshot::channel();
        lock(&self.shared).asked = Some(asked);
        let pipes = pipes.map(|pipe| pipe.as_raw_fd());
        let send = || {
            let rights = [ControlMessage::ScmRights(&pipes)];
            let to = self.socket.as_raw_fd();
            sendmsg::<()>(to, &[IoSlice::new(&[1])], &rights, MsgFlags::MSG_NOSIGNAL, None)
                .map_err(io::Error::from)
        };
        let asking = async {
            self.socket.async_io(Interest::WRITABLE, send).await?;
            answer.await.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?
        };
        let forked = tokio::time::timeout(PATIENCE, asking).await;
        drop(turn);
        let (process, ended) = forked.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        Ok(Forked { process, ended, _template: Arc::clone(self) })
    }
}

impl Drop for Template {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

/// Takes what the template says, until it is gone.
async fn listen(socket: Arc<UnixStream>, shared: Arc<Mutex<Shared>>) {
    let mut bytes = Vec::new();
    while socket.readable().await.is_ok() {
        match socket.try_read_buf(&mut bytes) {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            Err(_) => break,
        }
        while let Some(first) = bytes.first_chunk::<SAID_BYTES>() {
            let Some(said) = Said::decode(first) else { break };
            bytes.drain(..SAID_BYTES);
            hear(&mut lock(&shared), said);
        }
    }
    // Whoever waits for an answer or an end learns that there will be none.
    *lock(&shared) = Shared::default();
}

fn hear(shared: &mut Shared, said: Said) {
    match said {
        Said::Started { process } => {
            let (running, ended) = watch::channel(None);
            shared.running.insert(process, running);
            if let Some(asked) = shared.asked.take() {
                // Whoever gave up has given the template up too.
                drop(asked.send(Ok((Pid::from_raw(process), ended))));
            }
        }
        Said::Failed { error } => {
            if let Some(asked) = shared.asked.take() {
                drop(asked.send(Err(io::Error::from_raw_os_error(error))));
            }
        }
        Said::Ended { process, status } => {
            if let Some(running) = shared.running.remove(&process) {
                running.send_replace(Some(ExitStatus::from_raw(status)));
            }
        }
    }
}
