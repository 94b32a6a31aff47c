//! What a Slowly Changing Dimension compares, as its properties say.

use connect::database::{Column, Product, quoted_column};
use model::{DataType, dts};
use package::InputColumn;

use super::WAYS;
use crate::database::{external_name, place_of, select};
use crate::{Build, Invalid, ValidationStatus};

/// What a difference in a column means (`ColumnType` 2, 3 and 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Changing,
    Historical,
    Fixed,
}

/// How an inferred member is known.
pub(super) enum Inferred {
    Never,
    /// By a Boolean column of the dimension.
    Indicator(String),
    /// By all columns with a kind of change being NULL.
    AllNull,
}

/// A business key.
pub(super) struct Key {
    external: String,
    pub(super) position: usize,
    pub(super) data_type: DataType,
}

/// A column that is compared.
pub(super) struct Compared {
    pub(super) external: String,
    pub(super) position: usize,
    pub(super) data_type: DataType,
    pub(super) change: Change,
}

/// All of it.
pub(super) struct Plan {
    pub(super) name: String,
    command: String,
    current_row_where: String,
    pub(super) keys: Vec<Key>,
    pub(super) columns: Vec<Compared>,
    /// Numbers of the outputs, one for each way.
    pub(super) outputs: [Option<usize>; 6],
    pub(super) inferred: Inferred,
    pub(super) all_new: bool,
    pub(super) fail_on_fixed_change: bool,
    pub(super) fail_on_lookup_failure: bool,
    pub(super) update_history: bool,
}

impl Plan {
    pub(super) fn of(build: &Build<'_>) -> Result<Self, Invalid> {
        let command = build.text("SqlCommand").trim().trim_end_matches(';');
        if command.is_empty() {
            return Err(build.bad_property("SqlCommand", ""));
        }
        let input = build.input(0)?;
        let configured = &build.component.inputs[0];
        let (mut keys, mut columns) = (Vec::new(), Vec::new());
        for column in &configured.columns {
            let Some(position) = input.position(&column.lineage_id) else { continue };
            let arriving = &input.columns[position];
            let own = if column.name.is_empty() { &arriving.name } else { &column.name };
            let reference = column.external_column.as_str();
            let external = external_name(&configured.external_columns, reference, own);
            let data_type = arriving.data_type;
            match kind(build, column)? {
                Kind::Other => continue,
                Kind::Key => {
                    keys.push(Key { external: external.to_owned(), position, data_type });
                }
                Kind::Change(change) => {
                    let external = external.to_owned();
                    columns.push(Compared { external, position, data_type, change });
                }
            }
            let theirs = configured.external_columns.iter().find(|c| c.ref_id == reference);
            if let Some(theirs) = theirs
                && theirs.data_type.code() != data_type.code()
            {
                return Err(different_types(build, own, external));
            }
        }
        complete(build, &keys, &columns)?;
        Ok(Self {
            name: build.component.name.clone(),
            command: command.to_owned(),
            current_row_where: build.text("CurrentRowWhere").trim().to_owned(),
            keys,
            columns,
            outputs: outputs(build),
            inferred: inferred(build)?,
            all_new: build.number("IncomingRowChangeType", 1)? == 0,
            fail_on_fixed_change: build.flag("FailOnFixedAttributeChange", true)?,
            fail_on_lookup_failure: build.flag("FailOnLookupFailure", false)?,
            update_history: build.flag("UpdateChangingAttributeHistory", false)?,
        })
    }

    /// What asks for the current row of a key.
    pub(super) fn statement(&self, product: Product) -> String {
        let key = |key: &Key| format!("{} = ?", quoted_column(product, &key.external));
        let mut conditions: Vec<String> = self.keys.iter().map(key).collect();
        if !self.current_row_where.is_empty() {
            conditions.push(format!("({})", self.current_row_where));
        }
        let word = if select::has_condition(&self.command) { "AND" } else { "WHERE" };
        format!("{} {word} {}", self.command, conditions.join(" AND "))
    }

    /// Compares with the columns that the command gives.
    pub(super) fn compare(&self, found: &[Column]) -> Result<(), Invalid> {
        let missing = self.columns.iter().find(|c| place_of(found, &c.external).is_none());
        if let Some(column) = missing {
            let mut invalid = Invalid::broken(
                dts::DTS_E_TXSCD_CANNOTFINDEXTERNALCOLUMN,
                format!("The dimension has no column \"{}\".", column.external),
            );
            invalid.status = ValidationStatus::NeedsNewMetadata;
            return Err(invalid);
        }
        let Inferred::Indicator(name) = &self.inferred else { return Ok(()) };
        let indicator = place_of(found, name).map(|place| found[place].data_type);
        match indicator {
            Some(Some(DataType::Bool) | None) => Ok(()),
            Some(Some(_)) | None => Err(Invalid::broken(
                dts::DTS_E_TXSCD_INFFEREDINDICATORNOTBOOL,
                format!(
                    "The column \"{name}\", which tells inferred members, is not of type DT_BOOL or is not among the columns of the command."
                ),
            )),
        }
    }
}

enum Kind {
    Other,
    Key,
    Change(Change),
}

fn kind(build: &Build<'_>, column: &InputColumn) -> Result<Kind, Invalid> {
    Ok(match column.property("ColumnType").unwrap_or_default().trim() {
        "0" | "" => Kind::Other,
        "1" => Kind::Key,
        "2" => Kind::Change(Change::Changing),
        "3" => Kind::Change(Change::Historical),
        "4" => Kind::Change(Change::Fixed),
        other => {
            return Err(Invalid::broken(
                dts::DTS_E_TXSCD_INVALIDINPUTCOLUMNTYPE,
                format!(
                    "The ColumnType of {} is {other}; it must be between 0 and 4.",
                    build.input_column_name(0, column)
                ),
            ));
        }
    })
}

fn complete(build: &Build<'_>, keys: &[Key], columns: &[Compared]) -> Result<(), Invalid> {
    let name = &build.component.name;
    if keys.is_empty() {
        return Err(Invalid::broken(
            dts::DTS_E_TXSCD_INVALIDNUMBERSOFPARAMETERS,
            format!("\"{name}\" needs at least one column of type Key."),
        ));
    }
    if columns.is_empty() {
        return Err(Invalid::broken(
            dts::DTS_E_TXSCD_NOTYPEDCOLUMNSATINPUT,
            format!("\"{name}\" needs at least one column with a kind of change."),
        ));
    }
    Ok(())
}

fn different_types(build: &Build<'_>, own: &str, external: &str) -> Invalid {
    Invalid::broken(
        dts::DTS_E_TXSCD_CANNOTMAPDIFFERENTTYPES,
        format!(
            "\"{}\" cannot compare the column \"{own}\" with the column \"{external}\", because their types differ.",
            build.component.name
        ),
    )
}

fn inferred(build: &Build<'_>) -> Result<Inferred, Invalid> {
    if !build.flag("EnableInferredMember", true)? {
        return Ok(Inferred::Never);
    }
    Ok(match build.text("InferredMemberIndicator").trim() {
        "" => Inferred::AllNull,
        name => Inferred::Indicator(name.trim_matches(['[', ']', '"']).to_owned()),
    })
}

/// The outputs in the order of the ways. They are in that order in every package; a name tells
/// more where one has been left out.
fn outputs(build: &Build<'_>) -> [Option<usize>; 6] {
    const WORDS: [&str; 6] = ["unchanged", "new", "fixed", "changing", "historical", "inferred"];
    let outputs = &build.component.outputs;
    let in_order = outputs.len() == WAYS.len();
    WAYS.map(|way| {
        let place = way as usize;
        if in_order {
            return Some(place);
        }
        let starts = |name: &str| name.trim().to_ascii_lowercase().starts_with(WORDS[place]);
        outputs.iter().position(|output| starts(&output.name))
    })
}
