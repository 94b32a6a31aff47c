//! Properties of packages by name, and of everything in them by path.
//!
//! A path is `\Package`, then `\Name` for each executable down, then what of it: `.Properties[P]`,
//! `.Variables[Ns::Name].Value`, `.Connections[Name].Properties[P]`, `.EventHandlers[Event]` and
//! on, `.ForEachEnumerator.Properties[P]`. Names may hold any character, so each is looked for
//! among those that exist.

use model::Value;

use super::{SetPropertyError, Setter};
use crate::{CheckpointUsage, ConnectionManager, Executable, ExecutableKind, Package, Variable};

impl Package {
    /// Sets what a path names: a property, or the value of a variable.
    pub fn set_property(&mut self, path: &str, value: &Value) -> Result<(), SetPropertyError> {
        let whole = path.trim();
        let rest = whole.strip_prefix('\\').unwrap_or(whole);
        let root_names = ["Package", self.root.name.as_str()];
        let rest = root_names
            .iter()
            .find_map(|name| behind_name(rest, name))
            .ok_or_else(|| bad_path(whole))?;
        if let Some((name, rest)) = bracketed(rest, ".Connections") {
            let property = property_of(rest).ok_or_else(|| bad_path(whole))?;
            let connection = find_connection(&mut self.connections, name)
                .ok_or_else(|| no_object(whole, name))?;
            return connection.set_property(property, value);
        }
        if let Some(property) = property_of(rest) {
            return self.set_own_property(property, value);
        }
        set_below(&mut self.root, rest, whole, value)
    }

    /// The variable that a path such as `\Package\Task.Variables[User::x].Value` ends at; `None`
    /// for a path that ends elsewhere or names nothing.
    pub fn variable_at(&self, path: &str) -> Option<&Variable> {
        let whole = path.trim();
        let rest = whole.strip_prefix('\\').unwrap_or(whole);
        let root_names = ["Package", self.root.name.as_str()];
        let mut rest = root_names.iter().find_map(|name| behind_name(rest, name))?;
        let mut executable = &self.root;
        loop {
            if let Some((name, _)) = bracketed(rest, ".Variables") {
                return executable.variables.iter().find(|variable| goes_by(variable, name));
            }
            if let Some((event, behind)) = bracketed(rest, ".EventHandlers") {
                let mut handlers = executable.event_handlers.iter();
                executable = &handlers.find(|h| h.event.eq_ignore_ascii_case(event))?.body;
                rest = behind;
                continue;
            }
            let below = rest.strip_prefix('\\')?;
            let children = executable.children().iter();
            executable = children
                .filter(|child| behind_name(below, &child.name).is_some())
                .max_by_key(|child| child.name.len())?;
            rest = &below[executable.name.len()..];
        }
    }

    /// Sets a property of the package itself by the name that its property expressions use.
    pub fn set_own_property(&mut self, name: &str, value: &Value) -> Result<(), SetPropertyError> {
        let set = Setter { object: "the package", property: name, value };
        match set.key().as_str() {
            "maxconcurrentexecutables" => set.number(&mut self.max_concurrent_executables),
            "packagepriorityclass" => set.number(&mut self.priority_class),
            "checkpointfilename" => set.text(&mut self.checkpoints.file_name),
            "checkpointusage" => set.code(&mut self.checkpoints.usage, CheckpointUsage::from_text),
            "savecheckpoints" => set.flag(&mut self.checkpoints.save),
            "enableconfigurations" => set.flag(&mut self.enable_configurations),
            "suppressconfigurationwarnings" => set.flag(&mut self.suppress_configuration_warnings),
            "versionmajor" => set.number(&mut self.version.major),
            "versionminor" => set.number(&mut self.version.minor),
            "versionbuild" => set.number(&mut self.version.build),
            "versioncomments" => set.text(&mut self.version.comments),
            "creationdate" => set.text(&mut self.creation.date),
            "creatorname" => set.text(&mut self.creation.creator),
            "creatorcomputername" => set.text(&mut self.creation.computer),
            _ => self.root.set_property(name, value),
        }
    }

    /// Sets the property that a parameter `CM.<connection>.<property>` stands for.
    pub fn set_connection_parameter(
        &mut self,
        parameter: &str,
        value: &Value,
    ) -> Result<(), SetPropertyError> {
        set_connection_parameter(&mut self.connections, parameter, value)
    }
}

/// Sets the property that a parameter `CM.<connection>.<property>` stands for, on one of these
/// connection managers.
pub(crate) fn set_connection_parameter(
    connections: &mut [ConnectionManager],
    parameter: &str,
    value: &Value,
) -> Result<(), SetPropertyError> {
    let (name, property) =
        split_connection_parameter(parameter).ok_or_else(|| bad_path(parameter))?;
    let connection =
        find_connection(connections, name).ok_or_else(|| no_object(parameter, name))?;
    connection.set_property(property, value)
}

/// The connection manager and the property of a parameter `CM.<connection>.<property>`; `None` for
/// any other parameter. The name of the connection manager may hold full stops.
pub fn split_connection_parameter(parameter: &str) -> Option<(&str, &str)> {
    let start = parameter.get(..3).filter(|start| start.eq_ignore_ascii_case("CM."))?;
    parameter[start.len()..].rsplit_once('.')
}

/// Goes down the path from an executable and sets what it ends at.
fn set_below(
    executable: &mut Executable,
    rest: &str,
    whole: &str,
    value: &Value,
) -> Result<(), SetPropertyError> {
    let mut executable = executable;
    let mut rest = rest;
    loop {
        if let Some(property) = property_of(rest) {
            return executable.set_property(property, value);
        }
        if let Some((name, behind)) = bracketed(rest, ".Variables") {
            let property = property_of(behind).or_else(|| behind.strip_prefix('.'));
            let property = property.ok_or_else(|| bad_path(whole))?;
            return set_variable(executable, (name, property), whole, value);
        }
        if let Some(behind) = strip_prefix_any_case(rest, ".ForEachEnumerator") {
            let property = property_of(behind).ok_or_else(|| bad_path(whole))?;
            let ExecutableKind::ForEach(each) = &mut executable.kind else {
                return Err(no_object(whole, "ForEachEnumerator"));
            };
            return each.enumerator.set_property(property, value);
        }
        (executable, rest) = step_down(executable, rest, whole)?;
    }
}

/// The next executable on a path, and what is behind it.
fn step_down<'e, 'p>(
    executable: &'e mut Executable,
    rest: &'p str,
    whole: &str,
) -> Result<(&'e mut Executable, &'p str), SetPropertyError> {
    if let Some((event, behind)) = bracketed(rest, ".EventHandlers") {
        let handler = executable
            .event_handlers
            .iter_mut()
            .find(|handler| handler.event.eq_ignore_ascii_case(event));
        return Ok((&mut handler.ok_or_else(|| no_object(whole, event))?.body, behind));
    }
    let below = rest.strip_prefix('\\').ok_or_else(|| bad_path(whole))?;
    let children =
        executable.container_mut().map_or(&mut [][..], |container| &mut container.executables[..]);
    let longest = children
        .iter_mut()
        .filter(|child| behind_name(below, &child.name).is_some())
        .max_by_key(|child| child.name.len())
        .ok_or_else(|| no_object(whole, below))?;
    let behind = &below[longest.name.len()..];
    Ok((longest, behind))
}

fn set_variable(
    executable: &mut Executable,
    (name, property): (&str, &str),
    whole: &str,
    value: &Value,
) -> Result<(), SetPropertyError> {
    let variable = executable.variables.iter_mut().find(|variable| goes_by(variable, name));
    variable.ok_or_else(|| no_object(whole, name))?.set_property(property, value)
}

/// Whether a path that writes `name` means this variable.
fn goes_by(variable: &Variable, name: &str) -> bool {
    variable.qualified_name().eq_ignore_ascii_case(name) || variable.name.eq_ignore_ascii_case(name)
}

fn find_connection<'a>(
    connections: &'a mut [ConnectionManager],
    name: &str,
) -> Option<&'a mut ConnectionManager> {
    connections.iter_mut().find(|connection| connection.answers_to(name))
}

/// What is behind a name at the start of a path, if it ends there.
fn behind_name<'a>(path: &'a str, name: &str) -> Option<&'a str> {
    let rest = strip_prefix_any_case(path, name)?;
    (!name.is_empty() && rest.starts_with(['\\', '.'])).then_some(rest)
}

fn strip_prefix_any_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let start = text.get(..prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

/// `.Variables[Name].Value` as `Name` and `.Value`.
fn bracketed<'a>(path: &'a str, collection: &str) -> Option<(&'a str, &'a str)> {
    let inner = strip_prefix_any_case(path, collection)?.strip_prefix('[')?;
    // A bracket in a name is followed by neither a separator nor the end.
    let end = inner.match_indices(']').map(|(at, _)| at).find(|at| {
        let behind = &inner[at + 1..];
        behind.is_empty() || behind.starts_with(['.', '\\'])
    })?;
    Some((&inner[..end], &inner[end + 1..]))
}

/// The name in `.Properties[Name]`, where the path ends so. It may hold brackets itself.
fn property_of(path: &str) -> Option<&str> {
    strip_prefix_any_case(path, ".Properties")?.strip_prefix('[')?.strip_suffix(']')
}

fn bad_path(path: &str) -> SetPropertyError {
    SetPropertyError::BadPath { path: path.to_owned() }
}

fn no_object(path: &str, object: &str) -> SetPropertyError {
    SetPropertyError::UnknownObject { path: path.to_owned(), object: object.to_owned() }
}
