//! Properties of executables, variables, loops and enumerators by name.

use model::{ExecutionResult, Value};

use super::{SetPropertyError, Setter, coerce};
use crate::{
    Executable, ExecutableKind, FileNameRetrieval, ForEachEnumerator, ForEachKind, LoggingMode,
    NodeEnumeration, NodeList, TransactionOption, Variable, XmlSourceType,
};

impl Executable {
    /// Sets a property by the name that property expressions use. On a Data Flow Task,
    /// `[Component].[Property]` sets a component's.
    pub fn set_property(&mut self, name: &str, value: &Value) -> Result<(), SetPropertyError> {
        let object = format!("`{}`", self.ref_id);
        let set = Setter { object: &object, property: name, value };
        match set.key().as_str() {
            "name" => set.text(&mut self.name),
            "description" => set.text(&mut self.description),
            "disable" | "disabled" => set.flag(&mut self.disabled),
            "disableeventhandlers" => set.flag(&mut self.disable_event_handlers),
            "delayvalidation" => set.flag(&mut self.delay_validation),
            "execvaluevariable" => set.text(&mut self.exec_value_variable),
            "failpackageonfailure" => set.flag(&mut self.fail_package_on_failure),
            "failparentonfailure" => set.flag(&mut self.fail_parent_on_failure),
            "forceexecutionresult" => self.set_force_result(set),
            "forceexecutionvalue" => self.set_force_value(set),
            "forcedexecutionvalue" => {
                self.forced_value = Some(value.clone());
                Ok(())
            }
            "isolationlevel" => set.number(&mut self.isolation_level),
            "localeid" => {
                let mut number = -1_i64;
                set.number(&mut number)?;
                self.locale_id = u32::try_from(number).ok();
                Ok(())
            }
            "loggingmode" => set.code(&mut self.logging.mode, LoggingMode::from_text),
            "maximumerrorcount" | "maxerrorcount" => set.number(&mut self.max_error_count),
            "transactionoption" => {
                set.code(&mut self.transaction_option, TransactionOption::from_text)
            }
            _ => self.set_own_property(set),
        }
    }

    fn set_own_property(&mut self, set: Setter<'_>) -> Result<(), SetPropertyError> {
        match &mut self.kind {
            ExecutableKind::Task(task) => task.set_property(set),
            ExecutableKind::ForLoop(each) => match set.key().as_str() {
                "initexpression" => set.text(&mut each.init),
                "evalexpression" => set.text(&mut each.eval),
                "assignexpression" => set.text(&mut each.assign),
                _ => Err(set.unknown()),
            },
            ExecutableKind::Package(_)
            | ExecutableKind::Sequence(_)
            | ExecutableKind::ForEach(_)
            | ExecutableKind::EventHandler(_) => Err(set.unknown()),
        }
    }

    fn set_force_result(&mut self, set: Setter<'_>) -> Result<(), SetPropertyError> {
        let text = set.shown();
        self.force_result = match text.trim().to_ascii_lowercase().as_str() {
            "-1" | "none" => None,
            "0" | "success" => Some(ExecutionResult::Success),
            "1" | "failure" => Some(ExecutionResult::Failure),
            "2" | "completion" => Some(ExecutionResult::Completion),
            _ => return Err(set.bad_value()),
        };
        Ok(())
    }

    fn set_force_value(&mut self, set: Setter<'_>) -> Result<(), SetPropertyError> {
        let mut forced = false;
        set.flag(&mut forced)?;
        let value = self.forced_value.take().unwrap_or(Value::I4(0));
        self.forced_value = forced.then_some(value);
        Ok(())
    }
}

impl ForEachEnumerator {
    /// Sets a property by the name that the enumerator's property expressions use.
    pub fn set_property(&mut self, name: &str, value: &Value) -> Result<(), SetPropertyError> {
        let set = Setter { object: "the Foreach enumerator", property: name, value };
        let key = set.key();
        match &mut self.kind {
            ForEachKind::File { folder, file_spec, retrieval, recurse } => match key.as_str() {
                "directory" | "folder" => set.text(folder),
                "filespec" => set.text(file_spec),
                "filenameretrieval" | "filenameretrievaltype" => {
                    set.code(retrieval, FileNameRetrieval::from_text)
                }
                "recurse" => set.flag(recurse),
                _ => Err(set.unknown()),
            },
            ForEachKind::FromVariable { variable } if key == "variablename" => set.text(variable),
            ForEachKind::Ado { variable, .. } if key == "datasourcevariable" => set.text(variable),
            ForEachKind::Ado { enumeration, .. } if key == "type" => {
                set.code(enumeration, crate::AdoEnumeration::from_text)
            }
            ForEachKind::NodeList(list) => list.set_property(set),
            ForEachKind::FromVariable { .. }
            | ForEachKind::Ado { .. }
            | ForEachKind::Item { .. }
            | ForEachKind::Other { .. }
            | ForEachKind::Unknown { .. } => Err(set.unknown()),
        }
    }
}

impl NodeList {
    fn set_property(&mut self, set: Setter<'_>) -> Result<(), SetPropertyError> {
        let source_type = XmlSourceType::from_text;
        match set.key().as_str() {
            "enumerationtype" => set.code(&mut self.enumeration, NodeEnumeration::from_text),
            "innerelementtype" => set.code(&mut self.inner_type, NodeEnumeration::from_text),
            "sourcedocument" => set.text(&mut self.source.text),
            "sourcedocumenttype" | "sourcetype" => set.code(&mut self.source.kind, source_type),
            "outerxpathstring" => set.text(&mut self.outer.text),
            "outerxpathstringsourcetype" => set.code(&mut self.outer.kind, source_type),
            "innerxpathstring" => set.text(&mut self.inner.text),
            "innerxpathstringsourcetype" => set.code(&mut self.inner.kind, source_type),
            _ => Err(set.unknown()),
        }
    }
}

impl Variable {
    /// Sets a property by name; the value becomes one of the variable's type.
    pub fn set_property(&mut self, name: &str, value: &Value) -> Result<(), SetPropertyError> {
        let object = format!("variable `{}`", self.qualified_name());
        let set = Setter { object: &object, property: name, value };
        match set.key().as_str() {
            "value" => {
                self.value = coerce(value, self.type_code).ok_or_else(|| set.bad_value())?;
                Ok(())
            }
            "expression" => set.text(&mut self.expression),
            "evaluateasexpression" => set.flag(&mut self.evaluate_as_expression),
            "readonly" => set.flag(&mut self.read_only),
            "raisechangedevent" => set.flag(&mut self.raise_changed_event),
            "description" => set.text(&mut self.description),
            "includeindebugdump" => set.flag(&mut self.include_in_debug_dump),
            _ => Err(set.unknown()),
        }
    }
}
