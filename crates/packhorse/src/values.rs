//! Parameters and connection strings as typed: `NAME=VALUE`.

use std::path::Path;

use anyhow::{Context, Result, bail};
use master::api::{NewExecution, NewParameter, NewPropertyOverride};
use model::{LoggingLevel, ObjectType};
use package::Project;

use crate::cli::Values;

/// What was typed, taken apart once for all executions.
pub(crate) struct Typed {
    parameters: Vec<Parameter>,
    connections: Vec<(String, String)>,
    level: LoggingLevel,
}

#[derive(Clone)]
struct Parameter {
    scope: Option<ObjectType>,
    name: String,
    value: String,
}

/// The value may be a secret.
impl std::fmt::Debug for Parameter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parameter").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Typed {
    /// Takes apart what was typed.
    pub(crate) fn parse(values: &Values) -> Result<Self> {
        let mut typed = Self {
            parameters: Vec::new(),
            connections: Vec::new(),
            level: logging_level(&values.logging_level)?,
        };
        if let Some(path) = &values.values_file {
            typed.read(&fs_err::read_to_string(path)?, path)?;
        }
        for text in &values.parameters {
            typed.parameters.push(parameter(text)?);
        }
        for text in &values.connections {
            typed.connections.push(split(text, "--connection NAME=STRING")?);
        }
        Ok(typed)
    }

    /// Adds what a file of values says. An error names the line and never shows it.
    fn read(&mut self, text: &str, path: &Path) -> Result<()> {
        for (index, line) in text.lines().enumerate() {
            let place = || format!("cannot read line {} of `{}`", index + 1, path.display());
            match line.trim_start().split_once(char::is_whitespace) {
                Some(("param", rest)) => {
                    self.parameters.push(parameter(rest).with_context(place)?);
                }
                Some(("connection", rest)) => {
                    let pair = split(rest, "connection NAME=STRING").with_context(place)?;
                    self.connections.push(pair);
                }
                _ if line.trim().is_empty() || line.trim_start().starts_with('#') => {}
                _ => bail!("{}: it is not `param ...` or `connection ...`", place()),
            }
        }
        Ok(())
    }

    /// Adds to an execution of `package` what concerns it. Without a project at hand, all of it
    /// does, and the catalog decides.
    pub(crate) fn apply(&self, execution: &mut NewExecution, project: Option<&Project>) {
        execution.logging_level = Some(self.level.number());
        for parameter in &self.parameters {
            let known =
                project.is_none_or(|project| has_parameter(project, &execution.package, parameter));
            if known {
                execution.parameters.push(NewParameter {
                    object_type: parameter.scope,
                    name: parameter.name.clone(),
                    value: Some(parameter.value.clone()),
                });
            }
        }
        for (name, text) in &self.connections {
            let package = &execution.package;
            if project.is_none_or(|project| has_connection(project, package, name)) {
                execution.property_overrides.push(NewPropertyOverride {
                    path: format!(r"\Package.Connections[{name}].Properties[ConnectionString]"),
                    value: text.clone(),
                    // It may hold a password.
                    sensitive: true,
                });
            }
        }
    }

    /// Fails when something was typed that no package of these has.
    pub(crate) fn check(&self, packages: &[(&Project, String)]) -> Result<()> {
        for typed in &self.parameters {
            if !packages.iter().any(|(project, package)| has_parameter(project, package, typed)) {
                let names = packages
                    .iter()
                    .flat_map(|(project, package)| parameter_names(project, package));
                bail!(
                    "no package to run has a parameter `{}`{}",
                    typed.name,
                    list(names.collect(), "the parameters are")
                );
            }
        }
        for (name, _) in &self.connections {
            if !packages.iter().any(|(project, package)| has_connection(project, package, name)) {
                let names = packages
                    .iter()
                    .flat_map(|(project, package)| connection_names(project, package));
                bail!(
                    "no package to run has a connection manager `{name}`{}",
                    list(names.collect(), "the connection managers are")
                );
            }
        }
        Ok(())
    }
}

fn list(mut names: Vec<String>, intro: &str) -> String {
    names.sort();
    names.dedup();
    match names.as_slice() {
        [] => String::new(),
        names => format!("; {intro} {}", names.join(", ")),
    }
}

fn split(text: &str, example: &str) -> Result<(String, String)> {
    let (name, value) =
        text.split_once('=').with_context(|| format!("no `=` in it; write it as {example}"))?;
    Ok((name.trim().to_owned(), value.to_owned()))
}

fn parameter(text: &str) -> Result<Parameter> {
    let (name, value) = split(text, "--param NAME=VALUE")?;
    let lower = name.to_lowercase();
    let (scope, skip) = if lower.starts_with("$project::") {
        (Some(ObjectType::Project), "$project::".len())
    } else if lower.starts_with("$package::") {
        (Some(ObjectType::Package), "$package::".len())
    } else {
        (None, 0)
    };
    Ok(Parameter { scope, name: name[skip..].to_owned(), value })
}

/// A level by its name or number.
pub(crate) fn logging_level(text: &str) -> Result<LoggingLevel> {
    let by_name = LoggingLevel::ALL.iter().find(|level| level.name().eq_ignore_ascii_case(text));
    let by_number = || LoggingLevel::try_from(text.parse::<i32>().ok()?).ok();
    by_name.copied().or_else(by_number).with_context(|| {
        let names: Vec<&str> = LoggingLevel::ALL.iter().map(|level| level.name()).collect();
        format!("`{text}` is not a logging level; give one of {}", names.join(", "))
    })
}

fn has_parameter(project: &Project, package: &str, typed: &Parameter) -> bool {
    project.object_parameters().iter().any(|parameter| {
        parameter.name.eq_ignore_ascii_case(&typed.name)
            && typed.scope.is_none_or(|scope| scope == parameter.object_type)
            && (parameter.object_type == ObjectType::Project
                || parameter.object_name.eq_ignore_ascii_case(package))
    })
}

fn parameter_names(project: &Project, package: &str) -> Vec<String> {
    project
        .object_parameters()
        .iter()
        .filter(|parameter| !parameter.name.starts_with("CM."))
        .filter(|parameter| {
            parameter.object_type == ObjectType::Project
                || parameter.object_name.eq_ignore_ascii_case(package)
        })
        .map(|parameter| parameter.name.clone())
        .collect()
}

fn connection_names(project: &Project, package: &str) -> Vec<String> {
    let of_package = project.package(package).into_iter().flat_map(|p| &p.package.connections);
    of_package.chain(&project.connections).map(|connection| connection.name.clone()).collect()
}

fn has_connection(project: &Project, package: &str, name: &str) -> bool {
    connection_names(project, package).iter().any(|known| known.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_may_say_whose_it_is() {
        let typed = parameter("$Project::Folder=C:\\x=y").unwrap();
        assert_eq!(typed.scope, Some(ObjectType::Project));
        assert_eq!((typed.name.as_str(), typed.value.as_str()), ("Folder", "C:\\x=y"));
        assert!(parameter("Folder").is_err());
    }

    #[test]
    fn a_file_of_values_gives_what_the_command_line_would() {
        let mut typed =
            Typed { parameters: Vec::new(), connections: Vec::new(), level: LoggingLevel::Basic };
        let text = "# secrets\nparam $Package::Key=a=b\n\nconnection Db=Data Source=x;Password=y\n";
        typed.read(text, Path::new("values")).unwrap();
        assert_eq!(
            (typed.parameters[0].name.as_str(), typed.parameters[0].value.as_str()),
            ("Key", "a=b")
        );
        assert_eq!(typed.connections, [("Db".to_owned(), "Data Source=x;Password=y".to_owned())]);
        let error = typed.read("param x=1\nsecret", Path::new("values")).unwrap_err();
        insta::assert_snapshot!(error, @"cannot read line 2 of `values`: it is not `param ...` or `connection ...`");
    }

    #[test]
    fn a_logging_level_is_a_name_or_a_number() {
        assert_eq!(logging_level("verbose").unwrap(), LoggingLevel::Verbose);
        assert_eq!(logging_level("2").unwrap(), LoggingLevel::Performance);
        insta::assert_snapshot!(logging_level("loud").unwrap_err(), @"`loud` is not a logging level; give one of None, Basic, Performance, Verbose, RuntimeLineage, Customized");
    }
}
