//! An SMTP server that is not ours: Debian's aiosmtpd, on a free port, until it is dropped.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::postgres::free_port;
use crate::wait_for;

const PROGRAM: &str = "/usr/bin/aiosmtpd";

/// A server that writes down what it takes.
pub struct Smtpd {
    child: Child,
    /// Where it listens, at 127.0.0.1.
    pub port: u16,
    lines: mpsc::Receiver<String>,
}

impl Smtpd {
    /// Starts it with more options of its command.
    ///
    /// # Panics
    ///
    /// When it is not installed or does not listen within a minute.
    pub fn start(more: &[&str]) -> Self {
        let port = free_port();
        let address = format!("127.0.0.1:{port}");
        // Debian's program finds its library with Debian's Python only.
        let mut child = Command::new("/usr/bin/python3")
            .args(["-u", PROGRAM])
            .args(more)
            .args(["-n", "-l", &address, "-c", "aiosmtpd.handlers.Debugging", "stdout"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("aiosmtpd starts");
        let out = BufReader::new(child.stdout.take().expect("standard output is a pipe"));
        let (told, lines) = mpsc::channel();
        // It ends with the server's standard output.
        std::thread::spawn(move || {
            out.lines().map_while(Result::ok).all(|line| told.send(line).is_ok())
        });
        wait_for("the SMTP server to listen", || TcpStream::connect(&address));
        Self { child, port, lines }
    }

    /// The lines of the next message.
    ///
    /// # Panics
    ///
    /// When none comes within a minute.
    pub fn message(&self) -> Vec<String> {
        let next = || self.lines.recv_timeout(Duration::from_secs(60)).expect("a message");
        while !next().contains("MESSAGE FOLLOWS") {}
        let mut lines = Vec::new();
        loop {
            let line = next();
            if line.contains("END MESSAGE") {
                return lines;
            }
            lines.push(line);
        }
    }
}

impl Drop for Smtpd {
    fn drop(&mut self) {
        // A server that is gone already is as good.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Files of a certificate for 127.0.0.1 that nobody but itself has signed, and of its key.
///
/// # Panics
///
/// When openssl is not installed.
pub fn certificate(folder: &Path) -> (String, String) {
    let file = |name: &str| folder.join(name).display().to_string();
    let (certificate, key) = (file("smtp.crt"), file("smtp.key"));
    let words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=x"];
    let more = ["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=CA:FALSE"];
    let made = Command::new("openssl")
        .args(words)
        .args(more)
        .args(["-keyout", &key, "-out", &certificate])
        .stderr(Stdio::null())
        .status();
    assert!(made.is_ok_and(|status| status.success()), "openssl makes no certificate");
    (certificate, key)
}
