//! Executions: created, given values, started, stopped.

use catalog::procedures::{
    CreateExecution, DefaultValue, ObjectParameterName, PropertyOverrideValue,
    add_execution_worker, configure_catalog, create_execution, set_execution_parameter_text,
    set_execution_parameter_value, set_execution_property_override_value,
    set_object_parameter_value, start_execution, stop_operation,
};
use catalog::{Caller, Roles, reads};
use model::{ExecutionId, ObjectType, OperationId, OperationStatus, OperationType, Value};

use crate::support::{Fixture, Recipe, admin, agent, load};

const PROJECT: ObjectType = ObjectType::Project;
const PACKAGE: ObjectType = ObjectType::Package;
const SYSTEM: ObjectType = ObjectType::Execution;

async fn status(at: &Fixture, id: ExecutionId) -> OperationStatus {
    at.read(move |tx| reads::execution(tx, &admin(), id)).await.unwrap().status
}

async fn set_refused(
    at: &Fixture,
    id: ExecutionId,
    name: (ObjectType, &'static str),
    value: Value,
) -> i32 {
    at.refused(move |tx| set_execution_parameter_value(tx, &admin(), id, name, &value)).await.0
}

pub(crate) async fn an_execution_is_created_with_the_documented_defaults(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    let id = at
        .write(|tx| {
            create_execution(tx, &admin(), &CreateExecution::new("sales", "ETL", "load.dtsx"))
        })
        .await;
    let row = at.read(move |tx| reads::execution(tx, &admin(), id)).await.unwrap();
    assert_eq!((row.folder.as_str(), row.project.as_str()), ("Sales", "Etl"));
    assert_eq!((row.package.as_str(), row.status), ("Load.dtsx", OperationStatus::Created));
    assert_eq!((row.started, row.task, row.executed_count), (None, None, 0));
    let operation = OperationId::from(id);
    let row = at.read(move |tx| reads::operation(tx, &admin(), operation)).await.unwrap();
    assert_eq!(row.operation_type, OperationType::Execution);
    assert_eq!(row.object_name.as_deref(), Some("Etl"));
    let parameters = at.read(move |tx| reads::execution_parameters(tx, &admin(), id)).await;
    let shown: Vec<String> = parameters
        .iter()
        .map(|p| {
            let value = p.value.as_deref().unwrap_or("-");
            format!("{} {} {} {value} {}", p.object_type.number(), p.name, p.data_type, p.value_set)
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r"
    20 Count Int32 5 true
    20 Day String Monday true
    20 Password String - false
    30 Greeting String hello true
    50 CALLER_INFO String - false
    50 CUSTOMIZED_LOGGING_LEVEL String - false
    50 DUMP_EVENT_CODE String - false
    50 DUMP_ON_ERROR Boolean False true
    50 DUMP_ON_EVENT Boolean False true
    50 LOGGING_LEVEL Int32 1 true
    50 SYNCHRONIZED Boolean False true
    ");
}

pub(crate) async fn what_does_not_exist_is_refused_by_number(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    let create = |request: CreateExecution<'static>| {
        at.refused(move |tx| create_execution(tx, &admin(), &request))
    };
    assert_eq!(create(CreateExecution::new("None", "Etl", "Load.dtsx")).await.0, 27104);
    assert_eq!(create(CreateExecution::new("Sales", "None", "Load.dtsx")).await.0, 27109);
    assert_eq!(create(CreateExecution::new("Sales", "Etl", "None.dtsx")).await.0, 27146);
    assert_eq!(create(CreateExecution { reference_id: Some(9), ..load() }).await.0, 27208);
    let none = ExecutionId(999);
    assert_eq!(at.refused(move |tx| start_execution(tx, &admin(), none, 0)).await.0, 27103);
    assert_eq!(set_refused(&at, none, (SYSTEM, "LOGGING_LEVEL"), Value::I4(1)).await, 27103);
    let none = OperationId(999);
    assert_eq!(at.refused(move |tx| stop_operation(tx, &admin(), none)).await.0, 27105);
}

pub(crate) async fn a_value_of_the_wrong_type_is_27147(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    let id = at.created().await;
    assert_eq!(set_refused(&at, id, (PROJECT, "Count"), Value::text("x")).await, 27147);
    assert_eq!(set_refused(&at, id, (PROJECT, "Count"), Value::Null).await, 27100);
    assert_eq!(set_refused(&at, id, (PROJECT, "None"), Value::I4(1)).await, 27176);
    assert_eq!(set_refused(&at, id, (PACKAGE, "Count"), Value::I4(1)).await, 27176);
    assert_eq!(set_refused(&at, id, (SYSTEM, "LOGGING_LEVEL"), Value::I4(7)).await, 27217);
    assert_eq!(set_refused(&at, id, (SYSTEM, "SYNCHRONIZED"), Value::I4(7)).await, 27147);
    let text = at
        .refused(move |tx| {
            set_execution_parameter_text(tx, &admin(), id, (PROJECT, "Count"), "seven")
        })
        .await;
    assert_eq!(text.0, 27147);
    at.write(move |tx| {
        set_execution_parameter_text(tx, &admin(), id, (PROJECT, "count"), "7")?;
        set_execution_parameter_value(tx, &admin(), id, (SYSTEM, "synchronized"), &Value::I4(1))
    })
    .await;
    let started = at.write(move |tx| start_execution(tx, &admin(), id, 0)).await;
    assert!(started.synchronized);
}

pub(crate) async fn a_required_parameter_without_a_value_is_named(at: Fixture) {
    at.deployed(&Recipe { day_required: true, ..Recipe::default() }).await;
    let id = at.created().await;
    let (number, message) = at.refused(move |tx| start_execution(tx, &admin(), id, 0)).await;
    assert_eq!(number, 27184);
    assert!(message.contains("Day"), "{message}");
    assert_eq!(status(&at, id).await, OperationStatus::Created);
    at.write(move |tx| {
        let day = Value::text("Friday");
        set_execution_parameter_value(tx, &admin(), id, (PROJECT, "Day"), &day)?;
        start_execution(tx, &admin(), id, 0)
    })
    .await;
    assert_eq!(status(&at, id).await, OperationStatus::Pending);
}

pub(crate) async fn an_execution_starts_once(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    let id = at.created().await;
    assert_eq!(at.refused(move |tx| start_execution(tx, &admin(), id, -1)).await.0, 27101);
    at.write(move |tx| start_execution(tx, &admin(), id, 0)).await;
    assert_eq!(at.refused(move |tx| start_execution(tx, &admin(), id, 0)).await.0, 27121);
}

pub(crate) async fn a_project_that_changed_is_27150(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    let id = at.created().await;
    at.deployed(&Recipe { greeting: "bye", ..Recipe::default() }).await;
    assert_eq!(at.refused(move |tx| start_execution(tx, &admin(), id, 0)).await.0, 27150);
}

pub(crate) async fn values_resolve_execution_then_server_then_design(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    at.worker(1).await;
    at.write(|tx| {
        for (name, value) in [("Count", Value::I4(7)), ("Day", Value::text("Sunday"))] {
            let name = ObjectParameterName {
                object_type: PROJECT,
                folder_name: "Sales",
                project_name: "Etl",
                object_name: None,
                parameter_name: name,
            };
            set_object_parameter_value(tx, &admin(), &name, DefaultValue::Literal(&value))?;
        }
        let id = create_execution(tx, &admin(), &load())?;
        let friday = Value::text("Friday");
        set_execution_parameter_value(tx, &admin(), id, (PROJECT, "Day"), &friday)?;
        set_execution_parameter_value(tx, &admin(), id, (SYSTEM, "LOGGING_LEVEL"), &Value::I2(3))?;
        let property = PropertyOverrideValue {
            property_path: r"\Package.Variables[User::X].Value",
            property_value: "secret",
            sensitive: true,
        };
        set_execution_property_override_value(tx, &admin(), id, &property)?;
        start_execution(tx, &admin(), id, 0)
    })
    .await;
    let assignment = at.claim(agent(1), 1, 1).await.remove(0);
    let value = |name: &str| {
        let found = assignment.parameters.iter().find(|p| p.name == name).unwrap();
        found.value.clone().unwrap()
    };
    assert_eq!(
        (value("Count"), value("Day"), value("Greeting")),
        ("7".into(), "Friday".into(), "hello".into())
    );
    assert_eq!((assignment.logging_level, value("LOGGING_LEVEL")), (3, "3".into()));
    assert_eq!(assignment.property_overrides[0].value, "secret");
    assert!(!assignment.parameters.iter().any(|p| p.name == "Password"), "it has no value");
}

pub(crate) async fn parameters_cannot_change_after_the_start(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    let (id, _) = at.started(0).await;
    assert_eq!(set_refused(&at, id, (PROJECT, "Count"), Value::I4(1)).await, 27224);
    let property = PropertyOverrideValue {
        property_path: r"\Package.X",
        property_value: "",
        sensitive: false,
    };
    let refused = at
        .refused(move |tx| set_execution_property_override_value(tx, &admin(), id, &property))
        .await;
    assert_eq!(refused.0, 27225);
}

pub(crate) async fn a_waiting_execution_is_stopped_at_once(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    at.worker(1).await;
    let created = at.created().await;
    let stop = |id: ExecutionId| at.refused(move |tx| stop_operation(tx, &admin(), id.into()));
    assert_eq!(stop(created).await.0, 27124);
    let (id, _) = at.started(0).await;
    let operation = at.write(move |tx| stop_operation(tx, &admin(), id.into())).await;
    let row = at.read(move |tx| reads::operation(tx, &admin(), operation)).await.unwrap();
    assert_eq!(row.operation_type, OperationType::StopOperation);
    let row = at.read(move |tx| reads::execution(tx, &admin(), id)).await.unwrap();
    assert_eq!(row.status, OperationStatus::Canceled);
    assert_eq!(row.stopped_by.as_deref(), Some("ada"));
    assert!(row.ended.is_some());
    assert_eq!(stop(id).await.0, 27124);
    assert!(at.claim(agent(1), 4, 1).await.is_empty());
}

pub(crate) async fn others_do_not_see_an_execution(at: Fixture) {
    fn guest(logreader: bool) -> Caller {
        let roles = Roles { ssis_logreader: logreader, ..Roles::default() };
        Caller::new("gus", roles)
    }
    at.deployed(&Recipe::default()).await;
    let (id, _) = at.started(0).await;
    assert_eq!(at.read(move |tx| reads::execution(tx, &guest(false), id)).await, None);
    assert!(at.read(move |tx| reads::execution(tx, &guest(true), id)).await.is_some());
    let stop = at.refused(move |tx| stop_operation(tx, &guest(true), id.into())).await;
    assert_eq!(stop.0, 27105, "whoever reads logs sees it, and has no permission on it");
    let filter = reads::ExecutionFilter { limit: 10, ..Default::default() };
    assert!(at.read(move |tx| reads::executions(tx, &guest(false), &filter)).await.is_empty());
}

pub(crate) async fn named_workers_are_added_before_the_start(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    let worker = at.worker(1).await;
    let add = |id, worker| at.refused(move |tx| add_execution_worker(tx, &admin(), id, worker));
    let for_any = at.created().await;
    assert_eq!(add(for_any, worker).await.0, 27251);
    let create = |request: CreateExecution<'static>| {
        at.write(move |tx| create_execution(tx, &admin(), &request))
    };
    let local = create(CreateExecution { run_in_scale_out: Some(false), ..load() }).await;
    assert_eq!(add(local, worker).await.0, 27255);
    let named = create(CreateExecution { use_any_worker: false, ..load() }).await;
    assert_eq!(at.refused(move |tx| start_execution(tx, &admin(), named, 0)).await.0, 27257);
    assert_eq!(add(named, agent(9)).await.0, 27243);
    at.write(move |tx| {
        add_execution_worker(tx, &admin(), named, worker)?;
        start_execution(tx, &admin(), named, 0)
    })
    .await;
    assert_eq!(add(named, worker).await.0, 27121);
}

pub(crate) async fn environment_variables_give_values(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    at.worker(1).await;
    at.write(|tx| {
        let name = ObjectParameterName {
            object_type: PROJECT,
            folder_name: "Sales",
            project_name: "Etl",
            object_name: None,
            parameter_name: "Count",
        };
        set_object_parameter_value(tx, &admin(), &name, DefaultValue::Variable("N"))
    })
    .await;
    let (number, message) = at.refused(|tx| create_execution(tx, &admin(), &load())).await;
    assert_eq!(number, 27202);
    assert!(message.contains("Count"), "{message}");
    at.write(|tx| {
        for sql in [
            "INSERT INTO environments (folder_id, name, name_key, created_by_name, created_time)
             SELECT folder_id, 'Prod', 'prod', 'ada', 0 FROM folders",
            "INSERT INTO environment_references (reference_id, project_id, reference_type,
                 environment_folder_key, environment_name, environment_key)
             SELECT 5, project_id, 'R', '', 'Prod', 'prod' FROM projects",
        ] {
            tx.execute(sql, &[])?;
        }
        Ok(())
    })
    .await;
    let with = || CreateExecution { reference_id: Some(5), ..load() };
    let (number, message) = at.refused(move |tx| create_execution(tx, &admin(), &with())).await;
    assert_eq!(number, 27186);
    assert!(message.contains('N'), "{message}");
    at.write(move |tx| {
        let sql = "INSERT INTO environment_variables (environment_id, name, name_key, type,
                       sensitive, value)
                   SELECT environment_id, 'N', 'n', 'Int32', 0, '12' FROM environments";
        tx.execute(sql, &[])?;
        let id = create_execution(tx, &admin(), &with())?;
        start_execution(tx, &admin(), id, 0)
    })
    .await;
    let assignment = at.claim(agent(1), 1, 1).await.remove(0);
    let count = assignment.parameters.iter().find(|p| p.name == "Count").unwrap();
    assert_eq!(count.value.as_deref(), Some("12"));
}

pub(crate) async fn system_parameters_convert_by_value_and_refuse_what_does_not(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    let id = at.created().await;
    for (name, value, stored) in [
        ("DUMP_ON_ERROR", Value::I4(1), "True"),
        ("DUMP_ON_EVENT", Value::Bool(false), "False"),
        ("DUMP_EVENT_CODE", Value::text("0xC020801C; 0xc0202009"), "0xC020801C; 0xc0202009"),
        ("CALLER_INFO", Value::text("the night job"), "the night job"),
        ("CUSTOMIZED_LOGGING_LEVEL", Value::text("Mine"), "Mine"),
        ("Synchronized", Value::I2(1), "True"),
        ("logging_level", Value::text("3"), "3"),
    ] {
        let shown = at
            .write(move |tx| {
                set_execution_parameter_value(tx, &admin(), id, (SYSTEM, name), &value)?;
                reads::execution_parameters(tx, &admin(), id)
            })
            .await;
        let row = shown.iter().find(|row| row.name.eq_ignore_ascii_case(name)).unwrap();
        assert_eq!((row.value.as_deref(), row.runtime_override), (Some(stored), true), "{name}");
    }
    for (name, value, number) in [
        ("DUMP_ON_ERROR", Value::text("maybe"), 27147),
        ("DUMP_EVENT_CODE", Value::text("C020801C"), 27101),
        ("DUMP_EVENT_CODE", Value::text("0xC020801C0"), 27101),
        ("LOGGING_LEVEL", Value::text("Basic"), 27147),
        ("LOGGING_LEVEL", Value::I4(5), 27217),
        ("SYNCHRONIZED", Value::Null, 27100),
        ("RETRY_COUNT", Value::I4(1), 27176),
    ] {
        assert_eq!(set_refused(&at, id, (SYSTEM, name), value).await, number, "{name}");
    }
}

pub(crate) async fn an_execution_outside_scale_out_runs_on_any_worker_once(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    at.worker(1).await;
    let request = CreateExecution {
        run_in_scale_out: Some(false),
        use_any_worker: false,
        use32bitruntime: true,
        ..load()
    };
    let id = at
        .write(move |tx| {
            let id = create_execution(tx, &admin(), &request)?;
            start_execution(tx, &admin(), id, 3)?;
            Ok(id)
        })
        .await;
    let assignment = at.claim(agent(1), 1, 1).await.remove(0);
    assert_eq!(assignment.execution, id);
    let row = at.read(move |tx| reads::execution(tx, &admin(), id)).await.unwrap();
    assert_eq!(row.retry_count, 0, "retries are for Scale Out");
}

pub(crate) async fn the_default_execution_mode_decides_where_nothing_is_said(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    let sql = "SELECT run_in_scale_out FROM executions WHERE execution_id = ?1";
    for (mode, in_scale_out) in [("0", false), ("1", true)] {
        let found = at
            .write(move |tx| {
                configure_catalog(tx, &admin(), "DEFAULT_EXECUTION_MODE", mode)?;
                let request = CreateExecution::new("Sales", "Etl", "Load.dtsx");
                let id = create_execution(tx, &admin(), &request)?;
                tx.scalar::<bool>(sql, &[id.into()])
            })
            .await;
        assert_eq!(found, Some(in_scale_out));
    }
}

pub(crate) async fn only_entry_points_are_executed(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    at.write(|tx| {
        tx.execute(
            "UPDATE packages SET entry_point = 0 WHERE name_key = ?1",
            &["child.dtsx".into()],
        )
    })
    .await;
    let (number, message) = at
        .refused(|tx| {
            let request = CreateExecution::new("Sales", "Etl", "Child.dtsx");
            create_execution(tx, &admin(), &request)
        })
        .await;
    assert_eq!(number, 27146);
    assert!(message.contains("entry point"), "{message}");
}
