//! The template's end: a process that has loaded and warmed up the program, and becomes a new
//! package process as often as its worker asks. What `packhorse exec --template` calls.
//!
//! A fork costs a tenth of starting the program anew: nothing is read, linked or initialised
//! again. The worker's end is `process/template.rs`, which also has the messages.
//!
//! # Invariants
//!
//! * The process has one thread whenever it forks, so that nothing a thread held is held for ever
//!   in the child.
//! * A child has no descriptor of the template or of another child: its three pipes are all.
//! * The template ends when the worker is gone. Its children do not die with it: each of them sees
//!   the end of its own standard input, and ends what it started before itself.

use std::io::{self, IoSliceMut, Write};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;

use nix::cmsg_space;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, dup2_stderr, dup2_stdin, dup2_stdout, fork, setsid};

use crate::process::{FORK_PIPES, Said};

/// Serves forks to the worker at the other end of standard input. Returns in each forked child,
/// whose standard input, output and error are then those that the worker sent for it; in the
/// template itself it returns an error, or ends the process when the worker is gone.
pub fn serve_forks() -> io::Result<()> {
    require_one_thread()?;
    let worker = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let children = SigSet::from(Signal::SIGCHLD);
    let mask = SigSet::thread_get_mask()?;
    children.thread_block()?;
    let ended = SignalFd::with_flags(&children, SfdFlags::SFD_CLOEXEC)?;
    loop {
        let (has_request, has_ended) = wait(&worker, &ended)?;
        if has_ended {
            // What it says is only that waitpid has something to say.
            ended.read_signal()?;
            tell_ended(&worker)?;
        }
        if !has_request {
            continue;
        }
        let Some(pipes) = receive(&worker)? else { std::process::exit(0) };
        match fork_now() {
            Ok(ForkResult::Parent { child }) => {
                say(&worker, Said::Started { process: child.as_raw() })?;
            }
            Ok(ForkResult::Child) => {
                mask.thread_set_mask()?;
                return become_process(pipes);
            }
            Err(error) => say(&worker, Said::Failed { error: error as i32 })?,
        }
    }
}

/// A fork copies one thread; what others hold would be held for ever.
fn require_one_thread() -> io::Result<()> {
    let threads = std::fs::read_dir("/proc/self/task")?.count();
    if threads == 1 { Ok(()) } else { Err(io::Error::other("the template has several threads")) }
}

fn wait(worker: &UnixStream, ended: &SignalFd) -> io::Result<(bool, bool)> {
    let mut wanted =
        [worker.as_fd(), ended.as_fd()].map(|from| PollFd::new(from, PollFlags::POLLIN));
    match poll(&mut wanted, PollTimeout::NONE) {
        Ok(_) => {}
        Err(nix::errno::Errno::EINTR) => return Ok((false, false)),
        Err(error) => return Err(error.into()),
    }
    let [request, signal] = wanted.map(|one| one.any().unwrap_or(true));
    Ok((request, signal))
}

/// The pipes of the next child; `None` when the worker is gone.
fn receive(worker: &UnixStream) -> io::Result<Option<[OwnedFd; FORK_PIPES]>> {
    let mut byte = [0];
    let mut space = cmsg_space!([RawFd; FORK_PIPES]);
    let mut pieces = [IoSliceMut::new(&mut byte)];
    let flags = MsgFlags::MSG_CMSG_CLOEXEC;
    let message = recvmsg::<()>(worker.as_raw_fd(), &mut pieces, Some(&mut space), flags)?;
    let mut pipes = Vec::new();
    for part in message.cmsgs()? {
        if let ControlMessageOwned::ScmRights(received) = part {
            pipes.extend(received.into_iter().map(owned));
        }
    }
    if message.bytes == 0 {
        return Ok(None);
    }
    let count = pipes.len();
    let pipes = <[OwnedFd; FORK_PIPES]>::try_from(pipes);
    pipes.map(Some).map_err(|_| io::Error::other(format!("{count} pipes came for a process")))
}

/// A descriptor that was just received.
fn owned(descriptor: RawFd) -> OwnedFd {
    #[expect(unsafe_code, reason = "the system hands received descriptors over as numbers")]
    // SAFETY: `recvmsg` has just made this descriptor for this process, and nobody else knows it.
    unsafe {
        OwnedFd::from_raw_fd(descriptor)
    }
}

fn fork_now() -> nix::Result<ForkResult> {
    #[expect(unsafe_code, reason = "forking is what this module is for")]
    // SAFETY: this process has one thread, checked at the start, and starts none while it serves;
    // so no lock and no allocator state belongs to a thread that the child does not have.
    unsafe {
        fork()
    }
}

/// What a child does first. Its caller then drops what it has of the template.
fn become_process(pipes: [OwnedFd; FORK_PIPES]) -> io::Result<()> {
    // A session of its own, and with it a group: what it starts is known by it, also when the
    // process itself is killed.
    setsid()?;
    let [stdin, stdout, stderr] = pipes;
    dup2_stdin(stdin)?;
    dup2_stdout(stdout)?;
    dup2_stderr(stderr)?;
    Ok(())
}

/// Tells how children ended that have.
fn tell_ended(worker: &UnixStream) -> io::Result<()> {
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::Exited(child, code)) => {
                say(worker, Said::Ended { process: child.as_raw(), status: code << 8 })?;
            }
            Ok(WaitStatus::Signaled(child, signal, _)) => {
                say(worker, Said::Ended { process: child.as_raw(), status: signal as i32 })?;
            }
            Ok(WaitStatus::StillAlive) | Err(nix::errno::Errno::ECHILD) => return Ok(()),
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn say(mut worker: &UnixStream, said: Said) -> io::Result<()> {
    worker.write_all(&said.encode())
}
