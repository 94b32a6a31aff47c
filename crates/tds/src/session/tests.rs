//! Sessions of real clients: what each sends, byte for byte where it matters, and what it must
//! be answered.

mod captured;

use insta::assert_snapshot;
use proptest::prelude::*;

use super::*;
use crate::login7::{Feature, LoginFlags, Password, feature};
use crate::packet::Status;
use crate::prelogin::{Encryption, PreLogin};
use crate::request::{
    AllHeaders, Argument, ProcedureId, ProcedureRef, RpcCall, RpcParameter, RpcRequest, SqlBatch,
};
use crate::token::{Done, DoneKind, EnvChange, FeatureExtAck, Token, TokenReader};
use crate::types::{TypeInfo, Value};

/// A client at the other end of a session. It reads what the session sends as packets.
struct Client {
    session: Session,
    answers: PacketReader,
    /// What else the session wanted, drawn as text.
    wants: Vec<String>,
}

impl Client {
    fn new(options: SessionOptions) -> Client {
        let limits = Limits { packet: 32767, message: 1 << 24 };
        Client { session: Session::new(options), answers: PacketReader::new(limits), wants: vec![] }
    }

    fn send(&mut self, kind: PacketType, payload: &[u8]) -> &mut Client {
        self.send_with(kind, Status::default(), payload)
    }

    fn send_with(&mut self, kind: PacketType, first: Status, payload: &[u8]) -> &mut Client {
        let mut wire = Vec::new();
        let mut writer = PacketWriter::new(kind, 4096, 0);
        writer.set_first_status(first);
        writer.write(payload, &mut wire);
        writer.finish(&mut wire);
        self.session.receive(&wire);
        self
    }

    fn pump(&mut self) {
        while let Some(event) = self.session.next_event() {
            let drawn = match event {
                Event::Send(bytes) => {
                    self.answers.feed(&bytes);
                    continue;
                }
                Event::StartTls => "start TLS".to_owned(),
                Event::StopTls => "stop TLS".to_owned(),
                Event::CheckLogin(login) => {
                    format!("check {} into {:?}", login.user_name, login.database)
                }
                Event::Reset(reset) => format!("reset {reset:?}"),
                Event::Run(request) => match *request {
                    Request::Batch(batch) => format!("run {:?}", batch.text),
                    Request::Rpc(rpc) => format!("call {:?}", rpc.calls[0].procedure),
                    Request::Transaction(request) => format!("{:?}", request.command),
                    Request::BulkLoad(load) => format!("{load:?}"),
                },
                Event::Cancel => "cancel".to_owned(),
                Event::Close(why) => format!("close: {why}"),
            };
            self.wants.push(drawn);
        }
    }

    /// What the session wanted since the last call.
    fn wants(&mut self) -> String {
        self.pump();
        std::mem::take(&mut self.wants).join(" | ")
    }

    /// The next whole message of the session.
    fn answer(&mut self) -> Option<Vec<u8>> {
        self.pump();
        self.answers.next_message().unwrap().map(|message| message.payload)
    }

    /// The tokens of the next message, drawn as text.
    fn tokens(&mut self) -> String {
        let payload = self.answer().expect("an answer");
        let tokens = TokenReader::new(&payload, self.session.version()).read_all().unwrap();
        tokens.iter().map(draw).collect::<Vec<_>>().join("\n")
    }

    fn prelogin(&mut self, encryption: Encryption) -> PreLogin {
        let request = PreLogin {
            version: Some([9, 0, 0, 0, 0, 0]),
            encryption: Some(encryption),
            instance: Some(b"MSSQLServer\0".to_vec()),
            thread: Some(4711),
            mars: Some(false),
            ..PreLogin::default()
        };
        self.send_prelogin(&request)
    }

    fn send_prelogin(&mut self, request: &PreLogin) -> PreLogin {
        let mut payload = Vec::new();
        request.encode(&mut payload);
        self.send(PacketType::PreLogin, &payload);
        PreLogin::decode(&self.answer().expect("an answer to PRELOGIN")).unwrap()
    }

    fn login(&mut self, login: &Login7) -> &mut Client {
        let mut payload = Vec::new();
        login.encode(&mut payload);
        self.send(PacketType::Login7, &payload)
    }

    fn batch(&mut self, text: &str) -> &mut Client {
        self.batch_with(Status::default(), text)
    }

    fn batch_with(&mut self, status: Status, text: &str) -> &mut Client {
        let mut payload = Vec::new();
        let headers = AllHeaders { outstanding: 1, ..AllHeaders::default() };
        let batch = SqlBatch { headers, text: text.to_owned() };
        batch.encode(self.session.version(), &mut payload);
        self.send_with(PacketType::SqlBatch, status, &payload)
    }

    fn respond_done(&mut self, done: Done) {
        let mut tokens = Vec::new();
        done.encode(self.session.version(), &mut tokens);
        self.session.respond(&tokens);
        self.session.finish();
    }
}

fn draw(token: &Token) -> String {
    match token {
        Token::Message(message) => {
            format!("{} {}: {}", message.number, message.class, message.text)
        }
        Token::Done(done) => {
            let kind = match done.kind {
                DoneKind::Done => "done",
                DoneKind::Proc => "done proc",
                DoneKind::InProc => "done in proc",
            };
            let flags =
                [(done.error, " error"), (done.attention, " attention"), (done.more, " more")];
            flags
                .iter()
                .filter(|(set, _)| *set)
                .fold(kind.to_owned(), |text, (_, name)| text + name)
        }
        Token::LoginAck(ack) => format!("login ack {:08X}", ack.version),
        Token::EnvChange(change) => format!("{change:?}"),
        Token::FeatureExtAck(FeatureExtAck { features }) => format!("{features:?}"),
        Token::ReturnStatus(_)
        | Token::ReturnValue(_)
        | Token::Order(_)
        | Token::ColMetadata(_)
        | Token::Row(_)
        | Token::TabName(_)
        | Token::ColInfo(_) => format!("{token:?}"),
    }
}

fn sa(version: u32) -> Login7 {
    Login7 {
        version,
        packet_size: 4096,
        flags: LoginFlags { first: 0xE0, second: 0x03, ..LoginFlags::default() },
        user_name: "sa".into(),
        password: Password::new("secret"),
        database: "SSISDB".into(),
        language: "us_english".into(),
        ..Login7::default()
    }
}

fn with_features(login: Login7, ids: &[u8]) -> Login7 {
    let features = ids.iter().map(|id| Feature { id: *id, data: vec![] }).collect();
    Login7 { features, ..login }
}

fn answer() -> LoginAnswer {
    LoginAnswer { database: "SSISDB".into(), language: "us_english".into() }
}

/// A client that is logged in, over a plain connection.
fn logged_in() -> Client {
    let mut client = Client::new(SessionOptions::default());
    client.prelogin(Encryption::NotSupported);
    client.login(&with_features(sa(0x7400_0004), &[feature::UTF8_SUPPORT]));
    assert_eq!(client.wants(), r#"check sa into "SSISDB""#);
    client.session.accept_login(&answer());
    client.answer().unwrap();
    client
}

#[test]
fn freetds_is_greeted_like_by_sql_server() {
    let mut client = Client::new(SessionOptions::default());
    // `tsql` without `encryption=require` asks for OFF: only the login is encrypted.
    assert_eq!(client.prelogin(Encryption::Off).encryption, Some(Encryption::Off));
    assert_snapshot!(client.wants(), @"start TLS");
    client.session.tls_started();
    client.login(&with_features(sa(0x7400_0004), &[feature::UTF8_SUPPORT]));
    assert_snapshot!(client.wants(), @r#"stop TLS | check sa into "SSISDB""#);
    client.session.accept_login(&answer());
    assert_snapshot!(client.tokens(), @r#"
    Database { new: "SSISDB", old: "master" }
    5701 0: Changed database context to 'SSISDB'.
    Collation { new: Collation { info: 13632521, sort_id: 52 }, old: None }
    Language { new: "us_english", old: "" }
    5703 0: Changed language setting to us_english.
    login ack 74000004
    PacketSize { new: 4096, old: 4096 }
    [FeatureAck { id: 10, data: [1] }]
    done
    "#);
    client.batch("select 1");
    assert_snapshot!(client.wants(), @r#"run "select 1""#);
}

#[test]
fn tedious_encrypts_all_and_asks_with_the_options_of_today() {
    let mut client = Client::new(SessionOptions::default());
    let reply = client.send_prelogin(&PreLogin {
        version: Some([0, 0, 0, 1, 0, 0]),
        encryption: Some(Encryption::On),
        instance: Some(vec![0]),
        thread: Some(0),
        mars: Some(false),
        trace: Some(vec![0; 36]),
        federated_authentication: Some(true),
        ..PreLogin::default()
    });
    assert_eq!(reply.encryption, Some(Encryption::On));
    assert_eq!((reply.mars, reply.federated_authentication), (Some(false), None));
    assert_snapshot!(client.wants(), @"start TLS");
    client.session.tls_started();
    client.login(&with_features(sa(0x7400_0004), &[feature::UTF8_SUPPORT]));
    assert_snapshot!(client.wants(), @r#"check sa into "SSISDB""#);
}

#[test]
fn the_odbc_driver_asks_for_packets_of_no_size_and_for_features_we_do_not_have() {
    let mut client = Client::new(SessionOptions::default());
    client.prelogin(Encryption::On);
    client.session.tls_started();
    let login = Login7 { packet_size: 0, ..sa(0x7400_0004) };
    client.login(&with_features(login, &[0x01, 0x09, 0x0A, 0x0B, 0x10]));
    client.wants();
    client.session.accept_login(&answer());
    let tokens = client.tokens();
    assert!(tokens.contains("PacketSize { new: 4096, old: 4096 }"), "{tokens}");
    assert!(tokens.contains("[FeatureAck { id: 10, data: [1] }]"), "{tokens}");
}

#[test]
fn a_client_without_extensions_gets_no_feature_ack() {
    let mut client = Client::new(SessionOptions::default());
    client.prelogin(Encryption::NotSupported);
    client.login(&sa(0x730B_0003));
    client.wants();
    client.session.accept_login(&answer());
    let tokens = client.tokens();
    assert!(tokens.contains("login ack 730B0003"), "{tokens}");
    assert!(!tokens.contains("FeatureAck"), "{tokens}");
}

#[test]
fn jtds_logs_in_without_prelogin_and_speaks_7_1() {
    let mut client = Client::new(SessionOptions::default());
    client.login(&sa(0x7100_0001));
    assert_snapshot!(client.wants(), @r#"check sa into "SSISDB""#);
    client.session.accept_login(&answer());
    let tokens = client.tokens();
    assert!(tokens.contains("login ack 71000001"), "{tokens}");
    // No ALL_HEADERS: the text starts at once.
    client.send(PacketType::SqlBatch, b"S\0Q\0L\0");
    assert_snapshot!(client.wants(), @r#"run "SQL""#);
    client.respond_done(Done { rows: Some(1), ..Done::default() });
    assert_eq!(client.answer().unwrap(), [0xFD, 0x10, 0, 0, 0, 1, 0, 0, 0]);
}

#[test]
fn strict_clients_are_inside_tls_and_hear_the_version_that_they_said() {
    for (said, heard) in [(0x7400_0004, "74000004"), (0x0800_0000, "08000000")] {
        let strict = SessionOptions { strict: true, ..SessionOptions::default() };
        let mut client = Client::new(strict);
        assert!(opens_with_tls(0x16) && !opens_with_tls(0x12));
        assert_eq!(client.prelogin(Encryption::On).encryption, Some(Encryption::On));
        client.login(&with_features(sa(said), &[feature::UTF8_SUPPORT]));
        assert_eq!(client.wants(), r#"check sa into "SSISDB""#);
        client.session.accept_login(&answer());
        let tokens = client.tokens();
        assert!(tokens.contains(&format!("login ack {heard}")), "{tokens}");
        client.batch("select 1");
        assert_eq!(client.wants(), r#"run "select 1""#);
    }
}

#[test]
fn forced_encryption_turns_away_who_cannot() {
    let forced =
        SessionOptions { encryption: EncryptionPolicy::Forced, ..SessionOptions::default() };
    let mut client = Client::new(forced.clone());
    assert_eq!(client.prelogin(Encryption::Off).encryption, Some(Encryption::Required));
    assert_snapshot!(client.wants(), @"start TLS");

    let mut client = Client::new(forced.clone());
    assert_eq!(client.prelogin(Encryption::NotSupported).encryption, Some(Encryption::Required));
    assert_snapshot!(client.wants(), @"close: the client cannot encrypt, and this server requires it");

    let mut client = Client::new(forced);
    client.login(&sa(0x7100_0001));
    assert_snapshot!(client.wants(), @"close: the login was refused");
    assert!(client.tokens().starts_with("17835 20: Encryption is required"));
}

#[test]
fn another_instance_is_not_here() {
    let mut client = Client::new(SessionOptions::default());
    let instance = Some(b"OTHER\0".to_vec());
    let encryption = Some(Encryption::On);
    let request = PreLogin { instance, encryption, ..PreLogin::default() };
    assert_eq!(client.send_prelogin(&request).instance, Some(vec![1]));
    assert_snapshot!(client.wants(), @"close: the client asks for another instance");
}

#[test]
fn a_client_that_does_not_wait_for_tls_is_cut_off() {
    let mut client = Client::new(SessionOptions::default());
    let mut wire = Vec::new();
    let mut payload = Vec::new();
    PreLogin { encryption: Some(Encryption::On), ..PreLogin::default() }.encode(&mut payload);
    let mut writer = PacketWriter::new(PacketType::PreLogin, 4096, 0);
    writer.write(&payload, &mut wire);
    writer.finish(&mut wire);
    wire.extend_from_slice(b"plain");
    client.session.receive(&wire);
    assert_snapshot!(client.wants(), @"start TLS | close: the client went on without waiting for TLS");
}

#[test]
fn a_wrong_password_gets_its_message_and_the_door() {
    let mut client = Client::new(SessionOptions::default());
    client.prelogin(Encryption::NotSupported);
    client.login(&sa(0x7400_0004));
    client.wants();
    client.session.refuse_login(&[ServerMessage {
        number: 18456,
        class: 14,
        text: "Login failed for user 'sa'.".into(),
        ..ServerMessage::default()
    }]);
    assert_snapshot!(client.tokens(), @"
    18456 14: Login failed for user 'sa'.
    done error
    ");
    assert_snapshot!(client.wants(), @"close: the login was refused");
}

#[test]
fn what_we_do_not_do_at_login_is_refused_by_name() {
    let refusal = |login: Login7| {
        let mut client = Client::new(SessionOptions::default());
        client.prelogin(Encryption::NotSupported);
        client.login(&login);
        assert_eq!(client.wants(), "close: the login was refused");
        client.tokens()
    };
    let flags = LoginFlags { second: 0x80, ..LoginFlags::default() };
    assert_snapshot!(refusal(Login7 { flags, sspi: vec![1], ..sa(0x7400_0004) }), @"
    18452 14: Login failed. The login is from an untrusted domain and cannot be used with Integrated authentication.
    done error
    ");
    assert_snapshot!(refusal(with_features(sa(0x7400_0004), &[0x02])), @"
    18456 14: Login failed for user '<token-identified principal>'. Federated authentication is not supported; use a SQL login.
    done error
    ");
    let new_password = Password::new("other");
    assert_snapshot!(refusal(Login7 { new_password, ..sa(0x7400_0004) }), @"
    18456 14: Login failed for user 'sa'. Changing the password while logging in is not supported.
    done error
    ");
    assert_snapshot!(refusal(Login7 { attach_file: "a.mdf".into(), ..sa(0x7400_0004) }), @"
    15350 14: Attaching a database file while logging in is not supported.
    done error
    ");
    assert_snapshot!(refusal(sa(0x7000_0000)), @"
    18456 14: The client speaks a version of TDS before 7.1, which is not supported.
    done error
    ");
}

#[test]
fn a_standby_sends_the_client_to_the_active_server() {
    let mut client = Client::new(SessionOptions::default());
    client.prelogin(Encryption::NotSupported);
    client.login(&sa(0x7400_0004));
    client.wants();
    client.session.route_login("active.example", 1433);
    assert_snapshot!(client.tokens(), @r#"
    login ack 74000004
    Routing { port: 1433, server: "active.example" }
    done
    "#);
    assert_snapshot!(client.wants(), @"close: the client was sent to another server");

    let mut client = Client::new(SessionOptions::default());
    client.prelogin(Encryption::NotSupported);
    client.login(&sa(0x7209_0002));
    client.wants();
    client.session.route_login("active.example", 1433);
    let tokens = client.tokens();
    assert!(tokens.contains("Connect to active.example,1433."), "{tokens}");
}

#[test]
fn a_cancel_ends_the_response_and_is_acknowledged_in_a_message_of_its_own() {
    let mut client = logged_in();
    client.batch("waitfor delay '1:00'");
    assert_snapshot!(client.wants(), @r#"run "waitfor delay '1:00'""#);
    client.send(PacketType::Attention, &[]);
    assert_snapshot!(client.wants(), @"cancel");
    client.session.cancelled();
    assert_snapshot!(client.tokens(), @"done error");
    assert_snapshot!(client.tokens(), @"done attention");
    client.batch("select 1");
    assert_snapshot!(client.wants(), @r#"run "select 1""#);
}

#[test]
fn a_cancel_that_comes_too_late_is_acknowledged_too() {
    let mut client = logged_in();
    client.batch("select 1").send(PacketType::Attention, &[]);
    assert_snapshot!(client.wants(), @r#"run "select 1" | cancel"#);
    client.respond_done(Done::default());
    assert_snapshot!(client.tokens(), @"done");
    assert_snapshot!(client.tokens(), @"done attention");
    // FreeTDS, pymssql and python-tds cancel when nothing runs.
    client.send(PacketType::Attention, &[]);
    assert_snapshot!(client.tokens(), @"done attention");
    assert_eq!(client.wants(), "");
}

#[test]
fn a_cancel_that_comes_too_late_does_not_hit_the_next_request() {
    let mut client = logged_in();
    client.batch("one").batch("two").send(PacketType::Attention, &[]);
    client.respond_done(Done::default());
    assert_snapshot!(client.wants(), @r#"run "one" | run "two""#);
    assert_snapshot!(client.tokens(), @"done");
    assert_snapshot!(client.tokens(), @"done attention");
}

#[test]
fn a_response_of_many_packets_gets_no_end_of_its_own() {
    let mut client = logged_in();
    client.batch("many").wants();
    let mut wire = Vec::new();
    Done { more: true, ..Done::default() }.encode(Version::V7_4, &mut wire);
    for _ in 0..256 {
        client.session.respond(&wire);
        client.session.flush();
    }
    client.session.finish();
    assert_eq!(client.answer().unwrap().len(), 256 * wire.len());
}

#[test]
fn a_request_that_nobody_answered_ends_with_a_done() {
    let mut client = logged_in();
    client.batch("nothing").wants();
    client.session.finish();
    assert_snapshot!(client.tokens(), @"done");
}

#[test]
fn a_request_given_up_while_it_was_sent_is_answered_and_not_run() {
    let mut client = logged_in();
    client.batch_with(Status::IGNORE, "drop database SSISDB");
    assert_snapshot!(client.tokens(), @"done error");
    assert_eq!(client.wants(), "");
}

#[test]
fn a_reset_is_told_before_anything_else() {
    let mut client = logged_in();
    client.batch_with(Status::RESET, "select 1");
    assert_snapshot!(client.wants(), @r#"reset All | run "select 1""#);
    client.respond_done(Done::default());
    assert_snapshot!(client.tokens(), @"
    ResetConnection
    done
    ");
    client.batch_with(Status::RESET_KEEP_TRANSACTION, "select 1");
    assert_snapshot!(client.wants(), @r#"reset AllButTransaction | run "select 1""#);
}

#[test]
fn one_request_waits_for_the_running_one_and_a_third_is_too_many() {
    let mut client = logged_in();
    client.batch("one").batch("two");
    assert_snapshot!(client.wants(), @r#"run "one""#);
    client.respond_done(Done::default());
    assert_snapshot!(client.wants(), @r#"run "two""#);
    client.batch("three").batch("four");
    assert_snapshot!(client.wants(), @"close: too many requests at once");
}

#[test]
fn a_broken_request_is_answered_and_the_next_one_runs() {
    let mut client = logged_in();
    client.send(PacketType::BulkLoad, &[1, 2, 3]);
    assert_snapshot!(client.tokens(), @"
    4002 16: The incoming tabular data stream (TDS) protocol stream is incorrect. bulk load has an unknown value: 0x1.
    done error
    ");
    client.send(PacketType::Rpc, &[4, 0, 0, 0, 0xFF, 0xFF, 99, 0]);
    assert_snapshot!(client.tokens(), @"
    8009 16: The incoming tabular data stream (TDS) remote procedure call (RPC) protocol stream is incorrect. procedure number has an unknown value: 0x63.
    done error
    ");
    client.send(PacketType::SqlBatch, &[4, 0, 0, 0, 0x41]);
    assert_snapshot!(client.tokens(), @"
    4002 16: The incoming tabular data stream (TDS) protocol stream is incorrect. batch is not UTF-16.
    done error
    ");
    client.batch("select 1");
    assert_snapshot!(client.wants(), @r#"run "select 1""#);
}

#[test]
fn tiberius_names_the_parameters_of_sp_executesql_without_at_sign() {
    let mut client = logged_in();
    let text = |name: &str, text: &str| {
        let value = Value::String(text.into());
        let argument = Argument::Scalar { type_info: TypeInfo::nvarchar_max(), value };
        RpcParameter { name: name.into(), output: false, default: false, argument }
    };
    let call = RpcCall {
        procedure: ProcedureRef::Id(ProcedureId::ExecuteSql),
        options: 0,
        parameters: vec![text("stmt", "select @P1"), text("params", "@P1 int")],
        no_execute: false,
    };
    let mut payload = Vec::new();
    let request = RpcRequest { headers: AllHeaders::default(), calls: vec![call] };
    request.encode(Version::V7_4, &mut payload).unwrap();
    client.send(PacketType::Rpc, &payload);
    assert_snapshot!(client.wants(), @"call Id(ExecuteSql)");
}

#[test]
fn the_new_packet_size_counts_from_behind_the_login() {
    let mut client = Client::new(SessionOptions::default());
    client.prelogin(Encryption::NotSupported);
    client.login(&Login7 { packet_size: 512, ..sa(0x7400_0004) });
    client.wants();
    let long = LoginAnswer { database: "D".repeat(128), ..answer() };
    client.session.accept_login(&long);
    let Some(Event::Send(greeting)) = client.session.next_event() else { panic!("no greeting") };
    assert!(greeting.len() > 512 && greeting[1] == Status::END.0, "one packet of the old size");
    client.batch("select 1");
    client.session.next_event();
    client.session.respond(&[0xFD; 1000]);
    let Some(Event::Send(part)) = client.session.next_event() else { panic!("nothing sent") };
    assert_eq!(part[..4], [4, 0, 2, 0]);
    assert_eq!(part.len(), 512, "rows go out while the response is being written");
}

#[test]
fn a_long_response_is_not_kept_in_memory() {
    let mut client = logged_in();
    client.batch("select many");
    client.wants();
    let mut sent = 0;
    for _ in 0..1000 {
        client.session.respond(&[0; 100]);
        while let Some(Event::Send(bytes)) = client.session.next_event() {
            sent += bytes.len();
        }
    }
    assert!(sent > 95_000, "{sent}");
    client.session.flush();
    assert!(matches!(client.session.next_event(), Some(Event::Send(_))));
}

#[test]
fn an_old_client_and_a_browser_are_cut_off_with_a_reason() {
    let mut client = Client::new(SessionOptions::default());
    client.send(PacketType::PreTds7Login, &[0; 512]);
    assert_snapshot!(client.wants(), @"close: the client speaks a version of TDS that is too old");
    let mut client = Client::new(SessionOptions::default());
    client.session.receive(b"GET / HTTP/1.1\r\n\r\n");
    assert_snapshot!(client.wants(), @"close: cannot read the packets of the client");
    assert!(client.session.is_closed());
}

#[test]
fn a_transaction_is_named_by_its_descriptor() {
    let mut client = logged_in();
    let mut payload = Vec::new();
    AllHeaders::default().encode(Version::V7_4, &mut payload);
    payload.extend_from_slice(&[5, 0, 2, 0]);
    client.send(PacketType::TransactionManager, &payload);
    assert_snapshot!(client.wants(), @r#"Begin { isolation: ReadCommitted, name: "" }"#);
    let mut tokens = Vec::new();
    let begun = EnvChange::BeginTransaction(crate::token::TransactionDescriptor(1));
    begun.encode(Version::V7_4, &mut tokens).unwrap();
    client.session.respond(&tokens);
    client.respond_done(Done { in_transaction: true, ..Done::default() });
    assert_snapshot!(client.tokens(), @"
    BeginTransaction(TransactionDescriptor(1))
    done
    ");
}

proptest! {
    #[test]
    fn no_messages_make_a_session_panic(
        messages in prop::collection::vec(
            (prop::sample::select(vec![1u8, 2, 3, 4, 6, 7, 8, 0x0E, 0x10, 0x11, 0x12, 0x99]),
             any::<u8>(), prop::collection::vec(any::<u8>(), 0..60), 0..5u8),
            0..12),
        ready: bool,
    ) {
        let mut client = if ready { logged_in() } else { Client::new(SessionOptions::default()) };
        for (kind, status, payload, then) in messages {
            let length = (payload.len() + 8) as u8;
            let header = [kind, status | 1, 0, length, 0, 0, 1, 0];
            client.session.receive(&[&header[..], &payload].concat());
            match then {
                0 => client.session.finish(),
                1 => client.session.cancelled(),
                2 => client.session.tls_started(),
                3 => client.session.accept_login(&answer()),
                _ => client.session.respond(&payload),
            }
            client.pump();
        }
    }
}
