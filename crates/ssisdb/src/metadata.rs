//! Built-in functions about the server, its databases and objects, and the login.
//!
//! Source: T-SQL reference, "Metadata functions", "Security functions", SERVERPROPERTY.

use std::sync::Arc;

use catalog::{Caller, principals};
use tsql::host::QualifiedName;
use tsql::value::{SqlError, SqlValue};

use crate::connection::{DATABASES, Inside, SSISDB};
use crate::counters;
use crate::server::ServerFacts;
use crate::system::{SCHEMAS, objects, types};

/// What clients of SQL Server expect behind the product's name. The major version decides what
/// they ask for: 16 is SQL Server 2022.
pub(crate) const PRODUCT_VERSION: &str = "16.0.1000.6";

/// `@@MICROSOFTVERSION`: the major version in the highest byte, the build in the lowest two.
const MICROSOFT_VERSION: i32 = (16 << 24) | 1000;

/// What `@@VERSION` shows: tools look at the beginning for the version that they talk to.
pub(crate) fn version_text(facts: &ServerFacts) -> String {
    format!(
        "Microsoft SQL Server 2022 (RTM) - {PRODUCT_VERSION} compatible\n\tPackhorse {} on Linux",
        facts.program_version
    )
}

/// The user that a caller is in SSISDB.
pub(crate) fn user_name(caller: &Caller) -> String {
    match caller.user {
        Some(principals::DBO) => "dbo".to_owned(),
        Some(_) => caller.name.clone(),
        None => "guest".to_owned(),
    }
}

/// The value of a function; the name is in upper case.
pub(crate) fn value(
    connection: &Arc<Inside>,
    function: &str,
    arguments: &[SqlValue],
    database: &str,
) -> Result<SqlValue, SqlError> {
    let call = Call { connection, arguments, database };
    match function {
        "SERVERPROPERTY" => Ok(server_property(connection, &call.text(0))),
        "DATABASEPROPERTYEX" => Ok(database_property(&call.text(0), &call.text(1))),
        "CONNECTIONPROPERTY" => Ok(connection_property(connection, &call.text(0))),
        "DB_ID" => Ok(call.database_id()),
        "DB_NAME" => Ok(call.database_name()),
        "ORIGINAL_DB_NAME" => Ok(SqlValue::nvarchar(database)),
        "HAS_DBACCESS" => Ok(SqlValue::Int(i32::from(call.database_of(0).is_some()))),
        "SCHEMA_ID" => Ok(call.schema_id()),
        "SCHEMA_NAME" => Ok(call.schema_name()),
        "TYPE_ID" => {
            Ok(types::named(&call.text(0)).map_or(SqlValue::Null, |found| SqlValue::Int(found.id)))
        }
        "TYPE_NAME" => Ok(call.type_name()),
        "OBJECT_ID" => call.object_id(),
        "OBJECT_NAME" | "OBJECT_SCHEMA_NAME" | "OBJECT_DEFINITION" | "OBJECTPROPERTY"
        | "OBJECTPROPERTYEX" => call.of_object(function),
        "COL_NAME" | "COL_LENGTH" | "COLUMNPROPERTY" => call.of_column(function),
        "COLLATIONPROPERTY" => Ok(collation_property(&call.text(1))),
        "INDEXPROPERTY" | "INDEX_COL" | "FULLTEXTCATALOGPROPERTY" | "STATS_DATE" => {
            Ok(SqlValue::Null)
        }
        "FILE_ID" | "FILE_IDEX" | "FILE_NAME" | "FILEGROUP_ID" | "FILEGROUP_NAME"
        | "FILEGROUPPROPERTY" | "FILEPROPERTY" => call.of_file(function),
        "GETANSINULL" => Ok(call.ansi_null()),
        "FULLTEXTSERVICEPROPERTY" => Ok(SqlValue::Int(0)),
        "IS_SRVROLEMEMBER" => call.is_server_role_member(),
        "IS_MEMBER" | "IS_ROLEMEMBER" => call.is_role_member(),
        "HAS_PERMS_BY_NAME" => Ok(SqlValue::Int(i32::from(connection.caller().is_admin()))),
        "SUSER_ID" | "SUSER_SID" | "SUSER_NAME" | "SUSER_SNAME" => call.of_login(function),
        "USER_ID" | "DATABASE_PRINCIPAL_ID" | "USER_NAME" => call.of_user(function),
        "@@MICROSOFTVERSION" => Ok(SqlValue::Int(MICROSOFT_VERSION)),
        _ => counters::value(connection, function).ok_or_else(|| SqlError::unsupported(function)),
    }
}

fn variant(value: SqlValue) -> SqlValue {
    let base = value.sql_type();
    value.into_variant(base)
}

fn server_property(connection: &Inside, property: &str) -> SqlValue {
    let facts = &connection.server.facts;
    let text = |text: &str| variant(SqlValue::nvarchar(text));
    let number = |number: i32| variant(SqlValue::Int(number));
    match property.to_ascii_lowercase().as_str() {
        "servername" => text(&facts.server_name),
        "machinename" | "computernamephysicalnetbios" => text(&facts.machine_name),
        "productversion" => text(PRODUCT_VERSION),
        "productlevel" => text("RTM"),
        "productmajorversion" => text("16"),
        "productminorversion" => text("0"),
        "productbuild" => text("1000"),
        "edition" => text("Enterprise Edition (64-bit)"),
        "editionid" => variant(SqlValue::BigInt(1_804_890_536)),
        "engineedition" => number(3),
        "collation" | "sqlcharsetname" => text(tsql::collation::Collation::DEFAULT_NAME),
        "lcid" => number(1033),
        "processid" => number(i32::try_from(std::process::id()).unwrap_or(i32::MAX)),
        "isclustered"
        | "ishadrenabled"
        | "issingleuser"
        | "isfulltextinstalled"
        | "isintegratedsecurityonly"
        | "islocaldb"
        | "isxtpsupported"
        | "ispolybaseinstalled"
        | "isadvancedanalyticsinstalled"
        | "filestreamconfiguredlevel" => number(0),
        _ => SqlValue::Null,
    }
}

fn database_property(database: &str, property: &str) -> SqlValue {
    if !DATABASES.iter().any(|known| known.eq_ignore_ascii_case(database)) {
        return SqlValue::Null;
    }
    let text = |text: &str| variant(SqlValue::nvarchar(text));
    match property.to_ascii_lowercase().as_str() {
        "status" => text("ONLINE"),
        "updateability" => text("READ_WRITE"),
        "useraccess" => text("MULTI_USER"),
        "recovery" => text("FULL"),
        "collation" => text(tsql::collation::Collation::DEFAULT_NAME),
        "version" => variant(SqlValue::Int(957)),
        "issingleuser" | "isautoclose" | "isautoshrink" | "isinstandby" | "ispublished" => {
            variant(SqlValue::Int(0))
        }
        _ => SqlValue::Null,
    }
}

fn connection_property(connection: &Inside, property: &str) -> SqlValue {
    let text = |text: &str| variant(SqlValue::nvarchar(text));
    match property.to_ascii_lowercase().as_str() {
        "net_transport" | "physical_net_transport" => text("TCP"),
        "protocol_type" => text("TSQL"),
        "auth_scheme" => text("SQL"),
        "local_tcp_port" => variant(SqlValue::Int(i32::from(connection.server.facts.port))),
        "client_net_address" => text(&connection.client.address),
        _ => SqlValue::Null,
    }
}

fn collation_property(property: &str) -> SqlValue {
    match property.to_ascii_lowercase().as_str() {
        "codepage" => variant(SqlValue::Int(1252)),
        "lcid" => variant(SqlValue::Int(1033)),
        "comparisonstyle" => variant(SqlValue::Int(196_609)),
        "version" => variant(SqlValue::Int(0)),
        _ => SqlValue::Null,
    }
}

/// A call of a function.
struct Call<'a> {
    connection: &'a Arc<Inside>,
    arguments: &'a [SqlValue],
    database: &'a str,
}

impl Call<'_> {
    fn argument(&self, at: usize) -> Option<&SqlValue> {
        self.arguments.get(at).map(SqlValue::unwrapped).filter(|value| !value.is_null())
    }

    /// An argument as text; NULL is empty.
    fn text(&self, at: usize) -> String {
        self.argument(at).and_then(SqlValue::as_str).unwrap_or_default().to_owned()
    }

    fn number(&self, at: usize) -> Option<i64> {
        self.argument(at).and_then(SqlValue::as_i64)
    }

    fn database_of(&self, at: usize) -> Option<usize> {
        let name = self.text(at);
        let name = name.trim_end();
        DATABASES.iter().position(|database| database.eq_ignore_ascii_case(name))
    }

    fn database_id(&self) -> SqlValue {
        let found = match self.arguments.is_empty() {
            true => DATABASES.iter().position(|name| name.eq_ignore_ascii_case(self.database)),
            false => self.database_of(0),
        };
        found.map_or(SqlValue::Null, |at| SqlValue::SmallInt(database_id(at)))
    }

    fn database_name(&self) -> SqlValue {
        if self.arguments.is_empty() {
            return SqlValue::nvarchar(self.database);
        }
        let id = self.number(0);
        let mut all = DATABASES.iter().enumerate();
        let found = all.find(|(at, _)| Some(i64::from(database_id(*at))) == id);
        found.map_or(SqlValue::Null, |(_, name)| SqlValue::nvarchar(*name))
    }

    fn schema_id(&self) -> SqlValue {
        let name = if self.arguments.is_empty() { "dbo".to_owned() } else { self.text(0) };
        let found = SCHEMAS.iter().find(|(_, schema)| schema.eq_ignore_ascii_case(&name));
        found.map_or(SqlValue::Null, |(id, _)| SqlValue::Int(*id))
    }

    fn schema_name(&self) -> SqlValue {
        if self.arguments.is_empty() {
            return SqlValue::nvarchar("dbo");
        }
        let id = self.number(0);
        let found = SCHEMAS.iter().find(|(schema, _)| Some(i64::from(*schema)) == id);
        found.map_or(SqlValue::Null, |(_, name)| SqlValue::nvarchar(*name))
    }

    fn type_name(&self) -> SqlValue {
        let id = self.number(0);
        let found = types::TYPES.iter().find(|known| Some(i64::from(known.id)) == id);
        found.map_or(SqlValue::Null, |known| SqlValue::nvarchar(known.name))
    }

    fn object_id(&self) -> Result<SqlValue, SqlError> {
        let Ok(name) = tsql::parse_name(&self.text(0)) else { return Ok(SqlValue::Null) };
        let qualified = QualifiedName {
            server: None,
            database: name.database().unwrap_or(self.database).to_owned(),
            schema: name.schema().map(str::to_owned),
            name: name.name().to_owned(),
        };
        let found = objects::named(self.connection, &qualified)?;
        let kind = self.text(1);
        let found = found.filter(|object| {
            kind.is_empty() || object.kind.trim_end().eq_ignore_ascii_case(kind.trim_end())
        });
        Ok(found.map_or(SqlValue::Null, |object| SqlValue::Int(object.id)))
    }

    fn of_object(&self, function: &str) -> Result<SqlValue, SqlError> {
        let database = self.number(2).filter(|_| function == "OBJECT_NAME");
        let database = database.or_else(|| self.number(1).filter(|_| function != "OBJECTPROPERTY"));
        let names = DATABASES.iter().enumerate();
        let database = database
            .and_then(|id| names.clone().find(|(at, _)| i64::from(database_id(*at)) == id))
            .map_or(self.database, |(_, name)| name);
        let all = objects::all(self.connection, database)?;
        let id = self.number(0);
        let Some(object) = all.iter().find(|object| Some(i64::from(object.id)) == id) else {
            return Ok(SqlValue::Null);
        };
        Ok(match function {
            "OBJECT_NAME" => SqlValue::nvarchar(object.name.as_str()),
            "OBJECT_SCHEMA_NAME" => SqlValue::nvarchar(object.schema.as_str()),
            "OBJECT_DEFINITION" => {
                object.definition.as_deref().map_or(SqlValue::Null, SqlValue::nvarchar)
            }
            _ => object_property(object, &self.text(1)),
        })
    }

    fn of_column(&self, function: &str) -> Result<SqlValue, SqlError> {
        let all = objects::all(self.connection, self.database)?;
        let object = if function == "COL_LENGTH" {
            let Ok(name) = tsql::parse_name(&self.text(0)) else { return Ok(SqlValue::Null) };
            let schema = name.schema().unwrap_or("dbo").to_owned();
            all.iter().find(|object| {
                object.schema.eq_ignore_ascii_case(&schema)
                    && object.name.eq_ignore_ascii_case(name.name())
            })
        } else {
            let id = self.number(0);
            all.iter().find(|object| Some(i64::from(object.id)) == id)
        };
        let Some(object) = object else { return Ok(SqlValue::Null) };
        if function == "COL_NAME" {
            let at = self.number(1).and_then(|at| usize::try_from(at - 1).ok());
            let column = at.and_then(|at| object.columns.get(at));
            return Ok(
                column.map_or(SqlValue::Null, |column| SqlValue::nvarchar(column.name.as_str()))
            );
        }
        let name = self.text(1);
        let at = object.columns.iter().position(|column| column.name.eq_ignore_ascii_case(&name));
        let Some((at, column)) = at.and_then(|at| Some((at, object.columns.get(at)?))) else {
            return Ok(SqlValue::Null);
        };
        let facts = types::facts(&column.data_type);
        if function == "COL_LENGTH" {
            return Ok(SqlValue::SmallInt(facts.max_length));
        }
        Ok(match self.text(2).to_ascii_lowercase().as_str() {
            "allowsnull" => SqlValue::Int(i32::from(column.nullable)),
            "columnid" => SqlValue::Int(i32::try_from(at + 1).unwrap_or(i32::MAX)),
            "precision" => SqlValue::Int(i32::from(facts.precision)),
            "scale" => SqlValue::Int(i32::from(facts.scale)),
            "isidentity" | "iscomputed" | "isrowguidcol" => SqlValue::Int(0),
            _ => SqlValue::Null,
        })
    }

    /// SSISDB has one file in one group, as `sys.database_files` shows it.
    fn of_file(&self, function: &str) -> Result<SqlValue, SqlError> {
        let is_group = function.starts_with("FILEGROUP");
        let name = if is_group { "PRIMARY" } else { SSISDB };
        let here = self.database.eq_ignore_ascii_case(SSISDB);
        if matches!(function, "FILE_NAME" | "FILEGROUP_NAME") {
            let found = here && self.number(0) == Some(1);
            return Ok(if found { SqlValue::nvarchar(name) } else { SqlValue::Null });
        }
        if !here || !self.text(0).trim_end().eq_ignore_ascii_case(name) {
            return Ok(SqlValue::Null);
        }
        Ok(match (function, self.text(1).to_ascii_lowercase().as_str()) {
            ("FILE_ID", _) => SqlValue::SmallInt(1),
            ("FILE_IDEX" | "FILEGROUP_ID", _) => SqlValue::Int(1),
            ("FILEGROUPPROPERTY", "isdefault") | ("FILEPROPERTY", "isprimaryfile") => {
                SqlValue::Int(1)
            }
            ("FILEGROUPPROPERTY", "isreadonly" | "isuserdefinedfg")
            | ("FILEPROPERTY", "isreadonly" | "islogfile") => SqlValue::Int(0),
            ("FILEPROPERTY", "spaceused") => {
                return Err(SqlError::unsupported("FILEPROPERTY SpaceUsed"));
            }
            _ => SqlValue::Null,
        })
    }

    /// Whether columns may be NULL where nothing is said; NULL for a database that there is not.
    fn ansi_null(&self) -> SqlValue {
        let here = self.arguments.is_empty() || self.database_of(0).is_some();
        if here { SqlValue::SmallInt(1) } else { SqlValue::Null }
    }

    fn is_server_role_member(&self) -> Result<SqlValue, SqlError> {
        let roles = self.connection.caller().roles;
        let is_member = match self.text(0).to_ascii_lowercase().as_str() {
            "sysadmin" => roles.sysadmin,
            "securityadmin" => roles.securityadmin || roles.sysadmin,
            "public" => true,
            "serveradmin" | "setupadmin" | "processadmin" | "diskadmin" | "dbcreator"
            | "bulkadmin" => roles.sysadmin,
            _ => return Ok(SqlValue::Null),
        };
        Ok(SqlValue::Int(i32::from(is_member)))
    }

    fn is_role_member(&self) -> Result<SqlValue, SqlError> {
        let (role, caller) = (self.text(0), self.connection.caller());
        let found = self.connection.work.read(move |tx| principals::find(tx, &role))?;
        let Some(role) = found else { return Ok(SqlValue::Null) };
        let is_member = caller.roles.sysadmin || caller.principals.contains(&role.id);
        Ok(SqlValue::Int(i32::from(is_member)))
    }

    fn of_login(&self, function: &str) -> Result<SqlValue, SqlError> {
        let caller = self.connection.caller();
        let by = Arc::clone(&caller);
        let logins = self.connection.work.read(move |tx| catalog::logins::visible(tx, &by))?;
        let found = match (function, self.argument(0)) {
            (_, None) => logins.iter().find(|login| Some(&login.sid) == caller.sid.as_ref()),
            ("SUSER_ID" | "SUSER_SID", Some(name)) => {
                let name = name.as_str().unwrap_or_default();
                logins.iter().find(|login| login.name.eq_ignore_ascii_case(name))
            }
            ("SUSER_NAME", Some(id)) => logins.iter().find(|login| Some(login.id) == id.as_i64()),
            (_, Some(sid)) => {
                logins.iter().find(|login| Some(login.sid.as_slice()) == sid.as_bytes())
            }
        };
        let is_own = self.argument(0).is_none();
        Ok(match (function, found) {
            ("SUSER_ID", Some(login)) => SqlValue::Int(i32::try_from(login.id).unwrap_or(i32::MAX)),
            ("SUSER_SID", Some(login)) => SqlValue::binary(login.sid.clone()),
            ("SUSER_NAME" | "SUSER_SNAME", Some(login)) => SqlValue::nvarchar(login.name.as_str()),
            ("SUSER_NAME" | "SUSER_SNAME", None) if is_own => {
                SqlValue::nvarchar(caller.name.as_str())
            }
            _ => SqlValue::Null,
        })
    }

    fn of_user(&self, function: &str) -> Result<SqlValue, SqlError> {
        let caller = self.connection.caller();
        let by = Arc::clone(&caller);
        let all = self.connection.work.read(move |tx| principals::visible(tx, &by))?;
        let found = match self.argument(0) {
            None => all.iter().find(|row| Some(row.id) == caller.user),
            Some(argument) if function == "USER_NAME" => {
                all.iter().find(|row| Some(i64::from(row.id)) == argument.as_i64())
            }
            Some(argument) => {
                let name = argument.as_str().unwrap_or_default();
                all.iter().find(|row| row.name.eq_ignore_ascii_case(name))
            }
        };
        Ok(match (function, found) {
            ("USER_NAME", Some(row)) => SqlValue::nvarchar(row.name.as_str()),
            ("USER_NAME", None) if self.argument(0).is_none() => {
                SqlValue::nvarchar(user_name(&caller))
            }
            (_, Some(row)) => SqlValue::Int(row.id),
            (_, None) => SqlValue::Null,
        })
    }
}

fn object_property(object: &objects::Object, property: &str) -> SqlValue {
    let is = |kinds: &[&str]| SqlValue::Int(i32::from(kinds.contains(&object.kind)));
    match property.to_ascii_lowercase().as_str() {
        "isview" => is(&["V"]),
        "isprocedure" => is(&["P"]),
        "isscalarfunction" => is(&["FN"]),
        "istablefunction" => is(&["TF", "IF"]),
        "isinlinefunction" => is(&["IF"]),
        "isusertable" | "istable" | "issystemtable" | "istrigger" | "isdefault" | "isrule" => {
            SqlValue::Int(0)
        }
        "ismsshipped" => SqlValue::Int(i32::from(object.is_shipped)),
        "isexecuted" | "execisquotedidenton" | "execisansinullson" => SqlValue::Int(1),
        "schemaid" => SqlValue::Int(object.schema_id),
        "ownerid" => SqlValue::Int(1),
        _ => SqlValue::Null,
    }
}

/// The database's number: SSISDB is the first behind the four that every server has.
pub(crate) fn database_id(at: usize) -> i16 {
    match DATABASES.get(at) {
        Some(&SSISDB) => 5,
        Some(&"msdb") => 4,
        _ => i16::try_from(at + 1).unwrap_or(i16::MAX),
    }
}
