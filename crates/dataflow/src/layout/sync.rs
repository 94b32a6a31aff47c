//! Which input an output passes on.

use package::Pipeline;

use super::Port;

/// The input that the output names; `None` for an output with rows of its own.
pub(super) fn input_of(pipeline: &Pipeline, output: Port) -> Option<Port> {
    let component = &pipeline.components[output.component];
    let wanted = component.outputs[output.port].synchronous_input.as_deref()?;
    let port = component.inputs.iter().position(|input| input.ref_id == wanted)?;
    Some(Port { component: output.component, port })
}
