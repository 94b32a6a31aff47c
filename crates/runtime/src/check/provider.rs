//! Servers that tasks and components use and that cannot be reached from here.

use connect::database::Target;
use package::{ConnectionKind, ConnectionManager, Executable, Package, Project, TaskKind};

use super::{Unsupported, has_expression_of, references, walk};
use crate::sql;
use crate::task::uses_windows_authentication;

/// Names each provider without a driver once for each task that uses it.
pub(super) fn of_package(project: &Project, package: &Package) -> Vec<Unsupported> {
    let mut found = Vec::new();
    walk(&package.root, &mut |executable| {
        let mut seen = Vec::new();
        for key in references(executable) {
            let manager = package.connection(key).or_else(|| project.connection(key));
            let Some(manager) = manager else { continue };
            found.extend(of_mail(manager).map(|(feature, message)| Unsupported {
                place: executable.package_path(),
                feature,
                message,
            }));
            found.extend(of_sql_server_alone(executable, manager));
            let Some(provider) = without_driver(manager) else { continue };
            if seen.contains(&provider) {
                continue;
            }
            found.push(Unsupported {
                place: executable.package_path(),
                feature: format!("Provider {provider}"),
                message: Target::no_driver(&provider),
            });
            seen.push(provider);
        }
    });
    found
}

/// An SMTP server that is signed in to in a way that needs Windows, unless an expression says
/// otherwise.
fn of_mail(manager: &ConnectionManager) -> Option<(String, String)> {
    let by_expression = |property| has_expression_of(&manager.property_expressions, property);
    let applies = matches!(manager.kind, ConnectionKind::Smtp)
        && uses_windows_authentication(manager)
        && !by_expression("ConnectionString")
        && !by_expression("UseWindowsAuthentication");
    applies.then(|| {
        let message = format!(
            "the SMTP server of connection `{}` is signed in to with Windows authentication; set \
             UseWindowsAuthentication to False",
            manager.name
        );
        ("Windows authentication".to_owned(), message)
    })
}

/// A task that only SQL Server serves, with a connection to another product.
fn of_sql_server_alone(
    executable: &Executable,
    manager: &ConnectionManager,
) -> Option<Unsupported> {
    let why: fn(&str) -> String = match executable.task() {
        Some(TaskKind::BulkInsert(_)) => |product| {
            format!("{product} has no BULK INSERT statement; load the file by a data flow instead")
        },
        Some(TaskKind::DataProfiling(_)) => |product| {
            format!("only data of SQL Server is profiled, and the connection leads to {product}")
        },
        Some(_) | None => return None,
    };
    let api = sql::api(manager).ok()?;
    let text = manager.connection_string.as_str();
    let by_expression = has_expression_of(&manager.property_expressions, "ConnectionString");
    let product = match Target::parse(api, sql::provider(manager), text) {
        Ok(Target::Postgres(_)) => "PostgreSQL",
        Ok(Target::Sqlite { .. }) => "SQLite",
        Ok(Target::Excel { .. }) => "Excel",
        Ok(Target::SqlServer(_) | Target::Other(_)) | Err(_) => return None,
    };
    (!by_expression).then(|| Unsupported {
        place: executable.package_path(),
        feature: executable.task().map_or("", TaskKind::display_name).to_owned(),
        message: why(product),
    })
}

/// The provider of a connection manager, if it has no driver. One that an expression sets is
/// known only when the package runs, and so is one whose connection string cannot be read.
fn without_driver(manager: &ConnectionManager) -> Option<String> {
    let api = sql::api(manager).ok()?;
    if has_expression_of(&manager.property_expressions, "ConnectionString")
        || manager.connection_string.is_empty()
    {
        return None;
    }
    match Target::parse(api, sql::provider(manager), manager.connection_string.as_str()) {
        Ok(Target::Other(name)) => Some(name),
        Ok(
            Target::SqlServer(_)
            | Target::Postgres(_)
            | Target::Sqlite { .. }
            | Target::Excel { .. },
        )
        | Err(_) => None,
    }
}
