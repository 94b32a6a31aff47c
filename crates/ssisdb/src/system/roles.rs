//! The procedures that put members into roles, as older scripts do it.
//!
//! Source: "sp_addrolemember", "sp_droprolemember", "sp_addsrvrolemember",
//! "sp_dropsrvrolemember".

use std::sync::Arc;

use tsql::host::{Cancel, Output, ParameterKind, Procedure, ProcedureArgument, ProcedureParameter};
use tsql::types::SqlType;
use tsql::value::SqlError;

use crate::administer::{add_member, drop_member};
use crate::connection::Inside;

/// The procedures: name, whether of the server, whether it adds, and the order of the arguments.
const PROCEDURES: &[(&str, bool, bool)] = &[
    ("sp_addrolemember", false, true),
    ("sp_droprolemember", false, false),
    ("sp_addsrvrolemember", true, true),
    ("sp_dropsrvrolemember", true, false),
];

/// The procedure with this name.
pub(super) fn procedure(connection: &Arc<Inside>, name: &str) -> Option<Arc<dyn Procedure>> {
    let (_, server, add) =
        *PROCEDURES.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name))?;
    let names = if server { ["@loginame", "@rolename"] } else { ["@rolename", "@membername"] };
    let parameter = |name: &str| ProcedureParameter {
        name: name.to_owned(),
        kind: ParameterKind::Scalar(SqlType::SYSNAME),
        default: None,
        output: false,
    };
    let parameters = names.iter().map(|name| parameter(name)).collect();
    Some(Arc::new(Membership { connection: Arc::clone(connection), parameters, server, add }))
}

struct Membership {
    connection: Arc<Inside>,
    parameters: Vec<ProcedureParameter>,
    server: bool,
    add: bool,
}

impl Procedure for Membership {
    fn parameters(&self) -> &[ProcedureParameter] {
        &self.parameters
    }

    fn call(
        &self,
        arguments: &mut [ProcedureArgument],
        _: &mut dyn Output,
        _: &Cancel,
    ) -> Result<i32, SqlError> {
        let text = |at: usize| match arguments.get(at) {
            Some(ProcedureArgument::Scalar(value)) => {
                value.as_str().map(str::to_owned).unwrap_or_default()
            }
            Some(ProcedureArgument::Table(_)) | None => String::new(),
        };
        let (role, member) = if self.server { (text(1), text(0)) } else { (text(0), text(1)) };
        if self.add {
            add_member(&self.connection, self.server, role, member)?;
        } else {
            drop_member(&self.connection, self.server, role, member)?;
        }
        Ok(0)
    }
}
