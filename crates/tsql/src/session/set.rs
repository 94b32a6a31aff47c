//! SET of options.
//!
//! Source: T-SQL reference, "SET Statements" and the page of each option.

use super::failure::Trouble;
use super::interpreter::{Ended, Interpreter};
use super::options::date_order;
use super::syntax;
use crate::ast::{Expr, SetOption};
use crate::host::SessionChange;
use crate::types::{Length, SqlType};
use crate::value::SqlError;

impl Interpreter<'_> {
    pub(super) fn set_option(&mut self, option: &SetOption) -> Result<Option<Ended>, Trouble> {
        match option {
            SetOption::Switch { names, on } => {
                for name in names {
                    self.session.options.switch(name, *on)?;
                }
            }
            SetOption::Value { name, value } => self.set_value(name, value)?,
            SetOption::Isolation(level) => self.session.options.isolation = *level,
            SetOption::IdentityInsert(table, on) => {
                let Some(index) = self.session.temp_index(table.name()) else {
                    self.refuse_permanent("SET IDENTITY_INSERT", table)?;
                    return Err(super::target::invalid_object(table).into());
                };
                if self.session.temp[index].table.identity.is_none() {
                    let text = format!(
                        "Table '{}' does not have the identity property. Cannot perform SET \
                         operation.",
                        table.name()
                    );
                    return Err(SqlError::new(8106, 16, 1, text).into());
                }
                self.session.options.set_identity_insert(table, *on)?;
            }
        }
        self.session.last.row_count = 0;
        Ok(Self::nothing())
    }

    fn set_value(&mut self, name: &str, value: &Expr) -> Result<(), Trouble> {
        match name {
            "LANGUAGE" => self.set_language(value),
            "DATEFORMAT" => {
                let given = self.text_value(value)?;
                let Some(order) = date_order(&given) else {
                    let text = format!("SET DATEFORMAT date order '{given}' is invalid.");
                    return Err(SqlError::new(2741, 16, 1, text).into());
                };
                self.session.options.date_order = order;
                Ok(())
            }
            "DATEFIRST" => {
                let first = self.number_value(value)?;
                let valid = u8::try_from(first).ok().filter(|first| (1..=7).contains(first));
                let Some(first) = valid else {
                    let text = format!("SET DATEFIRST {first} is out of range.");
                    return Err(SqlError::new(2742, 16, 1, text).into());
                };
                self.session.options.date_first = first;
                Ok(())
            }
            "ROWCOUNT" => {
                let most = self.number_value(value)?;
                self.session.options.row_count = u64::try_from(most).unwrap_or(0);
                Ok(())
            }
            "LOCK_TIMEOUT" => {
                let time = self.number_value(value)?;
                self.session.options.lock_timeout = i32::try_from(time).unwrap_or(-1);
                Ok(())
            }
            "TEXTSIZE" => {
                let size = self.number_value(value)?;
                // 0 is the default size, -1 the greatest.
                self.session.options.text_size = match i32::try_from(size).unwrap_or(i32::MAX) {
                    0 => 4096,
                    size if size < 0 => i32::MAX,
                    size => size,
                };
                Ok(())
            }
            "CONTEXT_INFO" => {
                let to = SqlType::VarBinary(Length::N(128));
                self.session.context_info = self.value_as(value, &to)?;
                Ok(())
            }
            "DEADLOCK_PRIORITY" => {
                let given = self.text_value(value)?;
                let number = match given.to_ascii_uppercase().as_str() {
                    "LOW" => Some(-5),
                    "NORMAL" => Some(0),
                    "HIGH" => Some(5),
                    other => other.parse().ok().filter(|number| (-10..=10).contains(number)),
                };
                let refused = || SqlError::unsupported(&format!("SET DEADLOCK_PRIORITY {given}"));
                self.session.options.deadlock_priority = number.ok_or_else(refused)?;
                Ok(())
            }
            // A limit on costs that are not estimated here: only no limit is kept.
            "QUERY_GOVERNOR_COST_LIMIT" if self.number_value(value)? == 0 => Ok(()),
            other => Err(SqlError::unsupported(&format!("SET {other}")).into()),
        }
    }

    fn set_language(&mut self, value: &Expr) -> Result<(), Trouble> {
        let given = self.text_value(value)?;
        let old = self.session.options.language.name.to_owned();
        self.session.options.set_language(&given)?;
        let new = self.session.options.language.name.to_owned();
        self.output.changed(&SessionChange::Language { new: new.clone(), old })?;
        let text = format!("Changed language setting to {new}.");
        self.tell(SqlError::new(5703, 10, 1, text), value.place)
    }

    fn text_value(&mut self, value: &Expr) -> Result<String, Trouble> {
        let value = self.value_as(value, &SqlType::SYSNAME)?;
        Ok(value.as_str().unwrap_or_default().to_owned())
    }

    fn number_value(&mut self, value: &Expr) -> Result<i64, Trouble> {
        if syntax::is_bare_null(value) {
            return Ok(0);
        }
        Ok(self.value_as(value, &SqlType::BigInt)?.as_i64().unwrap_or(0))
    }
}
