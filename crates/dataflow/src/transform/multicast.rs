//! Multicast: every row leaves by every output.

use arrow_array::RecordBatch;

use crate::{Build, Invalid, Lifecycle, Outbox, Stop, Transform};

/// Sends each batch to all outputs; the columns are shared, not copied.
struct Multicast {
    outputs: usize,
}

/// Builds a Multicast.
pub(crate) fn build(build: &Build<'_>) -> Result<Box<dyn Transform>, Invalid> {
    Ok(Box::new(Multicast { outputs: build.outputs.len() }))
}

impl Lifecycle for Multicast {}

impl Transform for Multicast {
    fn process(&mut self, batch: RecordBatch, out: &mut Outbox<'_>) -> Result<(), Stop> {
        for output in 0..self.outputs {
            out.send(output, batch.clone())?;
        }
        Ok(())
    }
}
