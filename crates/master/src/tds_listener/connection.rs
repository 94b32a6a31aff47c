//! One client's connection, from its first byte to its last.
//!
//! ```text
//!   Stream ──bytes──▶ tds::Session ──events──▶ Connection ──requests──▶ Work (a thread)
//!      ▲                                            │                      │
//!      └────────── unsent ◀──── tds::Session ◀──────┴───── tokens ─────────┘
//! ```
//!
//! The loop reads, writes and listens to the running request at the same time: a cancel comes
//! while rows go out, and a client that hangs up ends what it has started.
//!
//! # Invariants
//!
//! * An idle connection has no thread and no buffer of more than a few kilobytes.
//! * What waits to be sent stays below [`UNSENT_MAX`] and one chunk: who does not read waits alone.
//! * When the loop ends, the request has ended, and its transaction is rolled back.

use std::io;
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tds::session::{self, Closing, Event, LoginAnswer, Request, Reset};
use tds::token::ServerMessage;
use tds::{Login7, Session, SessionOptions};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use transport::Visitor;
use tsql::value::SqlError;

use super::host::{ConnectionFacts, Conversation, LoginRefusal, Welcome};
use super::response::Manner;
use super::server::{Phase, Server};
use super::sessions::Place;
use super::stream::Stream;
use super::work::{Finished, Job, News, Work, broken_off};

/// How long a client may take from its connection to its login.
const LOGIN_WITHIN: Duration = Duration::from_secs(30);

/// How long the last words to a client may take.
const FAREWELL_WITHIN: Duration = Duration::from_secs(5);

/// From how many bytes on that wait for the client no more are asked for.
const UNSENT_MAX: usize = 64 * 1024;

/// How much is read at once: what a TLS record holds.
const READ: usize = 16 * 1024;

/// Why a connection has ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum Ending {
    /// As clients do.
    #[error("the client has hung up")]
    HungUp,
    /// By the rules of the protocol.
    #[error("the connection was closed")]
    Closed(#[source] Closing),
    /// The socket, or TLS.
    #[error("the connection broke")]
    Broken(#[source] io::Error),
    /// No login in time.
    #[error("the client did not log in within {LOGIN_WITHIN:?}")]
    TooSlow,
    /// Too many clients that have not logged in are there.
    #[error("the client gave way to others before it logged in")]
    GaveWay,
    /// The server goes down.
    #[error("the server is stopping")]
    Stopping,
    /// `KILL`.
    #[error("the session was killed")]
    Killed,
    /// After a message of severity 20 and more.
    #[error("a request failed so badly that the session ends")]
    Fatal,
}

/// A connection.
pub(super) struct Connection {
    server: Arc<Server>,
    peer: SocketAddr,
    local: SocketAddr,
    place: Place,
    stream: Stream,
    session: Session,
    strict: bool,
    unsent: Unsent,
    engine: Engine,
    /// What the next request has to forget first.
    reset: Option<Reset>,
}

/// Who answers requests.
enum Engine {
    /// Nobody yet.
    None,
    /// Nothing is being answered.
    Idle(Box<dyn Conversation>),
    /// A request is.
    Busy(Box<Work>),
}

/// Bytes on their way to the client.
#[derive(Default)]
struct Unsent {
    bytes: Vec<u8>,
    sent: usize,
    /// Written, and maybe still in a buffer of TLS.
    unflushed: bool,
}

/// What has happened.
enum Turn {
    Received,
    HungUp,
    Finished(Finished, bool),
}

impl Connection {
    /// Serves a client until one of the two has enough.
    pub(super) async fn serve(
        server: Arc<Server>,
        socket: TcpStream,
        (place, visitor): (Place, Visitor),
        phase: watch::Receiver<Phase>,
    ) -> Ending {
        let addresses = (socket.peer_addr(), socket.local_addr());
        let (Ok(peer), Ok(local)) = addresses else { return Ending::HungUp };
        let opened = tokio::select! {
            opened = timeout(LOGIN_WITHIN, open(&server, socket)) => opened,
            () = visitor.must_leave() => return Ending::GaveWay,
        };
        let (stream, strict) = match opened {
            Ok(Ok(Some(opened))) => opened,
            Ok(Ok(None)) => return Ending::HungUp,
            Ok(Err(error)) => return Ending::Broken(error),
            Err(_) => return Ending::TooSlow,
        };
        let options = SessionOptions { strict, session_id: place.number(), ..server.options() };
        let mut connection = Connection {
            session: Session::new(options),
            unsent: Unsent::default(),
            engine: Engine::None,
            reset: None,
            server,
            peer,
            local,
            place,
            stream,
            strict,
        };
        let login = timeout(LOGIN_WITHIN, connection.run(&phase, Until::LoggedIn));
        let logged_in = tokio::select! {
            logged_in = login => Some(logged_in),
            () = visitor.must_leave() => None,
        };
        drop(visitor);
        let ending = match logged_in.unwrap_or(Ok(Err(Ending::GaveWay))) {
            Ok(Ok(())) => match connection.run(&phase, Until::Ended).await {
                Ok(()) => Ending::HungUp,
                Err(ending) => ending,
            },
            Ok(Err(ending)) => ending,
            Err(_) => Ending::TooSlow,
        };
        connection.end().await;
        ending
    }

    async fn run(&mut self, phase: &watch::Receiver<Phase>, until: Until) -> Result<(), Ending> {
        let (mut phase, mut killed) = (phase.clone(), self.place.killed());
        loop {
            self.server.hosts.counted(self.session.take_counts());
            while let Some(event) = self.session.next_event() {
                self.on_event(event, &phase).await?;
            }
            if until == Until::LoggedIn && !matches!(self.engine, Engine::None) {
                return Ok(());
            }
            self.leave_if_asked(*phase.borrow_and_update(), *killed.borrow_and_update())?;
            tokio::select! {
                turn = std::future::poll_fn(|cx| self.poll_turn(cx)) => {
                    self.on_turn(turn.map_err(Ending::Broken)?)?;
                }
                // Looked at above. An error means that the listener is gone, which it is not
                // before its connections.
                Ok(()) = phase.changed() => {}
                Ok(()) = killed.changed() => {}
            }
        }
    }

    fn leave_if_asked(&self, phase: Phase, killed: bool) -> Result<(), Ending> {
        match phase {
            _ if killed => Err(Ending::Killed),
            Phase::Cutting => Err(Ending::Stopping),
            // What is unsent is sent at the end.
            Phase::Draining if matches!(self.engine, Engine::Idle(_)) => Err(Ending::Stopping),
            Phase::Draining | Phase::Serving => Ok(()),
        }
    }

    async fn on_event(
        &mut self,
        event: Event,
        phase: &watch::Receiver<Phase>,
    ) -> Result<(), Ending> {
        match event {
            Event::Send(bytes) => self.unsent.push(bytes),
            Event::StartTls => self.start_tls().await.map_err(Ending::Broken)?,
            Event::StopTls => self.stream.stop_tls(),
            Event::CheckLogin(login) => {
                let phase = *phase.borrow();
                self.check_login(login, phase).await;
            }
            Event::Reset(reset) => self.remember(reset),
            Event::Run(request) => self.start(request),
            Event::Cancel => {
                if let Engine::Busy(work) = &mut self.engine {
                    work.cancel();
                }
            }
            Event::Close(closing) => return Err(Ending::Closed(closing)),
        }
        Ok(())
    }

    async fn start_tls(&mut self) -> io::Result<()> {
        self.send_all().await?;
        self.stream.start_tls_in_tunnel(&self.server.tunnelled).await?;
        self.session.tls_started();
        Ok(())
    }

    async fn check_login(&mut self, login: Box<Login7>, phase: Phase) {
        let (server, facts) = (Arc::clone(&self.server), self.facts());
        let user = login.user_name.clone();
        let _turn = catalog::logins::wait_in_line(self.peer.ip()).await;
        let checked = match server.logins.acquire().await {
            Ok(_place) => {
                let server = Arc::clone(&server);
                spawn_blocking(move || admit(&server, &login, facts, phase)).await
            }
            Err(_) => return self.refuse(&LoginRefusal::of(&user)),
        };
        match checked {
            Ok(Admission::Welcome(welcome)) => {
                let Welcome { conversation, database, language } = welcome;
                self.engine = Engine::Idle(conversation);
                self.session.accept_login(&LoginAnswer { database, language });
                tracing::debug!(peer = %self.peer, user, session = facts.session, "logged in");
            }
            Ok(Admission::Elsewhere(there)) => {
                self.session.route_login(&there.server, there.port);
            }
            Ok(Admission::Refused(refusal)) => self.refuse(&refusal),
            Err(error) => {
                tracing::error!(%error, "a T-SQL login broke off");
                self.refuse(&LoginRefusal::of(&user));
            }
        }
    }

    fn facts(&self) -> ConnectionFacts {
        ConnectionFacts {
            session: self.place.number(),
            peer: self.peer,
            local: self.local,
            encrypted: self.strict || matches!(self.stream, Stream::Tls(_)),
        }
    }

    fn refuse(&mut self, refusal: &LoginRefusal) {
        let messages: Vec<_> =
            refusal.errors.iter().map(|error| self.server.message(error)).collect();
        self.session.refuse_login(&messages);
    }

    /// To forget all is more than to forget some of it.
    fn remember(&mut self, reset: Reset) {
        if self.reset != Some(Reset::All) {
            self.reset = Some(reset);
        }
    }

    fn start(&mut self, request: Box<Request>) {
        match std::mem::replace(&mut self.engine, Engine::None) {
            Engine::Idle(conversation) => {
                let manner = Manner {
                    version: self.session.version(),
                    server_name: self.server.name().to_owned(),
                    in_transaction: false,
                };
                let job = Job { reset: self.reset.take(), request, manner };
                let places = Arc::clone(&self.server.batches);
                self.engine = Engine::Busy(Box::new(Work::start(conversation, job, places)));
            }
            // The session hands out one request at a time, and none before the login.
            other @ (Engine::None | Engine::Busy(_)) => self.engine = other,
        }
    }

    fn on_turn(&mut self, turn: Turn) -> Result<(), Ending> {
        match turn {
            Turn::Received => Ok(()),
            Turn::HungUp => Err(Ending::HungUp),
            Turn::Finished(Finished { conversation, fatal }, complete) => {
                let broken = conversation.is_none();
                self.engine = conversation.map_or(Engine::None, Engine::Idle);
                if broken {
                    let mut message = Vec::new();
                    let error = self.server.message(&broken_off());
                    error.encode(self.session.version(), &mut message);
                    self.session.respond(&message);
                }
                if complete {
                    self.session.finish()
                } else {
                    self.session.cancelled()
                }
                if fatal || broken { Err(Ending::Fatal) } else { Ok(()) }
            }
        }
    }

    /// Writes, listens to the request, reads: as much as goes without waiting.
    fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Turn>> {
        loop {
            let sending = self.unsent.poll_send(&mut self.stream, cx);
            if let Poll::Ready(Err(error)) = sending {
                return Poll::Ready(Err(error));
            }
            if self.unsent.len() >= UNSENT_MAX {
                break;
            }
            let Engine::Busy(work) = &mut self.engine else { break };
            match work.poll_next(cx) {
                Poll::Ready(News::Bytes { bytes, flush }) => {
                    self.session.respond(&bytes);
                    if flush {
                        self.session.flush();
                    }
                    self.unsent.push(self.session.take_bytes());
                }
                Poll::Ready(News::Finished { finished, complete }) => {
                    return Poll::Ready(Ok(Turn::Finished(finished, complete)));
                }
                Poll::Pending => break,
            }
        }
        self.poll_receive(cx)
    }

    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Turn>> {
        let mut bytes = [MaybeUninit::uninit(); READ];
        let mut piece = ReadBuf::uninit(&mut bytes);
        std::task::ready!(Pin::new(&mut self.stream).poll_read(cx, &mut piece))?;
        if piece.filled().is_empty() {
            return Poll::Ready(Ok(Turn::HungUp));
        }
        self.session.receive(piece.filled());
        Poll::Ready(Ok(Turn::Received))
    }

    async fn send_all(&mut self) -> io::Result<()> {
        std::future::poll_fn(|cx| self.unsent.poll_send(&mut self.stream, cx)).await
    }

    /// Stops what runs, says the last words, rolls back what is open.
    async fn end(mut self) {
        self.unsent.push(self.session.take_bytes());
        let farewell = async {
            self.send_all().await?;
            self.stream.shutdown().await
        };
        if !matches!(timeout(FAREWELL_WITHIN, farewell).await, Ok(Ok(()))) {
            tracing::trace!(peer = %self.peer, "the client did not wait for the last words");
        }
        let conversation = match std::mem::replace(&mut self.engine, Engine::None) {
            Engine::Idle(conversation) => Some(conversation),
            Engine::Busy(work) => work.stop().await,
            Engine::None => None,
        };
        let (hosts, session) = (Arc::clone(&self.server.hosts), self.place.number());
        let forgotten = spawn_blocking(move || {
            if let Some(mut conversation) = conversation {
                conversation.reset(false);
                drop(conversation);
                hosts.disconnected(session);
            }
        });
        if let Err(error) = forgotten.await {
            tracing::error!(%error, "a T-SQL session did not end well");
        }
    }
}

/// How long [`Connection::run`] goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    LoggedIn,
    Ended,
}

/// What comes of a login.
enum Admission {
    Welcome(Welcome),
    Refused(LoginRefusal),
    Elsewhere(super::host::Elsewhere),
}

fn admit(server: &Server, login: &Login7, facts: ConnectionFacts, phase: Phase) -> Admission {
    let draining = phase != Phase::Serving;
    if let Some(there) = server.hosts.elsewhere(draining) {
        return Admission::Elsewhere(there);
    }
    if draining {
        let error = SqlError::new(6005, 14, 1, "SHUTDOWN is in progress.");
        return Admission::Refused(LoginRefusal { errors: vec![error] });
    }
    match server.hosts.connect(login, &facts) {
        Ok(welcome) => Admission::Welcome(welcome),
        Err(refusal) => Admission::Refused(refusal),
    }
}

/// Looks at the first byte: TLS first (TDS 8.0), or TDS first. `None`: the client has hung up
/// without a word, as one does that tries several addresses at once.
async fn open(server: &Server, socket: TcpStream) -> io::Result<Option<(Stream, bool)>> {
    let mut first = [0];
    if socket.peek(&mut first).await? == 0 {
        return Ok(None);
    }
    let strict = session::opens_with_tls(first[0]);
    let mut stream = Stream::plain(socket);
    if strict {
        stream.start_tls(&server.strict).await?;
    }
    Ok(Some((stream, strict)))
}

impl Unsent {
    fn push(&mut self, mut bytes: Vec<u8>) {
        if self.is_empty() {
            (self.bytes, self.sent) = (bytes, 0);
        } else {
            self.bytes.append(&mut bytes);
        }
    }

    fn len(&self) -> usize {
        self.bytes.len() - self.sent
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Ready when everything is sent.
    fn poll_send(&mut self, stream: &mut Stream, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.is_empty() {
            let rest = &self.bytes[self.sent..];
            let written = std::task::ready!(Pin::new(&mut *stream).poll_write(cx, rest))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.sent += written;
            self.unflushed = true;
        }
        self.bytes = Vec::new();
        self.sent = 0;
        if self.unflushed {
            std::task::ready!(Pin::new(stream).poll_flush(cx))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }
}

impl Server {
    /// An error of the listener itself, as a token.
    fn message(&self, error: &SqlError) -> ServerMessage {
        ServerMessage {
            number: error.number,
            state: error.state,
            class: error.severity,
            text: error.message.clone(),
            server: self.name().to_owned(),
            procedure: String::new(),
            line: 1,
        }
    }
}
