//! What reaches the relations.

use super::plan;
use insta::assert_snapshot as shows;

#[test]
fn conditions_and_wanted_columns_reach_the_scan() {
    shows!(
        plan("SELECT message FROM messages WHERE operation_id = @id AND kind IN (110, 120)"),
        @r"
        project #3
          filter (#1 = @1 and int(#2) in (110, 120))
            scan operation_id kind message [operation_id = @1] [kind in (110, 120)]
        "
    );
    shows!(
        plan("SELECT 1 FROM messages WHERE @i < operation_id AND message IS NOT NULL"),
        @r"
        project 1
          filter (bigint(@0) < #1 and not #3 is null)
            scan operation_id message [operation_id > bigint(@0)] [message is not null]
        "
    );
    shows!(plan("SELECT 1 FROM messages WHERE message_id BETWEEN 1 AND 9"), @r"
    project 1
      filter (#0 >= 1 and #0 <= 9)
        scan message_id [message_id >= 1] [message_id <= 9]
    ");
    shows!(plan("SELECT 1 FROM messages WHERE at > DATEADD(DAY, -1, GETDATE())"), @r"
    project 1
      filter #4 > datetimeoffset(7)(DATEADD('DAY', -1, GETDATE()))
        scan at [at > datetimeoffset(7)(DATEADD('DAY', -1, GETDATE()))]
    ");
}

#[test]
fn a_condition_that_compares_otherwise_than_the_relation_does_not() {
    shows!(plan("SELECT 1 FROM folders WHERE name = 'x' COLLATE Latin1_General_BIN2"), @r"
    project 1
      filter #1 = 'x'
        scan name
    ");
    shows!(plan("SELECT 1 FROM types WHERE s = 1"), @r"
    project 1
      filter int(#2) = 1
        scan s
    ");
    shows!(plan("SELECT 1 FROM types WHERE i = 1.5"), @r"
    project 1
      filter numeric(11,1)(#0) = 1.5
        scan i
    ");
    shows!(plan("SELECT 1 FROM types WHERE v = 1"), @r"
    project 1
      filter #4 = Variant(Variant { base: Int, value: Int(1) })
        scan v
    ");
}

#[test]
fn a_condition_that_can_fail_stays_where_it_is() {
    shows!(
        plan("SELECT 1 FROM (SELECT i, 10 / i AS q FROM types) t WHERE q > 1 AND i <> 0"),
        @r"
        project 1
          filter #1 > 1
            project null, (10 / #0)
              filter #0 <> 0
                scan i [i <> 0]
        "
    );
}

#[test]
fn conditions_pass_views_joins_and_equalities() {
    shows!(
        plan(
            "SELECT m.message FROM messages m JOIN projects p ON p.project_id = m.operation_id \
             WHERE p.project_id = @id"
        ),
        @r"
        project #3
          inner join [#1 = #0]
            scan operation_id message [operation_id = @1]
            filter #0 = @1
              scan project_id [project_id = @1]
        "
    );
    shows!(
        plan(
            "SELECT m.message FROM projects p LEFT JOIN messages m \
             ON m.operation_id = p.project_id AND m.kind = 120 WHERE p.project_id = @id"
        ),
        @r"
        project #6
          left join [#0 = #1]
            filter #0 = @1
              scan project_id [project_id = @1]
            filter int(#2) = 120
              scan operation_id kind message [operation_id = @1] [kind = 120]
        "
    );
    shows!(
        plan(
            "SELECT 1 FROM folders f JOIN projects p ON p.folder_id = f.folder_id \
             JOIN messages m ON m.operation_id = p.folder_id WHERE f.folder_id = 7"
        ),
        @r"
        project 1
          inner join [#4 = #1]
            inner join [#0 = #1]
              filter #0 = 7
                scan folder_id [folder_id = 7]
              scan folder_id [folder_id = 7]
            scan operation_id [operation_id = 7]
        "
    );
}

#[test]
fn a_condition_on_the_side_that_may_be_missing_stays_above() {
    shows!(
        plan(
            "SELECT 1 FROM folders f LEFT JOIN projects p ON p.folder_id = f.folder_id \
             WHERE p.project_id IS NULL"
        ),
        @r"
        project 1
          filter #3 is null
            left join [#0 = #1]
              scan folder_id
              scan project_id folder_id
        "
    );
    shows!(
        plan(
            "SELECT 1 FROM folders f LEFT JOIN projects p ON p.folder_id = f.folder_id \
             WHERE ISNULL(p.folder_id, 5) = 5"
        ),
        @r"
        project 1
          filter coalesce(#4, 5) = 5
            left join [#0 = #1]
              scan folder_id
              scan folder_id
        "
    );
    shows!(
        plan(
            "SELECT 1 FROM folders f FULL JOIN projects p ON p.folder_id = f.folder_id \
             WHERE f.folder_id = 5"
        ),
        @r"
        project 1
          filter #0 = 5
            full join [#0 = #1]
              scan folder_id
              scan folder_id
        "
    );
}

#[test]
fn conditions_pass_groups_and_windows_only_by_their_keys() {
    shows!(
        plan(
            "SELECT * FROM (SELECT name, COUNT(*) AS n FROM folders GROUP BY name) t \
             WHERE name = N'a' AND n > 1"
        ),
        @r"
        project #0, #1
          project #0, #1
            filter #1 > 1
              group [#1] count(*):int
                filter #1 = 'a'
                  scan name [name = 'a']
        "
    );
    shows!(
        plan(
            "SELECT * FROM (SELECT name, folder_id, ROW_NUMBER() OVER (PARTITION BY name \
             ORDER BY folder_id) AS rn FROM folders) t WHERE rn = 1 AND name = N'a' AND folder_id > 5"
        ),
        @r"
        project #0, #1, #2
          project #1, #0, #3
            filter (#3 = 1 and #0 > 5)
              window RowNumber() by [#1] order [#0] Range .. to ..
                filter #1 = 'a'
                  scan folder_id name [name = 'a']
        "
    );
    shows!(plan("SELECT * FROM (SELECT TOP 5 name FROM folders) t WHERE name = N'a'"), @r"
    project #0
      project #1
        filter #1 = 'a'
          top 5
            scan name limit 5
    ");
}

#[test]
fn order_and_limit_reach_the_scan_where_no_row_is_lost_between() {
    shows!(
        plan("SELECT TOP (10) message FROM messages WHERE operation_id = @id ORDER BY message_id DESC"),
        @r"
        project #3
          top 10
            sort #0 desc limit 10
              filter #1 = @1
                scan message_id operation_id message [operation_id = @1] order message_id desc limit 10
        "
    );
    shows!(
        plan("SELECT TOP (10) message FROM messages WHERE message LIKE N'%x%' ORDER BY message_id"),
        @r"
        project #3
          top 10
            sort #0 limit 10
              filter #3 like '%x%'
                scan message_id message order message_id
        "
    );
    shows!(
        plan("SELECT name FROM folders ORDER BY name OFFSET 10 ROWS FETCH NEXT 5 ROWS ONLY"),
        @r"
        project #1
          offset 10 take 5
            sort #1 limit 15
              scan name order name limit 15
        "
    );
    shows!(
        plan("SELECT name FROM folders ORDER BY folder_id OFFSET @i ROWS FETCH NEXT @i ROWS ONLY"),
        @r"
        project #1
          offset bigint(@0) take bigint(@0)
            sort #0 limit bigint((decimal(38,0)(bigint(@0)) + decimal(38,0)(bigint(@0))))
              scan folder_id name order folder_id limit bigint((decimal(38,0)(bigint(@0)) + decimal(38,0)(bigint(@0))))
        "
    );
}

#[test]
fn exists_computes_no_select_list() {
    shows!(plan("SELECT 1 WHERE EXISTS (SELECT *, 1 / 0 FROM folders WHERE name = @name)"), @r"
    project 1
      filter exists {filter #1 = @2 | scan name [name = @2]}
        values ()
    ");
}

#[test]
fn a_subquery_without_a_link_is_a_value_for_the_scan() {
    shows!(
        plan("SELECT 1 FROM messages WHERE operation_id = (SELECT MAX(project_id) FROM projects)"),
        @r"
        project 1
          filter #1 = {project #0 | group [] max(#0):bigint | scan project_id}
            scan operation_id [operation_id = {project #0 | group [] max(#0):bigint | scan project_id}]
        "
    );
}
