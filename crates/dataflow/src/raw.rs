//! Raw files: batches on disk, as Raw File Destination and Cache Transform write them and Raw
//! File Source and Lookup read them; also what Sort and Aggregate set aside while they run.
//!
//! The byte layout of SSIS's own raw and cache files is not documented, so this is a layout of
//! our own: one or several Arrow IPC streams one behind the other, each ended by its end marker,
//! all with one schema. A field's metadata has the SSIS type, the place in the sort order and the
//! comparison flags; the schema's metadata has the version of this layout. Any Arrow reader can
//! read the first stream. Files of SSIS on Windows are refused by [`RawError::Foreign`].
//!
//! # Invariant
//!
//! A file that was not written to its end is never read as if it were: a stream without its end
//! marker is [`RawError::Truncated`].

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::RecordBatch;
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, Field, Schema, SchemaRef};
use expression::array::{data_type_of, field};
use fs_err::OpenOptions;
use model::DataType;

/// Schema metadata: the version of the layout.
const VERSION_KEY: &str = "packhorse:raw";
/// The version that is written and read.
const VERSION: &str = "1";
/// Field metadata: place in the sort order, negative for descending.
const SORT_KEY: &str = "ssis:sort_key_position";
/// Field metadata: how text was compared for the sort order.
const FLAGS_KEY: &str = "ssis:comparison_flags";
/// What ends an Arrow IPC stream.
const END_OF_STREAM: [u8; 8] = [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0];

/// A raw file could not be written or read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RawError {
    /// It could not be opened or created.
    #[error("the file could not be opened")]
    Open(#[source] io::Error),
    /// It is not of this layout.
    #[error(
        "the file is not a raw file of this program: raw and cache files that SSIS wrote on Windows cannot be read here"
    )]
    Foreign,
    /// It ends before its end.
    #[error("the file ends before its last row: it was not written to its end")]
    Truncated,
    /// Reading or writing failed midway.
    #[error("the file could not be read or written")]
    Transfer(#[source] ArrowError),
}

impl RawError {
    /// The error with its causes, in one line.
    pub(crate) fn text(&self) -> String {
        let (mut text, mut at) = (self.to_string(), std::error::Error::source(self));
        while let Some(cause) = at {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            at = cause.source();
        }
        text
    }
}

/// A column of a raw file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RawColumn {
    pub(crate) name: String,
    pub(crate) data_type: DataType,
    pub(crate) sort_key_position: i32,
    pub(crate) comparison_flags: i32,
}

/// The schema of a raw file with these columns.
pub(crate) fn schema(columns: &[RawColumn]) -> SchemaRef {
    let fields = columns.iter().map(|column| {
        let field = field(column.name.as_str(), &column.data_type, true);
        let mut metadata = field.metadata().clone();
        metadata.insert(SORT_KEY.to_owned(), column.sort_key_position.to_string());
        metadata.insert(FLAGS_KEY.to_owned(), column.comparison_flags.to_string());
        field.with_metadata(metadata)
    });
    let fields: Vec<Field> = fields.collect();
    let metadata = [(VERSION_KEY.to_owned(), VERSION.to_owned())];
    Arc::new(Schema::new(fields).with_metadata(HashMap::from(metadata)))
}

/// The columns that a schema of a raw file describes; `None` for another schema.
fn columns(schema: &Schema) -> Option<Vec<RawColumn>> {
    if schema.metadata().get(VERSION_KEY).map(String::as_str) != Some(VERSION) {
        return None;
    }
    let number = |field: &Field, key: &str| field.metadata().get(key)?.parse().ok();
    let column = |field: &Arc<Field>| {
        Some(RawColumn {
            name: field.name().clone(),
            data_type: data_type_of(field)?,
            sort_key_position: number(field, SORT_KEY)?,
            comparison_flags: number(field, FLAGS_KEY)?,
        })
    };
    schema.fields().iter().map(column).collect()
}

/// Which file to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Begin {
    /// A new one, in place of one that may be there.
    Always,
    /// A new one, which must not be there.
    Once,
    /// The end of one that is there.
    Append,
    /// One that is there, emptied.
    Truncate,
}

/// Writes a raw file.
pub(crate) struct RawWriter {
    stream: StreamWriter<BufWriter<fs_err::File>>,
    schema: SchemaRef,
}

impl RawWriter {
    /// Begins to write.
    pub(crate) fn begin(path: &Path, begin: Begin, schema: &SchemaRef) -> Result<Self, RawError> {
        let mut options = OpenOptions::new();
        match begin {
            Begin::Always => options.write(true).create(true).truncate(true),
            Begin::Once => options.write(true).create_new(true),
            Begin::Append => options.append(true),
            Begin::Truncate => options.write(true).truncate(true),
        };
        let file = options.open(path).map_err(RawError::Open)?;
        Self::to_file(file, schema)
    }

    /// Writes to a file that is open.
    pub(crate) fn to_file(file: fs_err::File, schema: &SchemaRef) -> Result<Self, RawError> {
        let stream = StreamWriter::try_new_buffered(file, schema).map_err(RawError::Transfer)?;
        Ok(Self { stream, schema: Arc::clone(schema) })
    }

    /// Writes rows with the columns of the file, whatever their names.
    pub(crate) fn write(&mut self, batch: RecordBatch) -> Result<(), RawError> {
        let rows = batch.num_rows();
        let (_, columns, _) = batch.into_parts();
        let batch = crate::build::batch(&self.schema, columns, rows);
        batch.and_then(|batch| self.stream.write(&batch)).map_err(RawError::Transfer)
    }

    /// Writes the end. Without it the file cannot be read.
    pub(crate) fn finish(self) -> Result<fs_err::File, RawError> {
        let buffer = self.stream.into_inner().map_err(RawError::Transfer)?;
        let file = buffer.into_inner();
        file.map_err(|error| RawError::Transfer(ArrowError::from(error.into_error())))
    }
}

/// Reads a raw file.
pub(crate) struct RawReader {
    bytes: Bytes,
    stream: Option<StreamReader<Bytes>>,
    columns: Vec<RawColumn>,
}

impl RawReader {
    /// Opens a file and reads what columns it has.
    pub(crate) fn open(path: &Path) -> Result<Self, RawError> {
        let file = fs_err::File::open(path).map_err(RawError::Open)?;
        Self::of_file(file.into_parts().0)
    }

    /// Reads an open file from where it stands.
    pub(crate) fn of_file(file: File) -> Result<Self, RawError> {
        let tail = Tail { inner: BufReader::with_capacity(1 << 16, file), last: [0; 8] };
        let bytes = Bytes(Arc::new(Mutex::new(tail)));
        let Some(stream) = bytes.stream()? else { return Err(RawError::Truncated) };
        let columns = columns(&stream.schema()).ok_or(RawError::Foreign)?;
        Ok(Self { bytes, stream: Some(stream), columns })
    }

    /// The file's columns.
    pub(crate) fn columns(&self) -> &[RawColumn] {
        &self.columns
    }

    /// The next rows; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<RecordBatch>, RawError> {
        while let Some(stream) = &mut self.stream {
            match stream.next() {
                Some(Ok(batch)) => return Ok(Some(batch)),
                Some(Err(error)) => return Err(broken(error)),
                None => self.stream = self.bytes.next_stream(&self.columns)?,
            }
        }
        Ok(None)
    }
}

/// What the end of the bytes in the middle of a message looks like to the reader.
fn broken(error: ArrowError) -> RawError {
    let ends = if let ArrowError::IoError(_, cause) = &error {
        cause.kind() == io::ErrorKind::UnexpectedEof
    } else {
        error.to_string().contains("end of stream")
    };
    if ends { RawError::Truncated } else { RawError::Transfer(error) }
}

/// The bytes of a file, shared by the readers of its streams, which come one behind the other.
#[derive(Clone)]
struct Bytes(Arc<Mutex<Tail>>);

/// A file that remembers the bytes last read.
struct Tail {
    inner: BufReader<File>,
    last: [u8; 8],
}

impl Bytes {
    /// Begins to read a stream; `None` at the end of the file.
    fn stream(&self) -> Result<Option<StreamReader<Self>>, RawError> {
        {
            let mut tail = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if tail.inner.fill_buf().map_err(RawError::Open)?.is_empty() {
                return Ok(None);
            }
        }
        StreamReader::try_new(self.clone(), None).map(Some).map_err(|_| RawError::Foreign)
    }

    /// The same behind a stream that is through, which must have its end marker.
    fn next_stream(&self, columns: &[RawColumn]) -> Result<Option<StreamReader<Self>>, RawError> {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner).last;
        if last != END_OF_STREAM {
            return Err(RawError::Truncated);
        }
        let Some(stream) = self.stream()? else { return Ok(None) };
        let same = self::columns(&stream.schema()).is_some_and(|found| {
            let types = |columns: &[RawColumn]| {
                columns.iter().map(|c| (c.name.clone(), c.data_type)).collect::<Vec<_>>()
            };
            types(&found) == types(columns)
        });
        if same { Ok(Some(stream)) } else { Err(RawError::Foreign) }
    }
}

impl Read for Bytes {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut tail = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = tail.inner.read(buffer)?;
        let read = &buffer[..count];
        if let Some(last) = read.last_chunk::<8>() {
            tail.last = *last;
        } else if count > 0 {
            tail.last.rotate_left(count);
            tail.last[8 - count..].copy_from_slice(read);
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::ArrayRef;
    use expression::array::{from_values, to_values};
    use model::Value;

    use super::*;

    fn column(name: &str, data_type: DataType) -> RawColumn {
        RawColumn { name: name.to_owned(), data_type, sort_key_position: -1, comparison_flags: 1 }
    }

    fn batch(schema: &SchemaRef, values: &[Value], data_type: DataType) -> RecordBatch {
        let array: ArrayRef = from_values(values, data_type).unwrap();
        RecordBatch::try_new(Arc::clone(schema), vec![array]).unwrap()
    }

    #[test]
    fn rows_of_appended_streams_come_one_behind_the_other_with_types_and_sort_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.raw");
        let data_type = DataType::Numeric { precision: 9, scale: 2 };
        let columns = [column("n", data_type)];
        let schema = schema(&columns);
        let cents = |n| Value::Decimal(model::Decimal::new(n, 2));
        for (begin, n) in [(Begin::Always, 1), (Begin::Append, 2), (Begin::Append, 3)] {
            let mut writer = RawWriter::begin(&path, begin, &schema).unwrap();
            writer.write(batch(&schema, &[cents(n), Value::Null], data_type)).unwrap();
            writer.finish().unwrap();
        }
        let mut reader = RawReader::open(&path).unwrap();
        assert_eq!(reader.columns(), columns);
        let mut found = Vec::new();
        while let Some(batch) = reader.next().unwrap() {
            found.extend(to_values(batch.column(0), data_type));
        }
        let n = Value::Null;
        assert_eq!(found, [cents(1), n.clone(), cents(2), n.clone(), cents(3), n]);
    }

    #[test]
    fn a_file_cut_off_anywhere_is_never_read_to_a_good_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.raw");
        let data_type = DataType::WStr { length: 5 };
        let schema = schema(&[column("s", data_type)]);
        let mut writer = RawWriter::begin(&path, Begin::Once, &schema).unwrap();
        for text in ["one", "two"] {
            writer.write(batch(&schema, &[Value::text(text)], data_type)).unwrap();
        }
        writer.finish().unwrap();
        let whole = std::fs::read(&path).unwrap();
        for length in 0..whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            let read = RawReader::open(&path).and_then(|mut reader| {
                while reader.next()?.is_some() {}
                Ok(())
            });
            assert!(read.is_err(), "{length} of {} bytes", whole.len());
        }
    }

    #[test]
    fn files_of_others_and_files_that_should_not_be_there_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.raw");
        std::fs::write(&path, b"Raw file of another program, long enough to look like one")
            .unwrap();
        assert!(matches!(RawReader::open(&path), Err(RawError::Foreign)));
        let schema = schema(&[column("s", DataType::I4)]);
        let once = RawWriter::begin(&path, Begin::Once, &schema);
        assert!(matches!(once, Err(RawError::Open(_))));
        let missing = RawWriter::begin(&folder.path().join("b"), Begin::Append, &schema);
        assert!(missing.err().unwrap().text().contains("b`: "));
    }
}
