//! Reads what tasks were configured with.

use roxmltree::Node;

use super::{
    Reader, attribute, element, elements, property, source_without_secrets, text, text_property,
    unknown_settings,
};
use crate::{
    BulkInsert, DataFileType, DataProfiling, ExecutePackage, ExecuteProcess, ExecuteSql,
    ExpressionTask, FileSystem, FileSystemOperation, FileSystemPath, Ftp, FtpOperation, FtpPath,
    MailPriority, MailSource, OtherTask, PackageReference, ParameterAssignment, ParameterBinding,
    ParameterDirection, ProfileDestination, ResultBinding, ResultSetType, ScriptTask, SendMail,
    SqlSource, StockTask, TaskKind, TypeConversion, WindowStyle, XPathOperation, XmlDestination,
    XmlDiffAlgorithm, XmlOperand, XmlOperation, XmlSourceType, XmlTask, XmlValidation,
};

/// The settings of an XML Task.
const XML_TASK: &[&str] = &[
    "OperationType",
    "Source",
    "SourceType",
    "SecondOperand",
    "SecondOperandType",
    "SaveOperationResult",
    "DestinationType",
    "Destination",
    "OverwriteDestination",
    "ValidationType",
    "FailOnValidationFail",
    "ValidationDetails",
    "XPathOperation",
    "PutResultInOneNode",
    "PutResultSetInOneNode",
    "Namespaces",
    "NamespaceDeclaration",
    "Namespace",
    "XPathStringSource",
    "XPathStringSourceType",
    "DiffAlgorithm",
    "DiffOptions",
    "FailOnDifference",
    "SaveDiffGram",
    "DiffGramDestinationType",
    "DiffGramDestination",
];

impl Reader {
    /// The task of an executable.
    pub(super) fn task(
        &mut self,
        node: Node<'_, '_>,
        ref_id: &str,
        creation_name: &str,
    ) -> TaskKind {
        let object_data = element(node, "ObjectData");
        let data = object_data.and_then(|data| elements(data).next());
        let Some(stock) = StockTask::from_creation_name(creation_name) else {
            return TaskKind::Unknown {
                creation_name: creation_name.to_owned(),
                data_xml: data.map(source_without_secrets).unwrap_or_default(),
            };
        };
        // A task without settings has the default of each.
        let Some(data) = data.or(object_data) else { return self.task_data(stock, node, ref_id) };
        self.task_data(stock, data, ref_id)
    }

    fn task_data(&mut self, stock: StockTask, data: Node<'_, '_>, ref_id: &str) -> TaskKind {
        if stock == StockTask::DataFlow {
            return TaskKind::DataFlow(Box::new(self.pipeline(data, ref_id)));
        }
        if stock == StockTask::Expression {
            return TaskKind::Expression(ExpressionTask {
                expression: text_property(data, "Expression"),
            });
        }
        if stock == StockTask::ExecuteProcess {
            return TaskKind::ExecuteProcess(Box::new(self.execute_process(data)));
        }
        if stock == StockTask::FileSystem {
            return TaskKind::FileSystem(self.file_system(data));
        }
        if stock == StockTask::Ftp {
            return TaskKind::Ftp(Box::new(self.ftp(data)));
        }
        if stock == StockTask::ExecutePackage {
            return TaskKind::ExecutePackage(self.execute_package(data, ref_id));
        }
        if stock == StockTask::ExecuteSql {
            return TaskKind::ExecuteSql(Box::new(self.execute_sql(data)));
        }
        if stock == StockTask::BulkInsert {
            return TaskKind::BulkInsert(Box::new(self.bulk_insert(data)));
        }
        if stock == StockTask::DataProfiling {
            return TaskKind::DataProfiling(Box::new(self.data_profiling(data)));
        }
        if stock == StockTask::SendMail {
            return TaskKind::SendMail(Box::new(self.send_mail(data)));
        }
        if stock == StockTask::Xml {
            return TaskKind::Xml(Box::new(self.xml_task(data)));
        }
        if stock == StockTask::Script {
            return TaskKind::Script(script(data));
        }
        let properties = data
            .attributes()
            .map(|attribute| (attribute.name().to_owned(), attribute.value().to_owned()))
            .collect();
        TaskKind::Other(OtherTask { stock, data_xml: source_without_secrets(data), properties })
    }

    fn execute_process(&mut self, data: Node<'_, '_>) -> ExecuteProcess {
        ExecuteProcess {
            executable: text_property(data, "Executable"),
            arguments: text_property(data, "Arguments"),
            working_directory: text_property(data, "WorkingDirectory"),
            require_full_file_name: self.flag(data, "RequireFullFileName", true),
            time_out_s: self.number(data, "TimeOut", 0),
            terminate_after_timeout: self.flag(data, "TerminateAfterTimeout", true),
            success_value: self.number(data, "SuccessValue", 0),
            fail_on_other_exit_code: self.flag(data, "FailTaskIfReturnCodeIsNotSuccessValue", true),
            standard_input_variable: text_property(data, "StandardInputVariable"),
            standard_output_variable: text_property(data, "StandardOutputVariable"),
            standard_error_variable: text_property(data, "StandardErrorVariable"),
            window_style: self.code(data, "WindowStyle", WindowStyle::from_text),
        }
    }

    fn file_system(&mut self, data: Node<'_, '_>) -> FileSystem {
        let mut path = |name: &str, is_variable: &str| {
            let key = text_property(data, name);
            if self.flag(data, is_variable, false) {
                FileSystemPath::Variable(key)
            } else {
                FileSystemPath::Connection(key)
            }
        };
        let source = path("TaskSourcePath", "TaskIsSourceVariable");
        let destination = path("TaskDestinationPath", "TaskIsDestinationVariable");
        FileSystem {
            operation: self.code(data, "TaskOperationType", FileSystemOperation::from_text),
            source,
            destination,
            overwrite: self.flag(data, "TaskOverwriteDestFile", false),
            attributes: file_attributes(property(data, "TaskFileAttributes").unwrap_or_default()),
        }
    }

    /// Designers of different years write `TaskOverwriteDest` and its like with more words or
    /// fewer; each is known by the one word that it cannot do without.
    fn ftp(&mut self, data: Node<'_, '_>) -> Ftp {
        const EXACT: &[&str] = &[
            "ConnectionName",
            "TaskOperationType",
            "TaskLocalPath",
            "TaskIsLocalPathVar",
            "TaskRemotePath",
            "TaskIsRemotePathVar",
        ];
        const WORDS: &[&str] = &["overwrite", "ascii", "stopon"];
        let names = || data.attributes().map(|attribute| attribute.name());
        let has = |name: &str, word: &str| name.to_ascii_lowercase().contains(word);
        let mut flag = |word: &str, default: bool| {
            let name = names().find(|name| has(name, word));
            name.map_or(default, |name| self.flag(data, name, default))
        };
        let overwrite = flag("overwrite", false);
        let ascii = flag("ascii", false);
        let stop_on_failure = flag("stopon", true);
        let local = text_property(data, "TaskLocalPath");
        let remote = text_property(data, "TaskRemotePath");
        let is_known =
            |name: &str| EXACT.contains(&name) || WORDS.iter().any(|word| has(name, word));
        Ftp {
            connection: text_property(data, "ConnectionName"),
            operation: self.code(data, "TaskOperationType", FtpOperation::from_text),
            local: match self.flag(data, "TaskIsLocalPathVar", false) {
                true => FileSystemPath::Variable(local),
                false => FileSystemPath::Connection(local),
            },
            remote: match self.flag(data, "TaskIsRemotePathVar", false) {
                true => FtpPath::Variable(remote),
                false => FtpPath::Text(remote),
            },
            overwrite,
            ascii,
            stop_on_failure,
            unknown_settings: names().filter(|name| !is_known(name)).map(str::to_owned).collect(),
        }
    }

    fn bulk_insert(&mut self, data: Node<'_, '_>) -> BulkInsert {
        BulkInsert {
            source: text_property(data, "SourceConnectionName"),
            destination: text_property(data, "DestinationConnectionName"),
            table: text_property(data, "DestinationTableName"),
            check_constraints: self.flag(data, "CheckConstraints", false),
            keep_nulls: self.flag(data, "KeepNulls", false),
            keep_identity: self.flag(data, "KeepIdentity", false),
            table_lock: self.flag(data, "TableLock", false),
            fire_triggers: self.flag(data, "FireTriggers", false),
            first_row: self.number(data, "FirstRow", 0),
            last_row: self.number(data, "LastRow", 0),
            batch_size: self.number(data, "BatchSize", 0),
            errors_max: self.number(data, "MaximumErrors", 0),
            sorted_by: text_property(data, "SortedData"),
            data_file_type: self.code(data, "DataFileType", DataFileType::from_text),
            code_page: text_property(data, "CodePage"),
            field_terminator: text_property(data, "FieldTerminator"),
            row_terminator: text_property(data, "RowTerminator"),
            uses_format_file: self.flag(data, "UseFormatFile", false),
            format_file: text_property(data, "FormatFile"),
        }
    }

    fn data_profiling(&mut self, data: Node<'_, '_>) -> DataProfiling {
        let input = element(data, "ProfileInput").map(text).unwrap_or_default();
        let mut task = DataProfiling::new(&input);
        task.destination_type = self.code(data, "DestinationType", ProfileDestination::from_text);
        task.destination = text_property(data, "Destination");
        task.overwrite = self.flag(data, "OverwriteDestination", false);
        task
    }

    fn send_mail(&mut self, data: Node<'_, '_>) -> SendMail {
        SendMail {
            connection: text_property(data, "SMTPServer"),
            from: text_property(data, "From"),
            to: text_property(data, "To"),
            cc: text_property(data, "CC"),
            bcc: text_property(data, "BCC"),
            subject: text_property(data, "Subject"),
            source_type: self.code(data, "MessageSourceType", MailSource::from_text),
            message: text_property(data, "MessageSource"),
            priority: self.code(data, "Priority", MailPriority::from_text),
            attachments: text_property(data, "FileAttachments"),
        }
    }

    fn xml_task(&mut self, data: Node<'_, '_>) -> XmlTask {
        XmlTask {
            operation: self.code(data, "OperationType", XmlOperation::from_text),
            source: self.xml_operand(data, "Source", &["SourceType"]),
            second: self.xml_operand(data, "SecondOperand", &["SecondOperandType"]),
            save_result: self.flag(data, "SaveOperationResult", false),
            destination_type: self.code(data, "DestinationType", XmlDestination::from_text),
            destination: text_property(data, "Destination"),
            overwrite: self.flag(data, "OverwriteDestination", false),
            validation_type: self.code(data, "ValidationType", XmlValidation::from_text),
            fail_on_invalid: self.flag(data, "FailOnValidationFail", false),
            validation_details: self.flag(data, "ValidationDetails", false),
            xpath_operation: self.code(data, "XPathOperation", XPathOperation::from_text),
            in_one_node: self.flag(data, "PutResultInOneNode", false)
                || self.flag(data, "PutResultSetInOneNode", false),
            namespaces: namespaces(data),
            merge_point: self.xml_operand(data, "XPathStringSource", &["XPathStringSourceType"]),
            diff_algorithm: self.code(data, "DiffAlgorithm", XmlDiffAlgorithm::from_text),
            diff_options: text_property(data, "DiffOptions"),
            fail_on_difference: self.flag(data, "FailOnDifference", false),
            save_diffgram: self.flag(data, "SaveDiffGram", false),
            diffgram_type: self.code(data, "DiffGramDestinationType", XmlDestination::from_text),
            diffgram: text_property(data, "DiffGramDestination"),
            unknown_settings: unknown_of_xml(data),
        }
    }

    /// A text, and under one of some names where it comes from.
    pub(super) fn xml_operand(
        &mut self,
        data: Node<'_, '_>,
        name: &str,
        kinds: &[&str],
    ) -> XmlOperand {
        let kind = kinds.iter().find(|kind| property(data, kind).is_some());
        let kind = kind.map(|kind| self.code(data, kind, XmlSourceType::from_text));
        XmlOperand { kind: kind.unwrap_or_default(), text: text_property(data, name) }
    }

    fn execute_package(&mut self, data: Node<'_, '_>, place: &str) -> ExecutePackage {
        let value =
            |name: &str| element(data, name).map(text).unwrap_or_default().trim().to_owned();
        let reference = if super::boolean(&value("UseProjectReference")) == Some(true) {
            PackageReference::Project { package_name: value("PackageName") }
        } else {
            PackageReference::External {
                connection: value("Connection"),
                package_name: value("PackageName"),
                package_id: value("PackageID"),
                version_id: value("VersionID"),
            }
        };
        let assignments = elements(data)
            .filter(|child| child.tag_name().name() == "ParameterAssignment")
            .map(|assignment| ParameterAssignment {
                parameter: element(assignment, "ParameterName").map(text).unwrap_or_default(),
                source: element(assignment, "BindedVariableOrParameterName")
                    .map(text)
                    .unwrap_or_default(),
            })
            .collect();
        let password = ["PackagePassword", "Password"]
            .iter()
            .find_map(|name| element(data, name))
            .and_then(|password| self.secret(password, place));
        ExecutePackage {
            reference,
            assignments,
            out_of_process: super::boolean(&value("ExecuteOutOfProcess")).unwrap_or(false),
            password,
        }
    }

    fn execute_sql(&mut self, data: Node<'_, '_>) -> ExecuteSql {
        let named = |name: &'static str| {
            elements(data).filter(move |child| child.tag_name().name() == name)
        };
        let results = named("ResultBinding")
            .map(|binding| ResultBinding {
                result_name: text_property(binding, "ResultName"),
                variable: text_property(binding, "DtsVariableName"),
            })
            .collect();
        let parameters =
            named("ParameterBinding").map(|binding| self.parameter_binding(binding)).collect();
        ExecuteSql {
            connection: text_property(data, "Connection"),
            source_type: self.code(data, "SqlStmtSourceType", SqlSource::from_text),
            statement: text_property(data, "SqlStatementSource"),
            result_type: self.code(data, "ResultType", ResultSetType::from_text),
            is_stored_procedure: self.flag(data, "IsStoredProc", false),
            bypass_prepare: self.flag(data, "BypassPrepare", true),
            time_out_s: self.number(data, "TimeOut", 0),
            code_page: self.number(data, "CodePage", 1252),
            type_conversion: self.code(data, "TypeConversionMode", TypeConversion::from_text),
            results,
            parameters,
        }
    }

    fn parameter_binding(&mut self, binding: Node<'_, '_>) -> ParameterBinding {
        ParameterBinding {
            name: text_property(binding, "ParameterName"),
            variable: text_property(binding, "DtsVariableName"),
            direction: self.code(binding, "ParameterDirection", ParameterDirection::from_text),
            data_type: self.number(binding, "DataType", 0),
            size: self.number(binding, "ParameterSize", -1),
        }
    }
}

/// The settings of an XML Task that mean nothing here; namespaces that could not be read are some.
fn unknown_of_xml(data: Node<'_, '_>) -> Vec<String> {
    let mut unknown = unknown_settings(data, XML_TASK);
    if namespaces(data).is_empty() {
        let is_namespaces = |name: &str| name.starts_with("Namespace");
        let says_something =
            |child: &Node<'_, '_>| child.has_children() || child.attributes().next().is_some();
        let attributes = data.attributes().filter(|attribute| !attribute.value().trim().is_empty());
        let children = elements(data).filter(says_something).map(|child| child.tag_name().name());
        let names = attributes.map(|attribute| attribute.name()).chain(children);
        unknown.extend(names.filter(|name| is_namespaces(name)).map(str::to_owned));
    }
    unknown
}

/// Prefixes and namespaces: elements that have one of each.
fn namespaces(data: Node<'_, '_>) -> Vec<(String, String)> {
    let declared = data.descendants().filter(Node::is_element).filter_map(|node| {
        let value = |names: &[&str]| names.iter().find_map(|name| attribute(node, name));
        let uri = value(&["Uri", "URI", "NamespaceUri", "NamespaceURI", "Namespace"])?;
        Some((value(&["Prefix", "NamespacePrefix"])?.to_owned(), uri.to_owned()))
    });
    declared.collect()
}

/// `ReadOnly,Hidden` as a list; `Normal` is none of them.
fn file_attributes(text: &str) -> Vec<String> {
    let names = text.split(',').map(str::trim);
    names
        .filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case("Normal"))
        .map(str::to_owned)
        .collect()
}

fn script(data: Node<'_, '_>) -> ScriptTask {
    let sources = elements(data)
        .filter(|child| child.tag_name().name() == "ProjectItem")
        .map(|item| (attribute(item, "Name").unwrap_or_default().to_owned(), text(item)))
        .collect();
    ScriptTask {
        project_name: text_property(data, "Name"),
        language: text_property(data, "Language"),
        entry_point: text_property(data, "EntryPoint"),
        read_only_variables: comma_list(property(data, "ReadOnlyVariables").unwrap_or_default()),
        read_write_variables: comma_list(property(data, "ReadWriteVariables").unwrap_or_default()),
        sources,
    }
}

/// The names of a list with commas.
pub(crate) fn comma_list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}
