//! What an FTP Task does on its server.

use std::path::Path;
use std::sync::Arc;

use connect::ftp::{FtpError, FtpSession, TransferType};
use model::dts;
use package::Ftp;

use super::paths::{self, LocalPath, RemotePath};
use super::{Trouble, each, log, server};
use crate::evaluate::{self, Mistake};
use crate::frame::Frame;

/// A session with the server of a task.
pub(super) struct Remote<'a> {
    frame: &'a Arc<Frame>,
    task: &'a Ftp,
    session: FtpSession<'a>,
    /// The connection manager's name.
    connection: String,
}

impl Remote<'_> {
    /// Signs in and does something to the task's path on the server.
    pub(super) fn work(
        frame: &Arc<Frame>,
        task: &Ftp,
        work: impl FnOnce(&mut Remote<'_>, &RemotePath) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        let (server, connection) = server::of_task(frame, task).map_err(Trouble::Setup)?;
        let path = paths::remote(frame, &task.remote).map_err(Trouble::Setup)?;
        let address = format!("{}:{}", server.host, server.port);
        log(frame, "FTPConnectingToServer", &format!("Connecting to {address}."));
        let cancel = &frame.run.runner.cancel;
        let stop = || cancel.is_cancelled();
        let session = FtpSession::open(&server, &stop).map_err(|error| {
            let text = format!("Unable to connect to FTP server using \"{connection}\".");
            let code = dts::DTS_E_FTPTASK_UNABLETOCONNECTTOSERVER;
            Trouble::Setup(refused(&error).and(code, text))
        })?;
        work(&mut Remote { frame, task, session, connection }, &path)
    }

    /// Sends files into a folder.
    pub(super) fn send(&mut self, local: &LocalPath, folder: &RemotePath) -> Result<(), Trouble> {
        let connection = self.connection.clone();
        let unable = |mistake: Mistake| {
            let text = format!("Unable to send files using \"{connection}\".");
            mistake.and(dts::DTS_E_FTPTASK_UNABLETOSENDFILES, text)
        };
        let files = local.files().map_err(Trouble::Operation)?;
        self.enter(&folder.whole).map_err(|mistake| Trouble::Operation(unable(mistake)))?;
        let there = match self.task.overwrite {
            true => Vec::new(),
            false => self
                .session
                .files("*")
                .map_err(|error| Trouble::Operation(unable(refused(&error))))?,
        };
        let kind = self.kind();
        each(self.frame, self.task, &files, |file| {
            let sent = send_one(&mut self.session, file, &there, kind);
            let sent = sent.map_err(|error| unable(refused(&error)));
            (sent, self.session.is_open())
        })
    }

    /// Receives files into a folder of this machine.
    pub(super) fn receive(&mut self, local: &LocalPath, path: &RemotePath) -> Result<(), Trouble> {
        let connection = self.connection.clone();
        let unable = |mistake: Mistake| {
            let text = format!("Unable to receive files using \"{connection}\".");
            mistake.and(dts::DTS_E_FTPTASK_UNABLETORECEIVEFILES, text)
        };
        let folder = local.folder().map_err(Trouble::Operation)?;
        let names = self.names(path).map_err(|mistake| Trouble::Operation(unable(mistake)))?;
        let (kind, overwrite) = (self.kind(), self.task.overwrite);
        each(self.frame, self.task, &names, |name| {
            let received = self.session.receive(name, &folder.join(name), kind, overwrite);
            let received = received.map_err(|error| unable(refused(&error)));
            (received, self.session.is_open())
        })
    }

    /// Deletes files.
    pub(super) fn delete(&mut self, path: &RemotePath) -> Result<(), Trouble> {
        let connection = self.connection.clone();
        let unable = |mistake: Mistake| {
            let text = format!("Unable to delete remote files using \"{connection}\".");
            mistake.and(dts::DTS_E_FTPTASK_UNABLETODELETEREMOTEFILES, text)
        };
        let names = self.names(path).map_err(|mistake| Trouble::Operation(unable(mistake)))?;
        each(self.frame, self.task, &names, |name| {
            let deleted = self.session.delete(name).map_err(|error| unable(refused(&error)));
            (deleted, self.session.is_open())
        })
    }

    /// Makes a folder.
    pub(super) fn make_folder(&mut self, path: &RemotePath) -> Result<(), Trouble> {
        self.session.make_folder(&path.whole).map_err(|error| {
            let folder = &path.whole;
            let reason = evaluate::chain(&error);
            let text = format!("Creating folder \"{folder}\" ... {reason}.");
            let unable =
                format!("Unable to create remote directory using \"{}\".", self.connection);
            let mistake = Mistake::new(dts::DTS_E_FTPCREATEFOLDER, text);
            Trouble::Operation(mistake.and(dts::DTS_E_FTPTASK_UNABLETOMAKEDIRREMOTE, unable))
        })
    }

    /// Removes a folder.
    pub(super) fn remove_folder(&mut self, path: &RemotePath) -> Result<(), Trouble> {
        self.session.remove_folder(&path.whole).map_err(|error| {
            let folder = &path.whole;
            let reason = evaluate::chain(&error);
            let text = format!("Deleting folder \"{folder}\" ... {reason}.");
            let unable =
                format!("Unable to remove remote directory using \"{}\".", self.connection);
            let mistake = Mistake::new(dts::DTS_E_FTPDELETEFOLDER, text);
            Trouble::Operation(mistake.and(dts::DTS_E_FTPTASK_UNABLETOREMOVEDIRREMOTE, unable))
        })
    }

    fn enter(&mut self, folder: &str) -> Result<(), Mistake> {
        self.session.enter(folder).map_err(|error| {
            let reason = evaluate::chain(&error);
            let text = format!("Changing current directory to \"{folder}\". {reason}.");
            Mistake::new(dts::DTS_E_FTPCHANGEFOLDER, text)
        })
    }

    /// The files that a path means, whose folder is the current one then.
    fn names(&mut self, path: &RemotePath) -> Result<Vec<String>, Mistake> {
        let (folder, name) = path.parts();
        self.enter(folder)?;
        let names = match name.contains(['*', '?']) {
            true => self.session.files(name).map_err(|error| refused(&error))?,
            false if name.is_empty() => Vec::new(),
            false => vec![name.to_owned()],
        };
        if names.is_empty() {
            let text = format!("No files found in \"{}\".", path.whole);
            return Err(Mistake::new(dts::DTS_E_FTPTASK_NOFILESFOUND, text));
        }
        Ok(names)
    }

    const fn kind(&self) -> TransferType {
        if self.task.ascii { TransferType::Ascii } else { TransferType::Binary }
    }
}

fn send_one(
    session: &mut FtpSession<'_>,
    file: &Path,
    there: &[String],
    kind: TransferType,
) -> Result<(), FtpError> {
    let no_name = || FtpError::Name { name: file.display().to_string() };
    let name = file.file_name().and_then(|name| name.to_str()).ok_or_else(no_name)?;
    if there.iter().any(|known| known == name) {
        return Err(FtpError::Exists { name: name.to_owned() });
    }
    session.send(file, name, kind)
}

fn refused(error: &FtpError) -> Mistake {
    let reason = evaluate::chain(error);
    Mistake::new(
        dts::DTS_E_FTPERROR,
        format!(
            "An error occurred in the requested FTP operation. Detailed error description: {reason}."
        ),
    )
}
