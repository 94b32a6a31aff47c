//! INSERT.
//!
//! Source: T-SQL reference, "INSERT", "IDENTITY (Property)", "SET IDENTITY_INSERT"; errors 109,
//! 110, 120, 121, 213, 264, 271, 273, 544, 545, 8101, 8164, 10738 of `sys.messages`.

use super::failure::Trouble;
use super::interpreter::{Ended, Interpreter};
use super::output::Capture;
use super::procedure::NOWHERE;
use super::put::{Incoming, Putting, default_of};
use super::query::is_untyped;
use super::scope::lower;
use super::syntax;
use super::table::Table;
use super::target::TableRef;
use crate::ast::{Expr, ExprKind, Ident, Insert, InsertSource, Place, Query, TableKind, Top};
use crate::bind;
use crate::host::Command;
use crate::types::SqlType;
use crate::value::{SqlError, SqlValue};

/// The most rows that VALUES of an INSERT may have.
const VALUES_MAX: usize = 1000;

impl Interpreter<'_> {
    pub(super) fn insert(
        &mut self,
        insert: &Insert,
        place: Place,
    ) -> Result<Option<Ended>, Trouble> {
        let table = self.table_ref(&insert.target.name, "INSERT")?;
        let places = match insert.source {
            InsertSource::DefaultValues => Vec::new(),
            InsertSource::Values(_)
            | InsertSource::Query(_)
            | InsertSource::Execute(_)
            | InsertSource::ExecuteString(_) => {
                self.insert_columns(&table, &insert.columns, true)?
            }
        };
        let listed = !insert.columns.is_empty();
        let mut incoming = match &insert.source {
            InsertSource::DefaultValues => {
                Incoming { places, types: Vec::new(), rows: vec![Vec::new()] }
            }
            InsertSource::Values(rows) => self.values(&table, places, rows, listed)?,
            InsertSource::Query(query) => {
                let mut query = (**query).clone();
                query.with.splice(0..0, insert.with.iter().cloned());
                self.queried(places, &query, listed)?
            }
            InsertSource::Execute(_) | InsertSource::ExecuteString(_) => {
                self.captured(places, &insert.source)?
            }
        };
        if let Some(top) = &insert.top {
            let count = self.top_count(top)?;
            incoming.rows.truncate(count);
        }
        let count = self.put_as(&table, incoming, &insert.output, Putting::at(place))?;
        self.session.last.row_count = count;
        Ok(Some(Ended { command: Command::Insert, count: Some(count) }))
    }

    fn top_count(&mut self, top: &Top) -> Result<usize, Trouble> {
        if top.percent {
            let error = SqlError::unsupported("INSERT TOP PERCENT");
            return Err(Trouble::bind(error, top.count.place));
        }
        let count = self.value_as(&top.count, &SqlType::BigInt)?.as_i64().unwrap_or(0);
        usize::try_from(count).map_err(|_| {
            let text = "A TOP N or FETCH rowcount value may not be negative.";
            SqlError::new(1060, 15, 1, text).into()
        })
    }

    /// The columns that values are given for: those listed, or all that take one.
    pub(super) fn insert_columns(
        &self,
        target: &TableRef,
        names: &[Ident],
        statement: bool,
    ) -> Result<Vec<usize>, Trouble> {
        let table = self.target_table(target)?;
        let own_numbers = self.session.options.identity_insert.as_deref();
        let given_numbers = own_numbers == Some(&*lower(&table.name));
        let takes = |index: usize| {
            let rule = &table.rules[index];
            let version = table.visible()[index].data_type == SqlType::RowVersion;
            rule.computed.is_none() && !rule.identity && !version
        };
        if names.is_empty() {
            if given_numbers && statement {
                let text = format!(
                    "An explicit value for the identity column in table '{}' can only be specified \
                     when a column list is used and IDENTITY_INSERT is ON.",
                    table.name
                );
                return Err(Trouble::bind(SqlError::new(8101, 16, 1, text), NOWHERE));
            }
            return Ok((0..table.rules.len()).filter(|index| takes(*index)).collect());
        }
        let mut places = Vec::with_capacity(names.len());
        for name in names {
            let found = table.column(&name.value);
            let index = found.ok_or_else(|| Trouble::bind(no_column(&name.value), name.place))?;
            if places.contains(&index) {
                return Err(Trouble::bind(column_repeated(&name.value), name.place));
            }
            if !(takes(index) || table.rules[index].identity && given_numbers) {
                return Err(Trouble::bind(not_settable(&table, index), name.place));
            }
            places.push(index);
        }
        let number = table.rules.iter().position(|rule| rule.identity);
        if given_numbers && number.is_some_and(|index| !places.contains(&index)) {
            let text = format!(
                "Explicit value must be specified for identity column in table '{}' either when \
                 IDENTITY_INSERT is set to ON or when a replication user is inserting into a NOT \
                 FOR REPLICATION identity column.",
                table.name
            );
            return Err(Trouble::bind(SqlError::new(545, 16, 1, text), NOWHERE));
        }
        Ok(places)
    }

    fn values(
        &mut self,
        target: &TableRef,
        places: Vec<usize>,
        rows: &[Vec<Expr>],
        listed: bool,
    ) -> Result<Incoming, Trouble> {
        if VALUES_MAX < rows.len() {
            let text = "The number of row value expressions in the INSERT statement exceeds the \
                        maximum allowed number of 1000 row values.";
            return Err(Trouble::bind(SqlError::new(10738, 15, 1, text), NOWHERE));
        }
        let table = self.target_table(target)?;
        let mut given = Vec::with_capacity(rows.len());
        for row in rows {
            check_values(places.len(), row, listed)?;
            let defaulted = row.iter().zip(&places).map(|(value, at)| {
                let default = matches!(value.kind, ExprKind::Default);
                if default { default_of(&table, *at) } else { value.clone() }
            });
            given.push(defaulted.collect::<Vec<Expr>>());
        }
        if let [row] = &given[..] {
            let mut types = Vec::with_capacity(row.len());
            let mut values = Vec::with_capacity(row.len());
            for value in row {
                let bare = syntax::is_bare_null(value);
                let (value, data_type) =
                    if bare { (SqlValue::Null, SqlType::Int) } else { self.value(value)? };
                types.push(Some(data_type).filter(|_| !bare));
                values.push(value);
            }
            return Ok(Incoming { places, types, rows: vec![values] });
        }
        let bare: Vec<bool> = (0..places.len())
            .map(|at| given.iter().all(|row| row.get(at).is_none_or(syntax::is_bare_null)))
            .collect();
        let names: Vec<Ident> =
            (0..places.len()).map(|at| syntax::ident(&format!("c{at}"))).collect();
        let mut source = syntax::table(TableKind::Values(given), Some(syntax::ident("\0values")));
        source.columns = names;
        let select = syntax::select(vec![syntax::star(None)], vec![syntax::source(source)]);
        let mut incoming = self.queried(places, &syntax::query(select), true)?;
        for (data_type, bare) in incoming.types.iter_mut().zip(bare) {
            *data_type = data_type.filter(|_| !bare);
        }
        Ok(incoming)
    }

    fn queried(
        &mut self,
        places: Vec<usize>,
        query: &Query,
        listed: bool,
    ) -> Result<Incoming, Trouble> {
        let plan = bind::query(query, &*self.session)?;
        check_width(places.len(), plan.columns.len(), !listed)
            .map_err(|error| Trouble::bind(error, query.place))?;
        let typed = plan.columns.iter().enumerate();
        let types = typed
            .map(|(index, column)| Some(column.data_type).filter(|_| !is_untyped(&plan, index)))
            .collect();
        let mut rows = self.collect(&plan)?;
        for row in &mut rows {
            row.truncate(places.len());
        }
        Ok(Incoming { places, types, rows })
    }

    /// The rows that a procedure or text gives.
    fn captured(&mut self, places: Vec<usize>, source: &InsertSource) -> Result<Incoming, Trouble> {
        if self.session.capturing {
            let text = "An INSERT EXEC statement cannot be nested.";
            return Err(SqlError::new(8164, 16, 1, text).into());
        }
        let mut capture = Capture {
            inner: &mut *self.output,
            width: places.len(),
            rows: Vec::new(),
            results: Vec::new(),
            refused: None,
            room: self.session.settings.query_bytes,
        };
        self.session.capturing = true;
        let mut inner = Interpreter {
            session: &mut *self.session,
            output: &mut capture,
            cancel: self.cancel,
            sent: None,
        };
        let result = match source {
            InsertSource::Execute(call) => inner.call(call),
            InsertSource::ExecuteString(call) => inner.run_string(call),
            InsertSource::Values(_) | InsertSource::Query(_) | InsertSource::DefaultValues => {
                Ok(())
            }
        };
        let Capture { rows, results, refused, .. } = capture;
        self.session.capturing = false;
        result?;
        if let Some(error) = refused {
            return Err(error.into());
        }
        let types = match &results[..] {
            [] => Vec::new(),
            [(_, first), rest @ ..] => {
                let same = |(_, other): &(usize, Vec<crate::host::Column>)| {
                    other.iter().zip(first).all(|(a, b)| a.data_type == b.data_type)
                };
                match rest.iter().all(same) {
                    true => first.iter().map(|column| Some(column.data_type)).collect(),
                    // Results of several types convert value by value.
                    false => Vec::new(),
                }
            }
        };
        Ok(Incoming { places, types, rows })
    }
}

fn check_values(places: usize, row: &[Expr], listed: bool) -> Result<(), Trouble> {
    if row.len() == places {
        return Ok(());
    }
    let place = row.first().map(|value| value.place).unwrap_or_default();
    let error = match (listed, row.len() < places) {
        (false, _) => columns_differ(),
        (true, true) => {
            let text = "There are more columns in the INSERT statement than values specified in \
                        the VALUES clause. The number of values in the VALUES clause must match \
                        the number of columns specified in the INSERT statement.";
            SqlError::new(109, 15, 1, text)
        }
        (true, false) => {
            let text = "There are fewer columns in the INSERT statement than values specified in \
                        the VALUES clause. The number of values in the VALUES clause must match \
                        the number of columns specified in the INSERT statement.";
            SqlError::new(110, 15, 1, text)
        }
    };
    Err(Trouble::bind(error, place))
}

/// Refuses a query with more or fewer columns than the table takes.
pub(super) fn check_width(places: usize, given: usize, all: bool) -> Result<(), SqlError> {
    if places == given {
        return Ok(());
    }
    if all {
        return Err(columns_differ());
    }
    let (number, word) = if given < places { (120, "fewer") } else { (121, "more") };
    let text = format!(
        "The select list for the INSERT statement contains {word} items than the insert list. The \
         number of SELECT values must match the number of INSERT columns."
    );
    Err(SqlError::new(number, 15, 1, text))
}

fn columns_differ() -> SqlError {
    let text = "Column name or number of supplied values does not match table definition.";
    SqlError::new(213, 16, 1, text)
}

/// A column that the table does not have.
pub(super) fn no_column(name: &str) -> SqlError {
    SqlError::new(207, 16, 1, format!("Invalid column name '{name}'."))
}

/// A column that is given a value twice.
pub(super) fn column_repeated(name: &str) -> SqlError {
    let text = format!(
        "The column name '{name}' is specified more than once in the SET clause or column list of \
         an INSERT. A column cannot be assigned more than one value in the same clause. Modify \
         the clause to make sure that a column is updated only once. If this statement updates or \
         inserts columns into a view, column aliasing can conceal the duplication in your code."
    );
    SqlError::new(264, 16, 1, text)
}

/// A column that INSERT cannot give a value.
fn not_settable(table: &Table, at: usize) -> SqlError {
    let (column, rule) = (&table.visible()[at], &table.rules[at]);
    if rule.identity {
        let text = format!(
            "Cannot insert explicit value for identity column in table '{}' when IDENTITY_INSERT \
             is set to OFF.",
            table.name
        );
        return SqlError::new(544, 16, 1, text);
    }
    if rule.computed.is_some() {
        return computed_set(&column.name);
    }
    let text = "Cannot insert an explicit value into a timestamp column. Use INSERT with a column \
                list to exclude the timestamp column, or insert a DEFAULT into the timestamp \
                column.";
    SqlError::new(273, 16, 1, text)
}

/// A computed column that is given a value.
pub(super) fn computed_set(name: &str) -> SqlError {
    let text = format!(
        "The column \"{name}\" cannot be modified because it is either a computed column or is the \
         result of a UNION operator."
    );
    SqlError::new(271, 16, 1, text)
}
