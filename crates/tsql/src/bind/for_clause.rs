//! FOR XML and FOR JSON.
//!
//! Source: T-SQL reference, "FOR XML (SQL Server)", "Format query results as JSON with FOR JSON".

use super::error::{Bind, fail, json_unnamed, refuse, xml_unnamed};
use super::query::Bound;
use crate::ast::{ForClause, ForJson, ForXml, Place, XmlMode};
use crate::host::Column;
use crate::plan::{ForJsonNode, ForXmlNode, Node};
use crate::types::SqlType;

/// The names that the one column has, by which clients know what they read.
const XML_COLUMN: &str = "XML_F52E2B61-18A1-11d1-B105-00805F49916B";
const JSON_COLUMN: &str = "JSON_F52E2B61-18A1-11d1-B105-00805F49916B";

/// The rows of a query as one value.
pub(super) fn wrapped(bound: Bound, clause: &ForClause, place: Place) -> Bind<Bound> {
    match clause {
        ForClause::Xml(options) => xml(bound, options, place),
        ForClause::Json(options) => json(bound, options, place),
    }
}

fn xml(bound: Bound, options: &ForXml, place: Place) -> Bind<Bound> {
    let [mode] = options.modes.as_slice() else {
        return refuse(place, "FOR XML with more than one mode");
    };
    let unnamed = bound.columns.iter().any(|column| column.name.is_empty());
    match mode {
        XmlMode::Explicit => return refuse(place, "FOR XML EXPLICIT"),
        XmlMode::Raw(_) | XmlMode::Auto if unnamed => return fail(place, xml_unnamed()),
        XmlMode::Raw(_) | XmlMode::Auto | XmlMode::Path(_) => {}
    }
    if *mode == XmlMode::Auto && bound.origins.iter().all(Option::is_none) {
        let message = "FOR XML AUTO requires at least one table for generating XML tags. Use FOR \
                       XML RAW or add a FROM clause with a table name.";
        return fail(place, crate::value::SqlError::new(6810, 16, 1, message));
    }
    let ty = if options.typed { SqlType::Xml } else { SqlType::NVARCHAR_MAX };
    let node = Node::ForXml(Box::new(ForXmlNode {
        input: bound.node,
        columns: bound.columns,
        tables: bound.origins,
        options: options.clone(),
    }));
    Ok(single(node, Column::new(XML_COLUMN, ty)))
}

fn json(bound: Bound, options: &ForJson, place: Place) -> Bind<Bound> {
    if bound.columns.iter().any(|column| column.name.is_empty()) {
        return fail(place, json_unnamed());
    }
    if options.root.is_some() && options.without_array_wrapper {
        let message = "ROOT option and WITHOUT_ARRAY_WRAPPER option cannot be used together in \
                       FOR JSON. Remove one of these options.";
        return fail(place, crate::value::SqlError::new(13620, 16, 1, message));
    }
    let node = Node::ForJson(Box::new(ForJsonNode {
        input: bound.node,
        columns: bound.columns,
        tables: bound.origins,
        options: options.clone(),
    }));
    Ok(single(node, Column::new(JSON_COLUMN, SqlType::NVARCHAR_MAX)))
}

fn single(node: Node, column: Column) -> Bound {
    Bound { node, columns: vec![column], bare: vec![false], origins: vec![None], set_based: true }
}
