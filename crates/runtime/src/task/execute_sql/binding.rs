//! Parameters of an Execute SQL Task: types by the numbering of the kind of connection, values
//! from and to variables.

use std::sync::Arc;

use connect::database::{Api, Direction, Outcome as Answer, Parameter};
use expression::convert::{ConvertOptions, convert};
use model::{DataType, dts};
use package::{ExecuteSql, ParameterBinding, ParameterDirection};

use crate::convert::data_type_of;
use crate::evaluate::{self, Mistake};
use crate::frame::Frame;

/// The parameters with their values.
pub(super) fn parameters(
    frame: &Arc<Frame>,
    task: &ExecuteSql,
    api: Api,
) -> Result<Vec<Parameter>, Mistake> {
    let numbered = task.parameters.iter().filter(|p| p.name.trim().parse::<u32>().is_ok()).count();
    if api != Api::AdoNet && numbered != 0 && numbered != task.parameters.len() {
        return Err(Mistake::new(
            dts::DTS_E_SQLTASKCONN_ERR_PARAM_NAME_MIX,
            "Parameter names cannot be a mix of ordinal and named types.",
        ));
    }
    let mut bindings: Vec<&ParameterBinding> = task.parameters.iter().collect();
    if numbered == bindings.len() {
        bindings.sort_by_key(|binding| binding.name.trim().parse::<u32>().unwrap_or_default());
    }
    bindings.into_iter().map(|binding| parameter(frame, binding, api)).collect()
}

fn parameter(
    frame: &Arc<Frame>,
    binding: &ParameterBinding,
    api: Api,
) -> Result<Parameter, Mistake> {
    let value = evaluate::read_variable(frame, &binding.variable)?;
    let data_type = match api {
        Api::OleDb => ole_db(binding.data_type),
        Api::AdoNet => ado_net(binding.data_type),
        Api::Odbc => odbc(binding.data_type),
    };
    let wrong = || {
        Mistake::new(
            dts::DTS_E_SQLTASKCONN_ERR_PARAM_DATA_TYPE,
            format!("Unsupported data type on parameter binding \"{}\".", binding.name),
        )
    };
    let data_type = data_type.map(|data_type| sized(data_type, binding.size)).ok_or_else(wrong)?;
    let from = data_type_of(&value);
    let value = if from == data_type || value.is_null() {
        value
    } else {
        convert(&value, from, data_type, &ConvertOptions::default()).map_err(|_| wrong())?
    };
    let direction = match binding.direction {
        ParameterDirection::Input => Direction::Input,
        ParameterDirection::Output => Direction::Output,
        ParameterDirection::ReturnValue => Direction::ReturnValue,
    };
    Ok(Parameter { name: binding.name.clone(), direction, data_type, value })
}

/// Gives variables the values of output parameters and return codes.
pub(super) fn take_outputs(
    frame: &Arc<Frame>,
    task: &ExecuteSql,
    answer: &Answer,
) -> Result<(), Mistake> {
    let mut bindings: Vec<&ParameterBinding> = task.parameters.iter().collect();
    if bindings.iter().all(|binding| binding.name.trim().parse::<u32>().is_ok()) {
        bindings.sort_by_key(|binding| binding.name.trim().parse::<u32>().unwrap_or_default());
    }
    let outputs = bindings.into_iter().filter(|b| b.direction != ParameterDirection::Input);
    for (binding, (_, value)) in outputs.zip(&answer.outputs) {
        super::put(frame, &binding.variable, value)?;
    }
    Ok(())
}

/// A type with the length that the binding gives; -1 leaves it to the type.
fn sized(data_type: DataType, size: i32) -> DataType {
    let size = u32::try_from(size).ok().filter(|size| *size != 0);
    match (data_type, size) {
        (DataType::Str { code_page, .. }, Some(length)) => DataType::Str { length, code_page },
        (DataType::WStr { .. }, Some(length)) => DataType::WStr { length },
        (DataType::Bytes { .. }, Some(length)) => DataType::Bytes { length },
        (other, _) => other,
    }
}

const TEXT: DataType = DataType::Str { length: 8000, code_page: 1252 };
const UNICODE: DataType = DataType::WStr { length: 4000 };
const BYTES: DataType = DataType::Bytes { length: 8000 };
const NUMERIC: DataType = DataType::Numeric { precision: 38, scale: 10 };

/// OLE DB's DBTYPE.
const fn ole_db(number: i32) -> Option<DataType> {
    Some(match number {
        2 => DataType::I2,
        3 => DataType::I4,
        4 => DataType::R4,
        5 => DataType::R8,
        6 => DataType::Cy,
        7 => DataType::Date,
        11 => DataType::Bool,
        14 | 131 => NUMERIC,
        16 => DataType::I1,
        17 => DataType::Ui1,
        18 => DataType::Ui2,
        19 => DataType::Ui4,
        20 => DataType::I8,
        21 => DataType::Ui8,
        72 => DataType::Guid,
        128 => BYTES,
        129 => TEXT,
        130 => UNICODE,
        133 => DataType::DbDate,
        134 => DataType::DbTime,
        135 => DataType::DbTimestamp,
        145 => DataType::DbTime2 { scale: 7 },
        146 => DataType::DbTimestampOffset { scale: 7 },
        _ => return None,
    })
}

/// ADO.NET's System.Data.DbType.
const fn ado_net(number: i32) -> Option<DataType> {
    Some(match number {
        0 | 22 => TEXT,
        1 => BYTES,
        2 => DataType::Ui1,
        3 => DataType::Bool,
        4 => DataType::Cy,
        5 => DataType::DbDate,
        6 | 26 => DataType::DbTimestamp2 { scale: 7 },
        7 | 21 => NUMERIC,
        8 => DataType::R8,
        9 => DataType::Guid,
        10 => DataType::I2,
        11 => DataType::I4,
        12 => DataType::I8,
        14 => DataType::I1,
        15 => DataType::R4,
        16 | 23 | 25 => UNICODE,
        17 => DataType::DbTime2 { scale: 7 },
        18 => DataType::Ui2,
        19 => DataType::Ui4,
        20 => DataType::Ui8,
        27 => DataType::DbTimestampOffset { scale: 7 },
        _ => return None,
    })
}

/// ODBC's SQL types.
const fn odbc(number: i32) -> Option<DataType> {
    Some(match number {
        1 | 12 | -1 => TEXT,
        2 | 3 => NUMERIC,
        4 => DataType::I4,
        5 => DataType::I2,
        6 | 8 => DataType::R8,
        7 => DataType::R4,
        9 | 91 => DataType::DbDate,
        10 | 92 | -154 => DataType::DbTime2 { scale: 7 },
        11 | 93 => DataType::DbTimestamp2 { scale: 7 },
        -4..=-2 => BYTES,
        -5 => DataType::I8,
        -6 => DataType::Ui1,
        -7 => DataType::Bool,
        -10..=-8 => UNICODE,
        -11 => DataType::Guid,
        -155 => DataType::DbTimestampOffset { scale: 7 },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use model::Value;

    use super::*;

    #[test]
    fn each_kind_of_connection_numbers_types_its_own_way() {
        assert_eq!(ole_db(3), Some(DataType::I4));
        assert_eq!(ado_net(11), Some(DataType::I4));
        assert_eq!(odbc(4), Some(DataType::I4));
        assert_eq!(odbc(-9), Some(UNICODE));
        assert_eq!(sized(UNICODE, 50), DataType::WStr { length: 50 });
        assert_eq!(sized(UNICODE, -1), UNICODE);
        assert_eq!(ole_db(9999), None);
        assert_eq!(data_type_of(&Value::I4(1)), DataType::I4);
    }
}
