use std::sync::Arc;

use connect::database::{Api, Database, Limits, Statement, Target};
use package::{Component, ComponentClass, ComponentConnection, ConnectionKind, Disposition};

use crate::testing::{self, Rig};

/// A SQLite file with what a script makes of it.
pub(crate) struct File {
    folder: tempfile::TempDir,
}

impl File {
    pub(crate) fn new(script: &str) -> Self {
        let file = Self { folder: tempfile::tempdir().unwrap() };
        file.open().execute(&Statement::batch(script), &Limits::NONE).unwrap();
        file
    }

    fn connection_string(&self) -> String {
        let path = self.folder.path().join("test.db");
        format!("Driver={{SQLite3 ODBC Driver}};Database={}", path.display())
    }

    fn open(&self) -> Box<dyn Database> {
        let target = Target::parse(Api::Odbc, "", &self.connection_string()).unwrap();
        target.open(&|path| Ok(path.into()), &|| false).unwrap()
    }

    /// The rows of a query, one a line.
    pub(crate) fn rows(&self, query: &str) -> String {
        let outcome = self.open().execute(&Statement::batch(query), &Limits::NONE).unwrap();
        let rows = outcome.result_sets[0]
            .rows
            .iter()
            .map(|row| row.iter().map(ToString::to_string).collect::<Vec<_>>().join("|"));
        rows.collect::<Vec<_>>().join("\n")
    }

    /// A connection manager `DB` for the components of a rig.
    pub(crate) fn connect(&self, rig: &mut Rig) {
        let manager = testing::connection("DB", ConnectionKind::Odbc, &self.connection_string());
        rig.world.connections.push(Arc::new(manager));
    }
}

/// A component on the connection manager `DB`.
pub(crate) fn on_db(class: ComponentClass, name: &str, properties: &[(&str, &str)]) -> Component {
    let mut component = testing::component(class, name);
    component.connections.push(ComponentConnection {
        ref_id: String::new(),
        name: "Connection".to_owned(),
        connection_manager: "DB".to_owned(),
        span: model::Span::default(),
    });
    for (name, text) in properties {
        component.properties.push(testing::property(name, text));
    }
    component
}

const ORDERS: &str = "CREATE TABLE orders (id INTEGER, name TEXT, price TEXT);
    INSERT INTO orders VALUES (1, 'one', '1.50'), (2, 'second', 'much'), (3, NULL, '3');";

fn source(properties: &[(&str, &str)], class: ComponentClass) -> Component {
    let mut source = on_db(class, "Orders", properties);
    source.outputs.push(testing::output("Orders", "Out", "id i4, name wstr:5, price numeric:9:2"));
    source
}

fn rig(file: &File, source: Component) -> Rig {
    let mut rig = Rig::new();
    file.connect(&mut rig);
    rig.add(source).sink("Sink", &["Orders.id", "Orders.name", "Orders.price"]);
    rig.path("Orders.Out", "Sink.In");
    rig
}

#[test]
fn rows_of_a_table_and_of_a_query_come_in_the_types_of_the_columns() {
    let file = File::new(ORDERS);
    let table = [("AccessMode", "0"), ("TableName", "orders")];
    let query =
        [("AccessMode", "1"), ("SqlCommand", "SELECT price AS Price, name, id FROM orders")];
    for (properties, batch_rows) in [(table, 1), (table, 100), (query, 1), (query, 2)] {
        let mut source = source(&properties, ComponentClass::OdbcSource);
        for column in &mut source.outputs[0].columns {
            column.dispositions = testing::dispose(Disposition::IgnoreFailure);
        }
        let mut rig = rig(&file, source);
        let outcome = rig.batch_rows(batch_rows).run();
        assert_eq!(outcome.rows("Sink"), "1|one|1.50\n2|secon|NULL\n3|NULL|3.00");
    }
}

#[test]
fn a_value_that_does_not_convert_fails_the_source_or_leaves_by_its_error_output() {
    let file = File::new(ORDERS);
    let properties = [("AccessMode", "0"), ("TableName", "[orders]")];
    let outcome = rig(&file, source(&properties, ComponentClass::OdbcSource)).run();
    assert!(outcome.result.is_err());
    assert!(outcome.messages().contains("C020902A"), "{}", outcome.messages());

    let mut source = source(&properties, ComponentClass::OdbcSource);
    source.outputs[0].columns[1].dispositions = testing::dispose(Disposition::IgnoreFailure);
    source.outputs[0].columns[2].dispositions = testing::dispose(Disposition::RedirectRow);
    let mut errors = testing::output("Bad", "Error", "id i4, ErrorCode i4, ErrorColumn i4");
    errors.ref_id = "Orders.Outputs[Error]".to_owned();
    errors.is_error_output = true;
    errors.columns[1].special_flags = 1;
    errors.columns[2].special_flags = 2;
    source.outputs.push(errors);
    let mut rig = rig(&file, source);
    rig.sink("Errors", &["Bad.id", "Bad.ErrorCode"]).path("Orders.Error", "Errors.In");
    let outcome = rig.run();
    assert_eq!(outcome.rows("Sink"), "1|one|1.50\n3|NULL|3.00");
    assert_eq!(outcome.rows("Errors"), format!("2|{}", 0xC020_9072_u32.cast_signed()));
}

#[test]
fn parameters_and_commands_come_from_variables() {
    let file = File::new(ORDERS);
    let properties = [
        ("AccessMode", "3"),
        ("SqlCommandVariable", "User::Query"),
        ("ParameterMapping", "\"Parameter0\",{0A};\"Parameter1\",{0B};"),
    ];
    let mut source = source(&properties, ComponentClass::OleDbSource);
    source.outputs[0].columns[2].data_type = model::DataType::NText;
    let mut rig = rig(&file, source);
    let query = "SELECT * FROM orders WHERE id >= ? AND name = ? || '?'";
    rig.variable("User::Query", "wstr:200", &query.replace(" || '?'", ""));
    rig.variable("{0A}", "i4", "1").variable("{0B}", "wstr:9", "one");
    assert_eq!(rig.run().rows("Sink"), "1|one|1.50");
}

#[test]
fn a_missing_table_or_column_is_found_before_any_row_moves() {
    let file = File::new(ORDERS);
    let table = [("AccessMode", "0"), ("TableName", "nowhere")];
    let outcome = rig(&file, source(&table, ComponentClass::OdbcSource)).run();
    assert!(outcome.messages().contains("nowhere"), "{}", outcome.messages());
    let query = [("AccessMode", "1"), ("SqlCommand", "SELECT id, name FROM orders")];
    let outcome = rig(&file, source(&query, ComponentClass::OdbcSource)).run();
    let messages = outcome.messages();
    assert!(messages.contains("C0202005") && messages.contains("NEEDSNEWMETADATA"), "{messages}");
}
