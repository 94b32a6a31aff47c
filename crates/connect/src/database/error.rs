//! What can go wrong with a database of any product, and what it means to who called.

use model::dts;

use crate::sql_server::SqlError;

/// What an error means to who called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// There is no connection, or no longer.
    Connection,
    /// The login was refused.
    Login,
    /// A value breaks a constraint: a key, a check, NOT NULL.
    Integrity,
    /// A value does not fit its column's type.
    Conversion,
    /// A table, view or column does not exist.
    Missing,
    /// The user may not do that.
    Permission,
    /// It took too long.
    TimedOut,
    /// The caller did not want it any more.
    Stopped,
    /// Anything else that the server did not like.
    Statement,
    /// What was asked is not supported with this product.
    Unsupported,
}

/// A database said no.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub struct DatabaseError {
    /// What it means.
    pub kind: Kind,
    /// The product's own words.
    pub text: String,
    /// The product's own number, where it has one.
    pub number: Option<u32>,
    /// Whether trying again later may help.
    pub transient: bool,
}

impl DatabaseError {
    /// An error without a number.
    pub fn new(kind: Kind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into(), number: None, transient: false }
    }

    /// The caller did not want it any more.
    pub(crate) fn stopped() -> Self {
        Self::new(Kind::Stopped, "the query was interrupted")
    }

    /// It took too long.
    pub(crate) fn timed_out(seconds: u64) -> Self {
        Self::new(Kind::TimedOut, format!("the query timed out after {seconds} s"))
    }

    /// Whether the row that was being written is to blame, and not the connection or statement.
    pub const fn is_of_row(&self) -> bool {
        matches!(self.kind, Kind::Integrity | Kind::Conversion)
    }

    /// The SSIS code.
    pub const fn code(&self) -> u32 {
        dts::DTS_E_OLEDBERROR
    }

    /// The HRESULT that an OLE DB provider would have given.
    pub const fn hresult(&self) -> u32 {
        match self.kind {
            Kind::Login => 0x8004_0E4D,
            Kind::Integrity => 0x8004_0E2F,
            Kind::Missing => 0x8004_0E37,
            Kind::Permission => 0x8004_0E09,
            Kind::TimedOut => 0x8004_0E31,
            Kind::Conversion => 0x8004_0E07,
            Kind::Statement | Kind::Unsupported => 0x8004_0E14,
            Kind::Connection | Kind::Stopped => 0x8000_4005,
        }
    }

    /// The message as SSIS words it; `source_name` is the provider's name.
    pub fn message(&self, source_name: &str) -> String {
        let hresult = self.hresult();
        format!(
            "SSIS Error Code DTS_E_OLEDBERROR.  An OLE DB error has occurred. Error code: \
             0x{hresult:08X}.\nAn OLE DB record is available.  Source: \"{source_name}\"  Hresult: \
             0x{hresult:08X}  Description: \"{}\".",
            self.text
        )
    }
}

/// SQL Server's numbers of errors in a value: conversion, overflow, truncation.
const CONVERSIONS: &[u32] =
    &[220, 232, 235, 241, 242, 244, 245, 248, 295, 296, 2628, 4815, 8114, 8115, 8152, 8169];

impl From<SqlError> for DatabaseError {
    fn from(error: SqlError) -> Self {
        let kind = match &error {
            SqlError::Login { .. }
            | SqlError::NoUser { .. }
            | SqlError::IntegratedSecurity { .. } => Kind::Login,
            SqlError::Server { number: 515 | 547 | 2601 | 2627 | 1505 | 550, .. } => {
                Kind::Integrity
            }
            SqlError::Server { number: 207 | 208, .. } => Kind::Missing,
            SqlError::Server { number: 229 | 230 | 262, .. } => Kind::Permission,
            SqlError::Server { number, .. } if CONVERSIONS.contains(number) => Kind::Conversion,
            SqlError::Server { .. } | SqlError::Statement(_) => Kind::Statement,
            SqlError::QueryTimedOut { .. } => Kind::TimedOut,
            SqlError::Interrupted => Kind::Stopped,
            SqlError::Unknown { .. }
            | SqlError::Refused { .. }
            | SqlError::ConnectTimedOut { .. }
            | SqlError::Instance { .. }
            | SqlError::Certificate { .. }
            | SqlError::Broken { .. }
            | SqlError::Runtime(_) => Kind::Connection,
        };
        Self {
            kind,
            text: error.description(),
            number: error.number(),
            transient: error.is_transient(),
        }
    }
}
