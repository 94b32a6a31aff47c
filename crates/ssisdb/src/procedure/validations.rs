//! Validations of packages and projects. They go on after the call: `catalog.validations` tells
//! their status.

use catalog::procedures::{self, EnvironmentScope, ValidationRequest};
use catalog::{Caller, CatalogError, Tx};
use model::OperationId;
use tsql::value::{SqlError, SqlValue};

use super::call::Call;
use super::{BIGINT, BIT, CHAR, Default, Definition, NAME, Parameter, text};

const FOLDER: Parameter = Parameter::new("@folder_name", NAME);
const PROJECT: Parameter = Parameter::new("@project_name", NAME);
const VALIDATION: Parameter = Parameter::new("@validation_id", BIGINT).out();
const USE_32_BIT: Parameter = Parameter::new("@use32bitruntime", BIT).or(Default::Bit(false));
const SCOPE: Parameter = Parameter::new("@environment_scope", CHAR).or(Default::Text("D"));
const REFERENCE: Parameter = Parameter::new("@reference_id", BIGINT).or(Default::Null);

pub(super) const DEFINITIONS: &[Definition] = &[
    Definition::catalog(
        "validate_package",
        &[
            FOLDER,
            PROJECT,
            Parameter::new("@package_name", text(260)),
            VALIDATION,
            USE_32_BIT,
            SCOPE,
            REFERENCE,
        ],
        |call| validate(call, procedures::validate_package),
    ),
    Definition::catalog(
        "validate_project",
        &[
            FOLDER,
            PROJECT,
            Parameter::new("@validate_type", CHAR).or(Default::Text("F")),
            VALIDATION,
            USE_32_BIT,
            SCOPE,
            REFERENCE,
        ],
        |call| validate(call, procedures::validate_project),
    ),
];

/// Both take the same arguments but one: the package's name, or the type of validation.
fn validate<F>(call: &mut Call<'_>, start: F) -> Result<i32, SqlError>
where
    F: Fn(&mut dyn Tx, &Caller, &ValidationRequest<'_>, &str) -> Result<OperationId, CatalogError>
        + Send
        + Sync
        + 'static,
{
    let (folder_name, project_name, what) = (call.text(0)?, call.text(1)?, call.text(2)?);
    let use32bitruntime = call.bit_or_null(4).unwrap_or(false);
    let (letter, reference) = (call.text(5)?, call.number_or_null(6));
    let id = call.write(move |tx, caller| {
        let request = ValidationRequest {
            folder_name: &folder_name,
            project_name: &project_name,
            use32bitruntime,
            scope: EnvironmentScope::from_arguments(letter.trim_end(), reference)?,
        };
        start(tx, caller, &request, what.trim_end())
    })?;
    call.set(3, SqlValue::BigInt(id.0));
    Ok(0)
}
