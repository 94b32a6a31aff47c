//! A T-SQL client: each batch creates and starts an execution and gives its number. A batch
//! whose answer is lost is not asked again; what became of it is allowed to be either.

use std::time::Duration;

use anyhow::{Context, Result};
use connect::sql_server::{Connection, Credentials, Secret, ServerName, Settings, Statement};
use model::Value;

use crate::cluster::LOGIN;
use crate::ledger::Way;
use crate::load::{Demand, Wish, shortly};
use crate::random::Random;

/// How long connecting, and one batch, may take.
const CONNECT_MAX: Duration = Duration::from_secs(5);
const BATCH_MAX: Duration = Duration::from_secs(10);

/// The pause between two batches: T-SQL is the smaller part of the load.
const PAUSE: Duration = Duration::from_millis(100);

/// Works until the load ends.
pub(crate) fn client(demand: &Demand, servers: Vec<String>, mut random: Random) {
    let mut connection: Option<Connection> = None;
    let mut servers = servers.iter().cycle();
    while !demand.is_stopping() {
        std::thread::sleep(PAUSE);
        if !demand.has_room() {
            continue;
        }
        let open = match connection.take() {
            Some(open) if open.is_open() => Ok(open),
            _ => connect(servers.next().map_or("", String::as_str)),
        };
        let mut open = match open {
            Ok(open) => open,
            Err(error) => {
                demand.ledger.refused(shortly(&format!("T-SQL: {error:#}")));
                continue;
            }
        };
        for wish in demand.wishes(&mut random, Way::Tsql, 1) {
            match start(&mut open, &wish) {
                Ok(execution) => demand.acknowledged(&wish, execution),
                Err(error) => demand.ledger.refused(shortly(&format!("T-SQL: {error:#}"))),
            }
        }
        connection = Some(open);
    }
}

fn connect(server: &str) -> Result<Connection> {
    let settings = Settings {
        server: ServerName::parse(server)?,
        failover_partner: None,
        database: Some("SSISDB".to_owned()),
        credentials: Credentials::Login {
            user: LOGIN.0.to_owned(),
            password: Secret::new(LOGIN.1),
        },
        encrypt: true,
        trust_server_certificate: true,
        connect_timeout: CONNECT_MAX,
        application_name: "chaos".to_owned(),
        read_only: false,
        source_name: "chaos".to_owned(),
    };
    Ok(Connection::open(&settings)?)
}

fn start(connection: &mut Connection, wish: &Wish) -> Result<i64> {
    let Wish { key, ticks, retry_count } = wish;
    let batch = format!(
        "DECLARE @id bigint, @key sql_variant = N'{key}', @ticks int = {ticks};
         EXEC [catalog].[create_execution] @folder_name = N'Packhorse', @project_name = N'Chaos',
             @package_name = N'Work.dtsx', @runinscaleout = 1, @execution_id = @id OUTPUT;
         EXEC [catalog].[set_execution_parameter_value] @id, @object_type = 30,
             @parameter_name = N'Key', @parameter_value = @key;
         EXEC [catalog].[set_execution_parameter_value] @id, @object_type = 30,
             @parameter_name = N'Ticks', @parameter_value = @ticks;
         EXEC [catalog].[start_execution] @id, @retry_count = {retry_count};
         SELECT @id AS execution_id;"
    );
    let outcome = connection.execute(&Statement::batch(batch), Some(BATCH_MAX))?;
    let set = outcome.result_sets.first().context("no rows")?;
    match set.rows.first().and_then(|row| row.first()) {
        Some(Value::I8(id)) => Ok(*id),
        other => anyhow::bail!("no execution: {other:?}"),
    }
}
