//! Batches and what they show: the scripts of `tests/clients/scripts.txt`.

use std::fs;

use anyhow::{Context as _, Result, bail, ensure};
use tiberius::error::Error;
use tiberius::{ColumnData, Row};

use crate::server::{Client, Server};

/// The cells of the last result of a batch; an error in any of its statements is one here.
pub(crate) async fn ask(client: &mut Client, text: &str) -> Result<Vec<Vec<String>>, Error> {
    let results = client.simple_query(text).await?.into_results().await?;
    let rows = results.iter().rev().find(|rows| !rows.is_empty());
    Ok(rows.map(|rows| rows.iter().map(cells).collect()).unwrap_or_default())
}

/// The only cell.
pub(crate) async fn one(client: &mut Client, text: &str) -> Result<String> {
    let rows = ask(client, text).await?;
    let cell = rows.first().and_then(|row| row.first());
    cell.cloned().with_context(|| format!("{text} shows nothing"))
}

/// The number and the text of the error of a batch that is refused.
pub(crate) async fn refused(client: &mut Client, text: &str) -> Result<(u32, String)> {
    match ask(client, text).await {
        Err(Error::Server(error)) => Ok((error.code(), error.message().to_owned())),
        other => bail!("{text}: {other:?}"),
    }
}

fn cells(row: &Row) -> Vec<String> {
    row.cells().map(|(_, data)| shown(data)).collect()
}

fn shown(data: &ColumnData) -> String {
    fn text<T: ToString>(value: Option<T>) -> String {
        value.map_or_else(|| "NULL".to_owned(), |value| value.to_string())
    }
    match data {
        ColumnData::String(value) => text(value.as_deref()),
        ColumnData::Bit(value) => text(value.map(u8::from)),
        ColumnData::U8(value) => text(*value),
        ColumnData::I16(value) => text(*value),
        ColumnData::I32(value) => text(*value),
        ColumnData::I64(value) => text(*value),
        ColumnData::F32(value) => text(*value),
        ColumnData::F64(value) => text(*value),
        ColumnData::Numeric(value) => text(*value),
        ColumnData::Guid(value) => text(*value),
        // No line of scripts.txt asks for these.
        ColumnData::Binary(_)
        | ColumnData::Xml(_)
        | ColumnData::DateTime(_)
        | ColumnData::SmallDateTime(_)
        | ColumnData::Time(_)
        | ColumnData::Date(_)
        | ColumnData::DateTime2(_)
        | ColumnData::DateTimeOffset(_) => format!("{data:?}"),
    }
}

/// Runs them all, as a line of the list says.
pub(crate) async fn all(server: &Server) -> Result<()> {
    let mut client = server.connect().await?;
    let list = fs::read_to_string(server.source.join("scripts.txt"))?;
    for line in list.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        println!("{line}");
        step(server, &mut client, line).await.with_context(|| line.to_owned())?;
    }
    Ok(())
}

async fn step(server: &Server, client: &mut Client, line: &str) -> Result<()> {
    let (act, wanted) = line.split_once(" => ").unwrap_or((line, ""));
    let (verb, what) = act.split_once(' ').context("a verb, and what")?;
    let text = if verb == "sql" { what.to_owned() } else { script(server, what)? };
    let batches: Vec<&str> = batches(&text).collect();
    if verb == "fail" {
        let [batch] = batches[..] else { bail!("more than one batch") };
        let (_, said) = refused(client, batch).await?;
        ensure!(said.contains(wanted), "{said}");
        return Ok(());
    }
    let mut rows = Vec::new();
    for batch in batches {
        rows = ask(client, batch).await?;
    }
    ensure!(wanted.is_empty() || is_shown(&rows, wanted), "{rows:?}");
    Ok(())
}

fn script(server: &Server, number: &str) -> Result<String> {
    let files = fs::read_dir(&server.scripts)?.flatten();
    let mut files = files.map(|file| file.path());
    let is_it = |file: &std::path::PathBuf| {
        file.file_name().is_some_and(|name| name.to_string_lossy().starts_with(number))
    };
    Ok(fs::read_to_string(files.find(is_it).context("there is no such script")?)?)
}

/// What stands between lines that say GO.
fn batches(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    let batches = std::iter::from_fn(move || {
        let text = rest?;
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            if line.trim().eq_ignore_ascii_case("go") {
                rest = Some(&text[at + line.len()..]);
                return Some(&text[..at]);
            }
            at += line.len();
        }
        rest = None;
        Some(text)
    });
    batches.filter(|batch| !batch.trim().is_empty())
}

fn is_shown(rows: &[Vec<String>], wanted: &str) -> bool {
    let mut wanted: Vec<Vec<&str>> =
        wanted.split(" / ").map(|row| row.split('|').collect()).collect();
    let begins = 1 < wanted.len() && wanted.last().is_some_and(|row| row == &["*"]);
    if begins {
        wanted.pop();
    }
    let same = |(row, wanted): (&Vec<String>, &Vec<&str>)| {
        let mut cells = row.iter().zip(wanted);
        row.len() == wanted.len() && cells.all(|(cell, wanted)| *wanted == "*" || wanted == cell)
    };
    (rows.len() == wanted.len() || begins && wanted.len() < rows.len())
        && rows.iter().zip(&wanted).all(same)
}
