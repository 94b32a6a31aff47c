//! Looks over a document before it is parsed, for what would take a parser long or much memory.
//!
//! The parser compares every attribute of an element with every other, and gives every element
//! that declares a namespace all of those around it: both are bounded here, as is the depth that
//! readers follow with calls of their own. What is not XML is left for the parser to name.

/// Elements within elements at most; packages have some 10 levels, and 2 more for each container.
const DEPTH_MAX: usize = 256;
/// Attributes of an element at most; packages have up to some 40.
const ATTRIBUTES_MAX: usize = 1_000;
/// Namespace declarations of an element at most; packages have up to 5.
const NAMESPACES_MAX: usize = 16;
/// Namespace declarations of a document at most; packages have one for each Execute SQL Task.
const ALL_NAMESPACES_MAX: usize = 20_000;

/// What a document must not have, and where it has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Forbidden {
    /// In words.
    pub(super) what: &'static str,
    /// Byte of the document.
    pub(super) at: usize,
}

/// Looks a document over.
pub(super) fn scan(text: &str) -> Result<(), Forbidden> {
    let (mut at, mut depth, mut namespaces) = (0, 0_usize, 0);
    while let Some(start) = find(text, at, "<") {
        let rest = &text[start..];
        if let Some(end) = skip_other_markup(text, start) {
            at = end;
            continue;
        }
        if rest.starts_with("<!DOCTYPE") {
            let what = "the document uses a document type definition or entities";
            return Err(Forbidden { what, at: start });
        }
        let Some(tag) = Tag::scan(text, start) else { return Ok(()) };
        namespaces += tag.namespaces;
        if rest.starts_with("</") {
            depth = depth.saturating_sub(1);
        } else if !tag.is_empty {
            depth += 1;
        }
        let problem = if DEPTH_MAX < depth {
            Some("elements are nested deeper than 256 levels")
        } else if ATTRIBUTES_MAX < tag.attributes {
            Some("an element has more than 1000 attributes")
        } else if NAMESPACES_MAX < tag.namespaces || ALL_NAMESPACES_MAX < namespaces {
            Some("the document declares too many namespaces")
        } else {
            None
        };
        if let Some(what) = problem {
            return Err(Forbidden { what, at: start });
        }
        at = tag.end;
    }
    Ok(())
}

/// The end of a comment, a CDATA section or a processing instruction that starts here.
fn skip_other_markup(text: &str, start: usize) -> Option<usize> {
    const PAIRS: &[(&str, &str)] = &[("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")];
    let (open, close) = PAIRS.iter().find(|(open, _)| text[start..].starts_with(open))?;
    let end = find(text, start + open.len(), close);
    Some(end.map_or(text.len(), |end| end + close.len()))
}

fn find(text: &str, from: usize, pattern: &str) -> Option<usize> {
    text.get(from..)?.find(pattern).map(|offset| from + offset)
}

/// What counts of a start tag, an end tag or an empty element.
struct Tag {
    attributes: usize,
    namespaces: usize,
    is_empty: bool,
    end: usize,
}

impl Tag {
    /// `None` when the tag does not end.
    fn scan(text: &str, start: usize) -> Option<Self> {
        let bytes = text.as_bytes();
        let mut tag = Self { attributes: 0, namespaces: 0, is_empty: false, end: 0 };
        let mut at = start + 1;
        loop {
            match *bytes.get(at)? {
                quote @ (b'"' | b'\'') => {
                    let value = bytes.get(at + 1..)?;
                    at += 1 + value.iter().position(|&byte| byte == quote)?;
                }
                b'=' => tag.attributes += 1,
                b'x' if bytes[at..].starts_with(b"xmlns") && is_space(bytes[at - 1]) => {
                    tag.namespaces += 1;
                }
                b'>' => {
                    tag.is_empty = bytes[at - 1] == b'/';
                    tag.end = at + 1;
                    return Some(tag);
                }
                _ => {}
            }
            at += 1;
        }
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'"' | b'\'')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(text: &str) -> &'static str {
        scan(text).map_or_else(|forbidden| forbidden.what, |()| "fine")
    }

    #[test]
    fn ordinary_documents_are_fine() {
        let text = "<?xml version='1.0'?><a x='>' y=\"<\"><!-- <b> --><![CDATA[<c><d>]]><e/></a>";
        assert_eq!(what(text), "fine");
        assert_eq!(what(&"<a/>".repeat(10_000)), "fine");
        assert_eq!(what("<a x='"), "fine");
    }

    #[test]
    fn what_takes_a_parser_long_is_found() {
        assert_eq!(what(&"<a>".repeat(300)), "elements are nested deeper than 256 levels");
        let attributes: String = (0..2000).map(|n| format!(" a{n}='='")).collect();
        assert_eq!(what(&format!("<a{attributes}/>")), "an element has more than 1000 attributes");
        let namespaces: String = (0..20).map(|n| format!(" xmlns:a{n}='{n}'")).collect();
        assert_eq!(what(&format!("<a{namespaces}/>")), "the document declares too many namespaces");
        let doctype = "<!-- x --><!DOCTYPE a><a/>";
        assert_eq!(scan(doctype).unwrap_err().at, 10);
    }
}
