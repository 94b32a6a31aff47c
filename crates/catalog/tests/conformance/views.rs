//! The documented views: every statement that can be put together of them runs, and shows what
//! the caller may see.

use catalog::procedures::create_folder;
use catalog::views::{ColumnKind, Compare, Condition, VIEWS, View, ViewQuery, rows, view_named};
use catalog::{Caller, Cell, Param, Roles, Row};

use crate::support::{Fixture, Recipe, admin};

fn all() -> impl Iterator<Item = &'static View> {
    VIEWS.iter().flat_map(|group| group.iter())
}

fn view(name: &str) -> &'static View {
    view_named("CATALOG", name).unwrap()
}

/// The cell of a column by name.
fn cell<'r>(view: &View, row: &'r Row, name: &str) -> &'r Cell {
    let mut at = 0;
    for column in view.columns {
        if column.name == name {
            return &row.cells()[at];
        }
        at += column.kind.cells();
    }
    panic!("no column {name}");
}

async fn read(at: &Fixture, view: &'static View, caller: Caller, query: ViewQuery) -> Vec<Row> {
    at.read(move |tx| rows(tx, &caller, view, &query)).await
}

/// A value that a column of this kind can be compared with.
fn some_value(kind: ColumnKind) -> Param<'static> {
    if kind == ColumnKind::Guid {
        return Param::from("6583054a-e915-4c2a-80e4-c765e79ef61d");
    }
    Param::Int(1)
}

pub(crate) async fn every_column_of_every_view_can_be_selected_compared_and_ordered(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    at.started(0).await;
    for view in all() {
        let condition = |(index, column): (usize, &catalog::views::ViewColumn)| {
            let value = some_value(column.kind);
            column.kind.is_comparable().then_some([
                Condition::Compare(index, Compare::NotEqual, value.clone()),
                Condition::In(index, vec![value]),
                Condition::IsNull(index, true),
            ])
        };
        let conditions: Vec<Condition> =
            view.columns.iter().enumerate().filter_map(condition).flatten().collect();
        let ordered = |descending: bool| {
            let columns = view.columns.iter().enumerate();
            let columns = columns.filter(|(_, column)| column.kind.is_ordered());
            columns.map(|(index, _)| (index, descending)).collect::<Vec<_>>()
        };
        let everything = ViewQuery::default();
        let width: usize = view.columns.iter().map(|column| column.kind.cells()).sum();
        for row in read(&at, view, admin(), everything).await {
            assert_eq!(row.cells().len(), width, "{}", view.name);
        }
        for descending in [false, true] {
            let query = ViewQuery {
                conditions: conditions.clone(),
                order: ordered(descending),
                limit: Some(3),
                ..ViewQuery::default()
            };
            read(&at, view, admin(), query).await;
        }
        let guest = Caller::new("gus", Roles::default());
        let seen = read(&at, view, guest, ViewQuery::default()).await;
        let is_public = matches!(view.name, "master_properties" | "customized_logging_levels");
        assert!(is_public || seen.is_empty(), "{} shows rows to everybody", view.name);
    }
}

pub(crate) async fn pages_follow_the_key(at: Fixture) {
    for name in ["a", "b", "c", "d", "e"] {
        at.write(move |tx| create_folder(tx, &admin(), name)).await;
    }
    let folders = view("folders");
    for descending in [false, true] {
        let mut seen = Vec::new();
        let mut behind = None;
        loop {
            let query = ViewQuery {
                conditions: behind.take().into_iter().collect(),
                order: vec![(0, descending)],
                limit: Some(2),
                ..ViewQuery::default()
            };
            let page = read(&at, folders, admin(), query).await;
            let Some(last) = page.last() else { break };
            let key: i64 = last.get(0).unwrap();
            behind = Some(Condition::Behind(vec![(0, Param::Int(key))], descending));
            seen.extend(page.iter().map(|row| row.get::<String>(1).unwrap()));
        }
        if descending {
            seen.reverse();
        }
        assert_eq!(seen, ["a", "b", "c", "d", "e"]);
    }
}

pub(crate) async fn columns_that_are_not_wanted_stay_null(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    let projects = view("projects");
    let mut wanted = vec![false; projects.columns.len()];
    wanted[2] = true;
    let query = ViewQuery { columns: wanted, ..ViewQuery::default() };
    let rows = read(&at, projects, admin(), query).await;
    assert!(matches!(cell(projects, &rows[0], "name"), Cell::Text(_)));
    assert!(matches!(cell(projects, &rows[0], "project_id"), Cell::Null));
}

pub(crate) async fn an_execution_is_seen_by_who_created_it_and_by_log_readers(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    let id = at.created().await;
    let executions = view("executions");
    let query = || ViewQuery {
        conditions: vec![Condition::Compare(0, Compare::Equal, Param::Int(id.0))],
        ..ViewQuery::default()
    };
    let rows = read(&at, executions, admin(), query()).await;
    assert!(matches!(cell(executions, &rows[0], "status"), Cell::Int(1)));
    let reader = Roles { ssis_logreader: true, ..Roles::default() };
    assert_eq!(read(&at, executions, Caller::new("lea", reader), query()).await.len(), 1);
    let guest = Caller::new("gus", Roles::default());
    assert_eq!(read(&at, executions, guest, query()).await.len(), 0);
}

/// The documented columns in the documented order, of the views that scripts select `*` from
/// most. The sheet of the documentation has all.
pub(crate) async fn views_have_the_documented_columns(_at: Fixture) {
    let names = |name: &str| {
        let columns = view(name).columns.iter().map(|column| column.name);
        columns.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        names("executions"),
        "execution_id folder_name project_name package_name reference_id reference_type \
         environment_folder_name environment_name project_lsn executed_as_sid executed_as_name \
         use32bitruntime operation_type created_time object_type object_id status start_time \
         end_time caller_sid caller_name process_id stopped_by_sid stopped_by_name dump_id \
         server_name machine_name worker_agent_id total_physical_memory_kb \
         available_physical_memory_kb total_page_file_kb available_page_file_kb cpu_count \
         executed_count"
    );
    assert_eq!(
        names("event_messages"),
        "event_message_id operation_id message_time message_type message_source_type message \
         extended_info_id package_name event_name message_source_name message_source_id \
         subcomponent_name package_path execution_path threadID message_code"
    );
    assert_eq!(
        names("worker_agents"),
        "WorkerAgentId IsEnabled DisplayName Description MachineName Tags UserAccount \
         LastOnlineTime"
    );
}
