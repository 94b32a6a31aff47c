//! dtexec's command line.
//!
//! Options begin with `/` or `-` in any letter case and may be cut to their shortest form
//! (`/F`, `/Rep`, `/Par`); they are taken in order, and of an option given twice the last one
//! counts, except `/Set`, `/Conn` and `/Par`. On this system a path begins with `/` too: a word
//! that has another `/` in it is a path. Source: the dtexec utility's page.

use std::path::{Path, PathBuf};

use super::job;

/// What was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// `/File`, or the bare first word: a package, project file or folder.
    pub(crate) file: Option<PathBuf>,
    /// `/Project`: an `.ispac`, with `/Package` naming the package in it.
    pub(crate) project: Option<PathBuf>,
    /// `/Package`.
    pub(crate) package: Option<String>,
    /// `/Set PATH;VALUE`, in order.
    pub(crate) set: Vec<(String, String)>,
    /// `/Parameter [scope::]NAME[(TYPE)];VALUE`, in order, and `--param NAME=VALUE`.
    pub(crate) parameters: Vec<Parameter>,
    /// `/Connection NAME;STRING`, in order.
    pub(crate) connections: Vec<(String, String)>,
    /// `/DumpOnError`.
    pub(crate) dump_on_error: bool,
    /// `/Dump CODE;CODE`.
    pub(crate) dump_codes: Vec<u32>,
    /// `/ConfigFile`, in order.
    pub(crate) configuration_files: Vec<String>,
    /// `--map-path FROM=TO`.
    pub(crate) path_mappings: Vec<String>,
    /// `/Reporting`.
    pub(crate) reporting: Reporting,
    /// `/MaxConcurrent`.
    pub(crate) max_concurrent: Option<i32>,
    /// `/Validate`: validate and stop.
    pub(crate) validate_only: bool,
    /// `/WarnAsError`.
    pub(crate) warn_as_error: bool,
    /// `/Decrypt PASSWORD` is refused, because the process list shows it; this is the file.
    pub(crate) password_file: Option<PathBuf>,
    /// `--json`: one JSON object a line for each event, and one for the result.
    pub(crate) json: bool,
    /// `/Help`.
    pub(crate) help: bool,
    /// `--child`: frames on standard input and output.
    pub(crate) child: bool,
}

/// A parameter's value as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parameter {
    /// `$Package`, `$Project`, `$ServerOption` or none.
    pub(crate) scope: Option<String>,
    /// The name.
    pub(crate) name: String,
    /// The type, where one was typed: `Int32`.
    pub(crate) type_name: Option<String>,
    /// The value.
    pub(crate) value: String,
}

/// `/Reporting`: which events are printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reporting {
    /// N, E, W, I, C, D, P, V as typed, upper case.
    pub(crate) levels: String,
    /// Events that are not printed, by name.
    pub(crate) exceptions: Vec<String>,
}

impl Default for Reporting {
    fn default() -> Self {
        Self { levels: "EWP".to_owned(), exceptions: Vec::new() }
    }
}

/// Every option: its full name, how much of it must be typed, whether a word follows.
const OPTIONS: &[(&str, usize, Follows)] = &[
    ("?", 1, Follows::Nothing),
    ("help", 1, Follows::Nothing),
    ("callerinfo", 2, Follows::Ignored),
    ("checkfile", 6, Follows::Word),
    ("checkpointing", 6, Follows::Word),
    ("commandfile", 3, Follows::Refused("command files; give the options themselves")),
    ("configfile", 4, Follows::Word),
    ("connection", 4, Follows::Word),
    ("consolelog", 4, Follows::Ignored),
    ("dts", 1, Follows::Refused("the SSIS package store; give /File")),
    ("decrypt", 2, Follows::Refused("a password on the command line; give --password-file")),
    ("dump", 4, Follows::Word),
    ("dumponerror", 5, Follows::Nothing),
    ("envreference", 3, Follows::Refused("environments; execute the deployed package instead")),
    ("file", 1, Follows::Word),
    ("isserver", 8, Follows::Refused("catalog packages; use `packhorse execute`")),
    ("logger", 1, Follows::Refused("log providers on the command line")),
    ("maxconcurrent", 1, Follows::Word),
    ("package", 4, Follows::Word),
    ("password", 1, Follows::Refused("a password on the command line")),
    ("parameter", 3, Follows::Word),
    ("project", 4, Follows::Word),
    ("rem", 3, Follows::Ignored),
    ("reporting", 3, Follows::Word),
    ("restart", 3, Follows::Word),
    ("set", 3, Follows::Word),
    ("server", 3, Follows::Refused("msdb; give /File")),
    ("sql", 2, Follows::Refused("msdb; give /File")),
    ("sum", 2, Follows::Nothing),
    ("user", 1, Follows::Refused("msdb; give /File")),
    ("validate", 2, Follows::Nothing),
    ("vlog", 4, Follows::Refused("log providers on the command line")),
    ("warnaserror", 1, Follows::Nothing),
    ("x86", 3, Follows::Nothing),
    ("param", 5, Follows::Word),
    ("map-path", 8, Follows::Word),
    ("password-file", 13, Follows::Word),
    ("json", 4, Follows::Nothing),
    ("child", 5, Follows::Nothing),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Follows {
    /// No word.
    Nothing,
    /// One word.
    Word,
    /// One word, of no consequence here.
    Ignored,
    /// The option is known and cannot be honoured.
    Refused(&'static str),
}

/// Reads dtexec's command line; the error is a sentence for the user.
pub(crate) fn parse(words: &[String]) -> Result<Options, String> {
    let mut options = Options::default();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let Some(typed) = as_option(word) else {
            take_file(&mut options, word)?;
            continue;
        };
        let (name, joined) = match typed.split_once('=') {
            Some((name, value)) if word.starts_with("--") => (name, Some(value.to_owned())),
            _ => (typed, None),
        };
        let (name, follows) = find(name, word)?;
        let mut value = || {
            let next = joined.clone().or_else(|| rest.next().cloned());
            next.ok_or_else(|| format!("option `{word}` needs a value behind it"))
        };
        match follows {
            Follows::Refused(what) => {
                return Err(format!("option `{word}`: this program does not take {what}"));
            }
            Follows::Ignored => drop(value()?),
            Follows::Word => take_value(&mut options, name, value()?)?,
            Follows::Nothing => take_flag(&mut options, name),
        }
    }
    if options.project.is_some() && options.package.is_none() {
        return Err("option `/Project` needs `/Package` with the package's name".to_owned());
    }
    Ok(options)
}

/// The name behind `/`, `-` or `--`; `None` for a path.
fn as_option(word: &str) -> Option<&str> {
    if let Some(name) = word.strip_prefix("--").or_else(|| word.strip_prefix('-')) {
        return (!name.is_empty()).then_some(name);
    }
    let name = word.strip_prefix('/')?;
    let is_path = name.contains('/') || name.contains('.') || Path::new(word).exists();
    (!is_path).then_some(name)
}

fn find(typed: &str, word: &str) -> Result<(&'static str, Follows), String> {
    let lower = typed.to_lowercase();
    let matching = OPTIONS.iter().filter(|(name, shortest, _)| {
        name.starts_with(&lower) && (*shortest <= lower.len() || *name == lower)
    });
    // The shortest name that fits: `/Par` is `/Parameter` and `/P` is `/Password`.
    let found = matching.min_by_key(|(name, shortest, _)| (*name != lower, *shortest, name.len()));
    found
        .map(|&(name, _, follows)| (name, follows))
        .ok_or_else(|| format!("option `{word}` is not known; `packhorse exec /Help` lists them"))
}

fn take_file(options: &mut Options, word: &str) -> Result<(), String> {
    if options.file.is_some() {
        return Err(format!("`{word}`: only one package can be given"));
    }
    options.file = Some(word.into());
    Ok(())
}

fn take_flag(options: &mut Options, name: &str) {
    match name {
        "?" | "help" => options.help = true,
        "validate" => options.validate_only = true,
        "warnaserror" => options.warn_as_error = true,
        "dumponerror" => options.dump_on_error = true,
        "json" => options.json = true,
        "child" => options.child = true,
        // /Sum and /X86 change nothing here: counts are always shown, and there is one runtime.
        _ => {}
    }
}

fn take_value(options: &mut Options, name: &str, value: String) -> Result<(), String> {
    match name {
        "file" => take_file(options, &value)?,
        "project" => options.project = Some(value.into()),
        "package" => options.package = Some(value),
        "set" => options.set.push(pair(&value, ';', "/Set \\Package.Variables[User::x].Value;5")?),
        "parameter" => options.parameters.push(parameter(&value)?),
        "param" => {
            let (name, value) = pair(&value, '=', "--param NAME=VALUE")?;
            options.parameters.push(Parameter { value, ..scoped(&name) });
        }
        "connection" => {
            let separator = if value.contains(';') { ';' } else { '=' };
            options.connections.push(pair(&value, separator, "/Connection NAME;STRING")?);
        }
        "configfile" => options.configuration_files.push(value),
        "checkfile" => options.set.push(package_property("CheckpointFileName", &value)),
        "checkpointing" => {
            let on = one_of(&value, &[("on", "True"), ("off", "False")])?;
            options.set.push(package_property("SaveCheckpoints", on));
        }
        "restart" => {
            let usage = one_of(&value, &[("deny", "0"), ("ifpossible", "1"), ("force", "2")])?;
            options.set.push(package_property("CheckpointUsage", usage));
        }
        "dump" => {
            let codes = job::event_codes(&value);
            options.dump_codes.extend(codes.map_err(|error| format!("option `/Dump`: {error}"))?);
        }
        "map-path" => options.path_mappings.push(value),
        "password-file" => options.password_file = Some(value.into()),
        "maxconcurrent" => {
            let number = value.parse().ok().filter(|&number| number == -1 || 0 < number);
            let bad = || format!("`{value}` is not a count; give -1 or a number above 0");
            options.max_concurrent = Some(number.ok_or_else(bad)?);
        }
        "reporting" => options.reporting = reporting(&value)?,
        _ => {}
    }
    Ok(())
}

/// An option that stands for a property of the package.
fn package_property(name: &str, value: &str) -> (String, String) {
    (format!(r"\Package.Properties[{name}]"), value.to_owned())
}

/// What a word stands for.
fn one_of<'a>(value: &str, words: &[(&str, &'a str)]) -> Result<&'a str, String> {
    let known = words.iter().find(|(word, _)| word.eq_ignore_ascii_case(value));
    known.map(|&(_, meaning)| meaning).ok_or_else(|| {
        let words: Vec<&str> = words.iter().map(|&(word, _)| word).collect();
        format!("`{value}` is not one of {}", words.join(", "))
    })
}

fn pair(text: &str, separator: char, example: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once(separator)
        .ok_or_else(|| format!("`{text}` has no `{separator}`; write it as {example}"))?;
    Ok((unquote(name).to_owned(), unquote(value).to_owned()))
}

fn unquote(text: &str) -> &str {
    text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text)
}

/// `[$Package::|$Project::]NAME[(TYPE)];VALUE`.
fn parameter(text: &str) -> Result<Parameter, String> {
    let (name, value) = pair(text, ';', "/Parameter NAME(Int32);5")?;
    let mut parameter = Parameter { value, ..scoped(&name) };
    if let Some((name, type_name)) = parameter.name.clone().split_once('(') {
        parameter.type_name = Some(type_name.trim_end_matches(')').to_owned());
        parameter.name = name.to_owned();
    }
    Ok(parameter)
}

fn scoped(name: &str) -> Parameter {
    let (scope, name) = match name.split_once("::") {
        Some((scope, name)) => (Some(scope.to_owned()), name),
        None => (None, name),
    };
    Parameter { scope, name: name.to_owned(), type_name: None, value: String::new() }
}

fn reporting(text: &str) -> Result<Reporting, String> {
    let mut words = text.split(';');
    let levels = words.next().unwrap_or_default().to_uppercase();
    if let Some(bad) = levels.chars().find(|level| !"NEWICDPV".contains(*level)) {
        return Err(format!("`{bad}` is not a level of reporting; give some of N E W I C D P V"));
    }
    Ok(Reporting { levels, exceptions: words.map(str::to_owned).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Options, String> {
        parse(&line.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn options_are_read_in_their_short_and_long_forms() {
        let options = read(r"/F Load.dtsx /Rep EWI;OnInformation -maxconcurrent 3 /WarnAsError");
        let options = options.unwrap();
        assert_eq!(options.file.as_deref(), Some(Path::new("Load.dtsx")));
        assert_eq!(options.reporting.levels, "EWI");
        assert_eq!(options.reporting.exceptions, ["OnInformation"]);
        assert_eq!(options.max_concurrent, Some(3));
        assert!(options.warn_as_error);
    }

    #[test]
    fn checkpoint_options_are_properties_of_the_package() {
        let options = read("/F a.dtsx /CheckP on /Restart ifPossible /CheckF c.xml").unwrap();
        let set: Vec<String> =
            options.set.iter().map(|(path, value)| format!("{path}={value}")).collect();
        insta::assert_snapshot!(set.join("\n"), @r"
        \Package.Properties[SaveCheckpoints]=True
        \Package.Properties[CheckpointUsage]=1
        \Package.Properties[CheckpointFileName]=c.xml
        ");
        assert!(read("/CheckP maybe").is_err());
    }

    #[test]
    fn dumps_are_asked_for_by_error_or_by_code() {
        let options = read("/F a.dtsx /DumpOnError /Dump 0xC020801C;0xC0024107").unwrap();
        assert!(options.dump_on_error);
        assert_eq!(options.dump_codes, [0xC020_801C, 0xC002_4107]);
        assert!(!read("/F a.dtsx /Dump 0xC0024107").unwrap().dump_on_error);
        assert!(read("/F a.dtsx /Dump often").unwrap_err().contains("`often`"));
    }

    #[test]
    fn a_path_is_not_an_option() {
        let options = read("/srv/packages/Load.dtsx /Va").unwrap();
        assert_eq!(options.file.as_deref(), Some(Path::new("/srv/packages/Load.dtsx")));
        assert!(options.validate_only);
    }

    #[test]
    fn values_may_hold_the_separator() {
        let options = read(
            r"/Set \Package.Variables[User::x].Value;a;b /Conn Source;Data=x;y=z \
              /Par $Project::Count(Int32);7"
                .replace(" \\\n              ", " ")
                .as_str(),
        );
        let options = options.unwrap();
        let set = [(r"\Package.Variables[User::x].Value".to_owned(), "a;b".to_owned())];
        assert_eq!(options.set, set);
        assert_eq!(options.connections, [("Source".to_owned(), "Data=x;y=z".to_owned())]);
        let [parameter] = options.parameters.as_slice() else { panic!("{options:?}") };
        assert_eq!(parameter.scope.as_deref(), Some("$Project"));
        assert_eq!((parameter.name.as_str(), parameter.value.as_str()), ("Count", "7"));
        assert_eq!(parameter.type_name.as_deref(), Some("Int32"));
    }

    #[test]
    fn what_cannot_be_honoured_is_refused_by_name() {
        let refusal = |line| read(line).unwrap_err();
        insta::assert_snapshot!(refusal("/SQL x"), @"option `/SQL`: this program does not take msdb; give /File");
        insta::assert_snapshot!(refusal("/Frobnicate"), @"option `/Frobnicate` is not known; `packhorse exec /Help` lists them");
        insta::assert_snapshot!(refusal("/F"), @"option `/F` needs a value behind it");
        insta::assert_snapshot!(refusal("a.dtsx b.dtsx"), @"`b.dtsx`: only one package can be given");
        insta::assert_snapshot!(refusal("/Rep X"), @"`X` is not a level of reporting; give some of N E W I C D P V");
        insta::assert_snapshot!(refusal("/De secret"), @"option `/De`: this program does not take a password on the command line; give --password-file");
    }
}
