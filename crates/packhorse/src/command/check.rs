//! `packhorse check`: says for each package whether it would run, and what would not.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use model::Severity;
use package::{Package, Project, ProjectPackage};
use serde::Serialize;

use crate::cli::CheckArgs;
use crate::{output, sources};

/// What is said of one package.
#[derive(Debug, Serialize)]
struct Verdict {
    /// The file or project that was read.
    path: PathBuf,
    /// File name of the package.
    name: String,
    /// Its format; `null` when it could not be read.
    format_version: Option<u32>,
    /// Whether all of it runs.
    supported: bool,
    /// What does not.
    unsupported: Vec<Finding>,
}

/// One thing that does not run.
#[derive(Debug, Serialize)]
struct Finding {
    /// What it is, by name.
    feature: String,
    /// Where in the package.
    r#where: String,
    /// Why, and what to do.
    message: String,
}

/// Reads everything and prints a verdict a package; exit 1 when something would not run.
pub(crate) fn run(args: &CheckArgs, json: bool) -> Result<ExitCode> {
    let options = sources::read_options(args.password_file.as_deref())?;
    let mut verdicts = Vec::new();
    for path in sources::find(&args.paths)? {
        match sources::load(&path, &options) {
            Ok(source) => {
                let wanted = |package: &&ProjectPackage| {
                    source.only.is_empty() || source.only.contains(&package.file_name)
                };
                let packages = source.project.packages.iter().filter(wanted);
                verdicts.extend(packages.map(|package| verdict(&source, package)));
            }
            Err(error) => verdicts.push(unreadable(path, &error)),
        }
    }
    let all = verdicts.iter().all(|verdict| verdict.supported);
    if json {
        output::json(&serde_json::json!({ "packages": verdicts }))?;
    } else {
        print(&verdicts)?;
    }
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn verdict(source: &sources::Source, package: &ProjectPackage) -> Verdict {
    let mut unsupported = findings(&source.project, &package.package);
    let diagnostics = source.diagnostics.iter().filter(|diagnostic| {
        diagnostic.severity == Severity::Error && diagnostic.place.contains(&package.file_name)
    });
    unsupported.extend(diagnostics.map(|diagnostic| Finding {
        feature: diagnostic.code.to_string(),
        r#where: diagnostic.place.clone(),
        message: diagnostic.message.clone(),
    }));
    Verdict {
        path: source.path.clone(),
        name: package.file_name.clone(),
        format_version: Some(package.package.format_version),
        supported: unsupported.is_empty(),
        unsupported,
    }
}

fn findings(project: &Project, package: &Package) -> Vec<Finding> {
    runtime::check(project, package)
        .into_iter()
        .map(|one| Finding { feature: one.feature, r#where: one.place, message: one.message })
        .collect()
}

fn unreadable(path: PathBuf, error: &anyhow::Error) -> Verdict {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let message = format!("{error:#}");
    let finding = Finding { feature: "document".to_owned(), r#where: String::new(), message };
    Verdict { path, name, format_version: None, supported: false, unsupported: vec![finding] }
}

fn print(verdicts: &[Verdict]) -> Result<()> {
    for verdict in verdicts {
        let word = if verdict.supported { "runs" } else { "does not run" };
        output::line(&format!("{}: {} {word}", verdict.path.display(), verdict.name))?;
        for finding in &verdict.unsupported {
            let place = match finding.r#where.as_str() {
                "" => String::new(),
                place => format!(" at {place}"),
            };
            output::line(&format!("  {}{place}: {}", finding.feature, finding.message))?;
        }
    }
    let supported = verdicts.iter().filter(|verdict| verdict.supported).count();
    output::line(&format!("{supported} of {} packages run", verdicts.len()))
}
