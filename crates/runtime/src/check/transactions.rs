//! Transactions that one connection cannot hold.

use package::{
    Component, ComponentClass, Executable, Package, Project, TaskKind, TransactionOption,
};

use super::{Unsupported, has_expression, references};
use crate::transaction::takes_part;

/// Names each container whose transaction would need more than one connection.
pub(super) fn of_package(project: &Project, package: &Package) -> Vec<Unsupported> {
    let mut found = Vec::new();
    let look = Look { project, package };
    look.below(&package.root, &mut found);
    found
}

struct Look<'p> {
    project: &'p Project,
    package: &'p Package,
}

impl<'p> Look<'p> {
    /// Looks for executables that start a transaction.
    fn below(&self, executable: &'p Executable, found: &mut Vec<Unsupported>) {
        if is_off(executable) {
            return;
        }
        if executable.transaction_option == TransactionOption::Required {
            let mut members = Vec::new();
            gather(executable, &mut members);
            found.extend(self.refusal(executable, &members));
            return;
        }
        inside(executable).for_each(|child| self.below(child, found));
    }

    /// Why these executables cannot be in one transaction.
    fn refusal(&self, owner: &Executable, members: &[&'p Executable]) -> Option<Unsupported> {
        let refuse = |place: &Executable, message: String| {
            Some(Unsupported {
                place: place.package_path(),
                feature: "TransactionOption=Required".to_owned(),
                message,
            })
        };
        let mut names: Vec<&str> = Vec::new();
        for member in members {
            if matches!(member.task(), Some(TaskKind::ExecutePackage(_))) {
                let message = "a child package cannot take part in the transaction of its parent";
                return refuse(member, message.to_owned());
            }
            if let Some(TaskKind::DataFlow(pipeline)) = member.task()
                && 1 < pipeline.components.iter().filter(|one| self.holds(one)).count()
            {
                let message = "several components of the data flow use a database at the same \
                               time, and the one connection of a transaction cannot serve them";
                return refuse(member, message.to_owned());
            }
            names.extend(references(member).into_iter().filter_map(|key| self.database(key)));
        }
        names.sort_unstable();
        names.dedup();
        if names.len() < 2 {
            return None;
        }
        let message = format!(
            "the connections {} would need a distributed transaction (MSDTC); one connection \
             manager can have a transaction here",
            names.join(", ")
        );
        refuse(owner, message)
    }

    /// Whether a component uses a database while rows flow; a full cache is filled before.
    fn holds(&self, component: &Component) -> bool {
        let full = component.property("CacheType").is_none_or(|cache| cache.trim() == "0");
        let is_lookup = component.class == ComponentClass::Lookup && full;
        let mut connections = component.connections.iter();
        !is_lookup && connections.any(|one| self.database(&one.connection_manager).is_some())
    }

    /// The name of a connection manager that leads to a database.
    fn database(&self, key: &str) -> Option<&'p str> {
        let manager = self.package.connection(key).or_else(|| self.project.connection(key))?;
        takes_part(manager).then_some(manager.name.as_str())
    }
}

fn is_off(executable: &Executable) -> bool {
    executable.disabled && !has_expression(executable, "Disable")
}

/// What takes part in a transaction that the executable has.
fn gather<'p>(executable: &'p Executable, members: &mut Vec<&'p Executable>) {
    members.push(executable);
    let joins = |child: &&Executable| child.transaction_option != TransactionOption::NotSupported;
    inside(executable).filter(|child| !is_off(child)).filter(joins).for_each(|child| {
        gather(child, members);
    });
}

/// Children and event handlers.
fn inside(executable: &Executable) -> impl Iterator<Item = &Executable> {
    let handlers = executable.event_handlers.iter().map(|handler| &handler.body);
    let handlers = handlers.filter(|_| !executable.disable_event_handlers);
    executable.children().iter().chain(handlers)
}
