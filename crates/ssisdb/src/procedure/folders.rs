//! Folders.

use catalog::procedures;
use tsql::value::{SqlError, SqlValue};

use super::call::Call;
use super::{BIGINT, Default, Definition, LONG_TEXT, NAME, Parameter};

pub(super) const DEFINITIONS: &[Definition] = &[
    Definition::catalog(
        "create_folder",
        &[
            Parameter::new("@folder_name", NAME),
            Parameter::new("@folder_id", BIGINT).or(Default::Null).out(),
        ],
        create_folder,
    ),
    Definition::catalog("delete_folder", &[Parameter::new("@folder_name", NAME)], |call| {
        let name = call.text(0)?;
        call.write(move |tx, caller| procedures::delete_folder(tx, caller, &name))?;
        Ok(0)
    }),
    Definition::catalog(
        "rename_folder",
        &[Parameter::new("@old_name", NAME), Parameter::new("@new_name", NAME)],
        |call| {
            let (old, new) = (call.text(0)?, call.text(1)?);
            call.write(move |tx, caller| procedures::rename_folder(tx, caller, &old, &new))?;
            Ok(0)
        },
    ),
    Definition::catalog(
        "set_folder_description",
        &[Parameter::new("@folder_name", NAME), Parameter::new("@folder_description", LONG_TEXT)],
        |call| {
            let (name, text) = (call.text(0)?, call.text_or_null(1).unwrap_or_default());
            call.write(move |tx, caller| {
                procedures::set_folder_description(tx, caller, &name, &text)
            })?;
            Ok(0)
        },
    ),
];

/// NULL is refused as an empty name is: error 27189.
fn create_folder(call: &mut Call<'_>) -> Result<i32, SqlError> {
    let name = call.text_or_null(0).unwrap_or_default();
    let id = call.write(move |tx, caller| procedures::create_folder(tx, caller, &name))?;
    call.set(1, SqlValue::BigInt(id.0));
    Ok(0)
}
