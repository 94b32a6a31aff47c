//! What is said of servers that do not answer and of components that do not run.

use std::net::TcpListener;
use std::sync::Arc;

use model::Span;
use package::{
    ComponentClass, ComponentConnection, ConnectionKind, ConnectionManager, ConnectionString,
};

use crate::testing::{self, Rig};

/// An OLE DB Source on a connection manager `DB` with this connection string.
fn rig(connection_string: &str) -> Rig {
    let mut rig = Rig::new();
    let mut source = testing::component(ComponentClass::OleDbSource, "Orders");
    source.properties.push(testing::property("OpenRowset", "[dbo].[Orders]"));
    source.outputs.push(testing::output("Orders", "Out", "id i4"));
    source.connections.push(ComponentConnection {
        ref_id: String::new(),
        name: "OleDbConnection".to_owned(),
        connection_manager: "DB".to_owned(),
        span: Span::default(),
    });
    rig.add(source).sink("Sink", &["Orders.id"]).path("Orders.Out", "Sink.In");
    rig.world.connections.push(Arc::new(ConnectionManager {
        ref_id: String::new(),
        id: String::new(),
        name: "DB".to_owned(),
        description: String::new(),
        creation_name: "OLEDB".to_owned(),
        kind: ConnectionKind::OleDb,
        connection_string: ConnectionString::new(connection_string),
        password: None,
        retain: false,
        delay_validation: false,
        property_expressions: Vec::new(),
        properties: Vec::new(),
        is_project_level: false,
        span: Span::default(),
    }));
    rig
}

#[test]
fn a_server_that_does_not_answer_gives_the_connection_error_and_not_unsupported() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let string =
        format!("Provider=SQLNCLI11.1;Data Source=127.0.0.1,{port};User ID=sa;Password=hush");
    let messages = rig(&string).run().messages();
    let codes: Vec<_> = messages
        .lines()
        .filter_map(|line| line.strip_prefix("E "))
        .map(|line| &line[..8])
        .collect();
    assert_eq!(codes, ["C0202009", "C020801C", "C0047017", "C004700C"], "{messages}");
    assert!(messages.contains(&port.to_string()) && messages.contains("\"DB\""), "{messages}");
    assert!(!messages.contains("hush"));
}

#[test]
fn a_missing_connection_manager_is_named() {
    let mut rig = rig("");
    rig.world.connections.clear();
    insta::assert_snapshot!(rig.run().messages(), @r#"
    E C020801B Orders [2]: The runtime connection manager with the ID "DB" cannot be found. The connection "OleDbConnection" of "Orders" refers to it.
    E C0047017 SSIS.Pipeline: Orders failed validation and returned error code 0xC020801B.
    E C004700C SSIS.Pipeline: One or more component failed validation.
    "#);
}

#[test]
fn a_component_that_does_not_run_is_refused_by_name() {
    let mut rig = Rig::new();
    rig.source("Src", "a i4", "1");
    let mut mining = testing::component(ComponentClass::DataMiningQuery, "Turn");
    mining.inputs.push(testing::input("Turn", "In", &["Src.a"]));
    mining.outputs.push(testing::output("Turn", "Out", "x i4"));
    rig.add(mining)
        .sink("Sink", &["Turn.x"])
        .path("Src.Out", "Turn.In")
        .path("Turn.Out", "Sink.In");
    insta::assert_snapshot!(rig.run().messages(), @r#"
    E C0048021 Turn [5]: The component "Turn" is missing, not registered, not upgradeable, or missing required interfaces: this version does not run the Data Mining Query component.
    E C0047017 SSIS.Pipeline: Turn failed validation and returned error code 0xC0048021.
    E C004700C SSIS.Pipeline: One or more component failed validation.
    "#);
    let found = crate::check(&rig.pipeline);
    let mining = found.iter().find(|found| found.component == "Turn").unwrap();
    insta::assert_snapshot!(mining.message, @r#"this version does not run the Data Mining Query component "Turn""#);
}
