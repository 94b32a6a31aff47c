//! The data flow of a Data Flow Task: components, their columns, and the paths between them.

mod class;

pub use class::ComponentClass;

use model::{DataType, Span};

use crate::codes::numbered;

/// The data flow of a Data Flow Task.
#[derive(Clone, Debug)]
pub struct Pipeline {
    /// Bytes of a buffer.
    pub default_buffer_size: u64,
    /// Rows of a buffer at most.
    pub default_buffer_max_rows: u64,
    /// Threads that the engine may use.
    pub engine_threads: u32,
    /// Whether the buffer size follows from the rows.
    pub auto_adjust_buffer_size: bool,
    /// Folder for spilled BLOBs; empty for the system's.
    pub blob_temp_storage_path: String,
    /// Folder for spilled buffers; empty for the system's.
    pub buffer_temp_storage_path: String,
    /// Whether columns that nobody uses are left out.
    pub run_in_optimized_mode: bool,
    /// In document order.
    pub components: Vec<Component>,
    /// From outputs to inputs.
    pub paths: Vec<PipelinePath>,
}

impl Default for Pipeline {
    fn default() -> Self {
        Self {
            default_buffer_size: 10_485_760,
            default_buffer_max_rows: 10_000,
            engine_threads: 10,
            auto_adjust_buffer_size: false,
            blob_temp_storage_path: String::new(),
            buffer_temp_storage_path: String::new(),
            run_in_optimized_mode: true,
            components: Vec::new(),
            paths: Vec::new(),
        }
    }
}

/// A source, transformation or destination.
#[derive(Clone, Debug)]
pub struct Component {
    /// Path of the component: `Package\Data Flow Task\Source`.
    pub ref_id: String,
    /// Unique in the data flow.
    pub name: String,
    /// The author's words about it.
    pub description: String,
    /// What it is.
    pub class: ComponentClass,
    /// The class as the document names it; of a managed component, its type name.
    pub class_id: String,
    /// The vendor's words; the first part names the component.
    pub contact_info: String,
    /// Windows locale; `None` takes the task's.
    pub locale_id: Option<u32>,
    /// Version of the component's metadata.
    pub version: i32,
    /// Whether its columns have dispositions.
    pub uses_dispositions: bool,
    /// Whether its external columns are compared with the source at validation.
    pub validate_external_metadata: bool,
    /// Custom properties, in document order.
    pub properties: Vec<Property>,
    /// The connection managers that it uses.
    pub connections: Vec<ComponentConnection>,
    /// Where rows come in.
    pub inputs: Vec<Input>,
    /// Where rows go out.
    pub outputs: Vec<Output>,
    /// Where it is in the document.
    pub span: Span,
}

/// A custom property of a component, input, output or column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// The property's name.
    pub name: String,
    /// .NET type of the value, for example `System.Int32`; empty where the document has none.
    pub data_type: String,
    /// The value.
    pub value: PropertyValue,
    /// Whether the value holds lineage ids.
    pub contains_id: bool,
    /// Whether a property expression may set it.
    pub expressionable: bool,
    /// Where it is in the document.
    pub span: Span,
}

/// The value of a custom property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PropertyValue {
    /// Text, `_xHHHH_` escapes resolved.
    Text(String),
    /// Several texts.
    Array(Vec<String>),
}

impl PropertyValue {
    /// The text; empty for an array.
    pub fn as_text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Array(_) => "",
        }
    }
}

/// Finds custom properties by name.
macro_rules! with_properties {
    ($($name:ident),*) => {$(
        impl $name {
            /// The text of the custom property with this name.
            pub fn property(&self, name: &str) -> Option<&str> {
                let found = self.properties.iter().find(|property| property.name == name)?;
                Some(found.value.as_text())
            }
        }
    )*};
}

with_properties!(Component, Input, InputColumn, Output, OutputColumn, ExternalColumn);

/// A connection manager that a component uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComponentConnection {
    /// Path of the connection.
    pub ref_id: String,
    /// The role of the connection manager, for example `FlatFileConnection`.
    pub name: String,
    /// refId, id or name of the connection manager; empty when the document has none.
    pub connection_manager: String,
    /// Where it is in the document.
    pub span: Span,
}

/// What happens to a row with an error, and to one whose text is cut off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dispositions {
    /// A row with an error.
    pub error: Disposition,
    /// A row whose text is cut off.
    pub truncation: Disposition,
    /// What may go wrong, in words: `Conversion`, `Lookup`.
    pub operation: String,
}

/// Where rows come into a component.
#[derive(Clone, Debug)]
pub struct Input {
    /// Path of the input.
    pub ref_id: String,
    /// Unique in the component.
    pub name: String,
    /// Whether rows do something here even when no path leads on.
    pub has_side_effects: bool,
    /// What happens to rows with errors.
    pub dispositions: Dispositions,
    /// The columns that the component uses.
    pub columns: Vec<InputColumn>,
    /// The columns of what is outside.
    pub external_columns: Vec<ExternalColumn>,
    /// Custom properties, in document order.
    pub properties: Vec<Property>,
    /// Where it is in the document.
    pub span: Span,
}

/// A column that a component uses.
#[derive(Clone, Debug)]
pub struct InputColumn {
    /// Path of the column.
    pub ref_id: String,
    /// The output column that it comes from.
    pub lineage_id: String,
    /// Its name at the output; may be empty.
    pub name: String,
    /// What the component does with it.
    pub usage: ColumnUsage,
    /// Its type at the output when the package was saved.
    pub data_type: Option<DataType>,
    /// Place in the order of sorted rows, negative for descending; 0 for none.
    pub sort_key_position: i32,
    /// The external column that it belongs to; empty for none.
    pub external_column: String,
    /// What happens to rows with errors.
    pub dispositions: Dispositions,
    /// Custom properties, in document order.
    pub properties: Vec<Property>,
    /// Where it is in the document.
    pub span: Span,
}

/// Where rows go out of a component.
#[derive(Clone, Debug)]
pub struct Output {
    /// Path of the output.
    pub ref_id: String,
    /// Unique in the component.
    pub name: String,
    /// The input whose rows it passes on; `None` when it makes rows of its own.
    pub synchronous_input: Option<String>,
    /// Outputs with the same number other than 0 share the rows of their input; 0 gets them all.
    pub exclusion_group: i32,
    /// Whether it carries the rows with errors.
    pub is_error_output: bool,
    /// Whether its rows are sorted.
    pub is_sorted: bool,
    /// Whether it disappears with its path.
    pub delete_on_path_detached: bool,
    /// Whether rows do something here even when no path leads on.
    pub has_side_effects: bool,
    /// What happens to rows with errors.
    pub dispositions: Dispositions,
    /// The columns that it adds; those it passes on are not repeated.
    pub columns: Vec<OutputColumn>,
    /// The columns of what is outside.
    pub external_columns: Vec<ExternalColumn>,
    /// Custom properties, in document order.
    pub properties: Vec<Property>,
    /// Where it is in the document.
    pub span: Span,
}

/// A column that an output adds.
#[derive(Clone, Debug)]
pub struct OutputColumn {
    /// Path of the column.
    pub ref_id: String,
    /// Its name.
    pub name: String,
    /// The author's words about it.
    pub description: String,
    /// What components further on refer to it by.
    pub lineage_id: String,
    /// Its type.
    pub data_type: DataType,
    /// Place in the order of sorted rows, negative for descending; 0 for none.
    pub sort_key_position: i32,
    /// How text is compared: the Windows flags.
    pub comparison_flags: i32,
    /// 1 for ErrorCode, 2 for ErrorColumn.
    pub special_flags: i32,
    /// The external column that it belongs to; empty for none.
    pub external_column: String,
    /// What happens to rows with errors.
    pub dispositions: Dispositions,
    /// Custom properties, in document order.
    pub properties: Vec<Property>,
    /// Where it is in the document.
    pub span: Span,
}

/// A column of a source or destination outside.
#[derive(Clone, Debug)]
pub struct ExternalColumn {
    /// Path of the column.
    pub ref_id: String,
    /// Its name.
    pub name: String,
    /// Its type.
    pub data_type: DataType,
    /// Custom properties, in document order.
    pub properties: Vec<Property>,
    /// Where it is in the document.
    pub span: Span,
}

/// From an output to an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PipelinePath {
    /// Path of the path.
    pub ref_id: String,
    /// Its name.
    pub name: String,
    /// refId of the output.
    pub start: String,
    /// refId of the input.
    pub end: String,
    /// Where it is in the document.
    pub span: Span,
}

numbered! {
    /// What happens to a row with an error.
    Disposition {
        /// There are no such rows.
        #[default]
        NotUsed = 0, "NotUsed";
        /// The component fails.
        FailComponent = 1, "FailComponent";
        /// The value becomes NULL and the row goes on.
        IgnoreFailure = 2, "IgnoreFailure";
        /// The row leaves by the error output.
        RedirectRow = 3, "RedirectRow";
    }
    /// What a component does with an input column.
    ColumnUsage {
        /// Reads it.
        #[default]
        ReadOnly = 0, "readOnly";
        /// Reads it and changes it in place.
        ReadWrite = 1, "readWrite";
        /// Has it listed but does not use it.
        Ignored = 2, "ignored";
    }
}
