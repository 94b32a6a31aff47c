//! From the first message to the answer to the login: [MS-TDS] 3.3.5.1 to 3.3.5.8.

use super::{Closing, Event, LoginFacts, Session, State};
use crate::error::DecodeError;
use crate::login7::{Login7, feature};
use crate::packet::{
    DEFAULT_PACKET_SIZE, LARGEST_PACKET_SIZE, Limits, Message, PacketType, negotiate_packet_size,
};
use crate::prelogin::{Encrypted, Encryption, EncryptionPolicy, PreLogin, negotiate_encryption};
use crate::token::{Done, EnvChange, FeatureAck, FeatureExtAck, LoginAck, ServerMessage};
use crate::version::Version;

/// What a session starts with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginAnswer {
    /// The current database.
    pub database: String,
    /// The language of messages.
    pub language: String,
}

/// What clients say that have no instance in mind.
const DEFAULT_INSTANCE: &str = "MSSQLServer";

impl Session {
    pub(super) fn on_opening(&mut self, message: &Message) {
        match message.kind {
            PacketType::PreLogin => match PreLogin::decode(&message.payload) {
                Ok(request) => self.on_prelogin(&request),
                Err(error) => self.close(Closing::Opening(error)),
            },
            // jTDS, and anything of 7.0: without PRELOGIN there is no encryption.
            PacketType::Login7 => self.on_login(message, Encrypted::Nothing),
            PacketType::PreTds7Login => self.close(Closing::TooOld),
            PacketType::SqlBatch
            | PacketType::Rpc
            | PacketType::TabularResult
            | PacketType::Attention
            | PacketType::BulkLoad
            | PacketType::FederatedAuthenticationToken
            | PacketType::TransactionManager
            | PacketType::Sspi => self.close(Closing::Unexpected { kind: message.kind }),
        }
    }

    fn on_prelogin(&mut self, request: &PreLogin) {
        let wish = request.encryption.unwrap_or(Encryption::NotSupported);
        let (answer, encrypted) = if self.options.strict {
            // Everything is encrypted already. The client hears what it said.
            (wish, Encrypted::Nothing)
        } else {
            negotiate_encryption(wish, self.options.encryption)
        };
        let here = self.is_instance(&request.instance_name());
        let version = self.options.program_version;
        let [high, low] = version.build.to_be_bytes();
        let mut reply = Vec::new();
        PreLogin {
            version: Some([version.major, version.minor, high, low, 0, 0]),
            encryption: Some(answer),
            instance: Some(vec![u8::from(!here)]),
            mars: Some(false),
            ..PreLogin::default()
        }
        .encode(&mut reply);
        self.write(&reply);
        self.end_message();
        match encrypted {
            _ if !here => self.close(Closing::OtherInstance),
            Encrypted::Impossible => self.close(Closing::EncryptionImpossible),
            Encrypted::Nothing => self.state = State::Greeted { encrypted },
            Encrypted::Login | Encrypted::All => {
                self.state = State::StartingTls { login_only: encrypted == Encrypted::Login };
                self.events.push_back(Event::StartTls);
            }
        }
    }

    fn is_instance(&self, name: &str) -> bool {
        let names = ["", DEFAULT_INSTANCE, &self.options.instance];
        names.iter().any(|known| known.eq_ignore_ascii_case(name))
    }

    /// TLS is on: what is received from now on was decrypted.
    pub fn tls_started(&mut self) {
        if let State::StartingTls { login_only } = self.state {
            let encrypted = if login_only { Encrypted::Login } else { Encrypted::All };
            self.state = State::Greeted { encrypted };
        }
    }

    pub(super) fn on_login(&mut self, message: &Message, encrypted: Encrypted) {
        if message.kind != PacketType::Login7 {
            return self.close(Closing::Unexpected { kind: message.kind });
        }
        let login = Login7::decode(&message.payload);
        if encrypted == Encrypted::Login {
            self.events.push_back(Event::StopTls);
        }
        if let Some(version) = login.as_ref().ok().and_then(|it| Version::for_client(it.version)) {
            // Also a refusal is written as the client reads it.
            self.version = version.min(self.version);
        }
        let forced = self.options.encryption == EncryptionPolicy::Forced && !self.options.strict;
        match login {
            Err(DecodeError::Unsupported { what }) => {
                let text = format!("Login failed. {what} is not supported.");
                self.answer_refusal(&self.message(18456, 14, text));
            }
            Err(error) => self.close(Closing::Opening(error)),
            Ok(_) if encrypted == Encrypted::Nothing && forced => {
                let text = "Encryption is required to connect to this server but the client \
                            library does not support encryption; the connection has been closed. \
                            Please upgrade your client library.";
                self.answer_refusal(&self.message(17835, 20, text.to_owned()));
            }
            Ok(login) => self.consider(login),
        }
    }

    /// Refuses by name what this server does not do, and hands the rest out for checking.
    fn consider(&mut self, login: Login7) {
        self.version = match Version::for_client(login.version) {
            Some(Version::V8_0) if self.options.strict => Version::V8_0,
            Some(version) => version.min(Version::V7_4),
            None => {
                self.version = Version::V7_1;
                let text = "The client speaks a version of TDS before 7.1, which is not supported.";
                self.answer_refusal(&self.message(18456, 14, text.to_owned()));
                return;
            }
        };
        if let Some(refusal) = self.refusal(&login) {
            return self.answer_refusal(&refusal);
        }
        self.state = State::CheckingLogin {
            login: LoginFacts {
                packet_size: login.packet_size,
                extension: login.flags.extension(),
                utf8: login.features.iter().any(|feature| feature.id == feature::UTF8_SUPPORT),
            },
        };
        self.events.push_back(Event::CheckLogin(Box::new(login)));
    }

    fn refusal(&self, login: &Login7) -> Option<ServerMessage> {
        let federated = feature::FEDERATED_AUTHENTICATION;
        let user = &login.user_name;
        let (number, text) = if login.flags.integrated_security() || !login.sspi.is_empty() {
            let text = "Login failed. The login is from an untrusted domain and cannot be used \
                        with Integrated authentication.";
            (18452, text.to_owned())
        } else if login.features.iter().any(|feature| feature.id == federated) {
            let text = "Login failed for user '<token-identified principal>'. Federated \
                        authentication is not supported; use a SQL login.";
            (18456, text.to_owned())
        } else if login.flags.change_password() || !login.new_password.is_empty() {
            let text = "Changing the password while logging in is not supported.";
            (18456, format!("Login failed for user '{user}'. {text}"))
        } else if !login.attach_file.is_empty() {
            (15350, "Attaching a database file while logging in is not supported.".to_owned())
        } else {
            return None;
        };
        Some(self.message(number, 14, text))
    }

    /// Lets the client in.
    pub fn accept_login(&mut self, answer: &LoginAnswer) {
        let State::CheckingLogin { login } = &self.state else { return };
        let size = negotiate_packet_size(login.packet_size);
        let features = login.extension.then(|| {
            let ack = FeatureAck { id: feature::UTF8_SUPPORT, data: vec![1] };
            FeatureExtAck { features: if login.utf8 { vec![ack] } else { Vec::new() } }
        });
        let mut out = Vec::new();
        self.encode_greeting(answer, size, &mut out);
        if let Some(features) = features {
            features.encode(&mut out);
        }
        Done::default().encode(self.version, &mut out);
        self.write(&out);
        self.end_message();
        self.writer.set_size(size);
        self.reader.set_limits(Limits {
            packet: LARGEST_PACKET_SIZE.into(),
            message: self.options.message_max,
        });
        self.state = State::Idle;
    }

    /// In the order of SQL Server: database, collation, language, LOGINACK, packet size.
    fn encode_greeting(&self, answer: &LoginAnswer, size: u16, out: &mut Vec<u8>) {
        let LoginAnswer { database, language } = answer;
        let change = |change: EnvChange, out: &mut Vec<u8>| {
            change.encode(self.version, out).expect("two names of 255 characters fit");
        };
        let info = |number, state, text: String, out: &mut Vec<u8>| {
            ServerMessage { state, ..self.message(number, 0, text) }.encode(self.version, out);
        };
        change(EnvChange::Database { new: database.clone(), old: "master".to_owned() }, out);
        info(5701, 2, format!("Changed database context to '{database}'."), out);
        change(EnvChange::Collation { new: self.options.collation, old: None }, out);
        change(EnvChange::Language { new: language.clone(), old: String::new() }, out);
        info(5703, 1, format!("Changed language setting to {language}."), out);
        self.encode_login_ack(out);
        change(EnvChange::PacketSize { new: size, old: DEFAULT_PACKET_SIZE }, out);
    }

    fn encode_login_ack(&self, out: &mut Vec<u8>) {
        LoginAck::new(self.version, &self.options.program, self.options.program_version)
            .encode(out)
            .expect("a name of 255 characters fits");
    }

    /// Turns the client away with messages, the last of which is usually 18456.
    pub fn refuse_login(&mut self, messages: &[ServerMessage]) {
        if matches!(self.state, State::CheckingLogin { .. }) {
            self.answer_refusals(messages);
        }
    }

    fn answer_refusal(&mut self, message: &ServerMessage) {
        self.answer_refusals(std::slice::from_ref(message));
    }

    fn answer_refusals(&mut self, messages: &[ServerMessage]) {
        let mut out = Vec::new();
        messages.iter().for_each(|message| message.encode(self.version, &mut out));
        Done { error: true, ..Done::default() }.encode(self.version, &mut out);
        self.write(&out);
        self.end_message();
        self.close(Closing::LoginRefused);
    }

    /// Sends the client to another server. Clients before 7.4 cannot be sent, and are told where
    /// to go in a message.
    pub fn route_login(&mut self, server: &str, port: u16) {
        if !matches!(self.state, State::CheckingLogin { .. }) {
            return;
        }
        if self.version < Version::V7_4 {
            let text = format!("This server is not the active one. Connect to {server},{port}.");
            return self.answer_refusal(&self.message(983, 14, text));
        }
        let mut out = Vec::new();
        self.encode_login_ack(&mut out);
        EnvChange::Routing { port, server: server.to_owned() }
            .encode(self.version, &mut out)
            .expect("a host name fits");
        Done::default().encode(self.version, &mut out);
        self.write(&out);
        self.end_message();
        self.close(Closing::Routed);
    }
}
