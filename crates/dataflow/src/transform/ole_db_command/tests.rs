use model::{DataType, Span};
use package::{ComponentClass, Disposition, ExternalColumn};

use crate::source::database::tests::{File, on_db};
use crate::testing::{self, Rig};

fn rig(file: &File, disposition: Disposition) -> Rig {
    let mut rig = Rig::new();
    file.connect(&mut rig);
    let text = "UPDATE stock SET n = ? WHERE id = ?";
    let mut command = on_db(ComponentClass::OleDbCommand, "Set", &[("SqlCommand", text)]);
    let mut input = testing::input("Set", "In", &["Src.id", "Src.n"]);
    input.dispositions = testing::dispose(disposition);
    for (at, data_type) in [DataType::I4, DataType::I4].into_iter().enumerate() {
        input.external_columns.push(ExternalColumn {
            ref_id: format!("Set.External[{at}]"),
            name: format!("Param_{at}"),
            data_type,
            properties: Vec::new(),
            span: Span::default(),
        });
    }
    input.columns[0].external_column = "Set.External[1]".to_owned();
    input.columns[1].external_column = "Set.External[0]".to_owned();
    command.inputs.push(input);
    let mut output = testing::output("Set", "Out", "");
    output.synchronous_input = Some("Set.Inputs[In]".to_owned());
    command.outputs.push(output);
    command.outputs.push(testing::error_output("Set", "In"));
    rig.source("Src", "id i4, n wstr:9", "1|10\n2|-5\n3|many\n4|40");
    rig.add(command).path("Src.Out", "Set.In");
    rig.sink("Done", &["Src.id"]).path("Set.Out", "Done.In");
    rig.sink("Errors", &["Src.id", "Set.ErrorCode"]).path("Set.Error", "Errors.In");
    rig
}

const STOCK: &str = "CREATE TABLE stock (id INTEGER, n INTEGER CHECK (n > 0));
    INSERT INTO stock VALUES (1, 1), (2, 2), (3, 3), (4, 4);";

#[test]
fn each_row_executes_the_statement_and_a_bad_one_leaves_by_the_error_output() {
    let file = File::new(STOCK);
    let outcome = rig(&file, Disposition::RedirectRow).run();
    assert_eq!(outcome.rows("Done"), "1\n4", "{}", outcome.messages());
    let (integrity, conversion) = (0xC020_9070_u32.cast_signed(), 0xC020_9069_u32.cast_signed());
    assert_eq!(outcome.rows("Errors"), format!("2|{integrity}\n3|{conversion}"));
    assert_eq!(file.rows("SELECT n FROM stock ORDER BY id"), "10\n2\n3\n40");
}

#[test]
fn a_bad_row_fails_the_component_and_rows_before_it_stay_done() {
    let file = File::new(STOCK);
    let outcome = rig(&file, Disposition::FailComponent).run();
    assert!(outcome.messages().contains("C0202009"), "{}", outcome.messages());
    assert_eq!(file.rows("SELECT n FROM stock ORDER BY id"), "10\n2\n3\n4");
}
