//! PRELOGIN: what client and server say before the login. [MS-TDS] 2.2.6.5.
//!
//! A list of options (number, offset, length, big endian), then their data. Options that we have
//! no use for (thread, trace, federated authentication, nonce) are read and not answered.

use crate::bytes::Reader;
use crate::error::DecodeError;

/// What a side wants to do about encryption.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Encryption {
    /// Encrypt the login only.
    Off = 0,
    /// Encrypt everything.
    On = 1,
    /// Cannot encrypt.
    NotSupported = 2,
    /// Encrypt everything, or do not connect.
    Required = 3,
}

/// What the server wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EncryptionPolicy {
    /// What the client wants.
    #[default]
    AsClientAsks,
    /// Everything is encrypted, or there is no connection.
    Forced,
}

/// What is encrypted in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encrypted {
    /// Nothing.
    Nothing,
    /// The login.
    Login,
    /// Everything.
    All,
    /// The two sides do not fit; the server ends the connection.
    Impossible,
}

/// The server's answer to what a client wants, and what follows: the table in [MS-TDS] 2.2.6.5.
pub fn negotiate_encryption(
    client: Encryption,
    policy: EncryptionPolicy,
) -> (Encryption, Encrypted) {
    match (client, policy) {
        (Encryption::On | Encryption::Required, _) => (Encryption::On, Encrypted::All),
        (Encryption::Off, EncryptionPolicy::AsClientAsks) => (Encryption::Off, Encrypted::Login),
        (Encryption::Off, EncryptionPolicy::Forced) => (Encryption::Required, Encrypted::All),
        (Encryption::NotSupported, EncryptionPolicy::AsClientAsks) => {
            (Encryption::NotSupported, Encrypted::Nothing)
        }
        (Encryption::NotSupported, EncryptionPolicy::Forced) => {
            (Encryption::Required, Encrypted::Impossible)
        }
    }
}

/// A PRELOGIN of either side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PreLogin {
    /// The sender's version: major, minor, build in two bytes, and a sub-build in two.
    pub version: Option<[u8; 6]>,
    /// About encryption.
    pub encryption: Option<Encryption>,
    /// The client: which instance it wants. The server: empty, or 1 if it is another one.
    pub instance: Option<Vec<u8>>,
    /// The client's thread.
    pub thread: Option<u32>,
    /// Whether several requests may run at once.
    pub mars: Option<bool>,
    /// Ids of connection and activity, for traces.
    pub trace: Option<Vec<u8>>,
    /// Whether the client understands that federated authentication may be required.
    pub federated_authentication: Option<bool>,
    /// A nonce for federated authentication.
    pub nonce: Option<[u8; 32]>,
}

mod option {
    pub(super) const VERSION: u8 = 0;
    pub(super) const ENCRYPTION: u8 = 1;
    pub(super) const INSTANCE: u8 = 2;
    pub(super) const THREAD: u8 = 3;
    pub(super) const MARS: u8 = 4;
    pub(super) const TRACE: u8 = 5;
    pub(super) const FEDERATED_AUTHENTICATION: u8 = 6;
    pub(super) const NONCE: u8 = 7;
    pub(super) const END: u8 = 0xFF;
}

/// Bits of the encryption byte that are not about client certificates and channel binding.
const ENCRYPTION_MASK: u8 = 0x3F;

impl PreLogin {
    /// The instance's name that a client asks for, without the zero behind it.
    pub fn instance_name(&self) -> String {
        let name = self.instance.as_deref().unwrap_or_default();
        let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
        String::from_utf8_lossy(&name[..end]).into_owned()
    }

    /// Appends the message.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let mut options: Vec<(u8, Vec<u8>)> = Vec::new();
        let mut add =
            |number, data: Option<Vec<u8>>| options.extend(data.map(|data| (number, data)));
        add(option::VERSION, self.version.map(|version| version.to_vec()));
        add(option::ENCRYPTION, self.encryption.map(|encryption| vec![encryption as u8]));
        add(option::INSTANCE, self.instance.clone());
        add(option::THREAD, self.thread.map(|thread| thread.to_le_bytes().to_vec()));
        add(option::MARS, self.mars.map(|mars| vec![u8::from(mars)]));
        add(option::TRACE, self.trace.clone());
        let federated = self.federated_authentication.map(|required| vec![u8::from(required)]);
        add(option::FEDERATED_AUTHENTICATION, federated);
        add(option::NONCE, self.nonce.map(|nonce| nonce.to_vec()));
        let mut offset = options.len() * 5 + 1;
        for (number, data) in &options {
            out.push(*number);
            out.extend_from_slice(&(offset as u16).to_be_bytes());
            out.extend_from_slice(&(data.len() as u16).to_be_bytes());
            offset += data.len();
        }
        out.push(option::END);
        options.iter().for_each(|(_, data)| out.extend_from_slice(data));
    }

    /// Reads the message. Options with numbers that we do not know are skipped.
    pub fn decode(bytes: &[u8]) -> Result<PreLogin, DecodeError> {
        let mut found = PreLogin::default();
        let mut reader = Reader::new(bytes);
        loop {
            let number = reader.u8("PRELOGIN option")?;
            if number == option::END {
                return Ok(found);
            }
            let offset = usize::from(u16::from_be_bytes(reader.array("PRELOGIN offset")?));
            let length = usize::from(u16::from_be_bytes(reader.array("PRELOGIN length")?));
            let missing = (offset + length).saturating_sub(bytes.len()) as u64;
            let data = bytes
                .get(offset..offset + length)
                .ok_or(DecodeError::Truncated { what: "PRELOGIN option", missing })?;
            if !data.is_empty() {
                found.set(number, data)?;
            }
        }
    }

    fn set(&mut self, number: u8, data: &[u8]) -> Result<(), DecodeError> {
        let mut reader = Reader::new(data);
        match number {
            option::VERSION => self.version = Some(reader.array("PRELOGIN version")?),
            option::ENCRYPTION => self.encryption = Some(encryption(data[0] & ENCRYPTION_MASK)?),
            option::INSTANCE => self.instance = Some(data.to_vec()),
            option::THREAD => self.thread = Some(reader.u32("PRELOGIN thread")?),
            option::MARS => self.mars = Some(data[0] != 0),
            option::TRACE => self.trace = Some(data.to_vec()),
            option::FEDERATED_AUTHENTICATION => {
                self.federated_authentication = Some(data[0] != 0);
            }
            option::NONCE => self.nonce = Some(reader.array("PRELOGIN nonce")?),
            _ => {}
        }
        Ok(())
    }
}

fn encryption(byte: u8) -> Result<Encryption, DecodeError> {
    match byte {
        0 => Ok(Encryption::Off),
        1 => Ok(Encryption::On),
        2 => Ok(Encryption::NotSupported),
        3 => Ok(Encryption::Required),
        _ => Err(DecodeError::Invalid { what: "PRELOGIN encryption", value: byte.into() }),
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_documented_request_is_read() {
        // [MS-SSTDS] 4.1, without its packet header.
        let bytes = [
            0x00, 0x00, 0x15, 0x00, 0x06, 0x01, 0x00, 0x1B, 0x00, 0x01, 0x02, 0x00, 0x1C, 0x00,
            0x0C, 0x03, 0x00, 0x28, 0x00, 0x04, 0xFF, 0x08, 0x00, 0x01, 0x55, 0x00, 0x00, 0x00,
            0x4D, 0x53, 0x53, 0x51, 0x4C, 0x53, 0x65, 0x72, 0x76, 0x65, 0x72, 0x00, 0x80, 0x19,
            0x00, 0x00,
        ];
        let request = PreLogin::decode(&bytes).unwrap();
        assert_eq!(request.version, Some([8, 0, 1, 0x55, 0, 0]));
        assert_eq!(request.encryption, Some(Encryption::Off));
        assert_eq!(request.instance_name(), "MSSQLServer");
        assert_eq!(request.thread, Some(0x1980));
        assert_eq!(request.mars, None);
        let mut again = Vec::new();
        request.encode(&mut again);
        assert_eq!(again, bytes);
    }

    #[test]
    fn an_answer_looks_like_this_on_the_wire() {
        let answer = PreLogin {
            version: Some([16, 0, 3, 0xE8, 0, 0]),
            encryption: Some(Encryption::On),
            instance: Some(vec![0]),
            mars: Some(false),
            ..PreLogin::default()
        };
        let mut out = Vec::new();
        answer.encode(&mut out);
        assert_snapshot!(
            format!("{out:02X?}"),
            @"[00, 00, 15, 00, 06, 01, 00, 1B, 00, 01, 02, 00, 1C, 00, 01, 04, 00, 1D, 00, 01, FF, 10, 00, 03, E8, 00, 00, 01, 00, 00]"
        );
    }

    #[test]
    fn each_wish_about_encryption_gets_its_answer() {
        use Encrypted::{All, Impossible, Login, Nothing};
        use Encryption::{NotSupported, Off, On, Required};
        let answers = |policy| {
            [Off, On, NotSupported, Required].map(|wish| negotiate_encryption(wish, policy))
        };
        let free = [(Off, Login), (On, All), (NotSupported, Nothing), (On, All)];
        assert_eq!(answers(EncryptionPolicy::AsClientAsks), free);
        let forced = [(Required, All), (On, All), (Required, Impossible), (On, All)];
        assert_eq!(answers(EncryptionPolicy::Forced), forced);
    }

    #[test]
    fn an_option_behind_the_end_is_refused() {
        let error = PreLogin::decode(&[1, 0, 6, 0, 1, 0xFF]).unwrap_err();
        assert_snapshot!(error, @"PRELOGIN option is cut off: 1 more bytes were announced");
    }

    proptest! {
        #[test]
        fn what_is_written_is_what_is_read(
            version: Option<[u8; 6]>,
            instance in prop::option::of(prop::collection::vec(1u8.., 1..20)),
            thread: Option<u32>,
            mars: Option<bool>,
            nonce: Option<[u8; 32]>,
        ) {
            let encryption = Some(Encryption::Required);
            let message =
                PreLogin { version, encryption, instance, thread, mars, nonce, ..PreLogin::default() };
            let mut out = Vec::new();
            message.encode(&mut out);
            prop_assert_eq!(PreLogin::decode(&out), Ok(message));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            drop(PreLogin::decode(&bytes));
        }
    }
}
