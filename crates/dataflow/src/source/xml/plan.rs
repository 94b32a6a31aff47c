//! The outputs of an XML Source: which elements their rows are, and where the values are.

use std::collections::HashSet;

use model::{DataType, dts};

use crate::database::external_name;
use crate::{Build, Invalid, OutputLayout, Rule};

/// All outputs.
pub(super) struct Plan {
    pub(super) rowsets: Vec<Rowset>,
    /// Names of elements that columns number.
    pub(super) numbered: HashSet<String>,
}

/// An output with rows, and its error output.
pub(super) struct Rowset {
    /// Names of elements, the row's last.
    path: Vec<String>,
    pub(super) output: usize,
    pub(super) layout: OutputLayout,
    pub(super) columns: Vec<Column>,
    pub(super) errors: Option<ErrorOutput>,
}

/// A column.
pub(super) struct Column {
    /// Its name in the text.
    external: String,
    /// The element that it numbers when there is nothing of that name.
    numbers: Option<String>,
    pub(super) data_type: DataType,
    pub(super) rule: Rule,
}

/// Columns as of the rows, as text, then ErrorCode and ErrorColumn.
pub(super) struct ErrorOutput {
    pub(super) number: usize,
    pub(super) layout: OutputLayout,
    pub(super) special_flags: Vec<i32>,
    /// The place of each column among those of the rows.
    pub(super) places: Vec<Option<usize>>,
}

impl Plan {
    pub(super) fn of(build: &Build<'_>) -> Result<Self, Invalid> {
        let outputs = &build.component.outputs;
        let mut rowsets = Vec::new();
        for (number, output) in outputs.iter().enumerate() {
            if !output.is_error_output {
                rowsets.push(rowset(build, number)?);
            }
        }
        let columns = rowsets.iter().flat_map(|rowset: &Rowset| &rowset.columns);
        let numbered = columns.filter_map(|column| column.numbers.clone()).collect();
        Ok(Self { rowsets, numbered })
    }
}

fn rowset(build: &Build<'_>, number: usize) -> Result<Rowset, Invalid> {
    let output = &build.component.outputs[number];
    let id = output.property("RowsetID").unwrap_or_default().trim();
    let id = if id.is_empty() { output.name.trim() } else { id };
    let segments = id.split([':', '/']).filter(|segment| !segment.is_empty());
    let path: Vec<String> = segments.map(str::to_owned).collect();
    if path.is_empty() {
        return Err(Invalid::broken(
            dts::DTS_E_XMLSRCINVALIDOUTPUTNAME,
            format!(
                "An output of \"{}\" has no RowsetID and no name: no element belongs to it.",
                build.component.name
            ),
        ));
    }
    let layout = build.output(number)?.clone();
    let mut columns = Vec::new();
    for (at, column) in output.columns.iter().enumerate() {
        if matches!(column.data_type, DataType::DbTime2 { .. } | DataType::DbTimestamp2 { .. }) {
            return Err(Invalid::broken(
                dts::DTS_E_XMLSRCOUTPUTCOLUMNDATATYPENOTSUPPORTED,
                format!(
                    "The type {} of {} is not one that the XML source makes.",
                    column.data_type,
                    build.output_column_name(number, column)
                ),
            ));
        }
        let external =
            external_name(&output.external_columns, &column.external_column, &column.name);
        columns.push(Column {
            external: external.to_owned(),
            numbers: external.strip_suffix("_Id").map(str::to_owned),
            data_type: column.data_type,
            rule: build.rule(number, at),
        });
    }
    let errors = errors_of(build, number)?;
    Ok(Rowset { path, output: number, layout, columns, errors })
}

/// The error output of an output: the one of its RowsetID, else the next one.
fn errors_of(build: &Build<'_>, number: usize) -> Result<Option<ErrorOutput>, Invalid> {
    let outputs = &build.component.outputs;
    let own = &outputs[number];
    let id = own.property("RowsetID").filter(|id| !id.trim().is_empty());
    let same = outputs.iter().position(|output| {
        output.is_error_output && id.is_some() && output.property("RowsetID") == id
    });
    let next = || {
        let later = outputs.iter().enumerate().skip(number + 1);
        let mut later = later.take_while(|(_, output)| output.is_error_output);
        later.next().map(|(at, _)| at)
    };
    let Some(number) = same.or_else(next) else { return Ok(None) };
    let columns = &outputs[number].columns;
    let place = |name: &str| own.columns.iter().position(|column| column.name == name);
    Ok(Some(ErrorOutput {
        number,
        layout: build.output(number)?.clone(),
        special_flags: columns.iter().map(|column| column.special_flags).collect(),
        places: columns.iter().map(|column| place(&column.name)).collect(),
    }))
}

impl Rowset {
    /// Whether an element is a row of this output. `above` gives the name of the element so many
    /// steps up, from 0.
    pub(super) fn is<'a>(&self, name: &str, above: impl Fn(usize) -> Option<&'a str>) -> bool {
        let mut names = self.path.iter().rev();
        names.next().is_some_and(|own| own == name)
            && names.enumerate().all(|(at, own)| above(at).is_none_or(|above| above == own))
    }

    /// A row with the numbers of its element and of those around it.
    pub(super) fn keys(
        &self,
        name: &str,
        number: u64,
        around: impl Fn(&str) -> Option<u64>,
    ) -> Vec<Option<String>> {
        let cell = |column: &Column| {
            let wanted = column.numbers.as_deref()?;
            let number = if wanted == name { Some(number) } else { around(wanted) };
            number.map(|number| number.to_string())
        };
        self.columns.iter().map(cell).collect()
    }

    /// Puts a value where it belongs, if it does.
    pub(super) fn put(&self, cells: &mut [Option<String>], name: &str, value: String) {
        let place = self.columns.iter().position(|column| column.external == name);
        if let Some(cell) = place.and_then(|place| cells.get_mut(place)) {
            *cell = Some(value);
        }
    }
}
