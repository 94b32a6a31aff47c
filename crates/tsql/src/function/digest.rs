//! HASHBYTES, COMPRESS and DECOMPRESS; CHECKSUM and BINARY_CHECKSUM are refused, as their values
//! are documented nowhere.
//!
//! The hash functions are those of RFC 1321 (MD5) and FIPS 180-4 (SHA). They are here for scripts
//! that fingerprint rows, and are not fit for secrets: nothing is wiped, nothing is constant-time.
//!
//! Source: T-SQL reference, "HASHBYTES", "COMPRESS", "DECOMPRESS"; RFC 1952.

mod md5;
mod sha;

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;

use super::{Call, Function};
use crate::types::{Kind, Length, SqlType};
use crate::value::{LARGEST_VALUE, SqlError, SqlValue, to_code_page};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("HASHBYTES", (2, 2), hash_type, hash_bytes),
    Function::new("COMPRESS", (1, 1), compress_type, compress),
    Function::new("DECOMPRESS", (1, 1), decompress_type, decompress),
];

fn hash_type(types: &[SqlType]) -> Result<SqlType, SqlError> {
    bytes_type(&types[1], 2, "hashbytes")?;
    Ok(SqlType::VarBinary(Length::N(8000)))
}

fn compress_type(types: &[SqlType]) -> Result<SqlType, SqlError> {
    bytes_type(&types[0], 1, "Compress")?;
    Ok(SqlType::VARBINARY_MAX)
}

fn decompress_type(types: &[SqlType]) -> Result<SqlType, SqlError> {
    let kind = types[0].kind();
    match matches!(kind, Kind::Binary | Kind::VarBinary) {
        true => Ok(SqlType::VARBINARY_MAX),
        false => Err(SqlError::argument_invalid(kind.name(), 1, "Decompress")),
    }
}

/// Only text and binaries have bytes here.
fn bytes_type(ty: &SqlType, position: usize, function: &str) -> Result<(), SqlError> {
    match ty.kind().is_character() || ty.kind().is_binary() {
        true => Ok(()),
        false => Err(SqlError::argument_invalid(ty.kind().name(), position, function)),
    }
}

/// What a value is stored as: `nvarchar` in UTF-16, `varchar` in its code page.
fn stored(value: &SqlValue) -> Vec<u8> {
    if let SqlValue::NVarChar(text) = value {
        return text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    }
    match value.as_str() {
        Some(text) => to_code_page(text),
        None => value.as_bytes().unwrap_or_default().to_vec(),
    }
}

fn hash_bytes(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let bytes = stored(call.args[1].unwrapped());
    let algorithm = call.text(0)?;
    let hash = match algorithm.to_ascii_uppercase().as_str() {
        "MD5" => md5::md5(&bytes).to_vec(),
        "SHA" | "SHA1" => sha::sha1(&bytes).to_vec(),
        "SHA2_256" => sha::sha256(&bytes).to_vec(),
        "SHA2_512" => sha::sha512(&bytes).to_vec(),
        "MD2" | "MD4" => return Err(SqlError::unsupported(&format!("HASHBYTES {algorithm}"))),
        _ => return Ok(SqlValue::Null),
    };
    Ok(SqlValue::binary(hash))
}

fn compress(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let written = encoder.write_all(&stored(call.args[0].unwrapped()));
    match written.and_then(|()| encoder.finish()) {
        Ok(bytes) => Ok(SqlValue::binary(bytes)),
        Err(_) => Ok(SqlValue::Null),
    }
}

fn decompress(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let stored = stored(call.args[0].unwrapped());
    let mut bytes = Vec::new();
    let decoder = MultiGzDecoder::new(stored.as_slice());
    // A few bytes can stand for any number of others.
    match decoder.take(LARGEST_VALUE + 1).read_to_end(&mut bytes) {
        Ok(_) if LARGEST_VALUE < bytes.len() as u64 => {
            Err(SqlError::value_too_large(LARGEST_VALUE))
        }
        Ok(_) => Ok(SqlValue::binary(bytes)),
        Err(_) => {
            let text = "Archive is corrupted, or its format is not supported by DECOMPRESS.";
            Err(SqlError::new(9832, 16, 1, text))
        }
    }
}
