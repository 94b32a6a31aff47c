use package::ComponentClass;

use crate::testing::{self, Rig};

#[test]
fn two_sorted_inputs_become_one_at_every_batch_size() {
    for batch_rows in [1, 2, 7, 1024] {
        let mut rig = Rig::new();
        rig.source("A", "k i4, x wstr:5", "NULL|a0\n1|a1\n3|a3\n3|a3b").source(
            "B",
            "k i4, x wstr:5",
            "1|b1\n2|b2\n3|b3\n9|b9",
        );
        let mut merge = testing::component(ComponentClass::Merge, "Merge");
        for (input, source) in [("In1", "A"), ("In2", "B")] {
            let component = rig.pipeline.components.iter_mut().find(|c| c.name == source).unwrap();
            component.outputs[0].is_sorted = true;
            component.outputs[0].columns[0].sort_key_position = 1;
            let mut input =
                testing::input("Merge", input, &[&format!("{source}.k"), &format!("{source}.x")]);
            input.columns[0]
                .properties
                .push(testing::property("OutputColumnLineageID", "#{Merge.k}"));
            input.columns[1]
                .properties
                .push(testing::property("OutputColumnLineageID", "#{Merge.x}"));
            merge.inputs.push(input);
        }
        merge.outputs.push(testing::output("Merge", "Out", "k i4, x wstr:5"));
        rig.add(merge).sink("Sink", &["Merge.k", "Merge.x"]).batch_rows(batch_rows);
        rig.path("A.Out", "Merge.In1").path("B.Out", "Merge.In2").path("Merge.Out", "Sink.In");
        let outcome = rig.run();
        assert_eq!(outcome.messages(), "");
        assert_eq!(outcome.rows("Sink"), "NULL|a0\n1|a1\n1|b1\n2|b2\n3|a3\n3|a3b\n3|b3\n9|b9");
    }
}
