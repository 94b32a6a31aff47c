//! Connections whose every wait ends: after a time without a byte, or when somebody says stop.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

/// Says whether the work should end.
pub type Stop<'a> = &'a (dyn Fn() -> bool + Sync);

/// How often a wait asks whether it should end.
pub(super) const SLICE: Duration = Duration::from_millis(50);

/// A connection that waits no longer than it may.
pub(super) struct Paced<'a> {
    stream: TcpStream,
    time_max: Option<Duration>,
    stop: Stop<'a>,
}

impl<'a> Paced<'a> {
    pub(super) fn new(
        stream: TcpStream,
        time_max: Option<Duration>,
        stop: Stop<'a>,
    ) -> io::Result<Self> {
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(SLICE))?;
        stream.set_write_timeout(Some(SLICE))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, time_max, stop })
    }

    pub(super) const fn stream(&self) -> &TcpStream {
        &self.stream
    }

    pub(super) const fn time_max(&self) -> Option<Duration> {
        self.time_max
    }

    pub(super) const fn stop(&self) -> Stop<'a> {
        self.stop
    }
}

impl Read for Paced<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        until(self.time_max, self.stop, || self.stream.read(into))
    }
}

impl Write for Paced<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        until(self.time_max, self.stop, || self.stream.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

impl fmt::Debug for Paced<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Paced").field("time_max", &self.time_max).finish_non_exhaustive()
    }
}

/// Tries something that gives up after a slice of time, until it is done or may wait no longer.
pub(super) fn until<T>(
    time_max: Option<Duration>,
    stop: Stop<'_>,
    mut work: impl FnMut() -> io::Result<T>,
) -> io::Result<T> {
    let start = Instant::now();
    loop {
        match work() {
            Err(error) if is_patience(&error) => {}
            done => return done,
        }
        if stop() {
            return Err(io::Error::other("the execution is stopped"));
        }
        if let Some(most) = time_max.filter(|most| *most <= start.elapsed()) {
            let text = format!("no answer within {} s", most.as_secs_f64());
            return Err(io::Error::new(io::ErrorKind::TimedOut, text));
        }
    }
}

fn is_patience(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted
    )
}

/// Sleeps, and says whether the work should end.
pub(super) fn pause(time: Duration, stop: Stop<'_>) -> bool {
    let start = Instant::now();
    while start.elapsed() < time {
        if stop() {
            return true;
        }
        std::thread::sleep(SLICE.min(time));
    }
    stop()
}

/// Connects to the first address of a host that answers.
pub(super) fn connect(
    host: &str,
    port: u16,
    time_max: Option<Duration>,
    stop: Stop<'_>,
) -> io::Result<TcpStream> {
    let (tell, told) = mpsc::channel();
    let host = host.to_owned();
    // Neither the look-up of a name nor a connection can be told to stop, so a thread is left
    // behind with them, which ends when they do.
    let work = move || drop(tell.send(connect_now(&host, port, time_max)));
    std::thread::Builder::new().name("ftp-connect".to_owned()).spawn(work)?;
    until(time_max, stop, || {
        told.recv_timeout(SLICE).map_err(|error| match error {
            RecvTimeoutError::Timeout => io::ErrorKind::WouldBlock.into(),
            RecvTimeoutError::Disconnected => io::Error::other("nothing came of it"),
        })
    })?
}

fn connect_now(host: &str, port: u16, time_max: Option<Duration>) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in (host, port).to_socket_addrs()? {
        let connected = match time_max {
            Some(most) => TcpStream::connect_timeout(&address, most),
            None => TcpStream::connect(address),
        };
        match connected {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}
