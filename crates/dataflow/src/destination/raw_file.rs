//! Raw File Destination: rows as the engine has them, for a Raw File Source to read.
//!
//! The layout of the file is our own, see `raw.rs`; SSIS on Windows cannot read it, nor we its.
//! WriteOption creates always (0) or once (1), appends (2), or truncates and appends (3); for the
//! last two the file must be there and have the same columns (Raw File Destination page). A file
//! whose data flow failed midway lacks its end and is refused by readers.

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use model::dts;
use package::ColumnUsage;

use crate::raw::{self, Begin, RawColumn, RawError, RawReader, RawWriter};
use crate::source::raw_file::{FileName, external_name, refuse_long, same_type};
use crate::{Build, Context, Destination, Failure, Invalid, Lifecycle, Message, Outbox, Stop};

/// Writes a raw file.
struct RawFileDestination {
    file: FileName,
    begin: Begin,
    columns: Vec<RawColumn>,
    /// For each column its place in a batch.
    places: Vec<usize>,
    schema: SchemaRef,
    name: String,
    writer: Option<RawWriter>,
    rows: u64,
}

/// Builds a Raw File Destination.
pub(crate) fn build(build: &Build<'_>) -> Result<Box<dyn Destination>, Invalid> {
    let file = FileName::of(build)?;
    let begin = match build.number("WriteOption", 0)? {
        0 => Begin::Always,
        1 => Begin::Once,
        2 => Begin::Append,
        3 => Begin::Truncate,
        other => return Err(build.bad_property("WriteOption", &other.to_string())),
    };
    let (columns, places) = columns(build)?;
    if columns.is_empty() {
        return Err(Invalid::broken(
            dts::DTS_E_RAWDESTNOINPUTCOLUMNS,
            format!("\"{}\" has no input columns to write.", build.component.name),
        ));
    }
    let named = columns.iter().map(|column| (column.name.as_str(), column.data_type));
    refuse_long(build.component, named)?;
    let schema = raw::schema(&columns);
    let (name, writer) = (String::new(), None);
    Ok(Box::new(RawFileDestination { file, begin, columns, places, schema, name, writer, rows: 0 }))
}

fn columns(build: &Build<'_>) -> Result<(Vec<RawColumn>, Vec<usize>), Invalid> {
    let layout = build.input(0)?;
    let input = &build.component.inputs[0];
    let (mut columns, mut places) = (Vec::new(), Vec::new());
    for column in input.columns.iter().filter(|column| column.usage != ColumnUsage::Ignored) {
        let Some(place) = layout.position(&column.lineage_id) else { continue };
        let arriving = &layout.columns[place];
        let own = if column.name.is_empty() { &arriving.name } else { &column.name };
        let name = external_name(&input.external_columns, &column.external_column).unwrap_or(own);
        if columns.iter().any(|other: &RawColumn| other.name == name) {
            return Err(Invalid::broken(
                dts::DTS_E_DUPLICATECOLUMNNAME,
                format!("\"{}\" writes two columns named \"{name}\".", build.component.name),
            ));
        }
        columns.push(RawColumn {
            name: name.to_owned(),
            data_type: arriving.data_type,
            sort_key_position: arriving.sort_key_position,
            comparison_flags: arriving.comparison_flags,
        });
        places.push(place);
    }
    Ok((columns, places))
}

impl RawFileDestination {
    fn failure(&self, error: &RawError) -> Failure {
        let exists = matches!(error, RawError::Open(cause)
            if cause.kind() == std::io::ErrorKind::AlreadyExists);
        if exists {
            let text = format!(
                "The file \"{}\" exists already, and the write option is to create it once.",
                self.name
            );
            return Failure::new(dts::DTS_E_RAWEXISTSCREATEONCE, text);
        }
        let code = match error {
            RawError::Open(_) => dts::DTS_E_RAWFILECANTOPEN,
            RawError::Foreign | RawError::Truncated => dts::DTS_E_RAWBADHEADER,
            RawError::Transfer(_) => dts::DTS_E_RAWCANTWRITE,
        };
        let text = format!("The raw file \"{}\" cannot be written: {}.", self.name, error.text());
        Failure::new(code, text)
    }

    /// A file that is added to must have the columns that are written.
    fn compare(&self, reader: &mut RawReader) -> Result<(), Message> {
        let found = reader.columns();
        if found.len() != self.columns.len() {
            return Err(Message::new(
                dts::DTS_E_RAWMETADATACOUNTMISMATCH,
                format!(
                    "The file \"{}\" has {} columns, and the component writes {}.",
                    self.name,
                    found.len(),
                    self.columns.len()
                ),
            ));
        }
        for (found, own) in found.iter().zip(&self.columns) {
            if found.name != own.name {
                return Err(Message::new(
                    dts::DTS_E_RAWMETADATAMISMATCH,
                    format!(
                        "The column \"{}\" of the file \"{}\" is in the place of \"{}\".",
                        found.name, self.name, own.name
                    ),
                ));
            }
            same_type(&self.name, found, own.data_type)?;
        }
        Ok(())
    }
}

impl Lifecycle for RawFileDestination {
    fn open(&mut self, context: &Context<'_>) -> Result<(), Stop> {
        let fail = |message: Message| Failure::new(message.code, message.text);
        let (name, path) = self.file.resolve(context.environment()).map_err(fail)?;
        self.name = name;
        if matches!(self.begin, Begin::Append | Begin::Truncate) {
            let reader = RawReader::open(&path);
            let mut reader = reader.map_err(|error| self.failure(&error))?;
            self.compare(&mut reader).map_err(fail)?;
            if self.begin == Begin::Append {
                // Behind a file without its end, rows could never be read.
                while reader.next().map_err(|error| self.failure(&error))?.is_some() {
                    context.check()?;
                }
            }
        }
        let writer = RawWriter::begin(&path, self.begin, &self.schema);
        self.writer = Some(writer.map_err(|error| self.failure(&error))?);
        self.rows = 0;
        context.check()
    }
}

impl Destination for RawFileDestination {
    fn write(&mut self, batch: RecordBatch, _: &mut Outbox<'_>) -> Result<(), Stop> {
        let batch = batch.project(&self.places)?;
        let rows = batch.num_rows() as u64;
        let Some(writer) = &mut self.writer else { return Ok(()) };
        writer.write(batch).map_err(|error| self.failure(&error))?;
        self.rows += rows;
        Ok(())
    }

    fn end(&mut self, out: &mut Outbox<'_>) -> Result<(), Stop> {
        if let Some(writer) = self.writer.take() {
            writer.finish().map_err(|error| self.failure(&error))?;
        }
        out.check()
    }

    fn rows_written(&self) -> u64 {
        self.rows
    }
}
