//! Data Profiling Task: asks SQL Server about the data of tables, and writes the answers as one
//! XML document into a file or a variable.
//!
//! Everything is counted by the server in plain T-SQL, so that a master of this project answers
//! as SQL Server does; only patterns are found here. Nothing is created in tempdb. Answers come in
//! the order in which SSIS writes them, by what they ask. Sources: see `package::DataProfiling`.

mod column;
mod combinations;
mod document;
mod pattern;
mod relation;
mod server;
mod single;

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use fs_err as fs;
use model::{ExecutionResult, MessageType, Value, dts};
use package::{
    ConnectionKind, ConnectionManager, DataProfiling, ProfileDestination, ProfileInput,
    ProfileKind, ProfileRequest,
};

use self::document::Xml;
use self::server::Servers;
use super::execute_sql::Trouble;
use crate::evaluate::{self, Mistake};
use crate::execute::Outcome;
use crate::frame::Frame;
use crate::property;

/// Asks, and writes what is answered.
pub(crate) fn run(frame: &Arc<Frame>, task: &DataProfiling) -> Outcome {
    match carry_out(frame, task) {
        Ok(()) => Outcome::SUCCESS,
        Err(Trouble::Canceled) => Outcome { result: ExecutionResult::Canceled, value: None },
        Err(Trouble::Mistake(mistake)) => {
            mistake.raise(frame);
            Outcome::FAILURE
        }
    }
}

/// Raises what is wrong with the task; nothing is connected to.
pub(crate) fn validate(frame: &Arc<Frame>, task: &DataProfiling) -> bool {
    let mut sound = super::raised(frame, destination(frame, task));
    match input(task) {
        Ok(input) => {
            for request in &input.requests {
                sound &= super::raised(frame, source(frame, request));
            }
        }
        Err(mistake) => sound = super::raised::<()>(frame, Err(mistake)),
    }
    sound
}

fn carry_out(frame: &Arc<Frame>, task: &DataProfiling) -> Result<(), Trouble> {
    let input = input(task)?;
    destination(frame, task)?;
    for request in &input.requests {
        source(frame, request)?;
    }
    let document = answers(frame, input)?;
    match task.destination_type {
        ProfileDestination::Variable => {
            // A text in memory is UTF-16 to .NET.
            let text = document.finish("<?xml version=\"1.0\" encoding=\"utf-16\"?>");
            evaluate::set_variable(frame, &task.destination, &Value::text(text))?;
        }
        ProfileDestination::FileConnection => {
            let text = document.finish("<?xml version=\"1.0\"?>");
            write_file(frame, task, text.as_bytes())?;
        }
    }
    Ok(())
}

/// The whole document, without its first line.
fn answers(frame: &Arc<Frame>, input: &ProfileInput) -> Result<Xml, Trouble> {
    let mut xml = Xml::new();
    xml.open(
        "DataProfile",
        &[
            ("xmlns:xsd", "http://www.w3.org/2001/XMLSchema"),
            ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
            ("xmlns", "http://schemas.microsoft.com/sqlserver/2008/DataDebugger/"),
        ],
    );
    xml.leaf("ProfileVersion", "1.0");
    xml.open("DataSources", &[]);
    for manager in frame.run.all_connections() {
        xml.open("DtsDataSource", &[("ID", &manager.id), ("Name", &manager.name)]);
        xml.leaf("DtsConnectionManagerID", &manager.name);
        xml.close("DtsDataSource");
    }
    xml.close("DataSources");
    xml.written(&input.questions_xml);
    xml.open("DataProfileOutput", &[]);
    xml.open("Profiles", &[]);
    let time_max = (input.time_out_s > 0).then(|| Duration::from_secs(input.time_out_s));
    let mut servers = Servers::new(frame, time_max);
    let mut requests: Vec<&ProfileRequest> = input.requests.iter().collect();
    requests.sort_by_key(|request| place(&request.kind));
    for request in requests {
        trace(frame, &format!("Profile request \"{}\" is processed.", request.id));
        answer(&mut servers, request, &mut xml)?;
        trace(frame, &format!("Profile request \"{}\" was processed.", request.id));
    }
    xml.close("Profiles");
    xml.close("DataProfileOutput");
    xml.close("DataProfile");
    Ok(xml)
}

/// Where the answers to such a request stand among the others.
const fn place(kind: &ProfileKind) -> u8 {
    match kind {
        ProfileKind::LengthDistribution { .. } => 0,
        ProfileKind::NullRatio { .. } => 1,
        ProfileKind::Statistics { .. } => 2,
        ProfileKind::Pattern { .. } => 3,
        ProfileKind::ValueDistribution { .. } => 4,
        ProfileKind::CandidateKey { .. } => 5,
        ProfileKind::FunctionalDependency { .. } => 6,
        ProfileKind::Inclusion { .. } => 7,
    }
}

fn answer(
    servers: &mut Servers<'_>,
    request: &ProfileRequest,
    xml: &mut Xml,
) -> Result<(), Trouble> {
    let mut server = servers.server(request)?;
    match &request.kind {
        ProfileKind::LengthDistribution { .. }
        | ProfileKind::NullRatio { .. }
        | ProfileKind::Statistics { .. }
        | ProfileKind::Pattern { .. }
        | ProfileKind::ValueDistribution { .. } => single::answer(&mut server, request, xml),
        ProfileKind::CandidateKey { table, columns, report } => {
            relation::candidate_keys(&mut server, table, columns, *report, xml)
        }
        ProfileKind::FunctionalDependency { table, determinants, dependent, report } => {
            relation::dependencies(&mut server, table, (determinants, dependent), *report, xml)
        }
        ProfileKind::Inclusion { .. } => relation::inclusions(&mut server, &request.kind, xml),
    }
}

fn input(task: &DataProfiling) -> Result<&ProfileInput, Mistake> {
    task.input().map_err(|error| failed(&format!("{error}.")))
}

/// The connection manager of a request.
fn source(frame: &Arc<Frame>, request: &ProfileRequest) -> Result<ConnectionManager, Mistake> {
    let key = &request.data_source;
    let manager = property::connection(frame, key)?.ok_or_else(|| {
        failed(&format!(
            "The connection manager \"{key}\" of profile request \"{}\" does not exist.",
            request.id
        ))
    })?;
    if !matches!(manager.kind, ConnectionKind::AdoNet { .. }) {
        return Err(failed(&format!(
            "The connection manager \"{}\" of profile request \"{}\" is not of type ADO.NET.",
            manager.name, request.id
        )));
    }
    Ok(manager)
}

fn destination(frame: &Arc<Frame>, task: &DataProfiling) -> Result<(), Mistake> {
    let name = &task.destination;
    if name.trim().is_empty() {
        return Err(failed("The destination of the profiles is not specified."));
    }
    match task.destination_type {
        ProfileDestination::Variable => evaluate::find(frame, name).map(drop),
        ProfileDestination::FileConnection => file(frame, task).map(drop),
    }
}

fn file(frame: &Arc<Frame>, task: &DataProfiling) -> Result<ConnectionManager, Mistake> {
    let key = &task.destination;
    let manager = property::connection(frame, key)?.ok_or_else(|| {
        failed(&format!("The destination connection manager \"{key}\" does not exist."))
    })?;
    if !matches!(manager.kind, ConnectionKind::File { .. }) {
        return Err(failed(&format!(
            "The destination connection manager \"{}\" is not of type FILE.",
            manager.name
        )));
    }
    Ok(manager)
}

fn write_file(frame: &Arc<Frame>, task: &DataProfiling, bytes: &[u8]) -> Result<(), Mistake> {
    let manager = file(frame, task)?;
    let written = manager.connection_string.as_str();
    let wrong = |error: &dyn std::error::Error| {
        failed(&format!(
            "The profiles cannot be written to the file \"{written}\": {}.",
            evaluate::chain(error)
        ))
    };
    let path = frame.run.runner.options.path_map.resolve(written);
    let path = path.map_err(|error| wrong(&error))?;
    if !task.overwrite && path.exists() {
        return Err(failed(&format!(
            "The output file \"{written}\" already exists. Set the property OverwriteDestination \
             to True, or choose another file."
        )));
    }
    let mut file = fs::File::create(path).map_err(|error| wrong(&error))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|error| wrong(&error))
}

/// What went wrong, in the words of the task.
fn failed(reason: &str) -> Mistake {
    Mistake::new(
        dts::DTS_E_ERROROCCURREDWITHFOLLOWINGMESSAGE,
        format!("An error occurred with the following error message: \"{reason}\"."),
    )
}

/// The task's own log entry.
fn trace(frame: &Arc<Frame>, text: &str) {
    let mut event = frame.event(MessageType::Custom, 0, text.to_owned());
    "DataProfilingTaskTrace".clone_into(&mut event.name);
    frame.raise(event);
}
