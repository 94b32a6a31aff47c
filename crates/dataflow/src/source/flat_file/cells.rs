//! From the text of a cell to its value.
//!
//! An empty cell, and one that a short row does not have, is NULL with RetainNulls, else the
//! default of its type: "", 0, False, and for dates the day 0 of OLE Automation, 1899-12-30.

use std::sync::Arc;

use arrow_array::builder::BinaryBuilder;
use arrow_array::{Array, ArrayRef, StringArray};
use connect::code_page::CodePage;
use expression::Locale;
use expression::convert::{ConvertOptions, FailureKind, convert_array};
use model::{DataType, dts};

/// What is wrong with a cell. Truncations are the least of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    CannotConvert,
    Truncated,
    SignMismatch,
    Overflow,
}

/// How the cells of a column become values.
pub(super) struct Column {
    pub(super) name: String,
    pub(super) data_type: DataType,
    pub(super) fast_parse: bool,
    pub(super) retain_nulls: bool,
    /// `UseBinaryFormat`: the cell's bytes, in this code page, are the value.
    pub(super) binary: Option<CodePage>,
    pub(super) locale: Locale,
}

/// A column of values, and the rows that have none, or a shortened one.
pub(super) type Made = (ArrayRef, Vec<(usize, Kind)>);

impl Column {
    /// The values of a column of texts. `today` is the date that a time without a date gets.
    pub(super) fn make(&self, texts: &Arc<StringArray>, today: i32) -> Made {
        let texts = self.settle_empty(texts);
        if let Some(code_page) = self.binary {
            return bytes_of(&texts, code_page, self.data_type);
        }
        let options = ConvertOptions {
            locale: self.locale,
            fast_parse: self.fast_parse,
            today,
            ..ConvertOptions::default()
        };
        if matches!(self.data_type, DataType::Text { .. } | DataType::NText) {
            return (texts, Vec::new());
        }
        let from = DataType::WStr { length: u32::MAX };
        let texts: ArrayRef = texts;
        let made = convert_array(&texts, from, self.data_type, &options);
        let failures = made.failures.into_iter().map(|(row, kind)| (row, kind.into()));
        (made.array, failures.collect())
    }

    /// Empty and absent cells as NULL or as the text of the default.
    fn settle_empty(&self, texts: &Arc<StringArray>) -> Arc<StringArray> {
        let default = default_text(self.data_type);
        let offsets = texts.value_offsets();
        let has_empty = 0 < texts.null_count() || offsets.windows(2).any(|pair| pair[0] == pair[1]);
        let is_settled = !self.retain_nulls && default.is_empty() && texts.null_count() == 0;
        if !has_empty || is_settled {
            return Arc::clone(texts);
        }
        let empty = (!self.retain_nulls).then_some(default);
        let cells = texts.iter().map(|text| text.filter(|text| !text.is_empty()).or(empty));
        Arc::new(cells.collect())
    }
}

/// The text of the value that an empty cell has without RetainNulls.
const fn default_text(data_type: DataType) -> &'static str {
    match data_type {
        DataType::Empty
        | DataType::Null
        | DataType::Str { .. }
        | DataType::WStr { .. }
        | DataType::Text { .. }
        | DataType::NText
        | DataType::Bytes { .. }
        | DataType::Image => "",
        DataType::Bool
        | DataType::I1
        | DataType::I2
        | DataType::I4
        | DataType::I8
        | DataType::Ui1
        | DataType::Ui2
        | DataType::Ui4
        | DataType::Ui8
        | DataType::R4
        | DataType::R8
        | DataType::Cy
        | DataType::Decimal { .. }
        | DataType::Numeric { .. } => "0",
        DataType::Guid => "{00000000-0000-0000-0000-000000000000}",
        DataType::DbDate
        | DataType::Date
        | DataType::DbTimestamp
        | DataType::DbTimestamp2 { .. } => "1899-12-30",
        DataType::FileTime => "1601-01-01",
        DataType::DbTime | DataType::DbTime2 { .. } => "00:00:00",
        DataType::DbTimestampOffset { .. } => "1899-12-30 00:00:00 +00:00",
    }
}

/// The bytes that the file has for each text.
fn bytes_of(texts: &StringArray, code_page: CodePage, data_type: DataType) -> Made {
    let length = if let DataType::Bytes { length } = data_type { length } else { u32::MAX };
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let mut builder = BinaryBuilder::with_capacity(texts.len(), texts.value_data().len());
    let mut failures = Vec::new();
    let mut bytes = Vec::new();
    for (row, text) in texts.iter().enumerate() {
        let Some(text) = text else {
            builder.append_null();
            continue;
        };
        bytes.clear();
        if code_page.encode(text, &mut bytes).is_err() {
            failures.push((row, Kind::CannotConvert));
            builder.append_null();
            continue;
        }
        if length < bytes.len() {
            failures.push((row, Kind::Truncated));
            bytes.truncate(length);
        }
        builder.append_value(&bytes);
    }
    (Arc::new(builder.finish()), failures)
}

impl From<FailureKind> for Kind {
    fn from(kind: FailureKind) -> Self {
        match kind {
            FailureKind::CannotConvert | FailureKind::Unsupported => Self::CannotConvert,
            FailureKind::Truncated => Self::Truncated,
            FailureKind::Overflow => Self::Overflow,
            FailureKind::SignMismatch => Self::SignMismatch,
        }
    }
}

impl Kind {
    pub(super) const fn is_truncation(self) -> bool {
        matches!(self, Self::Truncated)
    }

    /// What ErrorCode gets.
    pub(super) const fn code(self) -> u32 {
        match self {
            Self::CannotConvert => dts::DTS_E_FLATFILESOURCEADAPTERSTATIC_CANTCONVERTVALUE,
            Self::Truncated => dts::DTS_E_FLATFILESOURCEADAPTERSTATIC_TRUNCATED,
            Self::SignMismatch => dts::DTS_E_FLATFILESOURCEADAPTERSTATIC_SIGNMISMATCH,
            Self::Overflow => dts::DTS_E_FLATFILESOURCEADAPTERSTATIC_DATAOVERFLOW,
        }
    }

    /// The status value and its text. Text fails to become text only by its characters.
    pub(super) const fn status(self, data_type: DataType) -> (u32, &'static str) {
        match self {
            Self::CannotConvert if !data_type.is_text() => {
                (2, "The value could not be converted because of a potential loss of data.")
            }
            Self::CannotConvert | Self::Truncated => (
                4,
                "Text was truncated or one or more characters had no match in the target code page.",
            ),
            Self::SignMismatch => (5, "The value could not be converted because of sign mismatch."),
            Self::Overflow => {
                (6, "Conversion failed because the data value overflowed the specified type.")
            }
        }
    }
}
