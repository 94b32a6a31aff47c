//! What of a package would not run here, by name, before anything runs.
//!
//! Nothing that passes is refused as unsupported later: what runs then either works or fails
//! with an SSIS error code.

mod instead;
mod paths;
mod provider;
mod transactions;

use std::fmt;

use package::{
    ConfigurationKind, DataProfiling, Executable, ExecutableKind, FileSystemPath, ForEachKind,
    Package, PackageReference, ProfileDestination, Project, PropertyExpression, TaskKind,
    XmlDestination, XmlSourceType, XmlTask,
};

use crate::task::refusal_of_child;

pub use self::paths::{NamedPath, named_paths};

/// Something in a package that does not run here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsupported {
    /// Where it is: `\Package\Load\Send mail`.
    pub place: String,
    /// What it is: `Send Mail Task`.
    pub feature: String,
    /// One sentence, no full stop.
    pub message: String,
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} (at {})", self.feature, self.message, self.place)
    }
}

/// Names everything in a package of the project that would not run. Executables that are disabled
/// do not count, because they never run.
pub fn check(project: &Project, package: &Package) -> Vec<Unsupported> {
    let mut found = of_configurations(package);
    walk(&package.root, &mut |executable| found.extend(of_executable(executable)));
    found.extend(provider::of_package(project, package));
    found.extend(of_children(project, package));
    found.extend(transactions::of_package(project, package));
    found
}

/// Packages that Execute Package Tasks start and that are neither in the project nor files.
fn of_children(project: &Project, package: &Package) -> Vec<Unsupported> {
    let mut found = Vec::new();
    walk(&package.root, &mut |executable| {
        let Some(TaskKind::ExecutePackage(task)) = executable.task() else { return };
        let message = match &task.reference {
            PackageReference::Project { package_name } => {
                let is_known = has_expression(executable, "PackageName")
                    || project.package(package_name).is_some();
                (!is_known).then(|| format!("the package `{package_name}` is not in the project"))
            }
            PackageReference::External { .. } if has_expression(executable, "Connection") => None,
            PackageReference::External { connection, .. } => {
                let manager =
                    package.connection(connection).or_else(|| project.connection(connection));
                match manager {
                    Some(manager) => refusal_of_child(manager),
                    None => Some(
                        "the package store is not supported; name the child by a FILE \
                                  connection, or make it part of the project"
                            .to_owned(),
                    ),
                }
            }
        };
        found.extend(message.map(|message| Unsupported {
            place: executable.package_path(),
            feature: "Execute Package Task".to_owned(),
            message,
        }));
    });
    found
}

fn has_expression(executable: &Executable, property: &str) -> bool {
    has_expression_of(&executable.property_expressions, property)
}

fn has_expression_of(expressions: &[PropertyExpression], property: &str) -> bool {
    expressions.iter().any(|expression| expression.property.eq_ignore_ascii_case(property))
}

fn walk<'p>(executable: &'p Executable, look: &mut impl FnMut(&'p Executable)) {
    if executable.disabled && !has_expression(executable, "Disable") {
        return;
    }
    look(executable);
    for child in executable.children() {
        walk(child, look);
    }
    if !executable.disable_event_handlers {
        executable.event_handlers.iter().for_each(|handler| walk(&handler.body, look));
    }
}

/// The connection managers that a task's statements, files or components go through.
fn references(executable: &Executable) -> Vec<&str> {
    match executable.task() {
        Some(TaskKind::ExecuteSql(task)) => vec![task.connection.as_str()],
        Some(TaskKind::DataFlow(pipeline)) => {
            let connections = pipeline.components.iter().flat_map(|c| &c.connections);
            connections.map(|connection| connection.connection_manager.as_str()).collect()
        }
        Some(TaskKind::FileSystem(task)) => {
            let ends = [&task.source, &task.destination].into_iter();
            let keys = ends.filter_map(|end| match end {
                FileSystemPath::Connection(key) => Some(key.as_str()),
                FileSystemPath::Variable(_) => None,
            });
            keys.collect()
        }
        Some(TaskKind::Ftp(task)) => {
            let local = match &task.local {
                FileSystemPath::Connection(key) => Some(key.as_str()),
                FileSystemPath::Variable(_) => None,
            };
            std::iter::once(task.connection.as_str()).chain(local).collect()
        }
        Some(TaskKind::DataProfiling(task)) => of_profiles(task),
        Some(TaskKind::SendMail(task)) => vec![task.connection.as_str()],
        Some(TaskKind::Xml(task)) => connections_of_xml(task),
        // Its files are the server's.
        Some(TaskKind::BulkInsert(task)) => vec![task.destination.as_str()],
        Some(
            TaskKind::Expression(_)
            | TaskKind::ExecuteProcess(_)
            | TaskKind::ExecutePackage(_)
            | TaskKind::Script(_)
            | TaskKind::Other(_)
            | TaskKind::Unknown { .. },
        )
        | None => Vec::new(),
    }
}

/// The FILE connection managers that an XML Task reads and writes.
fn connections_of_xml(task: &XmlTask) -> Vec<&str> {
    let read = [&task.source, &task.second, &task.merge_point].into_iter();
    let read = read.filter(|operand| operand.kind == XmlSourceType::FileConnection);
    let written = [
        (task.save_result, task.destination_type, &task.destination),
        (task.save_diffgram, task.diffgram_type, &task.diffgram),
    ];
    let written = written.into_iter().filter(|(is_saved, destination, _)| {
        *is_saved && *destination == XmlDestination::FileConnection
    });
    let keys = read.map(|operand| operand.text.as_str());
    keys.chain(written.map(|(_, _, key)| key.as_str())).filter(|key| !key.is_empty()).collect()
}

/// The databases that are profiled, and the file of the answers.
fn of_profiles(task: &DataProfiling) -> Vec<&str> {
    let requests = task.input().map(|input| input.requests.as_slice()).unwrap_or_default();
    let mut found: Vec<&str> = requests.iter().map(|one| one.data_source.as_str()).collect();
    if task.destination_type == ProfileDestination::FileConnection {
        found.push(&task.destination);
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Configurations from places that only Windows has. They do not keep the package from running, as
/// with any configuration that cannot be loaded, but it runs without their values.
fn of_configurations(package: &Package) -> Vec<Unsupported> {
    use ConfigurationKind as Kind;
    let mut found = Vec::new();
    let configurations = package.configurations.iter();
    for configuration in configurations.filter(|_| package.enable_configurations) {
        let place = match configuration.kind {
            Kind::RegistryEntry | Kind::IndirectRegistryEntry => "the registry",
            Kind::IniFile | Kind::IndirectIniFile => "INI files",
            Kind::ParentVariable
            | Kind::XmlFile
            | Kind::EnvironmentVariable
            | Kind::SqlServer
            | Kind::IndirectParentVariable
            | Kind::IndirectXmlFile
            | Kind::IndirectSqlServer => continue,
        };
        found.push(Unsupported {
            place: format!(
                "{}.Configurations[{}]",
                package.root.package_path(),
                configuration.name
            ),
            feature: format!("Package configuration from {place}"),
            message: "its values are not applied; use an XML configuration file, an environment \
                      variable or a table"
                .to_owned(),
        });
    }
    found
}

/// What of one executable does not run, its children apart.
pub(crate) fn of_executable(executable: &Executable) -> Vec<Unsupported> {
    let mut found = Vec::new();
    let mut add = |feature: String, message: String| {
        found.push(Unsupported { place: executable.package_path(), feature, message });
    };
    match &executable.kind {
        ExecutableKind::Task(task) => {
            found.extend(of_task(executable, task));
        }
        ExecutableKind::ForEach(each) => match &each.enumerator.kind {
            ForEachKind::Other { stock, .. } => {
                add(stock.name().to_owned(), "this enumerator is not supported".to_owned());
            }
            ForEachKind::NodeList(list) => {
                for name in &list.unknown_settings {
                    let message = format!("its setting `{name}` is not known");
                    add("Foreach Nodelist enumerator".to_owned(), message);
                }
            }
            ForEachKind::Unknown { .. } => add(
                format!("Foreach enumerator `{}`", each.enumerator.creation_name),
                "no enumerator of this type is known".to_owned(),
            ),
            ForEachKind::File { .. }
            | ForEachKind::Item { .. }
            | ForEachKind::FromVariable { .. }
            | ForEachKind::Ado { .. } => {}
        },
        ExecutableKind::Package(_)
        | ExecutableKind::Sequence(_)
        | ExecutableKind::EventHandler(_)
        | ExecutableKind::ForLoop(_) => {}
    }
    found
}

fn of_task(executable: &Executable, task: &TaskKind) -> Vec<Unsupported> {
    let one = |message: String| {
        vec![Unsupported {
            place: executable.package_path(),
            feature: task.display_name().to_owned(),
            message,
        }]
    };
    match task {
        TaskKind::Expression(_)
        | TaskKind::ExecuteProcess(_)
        | TaskKind::FileSystem(_)
        | TaskKind::ExecutePackage(_)
        | TaskKind::ExecuteSql(_)
        | TaskKind::BulkInsert(_)
        | TaskKind::SendMail(_) => Vec::new(),
        TaskKind::Ftp(task) => {
            let mean_nothing = |name: &String| one(format!("its setting `{name}` is not known"));
            task.unknown_settings.iter().flat_map(mean_nothing).collect()
        }
        TaskKind::Xml(task) => {
            crate::task::refusal_of_xml(executable, task).into_iter().flat_map(one).collect()
        }
        TaskKind::DataProfiling(task) => match task.input() {
            Err(error) if !has_expression(executable, "ProfileInputXml") => one(error.to_string()),
            Ok(_) | Err(_) => Vec::new(),
        },
        TaskKind::DataFlow(pipeline) => dataflow::check(pipeline)
            .into_iter()
            .map(|unsupported| Unsupported {
                place: format!("{}\\{}", executable.package_path(), unsupported.component),
                feature: unsupported.feature,
                message: unsupported.message,
            })
            .collect(),
        TaskKind::Script(script) => one(format!(
            "scripts are compiled .NET code ({}), which this version does not run",
            if script.language.is_empty() { "unknown language" } else { &script.language }
        )),
        TaskKind::Other(other) => one(instead::of(other.stock).to_owned()),
        TaskKind::Unknown { creation_name, .. } => {
            one(format!("no task of the type `{creation_name}` is known"))
        }
    }
}
