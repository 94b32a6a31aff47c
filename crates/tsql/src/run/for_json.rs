//! FOR JSON.
use super::scope::Outer;
use super::state::Run;
use super::step::{Boxed, Step};
use crate::host::Row;
use crate::plan::ForJsonNode;
use crate::value::SqlError;
pub(super) struct ForJsonStep<'a> {
    _node: &'a ForJsonNode,
    _input: Boxed<'a>,
}
impl<'a> ForJsonStep<'a> {
    pub(super) fn new(node: &'a ForJsonNode, input: Boxed<'a>) -> Self {
        Self { _node: node, _input: input }
    }
}
impl<'a> Step<'a> for ForJsonStep<'a> {
    fn next(&mut self, _: &Run<'a>, _: Outer<'_>) -> Result<Option<Row>, SqlError> {
        Err(SqlError::unsupported("FOR JSON"))
    }
}
