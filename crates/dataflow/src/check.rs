//! What in a pipeline would not run, found without running or opening anything.

use model::DataType;
use package::{Component, ComponentClass, Pipeline};

use crate::class::{self, Support};
use crate::transform::character_map;

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
        if class::support(component.class) != Support::Runs {
            found.push(Unsupported {
                component: component.name.clone(),
                place: component.ref_id.clone(),
                feature: class::display_name(component).to_owned(),
                message: class_message(component),
            });
            continue;
        }
        check_settings(component, &mut found);
        check_types(component, &mut found);
    }
    found
}

fn class_message(component: &Component) -> String {
    let class = class::display_name(component);
    match component.class {
        ComponentClass::Unknown => {
            format!(
                "the component \"{}\" is of a class that is not known here: {class}",
                component.name
            )
        }
        _ => format!("this version does not run the {class} component \"{}\"", component.name),
    }
}

fn check_settings(component: &Component, found: &mut Vec<Unsupported>) {
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
