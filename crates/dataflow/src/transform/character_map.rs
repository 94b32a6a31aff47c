//! Character Map: upper and lower case, in place or in new columns.
//!
//! `MapFlags` holds the flags of the Windows function LCMapString, as designers save them. Of
//! them upper and lower case run; the East Asian mappings and byte reversal are refused by name.
//! Case mapping is one to one: a character whose other case is several characters stays.

use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray};
use model::dts;
use package::{ColumnUsage, Component};

use super::{Exit, Made};
use crate::{Build, Invalid, Lifecycle, Outbox, Stop, Transform};

const LOWER: u32 = 0x100;
const UPPER: u32 = 0x200;
/// Casing by the rules of the language instead of the file system's: no difference one to one.
const LINGUISTIC: u32 = 0x0100_0000;

/// Flags that do not run, with their names in the designer.
const UNSUPPORTED: &[(u32, &str)] = &[
    (0x800, "byte reversal"),
    (0x10_0000, "Hiragana"),
    (0x20_0000, "Katakana"),
    (0x40_0000, "half width"),
    (0x80_0000, "full width"),
    (0x0200_0000, "simplified Chinese"),
    (0x0400_0000, "traditional Chinese"),
];

/// What in a column's flags does not run.
pub(crate) fn unsupported(flags: u32) -> Option<&'static str> {
    UNSUPPORTED.iter().find(|entry| flags & entry.0 != 0).map(|entry| entry.1)
}

/// The flags of each column of a component that has some: place, name, flags.
pub(crate) fn flags_of(component: &Component) -> impl Iterator<Item = (&str, &str, u32)> {
    let inputs = component.inputs.iter().flat_map(|input| &input.columns);
    let inputs = inputs.map(|c| (c.ref_id.as_str(), c.name.as_str(), c.property("MapFlags")));
    let outputs = component.outputs.iter().flat_map(|output| &output.columns);
    let outputs = outputs.map(|c| (c.ref_id.as_str(), c.name.as_str(), c.property("MapFlags")));
    inputs.chain(outputs).filter_map(|(place, name, flags)| Some((place, name, parse(flags)?)))
}

fn parse(flags: Option<&str>) -> Option<u32> {
    let text = flags?.trim();
    text.strip_prefix("0x")
        .map_or_else(|| text.parse().ok(), |hex| u32::from_str_radix(hex, 16).ok())
}

#[derive(Clone, Copy)]
enum Case {
    Same,
    Upper,
    Lower,
}

/// Changes the case of columns.
struct CharacterMap {
    changed: Vec<(usize, Case)>,
    added: Vec<(usize, Case)>,
    exit: Exit,
}

/// Builds a Character Map.
pub(crate) fn build(build: &Build<'_>) -> Result<Box<dyn Transform>, Invalid> {
    let exit = Exit::of(build)?;
    let (mut changed, mut added) = (Vec::new(), Vec::new());
    for column in build.component.inputs.iter().flat_map(|input| &input.columns) {
        if column.usage == ColumnUsage::ReadWrite {
            let name = build.input_column_name(0, column);
            changed.push(one(build, &name, &column.lineage_id, column.property("MapFlags"))?);
        }
    }
    let outputs = &build.component.outputs[exit.main].columns;
    for (column, leaving) in outputs.iter().zip(&exit.layout.columns) {
        let lineage = super::lineage(&column.properties, "InputColumnLineageID");
        let name = build.output_column_name(exit.main, column);
        let mapped = one(build, &name, &lineage, column.property("MapFlags"))?;
        if leaving.position.is_some() {
            added.push(mapped);
        }
    }
    Ok(Box::new(CharacterMap { changed, added, exit }))
}

fn one(
    build: &Build<'_>,
    name: &str,
    lineage: &str,
    flags: Option<&str>,
) -> Result<(usize, Case), Invalid> {
    let input = build.input(0)?;
    let Some(position) = input.position(lineage) else {
        return Err(Invalid::broken(
            dts::DTS_E_INVALIDINPUTLINEAGEID,
            format!("{name} maps a column that is not among the input columns."),
        ));
    };
    if !input.columns[position].data_type.is_text() {
        return Err(Invalid::broken(
            dts::DTS_E_TXCHARMAPINVALIDCOLUMNDATATYPE,
            format!("The data type of \"{name}\" is not a string."),
        ));
    }
    let flags = match flags {
        Some(text) => parse(flags).ok_or_else(|| build.bad_property("MapFlags", text))?,
        None => 0,
    };
    let case = match flags & !LINGUISTIC {
        0 => Case::Same,
        LOWER => Case::Lower,
        UPPER => Case::Upper,
        both if both == LOWER | UPPER => {
            return Err(Invalid::broken(
                dts::DTS_E_TXCHARMAP_CANTBOTHCASE,
                format!("The mapping of \"{name}\" cannot be both uppercase and lowercase."),
            ));
        }
        other => {
            let what = unsupported(other).unwrap_or("unknown flags");
            return Err(Invalid::broken(
                dts::DTS_E_TXCHARMAP_INVALIDMAPFLAGANDDATATYPE,
                format!("The mapping of \"{name}\" to {what} does not run in this version."),
            ));
        }
    };
    Ok((position, case))
}

impl Lifecycle for CharacterMap {}

impl Transform for CharacterMap {
    fn process(&mut self, batch: RecordBatch, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let map =
            |&(position, case): &(usize, Case)| (position, map_case(batch.column(position), case));
        let changed = self.changed.iter().map(map).collect();
        let added = self.added.iter().map(map).map(|mapped| mapped.1).collect();
        self.exit.send(batch, Made { changed, added, ..Made::default() }, out)
    }
}

fn map_case(array: &ArrayRef, case: Case) -> ArrayRef {
    let text: &StringArray = array.as_string();
    match case {
        Case::Same => Arc::clone(array),
        Case::Upper => each(text, |c| single(c.to_uppercase(), c), str::to_ascii_uppercase),
        Case::Lower => each(text, |c| single(c.to_lowercase(), c), str::to_ascii_lowercase),
    }
}

fn each(text: &StringArray, map: fn(char) -> char, ascii: fn(&str) -> String) -> ArrayRef {
    let mut mapped = StringBuilder::with_capacity(text.len(), text.value_data().len());
    for value in text {
        match value {
            None => mapped.append_null(),
            Some(value) if value.is_ascii() => mapped.append_value(ascii(value)),
            Some(value) => mapped.append_value(value.chars().map(map).collect::<String>()),
        }
    }
    Arc::new(mapped.finish())
}

/// The only character of a mapping, or the character itself.
fn single(mut mapped: impl Iterator<Item = char>, original: char) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        _ => original,
    }
}

#[cfg(test)]
mod tests {
    use package::ComponentClass;

    use super::*;
    use crate::testing::{self, Rig};

    #[test]
    fn case_maps_one_to_one_and_null_stays_null() {
        let text: ArrayRef = Arc::new(StringArray::from(vec![Some("aß Éx"), None, Some("")]));
        let upper = map_case(&text, Case::Upper);
        let upper: Vec<_> = upper.as_string::<i32>().iter().collect();
        assert_eq!(upper, [Some("Aß ÉX"), None, Some("")]);
        let lower = map_case(&text, Case::Lower);
        assert_eq!(lower.as_string::<i32>().value(0), "aß éx");
    }

    #[test]
    fn flags_that_do_not_run_have_names() {
        assert_eq!(unsupported(LOWER | LINGUISTIC), None);
        assert_eq!(unsupported(0x20_0000), Some("Katakana"));
    }

    #[test]
    fn columns_are_mapped_in_place_and_into_new_ones() {
        let mut rig = Rig::new();
        rig.source("Src", "s wstr:5, t str:5", "aB|cD\nNULL|x");
        let mut map = testing::component(ComponentClass::CharacterMap, "Map");
        let mut input = testing::input("Map", "In", &["Src.s", "Src.t"]);
        input.columns[0].usage = ColumnUsage::ReadWrite;
        input.columns[0].properties.push(testing::property("MapFlags", "512"));
        map.inputs.push(input);
        let mut out = testing::output("Map", "Out", "low str:5");
        out.synchronous_input = Some("Map.Inputs[In]".to_owned());
        out.columns[0].properties.push(testing::property("MapFlags", "256"));
        out.columns[0].properties.push(testing::property("InputColumnLineageID", "#{Src.t}"));
        map.outputs.push(out);
        rig.add(map).sink("Sink", &["Src.s", "Src.t", "Map.low"]);
        rig.path("Src.Out", "Map.In").path("Map.Out", "Sink.In");
        let outcome = rig.run();
        assert_eq!(outcome.rows("Sink"), "AB|cD|cd\nNULL|x|x", "{}", outcome.messages());
    }
}
