//! Queries as texts, through the binder and the session: what a user sees.

use super::*;
use crate::host::{Message, Output, OutputValue, SessionChange, StatementDone, Stopped};
use crate::session::{Session, SessionSettings};

/// Rows and errors, one line each.
#[derive(Default)]
struct Said(Vec<String>);

impl Output for Said {
    fn columns(&mut self, _: &[Column]) -> Result<(), Stopped> {
        Ok(())
    }
    fn row(&mut self, row: &[SqlValue]) -> Result<(), Stopped> {
        self.0.push(show(row));
        Ok(())
    }
    fn statement_done(&mut self, _: StatementDone) -> Result<(), Stopped> {
        Ok(())
    }
    fn procedure_done(&mut self, _: i32, _: u32) -> Result<(), Stopped> {
        Ok(())
    }
    fn output_value(&mut self, _: &OutputValue) -> Result<(), Stopped> {
        Ok(())
    }
    fn message(&mut self, message: &Message) -> Result<(), Stopped> {
        self.0.push(format!("Msg {}: {}", message.error.number, message.error.message));
        Ok(())
    }
    fn changed(&mut self, _: &SessionChange) -> Result<(), Stopped> {
        Ok(())
    }
    fn flush(&mut self) -> Result<(), Stopped> {
        Ok(())
    }
}

/// What batches say that begin with this table.
const TABLE: &str = "
DECLARE @t table (id int, folder nvarchar(20), project nvarchar(20), seconds int, at datetime);
INSERT INTO @t VALUES
    (1, N'Finance', N'DailyLoad', 10, '2026-01-01T10:00:00'),
    (2, N'Finance', N'DailyLoad', 30, '2026-01-02T10:00:00'),
    (3, N'finance', N'Stage', NULL, '2026-01-03T10:00:00'),
    (4, N'Sales', N'DailyLoad', 20, '2026-01-04T10:00:00'),
    (5, NULL, N'Orphan', 5, NULL);
";

fn said(text: &str) -> Vec<String> {
    let mut session = Session::new(Arc::new(NoHost), SessionSettings::default());
    let mut output = Said::default();
    let text = format!("SET NOCOUNT ON; {TABLE}{text}");
    session.batch(&text, &mut output, &Cancel::default()).unwrap();
    output.0
}

const NULLS: &str =
    "Msg 8153: Warning: Null value is eliminated by an aggregate or other SET operation.";

#[track_caller]
fn check(text: &str, wanted: &[&str]) {
    assert_eq!(said(text), wanted, "{text}");
}

#[test]
fn where_order_and_top() {
    check("SELECT id FROM @t WHERE seconds > 5 ORDER BY seconds DESC", &["2", "4", "1"]);
    check("SELECT TOP (2) id FROM @t ORDER BY seconds", &["3", "5"]);
    check("SELECT TOP (1) WITH TIES id FROM @t ORDER BY folder DESC", &["4"]);
    check("SELECT TOP (40) PERCENT id FROM @t ORDER BY id", &["1", "2"]);
    check("SELECT id FROM @t ORDER BY id OFFSET 1 ROWS FETCH NEXT 2 ROWS ONLY", &["2", "3"]);
    check(
        "SELECT id FROM @t WHERE folder = 'FINANCE' AND seconds IS NOT NULL ORDER BY 1",
        &["1", "2"],
    );
    check("SELECT id FROM @t WHERE project LIKE N'%load' AND id NOT IN (1, 2) ", &["4"]);
    check("SELECT id FROM @t WHERE id NOT IN (SELECT seconds FROM @t)", &[]);
    check(
        "SELECT 7 / 2, 7 % 4, 1.0 / 3, 'a' + NULL, 10 / CASE WHEN 1 = 1 THEN 4 ELSE 0 END",
        &["3 3 0.333333 - 2"],
    );
    check("SELECT 1 / 0", &["Msg 8134: Divide by zero error encountered."]);
}

#[test]
fn groups_totals_and_having() {
    check(
        "SELECT folder, COUNT(*), COUNT(seconds), SUM(seconds), AVG(seconds) FROM @t GROUP BY folder ORDER BY folder",
        &["- 1 1 5 5", "Finance 3 2 40 20", "Sales 1 1 20 20", NULLS],
    );
    check("SELECT folder FROM @t GROUP BY folder HAVING COUNT(*) > 1", &["Finance"]);
    check(
        "SELECT project, GROUPING(project), COUNT(*) FROM @t GROUP BY ROLLUP(project) ORDER BY 2, 1",
        &["DailyLoad 0 3", "Orphan 0 1", "Stage 0 1", "- 1 5"],
    );
    check(
        "SELECT STRING_AGG(project, N', ') WITHIN GROUP (ORDER BY id DESC) FROM @t WHERE id < 4",
        &["Stage, DailyLoad, DailyLoad"],
    );
    check("SELECT COUNT(DISTINCT folder), MIN(at), MAX(id) FROM @t WHERE id > 90", &["0 - -"]);
}

#[test]
fn joins_subqueries_and_apply() {
    check(
        "SELECT a.id, b.id FROM @t a LEFT JOIN @t b ON b.id = a.id + 3 ORDER BY a.id",
        &["1 4", "2 5", "3 -", "4 -", "5 -"],
    );
    check(
        "SELECT id, (SELECT MAX(b.id) FROM @t b WHERE b.folder = a.folder AND b.id < a.id) FROM @t a ORDER BY id",
        &["1 -", "2 1", "3 2", "4 -", "5 -"],
    );
    check(
        "SELECT a.project, x.id FROM (SELECT DISTINCT project FROM @t) a CROSS APPLY (SELECT TOP (1) id FROM @t b WHERE b.project = a.project ORDER BY id DESC) x ORDER BY a.project",
        &["DailyLoad 4", "Orphan 5", "Stage 3"],
    );
    check(
        "SELECT id FROM @t a WHERE EXISTS (SELECT 1 FROM @t b WHERE b.seconds = a.seconds * 2) ORDER BY id",
        &["1", "5"],
    );
    check(
        "SELECT id FROM @t WHERE seconds >= ALL (SELECT seconds FROM @t WHERE seconds IS NOT NULL)",
        &["2"],
    );
    check(
        "SELECT (SELECT id FROM @t)",
        &[
            "Msg 512: Subquery returned more than 1 value. This is not permitted when the subquery follows =, !=, <, <= , >, >= or when the subquery is used as an expression.",
        ],
    );
    check(
        "SELECT project FROM @t EXCEPT SELECT N'stage' ORDER BY project",
        &["DailyLoad", "Orphan"],
    );
}

#[test]
fn windows_and_recursion() {
    check(
        "SELECT id, ROW_NUMBER() OVER (PARTITION BY folder ORDER BY id DESC), SUM(seconds) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW), LAG(id, 1, 0) OVER (ORDER BY id) FROM @t ORDER BY id",
        &["1 3 10 0", "2 2 40 1", "3 1 30 2", "4 1 20 3", "5 1 25 4", NULLS],
    );
    check(
        "SELECT DISTINCT PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY seconds) OVER () FROM @t",
        &["15"],
    );
    check(
        "WITH d AS (SELECT CAST('2026-01-30' AS date) AS d UNION ALL SELECT DATEADD(day, 1, d) FROM d WHERE d < '2026-02-01') SELECT d FROM d",
        &["2026-01-30", "2026-01-31", "2026-02-01"],
    );
    let error = "Msg 530: The statement terminated. The maximum recursion 3 has been exhausted before statement completion.";
    let rows = said(
        "WITH n AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM n) SELECT n FROM n OPTION (MAXRECURSION 3)",
    );
    assert_eq!(rows.last().map(String::as_str), Some(error));
}

#[test]
fn assignment_row_by_row_sees_its_own_changes() {
    check(
        "DECLARE @s nvarchar(max) = N''; SELECT @s = @s + N',' + project FROM @t WHERE id < 4 ORDER BY id DESC; SELECT @s",
        &[",Stage,DailyLoad,DailyLoad"],
    );
}

#[test]
fn xml_out_and_in() {
    check(
        "SELECT STUFF((SELECT N', ' + project FROM @t WHERE id IN (1, 3) ORDER BY id FOR XML PATH('')), 1, 2, N'')",
        &["DailyLoad, Stage"],
    );
    check(
        "SELECT STUFF((SELECT N', ' + project + N'&' FROM @t WHERE id < 3 FOR XML PATH(N''), TYPE).value(N'.[1]', N'nvarchar(max)'), 1, 2, N'')",
        &["DailyLoad&, DailyLoad&"],
    );
    check(
        "SELECT td = id, '', td = seconds, '' FROM @t WHERE id IN (2, 3) FOR XML PATH('tr')",
        &["<tr><td>2</td><td>30</td></tr><tr><td>3</td></tr>"],
    );
    check(
        "SELECT f.id, f.at FROM @t f WHERE id = 1 FOR XML AUTO, ROOT('r')",
        &["<r><f id=\"1\" at=\"2026-01-01T10:00:00\"/></r>"],
    );
    check(
        "DECLARE @x xml = N'<p><v n=\"a\">1</v><v n=\"b\">2</v></p>'; SELECT v.c.value('@n', 'nvarchar(10)'), v.c.value('.', 'int') FROM @x.nodes('/p/v') AS v(c)",
        &["a 1", "b 2"],
    );
    check("SELECT CAST(N'<a><b>7</b></a>' AS xml).value('(/a/b)[1]', 'int') + 1", &["8"]);
}

#[test]
fn json_out_and_in() {
    check(
        "SELECT id, folder AS [f.name], seconds AS [f.seconds] FROM @t WHERE id IN (1, 5) ORDER BY id FOR JSON PATH",
        &[r#"[{"id":1,"f":{"name":"Finance","seconds":10}},{"id":5,"f":{"seconds":5}}]"#],
    );
    check(
        "SELECT id, (SELECT b.id FROM @t b WHERE b.id > a.id FOR JSON PATH) AS later FROM @t a WHERE id > 3 ORDER BY id FOR JSON AUTO",
        &[r#"[{"id":4,"later":[{"id":5}]},{"id":5}]"#],
    );
    check(
        "SELECT a, b FROM OPENJSON(N'[{\"a\":1,\"b\":{\"c\":[2]}},{\"a\":3}]') WITH (a int, b nvarchar(max) '$.b.c' AS JSON)",
        &["1 [2]", "3 -"],
    );
    check("SELECT [key], value, type FROM OPENJSON(N'{\"x\":true}')", &["x true 3"]);
    check(
        "SELECT JSON_VALUE(N'{\"a\":[1,\"z\"]}', '$.a[1]'), ISJSON('{'), JSON_QUERY(N'{\"a\":[1]}', '$.a')",
        &["z 0 [1]"],
    );
    check("SELECT value FROM STRING_SPLIT('a,b', ',')", &["a", "b"]);
    check("SELECT value FROM GENERATE_SERIES(1, 3)", &["1", "2", "3"]);
}

#[test]
fn pivot_and_unpivot() {
    check(
        "SELECT * FROM (SELECT project, folder, seconds FROM @t) s PIVOT (SUM(seconds) FOR folder IN ([Finance], [Sales])) p ORDER BY project",
        &["DailyLoad 40 20", "Orphan - -", "Stage - -"],
    );
    check(
        "SELECT id, what, n FROM (SELECT id, seconds, id * 2 AS twice FROM @t WHERE id IN (1, 3)) s UNPIVOT (n FOR what IN (seconds, twice)) u ORDER BY id, what",
        &["1 seconds 10", "1 twice 2", "3 twice 6"],
    );
}

#[test]
fn changes_of_a_table_see_the_table_as_it_was() {
    check(
        "UPDATE @t SET seconds = id * 100 WHERE folder = 'finance'; DELETE @t WHERE id > 3; SELECT id, seconds FROM @t ORDER BY id",
        &["1 100", "2 200", "3 300"],
    );
    check(
        "INSERT INTO @t (id) SELECT id + 10 FROM @t; SELECT COUNT(*), MAX(id) FROM @t",
        &["10 15"],
    );
}

#[test]
fn a_long_chain_of_unions_runs_in_order() {
    let rows: Vec<String> = (0..3000).map(|n| format!("SELECT {n} AS n, N'x{n}' AS t")).collect();
    let text =
        format!("SELECT COUNT(*), MAX(n), MAX(LEN(t)) FROM ({}) u", rows.join(" UNION ALL "));
    check(&text, &["3000 2999 5"]);
    let text = rows.join(" UNION ALL ");
    let wanted: Vec<String> = (0..3000).map(|n| format!("{n} x{n}")).collect();
    assert_eq!(said(&text), wanted);
}

#[test]
fn a_long_chain_of_several_set_operators_is_refused() {
    let mixed = format!("SELECT 1{}", " UNION SELECT 2 UNION ALL SELECT 3".repeat(400));
    assert!(said(&mixed)[0].starts_with("Msg 8631"));
}

#[test]
fn sums_and_subqueries_may_be_as_deep_as_they_parse() {
    let sum = vec!["1"; 480].join(" + ");
    check(&format!("SELECT {sum}"), &["480"]);
    let texts = vec!["'a' + N'b'"; 120].join(" + ");
    check(&format!("SELECT LEN({texts})"), &["240"]);
    check(&format!("SELECT {}1{}", "(SELECT ".repeat(30), ")".repeat(30)), &["1"]);
}

#[test]
fn apply_with_xml_json_and_outer_columns() {
    check(
        "SELECT DISTINCT a.folder, x.list FROM @t a CROSS APPLY (SELECT (SELECT N',' + b.project FROM @t b WHERE b.folder = a.folder ORDER BY b.id FOR XML PATH('')) AS list) x WHERE a.id IN (1, 4)",
        &["Finance ,DailyLoad,DailyLoad,Stage", "Sales ,DailyLoad"],
    );
    check(
        "DECLARE @d table (id int, x xml, j nvarchar(max)); INSERT @d VALUES (1, N'<a><b>5</b><b>6</b></a>', N'[7,8]'); SELECT d.id, n.c.value('(text())[1]', 'int'), o.value FROM @d d CROSS APPLY d.x.nodes('/a/b') AS n(c) CROSS APPLY OPENJSON(d.j) o",
        &["1 5 7", "1 5 8", "1 6 7", "1 6 8"],
    );
    check(
        "SELECT t.id, s.value FROM @t t OUTER APPLY STRING_SPLIT(CASE WHEN t.id = 1 THEN 'a b' END, ' ') s WHERE t.id < 3 ORDER BY t.id, s.value",
        &["1 a", "1 b", "2 -"],
    );
}
