//! Transformations, one file per component.

pub(crate) mod aggregate;
pub(crate) mod audit;
pub(crate) mod balanced_data_distributor;
pub(crate) mod cache_transform;
pub(crate) mod cdc_splitter;
pub(crate) mod character_map;
pub(crate) mod conditional_split;
pub(crate) mod copy_column;
pub(crate) mod data_conversion;
pub(crate) mod derived_column;
pub(crate) mod export_column;
pub(crate) mod fuzzy;
pub(crate) mod fuzzy_grouping;
pub(crate) mod fuzzy_lookup;
pub(crate) mod import_column;
pub(crate) mod lookup;
pub(crate) mod merge;
pub(crate) mod merge_join;
pub(crate) mod multicast;
pub(crate) mod ole_db_command;
pub(crate) mod percentage_sampling;
pub(crate) mod pivot;
mod random;
pub(crate) mod row_count;
pub(crate) mod row_sampling;
pub(crate) mod slowly_changing_dimension;
pub(crate) mod sort;
pub(crate) mod term_extraction;
pub(crate) mod term_lookup;
mod terms;
pub(crate) mod union_all;
pub(crate) mod unpivot;

use arrow_array::{ArrayRef, RecordBatch};
use package::Property;

use sort::check_flags as sort_flags;

use crate::{Build, Invalid, Outbox, OutputLayout, RowErrors, Stop};

/// The lineage id in a property, bare or as `#{...}`; empty when there is none. Designers of
/// different versions write the property's name in different letter case.
pub(crate) fn lineage(properties: &[Property], name: &str) -> String {
    let found = properties.iter().find(|property| property.name.eq_ignore_ascii_case(name));
    let text = found.map(|property| property.value.as_text().trim()).unwrap_or_default();
    let bare = text.strip_prefix("#{").and_then(|rest| rest.strip_suffix('}'));
    bare.unwrap_or(text).to_owned()
}

/// What a component made of a batch.
#[derive(Default)]
pub(crate) struct Made {
    /// New values of columns, with their places.
    pub(crate) changed: Vec<(usize, ArrayRef)>,
    /// New columns, those that somebody needs.
    pub(crate) added: Vec<ArrayRef>,
    /// Rows that leave by the error output.
    pub(crate) errors: RowErrors,
}

/// The way out of a component with one main output and perhaps an error output.
pub(crate) struct Exit {
    pub(crate) main: usize,
    pub(crate) layout: OutputLayout,
    error: Option<usize>,
}

impl Exit {
    pub(crate) fn of(build: &Build<'_>) -> Result<Self, Invalid> {
        let main = build.main_output()?;
        let layout = build.output(main)?.clone();
        Ok(Self { main, layout, error: build.error_output() })
    }

    /// Sends the rows with errors as they came in, and the others with what was made of them.
    pub(crate) fn send(
        &self,
        batch: RecordBatch,
        made: Made,
        out: &mut Outbox<'_>,
    ) -> Result<(), Stop> {
        let Made { changed, added, errors } = made;
        let rows = errors.into_rows();
        if let (false, Some(error)) = (rows.is_empty(), self.error) {
            out.redirect(error, &batch, &rows)?;
        }
        let count = batch.num_rows();
        let (_, mut columns, _) = batch.into_parts();
        for (position, array) in changed {
            columns[position] = array;
        }
        columns.extend(added);
        let batch = crate::build::batch(&self.layout.schema, columns, count)?;
        out.send(self.main, Outbox::without(batch, &rows)?)
    }
}

#[cfg(test)]
mod tests;
