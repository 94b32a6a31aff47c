use package::{ComponentClass, Disposition};

use crate::source::database::tests::{File, on_db};
use crate::testing::{self, Rig};

const NAMES: &str = "CREATE TABLE names (id INTEGER, name TEXT);
    INSERT INTO names VALUES (1, 'one'), (2, 'two'), (2, 'again'), (NULL, 'none');";

fn rig(file: &File, cache_type: &str, no_match: &str, disposition: Disposition) -> Rig {
    let mut rig = Rig::new();
    file.connect(&mut rig);
    let properties = [
        ("CacheType", cache_type),
        ("NoMatchBehavior", no_match),
        ("SqlCommand", "SELECT id, name FROM names"),
        (
            "SqlCommandParam",
            "select * from (SELECT id, name FROM names) [refTable] where [refTable].[id] = ?",
        ),
        ("ParameterMap", "#{Src.id};"),
    ];
    let mut lookup = on_db(ComponentClass::Lookup, "Find", &properties);
    let mut input = testing::input("Find", "In", &["Src.id"]);
    input.columns[0].properties.push(testing::property("JoinToReferenceColumn", "id"));
    lookup.inputs.push(input);
    let mut output = testing::output("Find", "Match", "name wstr:5");
    output.synchronous_input = Some("Find.Inputs[In]".to_owned());
    output.exclusion_group = 1;
    output.dispositions = testing::dispose(disposition);
    output.columns[0].properties.push(testing::property("CopyFromReferenceColumn", "Name"));
    lookup.outputs.push(output);
    let mut none = testing::output("Find", "None", "");
    none.synchronous_input = Some("Find.Inputs[In]".to_owned());
    none.exclusion_group = 1;
    lookup.outputs.push(none);
    rig.source("Src", "id i4", "2\n7\n1\nNULL\n2").add(lookup).path("Src.Out", "Find.In");
    rig.sink("Found", &["Src.id", "Find.name"]).path("Find.Match", "Found.In");
    rig.sink("Missed", &["Src.id"]).path("Find.None", "Missed.In");
    rig
}

#[test]
fn the_first_reference_row_counts_and_null_matches_null_in_full_cache_only() {
    let file = File::new(NAMES);
    for batch_rows in [1, 7] {
        let run = |cache_type| {
            rig(&file, cache_type, "1", Disposition::FailComponent).batch_rows(batch_rows).run()
        };
        let full = run("0");
        assert_eq!(full.rows("Missed"), "7");
        assert_eq!(full.rows("Found"), "2|two\n1|one\nNULL|none\n2|two", "{}", full.messages());
        for cache_type in ["1", "2"] {
            let asked = run(cache_type);
            assert_eq!(asked.rows("Found"), "2|two\n1|one\n2|two", "{}", asked.messages());
            assert_eq!(asked.rows("Missed"), "7\nNULL");
        }
    }
}

#[test]
fn a_row_without_a_match_fails_the_lookup_or_has_null() {
    let file = File::new(NAMES);
    let outcome = rig(&file, "0", "0", Disposition::FailComponent).run();
    assert!(outcome.messages().contains("C020901E"), "{}", outcome.messages());
    let outcome = rig(&file, "1", "0", Disposition::IgnoreFailure).run();
    assert_eq!(outcome.rows("Found"), "2|two\n7|NULL\n1|one\nNULL|NULL\n2|two");
}

#[test]
fn a_reference_column_that_is_not_there_is_found_at_validation() {
    let file = File::new("CREATE TABLE names (id INTEGER, other TEXT)");
    let mut rig = rig(&file, "0", "1", Disposition::FailComponent);
    let lookup = rig.pipeline.components.iter_mut().find(|c| c.name == "Find").unwrap();
    let command = lookup.properties.iter_mut().find(|p| p.name == "SqlCommand").unwrap();
    command.value = package::PropertyValue::Text("SELECT * FROM names".to_owned());
    let messages = rig.run().messages();
    assert!(messages.contains("\"Name\" was not found"), "{messages}");
}
