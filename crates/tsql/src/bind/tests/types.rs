//! The types that expressions have, and where they are converted.

use super::{columns, plan};
use insta::assert_snapshot as shows;

#[test]
fn results_have_the_types_of_their_operands() {
    shows!(columns("SELECT 1 + 2147483648, 1.0 / 3, 10 / 3, 'a' + N'b', $1 * 2, 1e0 + 1"), @"numeric(11,0), numeric(7,6), int, nvarchar(2), money, float");
    shows!(columns("SELECT d * i, d + 1, d / 3, i + NULL, s + 'x', f * d, -d FROM types"), @"decimal(21,2)?, numeric(11,2)?, numeric(14,6)?, int?, varchar(21)?, float?, decimal(10,2)?");
    shows!(columns("SELECT CAST(1 AS varchar), CONVERT(char(8), dt, 114), CAST(NULL AS date) FROM types"), @"varchar(30), char(8)?, date?");
    shows!(columns("SELECT TRY_CAST('x' AS int), TRY_CONVERT(decimal(9, 2), 100.0 * i) FROM types"), @"int?, decimal(9,2)?");
}

#[test]
fn choices_have_the_type_of_all_branches() {
    shows!(
        columns(
            "SELECT CASE i WHEN 1 THEN 'a' ELSE N'bcd' END, IIF(i = 1, 1, 2.5), CHOOSE(i, 1, NULL), \
             COALESCE(NULL, i, 5), ISNULL(s, 'longer than twenty characters'), NULLIF(i, 0), \
             ISNULL(NULL, 'x') FROM types"
        ),
        @"nvarchar(3), numeric(11,1), int?, int, varchar(20), int?, varchar(1)"
    );
    shows!(plan("SELECT ISNULL(i, 'x'), NULLIF(i, 0), CASE WHEN b = 1 THEN 1 ELSE 2.5 END FROM types"), @r"
    project coalesce(#0, int('x')), case when #0 = 0 then null else #0 end, case when int(#7) = 1 then 1.0 else 2.5 end
      scan i b
    ");
}

#[test]
fn comparisons_convert_the_weaker_side() {
    shows!(plan("SELECT 1 FROM types WHERE i = '7' OR s = N'x' OR dt > '20240101' OR d = 1"), @r"
    project 1
      filter (#0 = 7 or nvarchar(20)(#2) = 'x' or #9 > DateTime(DateTimeValue { days: 45290, units: 0 }) or decimal(12,2)(#1) = 1.00)
        scan i d s dt
    ");
    shows!(plan("SELECT 1 FROM types WHERE i IN (1, 2.5)"), @r"
    project 1
      filter (#0 = 1 or numeric(11,1)(#0) = 2.5)
        scan i
    ");
    shows!(plan("SELECT 1 FROM types WHERE i LIKE '1%'"), @r"
    project 1
      filter varchar(11)(#0) like '1%'
        scan i
    ");
}

#[test]
fn functions_of_session_and_host_have_their_types() {
    shows!(
        columns(
            "SELECT @@ROWCOUNT, @@VERSION, DB_NAME(), DB_NAME(1), SERVERPROPERTY('Edition'), \
             OBJECT_ID('x'), SUSER_SNAME(), ERROR_MESSAGE(), SYSTEM_USER, SCOPE_IDENTITY()"
        ),
        @"int?, nvarchar(300)?, nvarchar(128)?, nvarchar(128)?, sql_variant?, int?, nvarchar(128)?, nvarchar(4000)?, nvarchar(128)?, numeric(38,0)?"
    );
    shows!(columns("SELECT GETDATE(), SYSDATETIMEOFFSET(), DATEDIFF(mi, dt, GETDATE()), LEN(s) FROM types"), @"datetime, datetimeoffset(7), int?, int?");
    shows!(columns("SELECT dt AT TIME ZONE 'UTC', {fn NOW()}, {d '2020-01-01'}, {fn UCASE('a')} FROM types"), @"datetimeoffset(3)?, datetime, datetime?, varchar(1)");
}

#[test]
fn aggregates_and_windows_have_their_types() {
    shows!(
        columns("SELECT SUM(i), AVG(d), COUNT(*), COUNT_BIG(i), MAX(s), STDEV(f), STRING_AGG(s, ',') FROM types"),
        @"int?, decimal(38,6)?, int, bigint, varchar(20)?, float?, varchar(8000)?"
    );
    shows!(columns("SELECT ROW_NUMBER() OVER (ORDER BY i), LAG(s) OVER (ORDER BY i), NTILE(4) OVER (ORDER BY i), PERCENT_RANK() OVER (ORDER BY i), SUM(i) OVER () FROM types"), @"bigint, varchar(20)?, bigint, float, int?");
}
