//! From a component as configured to one that runs.
//!
//! Each class has a `build` function: it reads the properties, finds its columns in the batches
//! that will arrive and leave, and gives what runs, or the errors for which validation fails.

mod layout;

pub(crate) use layout::batch;
pub use layout::{Arriving, InputLayout, Leaving, OutputLayout};

use expression::Locale;
use model::dts;
use package::{Component, Dispositions, InputColumn, OutputColumn};

use crate::{DataFlowEvent, Environment, Message, Subcomponent};

/// A component that is being built, and its surroundings.
pub struct Build<'a> {
    /// The component as configured.
    pub component: &'a Component,
    /// The task around the data flow.
    pub environment: &'a dyn Environment,
    /// The integer id of the component.
    pub id: i32,
    /// Folders for what does not fit into memory (BufferTempStoragePath), separated by `;`; empty
    /// for the system's.
    pub temp_folders: &'a str,
    /// One for each input of the component, in its order.
    pub inputs: Vec<InputLayout>,
    /// One for each output of the component, in its order.
    pub outputs: Vec<OutputLayout>,
}

/// Why a component cannot run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// The status that its validation returns.
    pub status: ValidationStatus,
    /// What the component says about it; never empty.
    pub errors: Vec<Message>,
}

/// What a component's validation returns when it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValidationStatus {
    /// VS_ISBROKEN: somebody must change a property.
    Broken,
    /// VS_NEEDSNEWMETADATA: what is outside has changed.
    NeedsNewMetadata,
    /// VS_ISCORRUPT: the package was damaged.
    Corrupt,
    /// No status, because the component failed while it looked; the error code that it returned.
    Failed(u32),
}

impl ValidationStatus {
    /// What the engine says about the component named `name`.
    pub(crate) fn message(self, name: &str) -> Message {
        let status = match self {
            Self::Broken => "VS_ISBROKEN",
            Self::NeedsNewMetadata => "VS_NEEDSNEWMETADATA",
            Self::Corrupt => "VS_ISCORRUPT",
            Self::Failed(code) => {
                let text =
                    format!("{name} failed validation and returned error code 0x{code:08X}.");
                return Message::new(dts::DTS_E_INDIVIDUALVALIDATIONFAILED, text);
            }
        };
        let text =
            format!("\"{name}\" failed validation and returned validation status \"{status}\".");
        Message::new(dts::DTS_E_INDIVIDUALVALIDATIONSTATUSFAILED, text)
    }
}

impl Invalid {
    /// A component that somebody must change.
    pub fn broken(code: u32, text: impl Into<String>) -> Self {
        Self { status: ValidationStatus::Broken, errors: vec![Message::new(code, text)] }
    }

    /// A component that failed while it looked at what is outside.
    pub fn failed(code: u32, text: impl Into<String>) -> Self {
        Self { status: ValidationStatus::Failed(code), errors: vec![Message::new(code, text)] }
    }

    /// A component whose part in the package is damaged.
    pub fn corrupt(code: u32, text: impl Into<String>) -> Self {
        Self { status: ValidationStatus::Corrupt, errors: vec![Message::new(code, text)] }
    }

    /// The same with a further message behind.
    #[must_use]
    pub fn and(mut self, code: u32, text: impl Into<String>) -> Self {
        self.errors.push(Message::new(code, text));
        self
    }
}

impl Build<'_> {
    /// Raises a warning of this component.
    pub fn warn(&self, code: u32, text: impl Into<String>) {
        let subcomponent =
            Subcomponent::Component { name: self.component.name.clone(), id: self.id };
        let message = Message::new(code, text);
        self.environment.event(DataFlowEvent::Warning { subcomponent, message });
    }

    /// The text of a property; empty when the component does not have it.
    pub fn text(&self, property: &str) -> &str {
        self.component.property(property).unwrap_or_default()
    }

    /// A Boolean property; `default` when the component does not have it.
    pub fn flag(&self, property: &str, default: bool) -> Result<bool, Invalid> {
        match self.text(property).trim() {
            "" => Ok(default),
            text if text.eq_ignore_ascii_case("true") || text == "1" || text == "-1" => Ok(true),
            text if text.eq_ignore_ascii_case("false") || text == "0" => Ok(false),
            text => Err(self.bad_property(property, text)),
        }
    }

    /// A whole-number property; `default` when the component does not have it.
    pub fn number(&self, property: &str, default: i64) -> Result<i64, Invalid> {
        match self.text(property).trim() {
            "" => Ok(default),
            text => text.parse().map_err(|_| self.bad_property(property, text)),
        }
    }

    /// The error for a property with a value that it cannot have.
    pub fn bad_property(&self, property: &str, value: &str) -> Invalid {
        Invalid::broken(
            dts::DTS_E_INCORRECTCUSTOMPROPERTYVALUE,
            format!(
                "\"{}\" has an incorrect value for the custom property \"{property}\": \"{value}\".",
                self.component.name
            ),
        )
    }

    /// The number of the first output that carries errors, if there is one.
    pub fn error_output(&self) -> Option<usize> {
        self.component.outputs.iter().position(|output| output.is_error_output)
    }

    /// `Component.Outputs[Output].Columns[Column]`, as messages name an output column.
    pub fn output_column_name(&self, output: usize, column: &OutputColumn) -> String {
        let output = self.component.outputs.get(output).map_or("", |output| output.name.as_str());
        format!("{}.Outputs[{output}].Columns[{}]", self.component.name, column.name)
    }

    /// `Component.Inputs[Input].Columns[Column]`, as messages name an input column.
    pub fn input_column_name(&self, input: usize, column: &InputColumn) -> String {
        let input = self.component.inputs.get(input).map_or("", |input| input.name.as_str());
        format!("{}.Inputs[{input}].Columns[{}]", self.component.name, column.name)
    }

    /// The Windows locale of the component.
    pub fn locale_id(&self) -> u32 {
        let own = self.component.locale_id.filter(|&locale| locale != 0);
        own.unwrap_or_else(|| self.environment.locale_id())
    }

    /// The formats of the component's locale.
    pub fn locale(&self) -> Result<Locale, Invalid> {
        let lcid = self.locale_id();
        Locale::from_lcid(lcid).ok_or_else(|| {
            Invalid::broken(
                dts::DTS_E_LOCALENOTINSTALLED,
                format!("The locale identifier {lcid} is not installed on this system."),
            )
        })
    }

    /// The number of the output that carries the rows without errors.
    pub fn main_output(&self) -> Result<usize, Invalid> {
        let outputs = &self.component.outputs;
        let found = outputs.iter().position(|output| !output.is_error_output);
        found.ok_or_else(|| self.missing("output"))
    }

    /// The columns that arrive at an input; an empty layout when there is no such input.
    pub fn input(&self, input: usize) -> Result<&InputLayout, Invalid> {
        self.inputs.get(input).ok_or_else(|| self.missing("input"))
    }

    /// The columns that leave by an output.
    pub fn output(&self, output: usize) -> Result<&OutputLayout, Invalid> {
        self.outputs.get(output).ok_or_else(|| self.missing("output"))
    }

    fn missing(&self, what: &str) -> Invalid {
        Invalid::corrupt(
            dts::DTS_E_ERRORCOMPONENT,
            format!(
                "\"{}\" lacks an {what} that every component of its class has.",
                self.component.name
            ),
        )
    }

    /// Where errors of an output column go.
    pub fn rule(&self, output: usize, column: usize) -> Rule {
        let configured = &self.component.outputs[output].columns[column];
        let name = self.output_column_name(output, configured);
        Rule {
            subject: name.clone(),
            name,
            id: self.outputs[output].columns[column].id,
            dispositions: configured.dispositions.clone(),
        }
    }

    /// Where errors of an input column go. ErrorColumn gets the lineage id of the column.
    pub fn input_rule(&self, input: usize, column: usize) -> Rule {
        let configured = &self.component.inputs[input].columns[column];
        let arriving = self.inputs[input].find(&configured.lineage_id);
        let name = self.input_column_name(input, configured);
        Rule {
            subject: name.clone(),
            name,
            id: arriving.map_or(0, |arriving| arriving.id),
            dispositions: configured.dispositions.clone(),
        }
    }
}

/// What to do with rows whose value for a column failed.
#[derive(Clone, Debug)]
pub struct Rule {
    /// What failed, as messages name it: the column, or of some components the component.
    pub subject: String,
    /// The column, or the output or input when the whole row fails, as messages name it.
    pub name: String,
    /// What ErrorColumn gets: the column's lineage id, 0 for the whole row.
    pub id: i32,
    /// As configured.
    pub dispositions: Dispositions,
}
