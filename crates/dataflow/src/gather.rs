//! Columns put together from rows of several batches.

use arrow_array::{Array, ArrayRef, new_null_array};
use arrow_select::interleave::interleave;
use expression::array::physical;
use model::DataType;

use crate::Stop;

/// A row: number of its part, number of the row in it.
pub(crate) type Place = (usize, usize);

/// The values of a column at places, NULL where there is none. `parts` are the column's.
pub(crate) fn gather(
    parts: &[ArrayRef],
    places: &[Option<Place>],
    data_type: DataType,
) -> Result<ArrayRef, Stop> {
    // Row 0 of one more array stands for a place that is nowhere.
    let missing = new_null_array(&physical(&data_type), 1);
    let mut arrays: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
    arrays.push(missing.as_ref());
    let nowhere = (arrays.len() - 1, 0);
    let places: Vec<_> = places.iter().map(|place| place.unwrap_or(nowhere)).collect();
    Ok(interleave(&arrays, &places)?)
}
