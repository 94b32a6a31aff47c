//! Which type converts to which: the cast page's matrix of legal casts.

use model::DataType;

/// Types in groups that the matrix treats alike.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    SmallNumber,
    I4,
    I8,
    Cy,
    Date,
    BoolOrNumeric,
    Decimal,
    Guid,
    Bytes,
    Text,
    DbDate,
    FileTime,
    Image,
    LongText,
    LongUnicode,
    Null,
}

fn group(data_type: DataType) -> Group {
    match data_type {
        DataType::Empty | DataType::Null => Group::Null,
        DataType::I1
        | DataType::I2
        | DataType::Ui1
        | DataType::Ui2
        | DataType::R4
        | DataType::R8 => Group::SmallNumber,
        DataType::I4 | DataType::Ui4 => Group::I4,
        DataType::I8 | DataType::Ui8 => Group::I8,
        DataType::Cy => Group::Cy,
        DataType::Date => Group::Date,
        DataType::Bool | DataType::Numeric { .. } => Group::BoolOrNumeric,
        DataType::Decimal { .. } => Group::Decimal,
        DataType::Guid => Group::Guid,
        DataType::Bytes { .. } => Group::Bytes,
        DataType::Str { .. } | DataType::WStr { .. } => Group::Text,
        DataType::DbDate
        | DataType::DbTime
        | DataType::DbTime2 { .. }
        | DataType::DbTimestamp
        | DataType::DbTimestamp2 { .. }
        | DataType::DbTimestampOffset { .. } => Group::DbDate,
        DataType::FileTime => Group::FileTime,
        DataType::Image => Group::Image,
        DataType::Text { .. } => Group::LongText,
        DataType::NText => Group::LongUnicode,
    }
}

fn is_lob(to: DataType) -> bool {
    matches!(to, DataType::Image | DataType::Text { .. } | DataType::NText)
}

fn is_scaled_time(to: DataType) -> bool {
    matches!(
        to,
        DataType::DbTime2 { .. }
            | DataType::DbTimestamp2 { .. }
            | DataType::DbTimestampOffset { .. }
    )
}

fn is_text(to: DataType) -> bool {
    matches!(to, DataType::Str { .. } | DataType::WStr { .. })
}

/// Whether there is a conversion from one type to another; every type converts to itself.
pub fn is_convertible(from: DataType, to: DataType) -> bool {
    if from.code() == to.code() || matches!(from, DataType::Null | DataType::Empty) {
        return true;
    }
    let (guid, bytes) = (to == DataType::Guid, matches!(to, DataType::Bytes { .. }));
    let file_time = to == DataType::FileTime;
    let db_date = group(to) == Group::DbDate;
    let nothing = matches!(to, DataType::Null | DataType::Empty);
    !nothing
        && match group(from) {
            Group::SmallNumber => !(guid || bytes || is_scaled_time(to) || file_time || is_lob(to)),
            Group::I4 => !(guid || is_scaled_time(to) || file_time || is_lob(to)),
            Group::I8 => !(to == DataType::Date || guid || db_date || is_lob(to)),
            Group::Cy => {
                let date = to == DataType::Date || db_date || file_time;
                !(date || guid || bytes || is_lob(to))
            }
            Group::Date => {
                let exact = matches!(to, DataType::Cy | DataType::Decimal { .. });
                !(exact || guid || bytes || file_time || is_lob(to))
            }
            Group::BoolOrNumeric => !(guid || bytes || db_date || file_time || is_lob(to)),
            Group::Decimal => {
                let date = to == DataType::Date || is_scaled_time(to) || file_time;
                !(date || guid || bytes || is_lob(to))
            }
            Group::Guid => bytes || is_text(to),
            Group::Bytes => {
                let number =
                    matches!(to, DataType::R4 | DataType::Ui4 | DataType::I8 | DataType::Ui8);
                number || guid || is_text(to) || is_lob(to)
            }
            Group::Text => true,
            Group::DbDate => to == DataType::Date || is_text(to) || db_date || file_time,
            Group::FileTime => {
                let number = matches!(to, DataType::I8 | DataType::Ui8);
                to == DataType::Date || number || is_text(to) || db_date
            }
            Group::Image => bytes || is_lob(to),
            Group::LongText => matches!(to, DataType::Str { .. }) || is_lob(to),
            Group::LongUnicode => matches!(to, DataType::WStr { .. }) || is_lob(to),
            Group::Null => true,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrix_of_the_cast_page_holds() {
        let text = DataType::WStr { length: 10 };
        let bytes = DataType::Bytes { length: 4 };
        assert!(is_convertible(text, DataType::Guid));
        assert!(is_convertible(DataType::I4, bytes));
        assert!(!is_convertible(DataType::I2, bytes));
        assert!(!is_convertible(DataType::I8, DataType::Date));
        assert!(is_convertible(DataType::I8, DataType::FileTime));
        assert!(is_convertible(DataType::Bool, DataType::Date));
        assert!(!is_convertible(DataType::Guid, DataType::I4));
        assert!(!is_convertible(DataType::NText, DataType::I4));
        assert!(!is_convertible(DataType::Date, DataType::Cy));
        assert!(!is_convertible(DataType::DbDate, DataType::I4));
    }
}
