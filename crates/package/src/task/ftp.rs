//! FTP Task: sends, receives and deletes files of an FTP server, makes and removes folders.

use crate::FileSystemPath;
use crate::codes::numbered;

/// FTP Task.
#[derive(Clone, Debug)]
pub struct Ftp {
    /// Id or name of the FTP connection manager.
    pub connection: String,
    /// What it does.
    pub operation: FtpOperation,
    /// The file or folder on this machine; in a variable, the file's name may have wildcards.
    pub local: FileSystemPath,
    /// The file or folder on the server; the file's name may have wildcards.
    pub remote: FtpPath,
    /// Whether files that are there already are overwritten.
    pub overwrite: bool,
    /// Whether files are transferred as text.
    pub ascii: bool,
    /// Whether the task ends with the first file that cannot be dealt with, and fails.
    pub stop_on_failure: bool,
    /// Names of settings in the document that mean nothing here.
    pub unknown_settings: Vec<String>,
}

/// A path on the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FtpPath {
    /// `/in/*.csv`.
    Text(String),
    /// `User::Path`.
    Variable(String),
}

impl FtpPath {
    /// The path or the variable's name.
    pub fn key(&self) -> &str {
        match self {
            Self::Text(key) | Self::Variable(key) => key,
        }
    }
}

numbered! {
    /// What an FTP Task does.
    FtpOperation {
        /// Sends files.
        #[default]
        Send = 0, "Send";
        /// Receives files.
        Receive = 1, "Receive";
        /// Deletes files of this machine.
        DeleteLocal = 2, "DeleteLocal";
        /// Deletes files of the server.
        DeleteRemote = 3, "DeleteRemote";
        /// Makes a folder on this machine.
        MakeDirLocal = 4, "MakeDirLocal";
        /// Makes a folder on the server.
        MakeDirRemote = 5, "MakeDirRemote";
        /// Removes a folder of this machine.
        RemoveDirLocal = 6, "RemoveDirLocal";
        /// Removes a folder of the server.
        RemoveDirRemote = 7, "RemoveDirRemote";
    }
}
