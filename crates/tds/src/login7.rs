//! LOGIN7: who the client is and what it wants. [MS-TDS] 2.2.6.4.
//!
//! A fixed part, then a table of offsets and lengths in characters, then the text. Passwords are
//! obfuscated on the wire, which is no protection: each byte has its halves swapped, and is
//! XORed with 0xA5.

pub mod feature;
mod password;
#[cfg(test)]
mod tests;

pub use feature::Feature;
pub use password::Password;

use crate::bytes::{Reader, put_utf16, units, utf16};
use crate::error::DecodeError;

/// A login.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Login7 {
    /// The number of the newest version the client speaks; see [`crate::Version::for_client`].
    pub version: u32,
    /// The packet size it wants, in bytes; 0 for the default.
    pub packet_size: u32,
    /// The version of its program, its process, and the connection that it had before.
    pub client: ClientProgram,
    /// Option bits.
    pub flags: LoginFlags,
    /// Minutes; unused.
    pub time_zone: i32,
    /// The client's locale.
    pub locale: u32,
    /// The client's machine.
    pub host_name: String,
    /// The login's name.
    pub user_name: String,
    /// Its password.
    pub password: Password,
    /// The client's application.
    pub application: String,
    /// The server as the client knows it.
    pub server_name: String,
    /// The client's library, such as `DB-Library`.
    pub library: String,
    /// The language it wants; empty for the login's own.
    pub language: String,
    /// The database it wants; empty for the login's own.
    pub database: String,
    /// Usually the address of the client's network card.
    pub client_id: [u8; 6],
    /// The first token of integrated authentication.
    pub sspi: Vec<u8>,
    /// A database file to attach.
    pub attach_file: String,
    /// A password that shall replace the login's.
    pub new_password: Password,
    /// What else the client can do.
    pub features: Vec<Feature>,
}

/// What the client says of its program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientProgram {
    /// Of the library.
    pub version: u32,
    /// Its process.
    pub process: u32,
    /// The connection that this one takes the place of.
    pub connection: u32,
}

/// The four option bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoginFlags {
    /// OptionFlags1: byte order, character set, floats, USE and SET LANGUAGE.
    pub first: u8,
    /// OptionFlags2: language, ODBC, user type, integrated security.
    pub second: u8,
    /// TypeFlags: SQL type, OLE DB, read-only intent.
    pub kind: u8,
    /// OptionFlags3: password change, binary XML, user instance, extensions.
    pub third: u8,
}

impl LoginFlags {
    /// The client wants integrated authentication.
    pub fn integrated_security(self) -> bool {
        self.second & 0x80 != 0
    }

    /// The client will only read.
    pub fn read_only_intent(self) -> bool {
        self.kind & 0x20 != 0
    }

    /// The client wants its password changed.
    pub fn change_password(self) -> bool {
        self.third & 0x01 != 0
    }

    /// The client lists features, and expects FEATUREEXTACK.
    pub fn extension(self) -> bool {
        self.third & 0x10 != 0
    }

    /// The client sends numbers big endian, text in EBCDIC, or floats of a VAX.
    fn foreign_machine(self) -> bool {
        self.first & 0x0F != 0
    }
}

/// Bytes before the text of a login of 7.2 and later; 7.1 has no fields behind `attach_file`.
const FIXED: usize = 94;
/// Where the table of offsets starts.
const TABLE: usize = 36;
/// LOGIN7 is less than 128 KiB.
pub(crate) const LENGTH_MAX: usize = 128 * 1024 - 1;

impl Login7 {
    /// Reads the message.
    pub fn decode(bytes: &[u8]) -> Result<Login7, DecodeError> {
        if bytes.len() > LENGTH_MAX {
            return Err(DecodeError::OverLimit { what: "LOGIN7", limit: LENGTH_MAX as u64 });
        }
        let mut reader = Reader::new(bytes);
        let length = reader.u32("LOGIN7 length")? as usize;
        if length > bytes.len() {
            let missing = (length - bytes.len()) as u64;
            return Err(DecodeError::Truncated { what: "LOGIN7", missing });
        }
        let mut login = Login7 {
            version: reader.u32("LOGIN7 version")?,
            packet_size: reader.u32("LOGIN7 packet size")?,
            client: ClientProgram {
                version: reader.u32("LOGIN7 program")?,
                process: reader.u32("LOGIN7 process")?,
                connection: reader.u32("LOGIN7 connection")?,
            },
            flags: decode_flags(&mut reader)?,
            time_zone: reader.i32("LOGIN7 time zone")?,
            locale: reader.u32("LOGIN7 locale")?,
            ..Login7::default()
        };
        let text_at = usize::from(reader.clone().u16("LOGIN7 text")?);
        login.decode_table(&mut Fields { bytes, reader, text_at })?;
        Ok(login)
    }

    fn decode_table(&mut self, fields: &mut Fields<'_>) -> Result<(), DecodeError> {
        self.host_name = fields.text("LOGIN7 host name")?;
        self.user_name = fields.text("LOGIN7 user name")?;
        self.password = fields.password("LOGIN7 password")?;
        self.application = fields.text("LOGIN7 application")?;
        self.server_name = fields.text("LOGIN7 server name")?;
        let extension = fields.bytes("LOGIN7 extension", 1)?;
        self.library = fields.text("LOGIN7 library")?;
        self.language = fields.text("LOGIN7 language")?;
        self.database = fields.text("LOGIN7 database")?;
        self.client_id = fields.reader.array("LOGIN7 client id")?;
        let (sspi_at, sspi_short) = fields.entry("LOGIN7 SSPI")?;
        self.attach_file = fields.text("LOGIN7 file")?;
        let mut sspi_length = u32::from(sspi_short);
        if fields.has_more() {
            self.new_password = fields.password("LOGIN7 new password")?;
            let long = fields.reader.u32("LOGIN7 SSPI length")?;
            if sspi_short == u16::MAX && long > 0 {
                sspi_length = long;
            }
        }
        self.sspi = fields.slice(sspi_at.into(), sspi_length as usize, "LOGIN7 SSPI")?.to_vec();
        if self.flags.extension() {
            let at = Reader::new(extension).u32("LOGIN7 extension")? as usize;
            let missing = at.saturating_sub(fields.bytes.len()) as u64;
            let list = fields.bytes.get(at..);
            let list = list.ok_or(DecodeError::Truncated { what: "LOGIN7 extension", missing })?;
            self.features = feature::decode(list)?;
        }
        Ok(())
    }

    /// Appends the message, as a client of 7.2 or later writes it.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let start = out.len();
        let numbers = [
            0,
            self.version,
            self.packet_size,
            self.client.version,
            self.client.process,
            self.client.connection,
        ];
        numbers.iter().for_each(|number| out.extend_from_slice(&number.to_le_bytes()));
        let LoginFlags { first, second, kind, third } = self.flags;
        let third = if self.features.is_empty() { third } else { third | 0x10 };
        out.extend_from_slice(&[first, second, kind, third]);
        out.extend_from_slice(&self.time_zone.to_le_bytes());
        out.extend_from_slice(&self.locale.to_le_bytes());
        let mut text = Vec::new();
        self.encode_table(out, &mut text);
        out.extend_from_slice(&text);
        let length = (out.len() - start) as u32;
        out[start..start + 4].copy_from_slice(&length.to_le_bytes());
    }

    fn encode_table(&self, out: &mut Vec<u8>, text: &mut Vec<u8>) {
        let entry = |out: &mut Vec<u8>, text: &Vec<u8>, length: usize| {
            out.extend_from_slice(&((FIXED + text.len()) as u16).to_le_bytes());
            out.extend_from_slice(&(length as u16).to_le_bytes());
        };
        let put = |out: &mut Vec<u8>, text: &mut Vec<u8>, value: &str| {
            entry(out, text, units(value));
            put_utf16(text, value);
        };
        let put_password = |out: &mut Vec<u8>, text: &mut Vec<u8>, value: &Password| {
            entry(out, text, units(value.expose()));
            value.obfuscate(text);
        };
        put(out, text, &self.host_name);
        put(out, text, &self.user_name);
        put_password(out, text, &self.password);
        put(out, text, &self.application);
        put(out, text, &self.server_name);
        let extension_at = text.len();
        entry(out, text, if self.features.is_empty() { 0 } else { 4 });
        text.extend_from_slice(if self.features.is_empty() { &[] } else { &[0; 4] });
        put(out, text, &self.library);
        put(out, text, &self.language);
        put(out, text, &self.database);
        out.extend_from_slice(&self.client_id);
        entry(out, text, self.sspi.len());
        text.extend_from_slice(&self.sspi);
        put(out, text, &self.attach_file);
        put_password(out, text, &self.new_password);
        out.extend_from_slice(&[0; 4]);
        if !self.features.is_empty() {
            let at = (FIXED + text.len()) as u32;
            text[extension_at..extension_at + 4].copy_from_slice(&at.to_le_bytes());
            feature::encode(&self.features, text);
        }
    }
}

/// The table of offsets, and what they lead to.
struct Fields<'a> {
    bytes: &'a [u8],
    reader: Reader<'a>,
    /// Where the text starts, and the table ends: clients of 7.1 have a shorter one.
    text_at: usize,
}

impl<'a> Fields<'a> {
    fn has_more(&self) -> bool {
        let at = self.bytes.len() - self.reader.remaining();
        at >= TABLE && at + 8 <= self.text_at
    }

    fn entry(&mut self, what: &'static str) -> Result<(u16, u16), DecodeError> {
        Ok((self.reader.u16(what)?, self.reader.u16(what)?))
    }

    fn slice(&self, at: usize, length: usize, what: &'static str) -> Result<&'a [u8], DecodeError> {
        if length == 0 {
            return Ok(&[]);
        }
        let missing = (at + length).saturating_sub(self.bytes.len()) as u64;
        self.bytes.get(at..at + length).ok_or(DecodeError::Truncated { what, missing })
    }

    fn bytes(&mut self, what: &'static str, width: usize) -> Result<&'a [u8], DecodeError> {
        let (at, length) = self.entry(what)?;
        self.slice(at.into(), usize::from(length) * width, what)
    }

    fn text(&mut self, what: &'static str) -> Result<String, DecodeError> {
        utf16(self.bytes(what, 2)?, what)
    }

    fn password(&mut self, what: &'static str) -> Result<Password, DecodeError> {
        Password::reveal(self.bytes(what, 2)?, what)
    }
}

fn decode_flags(reader: &mut Reader<'_>) -> Result<LoginFlags, DecodeError> {
    let [first, second, kind, third] = reader.array("LOGIN7 options")?;
    let flags = LoginFlags { first, second, kind, third };
    match flags.foreign_machine() {
        true => Err(DecodeError::Unsupported {
            what: "big endian numbers, EBCDIC text or floats that are not IEEE",
        }),
        false => Ok(flags),
    }
}
