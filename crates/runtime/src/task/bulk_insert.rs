//! Bulk Insert Task: one BULK INSERT statement for SQL Server, which reads the file itself.
//!
//! The path is the server's, so it is sent as the package writes it and not mapped. Rules:
//! control-flow facts 9.10; "BULK INSERT (Transact-SQL)".

use std::sync::Arc;

use connect::database::{Kind, Limits, Product, Statement};
use model::{ExecutionResult, dts};
use package::{BulkInsert, ConnectionKind, ConnectionManager, DataFileType};

use super::execute_sql::{Trouble, acquire};
use crate::evaluate::Mistake;
use crate::execute::Outcome;
use crate::frame::Frame;
use crate::property;

/// Sends the statement.
pub(crate) fn run(frame: &Arc<Frame>, task: &BulkInsert) -> Outcome {
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
pub(crate) fn validate(frame: &Arc<Frame>, task: &BulkInsert) -> bool {
    let mut sound = super::raised(frame, statement(frame, task));
    sound &= super::raised(frame, destination(frame, task));
    sound
}

fn carry_out(frame: &Arc<Frame>, task: &BulkInsert) -> Result<(), Trouble> {
    let text = statement(frame, task)?;
    destination(frame, task)?;
    let acquired = acquire::connection(frame, &task.destination)?;
    let mut connection = acquired.lock();
    if connection.product() != Product::SqlServer {
        let product = connection.product().name();
        return Err(Trouble::Mistake(failed(&format!("{product} has no BULK INSERT statement"))));
    }
    let cancel = &frame.run.runner.cancel;
    let limits = Limits { time_max: None, stopped: &|| cancel.is_cancelled() };
    match connection.execute(&Statement::batch(text), &limits) {
        Ok(_) => Ok(()),
        Err(error) if error.kind == Kind::Stopped => Err(Trouble::Canceled),
        Err(error) => Err(Trouble::Mistake(failed(&error.text))),
    }
}

fn failed(reason: &str) -> Mistake {
    Mistake::new(
        dts::DTS_E_ERROROCCURREDWITHFOLLOWINGMESSAGE,
        format!("An error occurred with the following error message: \"{reason}\"."),
    )
}

fn destination(frame: &Arc<Frame>, task: &BulkInsert) -> Result<(), Mistake> {
    let missing = || {
        Mistake::new(dts::DTS_E_BITASK_INVALIDDESTCONNECTIONNAME, "Connection name is not valid.")
    };
    if task.destination.is_empty() {
        return Err(Mistake::new(
            dts::DTS_E_BITASK_NO_CONNECTION_MANAGER_SPECIFIED,
            "The connection is not specified.",
        ));
    }
    property::connection(frame, &task.destination)?.ok_or_else(missing).map(drop)
}

/// The whole statement.
fn statement(frame: &Arc<Frame>, task: &BulkInsert) -> Result<String, Mistake> {
    if task.table.trim().is_empty() {
        return Err(Mistake::new(
            dts::DTS_E_BITASK_DESTINATION_TABLE_NOT_SPECIFIED,
            "The destination table is not specified.",
        ));
    }
    let path = path(frame, &task.source)?;
    let format_file = match task.uses_format_file {
        true => Some(self::path(frame, &task.format_file)?),
        false => None,
    };
    Ok(text(task, &path, format_file.as_deref()))
}

/// The path behind a connection manager, as it is written there.
fn path(frame: &Arc<Frame>, key: &str) -> Result<String, Mistake> {
    let wrong = |name: &str| {
        Mistake::new(
            dts::DTS_E_BITASK_INVALIDSOURCECONNECTIONNAME,
            format!("The source connection \"{name}\" is not valid, or points to no file."),
        )
    };
    let manager: ConnectionManager = property::connection(frame, key)?.ok_or_else(|| wrong(key))?;
    let is_file = matches!(manager.kind, ConnectionKind::File { .. } | ConnectionKind::FlatFile(_));
    let path = manager.connection_string.as_str();
    if !is_file || path.trim().is_empty() {
        return Err(wrong(&manager.name));
    }
    Ok(path.to_owned())
}

/// The statement for a file at this path of the server.
fn text(task: &BulkInsert, path: &str, format_file: Option<&str>) -> String {
    let mut options: Vec<String> = Vec::new();
    let mut set = |name: &str, value: String| options.push(format!("{name} = {value}"));
    match format_file {
        Some(file) => set("FORMATFILE", quoted(file)),
        None => {
            let wide = task.data_file_type == DataFileType::WideChar;
            set("DATAFILETYPE", quoted(file_type(task.data_file_type)));
            if let Some(field) = terminator(&task.field_terminator, wide) {
                set("FIELDTERMINATOR", field);
            }
            if let Some(row) = terminator(&task.row_terminator, wide) {
                set("ROWTERMINATOR", row);
            }
        }
    }
    if !task.code_page.trim().is_empty() {
        set("CODEPAGE", quoted(task.code_page.trim()));
    }
    for (name, number) in [
        ("FIRSTROW", task.first_row),
        ("LASTROW", task.last_row),
        ("BATCHSIZE", task.batch_size),
        // 0 means any number to the task; the statement's own default would be 10.
        ("MAXERRORS", if task.errors_max == 0 { i32::MAX.unsigned_abs() } else { task.errors_max }),
    ] {
        if number != 0 {
            set(name, number.to_string());
        }
    }
    for (name, wanted) in [
        ("CHECK_CONSTRAINTS", task.check_constraints),
        ("KEEPNULLS", task.keep_nulls),
        ("KEEPIDENTITY", task.keep_identity),
        ("TABLOCK", task.table_lock),
        ("FIRE_TRIGGERS", task.fire_triggers),
    ] {
        if wanted {
            options.push(name.to_owned());
        }
    }
    if !task.sorted_by.trim().is_empty() {
        options.push(format!("ORDER ({})", task.sorted_by.trim()));
    }
    format!("BULK INSERT {} FROM {} WITH ({})", task.table, quoted(path), options.join(", "))
}

const fn file_type(kind: DataFileType) -> &'static str {
    match kind {
        DataFileType::Char => "char",
        DataFileType::Native => "native",
        DataFileType::WideChar => "widechar",
        DataFileType::WideNative => "widenative",
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A terminator as the designer names it, for T-SQL: its bytes, because T-SQL reads a line feed by
/// itself as carriage return and line feed. `None` leaves it to the server.
fn terminator(named: &str, wide: bool) -> Option<String> {
    // `Comma {,}`: what is in the braces counts, and where nothing is, the word.
    let mut plain = String::new();
    let mut rest = named;
    while let Some((front, behind)) = rest.split_once('{') {
        let Some((inside, after)) = behind.split_once('}') else { break };
        if plain.is_empty() && front.trim().chars().any(|c| !c.is_alphabetic() && c != ' ') {
            plain.push_str(front);
        }
        plain.push_str(match inside {
            "CR" => "\r",
            "LF" => "\n",
            other => other,
        });
        rest = after;
    }
    if plain.is_empty() {
        plain = match named.trim() {
            "Tab" => "\t".to_owned(),
            "" => return None,
            _ => named.replace("\\r", "\r").replace("\\n", "\n").replace("\\t", "\t"),
        };
    }
    if !plain.contains(['\r', '\n']) {
        return Some(quoted(&plain.replace('\t', "\\t")));
    }
    let bytes: Vec<u8> = match wide {
        true => plain.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        false => plain.into_bytes(),
    };
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Some(quoted(&format!("0x{digits}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_is_said_as_the_statement_wants_it() {
        let task = BulkInsert {
            table: "[Sales].[dbo].[Order]".to_owned(),
            check_constraints: true,
            table_lock: true,
            first_row: 2,
            batch_size: 1000,
            errors_max: 3,
            sorted_by: "Id ASC".to_owned(),
            code_page: "1252".to_owned(),
            field_terminator: "Vertical Bar {|}".to_owned(),
            row_terminator: "{CR}{LF}".to_owned(),
            ..BulkInsert::default()
        };
        insta::assert_snapshot!(
            text(&task, r"\\server\share\o'rders.txt", None),
            @r"BULK INSERT [Sales].[dbo].[Order] FROM '\\server\share\o''rders.txt' WITH (DATAFILETYPE = 'char', FIELDTERMINATOR = '|', ROWTERMINATOR = '0x0d0a', CODEPAGE = '1252', FIRSTROW = 2, BATCHSIZE = 1000, MAXERRORS = 3, CHECK_CONSTRAINTS, TABLOCK, ORDER (Id ASC))"
        );
        let task = BulkInsert { table: "T".to_owned(), ..BulkInsert::default() };
        insta::assert_snapshot!(
            text(&task, "d.dat", Some("f.fmt")),
            @"BULK INSERT T FROM 'd.dat' WITH (FORMATFILE = 'f.fmt', MAXERRORS = 2147483647)"
        );
    }

    #[test]
    fn terminators_have_the_designers_names() {
        let of = |named| terminator(named, false);
        assert_eq!(of("Comma {,}").as_deref(), Some("','"));
        assert_eq!(of("Semicolon {;}").as_deref(), Some("';'"));
        assert_eq!(of("Tab").as_deref(), Some(r"'\t'"));
        assert_eq!(of("{LF}").as_deref(), Some("'0x0a'"));
        assert_eq!(of("||").as_deref(), Some("'||'"));
        assert_eq!(of(""), None);
        assert_eq!(terminator("{CR}{LF}", true).as_deref(), Some("'0x0d000a00'"));
    }
}
