//! How a destination writes: what its properties say.

use connect::database::BulkInsert;
use package::{ComponentClass, Disposition};

use crate::database::{select, variable_text};
use crate::{Build, Invalid};

/// What the properties say.
pub(super) struct Options {
    /// The table, as the package writes it.
    pub(super) table: String,
    pub(super) way: Way,
    /// Whether the server numbers identity columns unless told otherwise.
    pub(super) is_fast_load: bool,
    pub(super) bulk: BulkInsert,
    /// Seconds; 0 for ever.
    pub(super) time_max: i64,
}

/// How rows go.
#[derive(Clone, Copy)]
pub(super) enum Way {
    RowByRow,
    /// In bulk, with a commit after this many rows.
    Bulk {
        commit: u64,
    },
}

impl Options {
    pub(super) fn of(build: &Build<'_>) -> Result<Self, Invalid> {
        let class = build.component.class;
        if class == ComponentClass::AdoNetDestination {
            ado_net(build)
        } else if class == ComponentClass::OdbcDestination {
            odbc(build)
        } else if class == ComponentClass::SqlServerDestination {
            sql_server(build)
        } else if class == ComponentClass::ExcelDestination {
            excel(build)
        } else {
            ole_db(build)
        }
    }
}

fn table(build: &Build<'_>, property: &str) -> Result<String, Invalid> {
    match build.text(property).trim() {
        "" => Err(build.bad_property(property, "")),
        text => Ok(text.to_owned()),
    }
}

/// So many rows that the only commit is the last.
fn commit(rows: i64) -> u64 {
    u64::try_from(rows).ok().filter(|rows| *rows != 0).unwrap_or(u64::MAX)
}

/// What statements that insert rows do by themselves.
fn as_statements() -> BulkInsert {
    BulkInsert {
        keep_identity: true,
        keep_nulls: true,
        check_constraints: true,
        fire_triggers: true,
        ..BulkInsert::default()
    }
}

/// The workbook is written once, when all rows are there: no row of it can fail by then.
fn excel(build: &Build<'_>) -> Result<Options, Invalid> {
    Ok(Options {
        table: opened(build, build.number("AccessMode", 0)?)?,
        way: Way::Bulk { commit: u64::MAX },
        is_fast_load: false,
        bulk: as_statements(),
        time_max: build.number("CommandTimeout", 0)?,
    })
}

/// The table that a mode of access leads to.
fn opened(build: &Build<'_>, mode: i64) -> Result<String, Invalid> {
    Ok(match mode {
        0 | 3 => table(build, "OpenRowset")?,
        1 | 4 => variable_text(build, "OpenRowsetVariable")?,
        2 => {
            let command = build.text("SqlCommand");
            let table = select::table(command);
            table.ok_or_else(|| build.bad_property("SqlCommand", command))?.to_owned()
        }
        other => return Err(build.bad_property("AccessMode", &other.to_string())),
    })
}

fn ole_db(build: &Build<'_>) -> Result<Options, Invalid> {
    let mode = build.number("AccessMode", 0)?;
    let table = opened(build, mode)?;
    let time_max = build.number("CommandTimeout", 0)?;
    if mode < 3 {
        let bulk = as_statements();
        return Ok(Options { table, way: Way::RowByRow, is_fast_load: false, bulk, time_max });
    }
    let mut bulk = BulkInsert {
        keep_identity: build.flag("FastLoadKeepIdentity", false)?,
        keep_nulls: build.flag("FastLoadKeepNulls", false)?,
        ..BulkInsert::default()
    };
    let text = build.text("FastLoadOptions");
    for option in options(text) {
        fast_load(&mut bulk, option).ok_or_else(|| build.bad_property("FastLoadOptions", text))?;
    }
    let rows = build.number("FastLoadMaxInsertCommitSize", i64::from(i32::MAX))?;
    let way = Way::Bulk { commit: commit(rows) };
    Ok(Options { table, way, is_fast_load: true, bulk, time_max })
}

/// The parts between commas that stand in no parentheses.
fn options(text: &str) -> Vec<&str> {
    let mut depth = 0;
    let parts = text.split(move |c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        c == ',' && depth == 0
    });
    parts.map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// `None` for an option that does not exist.
fn fast_load(bulk: &mut BulkInsert, option: &str) -> Option<()> {
    let upper = option.to_ascii_uppercase();
    match upper.split(['=', '(']).next().unwrap_or_default().trim() {
        "TABLOCK" => bulk.table_lock = true,
        "CHECK_CONSTRAINTS" => bulk.check_constraints = true,
        "FIRE_TRIGGERS" => bulk.fire_triggers = true,
        "KEEP_NULLS" => bulk.keep_nulls = true,
        // Hints about sizes; a batch of the data flow is what is sent at once.
        "ROWS_PER_BATCH" | "KILOBYTES_PER_BATCH" => {}
        "ORDER" => bulk.order = order(option.split_once('(')?.1.strip_suffix(')')?)?,
        _ => return None,
    }
    Some(())
}

fn order(text: &str) -> Option<Vec<(String, bool)>> {
    let column = |part: &str| {
        let part = part.trim();
        let (name, way) = part.rsplit_once(char::is_whitespace).unwrap_or((part, "ASC"));
        let descending = match way.to_ascii_uppercase().as_str() {
            "ASC" => false,
            "DESC" => true,
            _ => return None,
        };
        let name = name.trim().trim_start_matches('[').trim_end_matches(']');
        Some((name.to_owned(), descending))
    };
    text.split(',').map(column).collect()
}

fn is_strict(build: &Build<'_>) -> bool {
    let disposition = build.component.inputs.first().map(|input| input.dispositions.error);
    matches!(disposition, Some(Disposition::FailComponent | Disposition::NotUsed) | None)
}

/// A batch size of 0 is a batch of the data flow.
fn batches(rows: i64) -> u64 {
    u64::try_from(rows).ok().filter(|rows| *rows != 0).unwrap_or(10_000)
}

fn ado_net(build: &Build<'_>) -> Result<Options, Invalid> {
    let in_bulk = build.flag("UseBulkInsertWhenPossible", true)? && is_strict(build);
    let commit = batches(build.number("BatchSize", 0)?);
    Ok(Options {
        table: table(build, "TableOrViewName")?,
        way: if in_bulk { Way::Bulk { commit } } else { Way::RowByRow },
        is_fast_load: in_bulk,
        bulk: if in_bulk { BulkInsert::default() } else { as_statements() },
        time_max: build.number("CommandTimeout", 30)?,
    })
}

fn odbc(build: &Build<'_>) -> Result<Options, Invalid> {
    let in_bulk = build.number("InsertMethod", 1)? == 1 && is_strict(build);
    let transaction = build.number("TransactionSize", 0)?;
    let batch = build.number("BatchSize", 1000)?;
    let commit = batches(if transaction == 0 { batch } else { transaction });
    Ok(Options {
        table: table(build, "TableName")?,
        way: if in_bulk { Way::Bulk { commit } } else { Way::RowByRow },
        is_fast_load: false,
        bulk: as_statements(),
        time_max: build.number("StatementTimeout", 120)?,
    })
}

fn sql_server(build: &Build<'_>) -> Result<Options, Invalid> {
    for limit in ["BulkInsertFirstRow", "BulkInsertLastRow", "BulkInsertMaxErrors"] {
        let rows = build.number(limit, -1)?;
        if 0 < rows && !(limit == "BulkInsertFirstRow" && rows == 1) {
            return Err(build.bad_property(limit, &rows.to_string()));
        }
    }
    let order_text = build.text("BulkInsertOrder").trim();
    let order = if order_text.is_empty() { Some(Vec::new()) } else { order(order_text) };
    Ok(Options {
        table: table(build, "BulkInsertTableName")?,
        way: Way::Bulk { commit: commit(build.number("MaxInsertCommitSize", 0)?) },
        is_fast_load: true,
        bulk: BulkInsert {
            keep_identity: build.flag("BulkInsertKeepIdentity", false)?,
            keep_nulls: build.flag("BulkInsertKeepNulls", false)?,
            table_lock: build.flag("BulkInsertTablock", true)?,
            check_constraints: build.flag("BulkInsertCheckConstraints", true)?,
            fire_triggers: build.flag("BulkInsertFireTriggers", false)?,
            order: order.ok_or_else(|| build.bad_property("BulkInsertOrder", order_text))?,
            ..BulkInsert::default()
        },
        time_max: build.number("Timeout", 30)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fast_load_options_are_read_and_unknown_ones_refused() {
        let mut bulk = BulkInsert::default();
        let text = "TABLOCK, CHECK_CONSTRAINTS,ROWS_PER_BATCH = 5,ORDER(a ASC, [b] DESC)";
        for option in options(text) {
            fast_load(&mut bulk, option).unwrap();
        }
        assert!(bulk.table_lock && bulk.check_constraints && !bulk.fire_triggers);
        assert_eq!(bulk.order, [("a".to_owned(), false), ("b".to_owned(), true)]);
        assert_eq!(fast_load(&mut bulk, "FASTER"), None);
    }
}
