//! What a Pivot does, from its properties.

use std::collections::HashMap;

use arrow_array::RecordBatch;
use arrow_schema::Schema;
use expression::array::{field, from_values};
use expression::convert::{ConvertOptions, parse_text};
use model::{DataType, dts};
use package::{ColumnUsage, Component, Disposition, Dispositions};

use super::{Column, Pivot};
use crate::cache::key_column;
use crate::sort_key::{KeyColumn, Keys};
use crate::{Build, Combine, Invalid, Rule};

/// What an input column is in a Pivot: the numbers of PivotUsage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Usage {
    PassThrough,
    SetKey,
    PivotKey,
    Value,
}

/// An input column.
struct Source {
    usage: Usage,
    /// refId and lineage id: output columns name either.
    ids: [String; 2],
    name: String,
    position: usize,
    data_type: DataType,
    dispositions: Dispositions,
}

/// What of a Pivot does not run: an error output with columns of its own.
pub(crate) fn unsupported(component: &Component) -> Option<&'static str> {
    let mut errors = component.outputs.iter().filter(|output| output.is_error_output);
    let own = errors.any(|output| output.synchronous_input.is_none() && !output.columns.is_empty());
    own.then_some("an error output that does not pass the input columns on")
}

/// Builds a Pivot.
pub(crate) fn build(build: &Build<'_>) -> Result<Box<dyn Combine>, Invalid> {
    if let Some(what) = unsupported(build.component) {
        let text = format!("\"{}\" has {what}.", build.component.name);
        return Err(Invalid::broken(dts::DTS_E_ERRORCOMPONENT, text));
    }
    let sources = sources(build)?;
    let mut pivot_keys = sources.iter().filter(|source| source.usage == Usage::PivotKey);
    let (Some(key), other) = (pivot_keys.next(), pivot_keys.next()) else {
        let text = format!("\"{}\" has no pivot key column.", build.component.name);
        return Err(Invalid::broken(dts::DTS_E_TXPIVOTNOPIVOTKEY, text));
    };
    if other.is_some() {
        let text = format!("\"{}\" has more than one pivot key column.", build.component.name);
        return Err(Invalid::broken(dts::DTS_E_TXPIVOTTOOMANYPIVOTKEYS, text));
    }
    let main = build.main_output()?;
    let (values, columns) = columns(build, main, (&sources, key))?;
    let set_keys = sources.iter().filter(|source| source.usage == Usage::SetKey);
    Ok(Box::new(Pivot {
        set_keys: set_keys.map(Source::key).collect(),
        pivot_key: key.key(),
        values,
        columns,
        main,
        layout: build.output(main)?.clone(),
        error: build.error_output(),
        rule: rule(build, main, key),
        ignores_unmatched: ignores_unmatched(build)?,
    }))
}

/// The property has two spellings, of which one is the documentation's.
fn ignores_unmatched(build: &Build<'_>) -> Result<bool, Invalid> {
    let mut ignores = false;
    for name in ["PassThroughUnmatchedPivotKeys", "PassThroughUnmatchedPivotKeyts"] {
        ignores |= build.flag(name, false)?;
    }
    Ok(ignores)
}

/// Where rows with errors go: as the pivot key column says, else its input, else the output.
fn rule(build: &Build<'_>, main: usize, key: &Source) -> Rule {
    let candidates = [
        &key.dispositions,
        &build.component.inputs[0].dispositions,
        &build.component.outputs[main].dispositions,
    ];
    let set = candidates.into_iter().find(|one| one.error != Disposition::NotUsed);
    Rule {
        subject: build.component.name.clone(),
        name: key.name.clone(),
        id: 0,
        dispositions: set.unwrap_or(&key.dispositions).clone(),
    }
}

impl Source {
    fn key(&self) -> KeyColumn {
        key_column(self.position, self.data_type)
    }

    fn answers_to(&self, id: &str) -> bool {
        self.ids.iter().any(|own| own == id)
    }
}

fn sources(build: &Build<'_>) -> Result<Vec<Source>, Invalid> {
    let input = build.input(0)?;
    let mut sources = Vec::new();
    for column in &build.component.inputs[0].columns {
        if column.usage == ColumnUsage::Ignored {
            continue;
        }
        let name = build.input_column_name(0, column);
        let usage = match column.property("PivotUsage").unwrap_or_default().trim() {
            "" | "0" => Usage::PassThrough,
            "1" => Usage::SetKey,
            "2" => Usage::PivotKey,
            "3" => Usage::Value,
            other => {
                return Err(Invalid::broken(
                    dts::DTS_E_TXPIVOTBADUSAGE,
                    format!("The pivot usage {other} of \"{name}\" is not valid."),
                ));
            }
        };
        let Some(position) = input.position(&column.lineage_id) else { continue };
        let data_type = input.columns[position].data_type;
        if data_type.is_long() && usage != Usage::PassThrough {
            return Err(Invalid::broken(
                dts::DTS_E_TXPIVOTNOBLOB,
                format!(
                    "\"{name}\" has the type {data_type}, with which it can only be passed through."
                ),
            ));
        }
        sources.push(Source {
            usage,
            ids: [column.ref_id.clone(), column.lineage_id.clone()],
            name,
            position,
            data_type,
            dispositions: column.dispositions.clone(),
        });
    }
    Ok(sources)
}

/// The values of the pivot key, numbered, and the output columns.
type Columns = (HashMap<Box<[u8]>, usize>, Vec<Column>);

fn columns(
    build: &Build<'_>,
    main: usize,
    (sources, key): (&[Source], &Source),
) -> Result<Columns, Invalid> {
    let (mut values, mut columns): Columns = Default::default();
    for column in &build.component.outputs[main].columns {
        let name = build.output_column_name(main, column);
        let wanted = super::super::lineage(&column.properties, "SourceColumn");
        let Some(source) = sources.iter().find(|source| source.answers_to(&wanted)) else {
            return Err(Invalid::broken(
                dts::DTS_E_TXPIVOTCANTMAPPINGNOTFOUND,
                format!("The input column \"{wanted}\" of \"{name}\" could not be found."),
            ));
        };
        if source.data_type != column.data_type {
            return Err(Invalid::broken(
                dts::DTS_E_TXPIVOTBADOUTPUTTYPE,
                format!(
                    "The data type {} of \"{name}\" is not that of its input column, {}.",
                    column.data_type, source.data_type
                ),
            ));
        }
        let text = column.property("PivotKeyValue").unwrap_or_default();
        let value = value(build, (source, key), (text, &name), &mut values)?;
        let column = Column { source: source.position, value, data_type: source.data_type };
        if columns.iter().any(|c| (c.source, c.value) == (column.source, column.value)) {
            return Err(mapped_twice(source, text, &name));
        }
        columns.push(column);
    }
    for source in sources.iter().filter(|source| source.usage != Usage::PivotKey) {
        if !columns.iter().any(|column| column.source == source.position) {
            return Err(Invalid::broken(
                dts::DTS_E_TXPIVOTOUTPUTNOTMAPPED,
                format!("The input column \"{}\" is not mapped to an output column.", source.name),
            ));
        }
    }
    Ok((values, columns))
}

fn mapped_twice(source: &Source, text: &str, name: &str) -> Invalid {
    if source.usage == Usage::Value {
        return Invalid::broken(
            dts::DTS_E_TXPIVOTDUPLICATEPIVOTKEYVALUE,
            format!("The pivot key value \"{text}\" of \"{name}\" is that of another column too."),
        );
    }
    Invalid::broken(
        dts::DTS_E_TXPIVOTINPUTALREADYMAPPED,
        format!(
            "\"{name}\" cannot be mapped to \"{}\", which another output column is mapped to.",
            source.name
        ),
    )
}

/// The number of the pivot key value of an output column; `None` for one that is not pivoted.
fn value(
    build: &Build<'_>,
    (source, key): (&Source, &Source),
    (text, name): (&str, &str),
    values: &mut HashMap<Box<[u8]>, usize>,
) -> Result<Option<usize>, Invalid> {
    match source.usage {
        Usage::PassThrough | Usage::SetKey => return Ok(None),
        Usage::Value => {}
        Usage::PivotKey => {
            return Err(Invalid::broken(
                dts::DTS_E_TXPIVOTCANTMAPPIVOTKEY,
                format!("\"{name}\" cannot be mapped to the pivot key column \"{}\".", source.name),
            ));
        }
    }
    if text.is_empty() {
        return Err(Invalid::broken(
            dts::DTS_E_TXPIVOTEMPTYPIVOTKEYVALUE,
            format!("\"{name}\" has no pivot key value."),
        ));
    }
    let bytes = encoded(build, key.data_type, text)?.ok_or_else(|| {
        Invalid::broken(
            dts::DTS_E_TXPIVOTBADPIVOTKEYCONVERT,
            format!(
                "The pivot key value \"{text}\" of \"{name}\" cannot be converted to the type {} of the pivot key column.",
                key.data_type
            ),
        )
    })?;
    let next = values.len();
    Ok(Some(*values.entry(bytes).or_insert(next)))
}

/// The bytes that a value of the pivot key column is compared by; `None` when the text is none.
fn encoded(
    build: &Build<'_>,
    data_type: DataType,
    text: &str,
) -> Result<Option<Box<[u8]>>, Invalid> {
    let options = ConvertOptions { locale: build.locale()?, ..ConvertOptions::default() };
    let Ok(value) = parse_text(text, data_type, &options) else { return Ok(None) };
    let Ok(array) = from_values(&[value], data_type) else { return Ok(None) };
    let schema = Schema::new(vec![field("key", &data_type, true)]);
    let batch = RecordBatch::try_new(std::sync::Arc::new(schema), vec![array]);
    Ok(batch.ok().map(|batch| Keys::of(&batch, &[key_column(0, data_type)]).row(0).into()))
}
