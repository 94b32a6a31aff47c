//! Copy Column: new columns with the values of others. Nothing is copied: they share the values.

use std::sync::Arc;

use arrow_array::RecordBatch;
use model::dts;

use crate::{Build, Invalid, Lifecycle, Outbox, OutputLayout, Stop, Transform};

/// Adds columns that repeat columns of the input.
struct CopyColumn {
    /// For each added column that somebody needs, the one it repeats.
    sources: Vec<usize>,
    layout: OutputLayout,
}

/// Builds a Copy Column.
pub(crate) fn build(build: &Build<'_>) -> Result<Box<dyn Transform>, Invalid> {
    let (input, layout) = (build.input(0)?, build.output(0)?);
    let mut sources = Vec::new();
    for (column, leaving) in build.component.outputs[0].columns.iter().zip(&layout.columns) {
        let lineage = super::lineage_property(
            column.property("CopyColumnID").or(column.property("copyColumnId")),
        );
        let Some(position) = input.position(&lineage) else {
            return Err(Invalid::broken(
                dts::DTS_E_INVALIDINPUTLINEAGEID,
                format!(
                    "{} repeats a column that is not among the input columns.",
                    build.output_column_name(0, column)
                ),
            ));
        };
        if input.columns[position].data_type != column.data_type {
            return Err(Invalid {
                status: crate::ValidationStatus::NeedsNewMetadata,
                errors: vec![crate::Message::new(
                    dts::DTS_E_METADATAMISMATCHWITHOUTPUTCOLUMN,
                    format!(
                        "The metadata for \"{}\" does not match the metadata for the associated output column.",
                        input.columns[position].name
                    ),
                )],
            });
        }
        if leaving.position.is_some() {
            sources.push(position);
        }
    }
    Ok(Box::new(CopyColumn { sources, layout: layout.clone() }))
}

impl Lifecycle for CopyColumn {}

impl Transform for CopyColumn {
    fn process(&mut self, batch: RecordBatch, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let added = self.sources.iter().map(|&source| Arc::clone(batch.column(source))).collect();
        let batch = self.layout.extend(batch, added)?;
        out.send(0, batch)
    }
}
