//! Shows a package as text, one line for each part.

use package::{
    Component, ConnectionManager, Executable, ExecutableKind, ForEachKind, Input, Output, Package,
    Pipeline, Property, PropertyValue, TaskKind,
};

/// A package as text.
pub(crate) fn dump(package: &Package) -> String {
    let mut out = Dump::default();
    out.line(&format!(
        "package {} {} format {} {:?} build {} concurrent {}",
        package.name(),
        package.id(),
        package.format_version,
        package.protection_level,
        package.version.build,
        package.max_concurrent_executables
    ));
    out.depth = 1;
    for connection in &package.connections {
        out.connection(connection);
    }
    for p in &package.parameters {
        let value = if p.sensitive { format!("{:?}", p.secret) } else { p.value.to_string() };
        out.line(&format!(
            "parameter {} {} = {value} required {}",
            p.name, p.type_code, p.required
        ));
    }
    for provider in &package.log_providers {
        out.line(&format!("log {} -> {}", provider.creation_name, provider.config_string));
    }
    for part in &package.unknown {
        out.line(&format!("unknown {} in {}", part.what, part.place));
    }
    out.executable(&package.root);
    out.text
}

#[derive(Default)]
struct Dump {
    text: String,
    depth: usize,
}

impl Dump {
    fn line(&mut self, text: &str) {
        self.text.push_str(&"  ".repeat(self.depth));
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn connection(&mut self, connection: &ConnectionManager) {
        self.line(&format!(
            "connection {} {} {:?} retain {} delay {} password {:?} {:?}",
            connection.ref_id,
            connection.kind.name(),
            connection.connection_string,
            connection.retain,
            connection.delay_validation,
            connection.password,
            connection.properties
        ));
        self.depth += 1;
        for expression in &connection.property_expressions {
            self.line(&format!("@{} = {}", expression.property, expression.expression));
        }
        if let Some(format) = connection.flat_file() {
            self.line(&format!(
                "{:?} code page {} names {} qualifier {:?} check {}",
                format.format,
                format.code_page,
                format.column_names_in_first_data_row,
                format.text_qualifier,
                format.always_check_for_row_delimiters
            ));
            for column in &format.columns {
                self.line(&format!(
                    "column {} {} {:?} width {}",
                    column.name, column.data_type, column.delimiter, column.maximum_width
                ));
            }
        }
        self.depth -= 1;
    }

    fn executable(&mut self, executable: &Executable) {
        self.line(&format!("{} {}", executable.ref_id, what(executable)));
        self.depth += 1;
        self.common(executable);
        if let Some(TaskKind::DataFlow(pipeline)) = executable.task() {
            self.pipeline(pipeline);
        }
        for child in executable.children() {
            self.executable(child);
        }
        for handler in &executable.event_handlers {
            self.executable(&handler.body);
        }
        self.depth -= 1;
    }

    fn common(&mut self, executable: &Executable) {
        let flags = [
            ("disabled", executable.disabled),
            ("delay", executable.delay_validation),
            ("fail parent", executable.fail_parent_on_failure),
            ("fail package", executable.fail_package_on_failure),
            ("errors", executable.max_error_count != 1),
            ("forced", executable.force_result.is_some()),
        ];
        for (name, _) in flags.iter().filter(|(_, set)| *set) {
            self.line(&format!("+ {name}"));
        }
        for v in &executable.variables {
            let live = v.live_expression().unwrap_or("-");
            self.line(&format!("{} {} = {} ({live})", v.qualified_name(), v.type_code, v.value));
        }
        for expression in &executable.property_expressions {
            self.line(&format!("@{} = {}", expression.property, expression.expression));
        }
        if !executable.logging.event_filter.is_empty() {
            self.line(&format!("{:?}", executable.logging));
        }
        for c in executable.container().iter().flat_map(|c| &c.precedence_constraints) {
            self.line(&format!(
                "{} -> {} on {:?} by {:?} `{}` and {}",
                c.from, c.to, c.value, c.eval_op, c.expression, c.logical_and
            ));
        }
    }

    fn pipeline(&mut self, pipeline: &Pipeline) {
        self.line(&format!("rows {}", pipeline.default_buffer_max_rows));
        for component in &pipeline.components {
            self.component(component);
        }
        for path in &pipeline.paths {
            self.line(&format!("path {}: {} -> {}", path.ref_id, path.start, path.end));
        }
    }

    fn component(&mut self, component: &Component) {
        self.line(&format!("{} {:?} {}", component.name, component.class, component.class_id));
        self.depth += 1;
        self.properties(&component.properties);
        for connection in &component.connections {
            self.line(&format!("{} -> {}", connection.name, connection.connection_manager));
        }
        for input in &component.inputs {
            self.input(input);
        }
        for output in &component.outputs {
            self.output(output);
        }
        self.depth -= 1;
    }

    fn input(&mut self, input: &Input) {
        self.line(&format!("in {}", input.ref_id));
        for c in &input.columns {
            self.line(&format!(
                "  {} <- {} {:?} {:?}",
                c.ref_id, c.lineage_id, c.usage, c.data_type
            ));
        }
    }

    fn output(&mut self, output: &Output) {
        self.line(&format!(
            "out {} group {} error {} of {:?}",
            output.ref_id, output.exclusion_group, output.is_error_output, output.synchronous_input
        ));
        self.depth += 1;
        for c in &output.columns {
            self.line(&format!(
                "{} {} {:?}/{:?} external {}",
                c.lineage_id,
                c.data_type,
                c.dispositions.error,
                c.dispositions.truncation,
                c.external_column
            ));
            self.properties(&c.properties);
        }
        for c in &output.external_columns {
            self.line(&format!("external {} {}", c.ref_id, c.data_type));
        }
        self.depth -= 1;
    }

    fn properties(&mut self, properties: &[Property]) {
        for property in properties {
            let value = match &property.value {
                PropertyValue::Text(text) => text.clone(),
                PropertyValue::Array(items) => format!("{items:?}"),
            };
            self.line(&format!(". {} {} = {value}", property.name, property.data_type));
        }
    }
}

/// What an executable is.
fn what(executable: &Executable) -> String {
    match &executable.kind {
        ExecutableKind::Package(_) => "package".to_owned(),
        ExecutableKind::Sequence(_) => "sequence".to_owned(),
        ExecutableKind::EventHandler(_) => "event handler".to_owned(),
        ExecutableKind::ForLoop(each) => {
            format!("for `{}` `{}` `{}`", each.init, each.eval, each.assign)
        }
        ExecutableKind::ForEach(each) => {
            let kind = if let ForEachKind::File { folder, file_spec, retrieval, recurse } =
                &each.enumerator.kind
            {
                format!("{folder} {file_spec} {retrieval:?} recurse {recurse}")
            } else {
                format!("{:?}", each.enumerator.kind)
            };
            let expressions: Vec<String> = each
                .enumerator
                .property_expressions
                .iter()
                .map(|e| format!("@{} = {}", e.property, e.expression))
                .collect();
            let mappings: Vec<String> =
                each.mappings.iter().map(|m| format!("{}:{}", m.value_index, m.variable)).collect();
            format!("foreach {kind} {expressions:?} {mappings:?}")
        }
        ExecutableKind::Task(TaskKind::DataFlow(_)) => "data flow".to_owned(),
        ExecutableKind::Task(task) => format!("{task:?}"),
    }
}
