//! Balanced Data Distributor: whole batches, to one output after the other.

use arrow_array::RecordBatch;

use crate::{Build, Invalid, Lifecycle, Outbox, Stop, Transform};

/// Deals batches out.
struct Distributor {
    /// The outputs that have a path.
    outputs: Vec<usize>,
    next: usize,
}

/// Builds a Balanced Data Distributor.
pub(crate) fn build(build: &Build<'_>) -> Result<Box<dyn Transform>, Invalid> {
    let attached = build.outputs.iter().enumerate().filter(|(_, output)| output.attached);
    Ok(Box::new(Distributor { outputs: attached.map(|(number, _)| number).collect(), next: 0 }))
}

impl Lifecycle for Distributor {}

impl Transform for Distributor {
    fn process(&mut self, batch: RecordBatch, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let Some(&output) = self.outputs.get(self.next) else { return out.check() };
        self.next = (self.next + 1) % self.outputs.len();
        out.send(output, batch)
    }
}

#[cfg(test)]
mod tests {
    use package::ComponentClass;

    use crate::testing::{self, Rig};

    #[test]
    fn batches_go_to_the_attached_outputs_in_turn() {
        let mut rig = Rig::new();
        rig.source("Src", "a i4", "1\n2\n3\n4\n5");
        let mut deal = testing::component(ComponentClass::BalancedDataDistributor, "Deal");
        deal.inputs.push(testing::input("Deal", "In", &[]));
        for name in ["One", "Loose", "Two"] {
            let mut output = testing::output("Deal", name, "");
            output.synchronous_input = Some("Deal.Inputs[In]".to_owned());
            output.exclusion_group = 1;
            deal.outputs.push(output);
        }
        rig.add(deal).sink("One", &["Src.a"]).sink("Two", &["Src.a"]).batch_rows(2);
        rig.path("Src.Out", "Deal.In").path("Deal.One", "One.In").path("Deal.Two", "Two.In");
        let outcome = rig.run();
        assert_eq!(outcome.rows("One"), "1\n2\n5");
        assert_eq!(outcome.rows("Two"), "3\n4");
    }
}
