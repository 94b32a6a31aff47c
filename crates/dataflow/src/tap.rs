//! Data taps: copies of the rows of a path, in a file of comma-separated values.
//!
//! A tapped path carries every column that exists there, also those that nobody further on needs.
//! The file has the names of the columns in its first line; lines end with CR LF, values with a
//! comma, quote or line end in them stand in quotes (RFC 4180). NULL is empty, text without
//! characters is `""`.
//!
//! Names, and what ends a tap: the `catalog.add_data_tap` page. The layout of the file is not
//! documented and is ours.

use std::io::{BufWriter, Write};
use std::path::PathBuf;

use arrow_array::RecordBatch;
use expression::array::value_at;
use expression::convert::{ConvertOptions, convert};
use fs_err::File;
use model::{DataType, Value, dts};

use crate::Failure;

/// Rows of a path that are to be copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tap {
    /// The path's IdentificationString: `Paths[Source.Output]`.
    pub path_id: String,
    /// How many rows at most; `None` is all.
    pub max_rows: Option<u64>,
    /// Where to. Its folder is made, and what was in the file is lost.
    pub file: PathBuf,
}

/// A tap that runs.
pub(crate) struct Tapping {
    tap: Tap,
    columns: Vec<(String, DataType)>,
    left: u64,
    file: Option<BufWriter<File>>,
}

impl Tapping {
    /// A tap on a path with these columns.
    pub(crate) fn new(tap: Tap, columns: Vec<(String, DataType)>) -> Self {
        let left = tap.max_rows.unwrap_or(u64::MAX);
        Self { tap, columns, left, file: None }
    }

    /// Begins the file.
    pub(crate) fn open(&mut self) -> Result<(), Failure> {
        let opened = self.begin();
        opened.map_err(|error| self.broken(&error))
    }

    fn begin(&mut self) -> std::io::Result<()> {
        if let Some(folder) = self.tap.file.parent() {
            fs_err::create_dir_all(folder)?;
        }
        let mut file = BufWriter::new(File::create(&self.tap.file)?);
        let names: Vec<String> = self.columns.iter().map(|(name, _)| quoted(name)).collect();
        write!(file, "{}\r\n", names.join(","))?;
        self.file = Some(file);
        Ok(())
    }

    /// Copies the rows of a batch, as long as there may be more.
    pub(crate) fn copy(&mut self, batch: &RecordBatch) -> Result<(), Failure> {
        let copied = self.copy_rows(batch);
        copied.map_err(|error| self.broken(&error))
    }

    fn copy_rows(&mut self, batch: &RecordBatch) -> std::io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let rows = batch.num_rows().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        for row in 0..rows {
            let cells = batch.columns().iter().zip(&self.columns);
            for (number, (array, (_, data_type))) in cells.enumerate() {
                if 0 < number {
                    file.write_all(b",")?;
                }
                file.write_all(cell(&value_at(array, *data_type, row), *data_type).as_bytes())?;
            }
            file.write_all(b"\r\n")?;
        }
        self.left -= rows as u64;
        Ok(())
    }

    /// Ends the file: all of it is written.
    pub(crate) fn finish(&mut self) -> Result<(), Failure> {
        let Some(mut file) = self.file.take() else { return Ok(()) };
        file.flush().map_err(|error| self.broken(&error))
    }

    fn broken(&self, error: &std::io::Error) -> Failure {
        Failure::new(
            dts::DTS_E_FILEWRITEFAILED,
            format!(
                "The rows of the data tap on \"{}\" cannot be written: {error}.",
                self.tap.path_id
            ),
        )
    }
}

/// A value as a field of the file.
fn cell(value: &Value, data_type: DataType) -> String {
    if value.is_null() {
        return String::new();
    }
    if let Value::Text(text) = value {
        return if text.is_empty() { "\"\"".to_owned() } else { quoted(text) };
    }
    let wide = DataType::WStr { length: 4000 };
    let text = convert(value, data_type, wide, &ConvertOptions::default());
    quoted(&text.map_or_else(|_| value.to_string(), |text| text.to_string()))
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests;
