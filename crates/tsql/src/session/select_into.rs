//! SELECT ... INTO: a new temporary table with the columns and rows of a query.
//!
//! Source: T-SQL reference, "SELECT - INTO clause".

use super::failure::Trouble;
use super::interpreter::{Ended, Interpreter};
use super::query::into_of;
use super::syntax;
use super::table::{Change, ColumnRule, Identity, Table, column_twice};
use crate::ast::{Expr, ExprKind, ObjectName, Query, QueryBody, Select, SelectItem, TypeName};
use crate::bind::{self, DeclaredType};
use crate::collation::Collation;
use crate::host::{Column, Command};
use crate::types::SqlType;
use crate::value::{SqlError, SqlValue};

/// `IDENTITY(type, seed, increment) AS name` among the items of a query.
struct IdentityItem {
    at: usize,
    name: String,
    data_type: SqlType,
    seed: i128,
    increment: i128,
}

impl Interpreter<'_> {
    pub(super) fn select_into(&mut self, query: &Query) -> Result<Option<Ended>, Trouble> {
        let Some(target) = into_of(&query.body).cloned() else { return Ok(None) };
        self.refuse_doomed()?;
        self.refuse_permanent("SELECT INTO", &target)?;
        if self.session.temp_index(target.name()).is_some() {
            return Err(exists(&target).into());
        }
        let mut query = query.clone();
        let identity = match first_select(&mut query.body) {
            Some(select) => {
                select.into = None;
                self.take_identity(select)?
            }
            None => None,
        };
        let plan = bind::query(&query, &*self.session)?;
        let mut table = self.new_table(target.name(), &plan.columns, identity.as_ref())?;
        let mut inserted = Vec::new();
        let width = plan.columns.len();
        let count = self.rows(&plan, |_, _, mut row| {
            row.truncate(width);
            if let Some(item) = &identity {
                let next = table.next_identity().unwrap_or(0);
                row.insert(item.at, identity_value(next, &item.data_type)?);
            }
            inserted.push(row);
            Ok(())
        })?;
        table.apply(Change { inserted, ..Change::default() })?;
        self.add_temp_table(table)?;
        self.session.last.row_count = count;
        Ok(Some(Ended { command: Command::SelectInto, count: Some(count) }))
    }

    /// Takes the item with `IDENTITY(...)` out of a query.
    fn take_identity(&self, select: &mut Select) -> Result<Option<IdentityItem>, Trouble> {
        let is_identity = |item: &SelectItem| matches!(item, SelectItem::Expr { value, .. } if matches!(value.kind, ExprKind::Identity { .. }));
        let Some(at) = select.items.iter().position(is_identity) else { return Ok(None) };
        let stars = select.items[..at].iter().any(|item| matches!(item, SelectItem::Star { .. }));
        let SelectItem::Expr { value, alias } = select.items.remove(at) else { return Ok(None) };
        let ExprKind::Identity { to, seed } = value.kind else { return Ok(None) };
        if stars {
            let error = SqlError::unsupported("IDENTITY behind * in SELECT INTO");
            return Err(Trouble::bind(error, value.place));
        }
        if select.items.is_empty() {
            // The rows still have to be counted.
            select.items.push(syntax::named_item(syntax::integer(0), "\0none"));
        }
        let (seed, increment) = match &seed {
            Some((seed, increment)) => (self.whole(seed)?, self.whole(increment)?),
            None => (1, 1),
        };
        let data_type = self.identity_type(&to)?;
        let name = alias.map(|alias| alias.value).unwrap_or_default();
        Ok(Some(IdentityItem { at, name, data_type, seed, increment }))
    }

    fn identity_type(&self, to: &TypeName) -> Result<SqlType, Trouble> {
        match bind::data_type(to, &*self.session)? {
            DeclaredType::Scalar(data_type) => Ok(data_type),
            DeclaredType::Table(_) => {
                Err(Trouble::bind(SqlError::unknown_type(to.name.name()), to.place))
            }
        }
    }

    fn whole(&self, expr: &Expr) -> Result<i128, Trouble> {
        Ok(super::table::whole_number(expr)?)
    }

    fn new_table(
        &self,
        name: &str,
        columns: &[Column],
        identity: Option<&IdentityItem>,
    ) -> Result<Table, Trouble> {
        let mut visible: Vec<Column> = columns.to_vec();
        if let Some(item) = identity {
            visible.retain(|column| column.name != "\0none");
            visible.insert(item.at, Column::new(&*item.name, item.data_type).not_null());
        }
        for (index, column) in visible.iter().enumerate() {
            if column.name.is_empty() {
                let text = "An object or column name is missing or empty. For SELECT INTO \
                            statements, verify each column has a name. For other statements, look \
                            for empty alias names. Aliases defined as \"\" or [] are not allowed. \
                            Change the alias to a valid name.";
                return Err(Trouble::bind(SqlError::new(1038, 15, 5, text), Default::default()));
            }
            let same = |other: &Column| Collation::CI_AS.equal(&other.name, &column.name);
            if visible[..index].iter().any(same) {
                return Err(column_twice(&column.name, name).into());
            }
        }
        let mut table = Table::plain(name, visible);
        if let Some(item) = identity {
            let mut rules = table.rules.to_vec();
            rules[item.at] = ColumnRule { identity: true, ..ColumnRule::default() };
            table.rules = rules.into();
            let (seed, increment) = (item.seed, item.increment);
            table.identity = Some(Identity { seed, increment, last: None });
        }
        Ok(table)
    }
}

fn first_select(body: &mut QueryBody) -> Option<&mut Select> {
    match body {
        QueryBody::Select(select) => Some(select),
        QueryBody::Set { first, .. } => first_select(first),
    }
}

/// A table of this name is there.
pub(super) fn exists(name: &ObjectName) -> SqlError {
    let text = format!("There is already an object named '{}' in the database.", name.name());
    SqlError::new(2714, 16, 6, text)
}

/// A number as the identity column holds it.
pub(super) fn identity_value(next: i128, data_type: &SqlType) -> Result<SqlValue, SqlError> {
    let number = SqlValue::Decimal(model::Decimal::new(next, 0));
    crate::value::cast(&number, data_type).map_err(|_| {
        let text = format!(
            "Arithmetic overflow error converting IDENTITY to data type {}.",
            data_type.name()
        );
        SqlError::new(8115, 16, 1, text)
    })
}
