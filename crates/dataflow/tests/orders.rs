//! A data flow of a package as a designer saves it, from file to file.

#![expect(clippy::unwrap_used, reason = "a test stops where something is missing")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use dataflow::{
    Cancel, DataFlow, DataFlowEvent, Environment, OutsideError, RunSummary, VariableValue, check,
};
use model::{DataType, Ticks, Timestamp, Value};
use package::{ConnectionManager, Package, Pipeline, TaskKind};

const PACKAGE: &[u8] = include_bytes!("packages/orders.dtsx");

const INPUT: &str = "id,name,quantity,price\r\n\
    1,anna,10,12.50\r\n\
    2,\"bo, jr\",1,3.99\r\n\
    three,c,1,1\r\n\
    4,dora,100,1.00\r\n\
    5,a name that is too long,1,1\r\n\
    6,eve,2,0.5\r\n";

struct World {
    folder: tempfile::TempDir,
    package: Package,
    variables: Mutex<BTreeMap<String, Value>>,
    errors: Mutex<Vec<String>>,
}

impl World {
    fn new(input: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("in.csv"), input).unwrap();
        let (package, _) =
            Package::from_bytes("Orders.dtsx", PACKAGE, &package::ReadOptions::default()).unwrap();
        let names = ["User::Small", "User::Bad"].map(|name| (name.to_owned(), Value::Null));
        let variables = Mutex::new(BTreeMap::from(names));
        Self { folder, package, variables, errors: Mutex::default() }
    }

    fn pipeline(&self) -> &Pipeline {
        let mut tasks = self.package.executables().into_iter().filter_map(|task| task.task());
        let found = tasks.find_map(|task| {
            if let TaskKind::DataFlow(pipeline) = task { Some(pipeline.as_ref()) } else { None }
        });
        found.unwrap()
    }

    fn run(&self) -> Result<RunSummary, String> {
        let prepared = DataFlow::validate(self.pipeline(), self).map_err(|e| e.to_string())?;
        prepared.run(self, &Cancel::new()).map_err(|e| e.to_string())
    }

    fn variable_text(&self, name: &str) -> String {
        self.variables.lock().unwrap()[name].to_string()
    }
}

impl Environment for World {
    fn connection(&self, reference: &str) -> Option<Arc<ConnectionManager>> {
        self.package.connection(reference).cloned().map(Arc::new)
    }
    fn resolve_path(&self, path: &str) -> Result<PathBuf, OutsideError> {
        Ok(self.folder.path().join(path))
    }
    fn variable(&self, name: &str) -> Option<VariableValue> {
        let value = self.variables.lock().unwrap().get(name)?.clone();
        Some(VariableValue { data_type: Some(DataType::I4), value, read_only: false })
    }
    fn set_variable(&self, name: &str, value: Value) -> Result<(), OutsideError> {
        self.variables.lock().unwrap().insert(name.to_owned(), value);
        Ok(())
    }
    fn event(&self, event: DataFlowEvent) {
        if let DataFlowEvent::Error { message, .. } | DataFlowEvent::Warning { message, .. } = event
        {
            self.errors.lock().unwrap().push(format!("{:08X} {}", message.code, message.text));
        }
    }
    fn now(&self) -> Timestamp {
        Timestamp(0)
    }
    fn now_local(&self) -> Ticks {
        Ticks(0)
    }
    fn locale_id(&self) -> u32 {
        1033
    }
    fn task_name(&self) -> &str {
        "Load"
    }
}

#[test]
fn good_rows_are_written_bad_ones_counted_and_the_rest_go_their_way() {
    let world = World::new(INPUT);
    assert_eq!(check(world.pipeline()), []);
    let summary = world.run();
    // The three columns of the source's error output: only its rows are counted.
    let messages = world.errors.lock().unwrap().clone();
    assert_eq!(messages.len(), 3, "{messages:?}");
    assert!(messages.iter().all(|message| message.starts_with("80047076 ")), "{messages:?}");
    let summary = summary.unwrap();
    let written = std::fs::read_to_string(world.folder.path().join("out.csv")).unwrap();
    assert_eq!(written, "id;label;total\r\n1;ANNA;125.00\r\n4;DORA;100.00\r\n");
    assert_eq!(world.variable_text("User::Small"), "2");
    assert_eq!(world.variable_text("User::Bad"), "2");
    assert_eq!((summary.rows_read, summary.rows_written), (4, 2));
    let rows = summary.paths.iter().map(|path| format!("{} {}", path.path, path.rows));
    insta::assert_snapshot!(rows.collect::<Vec<_>>().join("\n"), @r"
    Flat File Source Output 4
    Flat File Source Error Output 2
    Derived Column Output 4
    Large 2
    Small 2
    ");
}

#[test]
fn a_missing_file_fails_by_name_and_writes_no_variable() {
    let world = World::new(INPUT);
    std::fs::remove_file(world.folder.path().join("in.csv")).unwrap();
    world.run().unwrap_err();
    let errors = world.errors.lock().unwrap().join("\n");
    assert!(errors.contains("in.csv"), "{errors}");
    assert_eq!(world.variable_text("User::Small"), "NULL");
}
