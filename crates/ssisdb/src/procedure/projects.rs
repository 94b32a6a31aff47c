//! Projects, their versions, and the values of their parameters.

use std::sync::Arc;

use catalog::procedures::{
    self, DefaultValue, NewPackage, ObjectParameterName, PackageUpdate, ProjectFile, ProjectName,
    StoredProject,
};
use model::ObjectType;
use tsql::host::{Column, Row};
use tsql::types::{Length, SqlType};
use tsql::value::{SqlError, SqlValue};

use super::call::Call;
use super::{
    BIGINT, BYTES, CHAR, Default as Or, Definition, NAME, Parameter, SMALLINT, Type, VARIANT, text,
};
use crate::error::sql_error;
use crate::value::variant;

const FOLDER: Parameter = Parameter::new("@folder_name", NAME);
const PROJECT: Parameter = Parameter::new("@project_name", NAME);

pub(super) const DEFINITIONS: &[Definition] = &[
    Definition::catalog(
        "deploy_project",
        &[
            FOLDER,
            PROJECT,
            Parameter::new("@project_stream", BYTES),
            Parameter::new("@operation_id", BIGINT).or(Or::Null).out(),
        ],
        deploy_project,
    ),
    Definition::catalog("get_project", &[FOLDER, PROJECT], |call| {
        let (folder, project) = (call.text(0)?, call.text(1)?);
        let file =
            call.read(move |tx, caller| procedures::get_project(tx, caller, &folder, &project))?;
        project_stream(call, file)
    }),
    Definition::catalog("delete_project", &[FOLDER, PROJECT], |call| {
        let (folder, project) = (call.text(0)?, call.text(1)?);
        call.write(move |tx, caller| procedures::delete_project(tx, caller, &folder, &project))?;
        Ok(0)
    }),
    Definition::catalog(
        "restore_project",
        &[FOLDER, PROJECT, Parameter::new("@object_version_lsn", BIGINT)],
        restore_project,
    ),
    Definition::catalog(
        "move_project",
        &[
            Parameter::new("@source_folder", NAME),
            PROJECT,
            Parameter::new("@destination_folder", NAME),
        ],
        |call| {
            let (folder, project, to) = (call.text(0)?, call.text(1)?, call.text(2)?);
            call.write(move |tx, caller| {
                let project = ProjectName { folder_name: &folder, project_name: &project };
                procedures::move_project(tx, caller, &project, &to)
            })?;
            Ok(0)
        },
    ),
    Definition::catalog(
        "deploy_packages",
        &[
            FOLDER,
            PROJECT,
            Parameter::new("@packages_table", Type::Packages),
            Parameter::new("@operation_id", BIGINT).or(Or::Null).out(),
        ],
        deploy_packages,
    ),
    Definition::catalog(
        "get_parameter_values",
        &[
            FOLDER,
            PROJECT,
            Parameter::new("@package_name", text(260)),
            Parameter::new("@reference_id", BIGINT).or(Or::Null),
        ],
        get_parameter_values,
    ),
    Definition::catalog(
        "set_object_parameter_value",
        &[
            Parameter::new("@object_type", SMALLINT),
            FOLDER,
            PROJECT,
            Parameter::new("@parameter_name", NAME),
            Parameter::new("@parameter_value", VARIANT),
            Parameter::new("@object_name", text(260)).or(Or::Null),
            Parameter::new("@value_type", CHAR).or(Or::Text("V")),
        ],
        set_object_parameter_value,
    ),
    Definition::catalog(
        "clear_object_parameter_value",
        &[
            FOLDER,
            PROJECT,
            Parameter::new("@object_type", SMALLINT),
            Parameter::new("@object_name", text(260)).or(Or::Null),
            Parameter::new("@parameter_name", NAME),
        ],
        clear_object_parameter_value,
    ),
];

/// The one row with the bytes of a project.
fn project_stream(call: &mut Call<'_>, file: Vec<u8>) -> Result<i32, SqlError> {
    let column = Column::new("project_stream", SqlType::VarBinary(Length::Max));
    call.result(&[column], &[vec![SqlValue::binary(file)]])?;
    Ok(0)
}

/// The operation stays in the catalog when the deployment failed, and its id is told before the
/// error, as the messages about it are found by that.
fn deploy_project(call: &mut Call<'_>) -> Result<i32, SqlError> {
    let (folder, project) = (call.text(0)?, call.text(1)?);
    let file = Arc::new(ProjectFile::read(call.bytes(2)?, &Default::default()));
    let done = call.write(move |tx, caller| {
        procedures::deploy_project(tx, caller, &folder, &project, &file)
    })?;
    call.set(3, SqlValue::BigInt(done.operation.0));
    match done.into_project() {
        Ok(_) => Ok(0),
        Err(error) => Err(sql_error(&error)),
    }
}

fn restore_project(call: &mut Call<'_>) -> Result<i32, SqlError> {
    let (folder_name, project_name) = (call.text(0)?, call.text(1)?);
    let lsn = call.number(2)?;
    let stored = stored(call, Some(lsn))?;
    let bytes = stored.bytes().to_vec();
    let file = Arc::new(stored.read());
    call.write(move |tx, caller| {
        let project = ProjectName { folder_name: &folder_name, project_name: &project_name };
        procedures::restore_project(tx, caller, &project, (lsn, &file))
    })?;
    project_stream(call, bytes)
}

/// The file of the project that the first two arguments name.
fn stored(call: &Call<'_>, version: Option<i64>) -> Result<StoredProject, SqlError> {
    let (folder_name, project_name) = (call.text(0)?, call.text(1)?);
    call.read(move |tx, caller| {
        let project = ProjectName { folder_name: &folder_name, project_name: &project_name };
        procedures::stored_project(tx, caller, &project, version)
    })
}

fn deploy_packages(call: &mut Call<'_>) -> Result<i32, SqlError> {
    let (folder, project) = (call.text(0)?, call.text(1)?);
    let package = |row: &Row| NewPackage {
        name: row.first().and_then(SqlValue::as_str).unwrap_or_default().to_owned(),
        package_data: row.get(1).and_then(SqlValue::as_bytes).map(<[u8]>::to_vec),
    };
    let packages: Vec<NewPackage> = call.table(2).iter().map(package).collect();
    let update = Arc::new(PackageUpdate::new(&stored(call, None)?, packages));
    let done = call.write(move |tx, caller| {
        let project = ProjectName { folder_name: &folder, project_name: &project };
        procedures::deploy_packages(tx, caller, &project, &update)
    })?;
    call.set(3, SqlValue::BigInt(done.operation.0));
    done.into_project().map(|_| 0).map_err(|error| sql_error(&error))
}

fn get_parameter_values(call: &mut Call<'_>) -> Result<i32, SqlError> {
    let (folder, project, package) = (call.text(0)?, call.text(1)?, call.text(2)?);
    let reference = call.number_or_null(3);
    let values = call.read(move |tx, caller| {
        let project = ProjectName { folder_name: &folder, project_name: &project };
        procedures::get_parameter_values(tx, caller, &project, (&package, reference))
    })?;
    let columns = [
        Column::new("object_type", SqlType::SmallInt),
        Column::new("parameter_data_type", SqlType::NVarChar(Length::N(128))),
        Column::new("parameter_name", SqlType::SYSNAME),
        Column::new("parameter_value", SqlType::SqlVariant),
        Column::new("sensitive", SqlType::Bit),
        Column::new("required", SqlType::Bit),
        Column::new("value_set", SqlType::Bit),
    ];
    let mut rows = Vec::with_capacity(values.len());
    for row in values {
        let value = match row.parameter_value.filter(|_| !row.sensitive) {
            Some(text) => variant(&row.parameter_data_type, &text)?,
            None => SqlValue::Null,
        };
        rows.push(vec![
            SqlValue::SmallInt(row.object_type.number()),
            SqlValue::nvarchar(row.parameter_data_type),
            SqlValue::nvarchar(row.parameter_name),
            value,
            SqlValue::Bit(row.sensitive),
            SqlValue::Bit(row.required),
            SqlValue::Bit(row.value_set),
        ]);
    }
    call.result(&columns, &rows)?;
    Ok(0)
}

/// 20 is the project, 30 a package.
fn object_type(call: &Call<'_>, at: usize) -> Result<ObjectType, SqlError> {
    let number = call.int(at)?;
    let found = ObjectType::try_from(number).ok();
    found.filter(|found| matches!(found, ObjectType::Project | ObjectType::Package)).ok_or_else(|| {
        let text = "The value of the input parameter 'object_type' is not valid: use 20 for the \
                    project or 30 for a package.";
        SqlError::new(27101, 16, 1, text)
    })
}

/// What the arguments of the two procedures name.
struct Named {
    object_type: ObjectType,
    folder: String,
    project: String,
    object: Option<String>,
    parameter: String,
}

impl Named {
    fn as_name(&self) -> ObjectParameterName<'_> {
        ObjectParameterName {
            folder_name: &self.folder,
            project_name: &self.project,
            object_type: self.object_type,
            object_name: self.object.as_deref(),
            parameter_name: &self.parameter,
        }
    }
}

fn set_object_parameter_value(call: &mut Call<'_>) -> Result<i32, SqlError> {
    let named = Named {
        object_type: object_type(call, 0)?,
        folder: call.text(1)?,
        project: call.text(2)?,
        parameter: call.text(3)?,
        object: call.text_or_null(5),
    };
    let value = call.variant(4)?;
    let by_reference = match call.text(6)?.trim_end() {
        "V" | "v" => false,
        "R" | "r" => true,
        _ => {
            let text = "The value of the input parameter 'value_type' is not valid: use V for a \
                        literal or R for an environment variable.";
            return Err(SqlError::new(27101, 16, 1, text));
        }
    };
    call.write(move |tx, caller| {
        let variable;
        let default = if by_reference {
            variable = value.to_string();
            DefaultValue::Variable(&variable)
        } else {
            DefaultValue::Literal(&value)
        };
        procedures::set_object_parameter_value(tx, caller, &named.as_name(), default)
    })?;
    Ok(0)
}

fn clear_object_parameter_value(call: &mut Call<'_>) -> Result<i32, SqlError> {
    let named = Named {
        folder: call.text(0)?,
        project: call.text(1)?,
        object_type: object_type(call, 2)?,
        object: call.text_or_null(3),
        parameter: call.text(4)?,
    };
    call.write(move |tx, caller| {
        procedures::clear_object_parameter_value(tx, caller, &named.as_name())
    })?;
    Ok(0)
}
