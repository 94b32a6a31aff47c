//! A server with a few relations, a view and two functions.

use std::sync::Arc;

use crate::ast::StatementKind;
use crate::bind::Names;
use crate::collation::Collation;
use crate::host::{
    Column, DefineMode, Host, Identity, Module, ModuleKind, ProcedureSource, QualifiedName, Ready,
    Relation, RelationSource, RowSource, ScalarFunctionSource, Scan, Scanned, TableFunction,
    TableFunctionSource,
};
use crate::parse::ParseOptions;
use crate::types::{Length, SqlType};
use crate::value::{DateSettings, OffsetValue, SqlError, SqlValue};

const NAME: SqlType = SqlType::SYSNAME;

/// A relation without rows.
struct Empty(Vec<Column>);

impl Relation for Empty {
    fn columns(&self) -> &[Column] {
        &self.0
    }

    fn scan(&self, _: &Scan) -> Result<Scanned, SqlError> {
        Ok(Scanned { rows: Box::new(Ready::new(Vec::new())), ordered: false })
    }
}

/// Counters of an execution.
struct Counters(Vec<Column>);

impl TableFunction for Counters {
    fn arguments(&self) -> &[SqlType] {
        &[SqlType::BigInt]
    }

    fn columns(&self) -> &[Column] {
        &self.0
    }

    fn call(&self, _: &[SqlValue]) -> Result<Box<dyn RowSource>, SqlError> {
        Ok(Box::new(Ready::new(Vec::new())))
    }
}

fn folders() -> Vec<Column> {
    vec![
        Column::new("folder_id", SqlType::BigInt).not_null(),
        Column::new("name", NAME).not_null(),
        Column::new("description", SqlType::NVarChar(Length::N(1024))),
    ]
}

fn projects() -> Vec<Column> {
    vec![
        Column::new("project_id", SqlType::BigInt).not_null(),
        Column::new("folder_id", SqlType::BigInt).not_null(),
        Column::new("name", NAME).not_null(),
    ]
}

fn messages() -> Vec<Column> {
    vec![
        Column::new("message_id", SqlType::BigInt).not_null(),
        Column::new("operation_id", SqlType::BigInt).not_null(),
        Column::new("kind", SqlType::SmallInt).not_null(),
        Column::new("message", SqlType::NVARCHAR_MAX),
        Column::new("at", SqlType::DateTimeOffset(7)).not_null(),
    ]
}

fn types() -> Vec<Column> {
    let sensitive = Collation::named("Latin1_General_CS_AS").unwrap();
    vec![
        Column::new("i", SqlType::Int),
        Column::new("d", SqlType::Decimal { precision: 10, scale: 2 }),
        Column::new("s", SqlType::VarChar(Length::N(20))),
        Column::new("cs", SqlType::VarChar(Length::N(20))).collated(sensitive),
        Column::new("v", SqlType::SqlVariant),
        Column::new("x", SqlType::Xml),
        Column::new("f", SqlType::Float),
        Column::new("b", SqlType::Bit),
        Column::new("t", SqlType::Text),
        Column::new("dt", SqlType::DateTime),
    ]
}

/// Texts of what users made.
const VIEW: &str = "CREATE VIEW dbo.named (id, label) AS SELECT p.project_id, f.name + N'/' + p.name \
                    FROM projects p JOIN folders f ON f.folder_id = p.folder_id";
const ENDLESS: &str = "CREATE VIEW dbo.endless AS SELECT * FROM dbo.endless";
const OF_FOLDER: &str = "CREATE FUNCTION dbo.of_folder (@id bigint, @like nvarchar(20) = N'%') \
                         RETURNS TABLE AS RETURN (SELECT name FROM projects \
                         WHERE folder_id = @id AND name LIKE @like)";
const TWICE: &str = "CREATE FUNCTION dbo.twice (@x int) RETURNS bigint AS BEGIN RETURN 2 * @x END";
const PAIRS: &str = "CREATE FUNCTION dbo.pairs (@x int) RETURNS @t TABLE \
                     (a int NOT NULL, b AS a + 1) AS BEGIN RETURN END";

fn module(name: &str, kind: ModuleKind, text: &str) -> Arc<Module> {
    let name = QualifiedName {
        server: None,
        database: "db".to_owned(),
        schema: Some("dbo".to_owned()),
        name: name.to_owned(),
    };
    Arc::new(Module { name, kind, text: text.to_owned(), quoted_identifiers: true })
}

/// The server.
struct TestHost;

impl Host for TestHost {
    fn database(&self, name: &str) -> Result<Option<String>, SqlError> {
        Ok(Some(name.to_owned()))
    }

    fn relation(&self, name: &QualifiedName) -> Result<Option<RelationSource>, SqlError> {
        let view = |text| Some(RelationSource::View(module(&name.name, ModuleKind::View, text)));
        let columns = match name.name.to_lowercase().as_str() {
            "folders" => folders(),
            "projects" => projects(),
            "messages" => messages(),
            "types" => types(),
            "named" => return Ok(view(VIEW)),
            "endless" => return Ok(view(ENDLESS)),
            _ => return Ok(None),
        };
        Ok(Some(RelationSource::Relation(Arc::new(Empty(columns)))))
    }

    fn table_function(
        &self,
        name: &QualifiedName,
    ) -> Result<Option<TableFunctionSource>, SqlError> {
        let made = |text| {
            Some(TableFunctionSource::Module(module(&name.name, ModuleKind::TableFunction, text)))
        };
        Ok(match name.name.as_str() {
            "counters" => {
                let columns = vec![Column::new("counter", NAME)];
                Some(TableFunctionSource::Native(Arc::new(Counters(columns))))
            }
            "of_folder" => made(OF_FOLDER),
            "pairs" => made(PAIRS),
            _ => None,
        })
    }

    fn scalar_function(
        &self,
        name: &QualifiedName,
    ) -> Result<Option<ScalarFunctionSource>, SqlError> {
        let found = module(&name.name, ModuleKind::ScalarFunction, TWICE);
        Ok((name.name == "twice").then_some(ScalarFunctionSource::Module(found)))
    }

    fn procedure(&self, _: &QualifiedName) -> Result<Option<ProcedureSource>, SqlError> {
        Ok(None)
    }

    fn table_type(&self, name: &QualifiedName) -> Result<Option<Arc<[Column]>>, SqlError> {
        Ok((name.name == "ids").then(|| vec![Column::new("id", SqlType::BigInt)].into()))
    }

    fn metadata(&self, name: &str, _: &[SqlValue], _: &str) -> Result<SqlValue, SqlError> {
        Err(SqlError::unsupported(name))
    }

    fn identity(&self) -> Identity {
        Identity {
            login: "sa".to_owned(),
            original_login: "sa".to_owned(),
            user: "dbo".to_owned(),
            sid: vec![1],
            session: 51,
            host_name: String::new(),
            program: String::new(),
            server_name: "test".to_owned(),
            version: String::new(),
        }
    }

    fn now(&self) -> OffsetValue {
        OffsetValue { utc: model::Ticks(0), offset: 0, scale: 7 }
    }

    fn new_id(&self) -> [u8; 16] {
        [0; 16]
    }

    fn begin(&self) -> Result<(), SqlError> {
        Ok(())
    }

    fn commit(&self) -> Result<(), SqlError> {
        Ok(())
    }

    fn rollback(&self) -> Result<(), SqlError> {
        Ok(())
    }

    fn savepoint(&self) -> Result<u64, SqlError> {
        Ok(0)
    }

    fn rollback_to(&self, _: u64) -> Result<(), SqlError> {
        Ok(())
    }

    fn define(&self, module: Module, _: DefineMode) -> Result<(), SqlError> {
        Err(SqlError::unsupported(&module.name.name))
    }

    fn drop_module(&self, _: &QualifiedName, _: ModuleKind) -> Result<bool, SqlError> {
        Ok(false)
    }

    fn administer(&self, _: &StatementKind, database: &str) -> Result<(), SqlError> {
        Err(SqlError::unsupported(database))
    }

    fn execute_as(&self, name: &str, _: bool) -> Result<(), SqlError> {
        Err(SqlError::unsupported(name))
    }

    fn revert(&self) -> Result<bool, SqlError> {
        Ok(false)
    }

    fn kill(&self, _: i64) -> Result<(), SqlError> {
        Err(SqlError::unsupported("KILL"))
    }

    fn read_file(&self, path: &str) -> Result<Vec<u8>, SqlError> {
        Err(SqlError::unsupported(path))
    }
}

/// A session with variables `@i` (0), `@id` (1), `@name` (2), `@xml` (3), a table variable `@t`
/// and a temporary table `#t`.
pub(super) struct TestNames;

const VARIABLES: &[(&str, SqlType)] =
    &[("@i", SqlType::Int), ("@id", SqlType::BigInt), ("@name", NAME), ("@xml", SqlType::Xml)];

fn temporary() -> Arc<dyn Relation> {
    Arc::new(Empty(vec![
        Column::new("id", SqlType::BigInt),
        Column::new("\0row", SqlType::BigInt).not_null(),
    ]))
}

impl Names for TestNames {
    fn variable(&self, name: &str) -> Option<(usize, SqlType)> {
        let found = VARIABLES.iter().position(|known| known.0.eq_ignore_ascii_case(name))?;
        Some((found, VARIABLES[found].1))
    }

    fn table_variable(&self, name: &str) -> Option<Arc<dyn Relation>> {
        (name == "@t").then(temporary)
    }

    fn temp_table(&self, name: &str) -> Option<Arc<dyn Relation>> {
        (name == "#t").then(temporary)
    }

    fn host(&self) -> &dyn Host {
        &TestHost
    }

    fn database(&self) -> &str {
        "db"
    }

    fn parse_options(&self) -> ParseOptions {
        ParseOptions::default()
    }

    fn dates(&self) -> DateSettings {
        DateSettings::default()
    }
}
