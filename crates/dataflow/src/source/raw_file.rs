//! Raw File Source: rows that a Raw File Destination or Cache Transform wrote.
//!
//! The file says which columns it has; a column of the output is the one that its external column
//! names, or its own name, and must have exactly its type. Only our own files can be read, see
//! `raw.rs`. The place in the sort order that the output declares counts, not the file's, which
//! the designer copied from it (Raw File Source page).

use std::path::PathBuf;

use arrow_array::RecordBatch;
use model::{DataType, dts};
use package::{Component, ExternalColumn};

use crate::raw::{RawColumn, RawError, RawReader};
use crate::{
    Build, Context, Environment, Failure, Invalid, Lifecycle, Message, Outbox, OutputLayout,
    Source, Stop, ValidationStatus,
};

/// How a component names its file.
#[derive(Clone, Debug)]
pub(crate) enum FileName {
    Fixed(String),
    Variable(String),
}

impl FileName {
    /// From AccessMode, FileName and FileNameVariable.
    pub(crate) fn of(build: &Build<'_>) -> Result<Self, Invalid> {
        let name = match build.number("AccessMode", 0)? {
            0 => Self::Fixed(build.text("FileName").trim().to_owned()),
            1 => Self::Variable(build.text("FileNameVariable").trim().to_owned()),
            other => {
                return Err(Invalid::broken(
                    dts::DTS_E_RAWINVALIDACCESSMODE,
                    format!(
                        "The access mode {other} of \"{}\" is not valid.",
                        build.component.name
                    ),
                ));
            }
        };
        match &name {
            Self::Fixed(text) if text.is_empty() => Err(Invalid::broken(
                dts::DTS_E_RAWFILENAMEREQUIRED,
                format!("\"{}\" needs the name of a file.", build.component.name),
            )),
            Self::Variable(variable) if build.environment.variable(variable).is_none() => {
                Err(Invalid::broken(
                    dts::DTS_E_RAWFILENAMEREQUIRED,
                    format!(
                        "The variable \"{variable}\" with the file name of \"{}\" does not exist.",
                        build.component.name
                    ),
                ))
            }
            Self::Fixed(_) | Self::Variable(_) => Ok(name),
        }
    }

    /// The file as the package names it, and where it is.
    pub(crate) fn resolve(
        &self,
        environment: &dyn Environment,
    ) -> Result<(String, PathBuf), Message> {
        let name = match self {
            Self::Fixed(name) => name.clone(),
            Self::Variable(variable) => {
                let value = environment.variable(variable).map(|found| found.value);
                value.map(|value| value.to_string()).unwrap_or_default().trim().to_owned()
            }
        };
        let bad = |why: String| {
            let text = format!("The file name \"{name}\" is not valid: {why}.");
            Message::new(dts::DTS_E_RAWFILENAMEINVALID, text)
        };
        if name.is_empty() {
            return Err(bad("it is empty".to_owned()));
        }
        match environment.resolve_path(&name) {
            Ok(path) => Ok((name, path)),
            Err(error) => Err(bad(error.to_string())),
        }
    }
}

/// Reads a raw file.
struct RawFileSource {
    file: FileName,
    /// For each output column what it must be in the file.
    wanted: Vec<(String, DataType)>,
    main: usize,
    layout: OutputLayout,
    opened: Option<Opened>,
}

/// The open file, with the places of the wanted columns.
struct Opened {
    name: String,
    reader: RawReader,
    places: Vec<usize>,
}

/// Builds a Raw File Source. Its file must be there, unless ValidateExternalMetadata is off.
pub(crate) fn build(build: &Build<'_>) -> Result<Box<dyn Source>, Invalid> {
    let file = FileName::of(build)?;
    let main = build.main_output()?;
    let output = &build.component.outputs[main];
    let wanted = output.columns.iter().map(|column| {
        let name = external_name(&output.external_columns, &column.external_column);
        (name.unwrap_or(&column.name).to_owned(), column.data_type)
    });
    let wanted: Vec<_> = wanted.collect();
    refuse_long(build.component, wanted.iter().map(|column| (column.0.as_str(), column.1)))?;
    if build.component.validate_external_metadata {
        open(&file, &wanted, build.environment).map_err(|message| Invalid {
            status: ValidationStatus::NeedsNewMetadata,
            errors: vec![message],
        })?;
    }
    let layout = build.output(main)?.clone();
    Ok(Box::new(RawFileSource { file, wanted, main, layout, opened: None }))
}

/// The name of an external column.
pub(crate) fn external_name<'c>(columns: &'c [ExternalColumn], id: &str) -> Option<&'c str> {
    let found = columns.iter().find(|column| !id.is_empty() && column.ref_id == id)?;
    Some(&found.name)
}

/// Raw files hold no long objects.
pub(crate) fn refuse_long<'c>(
    component: &Component,
    mut columns: impl Iterator<Item = (&'c str, DataType)>,
) -> Result<(), Invalid> {
    match columns.find(|column| column.1.is_long()) {
        None => Ok(()),
        Some((name, data_type)) => Err(Invalid::broken(
            dts::DTS_E_RAWDESTBLOBDATATYPE,
            format!(
                "The column \"{name}\" of \"{}\" has the type {data_type}, which raw files do not hold.",
                component.name
            ),
        )),
    }
}

fn open(
    file: &FileName,
    wanted: &[(String, DataType)],
    environment: &dyn Environment,
) -> Result<Opened, Message> {
    let (name, path) = file.resolve(environment)?;
    let reader = RawReader::open(&path).map_err(|error| message(&name, &error))?;
    let mut places = Vec::new();
    for (column, data_type) in wanted {
        let found = reader.columns().iter().position(|found| found.name == *column);
        let Some(at) = found else {
            return Err(Message::new(
                dts::DTS_E_RAWMETADATAMISMATCH,
                format!("The file \"{name}\" has no column \"{column}\"."),
            ));
        };
        same_type(&name, &reader.columns()[at], *data_type)?;
        places.push(at);
    }
    Ok(Opened { name, reader, places })
}

/// A column of a file must have the type of the component's column.
pub(crate) fn same_type(
    file: &str,
    column: &RawColumn,
    data_type: DataType,
) -> Result<(), Message> {
    let found = column.data_type;
    if found == data_type {
        return Ok(());
    }
    let code = match (found, data_type) {
        _ if found.code() != data_type.code() => dts::DTS_E_RAWMETADATAMISMATCHTYPE,
        (DataType::Str { length, .. }, DataType::Str { length: other, .. }) if length == other => {
            dts::DTS_E_RAWMETADATAMISMATCHCODEPAGE
        }
        (DataType::Numeric { precision, .. }, DataType::Numeric { precision: other, .. })
            if precision != other =>
        {
            dts::DTS_E_RAWMETADATAMISMATCHPRECISION
        }
        _ if found.is_numeric() || found.is_date_time() => dts::DTS_E_RAWMETADATAMISMATCHSCALE,
        _ => dts::DTS_E_RAWMETADATAMISMATCHSIZE,
    };
    Err(Message::new(
        code,
        format!(
            "The column \"{}\" of the file \"{file}\" is {found}, and that of the component {data_type}.",
            column.name
        ),
    ))
}

fn message(name: &str, error: &RawError) -> Message {
    let code = match error {
        RawError::Open(_) => dts::DTS_E_RAWFILECANTOPENREAD,
        RawError::Foreign => dts::DTS_E_RAWBADHEADER,
        RawError::Truncated => dts::DTS_E_RAWUNEXPECTEDEOF,
        RawError::Transfer(_) => dts::DTS_E_RAWCANTREAD,
    };
    Message::new(code, format!("The raw file \"{name}\" cannot be read: {}.", error.text()))
}

fn failure(message: Message) -> Failure {
    Failure::new(message.code, message.text)
}

impl Lifecycle for RawFileSource {
    fn open(&mut self, context: &Context<'_>) -> Result<(), Stop> {
        let opened = open(&self.file, &self.wanted, context.environment()).map_err(failure)?;
        self.opened = Some(opened);
        context.check()
    }
}

impl Source for RawFileSource {
    fn read(&mut self, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let Some(mut opened) = self.opened.take() else { return Ok(()) };
        loop {
            let next = opened.reader.next();
            let next = next.map_err(|error| failure(message(&opened.name, &error)))?;
            let Some(batch) = next else { return Ok(()) };
            for part in slices(&batch, out.batch_rows()) {
                let part = self.layout.assemble(part.num_rows(), |column| {
                    Ok::<_, Stop>(std::sync::Arc::clone(part.column(opened.places[column])))
                })?;
                out.send(self.main, part)?;
            }
        }
    }
}

/// A batch in parts of at most so many rows.
fn slices(batch: &RecordBatch, most: usize) -> impl Iterator<Item = RecordBatch> {
    let rows = batch.num_rows();
    (0..rows).step_by(most.max(1)).map(move |at| batch.slice(at, most.min(rows - at)))
}

#[cfg(test)]
mod tests;
