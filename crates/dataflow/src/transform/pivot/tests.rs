use insta::assert_snapshot;
use package::{ComponentClass, Disposition};

use crate::DataFlowEvent;
use crate::testing::{self, Rig};

/// `name` is the set key, `year` the pivot key, `total` and `tax` the values, `note` is passed.
fn rig(rows: &str, disposition: Disposition) -> Rig {
    let mut rig = Rig::new();
    rig.source("Src", "name wstr:9, year i4, total i4, tax numeric:5:2, note wstr:5", rows);
    let mut pivot = testing::component(ComponentClass::Pivot, "Piv");
    let lineages = ["Src.name", "Src.year", "Src.total", "Src.tax", "Src.note"];
    let mut input = testing::input("Piv", "In", &lineages);
    for (column, usage) in input.columns.iter_mut().zip(["1", "2", "3", "3", "0"]) {
        column.properties.push(testing::property("PivotUsage", usage));
    }
    input.columns[1].dispositions = testing::dispose(disposition);
    pivot.inputs.push(input);
    let columns = "name wstr:9, t23 i4, t24 i4, x24 numeric:5:2, note wstr:5";
    let mut output = testing::output("Piv", "Out", columns);
    let sources = [
        ("Src.name", ""),
        ("Src.total", "2023"),
        ("Src.total", "2024"),
        ("Src.tax", "2024"),
        ("Src.note", ""),
    ];
    for (column, (source, value)) in output.columns.iter_mut().zip(sources) {
        column.properties.push(testing::property("SourceColumn", &format!("#{{{source}}}")));
        column.properties.push(testing::property("PivotKeyValue", value));
    }
    pivot.outputs.push(output);
    pivot.outputs.push(testing::error_output("Piv", "In"));
    rig.add(pivot).path("Src.Out", "Piv.In");
    rig.sink("Sink", &["Piv.name", "Piv.t23", "Piv.t24", "Piv.x24", "Piv.note"]);
    rig.path("Piv.Out", "Sink.In");
    rig
}

const ROWS: &str = "Tire|2024|10|0.50|a\nTire|2023|7|0.10|b\nTube|2023|3|0.20|c\nNULL|2024|1|0.30|d\nTire|2024|2|0.40|e";

#[test]
fn each_run_of_equal_set_keys_becomes_a_row_at_every_batch_size() {
    for batch_rows in [1, 2, 3, 7, 1024, 65_536] {
        let mut rig = rig(ROWS, Disposition::FailComponent);
        let rows = rig.batch_rows(batch_rows).run().rows("Sink");
        assert_eq!(
            rows,
            "Tire|7|10|0.50|a\nTube|3|NULL|NULL|c\nNULL|NULL|1|0.30|d\nTire|NULL|2|0.40|e"
        );
    }
}

#[test]
fn a_duplicate_and_an_unknown_value_fail_by_name_or_leave_by_the_error_output() {
    let rows = "Tire|2024|1|1|a\nTire|2024|2|1|b\nTire|1999|3|1|c\nTire|2023|4|1|d";
    let messages = rig(rows, Disposition::FailComponent).run().errors();
    assert!(messages.starts_with(
        "E C02020CF Piv [9]: Duplicate pivot key value \"2024\".\nE C0209029 Piv [9]: SSIS Error Code DTS_E_INDUCEDTRANSFORMFAILUREONERROR. The \"Piv\" failed because error code 0xC02020D0 occurred"
    ), "{messages}");
    for batch_rows in [1, 3, 1024] {
        let mut rig = rig(rows, Disposition::RedirectRow);
        rig.sink("Bad", &["Src.total", "Piv.ErrorCode", "Piv.ErrorColumn"])
            .path("Piv.Error", "Bad.In");
        let outcome = rig.batch_rows(batch_rows).run();
        assert_eq!(outcome.rows("Sink"), "Tire|4|1|1.00|a");
        assert_eq!(outcome.rows("Bad"), "2|-1071636272|0\n3|-1071636293|0");
    }
    let ignored = rig(rows, Disposition::IgnoreFailure).run();
    assert_eq!(ignored.rows("Sink"), "Tire|4|1|1.00|a");
}

#[test]
fn unmatched_values_that_are_passed_over_are_reported() {
    let mut rig = rig("Tire|1999|1|1|a\nTire|2023|2|1|b\nTube|1998|3|1|c", Disposition::NotUsed);
    let flag = testing::property("PassThroughUnmatchedPivotKeyts", "true");
    rig.pipeline.components[1].properties.push(flag);
    let outcome = rig.run();
    assert_eq!(outcome.rows("Sink"), "Tire|2|NULL|NULL|b");
    let reported = outcome.events().iter().any(|event| {
        matches!(event, DataFlowEvent::Information { message, .. } if message.text.ends_with("[1998],[1999]"))
    });
    assert!(reported);
}

#[test]
fn plans_that_make_no_sense_are_refused_with_their_codes() {
    let refused = |change: &dyn Fn(&mut package::Component)| {
        let mut rig = rig(ROWS, Disposition::FailComponent);
        let pivot = &mut rig.pipeline.components[1];
        change(pivot);
        let left: Vec<_> = pivot.outputs[0].columns.iter().map(|c| c.lineage_id.clone()).collect();
        let sink = &mut rig.pipeline.components[2].inputs[0];
        sink.columns.retain(|column| left.contains(&column.lineage_id));
        rig.run().errors().lines().next().unwrap_or_default().to_owned()
    };
    let usage = |component: &mut package::Component, column: usize, usage: &str| {
        component.inputs[0].columns[column].properties[0] = testing::property("PivotUsage", usage);
    };
    let value = |component: &mut package::Component, column: usize, value: &str| {
        let properties = &mut component.outputs[0].columns[column].properties;
        properties[1] = testing::property("PivotKeyValue", value);
    };
    let all = [
        refused(&|c| usage(c, 0, "7")),
        refused(&|c| usage(c, 1, "1")),
        refused(&|c| usage(c, 0, "2")),
        refused(&|c| value(c, 1, "")),
        refused(&|c| value(c, 1, "2024")),
        refused(&|c| value(c, 1, "soon")),
        refused(&|c| c.outputs[0].columns[1].data_type = model::DataType::I8),
        refused(&|c| drop(c.outputs[0].columns.remove(4))),
        refused(&|c| {
            let column = &mut c.outputs[0].columns[4];
            column.data_type = testing::data_type("wstr:9");
            column.properties[0] = testing::property("SourceColumn", "#{Src.name}");
        }),
        refused(&|c| {
            c.outputs[0].columns[4].properties[0] = testing::property("SourceColumn", "-1")
        }),
    ];
    assert_snapshot!(all.join("\n"), @r#"
    E C0202082 Piv [9]: The pivot usage 7 of "Piv.Inputs[In].Columns[name]" is not valid.
    E C0202084 Piv [9]: "Piv" has no pivot key column.
    E C0202083 Piv [9]: "Piv" has more than one pivot key column.
    E C0202088 Piv [9]: "Piv.Outputs[Out].Columns[t23]" has no pivot key value.
    E C0202089 Piv [9]: The pivot key value "2024" of "Piv.Outputs[Out].Columns[t24]" is that of another column too.
    E C02020A7 Piv [9]: The pivot key value "soon" of "Piv.Outputs[Out].Columns[t23]" cannot be converted to the type DT_I4 of the pivot key column.
    E C020208E Piv [9]: The data type DT_I8 of "Piv.Outputs[Out].Columns[t23]" is not that of its input column, DT_I4.
    E C020208A Piv [9]: The input column "Piv.Inputs[In].Columns[note]" is not mapped to an output column.
    E C0202085 Piv [9]: "Piv.Outputs[Out].Columns[note]" cannot be mapped to "Piv.Inputs[In].Columns[name]", which another output column is mapped to.
    E C0202087 Piv [9]: The input column "-1" of "Piv.Outputs[Out].Columns[note]" could not be found.
    "#);
}
