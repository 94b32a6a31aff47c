//! libxml2's programs: started, waited for, and ended when the run is stopped.
//!
//! They read files only, so that a text of the package is put into one that is gone afterwards.
//! They are told not to use the network.

use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use package::XmlOperand;
use tempfile::NamedTempFile;

use super::went_wrong;
use crate::evaluate::Mistake;
use crate::frame::Frame;
use crate::leftover;
use crate::xml::{self, Role};

/// How much of what a program says is kept; more is an error.
const OUTPUT_BYTES_MAX: u64 = 1 << 30;

/// How often a wait looks for a request to stop.
const PAUSE: Duration = Duration::from_millis(10);

/// Why an operation did not come to its end.
pub(crate) enum Trouble {
    /// It cannot be done.
    Mistake(Mistake),
    /// The run was stopped.
    Canceled,
}

impl From<Mistake> for Trouble {
    fn from(mistake: Mistake) -> Self {
        Self::Mistake(mistake)
    }
}

/// What a program left behind.
pub(crate) struct Ended {
    /// Its exit code; `None` when a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) output: Vec<u8>,
    pub(crate) errors: String,
}

/// A document in a file.
pub(crate) struct Input {
    pub(crate) path: PathBuf,
    /// What it is called in messages: the path, or the variable or property that it came from.
    pub(crate) name: String,
    /// Removed with this.
    _temporary: Option<NamedTempFile>,
}

impl Input {
    /// The file of an operand, or one with its text.
    pub(crate) fn of(frame: &Arc<Frame>, operand: &XmlOperand) -> Result<Self, Mistake> {
        if let Some(path) = xml::file(frame, operand, Role::Document)? {
            if !path.exists() {
                return Err(xml::missing(&path));
            }
            let name = path.display().to_string();
            return Ok(Self { path, name, _temporary: None });
        }
        let text = xml::text(frame, operand, Role::Document)?;
        let file = NamedTempFile::new().and_then(|mut file| {
            file.write_all(without_encoding(&text).as_bytes())?;
            file.flush()?;
            Ok(file)
        });
        let file = file.map_err(|error| went_wrong(&format!("a file cannot be made: {error}")))?;
        let name = match operand.kind {
            package::XmlSourceType::Variable => operand.text.clone(),
            package::XmlSourceType::DirectInput | package::XmlSourceType::FileConnection => {
                "(direct input)".to_owned()
            }
        };
        Ok(Self { path: file.path().to_owned(), name, _temporary: Some(file) })
    }
}

/// Refuses a document that has libxml2 read other files into it. What a DTD declares is no reason.
pub(crate) fn refuse_external_entities(text: &str) -> Result<(), Mistake> {
    let declarations = text.split("<!ENTITY").skip(1);
    let is_external = |declaration: &str| {
        let outside = declaration.split(['"', '\'']).next().unwrap_or_default();
        outside.contains("SYSTEM") || outside.contains("PUBLIC")
    };
    if declarations.into_iter().any(is_external) {
        return Err(went_wrong("the document has external entities, which are not read"));
    }
    Ok(())
}

/// A text without the encoding of its declaration: what it was before it became a text.
pub(crate) fn without_encoding(text: &str) -> String {
    let text = text.trim_start_matches('\u{FEFF}').trim_start();
    let rest = text.strip_prefix("<?xml").filter(|rest| rest.starts_with(char::is_whitespace));
    match rest.and_then(|rest| rest.split_once("?>")) {
        Some((_, rest)) => format!("<?xml version=\"1.0\"?>{rest}"),
        None => text.to_owned(),
    }
}

/// Refuses a program of a Debian package that is not installed.
pub(crate) fn installed((program, debian): (&str, &str)) -> Result<(), Mistake> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there = std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
    if is_there { Ok(()) } else { Err(not_installed(program, debian)) }
}

/// Runs a program of a Debian package to its end.
pub(crate) fn run(
    frame: &Arc<Frame>,
    (program, debian): (&str, &str),
    arguments: &[&Path],
) -> Result<Ended, Trouble> {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .env(leftover::MARK, &frame.run.runner.mark)
        .env("LC_ALL", "C.UTF-8")
        .process_group(0);
    frame.run.runner.starts_programs.store(true, Ordering::SeqCst);
    let mut child = command.spawn().map_err(|error| not_started(program, debian, &error))?;
    let group = i32::try_from(child.id()).ok().map(Pid::from_raw);
    let output = drain(child.stdout.take());
    let errors = drain(child.stderr.take());
    loop {
        match child.try_wait() {
            Ok(Some(status)) => {
                let output = output.recv().unwrap_or_default();
                let errors = errors.recv().unwrap_or_default();
                if OUTPUT_BYTES_MAX < output.len() as u64 {
                    let text = format!("the result of {program} is larger than 1 GB");
                    return Err(went_wrong(&text).into());
                }
                let errors = String::from_utf8_lossy(&errors).into_owned();
                return Ok(Ended { code: status.code(), output, errors });
            }
            Ok(None) => {}
            Err(error) => return Err(not_started(program, debian, &error).into()),
        }
        if frame.run.runner.cancel.wait(PAUSE) {
            if let Some(group) = group
                && let Err(error) = killpg(group, Signal::SIGKILL)
            {
                // It is gone already, which is what is wanted.
                tracing::debug!(%error, "a program of the XML Task could not be ended");
            }
            drop(child.wait());
            return Err(Trouble::Canceled);
        }
    }
}

fn not_started(program: &str, debian: &str, error: &io::Error) -> Mistake {
    if error.kind() == io::ErrorKind::NotFound {
        return not_installed(program, debian);
    }
    went_wrong(&format!("{program} cannot be started: {error}"))
}

fn not_installed(program: &str, debian: &str) -> Mistake {
    went_wrong(&format!(
        "the program {program} is not installed; on Debian it is in the package {debian}"
    ))
}

fn drain(pipe: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Vec<u8>> {
    let (done, result) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(pipe) = pipe {
            // What came before a broken pipe counts; there is nobody to tell about the rest.
            drop(pipe.take(OUTPUT_BYTES_MAX + 1).read_to_end(&mut bytes));
        }
        drop(done.send(bytes));
    });
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_not_there_is_named_with_its_package() {
        let error = Command::new("/no/such/xmllint").spawn().unwrap_err();
        let said = not_started("xmllint", "libxml2-utils", &error);
        assert!(said.text().contains("xmllint is not installed"), "{}", said.text());
        assert!(said.text().contains("package libxml2-utils"), "{}", said.text());
        let known_before = installed(("no-such-xmllint", "libxml2-utils")).unwrap_err();
        assert!(known_before.text().contains("package libxml2-utils"), "{}", known_before.text());
        assert!(installed(("sh", "dash")).is_ok());
    }

    #[test]
    fn only_entities_of_other_files_are_external() {
        for fine in [
            "<!DOCTYPE a SYSTEM 'a.dtd'><a/>",
            "<!DOCTYPE a [<!ENTITY b 'SYSTEM'><!ENTITY % c \"PUBLIC\">]><a/>",
        ] {
            assert!(refuse_external_entities(fine).is_ok(), "{fine}");
        }
        for bad in [
            "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///x'>]><a/>",
            "<!DOCTYPE a [<!ENTITY % b\n PUBLIC 'p' 'file:///x'> %b;]><a/>",
            "<!DOCTYPE a [<!ENTITY b 'x'><!ENTITY c SYSTEM 'file:///x'>]><a/>",
        ] {
            assert!(refuse_external_entities(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_text_loses_the_encoding_that_it_had_as_a_file() {
        let text = "\u{FEFF}<?xml version='1.0' encoding='utf-16'?><a/>";
        assert_eq!(without_encoding(text), "<?xml version=\"1.0\"?><a/>");
        assert_eq!(
            without_encoding("<?xml-stylesheet href='x'?><a/>"),
            "<?xml-stylesheet href='x'?><a/>"
        );
    }
}
