//! Properties of tasks by name.

use super::{SetPropertyError, Setter};
use crate::read::comma_list;
use crate::{
    BulkInsert, DataFileType, DataProfiling, ExecutePackage, ExecuteProcess, ExecuteSql,
    FileSystem, FileSystemOperation, FileSystemPath, Ftp, FtpOperation, FtpPath, MailPriority,
    MailSource, PackageReference, Pipeline, ProfileDestination, PropertyValue, ResultSetType,
    ScriptTask, Secret, SendMail, SqlSource, TaskKind, TypeConversion, WindowStyle, XPathOperation,
    XmlDestination, XmlDiffAlgorithm, XmlOperation, XmlSourceType, XmlTask, XmlValidation,
};

impl TaskKind {
    pub(super) fn set_property(&mut self, set: Setter<'_>) -> Result<(), SetPropertyError> {
        match self {
            Self::DataFlow(pipeline) => pipeline.set_property(set),
            Self::Expression(task) if set.key() == "expression" => set.text(&mut task.expression),
            Self::ExecuteProcess(task) => task.set_property(set),
            Self::FileSystem(task) => task.set_property(set),
            Self::Ftp(task) => task.set_property(set),
            Self::ExecutePackage(task) => task.set_property(set),
            Self::ExecuteSql(task) => task.set_property(set),
            Self::BulkInsert(task) => task.set_property(set),
            Self::DataProfiling(task) => task.set_property(set),
            Self::SendMail(task) => task.set_property(set),
            Self::Xml(task) => task.set_property(set),
            Self::Script(task) => task.set_property(set),
            Self::Expression(_) | Self::Other(_) | Self::Unknown { .. } => Err(set.unknown()),
        }
    }
}

impl ExecuteProcess {
    fn set_property(&mut self, set: Setter<'_>) -> Result<(), SetPropertyError> {
        match set.key().as_str() {
            "executable" => set.text(&mut self.executable),
            "arguments" => set.text(&mut self.arguments),
            "workingdirectory" => set.text(&mut self.working_directory),
            "requirefullfilename" => set.flag(&mut self.require_full_file_name),
            "timeout" => set.number(&mut self.time_out_s),
            "terminateprocessaftertimeout" => set.flag(&mut self.terminate_after_timeout),
            "successvalue" => set.number(&mut self.success_value),
            "failtaskifreturncodeisnotsuccessvalue" => set.flag(&mut self.fail_on_other_exit_code),
            "standardinputvariable" => set.text(&mut self.standard_input_variable),
            "standardoutputvariable" => set.text(&mut self.standard_output_variable),
            "standarderrorvariable" => set.text(&mut self.standard_error_variable),
            "windowstyle" => set.code(&mut self.window_style, WindowStyle::from_text),
            _ => Err(set.unknown()),
        }
    }
}

impl FileSystem {
    fn set_property(&mut self, set: Setter<'_>) -> Result<(), SetPropertyError> {
        match set.key().as_str() {
            "operation" | "operationname" => {
                set.code(&mut self.operation, FileSystemOperation::from_text)
            }
            "source" => set.text(self.source.key_mut()),
            "destination" => set.text(self.destination.key_mut()),
            "issourcepathvariable" => self.source.set_is_variable(set),
            "isdestinationpathvariable" => self.destination.set_is_variable(set),
            "overwritedestinationfile" | "usedirectoryifexists" => set.flag(&mut self.overwrite),
            "attributes" => {
                self.attributes = attributes(&set.shown()).ok_or_else(|| set.bad_value())?;
                Ok(())
            }
            _ => Err(set.unknown()),
        }
    }
}

impl FileSystemPath {
    fn key_mut(&mut self) -> &mut String {
        match self {
            Self::Connection(key) | Self::Variable(key) => key,
        }
    }

    fn set_is_variable(&mut self, set: Setter<'_>) -> Result<(), SetPropertyError> {
        let mut is_variable = false;
        set.flag(&mut is_variable)?;
        let key = std::mem::take(self.key_mut());
        *self = if is_variable { Self::Variable(key) } else { Self::Connection(key) };
        Ok(())
    }
}

impl Ftp {
    fn set_property(&mut self, set: Setter<'_>) -> Result<(), SetPropertyError> {
        match set.key().as_str() {
            "connection" => set.text(&mut self.connection),
            "operation" | "operationname" => set.code(&mut self.operation, FtpOperation::from_text),
            "localpath" => set.text(self.local.key_mut()),
            "remotepath" => set.text(self.remote.key_mut()),
            "islocalpathvariable" => self.local.set_is_variable(set),
            "isremotepathvariable" => self.remote.set_is_variable(set),
            "istransfertypeascii" => set.flag(&mut self.ascii),
            "overwritedestination" => set.flag(&mut self.overwrite),
            "stoponoperationfailure" => set.flag(&mut self.stop_on_failure),
            _ => Err(set.unknown()),
        }
    }
}

impl FtpPath {
    fn key_mut(&mut self) -> &mut String {
        match self {
            Self::Text(key) | Self::Variable(key) => key,
        }
    }

    fn set_is_variable(&mut self, set: Setter<'_>) -> Result<(), SetPropertyError> {
        let mut is_variable = false;
        set.flag(&mut is_variable)?;
        let key = std::mem::take(self.key_mut());
        *self = if is_variable { Self::Variable(key) } else { Self::Text(key) };
        Ok(())
    }
}

/// File attributes by name, or by their bits: Archive 1, Hidden 2, ReadOnly 4, System 8.
fn attributes(text: &str) -> Option<Vec<String>> {
    const BITS: &[(u32, &str)] = &[(1, "Archive"), (2, "Hidden"), (4, "ReadOnly"), (8, "System")];
    if let Ok(number) = text.trim().parse::<u32>() {
        let set = BITS.iter().filter(|(bit, _)| number & bit != 0);
        return (number < 16).then(|| set.map(|(_, name)| (*name).to_owned()).collect());
    }
    let mut names = comma_list(text);
    names.retain(|name| !name.eq_ignore_ascii_case("Normal"));
    let known = |name: &String| BITS.iter().any(|(_, known)| known.eq_ignore_ascii_case(name));
    names.iter().all(known).then_some(names)
}

impl BulkInsert {
    fn set_property(&mut self, set: Setter<'_>) -> Result<(), SetPropertyError> {
        match set.key().as_str() {
            "sourceconnection" | "sourceconnectionname" => set.text(&mut self.source),
            "destinationconnection" | "destinationconnectionname" => {
                set.text(&mut self.destination)
            }
            "destinationtablename" => set.text(&mut self.table),
            "checkconstraints" => set.flag(&mut self.check_constraints),
            "keepnulls" => set.flag(&mut self.keep_nulls),
            "keepidentity" => set.flag(&mut self.keep_identity),
            "tablelock" => set.flag(&mut self.table_lock),
            "firetriggers" => set.flag(&mut self.fire_triggers),
            "firstrow" => set.number(&mut self.first_row),
            "lastrow" => set.number(&mut self.last_row),
            "batchsize" => set.number(&mut self.batch_size),
            "maximumerrors" => set.number(&mut self.errors_max),
            "sorteddata" => set.text(&mut self.sorted_by),
            "datafiletype" => set.code(&mut self.data_file_type, DataFileType::from_text),
            "codepage" => set.text(&mut self.code_page),
            "fieldterminator" => set.text(&mut self.field_terminator),
            "rowterminator" => set.text(&mut self.row_terminator),
            "useformatfile" => set.flag(&mut self.uses_format_file),
            "formatfile" => set.text(&mut self.format_file),
            _ => Err(set.unknown()),
        }
    }
}

impl DataProfiling {
    fn set_property(&mut self, set: Setter<'_>) -> Result<(), SetPropertyError> {
        match set.key().as_str() {
            "destination" => set.text(&mut self.destination),
            "destinationtype" => {
                set.code(&mut self.destination_type, ProfileDestination::from_text)
            }
            "overwritedestination" => set.flag(&mut self.overwrite),
            "profileinputxml" => {
                self.set_input(&set.shown());
                Ok(())
            }
            _ => Err(set.unknown()),
        }
    }
}

impl SendMail {
    fn set_property(&mut self, set: Setter<'_>) -> Result<(), SetPropertyError> {
        match set.key().as_str() {
            "smtpconnection" => set.text(&mut self.connection),
            "fromline" => set.text(&mut self.from),
            "toline" => set.text(&mut self.to),
            "ccline" => set.text(&mut self.cc),
            "bccline" => set.text(&mut self.bcc),
            "subject" => set.text(&mut self.subject),
            "messagesourcetype" => set.code(&mut self.source_type, MailSource::from_text),
            "messagesource" => set.text(&mut self.message),
            "priority" => set.code(&mut self.priority, MailPriority::from_text),
            "fileattachments" => set.text(&mut self.attachments),
            _ => Err(set.unknown()),
        }
    }
}

impl XmlTask {
    fn set_property(&mut self, set: Setter<'_>) -> Result<(), SetPropertyError> {
        let (source, destination) = (XmlSourceType::from_text, XmlDestination::from_text);
        match set.key().as_str() {
            "operationtype" => set.code(&mut self.operation, XmlOperation::from_text),
            "source" => set.text(&mut self.source.text),
            "sourcetype" => set.code(&mut self.source.kind, source),
            "secondoperand" => set.text(&mut self.second.text),
            "secondoperandtype" => set.code(&mut self.second.kind, source),
            "saveoperationresult" => set.flag(&mut self.save_result),
            "destination" => set.text(&mut self.destination),
            "destinationtype" => set.code(&mut self.destination_type, destination),
            "overwritedestination" => set.flag(&mut self.overwrite),
            "validationtype" => set.code(&mut self.validation_type, XmlValidation::from_text),
            "failonvalidationfail" => set.flag(&mut self.fail_on_invalid),
            "validationdetails" => set.flag(&mut self.validation_details),
            "xpathoperation" => set.code(&mut self.xpath_operation, XPathOperation::from_text),
            "putresultinonenode" | "putresultsetinonenode" => set.flag(&mut self.in_one_node),
            "xpathstringsource" => set.text(&mut self.merge_point.text),
            "xpathstringsourcetype" => set.code(&mut self.merge_point.kind, source),
            "diffalgorithm" => set.code(&mut self.diff_algorithm, XmlDiffAlgorithm::from_text),
            "diffoptions" => set.text(&mut self.diff_options),
            "failondifference" => set.flag(&mut self.fail_on_difference),
            "savediffgram" => set.flag(&mut self.save_diffgram),
            "diffgramdestination" => set.text(&mut self.diffgram),
            "diffgramdestinationtype" => set.code(&mut self.diffgram_type, destination),
            _ => Err(set.unknown()),
        }
    }
}

impl ExecutePackage {
    fn set_property(&mut self, set: Setter<'_>) -> Result<(), SetPropertyError> {
        let key = set.key();
        match key.as_str() {
            "executeoutofprocess" => return set.flag(&mut self.out_of_process),
            "packagepassword" => {
                self.password = Some(Secret::new(set.shown()));
                return Ok(());
            }
            "useprojectreference" => return self.set_use_project(set),
            _ => {}
        }
        match &mut self.reference {
            PackageReference::Project { package_name }
                if matches!(key.as_str(), "packagename" | "packagenamefromprojectreference") =>
            {
                set.text(package_name)
            }
            PackageReference::Project { .. } => Err(set.unknown()),
            PackageReference::External { connection, package_name, package_id, version_id } => {
                match key.as_str() {
                    "connection" => set.text(connection),
                    "packagename" => set.text(package_name),
                    "packageid" => set.text(package_id),
                    "versionid" => set.text(version_id),
                    _ => Err(set.unknown()),
                }
            }
        }
    }

    fn set_use_project(&mut self, set: Setter<'_>) -> Result<(), SetPropertyError> {
        let mut of_project = false;
        set.flag(&mut of_project)?;
        let name = match &self.reference {
            PackageReference::Project { package_name }
            | PackageReference::External { package_name, .. } => package_name.clone(),
        };
        self.reference = match (of_project, &self.reference) {
            (true, _) => PackageReference::Project { package_name: name },
            (false, PackageReference::External { .. }) => return Ok(()),
            (false, PackageReference::Project { .. }) => PackageReference::External {
                connection: String::new(),
                package_name: name,
                package_id: String::new(),
                version_id: String::new(),
            },
        };
        Ok(())
    }
}

impl ExecuteSql {
    fn set_property(&mut self, set: Setter<'_>) -> Result<(), SetPropertyError> {
        match set.key().as_str() {
            "connection" => set.text(&mut self.connection),
            "sqlstatementsource" => set.text(&mut self.statement),
            "sqlstatementsourcetype" => set.code(&mut self.source_type, SqlSource::from_text),
            "resultsettype" => set.code(&mut self.result_type, ResultSetType::from_text),
            "isstoredprocedure" | "queryisstoredprocedure" => {
                set.flag(&mut self.is_stored_procedure)
            }
            "bypassprepare" => set.flag(&mut self.bypass_prepare),
            "timeout" => set.number(&mut self.time_out_s),
            "codepage" => set.number(&mut self.code_page),
            "typeconversionmode" => set.code(&mut self.type_conversion, TypeConversion::from_text),
            _ => Err(set.unknown()),
        }
    }
}

impl ScriptTask {
    fn set_property(&mut self, set: Setter<'_>) -> Result<(), SetPropertyError> {
        match set.key().as_str() {
            "entrypoint" => set.text(&mut self.entry_point),
            "scriptlanguage" => set.text(&mut self.language),
            "scriptprojectname" => set.text(&mut self.project_name),
            "readonlyvariables" => {
                self.read_only_variables = comma_list(&set.shown());
                Ok(())
            }
            "readwritevariables" => {
                self.read_write_variables = comma_list(&set.shown());
                Ok(())
            }
            _ => Err(set.unknown()),
        }
    }
}

impl Pipeline {
    fn set_property(&mut self, set: Setter<'_>) -> Result<(), SetPropertyError> {
        if set.property.starts_with('[') {
            return self.set_component_property(set);
        }
        match set.key().as_str() {
            "defaultbuffersize" => set.number(&mut self.default_buffer_size),
            "defaultbuffermaxrows" => set.number(&mut self.default_buffer_max_rows),
            "enginethreads" => set.number(&mut self.engine_threads),
            "autoadjustbuffersize" => set.flag(&mut self.auto_adjust_buffer_size),
            "blobtempstoragepath" => set.text(&mut self.blob_temp_storage_path),
            "buffertempstoragepath" => set.text(&mut self.buffer_temp_storage_path),
            "runinoptimizedmode" => set.flag(&mut self.run_in_optimized_mode),
            _ => Err(set.unknown()),
        }
    }

    /// `[Component].[Property]`. Names may hold brackets, so the component is looked for, not the
    /// end of its name.
    fn set_component_property(&mut self, set: Setter<'_>) -> Result<(), SetPropertyError> {
        let parts = |name: &str| {
            let rest = set.property.strip_prefix('[')?.strip_prefix(name)?;
            rest.strip_prefix("].[")?.strip_suffix(']').map(str::to_owned)
        };
        let found = self
            .components
            .iter_mut()
            .find_map(|component| parts(&component.name).map(|property| (component, property)));
        let (component, name) = found.ok_or_else(|| set.unknown())?;
        let property = component
            .properties
            .iter_mut()
            .find(|property| property.name.eq_ignore_ascii_case(&name))
            .ok_or_else(|| set.unknown())?;
        property.value = PropertyValue::Text(set.shown());
        Ok(())
    }
}
