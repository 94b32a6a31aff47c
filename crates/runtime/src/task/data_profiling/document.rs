//! The document with the answers: XML as .NET's writer indents it, and numbers as .NET writes them.

/// XML that grows from its first element to its last.
pub(super) struct Xml {
    text: String,
    depth: usize,
}

impl Xml {
    /// Nothing yet.
    pub(super) const fn new() -> Self {
        Self { text: String::new(), depth: 0 }
    }

    /// Begins an element.
    pub(super) fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.tag(name, attributes, ">");
        self.depth += 1;
    }

    /// Ends the element.
    pub(super) fn close(&mut self, name: &str) {
        self.depth = self.depth.saturating_sub(1);
        self.indent();
        self.text.push_str(&format!("</{name}>"));
    }

    /// An element with nothing in it.
    pub(super) fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.tag(name, attributes, " />");
    }

    /// An element with a text.
    pub(super) fn leaf(&mut self, name: &str, text: &str) {
        if text.is_empty() {
            return self.empty(name, &[]);
        }
        self.tag(name, &[], ">");
        self.text.push_str(&escaped(text));
        self.text.push_str(&format!("</{name}>"));
    }

    /// An element with a value; NULL is `xsi:nil`.
    pub(super) fn value(&mut self, name: &str, value: Option<&str>) {
        match value {
            Some(text) => self.leaf(name, text),
            None => self.empty(name, &[("xsi:nil", "true")]),
        }
    }

    /// An element that is written already.
    pub(super) fn written(&mut self, element: &str) {
        self.indent();
        self.text.push_str(element);
    }

    /// The document behind its first line.
    pub(super) fn finish(self, declaration: &str) -> String {
        // Line ends inside values are character references.
        format!("{declaration}{}", self.text).replace("\r\n", "\n").replace('\n', "\r\n")
    }

    fn tag(&mut self, name: &str, attributes: &[(&str, &str)], end: &str) {
        self.indent();
        self.text.push('<');
        self.text.push_str(name);
        for (attribute, value) in attributes {
            self.text.push_str(&format!(" {attribute}=\"{}\"", escaped(value)));
        }
        self.text.push_str(end);
    }

    fn indent(&mut self) {
        self.text.push('\n');
        self.text.push_str(&"  ".repeat(self.depth));
    }
}

/// A text for an element or attribute. What XML has no way to write becomes U+FFFD.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push_str(&format!("&#x{:X};", u32::from(character))),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(character),
        }
    }
    out
}

/// A number with at most this many digits, as .NET's format `G` writes it.
pub(super) fn digits(number: f64, digits: usize) -> String {
    if number == 0.0 || !number.is_finite() {
        return if number.is_nan() { "NaN".to_owned() } else { format!("{number}") };
    }
    let written = format!("{number:.*e}", digits.saturating_sub(1));
    let (mantissa, exponent) = written.split_once('e').unwrap_or((&written, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trim = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    let most = i32::try_from(digits).unwrap_or(i32::MAX);
    if (-5..most).contains(&exponent) {
        let behind = usize::try_from(most - 1 - exponent).unwrap_or(0);
        return trim(&format!("{number:.behind$}"));
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}E{sign}{:02}", trim(mantissa), exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_digits_of_the_original() {
        // 694798 and 9727 of 18484 rows: the mean and the strength in the document of SSIS 2016.
        assert_eq!(digits(694_798.0 / 18484.0, 15), "37.5891581908678");
        assert_eq!(digits(9727.0 / 18484.0, 7), "0.5262389");
        assert_eq!(digits(0.0, 15), "0");
        assert_eq!(digits(-12.5, 15), "-12.5");
        assert_eq!(digits(100.0, 15), "100");
        assert_eq!(digits(1e20, 15), "1E+20");
        assert_eq!(digits(1.5e-7, 15), "1.5E-07");
        assert_eq!(digits(123_456_789_012_345.0, 15), "123456789012345");
    }

    #[test]
    fn values_stay_what_they_are_inside_xml() {
        let mut xml = Xml::new();
        xml.open("A", &[("b", "1 \" 2")]);
        xml.leaf("C", "<\r\n&\u{1}é");
        xml.leaf("C", "");
        xml.value("C", None);
        xml.close("A");
        assert_eq!(
            xml.finish("<?xml version=\"1.0\"?>"),
            "<?xml version=\"1.0\"?>\r\n<A b=\"1 &quot; 2\">\r\n  <C>&lt;&#xD;&#xA;&amp;\u{fffd}é</C>\
             \r\n  <C />\r\n  <C xsi:nil=\"true\" />\r\n</A>"
        );
    }
}
