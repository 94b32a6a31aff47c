//! Environments, their variables, and what projects make of them.

use catalog::permissions::Securable;
use catalog::procedures::{
    CreateExecution, DefaultValue, EnvironmentName, NewVariable, ObjectParameterName,
    PermissionRequest, ProjectName, PropertyValue, ReferenceLocation, VariableName,
    create_environment, create_environment_reference, create_environment_variable,
    create_execution, create_folder, delete_environment, delete_environment_reference,
    delete_environment_variable, delete_folder, get_parameter_values, grant_permission,
    move_environment, move_project, rename_environment, set_environment_property,
    set_environment_reference_type, set_environment_variable_property,
    set_environment_variable_protection, set_environment_variable_value,
    set_object_parameter_value, start_execution,
};
use catalog::{Caller, CatalogError, Tx};
use model::{FolderId, ObjectType, PermissionType, ProjectId, Ticks, Value};

use crate::support::{Fixture, Recipe, admin, agent, load, user};

const PROD: EnvironmentName<'static> =
    EnvironmentName { folder_name: "Sales", environment_name: "Prod" };
const ETL: ProjectName<'static> = ProjectName { folder_name: "Sales", project_name: "Etl" };

const fn of_prod(variable_name: &str) -> VariableName<'_> {
    VariableName { environment: PROD, variable_name }
}

fn variable<'a>(data_type: &'a str, value: &'a Value) -> NewVariable<'a> {
    NewVariable { data_type, sensitive: false, value, description: None }
}

/// Makes the folder `Sales` and the environment `Prod` in it.
async fn with_prod(at: &Fixture) {
    at.write(|tx| {
        create_folder(tx, &admin(), "Sales")?;
        create_environment(tx, &admin(), &PROD, Some("for real"))
    })
    .await;
}

async fn add(at: &Fixture, name: &'static str, data_type: &'static str, value: Value) {
    at.write(move |tx| {
        create_environment_variable(tx, &admin(), &of_prod(name), &variable(data_type, &value))
    })
    .await;
}

/// Name, type, sensitivity, readable value and description of each variable.
fn show(tx: &mut dyn Tx) -> Result<String, CatalogError> {
    let sql = "SELECT name, type, sensitive, value, description, sealed_value
               FROM environment_variables ORDER BY variable_id";
    let line = |row: &catalog::Row| -> Result<String, CatalogError> {
        let text = |column| row.get::<Option<String>>(column);
        let value = text(3)?.unwrap_or_else(|| "-".to_owned());
        let description = text(4)?.unwrap_or_else(|| "-".to_owned());
        let (sensitive, sealed): (bool, Option<Vec<u8>>) = (row.get(2)?, row.get(5)?);
        assert_eq!(sensitive, sealed.is_some());
        let (name, type_name): (String, String) = (row.get(0)?, row.get(1)?);
        Ok(format!("{name} {type_name} {sensitive} {value} {description}"))
    };
    let lines: Result<Vec<_>, _> = tx.query(sql, &[])?.iter().map(line).collect();
    Ok(lines?.join("\n"))
}

pub(crate) async fn an_environment_is_made_renamed_moved_and_deleted(at: Fixture) {
    with_prod(&at).await;
    let again = EnvironmentName { environment_name: "PROD", ..PROD };
    let refused = at.refused(move |tx| create_environment(tx, &admin(), &again, None)).await;
    assert_eq!(refused.0, 27157);
    let bad = EnvironmentName { environment_name: "a|b", ..PROD };
    let refused = at.refused(move |tx| create_environment(tx, &admin(), &bad, None)).await;
    assert_eq!(refused.0, 27142);
    let nowhere = EnvironmentName { folder_name: "None", ..PROD };
    let refused = at.refused(move |tx| create_environment(tx, &admin(), &nowhere, None)).await;
    assert_eq!(refused.0, 27104);
    let live = EnvironmentName { environment_name: "Live", ..PROD };
    at.write(move |tx| {
        create_folder(tx, &admin(), "Other")?;
        create_environment(tx, &admin(), &live, None)
    })
    .await;
    let rename = |name, new| at.refused(move |tx| rename_environment(tx, &admin(), &name, new));
    assert_eq!(rename(PROD, "live").await.0, 27177);
    assert_eq!(rename(PROD, " x").await.0, 27142);
    assert_eq!(rename(EnvironmentName { environment_name: "x", ..PROD }, "y").await.0, 27182);
    let to = |name, folder| at.refused(move |tx| move_environment(tx, &admin(), &name, folder));
    assert_eq!(to(PROD, "None").await.0, 27115);
    assert_eq!(to(PROD, "Sales").await.0, 27157);
    at.write(move |tx| {
        rename_environment(tx, &admin(), &PROD, "PROD")?;
        move_environment(tx, &admin(), &PROD, "other")?;
        delete_environment(tx, &admin(), &live)
    })
    .await;
    assert_eq!(at.refused(|tx| delete_environment(tx, &admin(), &PROD)).await.0, 27182);
    let sql = "SELECT e.name, f.name, e.description FROM environments e
               JOIN folders f ON f.folder_id = e.folder_id";
    let rows = at.read(move |tx| tx.query(sql, &[])).await;
    let text = |column| rows[0].get::<String>(column).unwrap();
    assert_eq!((text(0), text(1), text(2)), ("PROD".into(), "Other".into(), "for real".into()));
    assert_eq!(at.refused(|tx| delete_folder(tx, &admin(), "Other")).await.0, 27196);
}

pub(crate) async fn an_environment_is_described(at: Fixture) {
    with_prod(&at).await;
    let set = |property_name, property_value: Option<&'static str>| {
        let property = PropertyValue { property_name, property_value };
        at.catalog.write(move |tx| set_environment_property(tx, &admin(), &PROD, &property))
    };
    set("description", Some("new")).await.unwrap();
    let number = |error: CatalogError| error.number();
    assert_eq!(set("Name", Some("x")).await.map_err(number), Err(Some(27101)));
    let long: &'static str = "x".repeat(1025).leak();
    assert_eq!(set("Description", Some(long)).await.map_err(number), Err(Some(27101)));
    let sql = "SELECT description FROM environments";
    assert_eq!(at.read(move |tx| tx.scalar(sql, &[])).await, Some("new".to_owned()));
}

pub(crate) async fn variables_take_values_of_their_type(at: Fixture) {
    with_prod(&at).await;
    let noon = Value::DateTime(Ticks(
        model::DAYS_TO_1970 * model::TICKS_PER_DAY + model::TICKS_PER_DAY / 2,
    ));
    for (name, data_type, value) in [
        ("Flag", "boolean", Value::Bool(true)),
        ("Small", "Byte", Value::Bytes([7].into())),
        ("At", "DateTime", noon),
        ("Ratio", "Double", Value::R8(0.5)),
        ("N16", "Int16", Value::I2(-3)),
        ("N32", "Int32", Value::I4(12)),
        ("N64", "Int64", Value::I8(1 << 40)),
        ("U32", "UInt32", Value::I4(5)),
        ("_Text", "String", Value::text("it's")),
    ] {
        add(&at, name, data_type, value).await;
    }
    let shown = at.read(show).await;
    insta::allow_duplicates! {
    insta::assert_snapshot!(shown, @r"
    Flag Boolean false True -
    Small Byte false 7 -
    At DateTime false 1970-01-01 12:00:00 -
    Ratio Double false 0.5 -
    N16 Int16 false -3 -
    N32 Int32 false 12 -
    N64 Int64 false 1099511627776 -
    U32 UInt32 false 5 -
    _Text String false it's -
    ");
    }
    let refuse = |name: &'static str, data_type: &'static str, value: Value| {
        at.refused(move |tx| {
            create_environment_variable(tx, &admin(), &of_prod(name), &variable(data_type, &value))
        })
    };
    assert_eq!(refuse("n32", "Int32", Value::I4(1)).await.0, 27173);
    assert_eq!(refuse("3N", "Int32", Value::I4(1)).await.0, 27180);
    assert_eq!(refuse("a b", "Int32", Value::I4(1)).await.0, 27180);
    assert_eq!(refuse("New", "Int32", Value::text("1")).await.0, 27147);
    assert_eq!(refuse("New", "Int32", Value::Null).await.0, 27100);
    for unsupported in ["Char", "DBNull", "Object", "SByte", "Text"] {
        assert_eq!(refuse("New", unsupported, Value::text("x")).await.0, 27159, "{unsupported}");
    }
}

pub(crate) async fn a_variable_is_changed_described_and_deleted(at: Fixture) {
    with_prod(&at).await;
    add(&at, "N", "Int32", Value::I4(1)).await;
    let describe = PropertyValue { property_name: "Description", property_value: Some("how many") };
    at.write(move |tx| {
        set_environment_variable_value(tx, &admin(), &of_prod("n"), &Value::I4(2))?;
        set_environment_variable_property(tx, &admin(), &of_prod("N"), &describe)
    })
    .await;
    assert_eq!(at.read(show).await, "N Int32 false 2 how many");
    let set = |name: &'static str, value: Value| {
        at.refused(move |tx| set_environment_variable_value(tx, &admin(), &of_prod(name), &value))
    };
    assert_eq!(set("N", Value::text("3")).await.0, 27147);
    assert_eq!(set("None", Value::I4(3)).await.0, 27183);
    at.write(|tx| delete_environment_variable(tx, &admin(), &of_prod("N"))).await;
    let gone = at.refused(|tx| delete_environment_variable(tx, &admin(), &of_prod("N"))).await;
    assert_eq!(gone.0, 27183);
}

pub(crate) async fn a_protected_variable_is_stored_encrypted(at: Fixture) {
    let secret = "xyzzy-plugh-27182";
    with_prod(&at).await;
    at.write(move |tx| {
        let value = Value::text(secret);
        let new = NewVariable { sensitive: true, ..variable("String", &value) };
        create_environment_variable(tx, &admin(), &of_prod("Password"), &new)
    })
    .await;
    assert_eq!(at.read(show).await, "Password String true - -");
    let protect = |sensitive| {
        let name = of_prod("Password");
        at.write(move |tx| set_environment_variable_protection(tx, &admin(), &name, sensitive))
    };
    protect(false).await;
    assert!(at.read(show).await.contains(secret));
    protect(true).await;
    assert_eq!(at.read(show).await, "Password String true - -");
    at.write(|tx| rename_environment(tx, &admin(), &PROD, "Renamed")).await;
    let renamed = VariableName {
        environment: EnvironmentName { environment_name: "Renamed", ..PROD },
        variable_name: "Password",
    };
    at.write(move |tx| set_environment_variable_protection(tx, &admin(), &renamed, false)).await;
    assert!(at.read(show).await.contains(secret), "it opens under another name too");
}

async fn refer(at: &Fixture, location: ReferenceLocation<'static>) -> i64 {
    at.write(move |tx| create_environment_reference(tx, &admin(), &ETL, (location, "prod"))).await
}

async fn project_and_prod(at: &Fixture) {
    at.deployed(&Recipe::default()).await;
    at.write(|tx| create_environment(tx, &admin(), &PROD, None)).await;
}

pub(crate) async fn references_are_relative_or_absolute_and_unique(at: Fixture) {
    project_and_prod(&at).await;
    let relative = refer(&at, ReferenceLocation::Relative).await;
    let absolute = refer(&at, ReferenceLocation::Absolute("sales")).await;
    assert!(relative < absolute);
    let refuse = |location, name| {
        at.refused(move |tx| create_environment_reference(tx, &admin(), &ETL, (location, name)))
    };
    assert_eq!(refuse(ReferenceLocation::Relative, "PROD").await.0, 27204);
    assert_eq!(refuse(ReferenceLocation::Relative, "None").await.0, 27182);
    assert_eq!(refuse(ReferenceLocation::Absolute("None"), "Prod").await.0, 27104);
    let change = |id, location| {
        at.refused(move |tx| set_environment_reference_type(tx, &admin(), id, location))
    };
    assert_eq!(change(absolute, ReferenceLocation::Relative).await.0, 27204);
    assert_eq!(change(999, ReferenceLocation::Relative).await.0, 27114);
    assert_eq!(change(relative, ReferenceLocation::Absolute("None")).await.0, 27104);
    at.write(move |tx| {
        delete_environment_reference(tx, &admin(), relative)?;
        set_environment_reference_type(tx, &admin(), absolute, ReferenceLocation::Relative)
    })
    .await;
    let sql = "SELECT reference_id, reference_type, environment_folder_name, environment_name
               FROM environment_references";
    let rows = at.read(move |tx| tx.query(sql, &[])).await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].get::<i64>(0).unwrap(), absolute);
    assert_eq!(rows[0].get::<String>(1).unwrap(), "R");
    assert_eq!(rows[0].get::<Option<String>>(2).unwrap(), None);
    let gone = at.refused(move |tx| delete_environment_reference(tx, &admin(), relative)).await;
    assert_eq!(gone.0, 27114);
}

pub(crate) async fn reference_types_are_the_documented_letters(at: Fixture) {
    drop(at);
    let location = |letter, folder| {
        ReferenceLocation::new(letter, folder).map_err(|error| error.number().unwrap())
    };
    assert_eq!(location("R", Some("ignored")), Ok(ReferenceLocation::Relative));
    assert_eq!(location("a", Some("Sales")), Ok(ReferenceLocation::Absolute("Sales")));
    assert_eq!(location("A", None), Err(27101));
    assert_eq!(location("X", None), Err(27101));
}

const fn parameter(parameter_name: &str) -> ObjectParameterName<'_> {
    ObjectParameterName {
        object_type: ObjectType::Project,
        folder_name: "Sales",
        project_name: "Etl",
        object_name: None,
        parameter_name,
    }
}

async fn bind(at: &Fixture, name: &'static str, variable: &'static str) {
    let default = DefaultValue::Variable(variable);
    at.write(move |tx| set_object_parameter_value(tx, &admin(), &parameter(name), default)).await;
}

fn with_reference(id: i64) -> CreateExecution<'static> {
    CreateExecution { reference_id: Some(id), ..load() }
}

pub(crate) async fn an_execution_takes_the_variables_of_its_reference(at: Fixture) {
    project_and_prod(&at).await;
    at.worker(1).await;
    let reference = refer(&at, ReferenceLocation::Relative).await;
    add(&at, "N", "Int32", Value::I4(12)).await;
    at.write(|tx| {
        let value = Value::text("s3cret");
        let new = NewVariable { sensitive: true, ..variable("String", &value) };
        create_environment_variable(tx, &admin(), &of_prod("P"), &new)
    })
    .await;
    bind(&at, "Count", "n").await;
    bind(&at, "Password", "p").await;
    at.write(move |tx| {
        let id = create_execution(tx, &admin(), &with_reference(reference))?;
        start_execution(tx, &admin(), id, 0)
    })
    .await;
    let assignment = at.claim(agent(1), 1, 1).await.remove(0);
    let value = |name: &str| {
        assignment.parameters.iter().find(|p| p.name == name).and_then(|p| p.value.clone())
    };
    assert_eq!(value("Count").as_deref(), Some("12"));
    assert_eq!(value("Password").as_deref(), Some("s3cret"));
    assert!(!format!("{assignment:?}").contains("s3cret"));
}

pub(crate) async fn variables_that_do_not_fit_are_refused_by_number(at: Fixture) {
    project_and_prod(&at).await;
    let reference = refer(&at, ReferenceLocation::Relative).await;
    let create =
        || at.refused(move |tx| create_execution(tx, &admin(), &with_reference(reference)));
    bind(&at, "Day", "D").await;
    assert_eq!(create().await.0, 27186);
    add(&at, "D", "Int32", Value::I4(1)).await;
    assert_eq!(create().await.0, 27148);
    at.write(|tx| {
        delete_environment_variable(tx, &admin(), &of_prod("D"))?;
        let value = Value::text("Friday");
        let new = NewVariable { sensitive: true, ..variable("String", &value) };
        create_environment_variable(tx, &admin(), &of_prod("D"), &new)
    })
    .await;
    assert_eq!(create().await.0, 27221);
    at.write(|tx| set_environment_variable_protection(tx, &admin(), &of_prod("D"), false)).await;
    let id = at.write(move |tx| create_execution(tx, &admin(), &with_reference(reference))).await;
    at.write(|tx| rename_environment(tx, &admin(), &PROD, "Gone")).await;
    assert_eq!(create().await.0, 27200);
    assert_eq!(at.refused(move |tx| start_execution(tx, &admin(), id, 0)).await.0, 27200);
    at.write(move |tx| delete_environment_reference(tx, &admin(), reference)).await;
    assert_eq!(create().await.0, 27208);
    assert_eq!(at.refused(move |tx| start_execution(tx, &admin(), id, 0)).await.0, 27208);
}

pub(crate) async fn a_moved_project_looks_for_relative_environments_where_it_is(at: Fixture) {
    project_and_prod(&at).await;
    add(&at, "N", "Int32", Value::I4(1)).await;
    let (relative, absolute) = (
        refer(&at, ReferenceLocation::Relative).await,
        refer(&at, ReferenceLocation::Absolute("Sales")).await,
    );
    bind(&at, "Count", "N").await;
    let to = |folder| at.refused(move |tx| move_project(tx, &admin(), &ETL, folder));
    assert_eq!(to("None").await.0, 27115);
    assert_eq!(to("Sales").await.0, 27181);
    let there = EnvironmentName { folder_name: "Other", environment_name: "Prod" };
    at.write(move |tx| {
        create_folder(tx, &admin(), "Other")?;
        move_project(tx, &admin(), &ETL, "Other")
    })
    .await;
    assert_eq!(to("Other").await.0, 27109);
    let request =
        move |id| CreateExecution { folder_name: "Other", reference_id: Some(id), ..load() };
    let broken = at.refused(move |tx| create_execution(tx, &admin(), &request(relative))).await;
    assert_eq!(broken.0, 27200);
    at.write(move |tx| {
        create_environment(tx, &admin(), &there, None)?;
        let name = VariableName { environment: there, variable_name: "N" };
        create_environment_variable(tx, &admin(), &name, &variable("Int32", &Value::I4(2)))
    })
    .await;
    for (reference, count) in [(relative, "2"), (absolute, "1")] {
        let sql = "SELECT parameter_value FROM execution_parameter_values
                   WHERE execution_id = ?1 AND parameter_key = 'count'";
        let value: Option<String> = at
            .write(move |tx| {
                let id = create_execution(tx, &admin(), &request(reference))?;
                tx.scalar(sql, &[id.into()])
            })
            .await;
        assert_eq!(value.as_deref(), Some(count));
    }
}

pub(crate) async fn parameter_values_are_those_that_an_execution_would_have(at: Fixture) {
    project_and_prod(&at).await;
    let reference = refer(&at, ReferenceLocation::Relative).await;
    add(&at, "N", "Int32", Value::I4(12)).await;
    bind(&at, "Count", "N").await;
    at.write(|tx| {
        let value = Value::text("Friday");
        let default = DefaultValue::Literal(&value);
        set_object_parameter_value(tx, &admin(), &parameter("Day"), default)
    })
    .await;
    let show = |reference: Option<i64>| {
        at.read(move |tx| {
            let rows = get_parameter_values(tx, &admin(), &ETL, ("load.dtsx", reference))?;
            let line = |row: &catalog::procedures::ParameterValueRow| {
                let value = row.parameter_value.as_deref().unwrap_or("-");
                let flags = [row.sensitive, row.required, row.value_set].map(u8::from);
                let (number, name) = (row.object_type.number(), &row.parameter_name);
                format!("{number} {} {name} {value} {flags:?}", row.parameter_data_type)
            };
            Ok(rows.iter().map(line).collect::<Vec<_>>().join("\n"))
        })
    };
    let shown = show(Some(reference)).await;
    insta::allow_duplicates! {
    insta::assert_snapshot!(shown, @r"
    20 Int32 Count 12 [0, 0, 1]
    20 String Day Friday [0, 0, 1]
    20 String Password - [1, 0, 0]
    30 String Greeting hello [0, 0, 0]
    ");
    }
    assert!(show(None).await.starts_with("20 Int32 Count - [0, 0, 1]"));
    let refuse = |package, reference: Option<i64>| {
        at.refused(move |tx| get_parameter_values(tx, &admin(), &ETL, (package, reference)))
    };
    assert_eq!(refuse("None.dtsx", None).await.0, 27146);
    assert_eq!(refuse("Load.dtsx", Some(999)).await.0, 27208);
}

/// Grants a person permissions on an object.
async fn grant(at: &Fixture, to: &Caller, on: Securable, permissions: &'static [PermissionType]) {
    let principal_id = to.user.unwrap();
    at.write(move |tx| {
        for permission in permissions {
            let request = PermissionRequest {
                object_type: on.kind.number(),
                object_id: on.id,
                principal_id,
                permission_type: Some(permission.number()),
            };
            grant_permission(tx, &admin(), &request)?;
        }
        Ok(())
    })
    .await;
}

const READ: PermissionType = PermissionType::Read;
const MODIFY: PermissionType = PermissionType::Modify;

pub(crate) async fn environments_ask_for_permissions(at: Fixture) {
    project_and_prod(&at).await;
    add(&at, "N", "Int32", Value::I4(1)).await;
    let ann = user(&at, "ann", &[]).await;
    let sql = "SELECT folder_id, environment_id, (SELECT project_id FROM projects)
               FROM environments";
    let row = at.read(move |tx| tx.query_opt(sql, &[])).await.unwrap();
    let (folder, prod, etl): (FolderId, i64, ProjectId) =
        (row.get(0).unwrap(), row.get(1).unwrap(), row.get(2).unwrap());
    let prod = Securable::environment(prod);
    let by = || ann.clone();
    let make = |name| {
        let (by, name) = (by(), EnvironmentName { environment_name: name, ..PROD });
        at.catalog.write(move |tx| create_environment(tx, &by, &name, None))
    };
    let change = || {
        let by = by();
        at.catalog
            .write(move |tx| set_environment_variable_value(tx, &by, &of_prod("N"), &Value::I4(2)))
    };
    let refer = || {
        let (by, location) = (by(), ReferenceLocation::Relative);
        at.catalog.write(move |tx| create_environment_reference(tx, &by, &ETL, (location, "Prod")))
    };
    let number = |error: CatalogError| error.number().unwrap();
    assert_eq!(make("Own").await.map_err(number), Err(27104));
    assert_eq!(change().await.map_err(number), Err(27104));
    grant(&at, &ann, folder.into(), &[READ]).await;
    assert_eq!(make("Own").await.map_err(number), Err(27209));
    assert_eq!(change().await.map_err(number), Err(27182));
    grant(&at, &ann, prod, &[READ]).await;
    assert_eq!(change().await.map_err(number), Err(27182), "MODIFY is missing");
    assert_eq!(refer().await.map_err(number), Err(27109));
    grant(&at, &ann, etl.into(), &[READ, MODIFY]).await;
    let reference = refer().await.unwrap();
    grant(&at, &ann, prod, &[MODIFY]).await;
    change().await.unwrap();
    grant(&at, &ann, folder.into(), &[MODIFY]).await;
    make("Own").await.unwrap();
    let own = EnvironmentName { environment_name: "Own", ..PROD };
    let who = by();
    at.write(move |tx| {
        set_environment_reference_type(tx, &who, reference, ReferenceLocation::Absolute("Sales"))?;
        delete_environment_reference(tx, &who, reference)?;
        delete_environment(tx, &who, &own)
    })
    .await;
}

pub(crate) async fn an_execution_needs_to_read_its_environment(at: Fixture) {
    project_and_prod(&at).await;
    let reference = refer(&at, ReferenceLocation::Relative).await;
    let ann = user(&at, "ann", &[]).await;
    let sql = "SELECT environment_id, (SELECT project_id FROM projects) FROM environments";
    let row = at.read(move |tx| tx.query_opt(sql, &[])).await.unwrap();
    let (prod, etl): (i64, ProjectId) = (row.get(0).unwrap(), row.get(1).unwrap());
    grant(&at, &ann, etl.into(), &[READ, PermissionType::Execute]).await;
    let request = CreateExecution { run_in_scale_out: Some(false), ..with_reference(reference) };
    let create = || {
        let (by, request) = (ann.clone(), request.clone());
        at.catalog.write(move |tx| create_execution(tx, &by, &request))
    };
    let refused = create().await.unwrap_err();
    assert_eq!(refused.number(), Some(27200));
    grant(&at, &ann, Securable::environment(prod), &[READ]).await;
    create().await.unwrap();
}

pub(crate) async fn a_project_moves_where_its_mover_may_make_objects(at: Fixture) {
    let etl = at.deployed(&Recipe::default()).await.id;
    let ann = user(&at, "ann", &[]).await;
    let other = at.write(|tx| create_folder(tx, &admin(), "Other")).await;
    grant(&at, &ann, etl.into(), &[READ, MODIFY]).await;
    let go = || {
        let by = ann.clone();
        at.catalog.write(move |tx| move_project(tx, &by, &ETL, "Other"))
    };
    let number = |error: CatalogError| error.number().unwrap();
    assert_eq!(go().await.map_err(number), Err(27115));
    grant(&at, &ann, other.into(), &[READ]).await;
    assert_eq!(go().await.map_err(number), Err(27223));
    grant(&at, &ann, other.into(), &[PermissionType::CreateObjects]).await;
    go().await.unwrap();
}
