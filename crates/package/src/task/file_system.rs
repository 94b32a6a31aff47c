//! File System Task: copies, moves, deletes and creates files and folders.

use crate::codes::numbered;

/// File System Task.
#[derive(Clone, Debug, Default)]
pub struct FileSystem {
    /// What it does.
    pub operation: FileSystemOperation,
    /// What it does it to.
    pub source: FileSystemPath,
    /// Where the result goes; not every operation has one.
    pub destination: FileSystemPath,
    /// Whether an existing destination is overwritten; for a folder to create, whether an existing
    /// one is all right.
    pub overwrite: bool,
    /// Names of the attributes to set: ReadOnly, Hidden, System, Archive; none is Normal.
    pub attributes: Vec<String>,
}

/// A path that a connection manager or a variable holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileSystemPath {
    /// Id or name of a connection manager of kind FILE; may be empty where none is needed.
    Connection(String),
    /// `User::Path`.
    Variable(String),
}

impl FileSystemPath {
    /// The connection manager's id or the variable's name.
    pub fn key(&self) -> &str {
        match self {
            Self::Connection(key) | Self::Variable(key) => key,
        }
    }
}

impl Default for FileSystemPath {
    fn default() -> Self {
        Self::Connection(String::new())
    }
}

numbered! {
    /// What a File System Task does.
    FileSystemOperation {
        /// Copies a file.
        #[default]
        CopyFile = 0, "CopyFile";
        /// Moves a file.
        MoveFile = 1, "MoveFile";
        /// Deletes a file.
        DeleteFile = 2, "DeleteFile";
        /// Renames a file.
        RenameFile = 3, "RenameFile";
        /// Sets a file's attributes.
        SetAttributes = 4, "SetAttributes";
        /// Creates a folder.
        CreateDirectory = 5, "CreateDirectory";
        /// Copies a folder.
        CopyDirectory = 6, "CopyDirectory";
        /// Moves a folder.
        MoveDirectory = 7, "MoveDirectory";
        /// Deletes a folder.
        DeleteDirectory = 8, "DeleteDirectory";
        /// Deletes everything in a folder.
        DeleteDirectoryContent = 9, "DeleteDirectoryContent";
    }
}
