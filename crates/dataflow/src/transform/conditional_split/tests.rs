use insta::assert_snapshot;
use package::{ComponentClass, Disposition};

use crate::testing::{self, Rig};

const ROWS: &str = "5|1\n50|2\nNULL|3\n500|0\n7|0";

/// `Big` when a > 10, `Odd` when 10 / b > 4, in that order, whatever the order of the outputs.
fn rig(disposition: Disposition) -> Rig {
    let mut rig = Rig::new();
    rig.source("Src", "a i4, b i4", ROWS);
    let mut split = testing::component(ComponentClass::ConditionalSplit, "Split");
    split.inputs.push(testing::input("Split", "In", &["Src.a", "Src.b"]));
    let cases = [("Odd", "10 / [b] > 4", "1"), ("Big", "#{Src.a} > 10", "0"), ("Rest", "", "")];
    for (name, expression, order) in cases {
        let mut output = testing::output("Split", name, "");
        output.synchronous_input = Some("Split.Inputs[In]".to_owned());
        output.exclusion_group = 1;
        output.dispositions = testing::dispose(disposition);
        output.properties = match expression {
            "" => vec![testing::property("IsDefaultOut", "true")],
            _ => vec![
                testing::property("Expression", expression),
                testing::property("EvaluationOrder", order),
            ],
        };
        split.outputs.push(output);
        rig.sink(name, &["Src.a", "Src.b"]).path(&format!("Split.{name}"), &format!("{name}.In"));
    }
    split.outputs.push(testing::error_output("Split", "In"));
    rig.add(split).path("Src.Out", "Split.In");
    rig
}

#[test]
fn the_first_true_condition_takes_a_row_and_null_is_false_when_ignored() {
    for batch_rows in [1, 2, 1024] {
        let mut rig = rig(Disposition::IgnoreFailure);
        rig.batch_rows(batch_rows);
        let outcome = rig.run();
        assert_eq!(outcome.rows("Big"), "50|2\n500|0", "{}", outcome.messages());
        assert_eq!(outcome.rows("Odd"), "5|1");
        assert_eq!(outcome.rows("Rest"), "NULL|3\n7|0");
    }
}

#[test]
fn null_and_failures_of_undecided_rows_are_redirected() {
    for batch_rows in [1, 2, 1024] {
        let mut rig = rig(Disposition::RedirectRow);
        rig.batch_rows(batch_rows);
        rig.sink("Bad", &["Src.a", "Src.b", "Split.ErrorCode", "Split.ErrorColumn"])
            .path("Split.Error", "Bad.In");
        let outcome = rig.run();
        assert_eq!(outcome.rows("Big"), "50|2\n500|0");
        assert_eq!(outcome.rows("Odd"), "5|1");
        assert_eq!(outcome.rows("Rest"), "");
        insta::allow_duplicates! { assert_snapshot!(outcome.rows("Bad"), @r"
        NULL|3|-1071607764|0
        7|0|-1073442768|0
        ") };
    }
}

#[test]
fn a_condition_that_is_null_fails_the_flow() {
    assert_snapshot!(rig(Disposition::FailComponent).run().messages(), @r##"
    E C020902B Split [18]: The expression "#{Src.a} > 10" on "Split.Outputs[Big]" evaluated to NULL, but the "Split" requires a Boolean results.
    E C0209029 Split [18]: SSIS Error Code DTS_E_INDUCEDTRANSFORMFAILUREONERROR. The "Split" failed because error code 0xC020902C occurred, and the error row disposition on "Split.Outputs[Big]" specifies failure on error.
    E C0047022 SSIS.Pipeline: SSIS Error Code DTS_E_PROCESSINPUTFAILED. The ProcessInput method on component "Split" (18) failed with error code 0xC0209029 while processing input "In" (19).
    E C02020C4 Src [2]: The attempt to add a row to the Data Flow task buffer failed with error code 0xC0047020.
    E C0047038 SSIS.Pipeline: SSIS Error Code DTS_E_PRIMEOUTPUTFAILED. The PrimeOutput method on Src returned error code 0xC02020C4.
    E C0047021 SSIS.Pipeline: SSIS Error Code DTS_E_THREADFAILED. Thread "SourceThread0" has exited with error code 0xC0047038.
    "##);
}

#[test]
fn a_condition_must_be_boolean() {
    let mut rig = rig(Disposition::FailComponent);
    let split = rig.pipeline.components.iter_mut().find(|c| c.name == "Split").unwrap();
    split.outputs[0].properties[0] = testing::property("Expression", "[a] + 1");
    assert_snapshot!(rig.run().messages(), @r#"
    E C020700B Split [18]: The expression "[a] + 1" is not Boolean. It is the condition of "Split.Outputs[Odd]".
    E C004706B SSIS.Pipeline: "Split" failed validation and returned validation status "VS_ISBROKEN".
    E C004700C SSIS.Pipeline: One or more component failed validation.
    "#);
}
