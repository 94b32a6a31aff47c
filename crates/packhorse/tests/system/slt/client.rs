//! A client that keeps every token it gets. Clients that people use hide most of them; what those
//! make of the answers is tested with them (`cargo xtask clients`).

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use tds::login7::Password;
use tds::packet::{Limits, PacketReader, PacketType, PacketWriter};
use tds::prelogin::{Encryption, PreLogin};
use tds::request::{AllHeaders, SqlBatch};
use tds::token::{Token, TokenReader};
use tds::{Login7, Version};

/// A connection that is logged in.
pub(super) struct Connection {
    socket: TcpStream,
    answers: PacketReader,
}

impl Connection {
    /// Connects without encryption, which the server allows on this machine.
    pub(super) fn open(port: u16, user: &str, password: &str, database: &str) -> Self {
        let socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
        socket.set_read_timeout(Some(testkit::DEADLINE)).unwrap();
        let limits = Limits { packet: 32767, message: 1 << 28 };
        let mut connection = Self { socket, answers: PacketReader::new(limits) };
        let mut payload = Vec::new();
        PreLogin {
            version: Some([9, 0, 0, 0, 0, 0]),
            encryption: Some(Encryption::NotSupported),
            ..PreLogin::default()
        }
        .encode(&mut payload);
        connection.send(PacketType::PreLogin, &payload);
        PreLogin::decode(&connection.message()).unwrap();
        let login = Login7 {
            version: Version::V7_4.number(),
            packet_size: 4096,
            user_name: user.to_owned(),
            password: Password::new(password),
            database: database.to_owned(),
            application: "slt".to_owned(),
            ..Login7::default()
        };
        let mut payload = Vec::new();
        login.encode(&mut payload);
        connection.send(PacketType::Login7, &payload);
        let answer = connection.tokens();
        let is_in = answer.iter().any(|token| matches!(token, Token::LoginAck(_)));
        assert!(is_in, "{answer:?}");
        connection
    }

    /// Whether the server has hung up, which it may still be about to do.
    pub(super) fn is_over(&mut self) -> bool {
        matches!(self.socket.read(&mut [0]), Ok(0))
    }

    /// What a batch is answered.
    pub(super) fn batch(&mut self, text: &str) -> Vec<Token> {
        let mut payload = Vec::new();
        SqlBatch { headers: AllHeaders::default(), text: text.to_owned() }
            .encode(Version::V7_4, &mut payload);
        self.send(PacketType::SqlBatch, &payload);
        self.tokens()
    }

    fn send(&mut self, kind: PacketType, payload: &[u8]) {
        let mut wire = Vec::new();
        let mut writer = PacketWriter::new(kind, 4096, 0);
        writer.write(payload, &mut wire);
        writer.finish(&mut wire);
        self.socket.write_all(&wire).unwrap();
    }

    fn message(&mut self) -> Vec<u8> {
        loop {
            if let Some(message) = self.answers.next_message().unwrap() {
                return message.payload;
            }
            let mut bytes = vec![0; 64 * 1024];
            let n_read = self.socket.read(&mut bytes).unwrap();
            assert!(0 < n_read, "the server hung up");
            self.answers.feed(&bytes[..n_read]);
        }
    }

    fn tokens(&mut self) -> Vec<Token> {
        let message = self.message();
        TokenReader::new(&message, Version::V7_4).read_all().unwrap()
    }
}
