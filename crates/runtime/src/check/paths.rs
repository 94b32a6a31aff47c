//! Files and folders that packages name in so many words, for finding out before they run whether
//! a machine knows them. What an expression or a variable says is known only when they run.

use connect::database::Target;
use package::{
    ConnectionKind, ConnectionManager, Executable, ExecutableKind, ForEachKind, Package, Project,
};

use super::{references, walk};
use crate::sql;

/// A file or folder that a package opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedPath {
    /// Where it is named: `\Package\Load`.
    pub place: String,
    /// The connection manager that has it; `None` for a property of the task itself.
    pub connection: Option<String>,
    /// As the package writes it.
    pub path: String,
}

/// The paths in a package of the project that are written out. Executables that are disabled do
/// not count, because they never run.
pub fn named_paths(project: &Project, package: &Package) -> Vec<NamedPath> {
    let mut found: Vec<NamedPath> = Vec::new();
    walk(&package.root, &mut |executable| {
        for key in references(executable) {
            let manager = package.connection(key).or_else(|| project.connection(key));
            let Some(manager) = manager else { continue };
            for path in of_manager(manager) {
                let connection = Some(manager.name.clone());
                found.push(NamedPath { place: executable.package_path(), connection, path });
            }
        }
        found.extend(of_loop(executable));
    });
    found
}

/// The folder that a loop over files goes through.
fn of_loop(executable: &Executable) -> Option<NamedPath> {
    let ExecutableKind::ForEach(each) = &executable.kind else { return None };
    let ForEachKind::File { folder, .. } = &each.enumerator.kind else { return None };
    let mut expressions = each.enumerator.property_expressions.iter();
    let by_expression =
        expressions.any(|expression| expression.property.eq_ignore_ascii_case("Directory"));
    (!by_expression && !folder.is_empty()).then(|| NamedPath {
        place: executable.package_path(),
        connection: None,
        path: folder.clone(),
    })
}

fn of_manager(manager: &ConnectionManager) -> Vec<String> {
    let mut expressions = manager.property_expressions.iter();
    if expressions.any(|expression| expression.property.eq_ignore_ascii_case("ConnectionString")) {
        return Vec::new();
    }
    let text = manager.connection_string.as_str();
    let paths: Vec<&str> = match &manager.kind {
        ConnectionKind::FlatFile(_) | ConnectionKind::File { .. } => vec![text],
        ConnectionKind::MultiFlatFile(_) | ConnectionKind::MultiFile { .. } => {
            text.split('|').collect()
        }
        ConnectionKind::OleDb
        | ConnectionKind::AdoNet { .. }
        | ConnectionKind::Ado
        | ConnectionKind::Odbc
        | ConnectionKind::Excel => return of_database(manager).into_iter().collect(),
        ConnectionKind::Cache(_)
        | ConnectionKind::Ftp
        | ConnectionKind::Http
        | ConnectionKind::Smtp
        | ConnectionKind::Other { .. } => Vec::new(),
    };
    let paths = paths.into_iter().map(str::trim).filter(|path| !path.is_empty());
    paths.map(str::to_owned).collect()
}

/// The file of a database that is one.
fn of_database(manager: &ConnectionManager) -> Option<String> {
    let api = sql::api(manager).ok()?;
    match Target::parse(api, sql::provider(manager), manager.connection_string.as_str()) {
        Ok(Target::Sqlite { file, .. } | Target::Excel { file, .. }) => Some(file),
        Ok(Target::SqlServer(_) | Target::Postgres(_) | Target::Other(_)) | Err(_) => None,
    }
}
