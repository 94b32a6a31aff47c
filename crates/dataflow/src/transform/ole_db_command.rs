//! OLE DB Command: a statement with parameters for each row.
//!
//! Parameters are input columns, mapped to the external columns `Param_0` ... in their order. Each
//! statement commits by itself. Rules: data-flow facts 4.8.

use arrow_array::RecordBatch;
use connect::database::{Database, Direction, Kind, Limits, Parameter, Statement};
use expression::array::value_at;
use model::{DataType, dts};
use package::Disposition;

use super::{Exit, Made};
use crate::database::convert::{status, to_type};
use crate::database::{Link, Opened, is_fatal, limits, lock};
use crate::{
    Build, Context, Failure, Invalid, Lifecycle, Outbox, RowErrors, Rule, Stop, Transform,
    ValueError,
};

/// Executes a statement for each row.
struct OleDbCommand {
    link: Link,
    text: String,
    time_max: i64,
    /// Places and types of the parameters in a batch, and the types that the statement wants.
    parameters: Vec<(usize, DataType, DataType)>,
    rule: Rule,
    exit: Exit,
    opened: Option<Opened>,
}

/// Builds an OLE DB Command.
pub(crate) fn build(build: &Build<'_>) -> Result<Box<dyn Transform>, Invalid> {
    let link = Link::of(build)?;
    let text = build.text("SqlCommand").to_owned();
    if text.trim().is_empty() {
        return Err(build.bad_property("SqlCommand", ""));
    }
    let input = build.input(0)?;
    let configured = &build.component.inputs[0];
    let mut parameters = Vec::new();
    for external in &configured.external_columns {
        let column = configured.columns.iter().find(|c| c.external_column == external.ref_id);
        let position = column.and_then(|column| input.position(&column.lineage_id));
        let position = position.ok_or_else(|| {
            Invalid::broken(
                dts::DTS_E_COLUMNNOTFOUND,
                format!(
                    "No input column of \"{}\" is mapped to the parameter \"{}\".",
                    build.component.name, external.name
                ),
            )
        })?;
        parameters.push((position, input.columns[position].data_type, external.data_type));
    }
    let name = format!("{}.Inputs[{}]", build.component.name, configured.name);
    let dispositions = configured.dispositions.clone();
    let rule = Rule { subject: build.component.name.clone(), name, id: 0, dispositions };
    let time_max = build.number("CommandTimeout", 0)?;
    link.look(build, |_| Ok(()))?;
    let exit = Exit::of(build)?;
    Ok(Box::new(OleDbCommand { link, text, time_max, parameters, rule, exit, opened: None }))
}

impl Lifecycle for OleDbCommand {
    fn open(&mut self, context: &Context<'_>) -> Result<(), Stop> {
        self.opened = Some(self.link.open_to_run(context)?);
        context.check()
    }

    fn close(&mut self, context: &Context<'_>) -> Result<(), Stop> {
        self.opened = None;
        context.check()
    }
}

impl Transform for OleDbCommand {
    fn process(&mut self, batch: RecordBatch, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let Some(opened) = self.opened.clone() else { return Ok(()) };
        let context = out.context();
        let stopped = || context.is_stopped();
        let limits = limits(self.time_max, &stopped);
        let mut errors = RowErrors::new();
        {
            let mut database = lock(&opened)?;
            for row in 0..batch.num_rows() {
                out.check()?;
                let Err(bad) = self.execute(database.as_mut(), &batch, row, &limits) else {
                    continue;
                };
                let (code, failure) = bad;
                let ends = matches!(
                    self.rule.dispositions.error,
                    Disposition::FailComponent | Disposition::NotUsed
                );
                if ends || code == 0 {
                    return Err(failure.into());
                }
                let row = u32::try_from(row).unwrap_or(u32::MAX);
                errors.add(&self.rule, [ValueError { row, code, truncation: false }])?;
            }
        }
        self.exit.send(batch, Made { errors, ..Made::default() }, out)
    }
}

impl OleDbCommand {
    /// The code of the row, 0 when no row is to blame, and what is wrong.
    fn execute(
        &self,
        database: &mut dyn Database,
        batch: &RecordBatch,
        row: usize,
        limits: &Limits<'_>,
    ) -> Result<(), (u32, Failure)> {
        let mut parameters = Vec::with_capacity(self.parameters.len());
        for (at, &(position, from, to)) in self.parameters.iter().enumerate() {
            let value = value_at(batch.column(position).as_ref(), from, row);
            let value = to_type(value, to).map_err(|(kind, _)| {
                let code = dts::DTS_E_COMMANDDESTINATIONADAPTERSTATIC_CANTCONVERTVALUE;
                let text = format!(
                    "There was an error with parameter {at} on {}. The column status returned was: \"{}\".",
                    self.rule.name,
                    status(kind).1
                );
                let failure = self.rule.failure(code, false);
                (code, failure.after(dts::DTS_E_COLUMNSTATUSERROR, text))
            })?;
            let (name, direction) = (String::new(), Direction::Input);
            parameters.push(Parameter { name, direction, data_type: to, value });
        }
        let statement = Statement { text: self.text.clone(), parameters, ..Statement::default() };
        let Err(error) = database.execute(&statement, limits) else { return Ok(()) };
        let said = self.link.message(&error);
        if is_fatal(&error) || !database.is_open() {
            return Err((0, Failure::new(said.code, said.text)));
        }
        let code = if error.kind == Kind::Integrity {
            dts::DTS_E_COMMANDDESTINATIONADAPTERSTATIC_INTEGRITYVIOLATION
        } else {
            dts::DTS_E_COMMANDDESTINATIONADAPTERSTATIC_CANTCONVERTVALUE
        };
        Err((code, self.rule.failure(code, false).after(said.code, said.text)))
    }
}

#[cfg(test)]
mod tests;
