//! Reads the data flow of a Data Flow Task.

use std::collections::HashSet;

use model::{Code, DataType, TypeParts};
use roxmltree::Node;

use super::legacy::Ids;
use super::{Reader, attribute, boolean, element, elements, span, text, text_property, unescape};
use crate::{
    ColumnUsage, Component, ComponentClass, ComponentConnection, Disposition, Dispositions,
    ExternalColumn, Input, InputColumn, Output, OutputColumn, Pipeline, PipelinePath, Property,
    PropertyValue,
};

impl Reader {
    /// The data flow of the task with this refId.
    pub(super) fn pipeline(&mut self, node: Node<'_, '_>, task: &str) -> Pipeline {
        let ids = if self.format < 6 { Ids::of(node, task) } else { Ids::default() };
        self.note_unknown_children(node, task, &["components", "paths"]);
        let components: Vec<Component> =
            list(node, "components").map(|component| self.component(component, &ids)).collect();
        let paths = list(node, "paths")
            .map(|path| PipelinePath {
                ref_id: ids.ref_id(path),
                name: text_property(path, "name"),
                start: ids.part(path, "startId").unwrap_or_default(),
                end: ids.part(path, "endId").unwrap_or_default(),
                span: span(path),
            })
            .collect();
        let defaults = Pipeline::default();
        let pipeline = Pipeline {
            default_buffer_size: self.number(
                node,
                "defaultBufferSize",
                defaults.default_buffer_size,
            ),
            default_buffer_max_rows: self.number(
                node,
                "defaultBufferMaxRows",
                defaults.default_buffer_max_rows,
            ),
            engine_threads: self.number(node, "engineThreads", defaults.engine_threads),
            auto_adjust_buffer_size: self.flag(node, "autoAdjustBufferSize", false),
            blob_temp_storage_path: text_property(node, "BLOBTempStoragePath"),
            buffer_temp_storage_path: text_property(node, "bufferTempStoragePath"),
            run_in_optimized_mode: self.flag(node, "runInOptimizedMode", true),
            components,
            paths,
        };
        self.check_paths(node, &pipeline);
        pipeline
    }

    /// Reports paths that lead from or to nowhere.
    fn check_paths(&mut self, node: Node<'_, '_>, pipeline: &Pipeline) {
        let outputs: HashSet<&str> = pipeline
            .components
            .iter()
            .flat_map(|component| &component.outputs)
            .map(|output| output.ref_id.as_str())
            .collect();
        let inputs: HashSet<&str> = pipeline
            .components
            .iter()
            .flat_map(|component| &component.inputs)
            .map(|input| input.ref_id.as_str())
            .collect();
        for (path, at) in pipeline.paths.iter().zip(list(node, "paths")) {
            for (end, known, kind) in
                [(&path.start, &outputs, "an output"), (&path.end, &inputs, "an input")]
            {
                if !known.contains(end.as_str()) {
                    let message =
                        format!("path `{}` leads to `{end}`, which is not {kind} here", path.name);
                    self.report(Code::UnknownReference, &path.ref_id, at, message);
                }
            }
        }
    }

    fn component(&mut self, node: Node<'_, '_>, ids: &Ids<'_>) -> Component {
        let ref_id = ids.ref_id(node);
        self.note_unknown_children(
            node,
            &ref_id,
            &["properties", "connections", "inputs", "outputs"],
        );
        let properties = self.properties(node, ids);
        let (class, class_id) = component_class(node, &properties);
        Component {
            name: text_property(node, "name"),
            description: text_property(node, "description"),
            contact_info: text_property(node, "contactInfo"),
            locale_id: {
                let number: i64 = self.number(node, "localeId", -1);
                u32::try_from(number).ok()
            },
            version: self.number(node, "version", 0),
            uses_dispositions: self.flag(node, "usesDispositions", false),
            validate_external_metadata: self.flag(node, "validateExternalMetadata", true),
            connections: list(node, "connections")
                .map(|connection| component_connection(connection, ids))
                .collect(),
            inputs: list(node, "inputs").map(|input| self.input(input, ids)).collect(),
            outputs: list(node, "outputs").map(|output| self.output(output, ids)).collect(),
            span: span(node),
            ref_id,
            class,
            class_id,
            properties,
        }
    }

    fn properties(&mut self, node: Node<'_, '_>, ids: &Ids<'_>) -> Vec<Property> {
        list(node, "properties").map(|property| self.property(property, ids)).collect()
    }

    fn property(&mut self, node: Node<'_, '_>, ids: &Ids<'_>) -> Property {
        let escaped = attribute(node, "state") == Some("escaped");
        let contains_id = self.flag(node, "containsID", false);
        let value = match element(node, "arrayElements") {
            Some(items) => PropertyValue::Array(
                elements(items).map(|item| property_text(item, escaped)).collect(),
            ),
            None if attribute(node, "isArray").and_then(boolean) == Some(true) => {
                PropertyValue::Array(Vec::new())
            }
            None => {
                let content = property_text(node, escaped);
                let content = if contains_id { ids.value(&content).into_owned() } else { content };
                PropertyValue::Text(content)
            }
        };
        Property {
            name: text_property(node, "name"),
            data_type: text_property(node, "dataType"),
            value,
            contains_id,
            expressionable: attribute(node, "expressionType") == Some("Notify"),
            span: span(node),
        }
    }

    fn input(&mut self, node: Node<'_, '_>, ids: &Ids<'_>) -> Input {
        Input {
            ref_id: ids.ref_id(node),
            name: text_property(node, "name"),
            has_side_effects: self.flag(node, "hasSideEffects", false),
            dispositions: self.dispositions(node),
            columns: list(node, "inputColumns").map(|c| self.input_column(c, ids)).collect(),
            external_columns: self.external_columns(node, ids),
            properties: self.properties(node, ids),
            span: span(node),
        }
    }

    fn input_column(&mut self, node: Node<'_, '_>, ids: &Ids<'_>) -> InputColumn {
        let parts = TypeParts {
            length: self.number(node, "cachedLength", 0),
            precision: self.number(node, "cachedPrecision", 0),
            scale: self.number(node, "cachedScale", 0),
            code_page: self.number(node, "cachedCodepage", 0),
        };
        let name = attribute(node, "cachedName").or_else(|| attribute(node, "name"));
        InputColumn {
            ref_id: ids.ref_id(node),
            lineage_id: ids.lineage(node),
            name: name.unwrap_or_default().to_owned(),
            usage: self.code(node, "usageType", ColumnUsage::from_text),
            data_type: attribute(node, "cachedDataType")
                .and_then(|name| DataType::from_pipeline_name(name, parts)),
            sort_key_position: self.number(node, "cachedSortKeyPosition", 0),
            external_column: ids.part(node, "externalMetadataColumnId").unwrap_or_default(),
            dispositions: self.dispositions(node),
            properties: self.properties(node, ids),
            span: span(node),
        }
    }

    fn output(&mut self, node: Node<'_, '_>, ids: &Ids<'_>) -> Output {
        Output {
            ref_id: ids.ref_id(node),
            name: text_property(node, "name"),
            synchronous_input: ids.part(node, "synchronousInputId"),
            exclusion_group: self.number(node, "exclusionGroup", 0),
            is_error_output: self.flag(node, "isErrorOut", false),
            is_sorted: self.flag(node, "isSorted", false),
            delete_on_path_detached: self.flag(node, "deleteOutputOnPathDetached", false),
            has_side_effects: self.flag(node, "hasSideEffects", false),
            dispositions: self.dispositions(node),
            columns: list(node, "outputColumns").map(|c| self.output_column(c, ids)).collect(),
            external_columns: self.external_columns(node, ids),
            properties: self.properties(node, ids),
            span: span(node),
        }
    }

    fn output_column(&mut self, node: Node<'_, '_>, ids: &Ids<'_>) -> OutputColumn {
        let ref_id = ids.ref_id(node);
        let lineage_id = ids.lineage(node);
        OutputColumn {
            name: text_property(node, "name"),
            description: text_property(node, "description"),
            // A column that nobody may refer to has none; its own path is as good.
            lineage_id: if lineage_id.is_empty() { ref_id.clone() } else { lineage_id },
            data_type: self.data_type(node, &ref_id),
            sort_key_position: self.number(node, "sortKeyPosition", 0),
            comparison_flags: self.number(node, "comparisonFlags", 0),
            special_flags: self.number(node, "specialFlags", 0),
            external_column: ids.part(node, "externalMetadataColumnId").unwrap_or_default(),
            dispositions: self.dispositions(node),
            properties: self.properties(node, ids),
            span: span(node),
            ref_id,
        }
    }

    fn external_columns(&mut self, node: Node<'_, '_>, ids: &Ids<'_>) -> Vec<ExternalColumn> {
        list(node, "externalMetadataColumns")
            .map(|column| {
                let ref_id = ids.ref_id(column);
                ExternalColumn {
                    name: text_property(column, "name"),
                    data_type: self.data_type(column, &ref_id),
                    properties: self.properties(column, ids),
                    span: span(column),
                    ref_id,
                }
            })
            .collect()
    }

    fn data_type(&mut self, node: Node<'_, '_>, place: &str) -> DataType {
        let parts = TypeParts {
            length: self.number(node, "length", 0),
            precision: self.number(node, "precision", 0),
            scale: self.number(node, "scale", 0),
            code_page: self.number(node, "codePage", 0),
        };
        let name = attribute(node, "dataType").unwrap_or("empty");
        DataType::from_pipeline_name(name, parts).unwrap_or_else(|| {
            let message = format!("`{name}` is not a data type");
            self.report(Code::BadProperty, place, node, message);
            DataType::Empty
        })
    }

    fn dispositions(&mut self, node: Node<'_, '_>) -> Dispositions {
        Dispositions {
            error: self.code(node, "errorRowDisposition", Disposition::from_text),
            truncation: self.code(node, "truncationRowDisposition", Disposition::from_text),
            operation: text_property(node, "errorOrTruncationOperation"),
        }
    }
}

/// What a component is: by its class id, of a managed one by its type, else by its vendor's words.
fn component_class(node: Node<'_, '_>, properties: &[Property]) -> (ComponentClass, String) {
    let id = attribute(node, "componentClassID").unwrap_or_default();
    let type_name = properties
        .iter()
        .find(|property| property.name == "UserComponentTypeName")
        .map(|property| property.value.as_text())
        .filter(|_| ComponentClass::is_managed_host(id));
    let id = type_name.unwrap_or(id);
    let mut class = ComponentClass::from_id(id);
    if class == ComponentClass::Unknown {
        let contact_info = attribute(node, "contactInfo").unwrap_or_default();
        class = ComponentClass::from_contact_info(contact_info);
    }
    (class, id.to_owned())
}

fn component_connection(node: Node<'_, '_>, ids: &Ids<'_>) -> ComponentConnection {
    let key = ["connectionManagerRefId", "connectionManagerID"]
        .iter()
        .find_map(|name| attribute(node, name).filter(|key| !key.is_empty()))
        .unwrap_or_default();
    ComponentConnection {
        ref_id: ids.ref_id(node),
        name: text_property(node, "name"),
        connection_manager: key.to_owned(),
        span: span(node),
    }
}

fn property_text(node: Node<'_, '_>, escaped: bool) -> String {
    let content = text(node);
    if escaped { unescape(&content).into_owned() } else { content }
}

/// The elements in a child of a node.
fn list<'a, 'input>(
    node: Node<'a, 'input>,
    name: &str,
) -> impl Iterator<Item = Node<'a, 'input>> + use<'a, 'input> {
    element(node, name).into_iter().flat_map(elements)
}
