use insta::assert_snapshot;
use package::{Component, ComponentClass, Disposition};

use crate::testing::{self, Rig};

/// Reads the files named by `f` into `note` and those named by `g` into `text`.
fn rig(rows: &str, mark: bool, disposition: Disposition) -> Rig {
    let mut rig = Rig::new();
    rig.source("Src", "n i4, f wstr:200, g wstr:200", rows);
    let mut import = testing::component(ComponentClass::ImportColumn, "Imp");
    let mut input = testing::input("Imp", "In", &["Src.f", "Src.g"]);
    for (column, to) in input.columns.iter_mut().zip(["#{Imp.note}", "#{Imp.text}"]) {
        column.properties.push(testing::property("FileDataColumnID", to));
        column.dispositions = testing::dispose(disposition);
    }
    if mark {
        input.columns[0].properties.push(testing::property("ExpectBOM", "true"));
    }
    import.inputs.push(input);
    let mut output = testing::output("Imp", "Out", "note nText, text text");
    output.synchronous_input = Some("Imp.Inputs[In]".to_owned());
    import.outputs.push(output);
    import.outputs.push(testing::error_output("Imp", "In"));
    rig.add(import).path("Src.Out", "Imp.In");
    rig.sink("Sink", &["Src.n", "Imp.note", "Imp.text"]).path("Imp.Out", "Sink.In");
    rig
}

#[test]
fn files_are_read_in_their_encodings_and_missing_ones_are_errors_of_their_rows() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let wide = at("wide", &[0xFF, 0xFE, 0xE4, 0, b'1', 0]);
    let odd = at("odd", &[0xFF, 0xFE, b'1']);
    let bare = at("bare", &[b'1', 0]);
    let plain = at("plain", &[0xE9, b'x']);
    let rows = format!(
        "1|{wide}|{plain}\n2|{odd}|{plain}\n3|{bare}|{plain}\n4|/no/such|{plain}\n5|{wide}|NULL\n6|{wide}|{wide}"
    );
    for batch_rows in [1, 4, 1024] {
        let mut rig = rig(&rows, true, Disposition::RedirectRow);
        rig.sink("Bad", &["Src.n", "Imp.ErrorCode"]).path("Imp.Error", "Bad.In");
        let outcome = rig.batch_rows(batch_rows).run();
        assert_eq!(outcome.rows("Sink"), "1|ä1|éx\n6|ä1|ÿþä\u{0}1\u{0}");
        assert_eq!(
            outcome.rows("Bad"),
            "2|-1071607660\n3|-1071607612\n4|-1071607620\n5|-1071607663"
        );
    }
    let ignored = rig(&rows, true, Disposition::IgnoreFailure).run();
    assert_eq!(ignored.rows("Sink").lines().nth(3).unwrap(), "4|NULL|éx");
    let unmarked = rig(&format!("3|{bare}|{plain}"), false, Disposition::FailComponent).run();
    assert_eq!(unmarked.rows("Sink"), "3|1|éx");
    let messages = rig("4|/no/such|x", false, Disposition::FailComponent).run().errors();
    assert!(messages.starts_with("E C020802A Imp"), "{messages}");
    assert!(messages.contains("error code 0xC02090BC occurred"), "{messages}");
}

#[test]
fn plans_that_make_no_sense_are_refused_with_their_codes() {
    let refused = |change: &dyn Fn(&mut Component)| {
        let mut rig = rig("1|a|b", false, Disposition::FailComponent);
        change(&mut rig.pipeline.components[1]);
        rig.run().errors().lines().next().unwrap_or_default().to_owned()
    };
    let refer = |component: &mut Component, column: usize, to: &str| {
        component.inputs[0].columns[column].properties[0] =
            testing::property("FileDataColumnID", to);
    };
    let all = [
        refused(&|c| refer(c, 0, "#{Imp.gone}")),
        refused(&|c| refer(c, 0, "0")),
        refused(&|c| refer(c, 1, "#{Imp.note}")),
        refused(&|c| c.outputs[0].columns[0].data_type = model::DataType::I4),
        refused(&|c| {
            c.inputs[0].columns[1].properties.push(testing::property("ExpectBOM", "true"));
        }),
        refused(&|c| c.inputs[0].columns[0].lineage_id = "Src.n".to_owned()),
    ];
    assert_snapshot!(all.join("\n"), @r#"
    E C0208029 Imp [7]: The column "Imp.gone" that "Imp.Inputs[In].Columns[f]" refers to could not be found.
    E C0208037 Imp [7]: No input column refers to "Imp.Outputs[Out].Columns[note]".
    E C0208036 Imp [7]: Several input columns refer to "Imp.Outputs[Out].Columns[note]".
    E C0208038 Imp [7]: "Imp.Outputs[Out].Columns[note]" has the type DT_I4; it must be DT_TEXT, DT_NTEXT or DT_IMAGE in a known code page.
    E C020803A Imp [7]: "Imp.Inputs[In].Columns[g]" expects a byte-order mark, but "Imp.Outputs[Out].Columns[text]" is DT_TEXT,1252; only DT_NTEXT has one.
    E C0208039 Imp [7]: "Imp.Inputs[In].Columns[f]" names files; it must be DT_STR or DT_WSTR.
    "#);
}
