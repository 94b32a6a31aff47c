//! What was true at an error: `catalog.event_message_context`.

use std::path::Path;

use model::record::{EventMessage, MessageContext, Record};
use model::{LoggingLevel, MessageType};
use runtime::{Logging, RunOptions};

use crate::data_flow::counts;
use crate::loops::{THREE, for_loop};
use crate::support::{Ran, executables, failing, package_of, run_with, variable, variable_of};

/// The rows of `catalog.event_messages`.
fn messages(ran: &Ran) -> Vec<EventMessage> {
    let messages = ran.records().into_iter().filter_map(|record| {
        if let Record::EventMessage(message) = record { Some(message) } else { None }
    });
    messages.collect()
}

/// The contexts of the messages of one kind, in order.
fn contexts(ran: &Ran, kind: MessageType) -> Vec<Vec<MessageContext>> {
    let fitting = messages(ran).into_iter().filter(|message| message.message_type == kind);
    fitting.map(|message| message.context).collect()
}

fn lines(context: &[MessageContext], wanted: impl Fn(&MessageContext) -> bool) -> String {
    let rows = context.iter().filter(|row| wanted(row)).map(|row| {
        let MessageContext {
            depth, package_path, context_type, property_name, property_value, ..
        } = row;
        format!("{depth} {context_type} {package_path} {property_name}={property_value}")
    });
    rows.collect::<Vec<_>>().join("\n")
}

const CONNECTION: &str = r#"<DTS:ConnectionManagers><DTS:ConnectionManager
  DTS:refId="Package.ConnectionManagers[Db]" DTS:CreationName="OLEDB"
  DTS:DTSID="{2D0C7A4C-3A3B-4C65-9E5C-0000000000A1}" DTS:ObjectName="Db">
  <DTS:PropertyExpression DTS:Name="InitialCatalog">"Sales" + (DT_WSTR,5) @[User::i]</DTS:PropertyExpression>
  <DTS:ObjectData><DTS:ConnectionManager
    DTS:ConnectionString="Data Source=db1;User ID=u;Initial Catalog=x;Provider=SQLNCLI11;Password=hunter2;" />
  </DTS:ObjectData></DTS:ConnectionManager></DTS:ConnectionManagers>"#;

/// A loop whose task fails in its first iteration, in a package with a sensitive parameter.
fn failing_in_a_loop(change: impl FnOnce(&mut RunOptions)) -> Ran {
    let body = executables(&[for_loop("L", THREE, "", &executables(&[failing("L\\A", "")]))]);
    let doubled = variable_of(
        "doubled",
        3,
        "0",
        r#"DTS:EvaluateAsExpression="True" DTS:Expression="@[User::i] * 2""#,
    );
    let parameter = |name: &str, attributes: &str, value: &str| {
        format!(
            r#"<DTS:PackageParameter DTS:CreationName="" DTS:DataType="8" {attributes}
  DTS:DTSID="{{2D0C7A4C-3A3B-4C65-9E5C-0000000000E2}}" DTS:ObjectName="{name}">
  <DTS:Property DTS:DataType="8" DTS:Name="ParameterValue">{value}</DTS:Property>
</DTS:PackageParameter>"#
        )
    };
    let head = format!(
        "{CONNECTION}<DTS:PackageParameters>{}{}</DTS:PackageParameters>\
         <DTS:Variables>{}</DTS:Variables>",
        parameter("Region", "", "north"),
        parameter("Key", r#"DTS:Sensitive="True""#, ""),
        variable("i", 3, "7") + &doubled
    );
    let text = package_of("", &head, &body);
    run_with(&[("P.dtsx", &text)], |options| {
        options.logging = Logging::from(LoggingLevel::Basic);
        options.parameters = vec![crate::support::parameter("Key", model::Value::text("hunter2"))];
        change(options);
    })
    .failed()
}

#[test]
fn an_error_shows_the_task_what_is_around_it_and_how_it_all_began() {
    let contexts = contexts(&failing_in_a_loop(|_| {}), MessageType::Error);
    assert_eq!(contexts.len(), 1);
    let shown = |row: &MessageContext| {
        let names =
            ["Arguments", "EvalExpression", "MaximumErrorCount", "Value", "ConnectionString"];
        names.contains(&row.property_name.as_str())
    };
    insta::assert_snapshot!(lines(&contexts[0], shown), @r"
    0 70 \Package.Variables[User::i] Value=7
    0 70 \Package.Variables[User::doubled] Value=14
    0 70 \Package.Variables[$Package::Region] Value=north
    0 80 \Package.ConnectionManagers[Db] ConnectionString=Data Source=db1;User ID=u;Initial Catalog=x;Provider=SQLNCLI11;
    1 10 \Package\L\A MaximumErrorCount=1
    1 10 \Package\L\A Arguments=
    2 40 \Package\L MaximumErrorCount=1
    2 40 \Package\L EvalExpression=@i <= 3
    3 60 \Package MaximumErrorCount=1
    3 70 \Package.Variables[User::i] Value=1
    3 70 \Package.Variables[User::doubled] Value=2
    3 70 \Package.Variables[$Package::Region] Value=north
    3 80 \Package.ConnectionManagers[Db] ConnectionString=Data Source=db1;User ID=u;Initial Catalog=Sales1;Provider=SQLNCLI11;
    ");
    let all = format!("{:?}", contexts[0]);
    assert!(!all.contains("hunter2") && !all.contains("Key"), "{all}");
}

#[test]
fn only_errors_have_a_context_unless_the_customized_level_says_so() {
    let ran = failing_in_a_loop(|_| {});
    let with = |ran: &Ran| {
        let messages = messages(ran).into_iter().filter(|message| !message.context.is_empty());
        messages.map(|message| message.event_name).collect::<Vec<_>>()
    };
    assert_eq!(with(&ran), ["OnError"]);
    for level in [LoggingLevel::None, LoggingLevel::RuntimeLineage] {
        let ran = failing_in_a_loop(|options| options.logging = Logging::from(level));
        assert!(with(&ran).is_empty());
    }
    // OnError, OnTaskFailed with context, OnWarning.
    let events = 1 << 8 | 1 << (9 + 32) | 1 << 6;
    let logging = Logging { level: LoggingLevel::Customized, profile: 0, events };
    let ran = failing_in_a_loop(|options| options.logging = logging);
    assert_eq!(with(&ran), ["OnTaskFailed"]);
    let failed = &contexts(&ran, MessageType::TaskFailed)[0];
    assert!(failed.iter().any(|row| row.depth == 0), "{failed:?}");
    assert_eq!(contexts(&ran, MessageType::Error).len(), 1);
    assert!(contexts(&ran, MessageType::PreExecute).is_empty());
}

#[test]
fn an_error_of_a_component_shows_the_component_first() {
    let text = counts(Path::new("/no/such/numbers.txt"), 0);
    let ran = run_with(&[("P.dtsx", &text)], |_| {}).failed();
    let contexts = contexts(&ran, MessageType::Error);
    let nearest = lines(&contexts[0], |row| row.depth == 1);
    insta::assert_snapshot!(nearest, @r"
    1 20 \Package\Load\Source ComponentClassID=Microsoft.FlatFileSource
    1 20 \Package\Load\Source RetainNulls=false
    1 20 \Package\Load\Source FileNameColumnName=
    ");
    // How it all began is said once.
    let beginnings = contexts.iter().filter(|rows| rows.iter().any(|row| row.depth == 0)).count();
    assert_eq!(beginnings, 1);
    assert!(contexts.len() > 1);
}
