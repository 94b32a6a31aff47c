//! How many rows a batch has.
//!
//! Rules: the Data Flow Task's buffer properties. The estimate is the row's width times
//! DefaultBufferMaxRows; when that is larger than DefaultBufferSize, fewer rows; when it is
//! smaller than the internal minimum, more. With AutoAdjustBufferSize the rows alone count.

use model::DataType;
use package::Pipeline;

/// Bytes that a buffer has at least.
const MINIMUM_BYTES: u64 = 65_536;

/// Bytes of a long object's reference in a row; the object itself lies elsewhere.
const LONG_OBJECT: u64 = 16;

/// Bytes of a value in an SSIS buffer.
pub(crate) const fn width(data_type: DataType) -> u64 {
    match data_type {
        DataType::Empty | DataType::Null => 0,
        DataType::I1 | DataType::Ui1 => 1,
        DataType::Bool | DataType::I2 | DataType::Ui2 => 2,
        DataType::I4 | DataType::Ui4 | DataType::R4 => 4,
        DataType::DbDate | DataType::DbTime => 6,
        DataType::I8
        | DataType::Ui8
        | DataType::R8
        | DataType::Cy
        | DataType::Date
        | DataType::FileTime => 8,
        DataType::DbTime2 { .. } => 10,
        DataType::DbTimestamp | DataType::DbTimestamp2 { .. } | DataType::Guid => 16,
        DataType::Decimal { .. } => 16,
        DataType::Numeric { .. } => 19,
        DataType::DbTimestampOffset { .. } => 20,
        DataType::Str { length, .. } => length as u64 + 1,
        DataType::WStr { length } => (length as u64 + 1) * 2,
        DataType::Bytes { length } => length as u64 + 2,
        DataType::Image | DataType::Text { .. } | DataType::NText => LONG_OBJECT,
    }
}

/// Rows of a batch whose rows are this wide, and whether that is fewer than configured.
pub(crate) fn rows(pipeline: &Pipeline, row_width: u64) -> (usize, bool) {
    let configured = pipeline.default_buffer_max_rows.max(1);
    let width = row_width.max(1);
    let rows = if pipeline.auto_adjust_buffer_size {
        configured
    } else {
        let most = (pipeline.default_buffer_size / width).max(1);
        let least = (MINIMUM_BYTES / width).max(1);
        configured.max(least).min(most)
    };
    (usize::try_from(rows).unwrap_or(usize::MAX), rows < configured)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_rows_make_small_batches_and_narrow_ones_do_not_starve() {
        let mut pipeline = Pipeline::default();
        assert_eq!(rows(&pipeline, 100), (10_000, false));
        assert_eq!(rows(&pipeline, 2_000), (5_242, true));
        assert_eq!(rows(&pipeline, 20_000_000), (1, true));
        pipeline.default_buffer_max_rows = 10;
        assert_eq!(rows(&pipeline, 4), (16_384, false));
        pipeline.auto_adjust_buffer_size = true;
        assert_eq!(rows(&pipeline, 20_000_000), (10, false));
    }
}
