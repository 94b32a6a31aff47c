//! What an Unpivot does, from its properties.

use expression::array::from_values;
use expression::convert::{ConvertOptions, parse_text};
use model::{DataType, Value, dts};
use package::{ColumnUsage, OutputColumn};

use super::{Column, Unpivot};
use crate::{Build, Combine, Invalid};

/// An input column.
struct Source {
    name: String,
    /// The lineage id or refId of the output column that it goes to.
    destination: String,
    /// Empty for a column that is passed through.
    value: String,
    position: usize,
    data_type: DataType,
}

/// Builds an Unpivot.
pub(crate) fn build(build: &Build<'_>) -> Result<Box<dyn Combine>, Invalid> {
    let main = build.main_output()?;
    let outputs = &build.component.outputs[main].columns;
    let sources = sources(build)?;
    for source in &sources {
        if !outputs.iter().any(|column| goes_to(source, column)) {
            return Err(Invalid::broken(
                dts::DTS_E_TXUNPIVOTNOTINPUTMAP,
                format!(
                    "The output column \"{}\" that \"{}\" goes to could not be found.",
                    source.destination, source.name
                ),
            ));
        }
    }
    let keys = outputs.iter().filter(|column| is_key(column)).count();
    if keys != 1 {
        let code = if keys == 0 {
            dts::DTS_E_TXUNPIVOTNOPIVOT
        } else {
            dts::DTS_E_TXUNPIVOTTOOMANYPIVOTKEYS
        };
        let text = format!(
            "\"{}\" needs exactly one output column for the pivot key values, and has {keys}.",
            build.component.name
        );
        return Err(Invalid::broken(code, text));
    }
    let values = values(build, &sources)?;
    let mut columns = Vec::new();
    for column in outputs {
        let name = build.output_column_name(main, column);
        let fed: Vec<&Source> = sources.iter().filter(|s| goes_to(s, column)).collect();
        columns.push(if is_key(column) {
            key(build, column, (&values, &name))?
        } else {
            fed_by(&fed, column, (&values, &name))?
        });
    }
    let layout = build.output(main)?.clone();
    Ok(Box::new(Unpivot { values: values.len(), columns, main, layout }))
}

fn goes_to(source: &Source, column: &OutputColumn) -> bool {
    source.destination == column.lineage_id || source.destination == column.ref_id
}

fn is_key(column: &OutputColumn) -> bool {
    column.property("PivotKey").is_some_and(|text| text.trim().eq_ignore_ascii_case("true"))
}

fn sources(build: &Build<'_>) -> Result<Vec<Source>, Invalid> {
    let input = build.input(0)?;
    let mut sources = Vec::new();
    for column in &build.component.inputs[0].columns {
        let Some(position) = input.position(&column.lineage_id) else { continue };
        if column.usage == ColumnUsage::Ignored {
            continue;
        }
        let name = build.input_column_name(0, column);
        let destination = super::super::lineage(&column.properties, "DestinationColumn");
        if destination.is_empty() {
            return Err(Invalid::broken(
                dts::DTS_E_TXUNPIVOTNOTINPUTMAP,
                format!("\"{name}\" goes to no output column."),
            ));
        }
        sources.push(Source {
            name,
            destination,
            value: column.property("PivotKeyValue").unwrap_or_default().to_owned(),
            position,
            data_type: input.columns[position].data_type,
        });
    }
    Ok(sources)
}

/// The pivot key values, in the order in which input columns name them.
fn values(build: &Build<'_>, sources: &[Source]) -> Result<Vec<String>, Invalid> {
    let mut values: Vec<String> = Vec::new();
    for source in sources {
        if !source.value.is_empty() && !values.contains(&source.value) {
            values.push(source.value.clone());
        }
    }
    if values.is_empty() {
        return Err(Invalid::broken(
            dts::DTS_E_TXUNPIVOTNOUNPIVOTDESTINATION,
            format!("\"{}\" unpivots no input column.", build.component.name),
        ));
    }
    Ok(values)
}

fn key(
    build: &Build<'_>,
    column: &OutputColumn,
    (values, name): (&[String], &str),
) -> Result<Column, Invalid> {
    let options = ConvertOptions { locale: build.locale()?, ..ConvertOptions::default() };
    let parse = |text: &String| {
        let parsed = parse_text(text, column.data_type, &options);
        parsed.map_err(|error| {
            Invalid::broken(
                dts::DTS_E_TXPIVOTBADPIVOTKEYCONVERT,
                format!(
                    "The pivot key value \"{text}\" cannot be converted to the type {} of \"{name}\": {error}.",
                    column.data_type
                ),
            )
        })
    };
    let values: Vec<Value> = values.iter().map(parse).collect::<Result<_, _>>()?;
    from_values(&values, column.data_type).map(Column::Key).map_err(|error| {
        Invalid::broken(dts::DTS_E_TXPIVOTBADPIVOTKEYCONVERT, format!("\"{name}\": {error}."))
    })
}

fn fed_by(
    fed: &[&Source],
    column: &OutputColumn,
    (values, name): (&[String], &str),
) -> Result<Column, Invalid> {
    let Some(first) = fed.first() else {
        return Err(Invalid::broken(
            dts::DTS_E_TXUNPIVOTUNMAPPEDOUTPUT,
            format!("No input column goes to \"{name}\"."),
        ));
    };
    if let Some(other) = fed.iter().find(|source| source.data_type != column.data_type) {
        return Err(Invalid::broken(
            dts::DTS_E_TXUNPIVOTBADUNPIVOTMETADATA,
            format!(
                "All input columns that go to \"{name}\" must have its data type {}; \"{}\" has {}.",
                column.data_type, other.name, other.data_type
            ),
        ));
    }
    if fed.len() == 1 && first.value.is_empty() {
        return Ok(Column::Passed(first.position));
    }
    if fed.iter().any(|source| source.value.is_empty()) {
        return Err(Invalid::broken(
            dts::DTS_E_TXUNPIVOTDUPLICATEDESTINATION,
            format!("A column that is passed through goes to \"{name}\" beside another column."),
        ));
    }
    let mut places = Vec::new();
    for value in values {
        let mut of_value = fed.iter().filter(|source| source.value == *value);
        let Some(source) = of_value.next() else {
            return Err(Invalid::broken(
                dts::DTS_E_TXUNPIVOTBADKEYLIST,
                format!(
                    "The pivot key values must be the same for all destinations: none of the columns that go to \"{name}\" has \"{value}\"."
                ),
            ));
        };
        if of_value.next().is_some() {
            return Err(Invalid::broken(
                dts::DTS_E_TXUNPIVOTDUPLICATEPIVOTKEYVALUE,
                format!(
                    "Several columns that go to \"{name}\" have the pivot key value \"{value}\"."
                ),
            ));
        }
        places.push(source.position);
    }
    Ok(Column::Values(places, column.data_type))
}
