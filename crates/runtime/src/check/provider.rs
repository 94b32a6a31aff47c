//! Databases that tasks and components use and that have no driver here.

use connect::database::Target;
use package::{ConnectionManager, Package, Project};

use super::{Unsupported, references, walk};
use crate::sql;

/// Names each provider without a driver once for each task that uses it.
pub(super) fn of_package(project: &Project, package: &Package) -> Vec<Unsupported> {
    let mut found = Vec::new();
    walk(&package.root, &mut |executable| {
        let mut seen = Vec::new();
        for key in references(executable) {
            let manager = package.connection(key).or_else(|| project.connection(key));
            let Some(provider) = manager.and_then(without_driver) else { continue };
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

/// The provider of a connection manager, if it has no driver. One that an expression sets is
/// known only when the package runs, and so is one whose connection string cannot be read.
fn without_driver(manager: &ConnectionManager) -> Option<String> {
    let api = sql::api(manager).ok()?;
    let by_expression = manager
        .property_expressions
        .iter()
        .any(|expression| expression.property.eq_ignore_ascii_case("ConnectionString"));
    if by_expression || manager.connection_string.is_empty() {
        return None;
    }
    match Target::parse(api, sql::provider(manager), manager.connection_string.as_str()) {
        Ok(Target::Other(name)) => Some(name),
        Ok(Target::SqlServer(_) | Target::Postgres(_) | Target::Sqlite { .. }) | Err(_) => None,
    }
}
