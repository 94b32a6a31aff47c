use insta::assert_snapshot;
use package::{Component, ComponentClass};

use crate::testing::{self, Rig};

/// `ham` and `soda` to `qty`, `hamp` and `sodap` to `price`.
fn rig(rows: &str) -> Rig {
    let mut rig = Rig::new();
    rig.source("Src", "who wstr:5, ham i4, soda i4, hamp r8, sodap r8", rows);
    let mut unpivot = testing::component(ComponentClass::Unpivot, "Unp");
    let lineages = ["Src.who", "Src.ham", "Src.soda", "Src.hamp", "Src.sodap"];
    let mut input = testing::input("Unp", "In", &lineages);
    let targets =
        [("who", ""), ("qty", "Ham"), ("qty", "Soda"), ("price", "Ham"), ("price", "Soda")];
    for (column, (target, value)) in input.columns.iter_mut().zip(targets) {
        let target = format!("#{{Unp.{target}}}");
        column.properties.push(testing::property("DestinationColumn", &target));
        column.properties.push(testing::property("PivotKeyValue", value));
    }
    unpivot.inputs.push(input);
    let mut output = testing::output("Unp", "Out", "who wstr:5, what wstr:9, qty i4, price r8");
    output.columns[1].properties.push(testing::property("PivotKey", "true"));
    unpivot.outputs.push(output);
    rig.add(unpivot).path("Src.Out", "Unp.In");
    rig.sink("Sink", &["Unp.who", "Unp.what", "Unp.qty", "Unp.price"]).path("Unp.Out", "Sink.In");
    rig
}

#[test]
fn each_column_becomes_a_row_and_a_row_of_nulls_only_one() {
    let rows = "Kate|2|5|1.5|2\nFred|NULL|NULL|NULL|NULL\nNULL|NULL|4|NULL|3\nLee|NULL|NULL|9|NULL";
    for batch_rows in [1, 2, 7, 1024, 65_536] {
        let mut rig = rig(rows);
        let outcome = rig.batch_rows(batch_rows).run();
        assert_eq!(
            outcome.rows("Sink"),
            "Kate|Ham|2|1.5\nKate|Soda|5|2\nFred|Soda|NULL|NULL\nNULL|Soda|4|3\nLee|Ham|NULL|9",
            "{}",
            outcome.messages()
        );
    }
}

#[test]
fn plans_that_make_no_sense_are_refused_with_their_codes() {
    let refused = |change: &dyn Fn(&mut Component)| {
        let mut rig = rig("Kate|2|5|1.5|2");
        change(&mut rig.pipeline.components[1]);
        rig.run().errors().lines().next().unwrap_or_default().to_owned()
    };
    let set = |component: &mut Component, column: usize, name: &str, text: &str| {
        let properties = &mut component.inputs[0].columns[column].properties;
        properties.retain(|property| property.name != name);
        properties.push(testing::property(name, text));
    };
    let all = [
        refused(&|c| c.outputs[0].columns[1].properties.clear()),
        refused(&|c| {
            c.outputs[0].columns[0].properties.push(testing::property("PivotKey", "true"))
        }),
        refused(&|c| set(c, 1, "DestinationColumn", "#{Unp.nothing}")),
        refused(&|c| set(c, 2, "PivotKeyValue", "Ham")),
        refused(&|c| set(c, 3, "PivotKeyValue", "Beer")),
        refused(&|c| set(c, 3, "PivotKeyValue", "")),
        refused(&|c| c.outputs[0].columns[2].data_type = model::DataType::I8),
        refused(&|c| c.outputs[0].columns.push(testing::output_column("Unp", "more i4"))),
        refused(&|c| c.outputs[0].columns[1].data_type = model::DataType::I4),
    ];
    assert_snapshot!(all.join("\n"), @r#"
    E C02020AA Unp [9]: "Unp" needs exactly one output column for the pivot key values, and has 0.
    E C02020A8 Unp [9]: "Unp" needs exactly one output column for the pivot key values, and has 2.
    E C02020AB Unp [9]: The output column "Unp.nothing" that "Unp.Inputs[In].Columns[ham]" goes to could not be found.
    E C02020A3 Unp [9]: Several columns that go to "Unp.Outputs[Out].Columns[qty]" have the pivot key value "Ham".
    E C02020A5 Unp [9]: The pivot key values must be the same for all destinations: none of the columns that go to "Unp.Outputs[Out].Columns[qty]" has "Beer".
    E C02020AC Unp [9]: A column that is passed through goes to "Unp.Outputs[Out].Columns[price]" beside another column.
    E C02020A6 Unp [9]: All input columns that go to "Unp.Outputs[Out].Columns[qty]" must have its data type DT_I8; "Unp.Inputs[In].Columns[ham]" has DT_I4.
    E C02020A9 Unp [9]: No input column goes to "Unp.Outputs[Out].Columns[more]".
    E C02020A7 Unp [9]: The pivot key value "Ham" cannot be converted to the type DT_I4 of "Unp.Outputs[Out].Columns[what]": the value cannot be converted to the target type.
    "#);
}
