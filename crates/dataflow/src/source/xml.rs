//! XML Source: elements of an XML text that hold others become rows, an output each.
//!
//! ```text
//!   <orders><order id="1"><item><sku>a</sku></item></order></orders>
//!       output order   id, order_Id, orders_Id
//!       output item    sku, order_Id
//! ```
//!
//! A column is an attribute or an element without elements of its own, by its name; `NAME_Text`
//! is the text of the row's own element NAME. `NAME_Id` numbers the elements NAME, from 1: of the
//! row's own element, or of the one that it stands in, unless there is an attribute or element of
//! that name. What a row lacks is NULL. A row is sent when its element ends.
//!
//! The columns were made from a schema when the package was designed; data is not validated
//! against it. Rules: data-flow facts 2.7 and the page XML Source. That RowsetID has the names of
//! elements with colons between them, the row's element last, and the numbers of elements, are
//! inferred.

mod plan;
mod rows;

use std::path::PathBuf;

use connect::xml::{Node, Reader, XmlError};
use model::{Value, dts};

use crate::{Build, Context, Failure, Invalid, Lifecycle, Outbox, Source, Stop};
use plan::{Plan, Rowset};
use rows::Rows;

/// Reads XML.
struct XmlSource {
    origin: Origin,
    plan: Plan,
    reader: Option<Reader>,
}

/// Where the text is, as `AccessMode` says.
enum Origin {
    File(String),
    FileOf(String),
    TextOf(String),
}

/// Builds an XML Source.
pub(crate) fn build(build: &Build<'_>) -> Result<Box<dyn Source>, Invalid> {
    let filled = |property: &str| match build.text(property).trim() {
        "" => Err(empty(build, property)),
        text => Ok(text.to_owned()),
    };
    // The variable's name has a property of its own in some versions.
    let variable = || filled("XMLDataVariable").or_else(|_| filled("XMLData"));
    let origin = match build.number("AccessMode", 0)? {
        0 => Origin::File(filled("XMLData")?),
        1 => Origin::FileOf(variable()?),
        2 => Origin::TextOf(variable()?),
        other => return Err(build.bad_property("AccessMode", &other.to_string())),
    };
    if let Origin::FileOf(name) | Origin::TextOf(name) = &origin
        && build.environment.variable(name).is_none()
    {
        return Err(Invalid::broken(
            dts::DTS_E_XMLSRCUNABLETOGETXMLDATAVARIABLE,
            format!("\"{}\" cannot get the variable \"{name}\".", build.component.name),
        ));
    }
    if !build.flag("UseInlineSchema", false)? {
        check_schema(build, &filled("XMLSchemaDefinition")?)?;
    }
    Ok(Box::new(XmlSource { origin, plan: Plan::of(build)?, reader: None }))
}

fn empty(build: &Build<'_>, property: &str) -> Invalid {
    Invalid::broken(
        dts::DTS_E_XMLSRCEMPTYPROPERTY,
        format!("The property \"{property}\" of \"{}\" is empty.", build.component.name),
    )
}

/// The schema must be there and be one.
fn check_schema(build: &Build<'_>, file: &str) -> Result<(), Invalid> {
    if !build.component.validate_external_metadata {
        return Ok(());
    }
    let failed = |why: String| {
        Invalid::broken(
            dts::DTS_E_XMLSRCFAILEDTOCREATEREADER,
            format!("\"{}\" cannot read the schema \"{file}\": {why}.", build.component.name),
        )
    };
    let path = build.environment.resolve_path(file).map_err(|error| failed(error.to_string()))?;
    let root = Reader::open(&path).and_then(|mut schema| schema.next_node());
    match root.map_err(|error| failed(with_cause(&error)))? {
        Some(Node::Open(name, _)) if name == "schema" => Ok(()),
        Some(_) | None => Err(failed("it is not an XML schema".to_owned())),
    }
}

fn with_cause(error: &XmlError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

fn unreadable(what: &str, why: &str) -> Failure {
    let text = format!("The XML data of {what} cannot be read: {why}.");
    Failure::new(dts::DTS_E_XMLSRCUNABLETOREADXMLDATA, text)
}

fn variable_text(context: &Context<'_>, name: &str) -> Result<String, Failure> {
    match context.environment().variable(name).map(|found| found.value) {
        Some(Value::Text(text)) => Ok(text.to_string()),
        Some(_) | None => Err(Failure::new(
            dts::DTS_E_XMLSRCUNABLETOGETXMLDATAVARIABLE,
            format!("The variable \"{name}\" holds no text."),
        )),
    }
}

impl Lifecycle for XmlSource {
    fn open(&mut self, context: &Context<'_>) -> Result<(), Stop> {
        let file = match &self.origin {
            Origin::File(file) => file.clone(),
            Origin::FileOf(variable) => variable_text(context, variable)?,
            Origin::TextOf(variable) => {
                self.reader = Some(Reader::from_text(&variable_text(context, variable)?));
                return context.check();
            }
        };
        let path: PathBuf = context
            .environment()
            .resolve_path(&file)
            .map_err(|error| unreadable(&format!("\"{file}\""), &error.to_string()))?;
        let reader = Reader::open(&path);
        let reader =
            reader.map_err(|error| unreadable(&format!("\"{file}\""), &with_cause(&error)))?;
        self.reader = Some(reader);
        context.check()
    }
}

/// An element that is open.
struct Open {
    name: String,
    /// Its number among those of its name.
    number: u64,
    /// Which row it is, with the texts of its columns.
    row: Option<(usize, Vec<Option<String>>)>,
    text: String,
    /// Whether it has elements.
    is_parent: bool,
    /// xsi:nil.
    is_nil: bool,
}

impl Source for XmlSource {
    fn read(&mut self, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let Some(mut reader) = self.reader.take() else { return Ok(()) };
        let mut rows = Rows::new(&self.plan);
        let mut open: Vec<Open> = Vec::new();
        let mut numbers = std::collections::HashMap::new();
        let mut seen = 0_u32;
        loop {
            seen = seen.wrapping_add(1);
            if seen.is_multiple_of(1024) {
                out.check()?;
            }
            let node = reader.next_node().map_err(|error| {
                let failure = unreadable("the source", &with_cause(&error));
                Failure { code: dts::DTS_E_XMLSRCUNABLETOPROCESSXMLDATA, ..failure }
            })?;
            match node {
                None => return rows.flush(out),
                Some(Node::Text(text)) => {
                    if let Some(own) = open.last_mut() {
                        own.text.push_str(&text);
                    }
                }
                Some(Node::Open(name, attributes)) => {
                    let own = self.opened(name, attributes, &mut open, &mut numbers);
                    open.push(own);
                }
                Some(Node::Close) => {
                    let Some(own) = open.pop() else { continue };
                    if let Some((rowset, cells)) = self.closed(own, &mut open) {
                        rows.add(rowset, cells, out)?;
                    }
                }
            }
        }
    }
}

impl XmlSource {
    fn opened(
        &self,
        name: String,
        attributes: Vec<(String, String)>,
        open: &mut [Open],
        numbers: &mut std::collections::HashMap<String, u64>,
    ) -> Open {
        if let Some(parent) = open.last_mut() {
            parent.is_parent = true;
        }
        let number = if self.plan.numbered.contains(&name) {
            let last = numbers.entry(name.clone()).or_insert(0);
            *last += 1;
            *last
        } else {
            0
        };
        let is_nil = attributes
            .iter()
            .any(|(name, value)| name == "nil" && matches!(value.trim(), "true" | "1"));
        let path = |at: usize| match open.len().checked_sub(at) {
            Some(0) | None => None,
            Some(left) => open.get(left - 1).map(|own| own.name.as_str()),
        };
        let rowset = self.plan.rowsets.iter().position(|rowset| rowset.is(&name, path));
        let row = rowset.map(|rowset| {
            let own = &self.plan.rowsets[rowset];
            let mut cells = own.keys(&name, number, |wanted| {
                open.iter().rev().find(|own| own.name == wanted).map(|own| own.number)
            });
            for (attribute, value) in attributes {
                own.put(&mut cells, &attribute, value);
            }
            (rowset, cells)
        });
        Open { name, number, row, text: String::new(), is_parent: false, is_nil }
    }

    /// What an element that ends is: a row, or a value of the row that it stands in.
    fn closed(&self, own: Open, open: &mut [Open]) -> Option<(usize, Vec<Option<String>>)> {
        if let Some((rowset, mut cells)) = own.row {
            let layout: &Rowset = &self.plan.rowsets[rowset];
            if !own.is_nil {
                layout.put(&mut cells, &format!("{}_Text", own.name), own.text);
            }
            return Some((rowset, cells));
        }
        if own.is_parent || own.is_nil {
            return None;
        }
        if let Some((rowset, cells)) = open.last_mut().and_then(|parent| parent.row.as_mut()) {
            self.plan.rowsets[*rowset].put(cells, &own.name, own.text);
        }
        None
    }
}

#[cfg(test)]
mod tests;
