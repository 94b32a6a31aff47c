//! What queries ask of the session: names while they are bound, values while they run.
//!
//! Source: T-SQL reference, "System Functions" and the page of each.

use std::sync::Arc;

use super::cursor;
use super::scope::{ScopeKind, lower};
use super::{Session, TempTable};
use crate::bind::Names;
use crate::function;
use crate::host::{Cancel, Host, Module, QualifiedName, Relation, Row, TemporaryTable};
use crate::parse::{ParseOptions, parse_name};
use crate::plan::SessionFunction;
use crate::run::{Budget, Context, Frame};
use crate::types::SqlType;
use crate::value::{DateSettings, SqlError, SqlValue};

/// What a database shows as `@@DBTS` while no row of it has a `rowversion`: there are none here.
const ROW_VERSION: u64 = 2000;

impl TempTable {
    /// Whether it is a `##table`.
    pub(super) fn is_global(&self) -> bool {
        self.table.name.starts_with("##")
    }
}

impl Session {
    /// Runs something that evaluates.
    pub(super) fn with_context<T>(
        &self,
        cancel: &Cancel,
        run: impl FnOnce(&Context<'_>) -> T,
    ) -> T {
        let new_id = || self.host.new_id();
        let budget = Budget::new(self.settings.query_bytes);
        let functions = function::Session {
            now: self.host.now(),
            dates: self.options.dates(),
            date_first: self.options.date_first,
            rand: &self.rand,
            new_id: &new_id,
        };
        let host = &*self.host;
        run(&Context { host, frame: self, functions, cancel, budget: &budget })
    }

    /// Where the temporary table with this name stands in the list: the innermost one.
    pub(super) fn temp_index(&self, name: &str) -> Option<usize> {
        let name = lower(name);
        self.temp.iter().rposition(|temp| lower(&temp.table.name) == name)
    }

    /// Whether a user's function runs.
    pub(super) fn in_function(&self) -> bool {
        self.scopes.first().is_some_and(|scope| matches!(scope.kind, ScopeKind::Function(_)))
    }

    /// The number that `OBJECT_ID` shows for a temporary table: negative, as SQL Server's are.
    fn temp_object_id(&self, text: &str) -> Option<i32> {
        let name = parse_name(text).ok()?;
        let elsewhere = name.database().is_some_and(|one| !one.eq_ignore_ascii_case("tempdb"));
        let index = self.temp_index(name.name()).filter(|_| !elsewhere)?;
        let TempTable { depth, table } = self.temp.get(index)?;
        let hash = table.name.bytes().fold(*depth as u32 ^ 0x811c_9dc5, |hash, byte| {
            (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        });
        Some(-1 - (hash >> 1).cast_signed())
    }

    fn metadata(&self, name: &str, arguments: &[SqlValue]) -> Result<SqlValue, SqlError> {
        if name == "OBJECT_ID" {
            let text = arguments.first().and_then(SqlValue::as_str).unwrap_or_default();
            if text.contains('#') {
                let kind = arguments.get(1).and_then(SqlValue::as_str);
                let fits = kind.is_none_or(|kind| kind.trim_end().eq_ignore_ascii_case("U"));
                let id = self.temp_object_id(text).filter(|_| fits);
                return Ok(id.map_or(SqlValue::Null, SqlValue::Int));
            }
        }
        self.host.metadata(name, arguments, &self.database)
    }

    /// A function about the error whose CATCH block runs; NULL outside of one.
    fn of_error(&self, value: impl FnOnce(&crate::host::Message) -> SqlValue) -> SqlValue {
        self.caught.last().map_or(SqlValue::Null, |caught| value(&caught.message))
    }

    fn nest_level(&self) -> i32 {
        let calls = self.scopes.len().saturating_sub(1) + self.nested;
        i32::try_from(calls).unwrap_or(i32::MAX)
    }

    fn xact_state(&self) -> i16 {
        match (self.transaction.is_open(), self.transaction.is_doomed()) {
            (false, _) => 0,
            (true, false) => 1,
            (true, true) => -1,
        }
    }

    /// `SESSIONPROPERTY`; NULL for an option that it does not know.
    fn property(&self, arguments: &[SqlValue]) -> SqlValue {
        let option = arguments.first().and_then(SqlValue::as_str).unwrap_or_default();
        let on = match option.trim_end().to_ascii_uppercase().as_str() {
            "ANSI_NULLS" => self.options.ansi_nulls,
            "ANSI_PADDING" => self.options.ansi_padding,
            "ANSI_WARNINGS" => self.options.ansi_warnings,
            "ARITHABORT" => self.options.arith_abort,
            "CONCAT_NULL_YIELDS_NULL" => self.options.concat_null_yields_null,
            "NUMERIC_ROUNDABORT" => self.options.numeric_roundabort,
            "QUOTED_IDENTIFIER" => self.options.quoted_identifiers,
            _ => return SqlValue::Null,
        };
        SqlValue::Int(i32::from(on)).into_variant(SqlType::Int)
    }

    fn context_value(&self, arguments: &[SqlValue]) -> SqlValue {
        let key = arguments.first().and_then(SqlValue::as_str).unwrap_or_default();
        self.context.get(&lower(key)).map_or(SqlValue::Null, |(value, _)| value.clone())
    }

    fn procedure_id(&self) -> SqlValue {
        let name = self.scopes.last().map_or("", |scope| scope.procedure());
        if name.is_empty() {
            return SqlValue::Int(0);
        }
        let arguments = [SqlValue::nvarchar(name)];
        self.host.metadata("OBJECT_ID", &arguments, &self.database).unwrap_or(SqlValue::Null)
    }
}

/// The name under which `tempdb` has a table: one session's own is filled up with underscores
/// and ends in twelve hexadecimal digits, so that sessions do not get in each other's way.
fn stored_name(temp: &TempTable, id: i32) -> String {
    match temp.is_global() {
        true => temp.table.name.clone(),
        false => format!("{:_<116}{id:012X}", temp.table.name),
    }
}

impl Names for Session {
    fn variable(&self, name: &str) -> Option<(usize, SqlType)> {
        self.scopes.last()?.variable(name)
    }

    fn table_variable(&self, name: &str) -> Option<Arc<dyn Relation>> {
        let scope = self.scopes.last()?;
        scope.tables.get(&lower(name)).map(super::table::Table::relation)
    }

    fn temp_table(&self, name: &str) -> Option<Arc<dyn Relation>> {
        self.temp.get(self.temp_index(name)?).map(|temp| temp.table.relation())
    }

    fn show_temp_tables(&self) {
        let shown = self.temp.iter().filter_map(|temp| {
            let name = &temp.table.name;
            let id = self.temp_object_id(name)?;
            let columns = temp.table.visible().to_vec();
            Some(TemporaryTable { id, name: stored_name(temp, id), columns })
        });
        self.host.temporary_tables(shown.collect());
    }

    fn host(&self) -> &dyn Host {
        &*self.host
    }

    fn database(&self) -> &str {
        &self.database
    }

    fn parse_options(&self) -> ParseOptions {
        ParseOptions {
            quoted_identifiers: self.options.quoted_identifiers,
            ..ParseOptions::default()
        }
    }

    fn dates(&self) -> DateSettings {
        self.options.dates()
    }
}

impl Frame for Session {
    fn variable(&self, slot: usize) -> SqlValue {
        self.scopes.last().map_or(SqlValue::Null, |scope| scope.value(slot))
    }

    fn session_value(
        &self,
        function: SessionFunction,
        arguments: &[SqlValue],
    ) -> Result<SqlValue, SqlError> {
        use SessionFunction as F;
        let rows = self.last.row_count;
        Ok(match function {
            F::RowCount => SqlValue::Int(i32::try_from(rows).unwrap_or(i32::MAX)),
            F::RowCountBig => SqlValue::BigInt(i64::try_from(rows).unwrap_or(i64::MAX)),
            F::Error => SqlValue::Int(self.last.error),
            F::TranCount => {
                SqlValue::Int(i32::try_from(self.transaction.count()).unwrap_or(i32::MAX))
            }
            F::FetchStatus => SqlValue::Int(self.last.fetch_status),
            F::CursorRows => SqlValue::Int(self.last.cursor_rows),
            F::CursorStatus => cursor::status(self, arguments),
            F::Identity => self.last.identity.clone(),
            F::ScopeIdentity => {
                self.scopes.last().map_or(SqlValue::Null, |scope| scope.identity.clone())
            }
            F::NestLevel => SqlValue::Int(self.nest_level()),
            F::ProcId => self.procedure_id(),
            F::XactState => SqlValue::SmallInt(self.xact_state()),
            F::LangId => SqlValue::SmallInt(self.options.language.id),
            F::Language => SqlValue::nvarchar(self.options.language.name),
            F::DateFirst => SqlValue::TinyInt(self.options.date_first),
            F::LockTimeout => SqlValue::Int(self.options.lock_timeout),
            F::Options => SqlValue::Int(self.options.bits()),
            F::TextSize => SqlValue::Int(self.options.text_size),
            F::MaxPrecision => SqlValue::TinyInt(38),
            F::ServiceName => SqlValue::nvarchar("MSSQLSERVER"),
            F::ErrorNumber => self.of_error(|one| SqlValue::Int(one.error.number)),
            F::ErrorMessage => self.of_error(|one| SqlValue::nvarchar(&*one.error.message)),
            F::ErrorSeverity => self.of_error(|one| SqlValue::Int(one.error.severity.into())),
            F::ErrorState => self.of_error(|one| SqlValue::Int(one.error.state.into())),
            F::ErrorLine => self.of_error(|one| SqlValue::Int(one.line.cast_signed())),
            F::ErrorProcedure => self.of_error(|one| match one.procedure.is_empty() {
                true => SqlValue::Null,
                false => SqlValue::nvarchar(&*one.procedure),
            }),
            F::Spid => SqlValue::SmallInt(self.host.identity().session),
            F::Version => SqlValue::nvarchar(self.host.identity().version),
            F::ServerName => SqlValue::nvarchar(self.host.identity().server_name),
            F::SystemUser => SqlValue::nvarchar(self.host.identity().login),
            F::OriginalLogin => SqlValue::nvarchar(self.host.identity().original_login),
            F::CurrentUser => SqlValue::nvarchar(self.host.identity().user),
            F::HostName => SqlValue::nvarchar(self.host.identity().host_name),
            F::AppName => SqlValue::nvarchar(self.host.identity().program),
            F::UserSid if arguments.is_empty() => SqlValue::binary(self.host.identity().sid),
            F::UserSid => self.metadata("SUSER_SID", arguments)?,
            F::DatabaseName if arguments.is_empty() => SqlValue::nvarchar(&*self.database),
            F::DatabaseName => self.metadata("DB_NAME", arguments)?,
            F::SessionContext => self.context_value(arguments),
            F::ContextInfo => self.context_info.clone(),
            F::CurrentTransactionId => {
                let id = i64::try_from(self.transaction.id()).unwrap_or(i64::MAX);
                SqlValue::BigInt(id)
            }
            // No client has several requests at once, and no server calls another's procedures.
            F::RequestId => SqlValue::SmallInt(0),
            F::RemoteServer => SqlValue::Null,
            F::RowVersion => SqlValue::binary(ROW_VERSION.to_be_bytes().to_vec()),
            F::NextRowVersion => SqlValue::binary((ROW_VERSION + 1).to_be_bytes().to_vec()),
            F::SessionProperty => self.property(arguments),
            F::Metadata(name) => self.metadata(name, arguments)?,
        })
    }

    fn null_left_out(&self) {
        self.null_left_out.set(true);
    }

    fn call_function(&self, module: &Module, arguments: &[SqlValue]) -> Result<SqlValue, SqlError> {
        self.run_scalar_function(module, arguments)
    }

    fn call_table_function(
        &self,
        module: &Module,
        arguments: &[SqlValue],
    ) -> Result<Vec<Row>, SqlError> {
        self.run_table_function(module, arguments)
    }
}

/// The full name of an object, as the host is asked for it.
pub(super) fn qualified(name: &crate::ast::ObjectName, database: &str) -> QualifiedName {
    QualifiedName {
        server: name.server().map(str::to_owned),
        database: name.database().unwrap_or(database).to_owned(),
        schema: name.schema().map(str::to_owned),
        name: name.name().to_owned(),
    }
}
