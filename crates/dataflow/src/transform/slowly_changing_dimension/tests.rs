use model::{DataType, Span};
use package::{ComponentClass, ExternalColumn};

use crate::source::database::tests::{File, on_db};
use crate::testing::{self, Outcome, Rig};

const DIMENSION: &str = "CREATE TABLE dim (code TEXT, city TEXT, grade TEXT, born TEXT, current BOOLEAN, inferred BOOLEAN);
    INSERT INTO dim VALUES ('a', 'Ljubljana', 'low', '1970', 1, 0), ('a', 'Koper', 'low', '1970', 0, 0),
        ('b', 'Maribor', NULL, '1980', 1, 0), ('c', NULL, NULL, NULL, 1, 1), ('d', 'Celje', 'low', '1990', 1, 0);";

const ROWS: &str = "a|Ljubljana|low|1970\nb|Maribor|high|1980\nc|Kranj|low|1999\nd|celje|low|1990\nd|Celje|low|1991\nd|Ptuj|high|1990\nx|Bled|low|2000\nb|Maribor|NULL|1980";

/// `city` is historical, `grade` changing, `born` fixed.
fn rig(file: &File, properties: &[(&str, &str)]) -> Rig {
    let mut all = vec![
        ("SqlCommand", "SELECT code, city, grade, born, inferred FROM dim"),
        ("CurrentRowWhere", "current = 1"),
        ("InferredMemberIndicator", "inferred"),
        ("FailOnFixedAttributeChange", "false"),
    ];
    for (name, text) in properties {
        all.retain(|property| property.0 != *name);
        all.push((name, text));
    }
    let mut scd = on_db(ComponentClass::SlowlyChangingDimension, "Scd", &all);
    let mut input = testing::input("Scd", "In", &["Src.code", "Src.city", "Src.grade", "Src.born"]);
    for (column, kind) in input.columns.iter_mut().zip(["1", "3", "2", "4"]) {
        column.properties.push(testing::property("ColumnType", kind));
        let external = format!("Scd.External[{}]", column.name);
        column.external_column.clone_from(&external);
        input.external_columns.push(ExternalColumn {
            ref_id: external,
            name: column.name.to_uppercase(),
            data_type: DataType::WStr { length: 20 },
            properties: Vec::new(),
            span: Span::default(),
        });
    }
    scd.inputs.push(input);
    let mut rig = Rig::new();
    file.connect(&mut rig);
    rig.source("Src", "code wstr:5, city wstr:20, grade wstr:5, born wstr:4", ROWS);
    rig.path("Src.Out", "Scd.In");
    for (name, group) in [
        ("Unchanged", 1),
        ("New", 1),
        ("Fixed", 1),
        ("Changing", 1),
        ("Historical", 2),
        ("Inferred", 1),
    ] {
        let mut output = testing::output("Scd", name, "");
        output.synchronous_input = Some("Scd.Inputs[In]".to_owned());
        output.exclusion_group = group;
        scd.outputs.push(output);
        rig.sink(name, &["Src.code", "Src.city"]);
        rig.path(&format!("Scd.{name}"), &format!("{name}.In"));
    }
    rig.add(scd);
    rig
}

fn shown(outcome: &Outcome) -> String {
    let names = ["Unchanged", "New", "Fixed", "Changing", "Historical", "Inferred"];
    let lines = names.map(|name| format!("{name}: {}", outcome.rows(name).replace('\n', " ")));
    lines.join("\n")
}

#[test]
fn each_row_leaves_by_its_kind_of_change() {
    let file = File::new(DIMENSION);
    for batch_rows in [1, 3, 100] {
        let outcome = rig(&file, &[]).batch_rows(batch_rows).run();
        assert!(outcome.result.is_ok(), "{}", outcome.messages());
        insta::allow_duplicates! {
            insta::assert_snapshot!(shown(&outcome), @r"
            Unchanged: a|Ljubljana b|Maribor
            New: x|Bled
            Fixed: d|Celje
            Changing: b|Maribor
            Historical: d|celje d|Ptuj
            Inferred: c|Kranj
            ");
        }
    }
}

#[test]
fn changing_attributes_are_updated_in_history_too_when_the_package_says_so() {
    let file = File::new(DIMENSION);
    let outcome = rig(&file, &[("UpdateChangingAttributeHistory", "true")]).run();
    assert_eq!(outcome.rows("Changing"), "b|Maribor\nd|Ptuj", "{}", outcome.messages());
    assert_eq!(outcome.rows("Historical"), "d|celje\nd|Ptuj");
}

#[test]
fn without_an_indicator_a_member_is_inferred_when_all_of_it_is_null() {
    let file = File::new(DIMENSION);
    let outcome = rig(&file, &[("InferredMemberIndicator", "")]).run();
    assert_eq!(outcome.rows("Inferred"), "c|Kranj", "{}", outcome.messages());
    let outcome = rig(&file, &[("EnableInferredMember", "false")]).run();
    assert_eq!(outcome.rows("Fixed"), "c|Kranj\nd|Celje", "{}", outcome.messages());
}

#[test]
fn rows_are_not_looked_up_when_all_are_new() {
    let file = File::new(DIMENSION);
    let outcome = rig(&file, &[("IncomingRowChangeType", "0")]).run();
    assert_eq!(outcome.rows("New").lines().count(), 8, "{}", outcome.messages());
}

#[test]
fn a_fixed_change_or_a_missing_row_fails_where_the_package_says_so() {
    let file = File::new(DIMENSION);
    let outcome = rig(&file, &[("FailOnFixedAttributeChange", "true")]).run();
    assert!(outcome.messages().contains("C020803C"), "{}", outcome.messages());
    let outcome = rig(&file, &[("FailOnLookupFailure", "true")]).run();
    assert!(outcome.messages().contains("C020803D"), "{}", outcome.messages());
}

#[test]
fn what_cannot_be_compared_is_found_before_any_row_moves() {
    let file = File::new(DIMENSION);
    let mut typed = rig(&file, &[]);
    let scd = typed.pipeline.components.iter_mut().find(|c| c.name == "Scd").unwrap();
    scd.inputs[0].external_columns[1].data_type = DataType::I4;
    assert!(typed.run().messages().contains("C020802D"));
    let scd = typed.pipeline.components.iter_mut().find(|c| c.name == "Scd").unwrap();
    scd.inputs[0].columns.remove(0);
    scd.inputs[0].external_columns[1].data_type = DataType::WStr { length: 20 };
    assert!(typed.run().messages().contains("C020803E"));
    let missing = rig(&file, &[("SqlCommand", "SELECT code, city, grade FROM dim")]);
    assert!(missing.run().messages().contains("C020803F"), "{}", missing.run().messages());
}
