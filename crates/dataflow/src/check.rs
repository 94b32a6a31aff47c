//! What in a pipeline would not run, found without running or opening anything.

use expression::Locale;
use model::DataType;
use package::{Component, ComponentClass, Pipeline};

use crate::class::{self, Support};
use crate::database;
use crate::sort_key::unsupported_flags;
use crate::transform::{character_map, fuzzy, fuzzy_lookup, pivot};

/// A part of a pipeline that would not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsupported {
    /// Name of the component.
    pub component: String,
    /// refId of the component or of the part of it.
    pub place: String,
    /// What is not supported, in a few words: `Lookup`, `Character Map to Hiragana`.
    pub feature: String,
    /// A sentence that says so, no full stop.
    pub message: String,
}

/// Everything in a pipeline that would not run. Components whose server cannot be reached, files
/// that are missing and wrong settings are not found here: those are errors of a run.
pub fn check(pipeline: &Pipeline) -> Vec<Unsupported> {
    let mut found = Vec::new();
    for component in &pipeline.components {
        if class::support(component) != Support::Runs {
            found.push(Unsupported {
                component: component.name.clone(),
                place: component.ref_id.clone(),
                feature: class::display_name(component).to_owned(),
                message: class_message(component),
            });
            continue;
        }
        check_settings(component, &mut found);
        check_locale(component, &mut found);
        check_comparisons(component, &mut found);
        check_fuzzy(component, &mut found);
        check_types(component, &mut found);
    }
    found
}

fn class_message(component: &Component) -> String {
    let class = class::display_name(component);
    if component.class == ComponentClass::Unknown {
        return format!(
            "the component \"{}\" is of a class that is not known here: {class}",
            component.name
        );
    }
    format!("this version does not run {} \"{}\"", class::with_article(class), component.name)
}

fn check_settings(component: &Component, found: &mut Vec<Unsupported>) {
    if component.class == ComponentClass::Pivot
        && let Some(feature) = pivot::unsupported(component)
    {
        found.push(Unsupported {
            component: component.name.clone(),
            place: component.ref_id.clone(),
            feature: format!("Pivot: {feature}"),
            message: format!("this version does not run \"{}\" with {feature}", component.name),
        });
    }
    if let Some(feature) = database::unsupported(component) {
        let class = class::display_name(component);
        found.push(Unsupported {
            component: component.name.clone(),
            place: component.ref_id.clone(),
            feature: format!("{class}: {feature}"),
            message: format!("this version does not run \"{}\" with {feature}", component.name),
        });
    }
    if component.class != ComponentClass::CharacterMap {
        return;
    }
    for (place, name, flags) in character_map::flags_of(component) {
        if let Some(feature) = character_map::unsupported(flags) {
            found.push(Unsupported {
                component: component.name.clone(),
                place: place.to_owned(),
                feature: format!("Character Map: {feature}"),
                message: format!("this version does not map column \"{name}\" to {feature}"),
            });
        }
    }
}

fn check_locale(component: &Component, found: &mut Vec<Unsupported>) {
    let Some(lcid) = component.locale_id.filter(|&lcid| lcid != 0) else { return };
    if Locale::from_lcid(lcid).is_none() {
        found.push(Unsupported {
            component: component.name.clone(),
            place: component.ref_id.clone(),
            feature: format!("locale {lcid}"),
            message: format!(
                "the locale {lcid} of \"{}\" is not known in this version",
                component.name
            ),
        });
    }
}

/// Comparison flags of sort keys and groups.
fn check_comparisons(component: &Component, found: &mut Vec<Unsupported>) {
    let number = |text: Option<&str>| text.and_then(|text| text.trim().parse().ok()).unwrap_or(0);
    let inputs = component.inputs.iter().flat_map(|input| &input.columns);
    let inputs = inputs.map(|c| (&c.ref_id, &c.name, number(c.property("NewComparisonFlags"))));
    let outputs = component.outputs.iter().flat_map(|output| &output.columns);
    let outputs = outputs.map(|c| {
        let aggregation = number(c.property("AggregationComparisonFlags"));
        // Flags of any output may reach a Merge or Merge Join, whose keys they then are.
        (
            &c.ref_id,
            &c.name,
            aggregation | if c.sort_key_position == 0 { 0 } else { c.comparison_flags },
        )
    });
    for (place, name, flags) in inputs.chain(outputs) {
        if let Some(flag) = unsupported_flags(flags) {
            found.push(Unsupported {
                component: component.name.clone(),
                place: place.clone(),
                feature: format!("comparison flag: {flag}"),
                message: format!("this version does not compare column \"{name}\" with \"{flag}\""),
            });
        }
    }
}

/// What a Fuzzy Lookup or Fuzzy Grouping would have to do.
fn check_fuzzy(component: &Component, found: &mut Vec<Unsupported>) {
    if component.class == ComponentClass::FuzzyLookup
        && let Some(feature) = fuzzy_lookup::unsupported(component)
    {
        found.push(Unsupported {
            component: component.name.clone(),
            place: component.ref_id.clone(),
            feature: format!("Fuzzy Lookup: {feature}"),
            message: format!("this version does not run \"{}\" with {feature}", component.name),
        });
    }
    for column in component.inputs.iter().flat_map(|input| &input.columns) {
        let flags = column.property("FuzzyComparisonFlags").unwrap_or_default().trim();
        let unknown = flags.parse().ok().and_then(fuzzy::unsupported_flags);
        let Some(flag) = unknown.filter(|_| fuzzy::compares(column)) else { continue };
        found.push(Unsupported {
            component: component.name.clone(),
            place: column.ref_id.clone(),
            feature: format!("comparison flag: {flag}"),
            message: format!(
                "this version does not compare column \"{}\" with \"{flag}\"",
                column.name
            ),
        });
    }
}

/// DT_EMPTY and DT_NULL columns have no values and no place in a buffer.
fn check_types(component: &Component, found: &mut Vec<Unsupported>) {
    for column in component.outputs.iter().flat_map(|output| &output.columns) {
        if matches!(column.data_type, DataType::Empty | DataType::Null) {
            found.push(Unsupported {
                component: component.name.clone(),
                place: column.ref_id.clone(),
                feature: format!("column of type {}", column.data_type),
                message: format!(
                    "column \"{}\" has the type {}, which holds no values",
                    column.name, column.data_type
                ),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn what_would_not_run_is_named_with_its_place() {
        let mut map = testing::component(ComponentClass::CharacterMap, "Map");
        map.locale_id = Some(99);
        let mut output = testing::output("Map", "Out", "x wstr:5");
        output.columns[0].properties.push(testing::property("MapFlags", "2097152"));
        output.columns[0].data_type = DataType::Null;
        map.outputs.push(output);
        let mut sort = testing::component(ComponentClass::Sort, "Sort");
        let mut input = testing::input("Sort", "In", &["Map.x"]);
        input.columns[0].properties.push(testing::property("NewComparisonFlags", "131073"));
        sort.inputs.push(input);
        let mut magic = testing::component(ComponentClass::Unknown, "Magic");
        magic.class_id = "Contoso.Magic".to_owned();
        let mining = testing::component(ComponentClass::DataMiningQuery, "Mine");
        let mut lookup = testing::component(ComponentClass::FuzzyLookup, "Find");
        lookup.properties.push(testing::property("MatchIndexOptions", "0"));
        let mut input = testing::input("Find", "In", &["Map.x"]);
        input.columns[0].properties.push(testing::property("JoinToReferenceColumn", "x"));
        input.columns[0].properties.push(testing::property("FuzzyComparisonFlags", "4097"));
        lookup.inputs.push(input);
        let mut extended = lookup.clone();
        let flags = testing::property("FuzzyComparisonFlagsEx", "128");
        extended.inputs[0].columns[0].properties[1] = flags;
        let components = vec![map, sort, magic, mining, lookup, extended];
        let pipeline = Pipeline { components, ..Pipeline::default() };
        let found = check(&pipeline);
        let lines = found.iter().map(|found| format!("{}: {}", found.feature, found.message));
        insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r#"
        Character Map: Katakana: this version does not map column "x" to Katakana
        locale 99: the locale 99 of "Map" is not known in this version
        column of type DT_NULL: column "x" has the type DT_NULL, which holds no values
        comparison flag: Ignore character width: this version does not compare column "x" with "Ignore character width"
        Contoso.Magic: the component "Magic" is of a class that is not known here: Contoso.Magic
        Data Mining Query: this version does not run the Data Mining Query component "Mine"
        Fuzzy Lookup: a stored match index and no reference table: this version does not run "Find" with a stored match index and no reference table
        comparison flag: Sort punctuation as symbols: this version does not compare column "x" with "Sort punctuation as symbols"
        Fuzzy Lookup: extended comparison flags: this version does not run "Find" with extended comparison flags
        "#);
    }
}
