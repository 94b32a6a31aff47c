//! Parameters both ways, procedures by name, tables as parameters, rows in bulk.

use std::borrow::Cow;

use anyhow::{Context as _, Result, ensure};
use tiberius::numeric::Numeric;
use tiberius::time::{Date, DateTime, DateTime2, DateTimeOffset, SmallDateTime, Time};
use tiberius::{
    ColumnData, Command, IntoSql, Query, SqlTableDataRow, TableValueRow, TokenRow, Uuid,
};

use crate::scripts::{ask, one};
use crate::server::Server;

/// A value as tiberius has it.
struct Value(ColumnData<'static>);

impl IntoSql<'static> for Value {
    fn into_sql(self) -> ColumnData<'static> {
        self.0
    }
}

/// A type, a value that goes and comes back as it went, and its NULL.
type Sample = (&'static str, ColumnData<'static>, ColumnData<'static>);

fn text(value: &str) -> ColumnData<'static> {
    ColumnData::String(Some(Cow::Owned(value.to_owned())))
}

fn binary(value: Vec<u8>) -> ColumnData<'static> {
    ColumnData::Binary(Some(Cow::Owned(value)))
}

fn numbers() -> Vec<Sample> {
    let numeric = ColumnData::Numeric(Some(Numeric::new_with_scale(1250, 2)));
    let small = ColumnData::Numeric(Some(Numeric::new_with_scale(-125_000, 4)));
    vec![
        ("bit", ColumnData::Bit(Some(true)), ColumnData::Bit(None)),
        ("tinyint", ColumnData::U8(Some(255)), ColumnData::U8(None)),
        ("smallint", ColumnData::I16(Some(-3)), ColumnData::I16(None)),
        ("int", ColumnData::I32(Some(7)), ColumnData::I32(None)),
        ("bigint", ColumnData::I64(Some(5_000_000_000)), ColumnData::I64(None)),
        ("real", ColumnData::F32(Some(0.25)), ColumnData::F32(None)),
        ("float", ColumnData::F64(Some(2.5)), ColumnData::F64(None)),
        ("decimal(10,2)", numeric, ColumnData::Numeric(None)),
        ("numeric(19,4)", small, ColumnData::Numeric(None)),
    ]
}

fn texts() -> Vec<Sample> {
    let id = Uuid::from_u128(0x6583_054a_e915_4c2a_80e4_c765_e79e_f61d);
    vec![
        ("nvarchar(40)", text("täxt '\u{1F40E}"), ColumnData::String(None)),
        ("varchar(40)", text("täxt"), ColumnData::String(None)),
        ("nchar(4)", text("abcd"), ColumnData::String(None)),
        ("nvarchar(max)", text(&"x".repeat(10_000)), ColumnData::String(None)),
        ("varbinary(8)", binary(vec![0, 1, 255]), ColumnData::Binary(None)),
        ("varbinary(max)", binary(vec![7; 16_384]), ColumnData::Binary(None)),
        ("uniqueidentifier", ColumnData::Guid(Some(id)), ColumnData::Guid(None)),
    ]
}

/// The 28th of February 2026, 23:59:58.1234567 where the type has it.
fn moments() -> Vec<Sample> {
    // Counted from year 1, from 1900; 100 ns; 1/300 s; minutes.
    let (days, days_1900) = (739_674, 46_079);
    let ticks = 863_981_234_567;
    let date_time = DateTime::new(days_1900, (86_398 * 300) + 36);
    let small = SmallDateTime::new(46_079, 1439);
    let date_time2 = DateTime2::new(Date::new(days), Time::new(ticks, 7));
    let offset = DateTimeOffset::new(date_time2, 120);
    vec![
        ("date", ColumnData::Date(Some(Date::new(days))), ColumnData::Date(None)),
        ("time", ColumnData::Time(Some(Time::new(ticks, 7))), ColumnData::Time(None)),
        ("datetime", ColumnData::DateTime(Some(date_time)), ColumnData::DateTime(None)),
        ("smalldatetime", ColumnData::SmallDateTime(Some(small)), ColumnData::SmallDateTime(None)),
        ("datetime2", ColumnData::DateTime2(Some(date_time2)), ColumnData::DateTime2(None)),
        (
            "datetimeoffset",
            ColumnData::DateTimeOffset(Some(offset)),
            ColumnData::DateTimeOffset(None),
        ),
    ]
}

/// Every value comes back as it went, and is what T-SQL takes it for.
pub(crate) async fn parameters(server: &Server) -> Result<()> {
    let mut client = server.connect().await?;
    for (name, value, null) in [numbers(), texts(), moments()].concat() {
        for sent in [value, null] {
            let mut query = Query::new(format!("SELECT CAST(@P1 AS {name})"));
            query.bind(Value(sent.clone()));
            let row = query.query(&mut client).await?.into_row().await?;
            let row = row.with_context(|| format!("{name}: no row"))?;
            let found = row.get_column_data(0)?;
            ensure!(*found == sent, "{name}: {found:?} is not {sent:?}");
        }
    }
    let mut query =
        Query::new("SELECT CONVERT(varchar(40), @P1, 126) + ' ' + CONVERT(varchar(40), @P2, 127)");
    let [_, _, _, _, (_, moment, _), (_, offset, _)] = &moments()[..] else {
        anyhow::bail!("six of them");
    };
    query.bind(Value(moment.clone()));
    query.bind(Value(offset.clone()));
    let row = query.query(&mut client).await?.into_row().await?.context("no row")?;
    let found: Option<&str> = row.try_get(0)?;
    let wanted = "2026-02-28T23:59:58.1234567 2026-02-28T23:59:58.1234567Z";
    ensure!(found == Some(wanted), "{found:?} is not {wanted}");
    variants(server).await
}

/// What the catalog's columns of `sql_variant` give.
async fn variants(server: &Server) -> Result<()> {
    let mut client = server.connect().await?;
    let text = "SELECT CAST(7 AS sql_variant), CAST(N'a' AS sql_variant),
                CAST(CAST(1.5 AS decimal(5,2)) AS sql_variant), CAST(NULL AS sql_variant)";
    let found = ask(&mut client, text).await?;
    ensure!(found == [["7", "a", "1.50", "NULL"]], "{found:?}");
    Ok(())
}

/// Called by name, with OUTPUT parameters and a status.
pub(crate) async fn procedures(server: &Server) -> Result<()> {
    let mut client = server.connect().await?;
    let made = "CREATE PROCEDURE dbo.twice @n int, @t nvarchar(40), @b varbinary(max),
            @twice int OUTPUT, @text nvarchar(80) OUTPUT, @big bigint OUTPUT, @real float OUTPUT,
            @bytes int OUTPUT, @none int OUTPUT
        AS
        SELECT @twice = 2 * @n, @text = @t + @t, @big = 5000000000, @real = 1.5,
            @bytes = DATALENGTH(@b), @none = NULL;
        SELECT @n AS n;
        RETURN 3;";
    ask(&mut client, made).await?;
    let mut command = Command::new("dbo.twice");
    command.bind_param("@n", 7_i32);
    command.bind_param("@t", "ä");
    command.bind_param("@b", vec![0_u8; 100_000]);
    command.bind_out_param("@twice", 0_i32);
    command.bind_out_param("@text", "");
    command.bind_out_param("@big", 0_i64);
    command.bind_out_param("@real", 0_f64);
    command.bind_out_param("@bytes", 0_i32);
    command.bind_out_param("@none", 0_i32);
    let done = command.exec(&mut client).await?.into_command_result().await?;
    ensure!(done.return_code() == 3, "status {}", done.return_code());
    let numbers: [Option<i32>; 3] = [
        done.try_return_value("@twice")?,
        done.try_return_value("@bytes")?,
        done.try_return_value("@none")?,
    ];
    ensure!(numbers == [Some(14), Some(100_000), None], "{numbers:?}");
    let text: Option<&str> = done.try_return_value("@text")?;
    let big: Option<i64> = done.try_return_value("@big")?;
    let real: Option<f64> = done.try_return_value("@real")?;
    let found = (text, big, real);
    ensure!(found == (Some("ää"), Some(5_000_000_000), Some(1.5)), "{found:?}");
    let rows = done.to_query_result(0).context("a result")?;
    ensure!(rows.len() == 1 && rows[0].try_get::<i32, _>(0)? == Some(7), "{rows:?}");
    Ok(())
}

struct Pair(i32, String);

impl TableValueRow<'static> for Pair {
    fn bind_fields(&self, row: &mut SqlTableDataRow<'static>) {
        row.add_field(self.0);
        row.add_field(self.1.clone());
    }

    fn get_db_type() -> &'static str {
        "dbo.pairs"
    }
}

/// A table as a parameter, and one that is filled in bulk.
pub(crate) async fn tables(server: &Server) -> Result<()> {
    let mut client = server.connect().await?;
    ask(&mut client, "CREATE TYPE dbo.pairs AS TABLE (n int, t nvarchar(20))").await?;
    let made = "CREATE PROCEDURE dbo.total @pairs dbo.pairs READONLY AS
        SELECT SUM(n) AS total, MAX(t) AS last FROM @pairs";
    ask(&mut client, made).await?;
    let mut command = Command::new("dbo.total");
    command.bind_table("@pairs", (0..1000).map(|n| Pair(n, format!("t{n}"))));
    let done = command.exec(&mut client).await?.into_command_result().await?;
    let row = done.to_query_result(0).and_then(|rows| rows.first()).context("a row")?;
    let found: (Option<i32>, Option<&str>) = (row.try_get(0)?, row.try_get(1)?);
    ensure!(found == (Some(499_500), Some("t999")), "{found:?}");

    ask(&mut client, "CREATE TABLE #pairs (n int NOT NULL, t nvarchar(20))").await?;
    let mut load = client.bulk_insert("#pairs").await?;
    for n in 0..1000 {
        let mut row = TokenRow::new();
        row.push(n.into_sql());
        row.push(format!("t{n}").into_sql());
        load.send(row).await?;
    }
    load.finalize().await?;
    let sum = one(&mut client, "SELECT SUM(n) FROM #pairs WHERE t LIKE 't%'").await?;
    ensure!(sum == "499500", "{sum}");
    Ok(())
}
