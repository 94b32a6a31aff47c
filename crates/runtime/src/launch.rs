//! Starting a program that ends when its starter does.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;

/// Becomes the program: replaces this process by it, asking the system to end it when the process
/// that started this one ends, however that happens. Comes back only when that is not possible.
pub fn launch(program: &OsString, arguments: &[OsString]) -> io::Error {
    if let Err(error) = set_pdeathsig(Signal::SIGKILL) {
        return error.into();
    }
    Command::new(program).args(arguments).exec()
}
