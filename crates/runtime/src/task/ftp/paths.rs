//! The paths of an FTP Task: on this machine, where they are written as on Windows and mean what
//! the path map says, and on the server.

use std::path::PathBuf;
use std::sync::Arc;

use model::{Value, dts};
use package::{ConnectionKind, FileSystemPath, FtpPath};

use crate::evaluate::{self, Mistake};
use crate::frame::Frame;
use crate::property;

/// A path on this machine.
pub(super) struct LocalPath {
    /// As the package writes it.
    pub(super) written: String,
    /// Where it is, unless its last part has wildcards.
    pub(super) resolved: PathBuf,
    /// What a variable's wildcards mean.
    matching: Option<Vec<PathBuf>>,
    /// The variable or connection manager that has it.
    holder: Holder,
}

enum Holder {
    Variable(String),
    Connection(String),
}

impl LocalPath {
    /// The files that it means; at least one.
    pub(super) fn files(&self) -> Result<Vec<PathBuf>, Mistake> {
        if let Some(matching) = &self.matching {
            if matching.is_empty() {
                let text = format!("There are no files at \"{}\".", self.written);
                return Err(Mistake::new(dts::DTS_E_FTPTASK_NOFILESATLOCATION, text));
            }
            return Ok(matching.clone());
        }
        if !self.resolved.is_file() {
            let (Holder::Variable(name) | Holder::Connection(name)) = &self.holder;
            let text = format!("File represented by \"{name}\" does not exist.");
            return Err(Mistake::new(dts::DTS_E_FTPTASK_FILEDOESNOTEXIST, text));
        }
        Ok(vec![self.resolved.clone()])
    }

    /// The folder that it means.
    pub(super) fn folder(&self) -> Result<&PathBuf, Mistake> {
        if self.matching.is_none() && self.resolved.is_dir() {
            return Ok(&self.resolved);
        }
        Err(match &self.holder {
            Holder::Variable(name) => Mistake::new(
                dts::DTS_E_FTPTASK_INVALIDDIRECTORY,
                format!("Directory is not specified in the variable \"{name}\"."),
            ),
            Holder::Connection(name) => Mistake::new(
                dts::DTS_E_FTPTASK_NODIRECTORYPATHINCONMGR,
                format!("Directory is not specified in the file connection manager \"{name}\"."),
            ),
        })
    }
}

/// The task's path on this machine.
pub(super) fn local(frame: &Arc<Frame>, path: &FileSystemPath) -> Result<LocalPath, Mistake> {
    let (written, holder) = written(frame, path)?;
    let map = &frame.run.runner.options.path_map;
    let name = written.rsplit(['\\', '/']).next().unwrap_or(&written);
    let has_wildcards = name.contains(['*', '?']) && matches!(holder, Holder::Variable(_));
    let found = match has_wildcards {
        true => map.resolve_list(&written).map(|found| (PathBuf::new(), Some(found))),
        false => map.resolve(&written).map(|resolved| (resolved, None)),
    };
    let (resolved, matching) = found.map_err(|error| super::failed(&evaluate::chain(&error)))?;
    Ok(LocalPath { written, resolved, matching, holder })
}

/// Says what is wrong with a path on this machine. A variable may be empty before the package
/// runs.
pub(super) fn check_local(frame: &Arc<Frame>, path: &FileSystemPath) -> Result<(), Mistake> {
    match path {
        FileSystemPath::Variable(name) if !name.is_empty() => text_of(frame, name).map(drop),
        FileSystemPath::Variable(_) | FileSystemPath::Connection(_) => {
            written(frame, path).map(drop)
        }
    }
}

fn written(frame: &Arc<Frame>, path: &FileSystemPath) -> Result<(String, Holder), Mistake> {
    if path.key().is_empty() {
        let code = dts::DTS_E_FTPTASK_LOCALPATHEMPTY;
        return Err(Mistake::new(code, "The local path is empty."));
    }
    match path {
        FileSystemPath::Variable(name) => {
            let text = text_of(frame, name)?;
            if text.trim().is_empty() {
                let code = dts::DTS_E_FTPTASK_LOCALVARIABLEISEMPTY;
                return Err(Mistake::new(code, format!("The variable \"{name}\" is empty.")));
            }
            Ok((text, Holder::Variable(name.clone())))
        }
        FileSystemPath::Connection(key) => of_connection(frame, key),
    }
}

fn of_connection(frame: &Arc<Frame>, key: &str) -> Result<(String, Holder), Mistake> {
    let Some(connection) = property::connection(frame, key)? else {
        return Err(Mistake::new(
            dts::DTS_E_CONNECTIONNOTFOUND,
            format!(
                "The connection \"{key}\" is not found. This error is thrown by Connections \
                 collection when the specific connection element is not found."
            ),
        ));
    };
    if !matches!(connection.kind, ConnectionKind::File { .. }) {
        let text = format!("Type of Connection \"{}\" is Not a file.", connection.name);
        return Err(Mistake::new(dts::DTS_E_FTPTASK_CONNECTIONTYPENOTFILE, text));
    }
    let text = connection.connection_string.as_str().to_owned();
    if text.trim().is_empty() {
        let code = dts::DTS_E_FTPTASK_LOCALPATHEMPTY;
        return Err(Mistake::new(code, "The local path is empty."));
    }
    Ok((text, Holder::Connection(connection.name)))
}

fn text_of(frame: &Arc<Frame>, name: &str) -> Result<String, Mistake> {
    if frame.scope().find_written(name).is_none() {
        let text = format!("Variable \"{name}\" does not exist.");
        return Err(Mistake::new(dts::DTS_E_FTPTASK_VARIABLENOTFOUND, text));
    }
    if let Value::Text(text) = evaluate::read_variable(frame, name)? {
        return Ok(text.to_string());
    }
    let text = format!("Variable \"{name}\" is not a string.");
    Err(Mistake::new(dts::DTS_E_FTPTASK_VARIABLENOTASTRING, text))
}

/// A path on the server; it begins with `/`.
pub(super) struct RemotePath {
    /// All of it.
    pub(super) whole: String,
}

impl RemotePath {
    /// The folder and what stands behind it: `/in` and `*.csv`.
    pub(super) fn parts(&self) -> (&str, &str) {
        let (folder, name) = self.whole.rsplit_once('/').unwrap_or(("", &self.whole));
        (if folder.is_empty() { "/" } else { folder }, name)
    }
}

/// The task's path on the server.
pub(super) fn remote(frame: &Arc<Frame>, path: &FtpPath) -> Result<RemotePath, Mistake> {
    let whole = remote_text(frame, path)?;
    if let (FtpPath::Variable(name), true) = (path, whole.is_empty()) {
        let code = dts::DTS_E_FTPTASK_REMOTEVARIABLEISEMPTY;
        return Err(Mistake::new(code, format!("The variable \"{name}\" is empty.")));
    }
    let path = RemotePath { whole };
    if path.parts().0.contains(['*', '?']) {
        let text = format!("Invalid path on operation \"{}\".", path.whole);
        return Err(Mistake::new(dts::DTS_E_FTPTASK_INVALIDPATHONOPERATION, text));
    }
    Ok(path)
}

/// Says what is wrong with a path on the server. A variable may be empty before the package runs.
pub(super) fn check_remote(frame: &Arc<Frame>, path: &FtpPath) -> Result<(), Mistake> {
    remote_text(frame, path).map(drop)
}

fn remote_text(frame: &Arc<Frame>, path: &FtpPath) -> Result<String, Mistake> {
    if path.key().trim().is_empty() {
        let code = dts::DTS_E_FTPTASK_REMOTEPATHEMPTY;
        return Err(Mistake::new(code, "The remote path is empty."));
    }
    match path {
        FtpPath::Text(text) if text.starts_with('/') => Ok(text.clone()),
        FtpPath::Text(text) => Err(Mistake::new(
            dts::DTS_E_FTPTASK_INVALIDREMOTEPATH,
            format!("Remote path \"{text}\" doesn't start with \"/\"."),
        )),
        FtpPath::Variable(name) => {
            let text = text_of(frame, name)?.trim().to_owned();
            if text.is_empty() || text.starts_with('/') {
                return Ok(text);
            }
            Err(Mistake::new(
                dts::DTS_E_FTPTASK_INVALIDVARIABLEVALUE,
                format!("Variable \"{name}\" doesn't start with \"/\"."),
            ))
        }
    }
}
