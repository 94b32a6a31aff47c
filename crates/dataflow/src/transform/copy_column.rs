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
        let lineage = super::lineage(&column.properties, "CopyColumnId");
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

#[cfg(test)]
mod tests {
    use package::ComponentClass;

    use crate::testing::{self, Rig};

    #[test]
    fn a_copy_has_the_values_of_its_source() {
        let mut rig = Rig::new();
        rig.source("Src", "a i4, s wstr:5", "1|x\nNULL|y");
        let mut copy = testing::component(ComponentClass::CopyColumn, "Copy");
        copy.inputs.push(testing::input("Copy", "In", &["Src.a"]));
        let mut out = testing::output("Copy", "Out", "again i4, unused i4");
        out.synchronous_input = Some("Copy.Inputs[In]".to_owned());
        for column in &mut out.columns {
            column.properties.push(testing::property("CopyColumnId", "#{Src.a}"));
        }
        copy.outputs.push(out);
        rig.add(copy).sink("Sink", &["Src.a", "Src.s", "Copy.again"]);
        rig.path("Src.Out", "Copy.In").path("Copy.Out", "Sink.In");
        assert_eq!(rig.run().rows("Sink"), "1|x|1\nNULL|y|NULL");
        rig.pipeline.components[1].outputs[0].columns[0].data_type = model::DataType::I8;
        let messages = rig.run().messages();
        assert!(
            messages.contains("E C02020C1") && messages.contains("VS_NEEDSNEWMETADATA"),
            "{messages}"
        );
    }
}
