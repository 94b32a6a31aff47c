use std::path::Path;

use insta::assert_snapshot;
use package::{Component, ComponentClass, Disposition};

use crate::testing::{self, Rig};

/// Writes `note` and `pic` to the files named by `f` and `g`.
fn rig(rows: &str, flag: &str, disposition: Disposition) -> Rig {
    let mut rig = Rig::new();
    rig.source("Src", "f wstr:200, note nText, g str:200, pic text", rows);
    let mut export = testing::component(ComponentClass::ExportColumn, "Exp");
    let mut input = testing::input("Exp", "In", &["Src.f", "Src.note", "Src.g", "Src.pic"]);
    for (column, data) in input.columns.iter_mut().zip(["#{Src.note}", "0", "#{Src.pic}", "0"]) {
        column.properties.push(testing::property("FileDataColumnID", data));
        column.properties.push(testing::property("WriteBOM", "true"));
        column.properties.push(testing::property(flag, "true"));
        column.dispositions = testing::dispose(disposition);
    }
    export.inputs.push(input);
    let mut output = testing::output("Exp", "Out", "");
    output.synchronous_input = Some("Exp.Inputs[In]".to_owned());
    export.outputs.push(output);
    export.outputs.push(testing::error_output("Exp", "In"));
    rig.add(export).path("Src.Out", "Exp.In");
    rig.sink("Sink", &["Src.note"]).path("Exp.Out", "Sink.In");
    rig
}

fn rows(folder: &Path) -> String {
    let at = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    format!("{}|ä1|{}|é\n{}|NULL|{}|x", at("a.txt"), at("b.txt"), at("c.txt"), at("d.txt"))
}

#[test]
fn objects_are_written_in_their_encodings() {
    let folder = tempfile::tempdir().unwrap();
    let outcome = rig(&rows(folder.path()), "none", Disposition::FailComponent).run();
    assert_eq!(outcome.rows("Sink"), "ä1\nNULL", "{}", outcome.messages());
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    assert_eq!(read("a.txt"), [0xFF, 0xFE, 0xE4, 0, b'1', 0]);
    assert_eq!(read("b.txt"), [0xE9]);
    assert_eq!(read("c.txt"), [0xFF, 0xFE]);
    assert_eq!(read("d.txt"), b"x");
}

#[test]
fn a_file_that_exists_is_an_error_unless_it_is_appended_to_or_truncated() {
    let folder = tempfile::tempdir().unwrap();
    let rows = rows(folder.path());
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    rig(&rows, "none", Disposition::FailComponent).run();
    rig(&rows, "AllowAppend", Disposition::FailComponent).run();
    assert_eq!(read("a.txt"), [0xFF, 0xFE, 0xE4, 0, b'1', 0, 0xE4, 0, b'1', 0]);
    rig(&rows, "ForceTruncate", Disposition::FailComponent).run();
    assert_eq!(read("b.txt"), [0xE9]);
    let messages = rig(&rows, "none", Disposition::FailComponent).run().errors();
    assert!(messages.starts_with("E C0208023 Exp"), "{messages}");
    assert!(messages.contains("error code 0xC02090A7 occurred"), "{messages}");
    let mut redirected = rig(&rows, "none", Disposition::RedirectRow);
    redirected.sink("Bad", &["Src.note", "Exp.ErrorCode"]).path("Exp.Error", "Bad.In");
    let outcome = redirected.run();
    assert_eq!(outcome.rows("Bad"), "ä1|-1071607641\nNULL|-1071607641");
    assert_eq!(outcome.rows("Sink"), "");
    assert_eq!(rig(&rows, "none", Disposition::IgnoreFailure).run().rows("Sink"), "ä1\nNULL");
}

#[test]
fn plans_that_make_no_sense_are_refused_with_their_codes() {
    let refused = |change: &dyn Fn(&mut Component)| {
        let mut rig = rig("a|b|c|d", "none", Disposition::FailComponent);
        change(&mut rig.pipeline.components[1]);
        rig.run().errors().lines().next().unwrap_or_default().to_owned()
    };
    let refer = |component: &mut Component, column: usize, to: &str| {
        component.inputs[0].columns[column].properties[0] =
            testing::property("FileDataColumnID", to);
    };
    let all = [
        refused(&|c| refer(c, 0, "0")),
        refused(&|c| refer(c, 0, "#{Src.gone}")),
        refused(&|c| refer(c, 0, "#{Src.pic}")),
        refused(&|c| refer(c, 0, "#{Src.g}")),
        refused(&|c| refer(c, 1, "#{Src.pic}")),
        refused(&|c| {
            for flag in ["AllowAppend", "ForceTruncate"] {
                c.inputs[0].columns[0].properties.push(testing::property(flag, "true"));
            }
        }),
    ];
    assert_snapshot!(all.join("\n"), @r#"
    E C0208026 Exp [8]: No file path column refers to "Exp.Inputs[In].Columns[f]".
    E C0208027 Exp [8]: The column "Src.gone" that "Exp.Inputs[In].Columns[f]" refers to could not be found.
    E C0208034 Exp [8]: "Exp.Inputs[In].Columns[g]" refers to a column that another file path column refers to.
    E C0208028 Exp [8]: "Exp.Inputs[In].Columns[g]", which "Exp.Inputs[In].Columns[f]" refers to, has the type DT_STR,200,1252; it must be DT_TEXT, DT_NTEXT or DT_IMAGE in a known code page.
    E C0208032 Exp [8]: "Exp.Inputs[In].Columns[note]" names files; it must be DT_STR or DT_WSTR.
    E C0208033 Exp [8]: "Exp.Inputs[In].Columns[f]" has both AllowAppend and ForceTruncate; only one can be on.
    "#);
}
