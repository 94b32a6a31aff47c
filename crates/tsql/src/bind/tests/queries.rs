//! Which plan a query becomes.

use super::{columns, plan};
use insta::assert_snapshot as shows;

#[test]
fn a_select_reads_filters_and_projects() {
    shows!(plan("SELECT name, folder_id + 1 FROM folders WHERE description LIKE N'a%'"), @r"
    project #1, (#0 + 1)
      filter #2 like 'a%'
        scan folder_id name description
    ");
    shows!(plan("SELECT 1"), @r"
    project 1
      values ()
    ");
    shows!(columns("SELECT *, f.folder_id AS x, 1 FROM folders f"), @"folder_id bigint, name nvarchar(128), description nvarchar(1024)?, x bigint, int");
}

#[test]
fn the_select_list_is_computed_above_the_sort() {
    shows!(plan("SELECT name + N'!' AS n FROM folders ORDER BY folder_id DESC, n"), @r"
    project (#1 + '!')
      sort #0 desc, (#1 + '!')
        scan folder_id name
    ");
    shows!(plan("SELECT NEWID() AS x FROM folders ORDER BY x"), @r"
    project #3
      sort #3
        project null, null, null, NEWID()
          scan
    ");
    shows!(plan("SELECT DISTINCT name FROM folders ORDER BY name"), @r"
    sort #0
      distinct
        project #1
          scan name
    ");
    shows!(plan("SELECT TOP (3) WITH TIES name FROM folders ORDER BY 1"), @r"
    project #1
      top 3 ties #1
        sort #1
          scan name order name
    ");
    shows!(plan("SELECT TOP 5 PERCENT name FROM folders"), @r"
    project #1
      top Float(5.0) percent
        scan name
    ");
}

#[test]
fn joins_nest_as_written() {
    shows!(
        plan(
            "SELECT f.name, p.name FROM folders f LEFT JOIN (projects p JOIN messages m \
             ON m.operation_id = p.project_id) ON p.folder_id = f.folder_id"
        ),
        @r"
        project #1, #5
          left join [#0 = #1]
            scan folder_id name
            inner join [#0 = #1]
              scan project_id folder_id name
              scan operation_id
        "
    );
    shows!(plan("SELECT 1 FROM folders f, projects p WHERE p.folder_id = f.folder_id"), @r"
    project 1
      inner join [#0 = #1]
        scan folder_id
        scan folder_id
    ");
    shows!(
        plan("SELECT 1 FROM folders f, projects p CROSS APPLY counters(f.folder_id + p.project_id) c"),
        @r"
        project 1
          apply
            inner join []
              scan folder_id
              scan project_id
            function((^1#0 + ^1#3))
        "
    );
    shows!(plan("SELECT * FROM folders f FULL JOIN projects p ON p.name = f.name"), @r"
    project #0, #1, #2, #3, #4, #5
      full join [#1 = #2]
        scan folder_id name description
        scan project_id folder_id name
    ");
}

#[test]
fn an_applied_query_sees_the_row_before_it() {
    shows!(
        plan(
            "SELECT f.name, m.message FROM folders f OUTER APPLY (SELECT TOP 1 message \
             FROM messages WHERE operation_id = f.folder_id ORDER BY at DESC) m"
        ),
        @r"
        project #1, #3
          outer apply
            scan folder_id name
            project #3
              top 1
                sort #4 desc limit 1
                  filter #1 = ^1#0
                    scan operation_id message at [operation_id = ^1#0] order at desc limit 1
        "
    );
    shows!(plan("SELECT x.c.value('.', 'int') FROM @xml.nodes('/a') AS x(c)"), @r"
    project #0.Value('.')
      nodes(@3, '/a')
    ");
    shows!(plan("SELECT value FROM folders CROSS APPLY STRING_SPLIT(name, N',')"), @r"
    project #3
      apply
        scan name
        string_split(^1#1, ',')
    ");
}

#[test]
fn groups_have_keys_and_calls() {
    shows!(
        plan(
            "SELECT name, COUNT(*), MAX(folder_id) + 1 FROM folders GROUP BY name \
             HAVING COUNT(*) > 1 ORDER BY COUNT(*) DESC"
        ),
        @r"
        project #0, #1, (#2 + 1)
          sort #1 desc
            filter #1 > 1
              group [#1] count(*):int, max(#0):bigint
                scan folder_id name
        "
    );
    shows!(plan("SELECT COUNT(DISTINCT name), AVG(1.0 * folder_id) FROM folders"), @r"
    project #0, #1
      group [] count(distinct #1):int, avg((1.0 * numeric(19,0)(#0))):numeric(38,6)
        scan folder_id name
    ");
    shows!(plan("SELECT 1 FROM folders HAVING COUNT(*) > 0"), @r"
    project 1
      filter #0 > 0
        group [] count(*):int
          scan
    ");
    shows!(plan("SELECT YEAR(dt) + 1, COUNT(*) FROM types GROUP BY YEAR(dt)"), @r"
    project (#0 + 1), #1
      group [YEAR(#9)] count(*):int
        scan dt
    ");
    shows!(
        plan("SELECT i, s, GROUPING(i), GROUPING_ID(i, s), SUM(f) FROM types GROUP BY ROLLUP (i, s)"),
        @r"
        project #0, #1, #2, ((((0 * 2) + int(#2)) * 2) + int(#3)), #4
          group [#0, #2] grouping(0), grouping(1), sum(#6):float sets [[0, 1], [0], []]
            scan i s f
        "
    );
    shows!(plan("SELECT i FROM types GROUP BY GROUPING SETS ((i, s), (i), ())"), @r"
    project #0
      group [#0, #2]  sets [[0, 1], [0], []]
        scan i s
    ");
    shows!(plan("SELECT i, b FROM types GROUP BY i, b WITH CUBE"), @r"
    project #0, #1
      group [#0, #7]  sets [[0, 1], [0], [1], []]
        scan i b
    ");
    shows!(
        plan("SELECT STRING_AGG(name, N', ') WITHIN GROUP (ORDER BY name DESC) FROM folders"),
        @r"
        project #0
          group [] string_agg(#1 #1 desc):nvarchar(4000)
            scan name
        "
    );
}

#[test]
fn a_subquery_in_a_grouped_query_sees_the_groups() {
    shows!(
        plan(
            "SELECT folder_id, (SELECT name FROM folders f WHERE f.folder_id = p.folder_id) \
             FROM projects p GROUP BY folder_id"
        ),
        @r"
        project #0, {project #1 | filter #0 = ^1#0 | scan folder_id name [folder_id = ^1#0]}
          group [#1]
            scan folder_id
        "
    );
    shows!(
        plan(
            "SELECT folder_id FROM projects p GROUP BY folder_id \
             HAVING EXISTS (SELECT 1 FROM folders f WHERE f.folder_id = MAX(p.project_id))"
        ),
        @r"
        project #0
          filter exists {filter #0 = ^1#1 | scan folder_id [folder_id = ^1#1]}
            group [#1] max(#0):bigint
              scan project_id folder_id
        "
    );
}

#[test]
fn windows_stand_above_groups() {
    shows!(
        plan(
            "SELECT name, ROW_NUMBER() OVER (PARTITION BY name ORDER BY folder_id DESC) AS rn, \
             SUM(folder_id) OVER (ORDER BY folder_id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW), \
             LAG(name, 1, N'-') OVER (ORDER BY folder_id), COUNT(*) OVER () FROM folders"
        ),
        @r"
        project #1, #3, #4, #5, #6
          window RowNumber() by [#1] order [#0 desc] Range .. to .., Aggregate(Sum)(#0) by [] order [#0] Rows -1 to 0, Lag(#1, 1, '-') by [] order [#0] Range .. to .., Aggregate(Count)() by [] order [] Range .. to ..
            scan folder_id name
        "
    );
    shows!(
        plan("SELECT name, RANK() OVER (ORDER BY COUNT(*)) FROM folders GROUP BY name"),
        @r"
        project #0, #2
          window Rank() by [] order [#1] Range .. to ..
            group [#1] count(*):int
              scan name
        "
    );
    shows!(
        plan(
            "SELECT PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY i) OVER (PARTITION BY s) FROM types"
        ),
        @r"
        project #10
          window PercentileCont(Float(0.5)) by [#2] order [#0] Range .. to ..
            scan i s
        "
    );
}

#[test]
fn set_operations_find_common_types() {
    shows!(plan("SELECT folder_id, NULL FROM folders UNION SELECT i, s FROM types ORDER BY 1"), @r"
    sort #0
      union
        project #0, null
          project #0, null
            scan folder_id
        project bigint(#0), #1
          project #0, #2
            scan i s
    ");
    shows!(columns("SELECT 1 AS a UNION ALL SELECT 2.5 UNION ALL SELECT NULL"), @"a numeric(11,1)?");
    shows!(plan("SELECT 1 EXCEPT SELECT 2 INTERSECT SELECT 3"), @r"
    except
      project 1
        values ()
      intersect
        project 2
          values ()
        project 3
          values ()
    ");
    shows!(columns("SELECT * FROM (VALUES (1, N'a'), (2.5, NULL)) v (n, t)"), @"n numeric(11,1), t nvarchar(1)?");
}

#[test]
fn common_table_expressions_stand_where_they_are_named() {
    shows!(
        plan(
            "WITH a AS (SELECT folder_id FROM folders), b (x) AS (SELECT folder_id + 1 FROM a) \
             SELECT x FROM b JOIN a ON a.folder_id = b.x"
        ),
        @r"
        project #0
          inner join [#0 = #0]
            project (#0 + 1)
              project #0
                scan folder_id
            project #0
              scan folder_id
        "
    );
    shows!(
        plan(
            "WITH n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < @i) \
             SELECT i FROM n ORDER BY i OPTION (MAXRECURSION 50)"
        ),
        @r"
        project #0
          sort #0
            recursive 0 at most 50
              project 1
                values ()
              project (#0 + 1)
                filter #0 < @0
                  rows of 0
        "
    );
}

#[test]
fn views_and_functions_are_bound_as_their_queries() {
    shows!(plan("SELECT label FROM db.dbo.named WHERE id = 5"), @r"
    project #1
      project null, ((#4 + '/') + #2)
        inner join [#1 = #0]
          filter #0 = 5
            scan project_id folder_id name [project_id = 5]
          scan folder_id name
    ");
    shows!(plan("SELECT o.name FROM folders f CROSS APPLY dbo.of_folder(f.folder_id, DEFAULT) o"), @r"
    project #3
      apply
        scan folder_id
        project #2
          apply
            values (^1#0, '%')
            project #2
              filter (#1 = ^1#0 and #2 like ^1#1)
                scan folder_id name [folder_id = ^1#0]
    ");
    shows!(plan("SELECT a, b FROM dbo.pairs(1)"), @r"
    project #0, #1
      pairs(1)
    ");
    shows!(plan("SELECT dbo.twice(folder_id) FROM folders"), @r"
    project twice(int(#0))
      scan folder_id
    ");
}

#[test]
fn pivot_is_a_group_and_unpivot_an_apply() {
    shows!(
        plan(
            "SELECT * FROM (SELECT operation_id, kind FROM messages) s \
             PIVOT (COUNT(kind) FOR kind IN ([1], [2])) p"
        ),
        @r"
        project #0, #1, #2
          group [#0] count(case when #1 = 1 then #1 end):int, count(case when #1 = 2 then #1 end):int
            project #1, #2
              scan operation_id kind
        "
    );
    shows!(
        plan("SELECT * FROM (SELECT i, s, cs FROM types) t UNPIVOT (v FOR k IN (s, cs)) u"),
        @r"
        project #0, #1, #2
          project #0, #3, #4
            apply
              project #0, #2, #3
                scan i s cs
              filter not #0 is null
                values (^1#1, 's') (^1#2, 'cs')
        "
    );
}

#[test]
fn xml_and_json_are_one_column() {
    shows!(plan("SELECT name FROM folders FOR XML PATH('')"), @r"
    for xml
      project #1
        scan name
    ");
    shows!(columns("SELECT name FROM folders FOR XML AUTO, TYPE"), @"XML_F52E2B61-18A1-11d1-B105-00805F49916B xml?");
    shows!(columns("SELECT name FROM folders FOR JSON PATH"), @"JSON_F52E2B61-18A1-11d1-B105-00805F49916B nvarchar(max)?");
    shows!(
        plan(
            "SELECT STUFF((SELECT ', ' + name FROM folders FOR XML PATH(''), TYPE)\
             .value('.', 'nvarchar(max)'), 1, 2, '')"
        ),
        @r"
        project STUFF({for xml | project (', ' + #1) | scan name}.Value('.'), 1, 2, '')
          values ()
        "
    );
}

#[test]
fn temporary_tables_hide_their_row_ids() {
    shows!(columns("SELECT * FROM #t"), @"id bigint?");
    shows!(columns("SELECT t.id FROM @t AS t"), @"id bigint?");
}

#[test]
fn a_text_as_high_as_the_parser_takes_binds_on_a_small_stack() {
    let chain = vec!["1"; 480].join(" + ");
    assert_eq!(columns(&format!("SELECT {chain}")), "int");
    let nested = format!("{}1{}", "(SELECT ".repeat(40), ")".repeat(40));
    assert_eq!(columns(&format!("SELECT {nested}")), "int?");
    let text = vec!["folder_id = 1"; 3000].join(" OR ");
    assert_eq!(columns(&format!("SELECT 1 AS x FROM folders WHERE {text}")), "x int");
}
