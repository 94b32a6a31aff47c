//! Three data flows of one package as a designer saves it: one fills a cache, one looks up in it
//! and writes raw files, one reads them.

#![expect(clippy::unwrap_used, reason = "a test stops where something is missing")]

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use dataflow::{
    Caches, Cancel, DataFlow, DataFlowEvent, Environment, OutsideError, RunSummary, VariableValue,
    check,
};
use model::{Ticks, Timestamp, Value};
use package::{ConnectionManager, Package, Pipeline, TaskKind};

const PACKAGE: &[u8] = include_bytes!("packages/cached.dtsx");

struct World {
    folder: tempfile::TempDir,
    package: Package,
    caches: Arc<Caches>,
    rows: Mutex<Value>,
    errors: Mutex<Vec<String>>,
}

impl World {
    fn new() -> Self {
        let options = package::ReadOptions::default();
        let (package, _) = Package::from_bytes("Cached.dtsx", PACKAGE, &options).unwrap();
        Self {
            folder: tempfile::tempdir().unwrap(),
            package,
            caches: Arc::default(),
            rows: Mutex::default(),
            errors: Mutex::default(),
        }
    }

    fn run(&self, pipeline: &Pipeline) -> Result<RunSummary, String> {
        let prepared = DataFlow::validate(pipeline, self).map_err(|e| e.to_string())?;
        prepared.run(self, &Cancel::new()).map_err(|e| e.to_string())
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
        let found = VariableValue { data_type: None, value: Value::Null, read_only: false };
        (name == "User::Rows").then_some(found)
    }
    fn set_variable(&self, _: &str, value: Value) -> Result<(), OutsideError> {
        *self.rows.lock().unwrap() = value;
        Ok(())
    }
    fn caches(&self, _: &ConnectionManager) -> Option<Arc<Caches>> {
        Some(Arc::clone(&self.caches))
    }
    fn event(&self, event: DataFlowEvent) {
        if let DataFlowEvent::Error { message, .. } = event {
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
        1060
    }
    fn task_name(&self) -> &str {
        "Load"
    }
}

#[test]
fn a_package_fills_a_cache_looks_up_in_it_and_passes_rows_on_in_raw_files() {
    let world = World::new();
    let write = |name: &str, text: &str| std::fs::write(world.folder.path().join(name), text);
    write("codes.csv", "code,name\r\na,Ana\r\nb,Branko\r\na,again\r\n").unwrap();
    write("people.csv", "id,code\r\n1,a\r\n2,x\r\n3,b\r\n4,A\r\n").unwrap();
    let mut flows = world.package.executables().into_iter().filter_map(|task| {
        let TaskKind::DataFlow(pipeline) = task.task()? else { return None };
        Some(pipeline.as_ref())
    });
    let (fill, find, read) = (flows.next().unwrap(), flows.next().unwrap(), flows.next().unwrap());
    for pipeline in [fill, find, read] {
        assert_eq!(check(pipeline), []);
    }
    let early = world.run(find).unwrap_err();
    assert!(early.contains("is not initialized"), "{early}");
    let errors = || world.errors.lock().unwrap().join("\n");
    assert_eq!(world.run(fill).map(|summary| summary.rows_read), Ok(3), "{}", errors());
    let summary = world.run(find).unwrap_or_else(|_| panic!("{}", errors()));
    let rows: Vec<_> = summary.paths.iter().map(|path| (path.path.as_str(), path.rows)).collect();
    assert_eq!(rows, [("People", 4), ("Known", 2), ("Unknown", 2)]);
    assert_eq!(world.run(read).map(|summary| summary.rows_written), Ok(2), "{}", errors());
    let rows = world.rows.lock().unwrap();
    let Value::Rows(set) = &*rows else { panic!("no rows") };
    let row = |id, name| vec![Value::I4(id), Value::text(name)];
    assert_eq!(set.rows, [row(1, "Ana"), row(3, "Branko")]);
}
