//! XML documents that tasks and enumerators read, and XPath 1.0 over them.
//!
//! Path expressions are evaluated by libxml2's `xsltproc`, documents are put together here.
//! Nothing outside a document is read for it. Rules: XPath 1.0; control-flow facts 4.3 and 9.9.

mod ask;
mod number;
mod operand;
pub(crate) mod program;

use model::dts;
use uppsala::{Document, Parser, XmlError};

pub(crate) use self::ask::{Found, Node, Question, XSLTPROC, ask};
pub(crate) use self::operand::{Role, file, missing, of_connection, resolve, text};
use crate::evaluate::{self, Mistake};

/// How deep elements may lie in each other.
const DEPTH_MAX: u32 = 512;

/// A document that cannot be read: a sentence without its full stop.
pub(crate) type Wrong = String;

/// Reads a document as it is.
pub(crate) fn parse(text: &str) -> Result<Document<'_>, Wrong> {
    let parser = Parser::new().with_max_depth(DEPTH_MAX);
    let text = text.trim_start_matches('\u{FEFF}');
    parser.parse(text).map_err(|error: XmlError| {
        format!("the XML document cannot be read: {}", evaluate::chain(&error))
    })
}

/// A mistake that has no number of its own.
pub(crate) fn went_wrong(reason: &str) -> Mistake {
    Mistake::new(
        dts::DTS_E_ERROROCCURREDWITHFOLLOWINGMESSAGE,
        format!("An error occurred with the following error message: \"{reason}\"."),
    )
}
