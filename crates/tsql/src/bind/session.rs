//! Functions and `@@` variables whose value the session or the host knows.
//!
//! Sources: T-SQL reference, "System functions", "Metadata functions", "Security functions",
//! "Configuration functions", and the page of each for its type.

use super::Binder;
use super::error::{Bind, fail, undeclared};
use super::scope::Scope;
use super::typed::{Typed, constant, scalar};
use crate::ast::{FunctionCall, Niladic, Place};
use crate::plan::{ScalarKind, SessionFunction};
use crate::types::{Length, SqlType};
use crate::value::{SqlError, SqlValue};

use SessionFunction as S;

/// `numeric(38,0)`, the type of identities.
const IDENTITY: SqlType = SqlType::Numeric { precision: 38, scale: 0 };
const NAME: SqlType = SqlType::SYSNAME;
const TEXT: SqlType = SqlType::NVarChar(Length::N(4000));

/// The `@@` variables, with the sign cut off, in upper case.
const VARIABLES: &[(&str, SessionFunction, SqlType)] = &[
    ("ROWCOUNT", S::RowCount, SqlType::Int),
    ("ERROR", S::Error, SqlType::Int),
    ("TRANCOUNT", S::TranCount, SqlType::Int),
    ("FETCH_STATUS", S::FetchStatus, SqlType::Int),
    ("CURSOR_ROWS", S::CursorRows, SqlType::Int),
    ("IDENTITY", S::Identity, IDENTITY),
    ("NESTLEVEL", S::NestLevel, SqlType::Int),
    ("PROCID", S::ProcId, SqlType::Int),
    ("SPID", S::Spid, SqlType::SmallInt),
    ("LANGID", S::LangId, SqlType::SmallInt),
    ("LANGUAGE", S::Language, NAME),
    ("DATEFIRST", S::DateFirst, SqlType::TinyInt),
    ("LOCK_TIMEOUT", S::LockTimeout, SqlType::Int),
    ("OPTIONS", S::Options, SqlType::Int),
    ("TEXTSIZE", S::TextSize, SqlType::Int),
    ("MAX_PRECISION", S::MaxPrecision, SqlType::TinyInt),
    ("VERSION", S::Version, SqlType::NVarChar(Length::N(300))),
    ("SERVERNAME", S::ServerName, NAME),
    ("SERVICENAME", S::ServiceName, NAME),
    ("MICROSOFTVERSION", S::Metadata("@@MICROSOFTVERSION"), SqlType::Int),
    ("CONNECTIONS", S::Metadata("@@CONNECTIONS"), SqlType::Int),
    ("CPU_BUSY", S::Metadata("@@CPU_BUSY"), SqlType::Int),
    ("IDLE", S::Metadata("@@IDLE"), SqlType::Int),
    ("IO_BUSY", S::Metadata("@@IO_BUSY"), SqlType::Int),
    ("TIMETICKS", S::Metadata("@@TIMETICKS"), SqlType::Int),
    ("TOTAL_READ", S::Metadata("@@TOTAL_READ"), SqlType::Int),
    ("TOTAL_WRITE", S::Metadata("@@TOTAL_WRITE"), SqlType::Int),
    ("TOTAL_ERRORS", S::Metadata("@@TOTAL_ERRORS"), SqlType::Int),
    ("PACK_RECEIVED", S::Metadata("@@PACK_RECEIVED"), SqlType::Int),
    ("PACK_SENT", S::Metadata("@@PACK_SENT"), SqlType::Int),
    ("PACKET_ERRORS", S::Metadata("@@PACKET_ERRORS"), SqlType::Int),
    ("DBTS", S::RowVersion, SqlType::VarBinary(Length::N(8))),
    ("REMSERVER", S::RemoteServer, NAME),
];

/// Most users that T-SQL promises a server can have, `@@MAX_CONNECTIONS`.
const CONNECTIONS_MAX: i32 = 32_767;

/// Functions of the session: name, what, fewest and most arguments, type.
const FUNCTIONS: &[(&str, SessionFunction, usize, usize, SqlType)] = &[
    ("ROWCOUNT_BIG", S::RowCountBig, 0, 0, SqlType::BigInt),
    ("CURSOR_STATUS", S::CursorStatus, 2, 2, SqlType::SmallInt),
    ("SCOPE_IDENTITY", S::ScopeIdentity, 0, 0, IDENTITY),
    ("XACT_STATE", S::XactState, 0, 0, SqlType::SmallInt),
    ("ERROR_NUMBER", S::ErrorNumber, 0, 0, SqlType::Int),
    ("ERROR_MESSAGE", S::ErrorMessage, 0, 0, TEXT),
    ("ERROR_SEVERITY", S::ErrorSeverity, 0, 0, SqlType::Int),
    ("ERROR_STATE", S::ErrorState, 0, 0, SqlType::Int),
    ("ERROR_LINE", S::ErrorLine, 0, 0, SqlType::Int),
    ("ERROR_PROCEDURE", S::ErrorProcedure, 0, 0, NAME),
    ("ORIGINAL_LOGIN", S::OriginalLogin, 0, 0, NAME),
    ("SUSER_SNAME", S::SystemUser, 0, 0, NAME),
    ("SUSER_NAME", S::SystemUser, 0, 0, NAME),
    ("SUSER_SID", S::UserSid, 0, 0, SqlType::VarBinary(Length::N(85))),
    ("USER_NAME", S::CurrentUser, 0, 0, NAME),
    ("HOST_NAME", S::HostName, 0, 0, NAME),
    ("APP_NAME", S::AppName, 0, 0, NAME),
    ("PROGRAM_NAME", S::AppName, 0, 0, NAME),
    ("DB_NAME", S::DatabaseName, 0, 0, NAME),
    ("SESSION_CONTEXT", S::SessionContext, 1, 1, SqlType::SqlVariant),
    ("CONTEXT_INFO", S::ContextInfo, 0, 0, SqlType::VarBinary(Length::N(128))),
    ("CURRENT_REQUEST_ID", S::RequestId, 0, 0, SqlType::SmallInt),
    ("MIN_ACTIVE_ROWVERSION", S::NextRowVersion, 0, 0, SqlType::Binary(8)),
    ("SESSIONPROPERTY", S::SessionProperty, 1, 1, SqlType::SqlVariant),
    ("CURRENT_TRANSACTION_ID", S::CurrentTransactionId, 0, 0, SqlType::BigInt),
];

/// Functions of the host: name, fewest and most arguments, type.
const METADATA: &[(&str, usize, usize, SqlType)] = &[
    ("SERVERPROPERTY", 1, 1, SqlType::SqlVariant),
    ("OBJECT_ID", 1, 2, SqlType::Int),
    ("OBJECT_NAME", 1, 2, NAME),
    ("OBJECT_SCHEMA_NAME", 1, 2, NAME),
    ("OBJECT_DEFINITION", 1, 1, SqlType::NVARCHAR_MAX),
    ("OBJECTPROPERTY", 2, 2, SqlType::Int),
    ("OBJECTPROPERTYEX", 2, 2, SqlType::SqlVariant),
    ("DB_ID", 0, 1, SqlType::SmallInt),
    ("DB_NAME", 1, 1, NAME),
    ("ORIGINAL_DB_NAME", 0, 0, NAME),
    ("SCHEMA_NAME", 0, 1, NAME),
    ("SCHEMA_ID", 0, 1, SqlType::Int),
    ("COL_LENGTH", 2, 2, SqlType::SmallInt),
    ("COL_NAME", 2, 2, NAME),
    ("COLUMNPROPERTY", 3, 3, SqlType::Int),
    ("TYPE_ID", 1, 1, SqlType::Int),
    ("TYPE_NAME", 1, 1, NAME),
    ("TYPEPROPERTY", 2, 2, SqlType::Int),
    ("INDEXPROPERTY", 3, 3, SqlType::Int),
    ("INDEX_COL", 3, 3, NAME),
    ("INDEXKEY_PROPERTY", 4, 4, SqlType::Int),
    ("DATABASEPROPERTYEX", 2, 2, SqlType::SqlVariant),
    ("DATABASEPROPERTY", 2, 2, SqlType::Int),
    ("DATABASE_PRINCIPAL_ID", 0, 1, SqlType::Int),
    ("IS_MEMBER", 1, 1, SqlType::Int),
    ("IS_ROLEMEMBER", 1, 2, SqlType::Int),
    ("IS_SRVROLEMEMBER", 1, 2, SqlType::Int),
    ("HAS_PERMS_BY_NAME", 3, 5, SqlType::Int),
    ("HAS_DBACCESS", 1, 1, SqlType::Int),
    ("PERMISSIONS", 0, 2, SqlType::Int),
    ("SUSER_ID", 0, 1, SqlType::Int),
    ("SUSER_NAME", 1, 1, NAME),
    ("SUSER_SNAME", 1, 1, NAME),
    ("SUSER_SID", 1, 2, SqlType::VarBinary(Length::N(85))),
    ("USER_ID", 0, 1, SqlType::Int),
    ("USER_NAME", 1, 1, NAME),
    ("CONNECTIONPROPERTY", 1, 1, SqlType::SqlVariant),
    ("COLLATIONPROPERTY", 2, 2, SqlType::SqlVariant),
    ("FULLTEXTSERVICEPROPERTY", 1, 1, SqlType::Int),
    ("FULLTEXTCATALOGPROPERTY", 2, 2, SqlType::Int),
    ("FILE_ID", 1, 1, SqlType::SmallInt),
    ("FILE_IDEX", 1, 1, SqlType::Int),
    ("FILE_NAME", 1, 1, NAME),
    ("FILEPROPERTY", 2, 2, SqlType::Int),
    ("FILEGROUP_ID", 1, 1, SqlType::Int),
    ("FILEGROUP_NAME", 1, 1, NAME),
    ("FILEGROUPPROPERTY", 2, 2, SqlType::Int),
    ("STATS_DATE", 2, 2, SqlType::DateTime),
    ("IDENT_CURRENT", 1, 1, IDENTITY),
    ("IDENT_SEED", 1, 1, IDENTITY),
    ("IDENT_INCR", 1, 1, IDENTITY),
    ("LOGINPROPERTY", 2, 2, SqlType::SqlVariant),
    ("HOST_ID", 0, 0, SqlType::Char(10)),
    ("GETANSINULL", 0, 1, SqlType::SmallInt),
    ("ASSEMBLYPROPERTY", 2, 2, SqlType::SqlVariant),
];

impl Binder<'_> {
    /// `@@NAME`.
    pub(super) fn system_variable(&self, name: &str, place: Place) -> Bind<Typed> {
        let bare = name.trim_start_matches('@').to_ascii_uppercase();
        if bare == "MAX_CONNECTIONS" {
            return Ok(Typed::weak(constant(SqlValue::Int(CONNECTIONS_MAX), place)));
        }
        if let Some((_, function, ty)) = VARIABLES.iter().find(|(known, _, _)| *known == bare) {
            return Ok(session(*function, Vec::new(), *ty, place));
        }
        fail(place, undeclared(name))
    }

    /// `CURRENT_USER` and the like.
    pub(super) fn niladic(&self, niladic: Niladic, place: Place) -> Bind<Typed> {
        let function = match niladic {
            Niladic::CurrentTimestamp => {
                return self.named_call("CURRENT_TIMESTAMP", Vec::new(), place);
            }
            Niladic::CurrentUser | Niladic::SessionUser | Niladic::User => S::CurrentUser,
            Niladic::SystemUser => S::SystemUser,
        };
        Ok(session(function, Vec::new(), NAME, place))
    }

    /// A function of the session or the host; `None` for any other.
    pub(super) fn session_call(
        &self,
        call: &FunctionCall,
        place: Place,
        scope: &Scope<'_>,
    ) -> Bind<Option<Typed>> {
        let name = call.name.name().to_ascii_uppercase();
        let count = call.arguments.len();
        let own =
            FUNCTIONS.iter().find(|known| known.0 == name && (known.2..=known.3).contains(&count));
        let metadata = METADATA.iter().find(|known| known.0 == name);
        let (function, ty) = match (own, metadata) {
            (Some(known), _) => (known.1, known.4),
            (None, Some((known, min, max, ty))) => {
                if count < *min || *max < count {
                    return fail(place, argument_count(known, *min, *max));
                }
                (S::Metadata(known), *ty)
            }
            (None, None) => match FUNCTIONS.iter().find(|known| known.0 == name) {
                Some(known) => return fail(place, argument_count(known.0, known.2, known.3)),
                None => return Ok(None),
            },
        };
        let arguments: Bind<Vec<_>> =
            call.arguments.iter().map(|argument| Ok(self.expr(argument, scope)?.scalar)).collect();
        Ok(Some(session(function, arguments?, ty, place)))
    }
}

fn argument_count(name: &str, min: usize, max: usize) -> SqlError {
    let name = name.to_ascii_lowercase();
    match min == max {
        true => SqlError::argument_count(&name, min),
        false => SqlError::argument_count_between(&name, min, max),
    }
}

fn session(
    function: SessionFunction,
    arguments: Vec<crate::plan::Scalar>,
    ty: SqlType,
    place: Place,
) -> Typed {
    Typed::weak(scalar(ScalarKind::Session(function, arguments), ty, place))
}
