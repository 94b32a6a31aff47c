//! RPC Request: procedure calls with their parameters. [MS-TDS] 2.2.6.6.
//!
//! Several calls may stand in one message, with a separator byte between them.

use super::all_headers::AllHeaders;
use crate::bytes::{Reader, put_b_varchar, put_us_varchar};
use crate::error::{DecodeError, EncodeError};
use crate::types::{
    CELLS_MAX, Place, TableValue, TypeInfo, Value, decode, encode_value, type_byte_of_table,
};
use crate::version::Version;

/// A procedure that has a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum ProcedureId {
    /// `sp_cursor`.
    Cursor = 1,
    /// `sp_cursoropen`.
    CursorOpen = 2,
    /// `sp_cursorprepare`.
    CursorPrepare = 3,
    /// `sp_cursorexecute`.
    CursorExecute = 4,
    /// `sp_cursorprepexec`.
    CursorPrepExec = 5,
    /// `sp_cursorunprepare`.
    CursorUnprepare = 6,
    /// `sp_cursorfetch`.
    CursorFetch = 7,
    /// `sp_cursoroption`.
    CursorOption = 8,
    /// `sp_cursorclose`.
    CursorClose = 9,
    /// `sp_executesql`.
    ExecuteSql = 10,
    /// `sp_prepare`.
    Prepare = 11,
    /// `sp_execute`.
    Execute = 12,
    /// `sp_prepexec`.
    PrepExec = 13,
    /// `sp_prepexecrpc`.
    PrepExecRpc = 14,
    /// `sp_unprepare`.
    Unprepare = 15,
}

impl ProcedureId {
    /// All of them, in order of their numbers.
    pub const ALL: [ProcedureId; 15] = [
        ProcedureId::Cursor,
        ProcedureId::CursorOpen,
        ProcedureId::CursorPrepare,
        ProcedureId::CursorExecute,
        ProcedureId::CursorPrepExec,
        ProcedureId::CursorUnprepare,
        ProcedureId::CursorFetch,
        ProcedureId::CursorOption,
        ProcedureId::CursorClose,
        ProcedureId::ExecuteSql,
        ProcedureId::Prepare,
        ProcedureId::Execute,
        ProcedureId::PrepExec,
        ProcedureId::PrepExecRpc,
        ProcedureId::Unprepare,
    ];

    /// The procedure of a number.
    pub fn from_number(number: u16) -> Option<ProcedureId> {
        ProcedureId::ALL.into_iter().find(|id| *id as u16 == number)
    }

    /// The procedure's name.
    pub fn name(self) -> &'static str {
        match self {
            ProcedureId::Cursor => "sp_cursor",
            ProcedureId::CursorOpen => "sp_cursoropen",
            ProcedureId::CursorPrepare => "sp_cursorprepare",
            ProcedureId::CursorExecute => "sp_cursorexecute",
            ProcedureId::CursorPrepExec => "sp_cursorprepexec",
            ProcedureId::CursorUnprepare => "sp_cursorunprepare",
            ProcedureId::CursorFetch => "sp_cursorfetch",
            ProcedureId::CursorOption => "sp_cursoroption",
            ProcedureId::CursorClose => "sp_cursorclose",
            ProcedureId::ExecuteSql => "sp_executesql",
            ProcedureId::Prepare => "sp_prepare",
            ProcedureId::Execute => "sp_execute",
            ProcedureId::PrepExec => "sp_prepexec",
            ProcedureId::PrepExecRpc => "sp_prepexecrpc",
            ProcedureId::Unprepare => "sp_unprepare",
        }
    }
}

/// Which procedure is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProcedureRef {
    /// By its number.
    Id(ProcedureId),
    /// By its name as the client wrote it: one to four parts, maybe in brackets.
    Name(String),
}

/// What a parameter is.
#[derive(Clone, Debug, PartialEq)]
pub enum Argument {
    /// One value.
    Scalar {
        /// Its type.
        type_info: TypeInfo,
        /// Its value.
        value: Value,
    },
    /// A table.
    Table(TableValue),
}

/// A parameter of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct RpcParameter {
    /// Its name with the @, or empty. Some clients name the parameters of the numbered
    /// procedures without the @: those go by position.
    pub name: String,
    /// The client wants its value back.
    pub output: bool,
    /// The client wants the procedure's default instead of the value.
    pub default: bool,
    /// Its value.
    pub argument: Argument,
}

/// A call.
#[derive(Clone, Debug, PartialEq)]
pub struct RpcCall {
    /// Which procedure.
    pub procedure: ProcedureRef,
    /// 1 recompile, 2 no metadata, 4 the client has the metadata.
    pub options: u16,
    /// Its parameters, in order.
    pub parameters: Vec<RpcParameter>,
    /// Only look at the call, do not make it.
    pub no_execute: bool,
}

/// The calls of a message.
#[derive(Clone, Debug, PartialEq)]
pub struct RpcRequest {
    /// What stands before them.
    pub headers: AllHeaders,
    /// At least one.
    pub calls: Vec<RpcCall>,
}

const OUTPUT: u8 = 0x01;
const DEFAULT: u8 = 0x02;
const ENCRYPTED: u8 = 0x08;
const NUMBERED: u16 = 0xFFFF;
const SEPARATOR: u8 = 0xFF;
const SEPARATOR_7_1: u8 = 0x80;
const NO_EXECUTE: u8 = 0xFE;
/// What a procedure can have.
const PARAMETERS_MAX: usize = 2100;
/// More than any client puts together.
const CALLS_MAX: usize = 10_000;

impl RpcRequest {
    /// Appends the message.
    pub fn encode(&self, version: Version, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.headers.encode(version, out);
        for (at, call) in self.calls.iter().enumerate() {
            call.encode(out)?;
            if call.no_execute {
                out.push(NO_EXECUTE);
            } else if at + 1 < self.calls.len() {
                out.push(separator(version));
            }
        }
        Ok(())
    }

    /// Reads the message.
    pub fn decode(bytes: &[u8], version: Version) -> Result<RpcRequest, DecodeError> {
        let mut reader = Reader::new(bytes);
        let headers = AllHeaders::decode(&mut reader, version)?;
        let mut decoder = Decoder { reader, version, cells: CELLS_MAX };
        let mut calls = Vec::new();
        loop {
            calls.push(decoder.call()?);
            if decoder.reader.is_empty() {
                return Ok(RpcRequest { headers, calls });
            }
            if calls.len() == CALLS_MAX {
                let limit = CALLS_MAX as u64;
                return Err(DecodeError::OverLimit { what: "calls in one message", limit });
            }
        }
    }
}

fn separator(version: Version) -> u8 {
    if version.is_at_least_7_2() { SEPARATOR } else { SEPARATOR_7_1 }
}

impl RpcCall {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match &self.procedure {
            ProcedureRef::Id(id) => {
                out.extend_from_slice(&NUMBERED.to_le_bytes());
                out.extend_from_slice(&(*id as u16).to_le_bytes());
            }
            ProcedureRef::Name(name) => put_us_varchar(out, name),
        }
        out.extend_from_slice(&self.options.to_le_bytes());
        for parameter in &self.parameters {
            put_b_varchar(out, &parameter.name);
            let output = if parameter.output { OUTPUT } else { 0 };
            let default = if parameter.default { DEFAULT } else { 0 };
            out.push(output | default);
            match &parameter.argument {
                Argument::Scalar { type_info, value } => {
                    type_info.encode(out);
                    encode_value(type_info, value, Place::Parameter, out)?;
                }
                Argument::Table(table) => table.encode(out)?,
            }
        }
        Ok(())
    }
}

struct Decoder<'a> {
    reader: Reader<'a>,
    version: Version,
    /// How many rows and values the tables of the message may still have.
    cells: u64,
}

impl Decoder<'_> {
    fn call(&mut self) -> Result<RpcCall, DecodeError> {
        let procedure = self.procedure()?;
        let options = self.reader.u16("call options")?;
        let (mut parameters, mut no_execute) = (Vec::new(), false);
        while let Some(next) = self.reader.peek() {
            // A parameter's name has at most 128 characters, so that in 7.2 and later 0xFE and
            // 0xFF are no lengths; in 7.1 names are shorter than 0x80 for the same reason.
            if next == separator(self.version) || next == NO_EXECUTE {
                no_execute = self.reader.u8("call separator")? == NO_EXECUTE;
                break;
            }
            if parameters.len() == PARAMETERS_MAX {
                let limit = PARAMETERS_MAX as u64;
                return Err(DecodeError::OverLimit { what: "parameters of a call", limit });
            }
            parameters.push(self.parameter()?);
        }
        Ok(RpcCall { procedure, options, parameters, no_execute })
    }

    fn procedure(&mut self) -> Result<ProcedureRef, DecodeError> {
        match self.reader.u16("procedure name")? {
            NUMBERED => {
                let number = self.reader.u16("procedure number")?;
                let invalid =
                    DecodeError::Invalid { what: "procedure number", value: number.into() };
                ProcedureId::from_number(number).map(ProcedureRef::Id).ok_or(invalid)
            }
            units => self.reader.utf16(units.into(), "procedure name").map(ProcedureRef::Name),
        }
    }

    fn parameter(&mut self) -> Result<RpcParameter, DecodeError> {
        let name = self.reader.b_varchar("parameter name")?;
        let flags = self.reader.u8("parameter flags")?;
        if flags & ENCRYPTED != 0 {
            return Err(DecodeError::Unsupported { what: "an encrypted parameter" });
        }
        let argument = if self.reader.peek() == Some(type_byte_of_table()) {
            self.reader.u8("data type")?;
            Argument::Table(TableValue::decode(&mut self.reader, self.version, &mut self.cells)?)
        } else {
            let type_info = TypeInfo::decode(&mut self.reader, self.version)?;
            let value = decode(&type_info, &mut self.reader, Place::Parameter)?;
            Argument::Scalar { type_info, value }
        };
        let (output, default) = (flags & OUTPUT != 0, flags & DEFAULT != 0);
        Ok(RpcParameter { name, output, default, argument })
    }
}

#[cfg(test)]
mod tests;
