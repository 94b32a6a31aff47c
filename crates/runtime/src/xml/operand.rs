//! Where the texts of XML tasks and enumerators come from: their own property, the file of a FILE
//! connection manager, or a variable.
//!
//! The documentation says of a variable both that it holds the document and that it holds its
//! path. A document begins with `<`, so what does not is a path.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use connect::xml::document_text;
use fs_err as fs;
use model::{Value, dts};
use package::{ConnectionKind, XmlOperand, XmlSourceType};

use crate::evaluate::{self, Mistake};
use crate::frame::Frame;
use crate::property;

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// A document, schema or stylesheet.
    Document,
    /// An XPath expression.
    Path,
}

/// The text that is meant.
pub(crate) fn text(
    frame: &Arc<Frame>,
    operand: &XmlOperand,
    role: Role,
) -> Result<String, Mistake> {
    if let Some(path) = file(frame, operand, role)? {
        return of_file(&path, role);
    }
    if operand.kind == XmlSourceType::Variable {
        return of_variable(frame, &operand.text);
    }
    Ok(operand.text.clone())
}

/// The file that has the text, where a file has it.
pub(crate) fn file(
    frame: &Arc<Frame>,
    operand: &XmlOperand,
    role: Role,
) -> Result<Option<PathBuf>, Mistake> {
    let written = match operand.kind {
        XmlSourceType::DirectInput => return Ok(None),
        XmlSourceType::FileConnection => of_connection(frame, &operand.text)?,
        XmlSourceType::Variable => {
            let text = of_variable(frame, &operand.text)?;
            let text = text.trim().trim_start_matches('\u{FEFF}');
            if role == Role::Path || text.starts_with('<') || text.is_empty() {
                return Ok(None);
            }
            text.to_owned()
        }
    };
    resolve(frame, &written).map(Some)
}

/// The path that a FILE connection manager has, as the package writes it.
pub(crate) fn of_connection(frame: &Arc<Frame>, key: &str) -> Result<String, Mistake> {
    let manager = property::connection(frame, key)?.ok_or_else(|| {
        Mistake::new(
            dts::DTS_E_CONNECTIONNOTFOUND,
            format!(
                "The connection \"{key}\" is not found. This error is thrown by Connections \
                 collection when the specific connection element is not found."
            ),
        )
    })?;
    if !matches!(manager.kind, ConnectionKind::File { .. }) {
        return Err(Mistake::new(
            dts::DTS_E_XMLTASK_CONNECTIONTYPENOTFILE,
            format!("The connection type of \"{}\" is not File.", manager.name),
        ));
    }
    Ok(manager.connection_string.as_str().to_owned())
}

/// The file at a path of the package.
pub(crate) fn resolve(frame: &Frame, written: &str) -> Result<PathBuf, Mistake> {
    let map = &frame.run.runner.options.path_map;
    map.resolve(written).map_err(|error| unreadable(&evaluate::chain(&error)))
}

fn of_variable(frame: &Arc<Frame>, name: &str) -> Result<String, Mistake> {
    let value = evaluate::read_variable(frame, name)?;
    if let Value::Text(text) = &value {
        return Ok(text.to_string());
    }
    Err(Mistake::new(
        dts::DTS_E_XMLTASK_VARIABLETYPEISNOTSTRING,
        format!("The data type of variable \"{name}\" is not String."),
    ))
}

fn of_file(path: &Path, role: Role) -> Result<String, Mistake> {
    let bytes = fs::read(path).map_err(|error| {
        let is_missing = error.kind() == std::io::ErrorKind::NotFound;
        if is_missing { missing(path) } else { unreadable(&error.to_string()) }
    })?;
    match role {
        Role::Path => Ok(connect::code_page::text_of_file(&bytes).trim().to_owned()),
        Role::Document => document_text(&bytes).map_err(|error| {
            unreadable(&format!("{}: {}", path.display(), evaluate::chain(&error)))
        }),
    }
}

/// There is no such file.
pub(crate) fn missing(path: &Path) -> Mistake {
    Mistake::new(
        dts::DTS_E_XMLTASK_FILEDOESNOTEXIST,
        format!("The file \"{}\" does not exist.", path.display()),
    )
}

fn unreadable(reason: &str) -> Mistake {
    Mistake::new(
        dts::DTS_E_ERROROCCURREDWITHFOLLOWINGMESSAGE,
        format!("An error occurred with the following error message: \"{reason}\"."),
    )
}
