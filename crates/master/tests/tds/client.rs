//! A client that says exactly what a test wants to be said, and shows what it hears as text.

use std::net::SocketAddr;
use std::time::Duration;

use tds::login7::Password;
use tds::packet::{Limits, PacketReader, PacketType, PacketWriter, Status};
use tds::prelogin::{Encryption, PreLogin};
use tds::request::{
    AllHeaders, Argument, ProcedureRef, RpcCall, RpcParameter, RpcRequest, SqlBatch,
};
use tds::token::{Done, DoneKind, EnvChange, Token, TokenReader};
use tds::{Login7, TypeInfo, Value, Version};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// Waits until something holds, without keeping the server from running.
pub(crate) async fn until(what: &str, holds: impl Fn() -> bool) {
    let held = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(DEADLINE, held).await.unwrap_or_else(|_| panic!("no end of the wait for {what}"));
}

pub(crate) trait Socket: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Socket for T {}

pub(crate) struct Client {
    socket: Box<dyn Socket>,
    answers: PacketReader,
    version: Version,
}

pub(crate) fn login() -> Login7 {
    Login7 {
        version: Version::V7_4.number(),
        packet_size: 4096,
        user_name: "sa".to_owned(),
        password: Password::new("secret"),
        database: "SSISDB".to_owned(),
        application: "test".to_owned(),
        ..Login7::default()
    }
}

impl Client {
    pub(crate) fn on(socket: impl Socket + 'static, version: Version) -> Self {
        let limits = Limits { packet: 32767, message: 1 << 28 };
        Self { socket: Box::new(socket), answers: PacketReader::new(limits), version }
    }

    /// Connects without encryption and logs in.
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let (mut client, _) = Self::try_login(address, &login()).await;
        client.answers_nothing_more();
        client
    }

    /// Connects without encryption; gives what is answered to the login.
    pub(crate) async fn try_login(address: SocketAddr, login: &Login7) -> (Self, Vec<String>) {
        let socket = TcpStream::connect(address).await.unwrap();
        let version = Version::for_client(login.version).unwrap();
        let mut client = Self::on(socket, version);
        client.prelogin(Encryption::NotSupported).await;
        let answer = client.login(login).await;
        (client, answer)
    }

    pub(crate) async fn prelogin(&mut self, encryption: Encryption) -> PreLogin {
        let mut payload = Vec::new();
        PreLogin {
            version: Some([9, 0, 0, 0, 0, 0]),
            encryption: Some(encryption),
            ..PreLogin::default()
        }
        .encode(&mut payload);
        self.send(PacketType::PreLogin, &payload).await;
        PreLogin::decode(&self.message().await.unwrap()).unwrap()
    }

    pub(crate) async fn login(&mut self, login: &Login7) -> Vec<String> {
        let mut payload = Vec::new();
        login.encode(&mut payload);
        self.send(PacketType::Login7, &payload).await;
        self.answer().await
    }

    pub(crate) async fn batch(&mut self, text: &str) -> Vec<String> {
        self.send_batch(text, Status::default()).await;
        self.answer().await
    }

    pub(crate) async fn send_batch(&mut self, text: &str, status: Status) {
        let mut payload = Vec::new();
        SqlBatch { headers: AllHeaders::default(), text: text.to_owned() }
            .encode(self.version, &mut payload);
        self.send_with(PacketType::SqlBatch, status, &payload).await;
    }

    pub(crate) async fn call(&mut self, calls: &[(&str, Vec<RpcParameter>)]) -> Vec<String> {
        let calls = calls.iter().map(|(name, parameters)| RpcCall {
            procedure: ProcedureRef::Name((*name).to_owned()),
            options: 0,
            parameters: parameters.clone(),
            no_execute: false,
        });
        let mut payload = Vec::new();
        let request = RpcRequest { headers: AllHeaders::default(), calls: calls.collect() };
        request.encode(self.version, &mut payload).unwrap();
        self.send(PacketType::Rpc, &payload).await;
        self.answer().await
    }

    pub(crate) async fn attention(&mut self) {
        self.send(PacketType::Attention, &[]).await;
    }

    pub(crate) async fn send(&mut self, kind: PacketType, payload: &[u8]) {
        self.send_with(kind, Status::default(), payload).await;
    }

    async fn send_with(&mut self, kind: PacketType, first: Status, payload: &[u8]) {
        let mut wire = Vec::new();
        let mut writer = PacketWriter::new(kind, 4096, 0);
        writer.set_first_status(first);
        writer.write(payload, &mut wire);
        writer.finish(&mut wire);
        self.socket.write_all(&wire).await.unwrap();
        self.socket.flush().await.unwrap();
    }

    /// The next message; `None` when the server has hung up.
    pub(crate) async fn message(&mut self) -> Option<Vec<u8>> {
        loop {
            if let Some(message) = self.answers.next_message().unwrap() {
                return Some(message.payload);
            }
            let mut bytes = vec![0; 64 * 1024];
            let read = timeout(DEADLINE, self.socket.read(&mut bytes)).await;
            match read.expect("an answer in time") {
                Ok(0) | Err(_) => return None,
                Ok(read) => self.answers.feed(&bytes[..read]),
            }
        }
    }

    /// The next message's tokens as text; nothing when the server has hung up.
    pub(crate) async fn answer(&mut self) -> Vec<String> {
        let Some(message) = self.message().await else { return vec!["hung up".to_owned()] };
        let tokens = TokenReader::new(&message, self.version).read_all().unwrap();
        tokens.iter().map(draw).collect()
    }

    pub(crate) fn answers_nothing_more(&mut self) {
        assert_eq!(self.answers.next_message().unwrap(), None);
        assert!(!self.answers.has_leftover());
    }
}

pub(crate) fn parameter(
    name: &str,
    output: bool,
    type_info: TypeInfo,
    value: Value,
) -> RpcParameter {
    let argument = Argument::Scalar { type_info, value };
    RpcParameter { name: name.to_owned(), output, default: false, argument }
}

fn draw(token: &Token) -> String {
    match token {
        Token::LoginAck(ack) => format!("login ack {:08X} {}", ack.version, ack.program),
        Token::EnvChange(change) => draw_change(change),
        Token::FeatureExtAck(ack) => format!("features {}", ack.features.len()),
        Token::Message(message) => format!(
            "{} {} state {} line {} {}{}: {}",
            if message.is_error() { "error" } else { "info" },
            message.number,
            message.state,
            message.line,
            message.server,
            if message.procedure.is_empty() {
                String::new()
            } else {
                format!(".{}", message.procedure)
            },
            message.text
        ),
        Token::Done(done) => draw_done(done),
        Token::ReturnStatus(status) => format!("status {}", status.0),
        Token::ReturnValue(value) => {
            format!("output {} {:?} = {}", value.ordinal, value.name, draw_value(&value.value))
        }
        Token::ColMetadata(columns) => {
            let columns = columns
                .columns
                .iter()
                .map(|column| format!("{} {}", column.name, column.type_info.name()));
            format!("columns {}", columns.collect::<Vec<_>>().join(", "))
        }
        Token::Row(values) => {
            let values = values.iter().map(draw_value);
            format!("row {}", values.collect::<Vec<_>>().join(", "))
        }
        Token::Order(_) | Token::TabName(_) | Token::ColInfo(_) => format!("{token:?}"),
    }
}

fn draw_value(value: &Value) -> String {
    if let Value::String(text) = value {
        if text.len() <= 100 { format!("{text:?}") } else { format!("{} bytes", text.len()) }
    } else {
        format!("{value:?}")
    }
}

fn draw_change(change: &EnvChange) -> String {
    match change {
        EnvChange::Database { new, old } => format!("database {old:?} -> {new:?}"),
        EnvChange::Language { new, old } => format!("language {old:?} -> {new:?}"),
        EnvChange::PacketSize { new, .. } => format!("packet size {new}"),
        EnvChange::Collation { .. } => "collation".to_owned(),
        EnvChange::BeginTransaction(id) => format!("begun {}", id.0),
        EnvChange::CommitTransaction(id) => format!("committed {}", id.0),
        EnvChange::RollbackTransaction(id) => format!("rolled back {}", id.0),
        EnvChange::ResetConnection => "reset".to_owned(),
        EnvChange::Routing { port, server } => format!("go to {server}:{port}"),
        EnvChange::CharacterSet { .. } | EnvChange::Other { .. } => format!("{change:?}"),
    }
}

fn draw_done(done: &Done) -> String {
    let mut text = match done.kind {
        DoneKind::Done => "done",
        DoneKind::Proc => "done proc",
        DoneKind::InProc => "done in proc",
    }
    .to_owned();
    if let Some(rows) = done.rows {
        text.push_str(&format!(" {rows} rows"));
    }
    for (set, word) in [
        (done.error, " error"),
        (done.in_transaction, " in transaction"),
        (done.attention, " attention"),
        (done.more, " more"),
    ] {
        text.push_str(if set { word } else { "" });
    }
    text
}
