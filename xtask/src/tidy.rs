//! `cargo xtask tidy`: rules that no compiler knows.
//!
//! Crates depend only downwards; files are short and say what they are; every diagnostic code
//! has a page.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::root;

/// Who may depend on whom. ARCHITECTURE.md shows the same table; change both.
const LAYERS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("expression", &["model"]),
    ("package", &["model", "expression"]),
    ("scaleout", &["model"]),
    ("connect", &["model", "transport"]),
    ("dataflow", &["model", "expression", "package", "connect"]),
    ("runtime", &["model", "expression", "package", "connect", "dataflow"]),
    ("catalog", &["model", "package", "scaleout", "transport"]),
    ("tds", &[]),
    ("tsql", &["model"]),
    ("ssisdb", &["model", "catalog", "tsql"]),
    ("transport", &[]),
    ("worker", &["model", "scaleout", "transport"]),
    ("master", &["model", "scaleout", "catalog", "transport", "tds", "tsql", "ssisdb"]),
    ("testkit", &[]),
    (
        "packhorse",
        &[
            "model",
            "expression",
            "package",
            "scaleout",
            "connect",
            "dataflow",
            "runtime",
            "catalog",
            "tds",
            "tsql",
            "ssisdb",
            "transport",
            "worker",
            "master",
        ],
    ),
];

/// Lines of a source file before its tests.
const FILE_LINES_MAX: usize = 500;

/// Lines of a `lib.rs`.
const LIB_LINES_MAX: usize = 60;

/// Words that stand for work left undone.
const UNDONE: &[&str] = &["todo!(", "unimplemented!(", "#[ignore", "FIXME", "XXX"];

/// Runs every check and lists all that is wrong.
pub(crate) fn run() -> Result<()> {
    let mut problems = Vec::new();
    check_layers(&mut problems)?;
    for file in rust_files(&root().join("crates"))? {
        check_file(&file, &mut problems)?;
    }
    check_error_pages(&mut problems)?;
    if problems.is_empty() {
        return Ok(());
    }
    bail!("not tidy:\n  {}", problems.join("\n  "));
}

fn check_layers(problems: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(root().join("crates"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let Some((_, allowed)) = LAYERS.iter().find(|(layer, _)| *layer == name) else {
            problems.push(format!("crate `{name}` is not in the table of layers"));
            continue;
        };
        for used in internal_dependencies(&name)? {
            if !allowed.contains(&used.as_str()) {
                problems.push(format!("crate `{name}` must not depend on `{used}`"));
            }
        }
    }
    Ok(())
}

/// The crates of this project that `name` depends on outside its tests.
fn internal_dependencies(name: &str) -> Result<Vec<String>> {
    let path = root().join("crates").join(name).join("Cargo.toml");
    let manifest = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let section = manifest.split("[dependencies]").nth(1).unwrap_or_default();
    let section = section.split("\n[").next().unwrap_or_default();
    let names = section.lines().filter_map(|line| line.split(['.', '=', ' ']).next());
    Ok(names
        .filter(|name| LAYERS.iter().any(|(layer, _)| layer == name))
        .map(str::to_owned)
        .collect())
}

fn check_file(path: &Path, problems: &mut Vec<String>) -> Result<()> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let shown = path.strip_prefix(root()).unwrap_or(path).display();
    let is_test = path.components().any(|part| part.as_os_str() == "tests")
        || path.file_name().is_some_and(|name| name == "tests.rs");
    // The tests of a file are what its own header says.
    if !is_test && !text.starts_with("//!") && !text.starts_with("#!") {
        problems.push(format!("{shown}: has no header that says what it is"));
    }
    let code = text.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default();
    let lines = code.lines().count();
    let max = if path.file_name().is_some_and(|name| name == "lib.rs") {
        LIB_LINES_MAX
    } else {
        FILE_LINES_MAX
    };
    if !is_test && max < lines {
        problems.push(format!("{shown}: {lines} lines, more than {max}"));
    }
    for word in UNDONE {
        if text.contains(word) {
            problems.push(format!("{shown}: contains `{word}`"));
        }
    }
    Ok(())
}

fn check_error_pages(problems: &mut Vec<String>) -> Result<()> {
    let source = root().join("crates/model/src/diagnostic.rs");
    let text = fs::read_to_string(&source)?;
    let list = text.split("\ncodes! {").nth(1).context("no list of codes in diagnostic.rs")?;
    for line in list.lines() {
        let Some((_, number)) = line.trim().split_once(" = ") else { continue };
        let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
        let page = format!("docs/errors/PH{digits:0>4}.md");
        if !digits.is_empty() && !root().join(&page).exists() {
            problems.push(format!("{page} is missing: every code has a page"));
        }
    }
    Ok(())
}

fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(found)
}
