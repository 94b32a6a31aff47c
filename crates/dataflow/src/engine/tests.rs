#![expect(clippy::wildcard_enum_match_arm, reason = "tests look at few of the events")]

use insta::assert_snapshot;
use model::record::PerformanceCounters;
use package::ComponentClass;

use crate::DataFlowEvent;
use crate::testing::{self, Rig};

fn multicast(rig: &mut Rig, name: &str, outputs: &[&str]) {
    let mut component = testing::component(ComponentClass::Multicast, name);
    component.inputs.push(testing::input(name, "In", &[]));
    for output in outputs {
        let mut output = testing::output(name, output, "");
        output.synchronous_input = Some(format!("{name}.Inputs[In]"));
        component.outputs.push(output);
    }
    rig.add(component);
}

fn row_count(rig: &mut Rig, name: &str, variable: &str) {
    let mut component = testing::component(ComponentClass::RowCount, name);
    component.inputs.push(testing::input(name, "In", &[]));
    let mut output = testing::output(name, "Out", "");
    output.synchronous_input = Some(format!("{name}.Inputs[In]"));
    component.outputs.push(output);
    component.properties.push(testing::property("VariableName", variable));
    rig.add(component);
}

fn union_all(rig: &mut Rig, name: &str, columns: &str, inputs: &[&[(&str, &str)]]) {
    let mut component = testing::component(ComponentClass::UnionAll, name);
    for (number, feeds) in inputs.iter().enumerate() {
        let lineages: Vec<_> = feeds.iter().map(|feed| feed.0).collect();
        let mut input = testing::input(name, &format!("In{number}"), &lineages);
        for (column, feed) in input.columns.iter_mut().zip(*feeds) {
            let target = format!("#{{{name}.{}}}", feed.1);
            column.properties.push(testing::property("OutputColumnLineageID", &target));
        }
        component.inputs.push(input);
    }
    component.outputs.push(testing::output(name, "Out", columns));
    rig.add(component);
}

/// Source, Multicast, Row Count on one branch, both branches into a Union All and a sink.
fn diamond() -> Rig {
    let mut rig = Rig::new();
    rig.source("Src", "id i4, name wstr:10", "1|a\n2|NULL\n3|c").variable("User::Rows", "i4", "0");
    multicast(&mut rig, "Copies", &["A", "B"]);
    row_count(&mut rig, "Count", "User::Rows");
    union_all(
        &mut rig,
        "All",
        "id i4, name wstr:10",
        &[&[("Src.id", "id"), ("Src.name", "name")], &[("Src.id", "id")]],
    );
    rig.sink("Sink", &["All.id", "All.name"]);
    rig.path("Src.Out", "Copies.In").path("Copies.A", "Count.In").path("Count.Out", "All.In0");
    rig.path("Copies.B", "All.In1").path("All.Out", "Sink.In");
    rig
}

#[test]
fn trees_meet_at_a_union_and_every_row_arrives_at_every_batch_size() {
    for batch_rows in [1, 2, 1024] {
        let mut rig = diamond();
        rig.batch_rows(batch_rows);
        let outcome = rig.run();
        assert_eq!(outcome.sorted("Sink"), "1|NULL\n1|a\n2|NULL\n2|NULL\n3|NULL\n3|c");
        assert_eq!(outcome.variables["User::Rows"].value, model::Value::I4(3));
        let summary = outcome.result.unwrap();
        assert_eq!((summary.rows_read, summary.rows_written), (3, 6));
    }
}

#[test]
fn a_run_tells_its_phases_and_rows() {
    let outcome = diamond().run();
    let lines = outcome.events().iter().filter_map(|event| match event {
        DataFlowEvent::Information { message, .. } => Some(message.text.clone()),
        DataFlowEvent::Progress { description, percent } => {
            Some(format!("{description} {percent}"))
        }
        _ => None,
    });
    assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r#"
    Validation phase is beginning.
    Validating 0
    Validating 100
    Prepare for Execute phase is beginning.
    Prepare for Execute 0
    Prepare for Execute 100
    Pre-Execute phase is beginning.
    Pre-Execute 0
    Pre-Execute 20
    Pre-Execute 40
    Pre-Execute 60
    Pre-Execute 80
    Pre-Execute 100
    Execute phase is beginning.
    Post Execute phase is beginning.
    Post Execute 0
    Post Execute 20
    Post Execute 40
    Post Execute 60
    Post Execute 80
    "Sink" wrote 6 rows.
    Post Execute 100
    Cleanup phase is beginning.
    Cleanup 100
    "#);
}

#[test]
fn the_execution_trees_and_plan_are_logged() {
    let outcome = diamond().run();
    let log = |name: &str| {
        let texts = outcome.events().iter().filter_map(|event| match event {
            DataFlowEvent::Log { entry, text } if entry.name() == name => Some(text.clone()),
            _ => None,
        });
        let mut texts: Vec<_> = texts.collect();
        if name.starts_with("OnPipeline") {
            texts.sort();
        }
        texts.join("\n")
    };
    assert_snapshot!(log("PipelineExecutionTrees"), @r#"
    begin execution tree 0
       output "Out" (3)
       input "In" (7)
          output "A" (8)
          input "In" (11)
             output "Out" (12)
             input "In0" (14)
          output "B" (9)
          input "In1" (17)
    end execution tree 0
    begin execution tree 1
       output "Out" (19)
       input "In" (23)
    end execution tree 1
    "#);
    assert_snapshot!(log("PipelineExecutionPlan"), @r#"
    Begin output plan
       Begin SourceThread0
          Drives: 2
          Output Work List
             CreatePrimeBuffer of type 0 for output ID 3.
             CallPrimeOutput on component "Src" (2)
          End Output Work List
       End SourceThread0
       Begin WorkThread0
          Drives: 13
          Input Work list, input ID 14 (1 EORs Expected)
             CallProcessInput on input ID 14 on component "All" (13) for view type 1
          Input Work list, input ID 17 (1 EORs Expected)
             CallProcessInput on input ID 17 on component "All" (13) for view type 1
          End Input Work list
          Output Work List
             CreatePrimeBuffer of type 1 for output ID 19.
             CallPrimeOutput on component "All" (13)
          End Output Work List
       End WorkThread0
    End output plan
    "#);
    assert_snapshot!(log("PipelineInitialization"), @r"
    No temporary BLOB data storage locations were provided. The buffer manager will consider the directories in the TEMP and TMP environment variables.
    The default buffer size is 10485760 bytes.
    Buffers will have 10000 rows by default
    ");
    assert_snapshot!(log("DiagnosticEx"), @r#"<DTS:PipelineColumnMap xmlns:DTS="www.microsoft.com/SqlServer/Dts"><DTS:Pipeline DTS:Path="\P\DFT"><DTS:Column DTS:ID="4" DTS:IdentificationString="Src.Outputs[Out].Columns[id]"/><DTS:Column DTS:ID="5" DTS:IdentificationString="Src.Outputs[Out].Columns[name]"/><DTS:Column DTS:ID="20" DTS:IdentificationString="All.Outputs[Out].Columns[id]"/><DTS:Column DTS:ID="21" DTS:IdentificationString="All.Outputs[Out].Columns[name]"/></DTS:Pipeline></DTS:PipelineColumnMap>"#);
    assert_snapshot!(log("OnPipelinePrePrimeOutput"), @r"
    PrimeOutput will be called on a component. : 13 : All
    PrimeOutput will be called on a component. : 2 : Src
    ");
}

#[test]
fn what_nobody_uses_is_left_out_with_warnings() {
    let mut rig = Rig::new();
    rig.source("Used", "a i4, b i4", "1|2").source("Alone", "a i4", "1");
    multicast(&mut rig, "Dead", &["A"]);
    rig.sink("Sink", &["Used.a"]).sink("Unreached", &["Alone.a"]);
    rig.path("Used.Out", "Sink.In").path("Alone.Out", "Dead.In");
    let outcome = rig.run();
    assert_eq!(outcome.rows("Sink"), "1");
    assert_snapshot!(outcome.messages(), @r#"
    W 8004706F SSIS.Pipeline: Source "Alone" (6) will not be read because none of its data ever becomes visible outside the Data Flow Task.
    W 800470AE SSIS.Pipeline: Component "Dead" (9) has been removed from the Data Flow task because its output is not used and its inputs either have no side effects or are not connected to outputs of other components.
    W 800470AE SSIS.Pipeline: Component "Unreached" (15) has been removed from the Data Flow task because its output is not used and its inputs either have no side effects or are not connected to outputs of other components.
    W 80047076 SSIS.Pipeline: The output column "b" (5) on output "Out" (3) and component "Used" (2) is not subsequently used in the Data Flow task.
    "#);
}

#[test]
fn a_layout_that_cannot_be_is_refused() {
    let mut rig = Rig::new();
    rig.source("Src", "a i4", "1").sink("Sink", &["Src.a", "Nowhere.x"]).path("Src.Out", "Sink.In");
    multicast(&mut rig, "M", &["A"]);
    multicast(&mut rig, "N", &["A"]);
    assert_snapshot!(rig.run().messages(), @r#"
    W 800470AE SSIS.Pipeline: Component "M" (9) has been removed from the Data Flow task because its output is not used and its inputs either have no side effects or are not connected to outputs of other components.
    W 800470AE SSIS.Pipeline: Component "N" (12) has been removed from the Data Flow task because its output is not used and its inputs either have no side effects or are not connected to outputs of other components.
    E C004701C SSIS.Pipeline: The Sink.Inputs[In].Columns[x] has lineage ID Nowhere.x that was not previously used in the Data Flow task.
    E C004700D SSIS.Pipeline: The layout and one or more components failed validation.
    "#);
    rig.path("M.A", "N.In").path("N.A", "M.In").path("Src.Out", "M.In").path("Src.Out", "Gone.In");
    assert_snapshot!(rig.run().messages(), @r#"
    E C004705F SSIS.Pipeline: The path "Src Out" joins an output or input that another path joins already.
    E C0047002 SSIS.Pipeline: The path "Src Out" does not lead from an output to an input.
    E C0047000 SSIS.Pipeline: The data flow has a cycle: rows that leave "M" come back to it.
    E C004700D SSIS.Pipeline: The layout and one or more components failed validation.
    "#);
}

#[test]
fn an_empty_flow_succeeds_with_a_warning() {
    let outcome = Rig::new().run();
    assert!(outcome.result.is_ok());
    assert_snapshot!(outcome.messages(), @"W 80047034 SSIS.Pipeline: The DataFlow task has no components.");
}

#[test]
fn a_wrong_variable_fails_validation() {
    let mut rig = Rig::new();
    rig.source("Src", "a i4", "1").variable("User::Text", "wstr:10", "x");
    row_count(&mut rig, "Count", "User::Missing");
    row_count(&mut rig, "Count2", "User::Text");
    rig.path("Src.Out", "Count.In").path("Count.Out", "Count2.In");
    assert_snapshot!(rig.run().messages(), @r#"
    W 80047076 SSIS.Pipeline: The output column "a" (4) on output "Out" (3) and component "Src" (2) is not subsequently used in the Data Flow task.
    E C02020EE Count [5]: The variable "User::Missing" specified by VariableName property is not a valid variable. Need a valid variable name to write to.
    E C004706B SSIS.Pipeline: "Count" failed validation and returned validation status "VS_ISBROKEN".
    E C02020EF Count2 [8]: The variable "User::Text" specified by VariableName property is not an integer. Change the variable to be of type VT_I4, VT_UI4, VT_I8, or VT_UI8.
    E C004706B SSIS.Pipeline: "Count2" failed validation and returned validation status "VS_ISBROKEN".
    E C004700C SSIS.Pipeline: One or more component failed validation.
    "#);
}

/// A source that goes on for ever, as long as somebody takes its rows.
fn endless() -> Vec<Vec<model::Value>> {
    (0..2_000_000).map(|n| vec![model::Value::I4(n)]).collect()
}

#[test]
fn a_cancelled_flow_stops_at_once_and_says_so() {
    let mut rig = Rig::new();
    rig.source_of("Src", "id i4", endless()).sink("Sink", &["Src.id"]).path("Src.Out", "Sink.In");
    rig.batch_rows(1);
    let cancel = crate::Cancel::new();
    let (asked, outcome) = std::thread::scope(|scope| {
        let run = scope.spawn(|| rig.run_with(&cancel));
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
        while rig.world.sinks.lock().unwrap().get("Sink").is_none_or(|rows| rows.len() < 10) {
            assert!(std::time::Instant::now() < deadline, "the flow does not start");
            std::thread::yield_now();
        }
        cancel.cancel();
        let asked = std::time::Instant::now();
        (asked, run.join().unwrap())
    });
    assert!(asked.elapsed() < std::time::Duration::from_secs(5));
    assert_eq!(outcome.result.as_ref().unwrap_err(), "the data flow was cancelled");
    assert!(outcome.rows("Sink").lines().count() < 2_000_000);
    assert_eq!(outcome.messages(), "");
}

/// A source whose rows go both through a Sort and straight into a Merge Join by its own order.
fn sort_beside_a_direct_path(rows: i32) -> Rig {
    let mut rig = Rig::new();
    let values = (0..rows).map(|n| vec![model::Value::I4(n)]).collect();
    rig.source_of("Src", "id i4", values);
    let source = rig.pipeline.components.last_mut().unwrap();
    source.outputs[0].is_sorted = true;
    source.outputs[0].columns[0].sort_key_position = 1;
    multicast(&mut rig, "Copies", &["A", "B"]);
    let mut sort = testing::component(ComponentClass::Sort, "Sort");
    let mut input = testing::input("Sort", "In", &["Src.id"]);
    input.columns[0].properties.push(testing::property("NewSortKeyPosition", "1"));
    sort.inputs.push(input);
    let mut output = testing::output("Sort", "Out", "id i4");
    output.is_sorted = true;
    output.columns[0].sort_key_position = 1;
    output.columns[0].properties.push(testing::property("SortColumnId", "Src.id"));
    sort.outputs.push(output);
    let mut join = testing::component(ComponentClass::MergeJoin, "Join");
    join.inputs.push(testing::input("Join", "Left", &["Sort.id"]));
    join.inputs.push(testing::input("Join", "Right", &["Src.id"]));
    join.properties.push(testing::property("JoinType", "2"));
    join.properties.push(testing::property("NumKeyColumns", "1"));
    let mut output = testing::output("Join", "Out", "a i4, b i4");
    for (column, from) in output.columns.iter_mut().zip(["Sort.id", "Src.id"]) {
        column.properties.push(testing::property("InputColumnID", from));
    }
    join.outputs.push(output);
    rig.add(sort).add(join).sink("Sink", &["Join.a", "Join.b"]);
    rig.path("Src.Out", "Copies.In").path("Copies.A", "Sort.In").path("Copies.B", "Join.Right");
    rig.path("Sort.Out", "Join.Left").path("Join.Out", "Sink.In");
    rig
}

#[test]
fn a_join_of_a_blocking_branch_with_a_direct_one_does_not_deadlock() {
    let mut rig = sort_beside_a_direct_path(200);
    let outcome = rig.batch_rows(3).run();
    assert_eq!(outcome.messages(), "");
    assert_eq!(outcome.rows("Sink").lines().count(), 200);
    assert!(outcome.rows("Sink").ends_with("199|199"));
}

#[test]
fn rows_that_wait_for_another_input_need_no_more_memory_than_the_budget() {
    let mut rig = sort_beside_a_direct_path(200);
    rig.world.settings.memory_budget = 400;
    let outcome = rig.batch_rows(3).run();
    assert_eq!(outcome.messages(), "");
    assert_eq!(outcome.rows("Sink").lines().count(), 200);
    assert!(outcome.rows("Sink").ends_with("199|199"));
}

#[test]
fn a_failure_on_one_thread_stops_the_others() {
    let rows: Vec<String> = (0..200).map(|n| n.to_string()).collect();
    let mut sample = testing::component(ComponentClass::RowSampling, "Sample");
    sample.properties.push(testing::property("SamplingValue", "200"));
    sample.inputs.push(testing::input("Sample", "In", &["Src.id"]));
    let mut output = testing::output("Sample", "Out", "id i4");
    output.properties.push(testing::property("Selected", "true"));
    output.columns[0].properties.push(testing::property("InputColumnLineageId", "Src.id"));
    sample.outputs.push(output);
    let mut rig = Rig::new();
    rig.source("Src", "id i4", &rows.join("\n")).add(sample).sink("Sink", &["Sample.id"]);
    rig.path("Src.Out", "Sample.In").path("Sample.Out", "Sink.In");
    rig.world.settings.memory_budget = 400;
    let outcome = rig.batch_rows(3).run();
    assert!(outcome.result.is_err());
    let messages = outcome.messages();
    let count = |code: &str| messages.lines().filter(|line| line.starts_with(code)).count();
    assert!(count("E C0047012") >= 1, "{messages}");
    assert!(count("E C0047021") >= 1, "{messages}");
    assert!(count("E C0047039") >= 1, "{messages}");
    assert_eq!(outcome.rows("Sink"), "");
}

#[test]
fn a_flow_stops_at_a_component_that_panics() {
    let mut rig = Rig::new();
    rig.source("Src", "id i4", "1").sink("Panics", &["Src.id"]).path("Src.Out", "Panics.In");
    let outcome = rig.run();
    assert!(outcome.result.as_ref().unwrap_err().contains("internal error"));
}

#[test]
fn every_row_of_a_path_is_reported_in_batches() {
    let outcome = diamond().batch_rows(2).run();
    let sent = |wanted: &str| {
        let batches = outcome.events().iter().filter_map(|event| match event {
            DataFlowEvent::RowsSent { path_id, destination, rows, .. } if path_id == wanted => {
                Some(format!("{destination} {rows}"))
            }
            _ => None,
        });
        batches.collect::<Vec<_>>().join(", ")
    };
    assert_eq!(sent("Paths[Src.Out]"), "Copies 2, Copies 1");
    assert_eq!(sent("Paths[Count.Out]"), "All 2, All 1");
    let phases = outcome.events().iter().filter_map(|event| match event {
        DataFlowEvent::Phase { component, phase, .. } if component == "Count" => Some(phase.name()),
        _ => None,
    });
    let phases: Vec<_> = phases.collect();
    // Two batches and the end.
    let calls =
        ["Validate", "PreExecute", "ProcessInput", "ProcessInput", "ProcessInput", "PostExecute"];
    assert_eq!(phases, calls);
}

#[test]
fn an_asynchronous_component_has_a_call_for_each_batch_it_takes() {
    let outcome = diamond().batch_rows(2).run();
    let phases = outcome.events().iter().filter_map(|event| match event {
        DataFlowEvent::Phase { component, phase, .. } if component == "All" => Some(phase.name()),
        _ => None,
    });
    let phases: Vec<_> = phases.collect();
    let count = |name: &str| phases.iter().filter(|phase| **phase == name).count();
    assert_eq!((count("ProcessInput"), count("PrimeOutput")), (4, 1), "{phases:?}");
}

#[test]
fn counters_show_rows_long_values_and_that_nothing_is_held_in_the_end() {
    let mut rig = Rig::new();
    rig.source("Src", "id i4, note ntext", "1|abc\n2|NULL\n3|\u{e9}");
    rig.sink("Sink", &["Src.id", "Src.note"]).path("Src.Out", "Sink.In").batch_rows(2);
    let prepared = rig.prepare().unwrap();
    let counters = prepared.counters();
    assert_eq!(counters.performance(), PerformanceCounters::default());
    prepared.run(&rig.world, &crate::Cancel::new()).unwrap();
    let wanted = PerformanceCounters {
        rows_read: 3,
        rows_written: 3,
        blob_bytes_read: 5,
        ..PerformanceCounters::default()
    };
    assert_eq!(counters.performance(), wanted);
}
