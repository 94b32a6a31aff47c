//! The operation XSLT, by `xsltproc`: XSLT 1.0.
//!
//! Scripts in a stylesheet (`msxsl:script`) are .NET code and are refused; `msxsl:node-set` is the
//! function of that name of EXSLT, which xsltproc has.

use std::path::Path;
use std::sync::Arc;

use connect::xml::document_text;
use package::XmlTask;
use tempfile::NamedTempFile;

use crate::evaluate;
use crate::frame::Frame;
use crate::xml::program::{self, Input, Trouble};
use crate::xml::{self, Role, XSLTPROC, went_wrong};

/// The namespace of Microsoft's extensions, and the one that has the same `node-set`.
const MSXSL: (&str, &str) = ("urn:schemas-microsoft-com:xslt", "http://exslt.org/common");

/// The transformed document.
pub(super) fn run(frame: &Arc<Frame>, task: &XmlTask) -> Result<String, Trouble> {
    let source = Input::of(frame, &task.source)?;
    let document = xml::text(frame, &task.source, Role::Document)?;
    program::refuse_external_entities(&document)?;
    let mut style = Input::of(frame, &task.second)?;
    let text = xml::text(frame, &task.second, Role::Document)?;
    // Beside the stylesheet, so that what it includes is found.
    let adapted = adapted(&text, &style.path).map_err(|reason| went_wrong(&reason))?;
    if let Some(adapted) = &adapted {
        style.path = adapted.path().to_owned();
    }
    program::refuse_external_entities(&text)?;
    let options = ["--nonet", "--novalid", "--nowrite", "--nomkdir"].map(Path::new);
    let arguments: Vec<&Path> = options.into_iter().chain([&*style.path, &*source.path]).collect();
    let ended = program::run(frame, XSLTPROC, &arguments)?;
    if ended.code != Some(0) {
        let said = ended.errors.replace(&*style.path.to_string_lossy(), &style.name);
        let said = said.replace(&*source.path.to_string_lossy(), &source.name);
        return Err(went_wrong(&format!("the transformation failed: {}", said.trim())).into());
    }
    let result = document_text(&ended.output);
    Ok(result.map_err(|error| went_wrong(&evaluate::chain(&error)))?)
}

/// The stylesheet as xsltproc understands it, where it uses extensions of Microsoft's.
fn adapted(text: &str, path: &Path) -> Result<Option<NamedTempFile>, String> {
    let (microsoft, exslt) = MSXSL;
    if !text.contains(microsoft) {
        return Ok(None);
    }
    let document = xml::parse(text)?;
    if !document.get_elements_by_tag_name_ns(microsoft, "script").is_empty() {
        return Err("the stylesheet has scripts (msxsl:script), which are .NET code".to_owned());
    }
    let text = text.replace(microsoft, exslt);
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    let mut file = tempfile::Builder::new()
        .prefix(".stylesheet-")
        .suffix(".xslt")
        .tempfile_in(folder)
        .map_err(|error| format!("a copy of the stylesheet cannot be made: {error}"))?;
    std::io::Write::write_all(&mut file, program::without_encoding(&text).as_bytes())
        .map_err(|error| format!("a copy of the stylesheet cannot be written: {error}"))?;
    Ok(Some(file))
}
