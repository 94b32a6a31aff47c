//! The procedures of SSISDB as T-SQL calls them: names, parameters and defaults as documented,
//! and how a call reaches the catalog.
//!
//! A [`Definition`] is one procedure; the groups are in files of their own.
//!
//! Source: the page of each procedure.

mod administration;
mod call;
mod data_taps;
mod environments;
mod executions;
mod folders;
mod permissions;
mod projects;
mod scale_out;
mod validations;

use std::sync::Arc;

use tsql::host::{
    Cancel, Column, Output, ParameterKind, Procedure, ProcedureArgument, ProcedureParameter,
    QualifiedName,
};
use tsql::types::{Length, SqlType};
use tsql::value::{SqlError, SqlValue};

use crate::connection::{Inside, is_in_ssisdb};

use call::Call;

/// A procedure.
pub(crate) struct Definition {
    /// `catalog` or `internal`.
    pub(crate) schema: &'static str,
    /// Its name.
    pub(crate) name: &'static str,
    /// Its parameters, in order.
    pub(crate) parameters: &'static [Parameter],
    run: fn(&mut Call<'_>) -> Result<i32, SqlError>,
}

/// A parameter of a [`Definition`].
pub(crate) struct Parameter {
    /// With its sign.
    pub(crate) name: &'static str,
    /// Its type.
    pub(crate) data_type: Type,
    default: Default,
    /// Whether the caller can have its value back.
    pub(crate) output: bool,
    /// Another name by which its page calls it in one place.
    also: Option<&'static str>,
}

/// The type of a parameter.
#[derive(Clone, Copy)]
pub(crate) enum Type {
    /// A value.
    Scalar(SqlType),
    /// A table of type `catalog.Package_Table_Type`.
    Packages,
}

/// The value of a parameter that is left out.
#[derive(Clone, Copy)]
enum Default {
    /// It has to be given.
    Required,
    Null,
    Int(i32),
    BigInt(i64),
    Bit(bool),
    Text(&'static str),
}

/// Every procedure, by group.
pub(crate) const DEFINITIONS: &[&[Definition]] = &[
    folders::DEFINITIONS,
    projects::DEFINITIONS,
    environments::DEFINITIONS,
    executions::DEFINITIONS,
    data_taps::DEFINITIONS,
    permissions::DEFINITIONS,
    administration::DEFINITIONS,
    scale_out::DEFINITIONS,
    validations::DEFINITIONS,
];

const NAME: Type = text(128);
const LONG_TEXT: Type = Type::Scalar(SqlType::NVARCHAR_MAX);
const BIGINT: Type = Type::Scalar(SqlType::BigInt);
const INT: Type = Type::Scalar(SqlType::Int);
const SMALLINT: Type = Type::Scalar(SqlType::SmallInt);
const BIT: Type = Type::Scalar(SqlType::Bit);
const CHAR: Type = Type::Scalar(SqlType::Char(1));
const GUID: Type = Type::Scalar(SqlType::UniqueIdentifier);
const VARIANT: Type = Type::Scalar(SqlType::SqlVariant);
const BYTES: Type = Type::Scalar(SqlType::VarBinary(Length::Max));

const fn text(length: u16) -> Type {
    Type::Scalar(SqlType::NVarChar(Length::N(length)))
}

impl Parameter {
    /// A parameter that has to be given.
    const fn new(name: &'static str, data_type: Type) -> Self {
        Self { name, data_type, default: Default::Required, output: false, also: None }
    }

    /// The same, which may be left out.
    const fn or(self, default: Default) -> Self {
        Self { default, ..self }
    }

    /// The same, whose value the caller can have back.
    const fn out(self) -> Self {
        Self { output: true, ..self }
    }

    /// The same, which callers may give under another name.
    const fn also(self, name: &'static str) -> Self {
        Self { also: Some(name), ..self }
    }

    /// Whether a call may leave it out.
    pub(crate) const fn may_be_left_out(&self) -> bool {
        !matches!(self.default, Default::Required)
    }

    fn to_host(&self) -> ProcedureParameter {
        let kind = match self.data_type {
            Type::Scalar(data_type) => ParameterKind::Scalar(data_type),
            Type::Packages => ParameterKind::Table(package_table()),
        };
        let default = match self.default {
            Default::Required => None,
            Default::Null => Some(SqlValue::Null),
            Default::Int(number) => Some(SqlValue::Int(number)),
            Default::BigInt(number) => Some(SqlValue::BigInt(number)),
            Default::Bit(bit) => Some(SqlValue::Bit(bit)),
            Default::Text(text) => Some(SqlValue::varchar(text)),
        };
        ProcedureParameter { name: self.name.to_owned(), kind, default, output: self.output }
    }
}

impl Definition {
    const fn catalog(
        name: &'static str,
        parameters: &'static [Parameter],
        run: fn(&mut Call<'_>) -> Result<i32, SqlError>,
    ) -> Self {
        Self { schema: "catalog", name, parameters, run }
    }

    const fn internal(
        name: &'static str,
        parameters: &'static [Parameter],
        run: fn(&mut Call<'_>) -> Result<i32, SqlError>,
    ) -> Self {
        Self { schema: "internal", name, parameters, run }
    }
}

/// The columns of `catalog.Package_Table_Type`.
fn package_table() -> Arc<[Column]> {
    let name = Column::new("name", SqlType::NVarChar(Length::N(260))).not_null();
    let data = Column::new("package_data", SqlType::VarBinary(Length::Max));
    Arc::from([name, data])
}

/// The table type with this name.
pub(crate) fn table_type(name: &QualifiedName) -> Option<Arc<[Column]>> {
    let is_it = is_in_ssisdb(name)
        && name.schema.as_deref().is_some_and(|schema| schema.eq_ignore_ascii_case("catalog"))
        && name.name.eq_ignore_ascii_case("Package_Table_Type");
    is_it.then(package_table)
}

/// The procedure with this name, for a connection.
pub(crate) fn find(connection: &Arc<Inside>, name: &QualifiedName) -> Option<Arc<dyn Procedure>> {
    let schema = name.schema.as_deref().filter(|_| is_in_ssisdb(name))?;
    let mut all = DEFINITIONS.iter().flat_map(|group| group.iter());
    let definition = all.find(|definition| {
        definition.schema.eq_ignore_ascii_case(schema)
            && definition.name.eq_ignore_ascii_case(&name.name)
    })?;
    let parameters = definition.parameters.iter().map(Parameter::to_host).collect();
    Some(Arc::new(Bound { definition, parameters, connection: Arc::clone(connection) }))
}

/// A procedure of one connection.
struct Bound {
    definition: &'static Definition,
    parameters: Vec<ProcedureParameter>,
    connection: Arc<Inside>,
}

impl Procedure for Bound {
    fn parameters(&self) -> &[ProcedureParameter] {
        &self.parameters
    }

    fn position(&self, argument: usize, is_output: bool) -> usize {
        executions::position(self.definition, argument, is_output)
    }

    fn renamed(&self, name: &str) -> Option<&'static str> {
        let mut all = self.definition.parameters.iter();
        let is_it = |also: &str| also.eq_ignore_ascii_case(name);
        all.find(|one| one.also.is_some_and(is_it)).map(|one| one.name)
    }

    fn failed_status(&self, error: &SqlError) -> i32 {
        permissions::failed_status(self.definition, error)
    }

    fn call(
        &self,
        arguments: &mut [ProcedureArgument],
        output: &mut dyn Output,
        cancel: &Cancel,
    ) -> Result<i32, SqlError> {
        let mut call = Call::new(&self.connection, self.definition, arguments, (output, cancel));
        (self.definition.run)(&mut call)
    }
}
