use insta::assert_snapshot;
use package::{ComponentClass, Disposition};

use crate::testing::{self, Rig};

/// `text` to an integer, a decimal and a short text, with the same disposition for all.
fn rig(disposition: Disposition) -> Rig {
    let mut rig = Rig::new();
    rig.source("Src", "text wstr:20", "7\n 12 \nx\n99999999999\nNULL\n3.456\nlonger");
    let mut conversion = testing::component(ComponentClass::DataConversion, "Conv");
    conversion.inputs.push(testing::input("Conv", "In", &["Src.text"]));
    let mut out = testing::output("Conv", "Out", "n i4, d numeric:9:2, s wstr:5");
    out.synchronous_input = Some("Conv.Inputs[In]".to_owned());
    for column in &mut out.columns {
        column.properties.push(testing::property("SourceInputColumnLineageID", "#{Src.text}"));
        column.dispositions = testing::dispose(disposition);
    }
    conversion.outputs.push(out);
    conversion.outputs.push(testing::error_output("Conv", "In"));
    rig.add(conversion);
    rig.sink("Good", &["Src.text", "Conv.n", "Conv.d", "Conv.s"])
        .path("Src.Out", "Conv.In")
        .path("Conv.Out", "Good.In");
    rig
}

#[test]
fn an_ignored_error_gives_null_and_an_ignored_truncation_what_fits() {
    let outcome = rig(Disposition::IgnoreFailure).run();
    assert_snapshot!(outcome.rows("Good"), @r"
    7|7|7.00|7
     12 |12|12.00| 12 
    x|NULL|NULL|x
    99999999999|NULL|NULL|99999
    NULL|NULL|NULL|NULL
    3.456|3|3.46|3.456
    longer|NULL|NULL|longe
    ");
    assert_snapshot!(outcome.messages(), @"");
}

#[test]
fn a_redirected_row_carries_its_first_error_and_the_lineage_id_of_the_column() {
    for batch_rows in [1, 2, 7, 1024] {
        let mut rig = rig(Disposition::RedirectRow);
        rig.batch_rows(batch_rows);
        rig.sink("Bad", &["Src.text", "Conv.ErrorCode", "Conv.ErrorColumn"])
            .path("Conv.Error", "Bad.In");
        let outcome = rig.run();
        let good = outcome.rows("Good");
        assert_eq!(good, "7|7|7.00|7\n 12 |12|12.00| 12 \nNULL|NULL|NULL|NULL\n3.456|3|3.46|3.456");
        let bad = outcome.rows("Bad");
        assert_eq!(bad, "x|-1071607681|9\n99999999999|-1071607678|9\nlonger|-1071607681|9");
        let paths = outcome.result.unwrap().paths;
        assert_eq!(paths.iter().map(|path| path.rows).collect::<Vec<_>>(), [7, 4, 3]);
    }
}

#[test]
fn a_failed_conversion_fails_the_flow_with_the_whole_cascade() {
    let outcome = rig(Disposition::FailComponent).run();
    assert_snapshot!(outcome.result.as_ref().unwrap_err(), @r#"the data flow failed: Data conversion failed while converting column "text" (4) to column "n" (9).  The conversion returned status value 2 and status text "The value could not be converted because of a potential loss of data."."#);
    assert_snapshot!(outcome.messages(), @r#"
    E C02020C5 Conv [5]: Data conversion failed while converting column "text" (4) to column "n" (9).  The conversion returned status value 2 and status text "The value could not be converted because of a potential loss of data.".
    E C0209029 Conv [5]: SSIS Error Code DTS_E_INDUCEDTRANSFORMFAILUREONERROR. The "Conv.Outputs[Out].Columns[n]" failed because error code 0xC020907F occurred, and the error row disposition on "Conv.Outputs[Out].Columns[n]" specifies failure on error.
    E C0047022 SSIS.Pipeline: SSIS Error Code DTS_E_PROCESSINPUTFAILED. The ProcessInput method on component "Conv" (5) failed with error code 0xC0209029 while processing input "In" (6).
    E C02020C4 Src [2]: The attempt to add a row to the Data Flow task buffer failed with error code 0xC0047020.
    E C0047038 SSIS.Pipeline: SSIS Error Code DTS_E_PRIMEOUTPUTFAILED. The PrimeOutput method on Src returned error code 0xC02020C4.
    E C0047021 SSIS.Pipeline: SSIS Error Code DTS_E_THREADFAILED. Thread "SourceThread0" has exited with error code 0xC0047038.
    "#);
}
