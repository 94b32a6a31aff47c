//! Tokens: what a server answers with. [MS-TDS] 2.2.7, one file each.
//!
//! A response is a run of tokens. [`TokenReader`] reads them as a client does, which is how the
//! tests of a listener look at its answers.

pub(crate) mod bulk;
mod col_info;
mod col_metadata;
mod done;
mod env_change;
mod feature_ext_ack;
mod login_ack;
mod message;
mod order;
mod return_status;
mod return_value;
mod row;
mod tab_name;

pub use col_info::{ColInfo, ColInfoColumn};
pub use col_metadata::{ColMetadata, Column, ColumnFlags};
pub use done::{Done, DoneKind};
pub use env_change::{EnvChange, TransactionDescriptor};
pub use feature_ext_ack::{FeatureAck, FeatureExtAck};
pub use login_ack::{LoginAck, ProductVersion};
pub use message::ServerMessage;
pub use order::Order;
pub use return_status::ReturnStatus;
pub use return_value::ReturnValue;
pub use row::RowEncoder;
pub use tab_name::TabName;

use crate::bytes::Reader;
use crate::error::DecodeError;
use crate::types::Value;
use crate::version::Version;

/// The token bytes.
mod byte {
    pub(super) const RETURN_STATUS: u8 = 0x79;
    pub(super) const COL_METADATA: u8 = 0x81;
    pub(super) const TAB_NAME: u8 = 0xA4;
    pub(super) const COL_INFO: u8 = 0xA5;
    pub(super) const ORDER: u8 = 0xA9;
    pub(super) const ERROR: u8 = 0xAA;
    pub(super) const INFO: u8 = 0xAB;
    pub(super) const RETURN_VALUE: u8 = 0xAC;
    pub(super) const LOGIN_ACK: u8 = 0xAD;
    pub(super) const FEATURE_EXT_ACK: u8 = 0xAE;
    pub(super) const ROW: u8 = 0xD1;
    pub(super) const NBC_ROW: u8 = 0xD2;
    pub(super) const ENV_CHANGE: u8 = 0xE3;
    pub(super) const DONE: u8 = 0xFD;
    pub(super) const DONE_PROC: u8 = 0xFE;
    pub(super) const DONE_IN_PROC: u8 = 0xFF;
}

/// A token as a client reads it.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    /// The login succeeded.
    LoginAck(LoginAck),
    /// Something of the session changed.
    EnvChange(EnvChange),
    /// Which login extensions the server takes.
    FeatureExtAck(FeatureExtAck),
    /// ERROR or INFO, by its class.
    Message(ServerMessage),
    /// The end of a statement, or of all.
    Done(Done),
    /// What a procedure returned.
    ReturnStatus(ReturnStatus),
    /// An OUTPUT parameter.
    ReturnValue(ReturnValue),
    /// By which columns the rows are sorted.
    Order(Order),
    /// The columns of the rows that follow.
    ColMetadata(ColMetadata),
    /// A row, with or without a null bitmap.
    Row(Vec<Value>),
    /// The tables that the columns come from.
    TabName(TabName),
    /// Which column comes from which table.
    ColInfo(ColInfo),
}

/// Reads tokens one after the other.
pub struct TokenReader<'a> {
    reader: Reader<'a>,
    version: Version,
    columns: Option<ColMetadata>,
}

impl<'a> TokenReader<'a> {
    /// Starts at the first token of a message.
    pub fn new(bytes: &'a [u8], version: Version) -> TokenReader<'a> {
        TokenReader { reader: Reader::new(bytes), version, columns: None }
    }

    /// The next token, or `None` at the end.
    pub fn next_token(&mut self) -> Result<Option<Token>, DecodeError> {
        if self.reader.is_empty() {
            return Ok(None);
        }
        let (kind, version) = (self.reader.u8("token")?, self.version);
        let reader = &mut self.reader;
        let token = match kind {
            byte::LOGIN_ACK => Token::LoginAck(LoginAck::decode(reader)?),
            byte::ENV_CHANGE => Token::EnvChange(EnvChange::decode(reader)?),
            byte::FEATURE_EXT_ACK => Token::FeatureExtAck(FeatureExtAck::decode(reader)?),
            byte::ERROR | byte::INFO => Token::Message(ServerMessage::decode(reader, version)?),
            byte::DONE => Token::Done(Done::decode(DoneKind::Done, reader, version)?),
            byte::DONE_PROC => Token::Done(Done::decode(DoneKind::Proc, reader, version)?),
            byte::DONE_IN_PROC => Token::Done(Done::decode(DoneKind::InProc, reader, version)?),
            byte::RETURN_STATUS => Token::ReturnStatus(ReturnStatus::decode(reader)?),
            byte::RETURN_VALUE => Token::ReturnValue(ReturnValue::decode(reader, version)?),
            byte::ORDER => Token::Order(Order::decode(reader)?),
            byte::COL_METADATA => {
                let columns = ColMetadata::decode(reader, version)?;
                self.columns = Some(columns.clone());
                Token::ColMetadata(columns)
            }
            byte::ROW => Token::Row(row::decode_row(self.columns.as_ref(), reader)?),
            byte::NBC_ROW => Token::Row(row::decode_nbc_row(self.columns.as_ref(), reader)?),
            byte::TAB_NAME => Token::TabName(TabName::decode(reader, version)?),
            byte::COL_INFO => Token::ColInfo(ColInfo::decode(reader)?),
            value => return Err(DecodeError::Invalid { what: "token", value: value.into() }),
        };
        Ok(Some(token))
    }

    /// All tokens that are left. For answers of which the rows fit in memory: a row of one byte may
    /// have 65,534 NULLs.
    pub fn read_all(mut self) -> Result<Vec<Token>, DecodeError> {
        let mut tokens = Vec::new();
        while let Some(token) = self.next_token()? {
            tokens.push(token);
        }
        Ok(tokens)
    }
}

#[cfg(test)]
pub(crate) mod tests;
