//! Bulk Insert Task: a file that SQL Server itself reads into a table.

use crate::codes::numbered;

/// Bulk Insert Task.
#[derive(Clone, Debug, Default)]
pub struct BulkInsert {
    /// Id or name of the FILE or flat file connection manager of the data.
    pub source: String,
    /// Id or name of the connection manager of the database.
    pub destination: String,
    /// The table, quoted as T-SQL wants it.
    pub table: String,
    /// Whether constraints of the table are checked.
    pub check_constraints: bool,
    /// Whether an empty field is NULL where the column has a default.
    pub keep_nulls: bool,
    /// Whether identity columns get the values of the file.
    pub keep_identity: bool,
    /// Whether the whole table is locked.
    pub table_lock: bool,
    /// Whether insert triggers fire.
    pub fire_triggers: bool,
    /// The first row that is loaded, from 1; 0 means the first.
    pub first_row: u32,
    /// The last row that is loaded; 0 means the last.
    pub last_row: u32,
    /// Rows of a batch; 0 is the whole file.
    pub batch_size: u32,
    /// Rows that may fail; 0 is any number.
    pub errors_max: u32,
    /// Columns by which the file is sorted, as in ORDER BY; empty when it is not.
    pub sorted_by: String,
    /// What the file has in it.
    pub data_file_type: DataFileType,
    /// `RAW`, `ACP`, `OEM` or the number of a code page.
    pub code_page: String,
    /// What ends a field, as the designer names it: `Comma {,}`, `Tab`.
    pub field_terminator: String,
    /// What ends a row, as the designer names it: `{CR}{LF}`.
    pub row_terminator: String,
    /// Whether the format is in a file.
    pub uses_format_file: bool,
    /// Id or name of the FILE connection manager of the format file.
    pub format_file: String,
}

numbered! {
    /// What a file for a bulk insert has in it.
    DataFileType {
        /// Text in a code page.
        #[default]
        Char = 0, "DTSBulkInsert_DataFileType_Char" | "Char";
        /// Values as SQL Server writes them.
        Native = 1, "DTSBulkInsert_DataFileType_Native" | "Native";
        /// UTF-16 text.
        WideChar = 2, "DTSBulkInsert_DataFileType_WideChar" | "WideChar";
        /// Values as SQL Server writes them, texts in UTF-16.
        WideNative = 3, "DTSBulkInsert_DataFileType_WideNative" | "WideNative";
    }
}
