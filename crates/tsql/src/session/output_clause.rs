//! OUTPUT: what a change gives of the rows that it changed.
//!
//! Source: T-SQL reference, "OUTPUT Clause".

use super::failure::Trouble;
use super::interpreter::Interpreter;
use super::put::Incoming;
use super::target::TableRef;
use crate::ast::{OutputClause, SelectItem};
use crate::bind::{self, RowTable};
use crate::host::{Column, Row};
use crate::plan::Scalar;
use crate::run;

/// The columns that stand behind `deleted` and `inserted` in the rows of an OUTPUT.
pub(super) struct Beside<'a> {
    pub(super) alias: &'a str,
    pub(super) columns: &'a [Column],
}

/// A bound OUTPUT clause.
pub(super) struct BoundOutput {
    scalars: Vec<Scalar>,
    columns: Vec<Column>,
    /// The table that it goes into, and the columns there.
    into: Option<(TableRef, Vec<usize>)>,
}

/// What a statement's OUTPUT sees.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) columns: &'a [Column],
    pub(super) deleted: bool,
    pub(super) inserted: bool,
    pub(super) beside: &'a [Beside<'a>],
}

impl Interpreter<'_> {
    /// Binds the OUTPUT clauses of a statement. Their rows are the columns of `deleted`, of
    /// `inserted`, and those beside, as far as the statement has them.
    pub(super) fn bind_outputs(
        &mut self,
        clauses: &[OutputClause],
        seen: Seen<'_>,
    ) -> Result<Vec<BoundOutput>, Trouble> {
        let mut tables = Vec::new();
        if seen.deleted {
            tables.push(RowTable { alias: "deleted", columns: seen.columns });
        }
        if seen.inserted {
            tables.push(RowTable { alias: "inserted", columns: seen.columns });
        }
        tables.extend(
            seen.beside.iter().map(|one| RowTable { alias: one.alias, columns: one.columns }),
        );
        let mut bound = Vec::new();
        for clause in clauses {
            let items: Vec<SelectItem> = clause.items.clone();
            let parts = bind::over_row(&items, &tables, &*self.session)?;
            let (scalars, columns): (Vec<Scalar>, Vec<Column>) = parts.into_iter().unzip();
            let into = match &clause.into {
                None => None,
                Some((name, names)) => {
                    let table = self.table_ref(name, "OUTPUT INTO")?;
                    let places = self.insert_columns(&table, names, false)?;
                    super::insert::check_width(places.len(), columns.len(), names.is_empty())?;
                    Some((table, places))
                }
            };
            bound.push(BoundOutput { scalars, columns, into });
        }
        Ok(bound)
    }

    /// Gives the rows of a change to its OUTPUT clauses. Gives whether the client got a result.
    pub(super) fn give_outputs(
        &mut self,
        outputs: Vec<BoundOutput>,
        rows: &[Row],
    ) -> Result<(), Trouble> {
        for output in outputs {
            let mut made = Vec::with_capacity(rows.len());
            let (session, scalars) = (&*self.session, &output.scalars);
            session.with_context(self.cancel, |context| {
                for row in rows {
                    let value = |scalar| run::evaluate(scalar, row, context);
                    made.push(scalars.iter().map(value).collect::<Result<Row, _>>()?);
                }
                Ok::<(), Trouble>(())
            })?;
            match output.into {
                Some((table, places)) => {
                    let types = output.columns.iter().map(|column| Some(column.data_type));
                    let incoming = Incoming { places, types: types.collect(), rows: made };
                    self.put(&table, incoming, &[])?;
                }
                None => {
                    self.output.columns(&output.columns)?;
                    self.sent = Some(0);
                    for row in &made {
                        self.output.row(row)?;
                    }
                    self.sent = u64::try_from(made.len()).ok();
                }
            }
        }
        Ok(())
    }
}
