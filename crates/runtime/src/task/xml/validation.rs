//! The operation Validate, by `xmllint`: against an XML Schema 1.0, or the DTD that a document
//! names.
//!
//! The result is `true` or `false`; with ValidationDetails the document that "Validate XML with
//! the XML Task" shows, with libxml2's texts of the errors. A document whose root the schema does
//! not know is not valid: nothing was checked.

use std::path::Path;
use std::sync::Arc;

use model::dts;
use package::{XmlTask, XmlValidation};

use crate::clock;
use crate::evaluate::Mistake;
use crate::frame::Frame;
use crate::xml::program::{self, Ended, Input, Trouble};
use crate::xml::{self, Role, went_wrong};

pub(super) const XMLLINT: (&str, &str) = ("xmllint", "libxml2-utils");
/// The namespace that the documented result declares.
const NAMESPACE: &str = "http://schemas.microsoft.com/xmltools/2002/xmlvalidation";
/// What xmllint ends with when a document is not valid.
const INVALID: [i32; 2] = [3, 4];

/// What was found.
pub(super) struct Checked {
    /// The result that is saved.
    pub(super) result: String,
    findings: Vec<Finding>,
}

#[derive(Debug, PartialEq, Eq)]
struct Finding {
    line: usize,
    /// Where on the line the element's name begins, from 1, where that can be told.
    position: Option<usize>,
    text: String,
}

/// Validates the document.
pub(super) fn run(frame: &Arc<Frame>, task: &XmlTask) -> Result<Checked, Trouble> {
    let began = clock::local_text();
    let source = Input::of(frame, &task.source)?;
    let text = xml::text(frame, &task.source, Role::Document)?;
    program::refuse_external_entities(&text)?;
    let schema = match task.validation_type {
        XmlValidation::Xsd => Some(Input::of(frame, &task.second)?),
        XmlValidation::Dtd => None,
    };
    let mut arguments: Vec<&Path> = vec![Path::new("--nonet"), Path::new("--noout")];
    match &schema {
        Some(schema) => arguments.extend([Path::new("--schema"), &*schema.path]),
        None => arguments.push(Path::new("--valid")),
    }
    arguments.push(&source.path);
    let ended = program::run(frame, XMLLINT, &arguments)?;
    let findings = judged(&ended, &source, schema.as_ref(), &text)?;
    let is_valid = findings.is_empty();
    let result = if task.validation_details {
        let names = (source.name.as_str(), schema.as_ref().map(|schema| schema.name.as_str()));
        details(&findings, &began, names)
    } else {
        is_valid.to_string()
    };
    Ok(Checked { result, findings })
}

impl Checked {
    /// What an invalid document means for the task.
    pub(super) fn judge(&self, frame: &Arc<Frame>, task: &XmlTask) -> Result<(), Mistake> {
        let Some(first) = self.findings.first() else { return Ok(()) };
        let said = format!("line {}: {}", first.line, first.text);
        if task.fail_on_invalid {
            return Err(Mistake::new(
                dts::DTS_E_XMLTASK_VALIDATIONERROR,
                format!(
                    "A validation error occurred when validating the instance document. {said}"
                ),
            ));
        }
        let code = dts::DTS_W_XMLTASK_VALIDATIONFAILURE;
        frame.warning(code, format!("The document is not valid. {said}"));
        Ok(())
    }
}

/// The findings of an xmllint that did its work.
fn judged(
    ended: &Ended,
    source: &Input,
    schema: Option<&Input>,
    text: &str,
) -> Result<Vec<Finding>, Mistake> {
    let named = |said: &str| {
        let said = said.replace(&*source.path.to_string_lossy(), &source.name);
        match schema {
            Some(schema) => said.replace(&*schema.path.to_string_lossy(), &schema.name),
            None => said,
        }
    };
    let unable = || {
        let said = ended.errors.lines().take(5).collect::<Vec<_>>().join("; ");
        went_wrong(&format!("the document could not be validated: {}", named(&said)))
    };
    let code = ended.code.ok_or_else(unable)?;
    if code == 0 {
        return Ok(Vec::new());
    }
    if !INVALID.contains(&code) || ended.errors.contains("failed to load external entity") {
        return Err(unable());
    }
    let no_schema = ["No matching global declaration", "no DTD found"];
    if no_schema.iter().any(|said| ended.errors.contains(said)) {
        let text = "No schema found to enforce validation.".to_owned();
        return Ok(vec![Finding { line: 1, position: None, text }]);
    }
    let lines: Vec<&str> = text.lines().collect();
    let findings: Vec<Finding> =
        ended.errors.lines().filter_map(|said| finding(said, &source.path, &lines)).collect();
    if findings.is_empty() { Err(unable()) } else { Ok(findings) }
}

/// `FILE:5: element Phone: Schemas validity error : Element 'Phone': ...`.
fn finding(said: &str, file: &Path, lines: &[&str]) -> Option<Finding> {
    let rest = said.strip_prefix(&*file.to_string_lossy())?.strip_prefix(':')?;
    let (line, rest) = rest.split_once(": ")?;
    let line: usize = line.parse().ok()?;
    let (_, text) = rest.split_once("validity error : ")?;
    let element = rest.strip_prefix("element ").and_then(|rest| rest.split_once(": "));
    let position =
        element.and_then(|(name, _)| position_of(lines.get(line.checked_sub(1)?)?, name));
    Some(Finding { line, position, text: text.trim_end().to_owned() })
}

/// Where on a line the start of the only element with this name is.
fn position_of(line: &str, name: &str) -> Option<usize> {
    let is_start = |at: &usize| {
        let Some(rest) = line.get(*at + 1..) else { return false };
        let ends = [' ', '\t', '>', '/'];
        let qualified = rest.split(ends).next().unwrap_or_default();
        qualified.rsplit(':').next() == Some(name)
    };
    let mut starts = line.match_indices('<').map(|(at, _)| at).filter(is_start);
    let (Some(only), None) = (starts.next(), starts.next()) else { return None };
    Some(line.get(..only)?.chars().count() + 2)
}

/// The documented result with details.
fn details(findings: &[Finding], began: &str, names: (&str, Option<&str>)) -> String {
    let (source, schema) = names;
    let mut out = format!("<root xmlns:ns=\"{NAMESPACE}\">\n  <metadata>\n");
    let mut add = |name: &str, value: &str| {
        out.push_str(&format!("    <{name}>{}</{name}>\n", escape(value)));
    };
    add("result", &findings.is_empty().to_string());
    add("errors", &findings.len().to_string());
    add("warnings", "0");
    add("startTime", began);
    add("endTime", &clock::local_text());
    add("xmlFile", source);
    if let Some(schema) = schema {
        add("xsdFile", schema);
    }
    out.push_str("  </metadata>\n");
    if findings.is_empty() {
        out.push_str("  <messages />\n</root>");
        return out;
    }
    out.push_str("  <messages>\n");
    for finding in findings {
        let position = finding.position.map(|at| format!(" position=\"{at}\"")).unwrap_or_default();
        let text = escape(&finding.text);
        let line = finding.line;
        out.push_str(&format!("    <error line=\"{line}\"{position}>{text}</error>\n"));
    }
    out.push_str("  </messages>\n</root>");
    out
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_found_with_its_line_and_position() {
        let lines = ["<a>", "  <n:b x='1'>t</n:b>", " <c/><c/>"];
        let of = |said: &str| finding(said, Path::new("/d:1/x.xml"), &lines);
        let found = of("/d:1/x.xml:2: element b: Schemas validity error : Element 'b': no.");
        let text = "Element 'b': no.".to_owned();
        assert_eq!(found, Some(Finding { line: 2, position: Some(4), text }));
        let found = of("/d:1/x.xml:3: element c: validity error : twice").unwrap();
        assert_eq!((found.line, found.position), (3, None));
        assert_eq!(of("/d:1/x.xml fails to validate"), None);
        assert_eq!(of("<a>"), None);
    }
}
