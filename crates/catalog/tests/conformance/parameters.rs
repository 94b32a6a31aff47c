//! Server defaults of parameters.

use catalog::procedures::{
    DefaultValue, ObjectParameterName, clear_object_parameter_value, set_object_parameter_value,
};
use catalog::reads;
use model::{ObjectType, Value};

use crate::support::{Fixture, Recipe, admin};

const fn of_project(parameter_name: &str) -> ObjectParameterName<'_> {
    ObjectParameterName {
        object_type: ObjectType::Project,
        folder_name: "Sales",
        project_name: "Etl",
        object_name: None,
        parameter_name,
    }
}

async fn refused(at: &Fixture, name: ObjectParameterName<'static>, value: Value) -> i32 {
    at.refused(move |tx| {
        set_object_parameter_value(tx, &admin(), &name, DefaultValue::Literal(&value))
    })
    .await
    .0
}

pub(crate) async fn a_server_default_needs_the_right_type(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    assert_eq!(refused(&at, of_project("Count"), Value::text("7")).await, 27147);
    assert_eq!(refused(&at, of_project("Count"), Value::Null).await, 27205);
    assert_eq!(refused(&at, of_project("None"), Value::I4(1)).await, 27106);
}

pub(crate) async fn a_cleared_default_is_the_design_default_again(at: Fixture) {
    let id = at.deployed(&Recipe::default()).await.id;
    let value = Value::I4(9);
    at.write(move |tx| {
        let default = DefaultValue::Literal(&value);
        set_object_parameter_value(tx, &admin(), &of_project("count"), default)
    })
    .await;
    let count = move |rows: Vec<reads::ObjectParameterRow>| {
        let row = rows.into_iter().find(|row| row.name == "Count").unwrap();
        (row.value_set, row.default_value)
    };
    let rows = at.read(move |tx| reads::object_parameters(tx, &admin(), id)).await;
    assert_eq!(count(rows), (true, Some("9".to_owned())));
    at.write(|tx| clear_object_parameter_value(tx, &admin(), &of_project("Count"))).await;
    let rows = at.read(move |tx| reads::object_parameters(tx, &admin(), id)).await;
    assert_eq!(count(rows), (false, None));
}

pub(crate) async fn a_sensitive_value_is_never_stored_readably(at: Fixture) {
    let id = at.deployed(&Recipe::default()).await.id;
    let secret = "xyzzy-plugh-31337";
    at.write(move |tx| {
        let value = Value::text(secret);
        let default = DefaultValue::Literal(&value);
        set_object_parameter_value(tx, &admin(), &of_project("Password"), default)
    })
    .await;
    let rows = at.read(move |tx| reads::object_parameters(tx, &admin(), id)).await;
    let row = rows.iter().find(|row| row.name == "Password").unwrap();
    assert!(row.value_set && row.default_value.is_none());
    at.worker(1).await;
    at.started(0).await;
    let assignment = at.claim(crate::support::agent(1), 1, 1).await.remove(0);
    let password = assignment.parameters.iter().find(|p| p.name == "Password").unwrap();
    assert_eq!(password.value.as_deref(), Some(secret), "the worker gets it");
    assert!(!format!("{assignment:?}").contains(secret), "and no log shows it");
    at.catalog.close().await;
    for entry in fs_err::read_dir(at.folder.path()).unwrap() {
        let bytes = fs_err::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()));
    }
}

pub(crate) async fn parameters_are_found_by_their_object(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    let of_package = |object_name| ObjectParameterName {
        object_type: ObjectType::Package,
        object_name,
        ..of_project("Greeting")
    };
    let text = || Value::text("x");
    assert_eq!(refused(&at, of_package(None), text()).await, 27101);
    assert_eq!(refused(&at, of_package(Some("None.dtsx")), text()).await, 27146);
    assert_eq!(refused(&at, of_project("Greeting"), text()).await, 27106);
    let wrong = ObjectParameterName { object_type: ObjectType::Folder, ..of_project("Count") };
    assert_eq!(refused(&at, wrong, Value::I4(1)).await, 27101);
    let name = of_package(Some("load.dtsx"));
    at.write(move |tx| {
        let value = text();
        set_object_parameter_value(tx, &admin(), &name, DefaultValue::Literal(&value))
    })
    .await;
}

pub(crate) async fn a_default_is_a_literal_or_a_variable(at: Fixture) {
    let id = at.deployed(&Recipe::default()).await.id;
    let set = |value_type: &'static str, value: Value| {
        at.catalog.write(move |tx| {
            let default = DefaultValue::new(value_type, &value)?;
            set_object_parameter_value(tx, &admin(), &of_project("Count"), default)
        })
    };
    let shown = || async {
        let rows = at.read(move |tx| reads::object_parameters(tx, &admin(), id)).await;
        let row = rows.into_iter().find(|row| row.name == "Count").unwrap();
        (row.value_set, row.default_value, row.variable)
    };
    set("v", Value::I4(7)).await.unwrap();
    assert_eq!(shown().await, (true, Some("7".to_owned()), None));
    set("R", Value::text("N")).await.unwrap();
    assert_eq!(shown().await, (true, None, Some("N".to_owned())));
    at.write(|tx| clear_object_parameter_value(tx, &admin(), &of_project("Count"))).await;
    assert_eq!(shown().await, (false, None, None));
    let number = |error: catalog::CatalogError| error.number();
    assert_eq!(set("X", Value::I4(7)).await.map_err(number), Err(Some(27101)));
    assert_eq!(set("R", Value::I4(7)).await.map_err(number), Err(Some(27147)));
    assert_eq!(set("R", Value::Null).await.map_err(number), Err(Some(27205)));
    assert_eq!(set("R", Value::text("")).await.map_err(number), Err(Some(27102)));
}
