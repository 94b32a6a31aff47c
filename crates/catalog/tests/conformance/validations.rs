//! Validations.

use catalog::procedures::{
    DefaultValue, EnvironmentName, EnvironmentScope, NewVariable, ObjectParameterName, ProjectName,
    ReferenceLocation, ValidationRequest, VariableName, create_environment,
    create_environment_reference, create_environment_variable, set_object_parameter_value,
    stop_operation, validate_package, validate_project,
};
use catalog::scale_out::report;
use catalog::{Caller, CatalogError, Roles, reads};
use model::{ObjectType, OperationId, OperationStatus, OperationType, Value};
use scaleout::message::{Outcome, PackageCheck};

use crate::support::{Fixture, Recipe, admin, message, outcome};

fn of(scope: EnvironmentScope) -> ValidationRequest<'static> {
    ValidationRequest { folder_name: "sales", project_name: "ETL", use32bitruntime: false, scope }
}

fn count() -> ObjectParameterName<'static> {
    ObjectParameterName {
        object_type: ObjectType::Project,
        folder_name: "Sales",
        project_name: "Etl",
        object_name: None,
        parameter_name: "Count",
    }
}

/// An environment with `Size`, and a reference to it.
async fn environment(at: &Fixture, environment_name: &'static str, size: i32) -> i64 {
    at.write(move |tx| {
        let environment = EnvironmentName { folder_name: "Sales", environment_name };
        create_environment(tx, &admin(), &environment, None)?;
        let value = Value::I4(size);
        let variable =
            NewVariable { data_type: "Int32", sensitive: false, value: &value, description: None };
        let name = VariableName { environment, variable_name: "Size" };
        create_environment_variable(tx, &admin(), &name, &variable)?;
        let project = ProjectName { folder_name: "Sales", project_name: "Etl" };
        let place = (ReferenceLocation::Relative, environment_name);
        create_environment_reference(tx, &admin(), &project, place)
    })
    .await
}

async fn refer_to_size(at: &Fixture) {
    at.write(|tx| {
        set_object_parameter_value(tx, &admin(), &count(), DefaultValue::Variable("Size"))
    })
    .await;
}

async fn status(at: &Fixture, id: OperationId) -> (OperationType, OperationStatus) {
    let row = at.read(move |tx| reads::operation(tx, &admin(), id)).await.unwrap();
    (row.operation_type, row.status)
}

fn value_of<'a>(check: &'a PackageCheck, name: &str) -> Option<&'a str> {
    let found = check.parameters.iter().find(|parameter| parameter.name == name)?;
    found.value.as_deref()
}

pub(crate) async fn a_validation_goes_to_a_worker_with_resolved_values(at: Fixture) {
    let worker = at.worker(1).await;
    at.deployed(&Recipe::default()).await;
    let id = at
        .write(|tx| {
            let literal = DefaultValue::Literal(&Value::I4(8));
            set_object_parameter_value(tx, &admin(), &count(), literal)?;
            validate_package(tx, &admin(), &of(EnvironmentScope::DefaultsOnly), "LOAD.dtsx")
        })
        .await;
    let validate = OperationType::ValidatePackage;
    assert_eq!(status(&at, id).await, (validate, OperationStatus::Pending));
    let task = at.claim(worker, 1, 1).await.remove(0);
    assert_eq!((task.package.as_str(), task.execution.0), ("", id.0));
    assert!(task.parameters.is_empty());
    let validation = task.validation.clone().unwrap();
    assert_eq!((validation.timeout_ms, validation.checks.len()), (300_000, 1));
    let check = &validation.checks[0];
    assert_eq!((check.package.as_str(), check.environment.as_deref()), ("Load.dtsx", None));
    assert_eq!(value_of(check, "Count"), Some("8"));
    assert_eq!(value_of(check, "Greeting"), Some("hello"));
    assert_eq!(status(&at, id).await.1, OperationStatus::Running);
    let records = vec![message("not valid", model::MessageType::Error)];
    let done = outcome(&task, Outcome::Failed, records);
    at.write(move |tx| {
        let now = tx.now();
        report(tx, worker, &done, now)
    })
    .await;
    assert_eq!(status(&at, id).await, (validate, OperationStatus::Failed));
    let letters: Vec<(String, String)> = at
        .read(|tx| {
            let sql = "SELECT name, validation_status FROM packages
                       WHERE last_validation_time IS NOT NULL";
            let rows = tx.query(sql, &[])?;
            rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
        })
        .await;
    assert_eq!(letters, [("Load.dtsx".to_owned(), "F".to_owned())]);
    let filter = reads::MessageFilter { limit: 10, ..Default::default() };
    let said = at.read(move |tx| reads::messages(tx, &admin(), id, &filter)).await;
    assert_eq!(said.len(), 1);
    let filter = reads::ExecutionFilter { limit: 10, ..Default::default() };
    let executions = at.read(move |tx| reads::executions(tx, &admin(), &filter)).await;
    assert!(executions.is_empty(), "a validation is no execution");
}

pub(crate) async fn a_project_is_validated_with_each_of_its_environments(at: Fixture) {
    let worker = at.worker(1).await;
    at.deployed(&Recipe::default()).await;
    environment(&at, "Test", 3).await;
    let prod = environment(&at, "Prod", 4).await;
    refer_to_size(&at).await;
    let validate = |scope| at.write(move |tx| validate_project(tx, &admin(), &of(scope), "f"));
    let all = validate(EnvironmentScope::All).await;
    assert_eq!(status(&at, all).await.0, OperationType::ValidateProject);
    validate(EnvironmentScope::Single(prod)).await;
    let tasks = at.claim(worker, 2, 1).await;
    let shown = |index: usize| -> Vec<(String, Option<String>, Option<String>)> {
        let checks = &tasks[index].validation.as_ref().unwrap().checks;
        let one = |check: &PackageCheck| {
            let count = value_of(check, "Count").map(str::to_owned);
            (check.package.clone(), check.environment.clone(), count)
        };
        checks.iter().map(one).collect()
    };
    let line = |package: &str, environment: &str, count: &str| {
        (package.to_owned(), Some(environment.to_owned()), Some(count.to_owned()))
    };
    let of_prod = [line("Child.dtsx", "Prod", "4"), line("Load.dtsx", "Prod", "4")];
    let of_test = [line("Child.dtsx", "Test", "3"), line("Load.dtsx", "Test", "3")];
    assert_eq!(shown(0), [of_test, of_prod.clone()].concat());
    assert_eq!(shown(1), of_prod);
}

pub(crate) async fn validations_have_documented_errors(at: Fixture) {
    let scope = EnvironmentScope::from_arguments;
    let number = |found: Result<EnvironmentScope, CatalogError>| found.unwrap_err().number();
    assert_eq!(scope("s", Some(7)).unwrap(), EnvironmentScope::Single(7));
    assert_eq!(number(scope("S", None)), Some(27101));
    assert_eq!(number(scope("X", None)), Some(27101));
    at.deployed(&Recipe { day_required: true, ..Recipe::default() }).await;
    let package = |scope, name: &'static str| {
        at.refused(move |tx| validate_package(tx, &admin(), &of(scope), name))
    };
    let defaults = EnvironmentScope::DefaultsOnly;
    assert_eq!(package(defaults, "None.dtsx").await.0, 27146);
    let (missing, text) = package(defaults, "Load.dtsx").await;
    assert_eq!(missing, 27201);
    assert!(text.contains("Day"), "{text}");
    assert_eq!(package(EnvironmentScope::Single(99), "Load.dtsx").await.0, 27208);
    refer_to_size(&at).await;
    assert_eq!(package(defaults, "Load.dtsx").await.0, 27202);
    let reference = environment(&at, "Test", 3).await;
    at.write(|tx| {
        set_object_parameter_value(tx, &admin(), &count(), DefaultValue::Variable("Other"))
    })
    .await;
    assert_eq!(package(EnvironmentScope::Single(reference), "Load.dtsx").await.0, 27207);
    let dependencies =
        at.refused(move |tx| validate_project(tx, &admin(), &of(defaults), "D")).await;
    assert_eq!(dependencies.0, 27101);
    let guest = Caller::new("gus", Roles::default());
    let stranger =
        at.refused(move |tx| validate_package(tx, &guest, &of(defaults), "Load.dtsx")).await;
    assert_eq!(stranger.0, 27104);
}

pub(crate) async fn a_validation_is_stopped_like_an_execution(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    let scope = EnvironmentScope::DefaultsOnly;
    let id = at.write(move |tx| validate_project(tx, &admin(), &of(scope), "F")).await;
    at.write(move |tx| stop_operation(tx, &admin(), id)).await;
    assert_eq!(status(&at, id).await.1, OperationStatus::Canceled);
}
