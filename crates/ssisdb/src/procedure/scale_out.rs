//! Scale Out: workers, masters, logging.

use catalog::logins::LOG_LOGIN;
use catalog::scale_out::masters;
use catalog::{principals, procedures};
use model::ExecutionId;
use tsql::value::SqlError;

use super::call::Call;
use super::{BIGINT, Definition, GUID, LONG_TEXT, Parameter, text};
use crate::connection::SSISDB;
use crate::error::sql_error;

const AGENT: Parameter = Parameter::new("@WorkerAgentId", GUID);

pub(super) const DEFINITIONS: &[Definition] = &[
    Definition::catalog(
        "add_execution_worker",
        &[Parameter::new("@execution_id", BIGINT), Parameter::new("@workeragent_id", GUID)],
        |call| {
            let (id, agent) = (ExecutionId(call.number(0)?), call.agent(1)?);
            call.write_beside(move |tx, caller| {
                procedures::add_execution_worker(tx, caller, id, agent)
            })?;
            Ok(0)
        },
    ),
    Definition::catalog("enable_worker_agent", &[AGENT], |call| {
        let agent = call.agent(0)?;
        call.write(move |tx, caller| procedures::enable_worker_agent(tx, caller, agent))?;
        Ok(0)
    }),
    Definition::catalog("disable_worker_agent", &[AGENT], |call| {
        let agent = call.agent(0)?;
        call.write(move |tx, caller| procedures::disable_worker_agent(tx, caller, agent))?;
        Ok(0)
    }),
    Definition::catalog(
        "set_worker_agent_property",
        &[
            AGENT,
            Parameter::new("@PropertyName", text(256)),
            Parameter::new("@PropertyValue", LONG_TEXT),
        ],
        |call| {
            let (agent, name) = (call.agent(0)?, call.text(1)?);
            let value = call.text_or_null(2).unwrap_or_default();
            call.write(move |tx, caller| {
                procedures::set_worker_agent_property(tx, caller, agent, &name, &value)
            })?;
            Ok(0)
        },
    ),
    Definition::catalog(
        "update_master_address",
        &[Parameter::new("@MasterAddress", LONG_TEXT)],
        update_master_address,
    ),
    Definition::catalog("update_logdb_info", LOG_DATABASE, update_logdb_info),
    Definition::internal("update_logdb_info", LOG_DATABASE, update_logdb_info),
    Definition::catalog("delete_worker_agent", &[AGENT], |call| {
        let agent = call.agent(0)?;
        call.write(move |tx, caller| procedures::delete_worker_agent(tx, caller, agent))?;
        Ok(0)
    }),
    Definition::catalog("enable_scaleout", &[], |call| {
        call.write(move |tx, caller| procedures::enable_scaleout(tx, caller))?;
        Ok(0)
    }),
];

const LOG_DATABASE: &[Parameter] =
    &[Parameter::new("@server_name", LONG_TEXT), Parameter::new("@connection_string", LONG_TEXT)];

/// What the other end says of itself and of who has come.
const WHO_IS_THERE: &str = "\
    SELECT DB_NAME(), CAST(IS_MEMBER(N'ssis_cluster_worker') AS nvarchar(1)), \
    (SELECT CONVERT(nvarchar(200), sid, 1) FROM sys.database_principals \
     WHERE name = N'##MS_SSISLogDBWorkerAgentLogin##')";

/// The connection string is tried before it is kept: one that does not lead to this SSISDB, as
/// somebody who may write logs there, would lose logs.
fn update_logdb_info(call: &mut Call<'_>) -> Result<i32, SqlError> {
    let (server, connection) = (call.text(0)?, call.text(1)?);
    call.read(|_, caller| caller.require_admin())?;
    let own = call.read(|tx, _| principals::find(tx, LOG_LOGIN))?.and_then(|user| user.sid);
    let there = call.connection.server.probe.ask(&connection, WHO_IS_THERE);
    if let Err(reason) = there.and_then(|there| check_log_database(&there, own.as_deref())) {
        let text = format!(
            "The connection string was not taken, as logs would be lost with it: {reason}. Correct \
             it, or make the server reachable, then call the procedure again."
        );
        return Err(SqlError::new(27101, 16, 1, text));
    }
    call.write(move |tx, caller| procedures::update_logdb_info(tx, caller, &server, &connection))?;
    Ok(0)
}

/// `own` is the security id of this SSISDB's own user for logs, which no other SSISDB has.
fn check_log_database(there: &[Option<String>], own: Option<&[u8]>) -> Result<(), String> {
    let said = |at: usize| there.get(at).and_then(Option::as_deref);
    let database = said(0).unwrap_or_default();
    if !database.eq_ignore_ascii_case(SSISDB) {
        return Err(format!(
            "it leads to the database '{database}', not to SSISDB (Initial Catalog=SSISDB)"
        ));
    }
    let own = own.map(|sid| sid.iter().map(|byte| format!("{byte:02X}")).collect::<String>());
    // Who is not in the role does not see the user's id.
    let differs = |own: &String| {
        said(2).is_some_and(|sid| !sid.trim_start_matches("0x").eq_ignore_ascii_case(own))
    };
    if own.as_ref().is_some_and(differs) {
        return Err("it leads to another server's SSISDB".to_owned());
    }
    if said(1) != Some("1") {
        return Err("its login is not in the database role ssis_cluster_worker".to_owned());
    }
    Ok(())
}

/// The address is tried before it is published: workers and clients that go there must find a
/// master of this SSISDB.
fn update_master_address(call: &mut Call<'_>) -> Result<i32, SqlError> {
    let address = call.text(0)?;
    call.read(|_, caller| caller.require_admin())?;
    procedures::check_master_address(&address).map_err(|error| sql_error(&error))?;
    let known = call.read(|tx, _| masters(tx))?;
    let shown = call.connection.server.probe.certificate_at(address.trim_end_matches('/'));
    let is_known = |shown: String| {
        let is_it = known.iter().any(|master| master.thumbprint.eq_ignore_ascii_case(&shown));
        let other =
            || format!("the certificate {shown} there is not that of a master of this SSISDB");
        if is_it { Ok(()) } else { Err(other()) }
    };
    if let Err(reason) = shown.and_then(is_known) {
        let text = format!(
            "The address was not published, as no worker would find a master there: {reason}. \
             Correct it, or start the master, then call the procedure again."
        );
        return Err(SqlError::new(27101, 16, 1, text));
    }
    call.write(move |tx, caller| procedures::update_master_address(tx, caller, &address))?;
    Ok(0)
}
