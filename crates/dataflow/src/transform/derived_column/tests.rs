use insta::assert_snapshot;
use package::{ColumnUsage, ComponentClass, Disposition};

use crate::testing::{self, Rig};

const ROWS: &str = "10|2|ab\n7|0|NULL\nNULL|3|abcdef\n2147483647|1|x";

/// New columns `ratio`, `sum` and `label`, and `s` replaced by its upper case twice over.
fn rig(disposition: Disposition) -> Rig {
    let mut rig = Rig::new();
    rig.source("Src", "a i4, b i4, s wstr:6", ROWS).variable("User::Prefix", "wstr:10", "<");
    let mut derived = testing::component(ComponentClass::DerivedColumn, "Der");
    let mut input = testing::input("Der", "In", &["Src.a", "Src.b", "Src.s"]);
    input.columns[2].usage = ColumnUsage::ReadWrite;
    input.columns[2]
        .properties
        .push(testing::property("Expression", "UPPER(#{Src.s}) + UPPER(#{Src.s})"));
    input.columns[2].dispositions = testing::dispose(disposition);
    derived.inputs.push(input);
    let mut out = testing::output("Der", "Out", "ratio i4, sum i4, label wstr:20");
    out.synchronous_input = Some("Der.Inputs[In]".to_owned());
    let expressions = ["#{Src.a} / #{Src.b}", "[a] + [b]", "@[User::Prefix] + Src.s"];
    for (column, expression) in out.columns.iter_mut().zip(expressions) {
        column.properties.push(testing::property("Expression", expression));
        column.dispositions = testing::dispose(disposition);
    }
    derived.outputs.push(out);
    derived.outputs.push(testing::error_output("Der", "In"));
    rig.add(derived).path("Src.Out", "Der.In").path("Der.Out", "Good.In");
    rig.sink("Good", &["Src.a", "Src.b", "Src.s", "Der.ratio", "Der.sum", "Der.label"]);
    rig
}

#[test]
fn new_and_replaced_columns_are_computed_from_what_came_in() {
    let outcome = rig(Disposition::IgnoreFailure).run();
    assert_snapshot!(outcome.rows("Good"), @r"
    10|2|ABAB|5|12|<ab
    7|0|NULL|NULL|7|NULL
    NULL|3|ABCDEF|NULL|NULL|<abcdef
    2147483647|1|XX|2147483647|NULL|<x
    ");
    assert_snapshot!(outcome.messages(), @"");
}

#[test]
fn rows_that_fail_leave_unchanged_by_the_error_output() {
    for batch_rows in [1, 3, 1024] {
        let mut rig = rig(Disposition::RedirectRow);
        rig.batch_rows(batch_rows);
        rig.sink("Bad", &["Src.a", "Src.s", "Der.ErrorCode", "Der.ErrorColumn"])
            .path("Der.Error", "Bad.In");
        let outcome = rig.run();
        assert_eq!(outcome.rows("Good"), "10|2|ABAB|5|12|<ab", "{}", outcome.messages());
        insta::allow_duplicates! { assert_snapshot!(outcome.rows("Bad"), @r"
        7|NULL|-1073442768|13
        NULL|abcdef|-1071628257|6
        2147483647|x|-1073442765|14
        ") };
    }
}

#[test]
fn a_failing_row_fails_the_flow() {
    assert_snapshot!(rig(Disposition::FailComponent).run().messages(), @r#"
    E C020902A Der [7]: SSIS Error Code DTS_E_INDUCEDTRANSFORMFAILUREONTRUNCATION. The "Der" failed because truncation occurred, and the truncation row disposition on "Der.Inputs[In].Columns[s]" specifies failure on truncation.
    E C0047022 SSIS.Pipeline: SSIS Error Code DTS_E_PROCESSINPUTFAILED. The ProcessInput method on component "Der" (7) failed with error code 0xC020902A while processing input "In" (8).
    E C02020C4 Src [2]: The attempt to add a row to the Data Flow task buffer failed with error code 0xC0047020.
    E C0047038 SSIS.Pipeline: SSIS Error Code DTS_E_PRIMEOUTPUTFAILED. The PrimeOutput method on Src returned error code 0xC02020C4.
    E C0047021 SSIS.Pipeline: SSIS Error Code DTS_E_THREADFAILED. Thread "SourceThread0" has exited with error code 0xC0047038.
    "#);
}

#[test]
fn a_wrong_expression_fails_validation() {
    let mut rig = rig(Disposition::FailComponent);
    let columns = &mut rig.pipeline.components[1].outputs[0].columns;
    columns[0].properties[0] = testing::property("Expression", "#{Src.a} + \"x");
    columns[2].properties[0] = testing::property("Expression", "[nowhere]");
    assert_snapshot!(rig.run().messages(), @r##"
    E C0047096 Der [7]: The expression "#{Src.a} + "x" on "Der.Outputs[Out].Columns[ratio]" is not valid: the text literal has no closing `"`.
    E C004706B SSIS.Pipeline: "Der" failed validation and returned validation status "VS_ISBROKEN".
    E C004700C SSIS.Pipeline: One or more component failed validation.
    "##);
}
