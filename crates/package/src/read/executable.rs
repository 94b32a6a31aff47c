//! Reads executables: containers, event handlers, and what all of them have in common.

use model::{Code, ExecutionResult, Value};
use roxmltree::Node;

use super::variable::{parse_value, property_expressions};
use super::{Reader, attribute, element, elements, items, property, span, text, text_property};
use crate::{
    ColumnFilter, Container, EvalOp, EventHandler, Executable, ExecutableKind, FilterKind,
    ForEachLoop, ForLoop, LoggingMode, LoggingOptions, PrecedenceConstraint, TransactionOption,
    VariableMapping,
};

/// Children of executables that this crate reads, or that have no meaning for execution.
const KNOWN_CHILDREN: &[&str] = &[
    "Property",
    "ConnectionManagers",
    "ConnectionManager",
    "Configurations",
    "Configuration",
    "LogProviders",
    "LogProvider",
    "PackageParameters",
    "PackageParameter",
    "Variables",
    "Variable",
    "LoggingOptions",
    "PropertyExpression",
    "ForEachEnumerator",
    "Executables",
    "Executable",
    "PrecedenceConstraints",
    "PrecedenceConstraint",
    "ForEachVariableMappings",
    "ForEachVariableMapping",
    "EventHandlers",
    "EventHandler",
    "ObjectData",
    "DesignTimeProperties",
    "PackageVariable",
    "PackageVariables",
];

/// Attributes of executables that this crate reads, or that have no meaning for execution.
const KNOWN_ATTRIBUTES: &[&str] = &[
    "refId",
    "DTSID",
    "ObjectName",
    "CreationName",
    "ExecutableType",
    "Description",
    "CreationDate",
    "CreatorName",
    "CreatorComputerName",
    "VersionMajor",
    "VersionMinor",
    "VersionBuild",
    "VersionGUID",
    "VersionComments",
    "LastModifiedProductVersion",
    "PackageType",
    "ProtectionLevel",
    "LocaleID",
    "Disabled",
    "DelayValidation",
    "MaxErrorCount",
    "FailPackageOnFailure",
    "FailParentOnFailure",
    "ForceExecutionResult",
    "ForceExecValue",
    "ExecValue",
    "ExecValueVariable",
    "ISOLevel",
    "TransactionOption",
    "DisableEventHandlers",
    "MaxConcurrentExecutables",
    "PackagePriorityClass",
    "CheckpointFileName",
    "CheckpointUsage",
    "SaveCheckpoints",
    "EnableConfig",
    "SuppressConfigurationWarnings",
    "EnableDump",
    "EnableDumpOnEvents",
    "DumpDescriptor",
    "OfflineMode",
    "InteractiveMode",
    "ThreadHint",
    "TaskContact",
    "InitExpression",
    "EvalExpression",
    "AssignExpression",
    "MaxConcurrent",
    "EventName",
    "EventID",
];

impl Reader {
    /// The package itself. Its refId is `Package`, whatever its name.
    pub(super) fn root(&mut self, node: Node<'_, '_>) -> Executable {
        self.common(node, "Package".to_owned(), |reader, ref_id, _| {
            ExecutableKind::Package(reader.container(node, ref_id))
        })
    }

    /// An executable in the container with this refId.
    fn executable(&mut self, node: Node<'_, '_>, parent: &str) -> Executable {
        let name = property(node, "ObjectName").unwrap_or_default();
        let computed = || format!("{parent}\\{name}");
        let ref_id = attribute(node, "refId").map_or_else(computed, str::to_owned);
        self.common(node, ref_id, |reader, ref_id, creation_name| {
            reader.kind(node, ref_id, creation_name)
        })
    }

    /// What all executables have in common, around what `kind` reads.
    fn common(
        &mut self,
        node: Node<'_, '_>,
        ref_id: String,
        kind: impl FnOnce(&mut Self, &str, &str) -> ExecutableKind,
    ) -> Executable {
        self.note_unknown_children(node, &ref_id, KNOWN_CHILDREN);
        self.note_unknown_attributes(node, &ref_id, KNOWN_ATTRIBUTES);
        let creation_name = creation_name(node);
        let kind = kind(self, &ref_id, &creation_name);
        let event_handlers = items(node, "EventHandlers", "EventHandler")
            .map(|handler| self.event_handler(handler, &ref_id))
            .collect();
        Executable {
            id: text_property(node, "DTSID"),
            name: text_property(node, "ObjectName"),
            description: text_property(node, "Description"),
            creation_name,
            disabled: self.flag(node, "Disabled", false),
            delay_validation: self.flag(node, "DelayValidation", false),
            max_error_count: self.number(node, "MaxErrorCount", 1),
            fail_package_on_failure: self.flag(node, "FailPackageOnFailure", false),
            fail_parent_on_failure: self.flag(node, "FailParentOnFailure", false),
            force_result: self.force_result(node),
            forced_value: self.forced_value(node),
            exec_value_variable: text_property(node, "ExecValueVariable"),
            transaction_option: self.code(node, "TransactionOption", TransactionOption::from_text),
            isolation_level: self.number(node, "ISOLevel", 1_048_576),
            disable_event_handlers: self.flag(node, "DisableEventHandlers", false),
            logging: self.logging_options(node),
            locale_id: self.locale_id(node),
            variables: self.variables(node),
            property_expressions: property_expressions(node),
            event_handlers,
            kind,
            span: span(node),
            ref_id,
        }
    }

    fn kind(&mut self, node: Node<'_, '_>, ref_id: &str, creation_name: &str) -> ExecutableKind {
        match creation_name.to_ascii_uppercase().as_str() {
            "STOCK:SEQUENCE" => ExecutableKind::Sequence(self.container(node, ref_id)),
            "STOCK:FORLOOP" => ExecutableKind::ForLoop(ForLoop {
                init: text_property(node, "InitExpression"),
                eval: text_property(node, "EvalExpression"),
                assign: text_property(node, "AssignExpression"),
                container: self.container(node, ref_id),
            }),
            "STOCK:FOREACHLOOP" => ExecutableKind::ForEach(Box::new(ForEachLoop {
                enumerator: self.enumerator(node, ref_id),
                mappings: self.mappings(node),
                container: self.container(node, ref_id),
            })),
            _ => ExecutableKind::Task(self.task(node, ref_id, creation_name)),
        }
    }

    fn container(&mut self, node: Node<'_, '_>, ref_id: &str) -> Container {
        let executables: Vec<Executable> = items(node, "Executables", "Executable")
            .map(|child| self.executable(child, ref_id))
            .collect();
        let precedence_constraints = items(node, "PrecedenceConstraints", "PrecedenceConstraint")
            .filter_map(|constraint| self.constraint(constraint, ref_id, &executables))
            .collect();
        Container { executables, precedence_constraints }
    }

    fn event_handler(&mut self, node: Node<'_, '_>, owner: &str) -> EventHandler {
        let event = [property(node, "EventName"), property(node, "CreationName")]
            .into_iter()
            .flatten()
            .find(|name| !name.is_empty())
            .unwrap_or_default()
            .to_owned();
        let computed = format!("{owner}.EventHandlers[{event}]");
        let ref_id = attribute(node, "refId").map_or(computed, str::to_owned);
        let mut body = self.common(node, ref_id, |reader, ref_id, _| {
            ExecutableKind::EventHandler(reader.container(node, ref_id))
        });
        if body.name.is_empty() {
            body.name.clone_from(&event);
        }
        EventHandler { event, body }
    }

    fn mappings(&mut self, node: Node<'_, '_>) -> Vec<VariableMapping> {
        items(node, "ForEachVariableMappings", "ForEachVariableMapping")
            .map(|mapping| VariableMapping {
                variable: text_property(mapping, "VariableName"),
                value_index: self.number(mapping, "ValueIndex", 0),
                span: span(mapping),
            })
            .collect()
    }

    fn constraint(
        &mut self,
        node: Node<'_, '_>,
        container: &str,
        executables: &[Executable],
    ) -> Option<PrecedenceConstraint> {
        let name = text_property(node, "ObjectName");
        let computed = format!("{container}.PrecedenceConstraints[{name}]");
        let ref_id = attribute(node, "refId").map_or(computed, str::to_owned);
        let from = self.constraint_end(node, ("From", true), executables)?;
        let to = self.constraint_end(node, ("To", false), executables)?;
        Some(PrecedenceConstraint {
            id: text_property(node, "DTSID"),
            value: self.result(node, "Value").unwrap_or(ExecutionResult::Success),
            eval_op: self.code(node, "EvalOp", EvalOp::from_text),
            expression: text_property(node, "Expression"),
            logical_and: self.flag(node, "LogicalAnd", false),
            span: span(node),
            ref_id,
            name,
            from,
            to,
        })
    }

    /// The executable at one end: by refId in an attribute, or by id in an element whose `IsFrom`
    /// says which end it is (formats 2 and 3).
    fn constraint_end(
        &mut self,
        node: Node<'_, '_>,
        (end, is_from): (&str, bool),
        executables: &[Executable],
    ) -> Option<String> {
        let by_id = || {
            let mut ends = elements(node).filter(|child| child.tag_name().name() == "Executable");
            let is_end =
                |child: &Node<'_, '_>| attribute(*child, "IsFrom").is_some_and(|v| v != "0");
            ends.find(|child| is_end(child) == is_from).and_then(|end| attribute(end, "IDREF"))
        };
        let key = attribute(node, end).or_else(by_id).unwrap_or_default();
        let found = executables
            .iter()
            .find(|executable| executable.ref_id == key || executable.id.eq_ignore_ascii_case(key));
        if let Some(executable) = found {
            return Some(executable.ref_id.clone());
        }
        let verb = if is_from { "starts" } else { "ends" };
        let message =
            format!("a precedence constraint {verb} at `{key}`, which is not an executable here");
        self.report(Code::UnknownExecutable, key, node, message);
        None
    }

    fn result(&mut self, node: Node<'_, '_>, name: &str) -> Option<ExecutionResult> {
        let number: i32 = self.number(node, name, -1);
        ExecutionResult::try_from(number).ok()
    }

    fn force_result(&mut self, node: Node<'_, '_>) -> Option<ExecutionResult> {
        self.result(node, "ForceExecutionResult")
    }

    fn forced_value(&mut self, node: Node<'_, '_>) -> Option<Value> {
        if !self.flag(node, "ForceExecValue", false) {
            return None;
        }
        let typed = elements(node).find(|child| attribute(*child, "Name") == Some("ExecValue"));
        let type_code = typed
            .and_then(|child| attribute(child, "DataType"))
            .and_then(|number| number.parse().ok())
            .and_then(model::TypeCode::from_variant)
            .unwrap_or(model::TypeCode::Int32);
        let content = typed.map_or_else(|| text_property(node, "ExecValue"), text);
        let value = parse_value(&content, type_code, self.locale);
        Some(value.filter(|value| !value.is_null()).unwrap_or(Value::I4(0)))
    }

    /// The locale, where it is not -1, which takes the parent's.
    pub(super) fn locale_id(&mut self, node: Node<'_, '_>) -> Option<u32> {
        let number: i64 = self.number(node, "LocaleID", -1);
        u32::try_from(number).ok()
    }

    fn logging_options(&mut self, node: Node<'_, '_>) -> LoggingOptions {
        let Some(options) = element(node, "LoggingOptions") else {
            return LoggingOptions::default();
        };
        let column_filters = elements(options)
            .filter(|child| attribute(*child, "Name") == Some("ColumnFilter"))
            .map(column_filter)
            .collect();
        LoggingOptions {
            mode: self.code(options, "LoggingMode", LoggingMode::from_text),
            filter_kind: self.code(options, "FilterKind", FilterKind::from_text),
            event_filter: counted_list(property(options, "EventFilter").unwrap_or_default()),
            column_filters,
            selected_log_providers: items(options, "SelectedLogProviders", "SelectedLogProvider")
                .map(|provider| text_property(provider, "InstanceID"))
                .collect(),
        }
    }
}

fn column_filter(node: Node<'_, '_>) -> ColumnFilter {
    let columns = elements(node)
        .filter(|column| text(*column).trim() != "0")
        .filter_map(|column| attribute(column, "Name"))
        .map(str::to_owned)
        .collect();
    ColumnFilter { event: attribute(node, "EventName").unwrap_or_default().to_owned(), columns }
}

/// `count,length,name,length,name`: what a name contains does not matter.
fn counted_list(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let Some((_count, mut rest)) = text.split_once(',') else { return names };
    while let Some((length, from_name)) = rest.split_once(',') {
        let length = length.trim().parse().unwrap_or(usize::MAX);
        let end = from_name.char_indices().nth(length).map_or(from_name.len(), |(end, _)| end);
        names.push(from_name[..end].to_owned());
        rest = from_name[end..].strip_prefix(',').unwrap_or_default();
    }
    names
}

/// The type of an executable: its creation name, else its executable type.
fn creation_name(node: Node<'_, '_>) -> String {
    [property(node, "CreationName"), attribute(node, "ExecutableType")]
        .into_iter()
        .flatten()
        .find(|name| !name.trim().is_empty())
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_filter_lists_names_by_their_lengths() {
        assert_eq!(counted_list("2,7,OnError,9,OnWarning"), ["OnError", "OnWarning"]);
        assert_eq!(counted_list("1,3,a,b"), ["a,b"]);
        assert!(counted_list("0").is_empty());
        assert_eq!(counted_list("1,99999999999999999999,x"), ["x"]);
    }
}
