//! A server in memory: two databases, a few relations and procedures, modules, transactions.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tsql::ast::StatementKind;
use tsql::host::{
    Cancel, Column, Command, DefineMode, Host, Identity, Module, ModuleKind, Output, ParameterKind,
    Procedure, ProcedureArgument, ProcedureParameter, ProcedureSource, QualifiedName, Ready,
    Relation, RelationSource, Row, ScalarFunctionSource, Scan, Scanned, StatementDone,
    TableFunctionSource,
};
use tsql::session::GlobalTables;
use tsql::types::{Length, SqlType};
use tsql::value::{OffsetValue, SqlError, SqlValue};

type Notes = Vec<String>;

/// What procedures write, and what transactions put back.
#[derive(Default)]
struct State {
    notes: Notes,
    before: Option<Notes>,
    marks: Vec<Notes>,
    modules: HashMap<String, Arc<Module>>,
    impersonated: Vec<String>,
}

/// The server.
#[derive(Default)]
pub(crate) struct TestHost {
    state: Arc<Mutex<State>>,
    ids: AtomicU64,
    globals: Arc<GlobalTables>,
}

fn key(name: &QualifiedName) -> String {
    let schema = name.schema.as_deref().unwrap_or("dbo");
    format!("{schema}.{}", name.name).to_lowercase()
}

impl TestHost {
    /// Another connection's host, with a transaction of its own.
    pub(crate) fn beside(&self) -> Self {
        Self { globals: Arc::clone(&self.globals), ..Self::default() }
    }

    fn module(&self, name: &QualifiedName, kinds: &[ModuleKind]) -> Option<Arc<Module>> {
        let found = self.state.lock().unwrap().modules.get(&key(name)).cloned()?;
        kinds.contains(&found.kind).then_some(found)
    }
}

impl Host for TestHost {
    fn database(&self, name: &str) -> Result<Option<String>, SqlError> {
        let names = ["master", "SSISDB", "tempdb"];
        let found = names.iter().find(|one| one.eq_ignore_ascii_case(name));
        Ok(found.map(|one| (*one).to_owned()))
    }

    fn relation(&self, name: &QualifiedName) -> Result<Option<RelationSource>, SqlError> {
        if let Some(view) = self.module(name, &[ModuleKind::View]) {
            return Ok(Some(RelationSource::View(view)));
        }
        let relation = match key(name).as_str() {
            "dbo.numbers" => Fixed {
                columns: vec![
                    Column::new("n", SqlType::Int).not_null(),
                    Column::new("word", SqlType::NVarChar(Length::N(20))),
                ],
                rows: ["one", "two", "three", "four", "five"]
                    .iter()
                    .zip(1..)
                    .map(|(word, n)| vec![SqlValue::Int(n), SqlValue::nvarchar(*word)])
                    .collect(),
            },
            "catalog.folders" => Fixed {
                columns: vec![Column::new("name", SqlType::SYSNAME).not_null()],
                rows: {
                    let state = self.state.lock().unwrap();
                    state.notes.iter().map(|note| vec![SqlValue::nvarchar(&**note)]).collect()
                },
            },
            _ => return Ok(None),
        };
        Ok(Some(RelationSource::Relation(Arc::new(relation))))
    }

    fn table_function(
        &self,
        name: &QualifiedName,
    ) -> Result<Option<TableFunctionSource>, SqlError> {
        let found = self.module(name, &[ModuleKind::TableFunction]);
        Ok(found.map(TableFunctionSource::Module))
    }

    fn scalar_function(
        &self,
        name: &QualifiedName,
    ) -> Result<Option<ScalarFunctionSource>, SqlError> {
        let found = self.module(name, &[ModuleKind::ScalarFunction]);
        Ok(found.map(ScalarFunctionSource::Module))
    }

    fn procedure(&self, name: &QualifiedName) -> Result<Option<ProcedureSource>, SqlError> {
        if let Some(module) = self.module(name, &[ModuleKind::Procedure]) {
            return Ok(Some(ProcedureSource::Module(module)));
        }
        let native = match key(name).as_str() {
            "catalog.create_folder" => {
                Native::new(&self.state, Work::CreateFolder, vec![text("@folder_name")])
            }
            "dbo.echo" => Native::new(
                &self.state,
                Work::Echo,
                vec![
                    scalar("@a", SqlType::Int),
                    ProcedureParameter { default: Some(SqlValue::nvarchar("b")), ..text("@b") },
                    ProcedureParameter {
                        output: true,
                        default: Some(SqlValue::Null),
                        ..scalar("@twice", SqlType::BigInt)
                    },
                ],
            ),
            _ => return Ok(None),
        };
        Ok(Some(ProcedureSource::Native(Arc::new(native))))
    }

    fn table_type(&self, _name: &QualifiedName) -> Result<Option<Arc<[Column]>>, SqlError> {
        Ok(None)
    }

    fn user_table_type(&self, name: &QualifiedName) -> Result<Option<Arc<Module>>, SqlError> {
        Ok(self.module(name, &[ModuleKind::TableType]))
    }

    fn metadata(
        &self,
        function: &str,
        arguments: &[SqlValue],
        _database: &str,
    ) -> Result<SqlValue, SqlError> {
        let name = arguments.first().and_then(SqlValue::as_str).unwrap_or_default();
        match function {
            "OBJECT_ID" => {
                let name = name.to_lowercase();
                let state = self.state.lock().unwrap();
                let known = state
                    .modules
                    .keys()
                    .any(|one| *one == name || one.ends_with(&format!(".{name}")));
                Ok(if known { SqlValue::Int(42) } else { SqlValue::Null })
            }
            other => Err(SqlError::unsupported(other)),
        }
    }

    fn identity(&self) -> Identity {
        let state = self.state.lock().unwrap();
        let login = state.impersonated.last().cloned().unwrap_or_else(|| "sa".to_owned());
        Identity {
            user: if login == "sa" { "dbo".to_owned() } else { login.clone() },
            login,
            original_login: "sa".to_owned(),
            sid: vec![1],
            session: 51,
            host_name: "client".to_owned(),
            program: "slt".to_owned(),
            server_name: "server".to_owned(),
            version: "Packhorse".to_owned(),
        }
    }

    fn now(&self) -> OffsetValue {
        let utc = model::Ticks(638_500_000_000_000_000);
        OffsetValue { utc, offset: 0, scale: 7 }
    }

    fn new_id(&self) -> [u8; 16] {
        let id = self.ids.fetch_add(1, Ordering::Relaxed);
        u128::from(id + 1).to_be_bytes()
    }

    fn begin(&self) -> Result<(), SqlError> {
        let mut state = self.state.lock().unwrap();
        assert!(state.before.is_none(), "a transaction in a transaction");
        state.before = Some(state.notes.clone());
        Ok(())
    }

    fn commit(&self) -> Result<(), SqlError> {
        let mut state = self.state.lock().unwrap();
        assert!(state.before.take().is_some(), "no transaction");
        state.marks.clear();
        Ok(())
    }

    fn rollback(&self) -> Result<(), SqlError> {
        let mut state = self.state.lock().unwrap();
        state.notes = state.before.take().expect("no transaction");
        state.marks.clear();
        Ok(())
    }

    fn savepoint(&self) -> Result<u64, SqlError> {
        let mut state = self.state.lock().unwrap();
        let notes = state.notes.clone();
        state.marks.push(notes);
        Ok(state.marks.len() as u64 - 1)
    }

    fn rollback_to(&self, mark: u64) -> Result<(), SqlError> {
        let mut state = self.state.lock().unwrap();
        state.notes = state.marks[mark as usize].clone();
        Ok(())
    }

    fn define(&self, module: Module, mode: DefineMode) -> Result<(), SqlError> {
        let mut state = self.state.lock().unwrap();
        let (key, shown) = (key(&module.name), module.name.name.clone());
        let taken = state.modules.contains_key(&key);
        match mode {
            DefineMode::Create if taken => {
                let text = format!("There is already an object named '{shown}' in the database.");
                Err(SqlError::new(2714, 16, 3, text))
            }
            DefineMode::Alter if !taken => {
                Err(SqlError::new(208, 16, 6, format!("Invalid object name '{shown}'.")))
            }
            DefineMode::Create | DefineMode::Alter | DefineMode::CreateOrAlter => {
                state.modules.insert(key, Arc::new(module));
                Ok(())
            }
        }
    }

    fn drop_module(&self, name: &QualifiedName, kind: ModuleKind) -> Result<bool, SqlError> {
        let found = self.module(name, &[kind]).is_some();
        if found {
            self.state.lock().unwrap().modules.remove(&key(name));
        }
        Ok(found)
    }

    fn administer(&self, statement: &StatementKind, database: &str) -> Result<(), SqlError> {
        let words = tsql::print(&tsql::ast::Batch {
            statements: vec![tsql::ast::Statement {
                kind: statement.clone(),
                place: tsql::ast::Place::default(),
            }],
        });
        self.state.lock().unwrap().notes.push(format!("{database}: {}", words.trim_end()));
        Ok(())
    }

    fn execute_as(&self, name: &str, _is_login: bool) -> Result<(), SqlError> {
        if name == "nobody" {
            let text = "Cannot execute as the server principal because the principal \"nobody\" \
                        does not exist, this type of principal cannot be impersonated, or you do \
                        not have permission.";
            return Err(SqlError::new(15406, 16, 1, text));
        }
        self.state.lock().unwrap().impersonated.push(name.to_owned());
        Ok(())
    }

    fn revert(&self) -> Result<bool, SqlError> {
        Ok(self.state.lock().unwrap().impersonated.pop().is_some())
    }

    fn kill(&self, session: i64) -> Result<(), SqlError> {
        let text = format!("Process ID {session} is not an active process ID.");
        Err(SqlError::new(6106, 16, 1, text))
    }

    fn global_tables(&self) -> Arc<GlobalTables> {
        Arc::clone(&self.globals)
    }

    fn read_file(&self, path: &str) -> Result<Vec<u8>, SqlError> {
        let text = format!("Cannot bulk load. The file \"{path}\" does not exist.");
        Err(SqlError::new(4860, 16, 1, text))
    }
}

/// A relation with these rows.
struct Fixed {
    columns: Vec<Column>,
    rows: Vec<Row>,
}

impl Relation for Fixed {
    fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn scan(&self, _scan: &Scan) -> Result<Scanned, SqlError> {
        Ok(Scanned { rows: Box::new(Ready::new(self.rows.clone())), ordered: false })
    }
}

fn scalar(name: &str, data_type: SqlType) -> ProcedureParameter {
    let kind = ParameterKind::Scalar(data_type);
    ProcedureParameter { name: name.to_owned(), kind, default: None, output: false }
}

fn text(name: &str) -> ProcedureParameter {
    scalar(name, SqlType::NVarChar(Length::N(100)))
}

/// What a native procedure does.
enum Work {
    /// Writes a note, unless it is there already.
    CreateFolder,
    /// Gives its arguments as a row, twice the first as OUTPUT, and the first as its status.
    Echo,
}

struct Native {
    state: Arc<Mutex<State>>,
    work: Work,
    parameters: Vec<ProcedureParameter>,
}

impl Native {
    fn new(state: &Arc<Mutex<State>>, work: Work, parameters: Vec<ProcedureParameter>) -> Self {
        Self { state: Arc::clone(state), work, parameters }
    }

    fn echo(
        &self,
        arguments: &mut [ProcedureArgument],
        output: &mut dyn Output,
    ) -> Result<i32, SqlError> {
        let columns =
            [Column::new("a", SqlType::Int), Column::new("b", SqlType::NVarChar(Length::N(100)))];
        let values: Vec<SqlValue> = arguments
            .iter()
            .map(|argument| match argument {
                ProcedureArgument::Scalar(value) => value.clone(),
                ProcedureArgument::Table(_) => SqlValue::Null,
            })
            .collect();
        let done =
            StatementDone { count: Some(1), depth: 0, command: Command::Select, failed: false };
        output.columns(&columns).map_err(|_| SqlError::cancelled())?;
        output.row(&values[..2]).map_err(|_| SqlError::cancelled())?;
        output.statement_done(done).map_err(|_| SqlError::cancelled())?;
        let number = values[0].as_i64().unwrap_or(0);
        arguments[2] = ProcedureArgument::Scalar(SqlValue::BigInt(number * 2));
        Ok(i32::try_from(number).unwrap())
    }
}

impl Procedure for Native {
    fn parameters(&self) -> &[ProcedureParameter] {
        &self.parameters
    }

    fn call(
        &self,
        arguments: &mut [ProcedureArgument],
        output: &mut dyn Output,
        _cancel: &Cancel,
    ) -> Result<i32, SqlError> {
        let text = |at: usize| match &arguments[at] {
            ProcedureArgument::Scalar(value) => value.as_str().unwrap_or_default().to_owned(),
            ProcedureArgument::Table(_) => String::new(),
        };
        match self.work {
            Work::CreateFolder => {
                let (note, notes) = (text(0), &mut self.state.lock().unwrap().notes);
                if notes.contains(&note) {
                    let text = format!(
                        "The folder '{note}' already exists, or you lack permission to create it."
                    );
                    return Err(SqlError::new(27190, 16, 1, text));
                }
                notes.push(note);
                Ok(0)
            }
            Work::Echo => self.echo(arguments, output),
        }
    }
}
