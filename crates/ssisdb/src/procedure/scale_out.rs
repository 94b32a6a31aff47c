//! Scale Out: workers, masters, logging.

use catalog::procedures;
use model::ExecutionId;
use tsql::value::SqlError;

use super::call::Call;
use super::{BIGINT, Definition, GUID, LONG_TEXT, Parameter, text};

const AGENT: Parameter = Parameter::new("@WorkerAgentId", GUID);

pub(super) const DEFINITIONS: &[Definition] = &[
    Definition::catalog(
        "add_execution_worker",
        &[Parameter::new("@execution_id", BIGINT), Parameter::new("@workeragent_id", GUID)],
        |call| {
            let (id, agent) = (ExecutionId(call.number(0)?), call.agent(1)?);
            call.write(move |tx, caller| procedures::add_execution_worker(tx, caller, id, agent))?;
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
        |call| {
            let address = call.text(0)?;
            call.write(move |tx, caller| procedures::update_master_address(tx, caller, &address))?;
            Ok(0)
        },
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

/// The connection string is tried before it is kept: one that does not work would lose logs.
fn update_logdb_info(call: &mut Call<'_>) -> Result<i32, SqlError> {
    let (server, connection) = (call.text(0)?, call.text(1)?);
    call.read(|_, caller| caller.require_admin())?;
    if let Err(reason) = call.connection.server.probe.connect(&connection) {
        let text = format!(
            "The connection string was not taken, as logs would be lost with it: {reason}. Correct \
             it, or make the server reachable, then call the procedure again."
        );
        return Err(SqlError::new(27101, 16, 1, text));
    }
    call.write(move |tx, caller| procedures::update_logdb_info(tx, caller, &server, &connection))?;
    Ok(0)
}
