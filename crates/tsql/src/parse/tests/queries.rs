//! Queries of every form.

use insta::assert_snapshot;

use super::check;

#[test]
fn tables_are_joined_from_left_to_right() {
    assert_snapshot!(
        check(
            "SELECT * FROM a LEFT OUTER JOIN b JOIN c ON b.x = c.x ON a.x = b.x, d CROSS JOIN \
             (e INNER LOOP JOIN f ON 1 = 1)"
        ),
        @"SELECT * FROM a LEFT JOIN b INNER JOIN c ON b.x = c.x ON a.x = b.x, d CROSS JOIN (e INNER LOOP JOIN f ON 1 = 1);"
    );
}

#[test]
fn apply_takes_queries_functions_and_nodes() {
    assert_snapshot!(
        check(
            "SELECT e.id, m.text FROM catalog.executions e OUTER APPLY (SELECT TOP 1 text FROM \
             msgs WHERE op = e.id ORDER BY at DESC) m CROSS APPLY catalog.counters(e.id, DEFAULT) \
             AS k (a, b) CROSS APPLY e.doc.nodes('/a/b') AS n(c)"
        ),
        @"SELECT e.id, m.text FROM catalog.executions AS e OUTER APPLY (SELECT TOP (1) text FROM msgs WHERE op = e.id ORDER BY at DESC) AS m CROSS APPLY catalog.counters(e.id, DEFAULT) AS k (a, b) CROSS APPLY e.doc.nodes('/a/b') AS n (c);"
    );
}

#[test]
fn old_hints_are_hints_and_functions_are_functions() {
    assert_snapshot!(
        check("SELECT * FROM t (NOLOCK), f(nolock.x), @v v, t2 AS u (READPAST), t3 WITH (INDEX = ix HOLDLOCK)"),
        @"SELECT * FROM t WITH (NOLOCK), f(nolock.x), @v AS v, t2 AS u WITH (READPAST), t3 WITH (INDEX(ix), HOLDLOCK);"
    );
}

#[test]
fn columns_get_their_names_in_every_way() {
    assert_snapshot!(
        check("SELECT a, b c, d AS e, f = g, 'h' = i, [j] = k, l 'm', n \"o\", t.*, x..y.*, q.[a]]b]"),
        @"SELECT a, b AS c, d AS e, g AS f, i AS [h], k AS [j], l AS [m], n AS [o], t.*, x..y.*, q.[a]]b];"
    );
}

#[test]
fn windows_have_frames() {
    assert_snapshot!(
        check(
            "SELECT SUM(a) OVER (ORDER BY b ROWS 2 PRECEDING), LAST_VALUE(a) IGNORE NULLS OVER \
             (PARTITION BY c, d ORDER BY e DESC RANGE BETWEEN CURRENT ROW AND UNBOUNDED \
             FOLLOWING), STRING_AGG(n, ', ') WITHIN GROUP (ORDER BY n), COUNT(*) OVER () FROM t"
        ),
        @"SELECT SUM(a) OVER (ORDER BY b ROWS 2 PRECEDING), LAST_VALUE(a) IGNORE NULLS OVER (PARTITION BY c, d ORDER BY e DESC RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING), STRING_AGG(n, ', ') WITHIN GROUP (ORDER BY n), COUNT(*) OVER () FROM t;"
    );
}

#[test]
fn groups_are_sets_rollups_and_cubes() {
    assert_snapshot!(
        check(
            "SELECT a FROM t GROUP BY a, (b), (c + d) * 2, ROLLUP ((e, f), g), CUBE (h), GROUPING \
             SETS ((i, j), k, (), ROLLUP (l)) HAVING COUNT(*) > 1 AND GROUPING(a) = 0"
        ),
        @"SELECT a FROM t GROUP BY a, b, (c + d) * 2, ROLLUP ((e, f), g), CUBE (h), GROUPING SETS ((i, j), k, (), ROLLUP (l)) HAVING COUNT(*) > 1 AND GROUPING(a) = 0;"
    );
    assert_snapshot!(check("SELECT a FROM t GROUP BY a WITH CUBE"), @"SELECT a FROM t GROUP BY a WITH CUBE;");
}

#[test]
fn rows_are_limited_with_ties_percent_and_pages() {
    assert_snapshot!(check("SELECT TOP (@n) PERCENT WITH TIES a FROM t ORDER BY a DESC, 2"), @"SELECT TOP (@n) PERCENT WITH TIES a FROM t ORDER BY a DESC, 2;");
    assert_snapshot!(
        check("SELECT a FROM t ORDER BY a OFFSET (@p - 1) * @s ROWS FETCH FIRST @s ROW ONLY"),
        @"SELECT a FROM t ORDER BY a OFFSET (@p - 1) * @s ROWS FETCH NEXT @s ROWS ONLY;"
    );
    assert_snapshot!(
        check("SELECT a FROM t ORDER BY a OFFSET 5 ROWS FETCH NEXT FROM c INTO @a"),
        @"
SELECT a FROM t ORDER BY a OFFSET 5 ROWS;
FETCH NEXT FROM c INTO @a;
"
    );
}

#[test]
fn results_become_xml_and_json() {
    assert_snapshot!(
        check("SELECT a FROM t FOR XML PATH, ELEMENTS ABSENT, ROOT, TYPE, BINARY BASE64"),
        @"SELECT a FROM t FOR XML PATH, ELEMENTS, ROOT('root'), TYPE, BINARY BASE64;"
    );
    assert_snapshot!(check("SELECT a FROM t FOR XML EXPLICIT, ROOT ('it''s')"), @"SELECT a FROM t FOR XML EXPLICIT, ROOT('it''s');");
    assert_snapshot!(check("SELECT a FROM t FOR JSON PATH, ROOT, INCLUDE_NULL_VALUES"), @"SELECT a FROM t FOR JSON PATH, ROOT('root'), INCLUDE_NULL_VALUES;");
}

#[test]
fn common_tables_refer_to_each_other() {
    assert_snapshot!(
        check(
            ";WITH a (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM a WHERE x < 5), b AS (SELECT \
             TOP 5 * FROM a ORDER BY x) SELECT * FROM b OPTION (MAXRECURSION 0, HASH JOIN, \
             OPTIMIZE FOR (@p = 1, @q UNKNOWN), USE HINT ('A', 'B'))"
        ),
        @"WITH a (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM a WHERE x < 5), b AS (SELECT TOP (5) * FROM a ORDER BY x) SELECT * FROM b OPTION (MAXRECURSION 0, HASH JOIN, OPTIMIZE FOR(@p = 1, @q UNKNOWN), USE HINT('A', 'B'));"
    );
}

#[test]
fn tables_turn_and_files_and_json_are_tables() {
    assert_snapshot!(
        check(
            "SELECT * FROM (SELECT a, b FROM t) s PIVOT (COUNT(b) FOR a IN ([1], [x y])) p \
             UNPIVOT (v FOR k IN ([1], [x y])) AS u"
        ),
        @"SELECT * FROM (SELECT a, b FROM t) AS s PIVOT (COUNT(b) FOR a IN ([1], [x y])) AS p UNPIVOT (v FOR k IN ([1], [x y])) AS u;"
    );
    assert_snapshot!(
        check(
            "SELECT * FROM OPENROWSET(BULK N'C:\\a.ispac', SINGLE_BLOB, CODEPAGE = '65001') AS x, \
             OPENJSON(@j, '$.a') WITH (id int, d nvarchar(max) '$.b.c' AS JSON) j, ((VALUES (1, 2), \
             (3, NULL)) v (a, b) CROSS JOIN w)"
        ),
        @r#"SELECT * FROM OPENROWSET(BULK 'C:\a.ispac', SINGLE_BLOB, CODEPAGE = '65001') AS x, OPENJSON(@j, '$.a') WITH (id int, d nvarchar(max) '$.b.c' AS JSON) AS j, ((VALUES (1, 2), (3, NULL)) AS v (a, b) CROSS JOIN w);"#
    );
}

#[test]
fn values_are_converted_and_called_in_every_way() {
    assert_snapshot!(
        check(
            "SELECT CAST(a AS decimal(10, 2)), TRY_CAST(b AS double precision), CONVERT(national \
             character varying(max), c, 121), TRY_PARSE('1' AS int USING 'de-DE'), \
             TRIM(BOTH 'x' FROM d), TRIM(' a '), IIF(a > b AND c = 1, 2, 3), LEFT(a, 2), \
             COALESCE(a, b), NULLIF(a, b), {fn LEFT('abc', 1)}, {ts '2020-01-01 00:00:00'}, \
             {guid 'x'}, @@SPID, CURRENT_TIMESTAMP"
        ),
        @"SELECT CAST(a AS decimal(10, 2)), TRY_CAST(b AS float), CONVERT(nvarchar(max), c, 121), TRY_PARSE('1' AS int USING 'de-DE'), TRIM(BOTH 'x' FROM d), TRIM(' a '), IIF(a > b AND c = 1, 2, 3), LEFT(a, 2), COALESCE(a, b), NULLIF(a, b), {fn LEFT('abc', 1)}, {ts '2020-01-01 00:00:00'}, {guid 'x'}, @@SPID, CURRENT_TIMESTAMP;"
    );
    assert_snapshot!(
        check(
            "SELECT (SELECT a FROM t FOR XML PATH(''), TYPE).value('.', 'int'), @x.query('/a'), \
             t.doc.exist('/b'), dbo.value(1), a COLLATE Latin1_General_BIN + 'x', b AT TIME ZONE \
             'UTC' AT TIME ZONE @z, NEXT VALUE FOR dbo.s, CASE a WHEN 1 THEN 2 WHEN 3 THEN 4 END"
        ),
        @"SELECT (SELECT a FROM t FOR XML PATH(''), TYPE).value('.', 'int'), @x.query('/a'), t.doc.exist('/b'), dbo.value(1), a COLLATE Latin1_General_BIN + 'x', b AT TIME ZONE 'UTC' AT TIME ZONE @z, NEXT VALUE FOR dbo.s, CASE a WHEN 1 THEN 2 WHEN 3 THEN 4 END;"
    );
}

#[test]
fn constants_keep_their_kind() {
    assert_snapshot!(
        check(
            "SELECT 1, 1., .5, 1e, 1.5E-3, 0x, 0xABC, $, $12.50, -$1, €3, 'it''s', N'ü', NULL, \
             'a\\\nb', 'a\\b', 0xAB\\\nCD"
        ),
        @r#"SELECT 1, 1., .5, 1e, 1.5E-3, 0x, 0x0ABC, $, $12.50, -$1, $3, 'it''s', N'ü', NULL, 'ab', 'a\b', 0xABCD;"#
    );
}

#[test]
fn predicates_of_every_form() {
    assert_snapshot!(
        check(
            "SELECT 1 WHERE a !< 1 AND b !> 2 AND c < = 3 AND d ! = 4 AND e > = SOME (SELECT 1) \
             AND f <> ALL (SELECT 1) AND g NOT IN (SELECT 1) AND h IN (1, 2 + 3) AND i NOT LIKE \
             'x!%' ESCAPE '!' AND j IS NOT DISTINCT FROM NULL AND k IS NULL AND NOT EXISTS \
             (SELECT * FROM t)"
        ),
        @"SELECT 1 WHERE a >= 1 AND b <= 2 AND c <= 3 AND d <> 4 AND e >= ANY (SELECT 1) AND f <> ALL (SELECT 1) AND g NOT IN (SELECT 1) AND h IN (1, 2 + 3) AND i NOT LIKE 'x!%' ESCAPE '!' AND j IS NOT DISTINCT FROM NULL AND k IS NULL AND NOT EXISTS (SELECT * FROM t);"
    );
}
