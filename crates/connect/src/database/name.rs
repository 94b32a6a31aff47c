//! Names of tables and columns, quoted as each product wants them.
//!
//! Packages write `[dbo].[Orders]`, `"dbo"."Orders"` or `dbo.Orders`, whatever the product.

use super::Product;

/// A table's name with its parts quoted. Parts that were not quoted and need it not stay as they
/// are, so that the product's own rules about letter case hold.
pub fn quoted_table(product: Product, name: &str) -> String {
    if product == Product::Excel {
        return quote(product, sheet(name.trim()));
    }
    let parts = parts(name.trim());
    let quoted = parts.iter().map(|(part, was_quoted)| {
        if *was_quoted || !is_plain(part) { quote(product, part) } else { part.clone() }
    });
    quoted.collect::<Vec<_>>().join(".")
}

/// A column's name, quoted.
pub fn quoted_column(product: Product, name: &str) -> String {
    quote(product, name)
}

fn quote(product: Product, part: &str) -> String {
    match product {
        // `a..b` names the default schema.
        _ if part.is_empty() => String::new(),
        Product::SqlServer => format!("[{}]", part.replace(']', "]]")),
        // Excel has no brackets in names.
        Product::Excel => format!("[{part}]"),
        Product::Postgres | Product::Sqlite => format!("\"{}\"", part.replace('"', "\"\"")),
    }
}

/// The name of a sheet or range, which has dots of its own, without the quotes around it.
fn sheet(name: &str) -> &str {
    const QUOTES: [(char, char); 4] = [('[', ']'), ('`', '`'), ('"', '"'), ('\'', '\'')];
    let inside = QUOTES.iter().find_map(|(open, close)| {
        name.strip_prefix(*open).and_then(|rest| rest.strip_suffix(*close))
    });
    inside.unwrap_or(name)
}

fn is_plain(part: &str) -> bool {
    let first = part.chars().next().is_none_or(|c| c.is_alphabetic() || matches!(c, '_' | '#'));
    first && part.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '#' | '$' | '@'))
}

/// The parts between dots, and whether each was quoted.
fn parts(name: &str) -> Vec<(String, bool)> {
    let mut parts = Vec::new();
    let (mut part, mut quoted) = (String::new(), false);
    let mut characters = name.chars().peekable();
    while let Some(c) = characters.next() {
        let close = match c {
            '[' if part.is_empty() => ']',
            '"' | '`' if part.is_empty() => c,
            '.' => {
                parts.push((std::mem::take(&mut part), quoted));
                quoted = false;
                continue;
            }
            _ => {
                part.push(c);
                continue;
            }
        };
        quoted = true;
        while let Some(c) = characters.next() {
            if c == close && characters.next_if_eq(&close).is_none() {
                break;
            }
            part.push(c);
        }
    }
    parts.push((part, quoted));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_quoted_as_its_product_wants_it() {
        let sql_server = |name| quoted_table(Product::SqlServer, name);
        assert_eq!(sql_server("[dbo].[Order Lines]"), "[dbo].[Order Lines]");
        assert_eq!(sql_server("\"dbo\".\"a]b\""), "[dbo].[a]]b]");
        assert_eq!(sql_server("dbo.Orders"), "dbo.Orders");
        assert_eq!(sql_server("tempdb..#t"), "tempdb..#t");
        assert_eq!(sql_server("t; DROP TABLE x"), "[t; DROP TABLE x]");
        assert_eq!(quoted_table(Product::Postgres, "[public].[T]"), "\"public\".\"T\"");
        assert_eq!(quoted_table(Product::Postgres, "public.T"), "public.T");
        assert_eq!(quoted_table(Product::Excel, "'My v1.2 Sheet$'"), "[My v1.2 Sheet$]");
        assert_eq!(quoted_table(Product::Excel, "`Sheet1$`"), "[Sheet1$]");
        assert_eq!(quoted_column(Product::Sqlite, "a\"b"), "\"a\"\"b\"");
    }
}
