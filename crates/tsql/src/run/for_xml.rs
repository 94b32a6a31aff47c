//! FOR XML.
use super::scope::Outer;
use super::state::Run;
use super::step::{Boxed, Step};
use crate::host::Row;
use crate::plan::ForXmlNode;
use crate::value::SqlError;
pub(super) struct ForXmlStep<'a> {
    _node: &'a ForXmlNode,
    _input: Boxed<'a>,
}
impl<'a> ForXmlStep<'a> {
    pub(super) fn new(node: &'a ForXmlNode, input: Boxed<'a>) -> Self {
        Self { _node: node, _input: input }
    }
}
impl<'a> Step<'a> for ForXmlStep<'a> {
    fn next(&mut self, _: &Run<'a>, _: Outer<'_>) -> Result<Option<Row>, SqlError> {
        Err(SqlError::unsupported("FOR XML"))
    }
}
