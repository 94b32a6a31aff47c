//! Customized logging levels and data taps.

use catalog::procedures::{
    CreateExecution, CustomizedLoggingLevel, DataTap, add_data_tap, add_data_tap_by_guid,
    configure_catalog, create_customized_logging_level, create_execution,
    delete_customized_logging_level, remove_data_tap, rename_customized_logging_level,
    set_customized_logging_level_description, set_customized_logging_level_value,
    set_execution_parameter_text, start_execution,
};
use catalog::{Caller, Roles};
use model::{ExecutionId, ObjectType};
use scaleout::message::CustomizedLevel;
use uuid::Uuid;

use crate::support::{Fixture, Recipe, admin, load};

const SYSTEM: ObjectType = ObjectType::Execution;

fn level(level_name: &str) -> CustomizedLoggingLevel<'_> {
    CustomizedLoggingLevel {
        level_name,
        level_description: None,
        profile_value: 1,
        events_value: 256,
    }
}

fn tap(data_filename: &str) -> DataTap<'_> {
    DataTap { dataflow_path_id_string: "Paths[Source.Output]", data_filename, max_rows: Some(5) }
}

pub(crate) async fn a_customized_level_is_made_changed_and_deleted(at: Fixture) {
    let id = at.write(|tx| create_customized_logging_level(tx, &admin(), &level("Quiet"))).await;
    at.write(|tx| {
        rename_customized_logging_level(tx, &admin(), "QUIET", "Calm")?;
        set_customized_logging_level_description(tx, &admin(), "calm", "errors only")?;
        set_customized_logging_level_value(tx, &admin(), "calm", "profile", 7)?;
        set_customized_logging_level_value(tx, &admin(), "calm", "Events", 33024)
    })
    .await;
    let row = at
        .read(|tx| {
            let sql = "SELECT level_id, name, description, profile_value, events_value,
                              created_by_name
                       FROM customized_logging_levels";
            let row = tx.query_opt(sql, &[])?.unwrap();
            let text = |column| row.get::<String>(column);
            Ok((row.get::<i64>(0)?, text(1)?, text(2)?, row.get::<i64>(3)?, row.get::<i64>(4)?))
        })
        .await;
    assert_eq!(row, (id, "Calm".to_owned(), "errors only".to_owned(), 7, 33024));
    at.write(|tx| delete_customized_logging_level(tx, &admin(), "Calm")).await;
    let gone = at.refused(|tx| delete_customized_logging_level(tx, &admin(), "Calm")).await;
    assert_eq!(gone.0, 27237);
}

pub(crate) async fn customized_levels_have_documented_errors(at: Fixture) {
    fn guest() -> Caller {
        Caller::new("gus", Roles::default())
    }
    at.write(|tx| create_customized_logging_level(tx, &admin(), &level("Quiet"))).await;
    at.write(|tx| create_customized_logging_level(tx, &admin(), &level("Loud"))).await;
    let make = |name: &'static str| {
        at.refused(move |tx| create_customized_logging_level(tx, &admin(), &level(name)))
    };
    assert_eq!(make("").await.0, 27233);
    assert_eq!(make("a|b").await.0, 27234);
    assert_eq!(make("quiet").await.0, 27235);
    let negative = CustomizedLoggingLevel { events_value: -1, ..level("New") };
    let made = at.refused(move |tx| create_customized_logging_level(tx, &admin(), &negative)).await;
    assert_eq!(made.0, 27240);
    let set = |name: &'static str, property: &'static str, value| {
        at.refused(move |tx| {
            set_customized_logging_level_value(tx, &admin(), name, property, value)
        })
    };
    assert_eq!(set("Quiet", "LEVEL", 1).await.0, 27101);
    assert_eq!(set("Quiet", "EVENTS", -1).await.0, 27240);
    assert_eq!(set("None", "EVENTS", 1).await.0, 27237);
    let rename = at.refused(|tx| rename_customized_logging_level(tx, &admin(), "Loud", "QUIET"));
    assert_eq!(rename.await.0, 27235);
    for (refused, number) in [
        (at.refused(|tx| create_customized_logging_level(tx, &guest(), &level("x"))).await, 27232),
        (at.refused(|tx| delete_customized_logging_level(tx, &guest(), "Loud")).await, 27236),
        (at.refused(|tx| rename_customized_logging_level(tx, &guest(), "Loud", "x")).await, 27238),
        (
            at.refused(|tx| set_customized_logging_level_description(tx, &guest(), "Loud", "x"))
                .await,
            27239,
        ),
    ] {
        assert_eq!(refused.0, number);
    }
}

async fn set(at: &Fixture, id: ExecutionId, name: &'static str, value: &'static str) {
    at.write(move |tx| set_execution_parameter_text(tx, &admin(), id, (SYSTEM, name), value)).await;
}

pub(crate) async fn an_execution_keeps_the_masks_it_was_started_with(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    let worker = at.worker(1).await;
    let id = at.created().await;
    set(&at, id, "LOGGING_LEVEL", "100").await;
    let unnamed = at.refused(move |tx| start_execution(tx, &admin(), id, 0)).await;
    assert_eq!(unnamed.0, 27241);
    set(&at, id, "CUSTOMIZED_LOGGING_LEVEL", "Quiet").await;
    let missing = at.refused(move |tx| start_execution(tx, &admin(), id, 0)).await;
    assert_eq!(missing.0, 27237);
    at.write(move |tx| {
        create_customized_logging_level(tx, &admin(), &level("Quiet"))?;
        start_execution(tx, &admin(), id, 0)?;
        delete_customized_logging_level(tx, &admin(), "Quiet")
    })
    .await;
    let task = at.claim(worker, 1, 1).await.remove(0);
    assert_eq!(task.logging_level, 100);
    assert_eq!(task.customized_level, Some(CustomizedLevel { profile: 1, events: 256 }));
}

pub(crate) async fn the_servers_customized_level_is_the_default(at: Fixture) {
    let worker = at.worker(1).await;
    at.deployed(&Recipe::default()).await;
    let configure = |name: &'static str, value: &'static str| {
        at.catalog.write(move |tx| configure_catalog(tx, &admin(), name, value))
    };
    let unknown = configure("SERVER_CUSTOMIZED_LOGGING_LEVEL", "Quiet").await.unwrap_err();
    assert_eq!(unknown.number(), Some(27237));
    at.write(|tx| create_customized_logging_level(tx, &admin(), &level("Quiet"))).await;
    configure("SERVER_CUSTOMIZED_LOGGING_LEVEL", "Quiet").await.unwrap();
    configure("SERVER_LOGGING_LEVEL", "100").await.unwrap();
    at.started(0).await;
    let task = at.claim(worker, 1, 1).await.remove(0);
    assert_eq!(task.customized_level, Some(CustomizedLevel { profile: 1, events: 256 }));
}

pub(crate) async fn data_taps_travel_to_the_worker(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    let worker = at.worker(1).await;
    let id = at.created().await;
    let guid = Uuid::from_u128(7);
    let removed = at
        .write(move |tx| {
            add_data_tap(tx, &admin(), id, r"\Package\Load", &tap("a.csv"))?;
            let all = DataTap { max_rows: None, ..tap("b.csv") };
            add_data_tap_by_guid(tx, &admin(), id, guid, &all)?;
            add_data_tap(tx, &admin(), id, r"\Package\Other", &tap("c.csv"))
        })
        .await;
    at.write(move |tx| {
        remove_data_tap(tx, &admin(), removed)?;
        start_execution(tx, &admin(), id, 0)
    })
    .await;
    let taps = at.claim(worker, 1, 1).await.remove(0).data_taps;
    assert_eq!(taps.len(), 2);
    assert_eq!(taps[0].package_path.as_deref(), Some(r"\Package\Load"));
    assert_eq!((taps[0].path_id.as_str(), taps[0].max_rows), ("Paths[Source.Output]", Some(5)));
    assert_eq!(taps[1].task_guid, Some(guid.to_string()));
    assert_eq!((taps[1].file_name.as_str(), taps[1].max_rows), ("b.csv", None));
}

pub(crate) async fn data_taps_have_documented_errors(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    let id = at.created().await;
    let guid = Uuid::from_u128(7);
    let first = at
        .write(move |tx| {
            add_data_tap_by_guid(tx, &admin(), id, guid, &tap("a.csv"))?;
            add_data_tap(tx, &admin(), id, r"\Package\Load", &tap("a.csv"))
        })
        .await;
    let add = |path: &'static str, tap: DataTap<'static>| {
        at.refused(move |tx| add_data_tap(tx, &admin(), id, path, &tap))
    };
    assert_eq!(add(r"\Package\Load", tap("b.csv")).await.0, 27213);
    assert_eq!(add("", tap("b.csv")).await.0, 27102);
    assert_eq!(add(r"\Package\A", tap("../b.csv")).await.0, 27101);
    assert_eq!(add(r"\Package\A", tap(r"C:\b.csv")).await.0, 27101);
    assert_eq!(add(r"\Package\A", DataTap { max_rows: Some(-1), ..tap("b") }).await.0, 27216);
    let again =
        at.refused(move |tx| add_data_tap_by_guid(tx, &admin(), id, guid, &tap("b.csv"))).await;
    assert_eq!(again.0, 27214);
    assert_eq!(at.refused(|tx| remove_data_tap(tx, &admin(), 99)).await.0, 27215);
    let guest = Caller::new("gus", Roles::default());
    let stranger = at.refused(move |tx| remove_data_tap(tx, &guest, first)).await;
    assert_eq!(stranger.0, 27215);
    at.write(move |tx| start_execution(tx, &admin(), id, 0)).await;
    assert_eq!(add(r"\Package\A", tap("b.csv")).await.0, 27212);
    assert_eq!(at.refused(move |tx| remove_data_tap(tx, &admin(), first)).await.0, 27212);
    let other = CreateExecution { run_in_scale_out: Some(false), ..load() };
    let other = at.write(move |tx| create_execution(tx, &admin(), &other)).await;
    at.write(move |tx| add_data_tap(tx, &admin(), other, r"\Package\Load", &tap("a.csv"))).await;
}
