//! Slowly Changing Dimension: compares each row with its current row in a dimension table and
//! sends it where rows of its kind of change go.
//!
//! ```text
//!   no row with this key            New
//!   the row is an inferred member   Inferred Member Updates
//!   a fixed attribute differs       Fixed Attribute, or the component fails
//!   a historical attribute differs  Historical Attribute Inserts, and Changing Attribute Updates
//!                                   too when one differs and UpdateChangingAttributeHistory is set
//!   a changing attribute differs    Changing Attribute Updates
//!   nothing differs                 Unchanged
//! ```
//!
//! Values are equal when they are the same value, letter by letter; NULL equals NULL. The keys are
//! compared by the server. Rules: data-flow facts 4.17 and the transformation's page.

mod plan;

use arrow_array::{BooleanArray, RecordBatch};
use connect::database::{Column, Direction, Limits, Parameter, RowSink, Statement};
use expression::array::value_at;
use model::{DataType, Value, dts};

use crate::database::convert::to_type;
use crate::database::{Link, Opened, limits, lock, place_of};
use crate::{Build, Context, Failure, Invalid, Lifecycle, Outbox, Stop, Transform};
use plan::{Change, Inferred, Plan};

/// Where a row goes, in the order of the outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Unchanged,
    New,
    Fixed,
    Changing,
    Historical,
    Inferred,
}

const WAYS: [Way; 6] =
    [Way::Unchanged, Way::New, Way::Fixed, Way::Changing, Way::Historical, Way::Inferred];

/// Sorts rows by what has changed.
struct SlowlyChangingDimension {
    link: Link,
    plan: Plan,
    /// The connection, and what asks it for the current row of a key.
    opened: Option<(Opened, String)>,
}

/// The dimension's row for one key.
#[derive(Default)]
struct Found {
    columns: Vec<Column>,
    row: Option<Vec<Value>>,
}

/// Builds a Slowly Changing Dimension.
pub(crate) fn build(build: &Build<'_>) -> Result<Box<dyn Transform>, Invalid> {
    let link = Link::of(build)?;
    let plan = Plan::of(build)?;
    let found = link.look(build, |database| {
        if !build.component.validate_external_metadata {
            return Ok(None);
        }
        database.describe(build.text("SqlCommand"), &limits(0, &|| false))
    })?;
    if let Some(found) = found {
        plan.compare(&found)?;
    }
    Ok(Box::new(SlowlyChangingDimension { link, plan, opened: None }))
}

impl Lifecycle for SlowlyChangingDimension {
    fn open(&mut self, context: &Context<'_>) -> Result<(), Stop> {
        let opened = self.link.open_to_run(context)?;
        let statement = self.plan.statement(lock(&opened)?.product());
        self.opened = Some((opened, statement));
        context.check()
    }

    fn close(&mut self, context: &Context<'_>) -> Result<(), Stop> {
        self.opened = None;
        context.check()
    }
}

impl RowSink for Found {
    fn columns(&mut self, columns: &[Column]) -> bool {
        self.columns = columns.to_vec();
        true
    }

    fn rows(&mut self, rows: Vec<Vec<Value>>) -> bool {
        // There is one current row for a key; of more the first is taken.
        self.row = rows.into_iter().next();
        self.row.is_none()
    }
}

impl Transform for SlowlyChangingDimension {
    fn process(&mut self, batch: RecordBatch, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let Some((opened, statement)) = self.opened.clone() else { return Ok(()) };
        let context = out.context();
        let stopped = || context.is_stopped();
        let limits = limits(0, &stopped);
        let mut found = Vec::with_capacity(batch.num_rows());
        for row in 0..batch.num_rows() {
            out.check()?;
            found.push(self.ways((&opened, &statement), &batch, row, &limits)?);
        }
        for (way, output) in WAYS.iter().zip(self.plan.outputs) {
            let Some(output) = output else { continue };
            let keep: Vec<bool> = found.iter().map(|ways| ways.contains(way)).collect();
            out.send_filtered(output, &batch, &BooleanArray::from(keep))?;
        }
        Ok(())
    }
}

impl SlowlyChangingDimension {
    fn ways(
        &self,
        (opened, statement): (&Opened, &str),
        batch: &RecordBatch,
        row: usize,
        limits: &Limits<'_>,
    ) -> Result<Vec<Way>, Stop> {
        if self.plan.all_new {
            return Ok(vec![Way::New]);
        }
        let value = |position: usize, data_type: DataType| {
            value_at(batch.column(position).as_ref(), data_type, row)
        };
        let keys = self.plan.keys.iter().map(|key| Parameter {
            name: String::new(),
            direction: Direction::Input,
            data_type: key.data_type,
            value: value(key.position, key.data_type),
        });
        let (text, parameters) = (statement.to_owned(), keys.collect());
        let statement = Statement { text, parameters, ..Statement::default() };
        let mut found = Found::default();
        let result = lock(opened)?.query(&statement, 1, limits, &mut found);
        result.map_err(|error| self.link.failure(&error))?;
        let Some(reference) = found.row else {
            if self.plan.fail_on_lookup_failure {
                let text = format!(
                    "\"{}\": no row of the dimension has the keys of the incoming row, and FailOnLookupFailure is set.",
                    self.plan.name
                );
                return Err(Failure::new(dts::DTS_E_TXSCD_LOOKUPFAILURE, text).into());
            }
            return Ok(vec![Way::New]);
        };
        let own = |name: &str| {
            let place = place_of(&found.columns, name);
            place.and_then(|place| reference.get(place)).cloned().unwrap_or_default()
        };
        if self.is_inferred(&own) {
            return Ok(vec![Way::Inferred]);
        }
        let differs = |change: Change| {
            let mut columns = self.plan.columns.iter().filter(|column| column.change == change);
            columns.any(|column| {
                let theirs = to_type(own(&column.external), column.data_type);
                theirs.as_ref().ok() != Some(&value(column.position, column.data_type))
            })
        };
        self.decide(differs)
    }

    fn is_inferred(&self, own: &dyn Fn(&str) -> Value) -> bool {
        match &self.plan.inferred {
            Inferred::Never => false,
            Inferred::Indicator(name) => {
                matches!(to_type(own(name), DataType::Bool), Ok(Value::Bool(true)))
            }
            Inferred::AllNull => {
                self.plan.columns.iter().all(|column| own(&column.external).is_null())
            }
        }
    }

    fn decide(&self, differs: impl Fn(Change) -> bool) -> Result<Vec<Way>, Stop> {
        if differs(Change::Fixed) {
            if self.plan.fail_on_fixed_change {
                let text = format!(
                    "\"{}\": a fixed attribute of the incoming row differs from the dimension's, and FailOnFixedAttributeChange is set.",
                    self.plan.name
                );
                return Err(Failure::new(dts::DTS_E_TXSCD_FIXEDATTRIBUTECHANGE, text).into());
            }
            return Ok(vec![Way::Fixed]);
        }
        let changing = differs(Change::Changing);
        Ok(if differs(Change::Historical) {
            let mut ways = vec![Way::Historical];
            ways.extend((changing && self.plan.update_history).then_some(Way::Changing));
            ways
        } else if changing {
            vec![Way::Changing]
        } else {
            vec![Way::Unchanged]
        })
    }
}

#[cfg(test)]
mod tests;
