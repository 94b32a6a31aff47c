//! DROP.
//!
//! Source: T-SQL reference, the DROP pages; errors 218, 3701, 3708.

use super::failure::Trouble;
use super::interpreter::{Ended, Interpreter};
use super::names::qualified;
use super::procedure::no_server;
use super::scope::lower;
use super::target::invalid_object;
use crate::ast::{DropKind, DropObject, ObjectName, StatementKind, TargetName};
use crate::host::ModuleKind;
use crate::value::SqlError;

impl Interpreter<'_> {
    pub(super) fn drop_object(
        &mut self,
        object: &DropObject,
        kind: &StatementKind,
    ) -> Result<Option<Ended>, Trouble> {
        self.refuse_doomed()?;
        for name in &object.names {
            match object.kind {
                DropKind::Table => self.drop_table(name, object.if_exists)?,
                DropKind::Index => self.drop_table_index(name, object.if_exists)?,
                DropKind::Procedure => {
                    self.drop_module(
                        name,
                        &[ModuleKind::Procedure],
                        "procedure",
                        object.if_exists,
                    )?;
                }
                DropKind::Function => {
                    let kinds = [ModuleKind::ScalarFunction, ModuleKind::TableFunction];
                    self.drop_module(name, &kinds, "function", object.if_exists)?;
                }
                DropKind::View => {
                    self.drop_module(name, &[ModuleKind::View], "view", object.if_exists)?;
                }
                DropKind::Type => {
                    self.drop_module(name, &[ModuleKind::TableType], "type", object.if_exists)?;
                }
                DropKind::Schema
                | DropKind::Login
                | DropKind::User
                | DropKind::Role
                | DropKind::ServerRole => {
                    self.session.host.administer(kind, &self.session.database)?;
                    break;
                }
            }
        }
        self.session.last.row_count = 0;
        Ok(Self::nothing())
    }

    fn drop_table(&mut self, name: &ObjectName, if_exists: bool) -> Result<(), Trouble> {
        if let Some(server) = name.server() {
            return Err(no_server(server));
        }
        if !name.name().starts_with('#') {
            let known = self.session.host.relation(&qualified(name, &self.session.database))?;
            return match known {
                Some(_) => {
                    let what = format!("DROP TABLE {}", crate::print::print_name(name));
                    Err(SqlError::unsupported(&what).into())
                }
                None if if_exists => Ok(()),
                None => Err(cannot_drop("table", name).into()),
            };
        }
        match self.session.temp_index(name.name()) {
            Some(index) => {
                let gone = self.session.temp.remove(index);
                if gone.is_global() {
                    self.session.globals.dropped(&gone.table.name);
                }
                let key = lower(name.name());
                self.session.options.identity_insert.take_if(|table| *table == key);
                Ok(())
            }
            None if if_exists => Ok(()),
            None => Err(cannot_drop("table", name).into()),
        }
    }

    /// `DROP INDEX name ON table`, or `table.name`.
    fn drop_table_index(&mut self, name: &ObjectName, if_exists: bool) -> Result<(), Trouble> {
        let mut table = name.clone();
        let index = table.parts.pop().map(|part| part.value).unwrap_or_default();
        if table.parts.is_empty() {
            return Err(cannot_drop("index", name).into());
        }
        let target = match self.table_ref(&TargetName::Object(table.clone()), "DROP INDEX") {
            Ok(target) => target,
            Err(Trouble::Failed(failure)) if failure.error.number == 208 => {
                return match if_exists {
                    true => Ok(()),
                    false => Err(invalid_object(&table).into()),
                };
            }
            Err(trouble) => return Err(trouble),
        };
        self.drop_index(&target, &index)
    }

    fn drop_module(
        &mut self,
        name: &ObjectName,
        kinds: &[ModuleKind],
        word: &str,
        if_exists: bool,
    ) -> Result<(), Trouble> {
        if let Some(server) = name.server() {
            return Err(no_server(server));
        }
        let mut full = qualified(name, &self.session.database);
        full.schema.get_or_insert_with(|| "dbo".to_owned());
        for kind in kinds {
            if self.session.host.drop_module(&full, *kind)? {
                return Ok(());
            }
        }
        if if_exists {
            return Ok(());
        }
        if word == "type" {
            let text = format!(
                "Could not find the type '{}'. Either it does not exist or you do not have the \
                 necessary permission.",
                name.name()
            );
            return Err(SqlError::new(218, 16, 1, text).into());
        }
        Err(cannot_drop(word, name).into())
    }
}

fn cannot_drop(word: &str, name: &ObjectName) -> SqlError {
    let parts: Vec<&str> = name.parts.iter().map(|part| part.value.as_str()).collect();
    let text = format!(
        "Cannot drop the {word} '{}', because it does not exist or you do not have permission.",
        parts.join(".")
    );
    SqlError::new(3701, 11, 5, text)
}
