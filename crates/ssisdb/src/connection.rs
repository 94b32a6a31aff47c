//! One client's connection: the host of its T-SQL session.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use catalog::{Caller, logins, principals};
use tsql::ast::StatementKind;
use tsql::host::{
    Column, DefineMode, Host, Identity, Module, ModuleKind, ProcedureSource, QualifiedName,
    RelationSource, ScalarFunctionSource, TableFunctionSource, TemporaryTable,
};
use tsql::session::GlobalTables;
use tsql::value::{OffsetValue, SqlError, SqlValue};

use crate::server::{Client, Shared, now};
use crate::view::ViewRelation;
use crate::work::Work;
use crate::{administer, bulk_file, function, metadata, module, procedure, system, value};

/// The databases that there are. SSISDB holds the catalog; the others are there because clients
/// connect to them and ask them for system objects.
pub(crate) const DATABASES: [&str; 4] = ["master", "tempdb", "msdb", "SSISDB"];

/// The database with the catalog.
pub(crate) const SSISDB: &str = "SSISDB";

/// A connection. What its views and procedures need of it is in [`Inside`], which they share.
pub(crate) struct Connection {
    inside: Arc<Inside>,
    _listed: Listed,
}

/// Takes a session off the list of those that are connected, when it is dropped.
struct Listed(Option<Arc<Inside>>);

/// What a connection's views and procedures share.
pub(crate) struct Inside {
    pub(crate) server: Arc<Shared>,
    pub(crate) client: Client,
    pub(crate) work: Arc<Work>,
    /// Who the session runs as: the client, and on top of it those of `EXECUTE AS`.
    callers: Mutex<Vec<Arc<Caller>>>,
    /// The session's temporary tables, as of the statement that asked for them.
    temporary: Mutex<Vec<TemporaryTable>>,
}

impl Connection {
    pub(crate) fn new(server: Arc<Shared>, client: Client) -> Self {
        let work = Work::new(server.catalog.clone(), server.runtime.clone());
        let callers = Mutex::new(vec![Arc::new(client.caller.clone())]);
        let temporary = Mutex::default();
        let inside = Arc::new(Inside { server, client, work: Arc::new(work), callers, temporary });
        Self { inside: Arc::clone(&inside), _listed: Listed(Some(inside)) }
    }

    /// The host of a connection whose session goes on, for looking at what its modules say.
    pub(crate) fn beside(inside: &Arc<Inside>) -> Arc<dyn Host> {
        Arc::new(Self { inside: Arc::clone(inside), _listed: Listed(None) })
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        if let Some(inside) = &self.0 {
            inside.server.forget(inside.client.session);
        }
    }
}

impl Inside {
    fn callers(&self) -> MutexGuard<'_, Vec<Arc<Caller>>> {
        self.callers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session's temporary tables.
    pub(crate) fn temporary_tables(&self) -> Vec<TemporaryTable> {
        self.temporary.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Who the session runs as now.
    pub(crate) fn caller(&self) -> Arc<Caller> {
        let callers = self.callers();
        callers.last().map_or_else(|| Arc::new(self.client.caller.clone()), Arc::clone)
    }

    /// The documented view with this name.
    fn documented_view(&self, name: &QualifiedName) -> Option<RelationSource> {
        let schema = name.schema.as_deref()?;
        let view = catalog::views::view_named(schema, &name.name)?;
        let relation = ViewRelation::new(view, Arc::clone(&self.work), self.caller());
        Some(RelationSource::Relation(Arc::new(relation)))
    }
}

/// Whether a name is one of the database with the catalog.
pub(crate) fn is_in_ssisdb(name: &QualifiedName) -> bool {
    name.database.eq_ignore_ascii_case(SSISDB)
}

impl Host for Connection {
    fn database(&self, name: &str) -> Result<Option<String>, SqlError> {
        let found = DATABASES.iter().find(|database| database.eq_ignore_ascii_case(name));
        Ok(found.map(|database| (*database).to_owned()))
    }

    fn relation(&self, name: &QualifiedName) -> Result<Option<RelationSource>, SqlError> {
        if is_in_ssisdb(name)
            && let Some(view) = self.inside.documented_view(name)
        {
            return Ok(Some(view));
        }
        if let Some(relation) = system::relation(&self.inside, name) {
            return Ok(Some(relation));
        }
        let found = module::find(&self.inside, name, ModuleKind::View)?;
        Ok(found.map(|module| RelationSource::View(Arc::new(module))))
    }

    fn table_function(
        &self,
        name: &QualifiedName,
    ) -> Result<Option<TableFunctionSource>, SqlError> {
        if let Some(function) = function::table_function(&self.inside, name) {
            return Ok(Some(TableFunctionSource::Native(function)));
        }
        let found = module::find(&self.inside, name, ModuleKind::TableFunction)?;
        Ok(found.map(|module| TableFunctionSource::Module(Arc::new(module))))
    }

    fn scalar_function(
        &self,
        name: &QualifiedName,
    ) -> Result<Option<ScalarFunctionSource>, SqlError> {
        if let Some(function) = function::scalar_function(&self.inside, name) {
            return Ok(Some(ScalarFunctionSource::Native(function)));
        }
        let found = module::find(&self.inside, name, ModuleKind::ScalarFunction)?;
        Ok(found.map(|module| ScalarFunctionSource::Module(Arc::new(module))))
    }

    fn procedure(&self, name: &QualifiedName) -> Result<Option<ProcedureSource>, SqlError> {
        if let Some(procedure) = procedure::find(&self.inside, name) {
            return Ok(Some(ProcedureSource::Native(procedure)));
        }
        if let Some(source) = system::procedure(&self.inside, name) {
            return Ok(Some(source));
        }
        let found = module::find(&self.inside, name, ModuleKind::Procedure)?;
        Ok(found.map(|module| ProcedureSource::Module(Arc::new(module))))
    }

    fn table_type(&self, name: &QualifiedName) -> Result<Option<Arc<[Column]>>, SqlError> {
        Ok(procedure::table_type(name))
    }

    fn user_table_type(&self, name: &QualifiedName) -> Result<Option<Arc<Module>>, SqlError> {
        Ok(module::find(&self.inside, name, ModuleKind::TableType)?.map(Arc::new))
    }

    fn metadata(
        &self,
        function: &str,
        arguments: &[SqlValue],
        database: &str,
    ) -> Result<SqlValue, SqlError> {
        metadata::value(&self.inside, function, arguments, database)
    }

    fn temporary_tables(&self, tables: Vec<TemporaryTable>) {
        *self.inside.temporary.lock().unwrap_or_else(PoisonError::into_inner) = tables;
    }

    fn identity(&self) -> Identity {
        let (caller, client) = (self.inside.caller(), &self.inside.client);
        let facts = &self.inside.server.facts;
        Identity {
            login: caller.name.clone(),
            original_login: client.caller.name.clone(),
            user: metadata::user_name(&caller),
            sid: caller.sid.clone().unwrap_or_default(),
            session: client.session,
            host_name: client.host_name.clone(),
            program: client.program.clone(),
            server_name: facts.server_name.clone(),
            version: metadata::version_text(facts),
        }
    }

    fn now(&self) -> OffsetValue {
        value::local_time(now().0)
    }

    fn new_id(&self) -> [u8; 16] {
        *uuid::Uuid::new_v4().as_bytes()
    }

    fn begin(&self) -> Result<(), SqlError> {
        self.inside.work.begin();
        Ok(())
    }

    fn commit(&self) -> Result<(), SqlError> {
        self.inside.work.commit()
    }

    fn rollback(&self) -> Result<(), SqlError> {
        self.inside.work.rollback();
        Ok(())
    }

    fn savepoint(&self) -> Result<u64, SqlError> {
        Ok(self.inside.work.savepoint())
    }

    fn rollback_to(&self, mark: u64) -> Result<(), SqlError> {
        self.inside.work.rollback_to(mark);
        Ok(())
    }

    fn define(&self, module: Module, mode: DefineMode) -> Result<(), SqlError> {
        module::define(&self.inside, module, mode)
    }

    fn drop_module(&self, name: &QualifiedName, kind: ModuleKind) -> Result<bool, SqlError> {
        module::drop(&self.inside, name, kind)
    }

    fn administer(&self, statement: &StatementKind, database: &str) -> Result<(), SqlError> {
        administer::run(&self.inside, statement, database)
    }

    fn execute_as(&self, name: &str, is_login: bool) -> Result<(), SqlError> {
        let refused = || {
            let what = if is_login { "server" } else { "database" };
            let text = format!(
                "Cannot execute as the {what} principal because the principal \"{name}\" does not \
                 exist, this type of principal cannot be impersonated, or you do not have permission."
            );
            SqlError::new(if is_login { 15406 } else { 15517 }, 16, 1, text)
        };
        if !self.inside.caller().roles.sysadmin {
            return Err(refused());
        }
        let wanted = name.to_owned();
        let found = self.inside.work.read(move |tx| {
            let login = if is_login {
                logins::find(tx, &wanted)?.map(|login| login.id)
            } else {
                let sid = principals::find(tx, &wanted)?.and_then(|user| user.sid);
                let mut all = logins::list(tx)?.into_iter();
                all.find(|login| Some(&login.sid) == sid.as_ref()).map(|login| login.id)
            };
            login.map_or(Ok(None), |login| principals::caller(tx, login))
        })?;
        let caller = found.ok_or_else(refused)?;
        self.inside.callers().push(Arc::new(caller));
        Ok(())
    }

    fn revert(&self) -> Result<bool, SqlError> {
        let mut callers = self.inside.callers();
        let is_above = 1 < callers.len();
        if is_above {
            callers.pop();
        }
        Ok(is_above)
    }

    fn kill(&self, session: i64) -> Result<(), SqlError> {
        if !self.inside.caller().roles.sysadmin {
            return Err(SqlError::new(
                6102,
                14,
                1,
                "User does not have permission to use the KILL statement.",
            ));
        }
        let number = i16::try_from(session).ok();
        if number == Some(self.inside.client.session) {
            return Err(SqlError::new(6104, 16, 1, "Cannot use KILL to kill your own process."));
        }
        match number.and_then(|number| self.inside.server.session(number)) {
            Some(entry) => {
                (entry.client.kill)();
                Ok(())
            }
            None => {
                let text = format!("Process ID {session} is not an active process ID.");
                Err(SqlError::new(6106, 16, 1, text))
            }
        }
    }

    fn global_tables(&self) -> Arc<GlobalTables> {
        Arc::clone(&self.inside.server.globals)
    }

    fn read_file(&self, path: &str) -> Result<Vec<u8>, SqlError> {
        // It is the server's files, its key among them, that are read.
        if !self.inside.caller().roles.sysadmin {
            return Err(SqlError::new(
                4834,
                16,
                1,
                "You do not have permission to use the bulk load statement.",
            ));
        }
        bulk_file::read(path, &*self.inside.server.probe)
    }
}
