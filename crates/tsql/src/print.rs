//! A tree as T-SQL again.
//!
//! The text of a tree that was parsed parses to an equal tree: `parse(print(tree)) == tree`. (A tree
//! made by hand can say what no text says: an IF with ELSE around a bare IF without.) It is normal and not pretty:
//! one statement a line, keywords in upper case, `;` behind every statement, parentheses wherever
//! a reader could wonder. So it is also how tests show what a batch was understood as.
//!
//! It holds all that the tree holds, passwords of logins too: it is for running, not for logs.

mod data;
mod define;
mod execute;
mod expr;
mod flow;
mod query;
mod secure;
mod source;
mod statement;
mod word;

use std::fmt::Write as _;

use crate::ast::{Batch, Expr, Ident, ObjectName, Query, TypeName, TypeSize};
use crate::parse::is_reserved;

/// A batch as text.
pub fn print(batch: &Batch) -> String {
    let mut printer = Printer::default();
    printer.statements(&batch.statements);
    printer.out
}

/// An expression or condition as text.
pub fn print_expr(expr: &Expr) -> String {
    let mut printer = Printer::default();
    printer.expr(expr);
    printer.out
}

/// A query as text.
pub fn print_query(query: &Query) -> String {
    let mut printer = Printer::default();
    printer.query(query);
    printer.out
}

/// A name as text, in brackets where it needs them.
pub fn print_name(name: &ObjectName) -> String {
    let mut printer = Printer::default();
    printer.name(name);
    printer.out
}

/// A text that grows.
#[derive(Default)]
struct Printer {
    out: String,
    /// How many blocks are open, for the start of lines.
    indent: usize,
}

impl Printer {
    fn put(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// Puts the text if `condition` holds.
    fn put_if(&mut self, condition: bool, text: &str) {
        if condition {
            self.put(text);
        }
    }

    fn line(&mut self) {
        if !self.out.is_empty() {
            self.put("\n");
        }
        for _ in 0..self.indent {
            self.put("    ");
        }
    }

    /// Items with commas between them.
    fn list<T>(&mut self, items: &[T], mut item: impl FnMut(&mut Self, &T)) {
        for (index, one) in items.iter().enumerate() {
            self.put_if(0 < index, ", ");
            item(self, one);
        }
    }

    /// Items in parentheses.
    fn listed<T>(&mut self, items: &[T], item: impl FnMut(&mut Self, &T)) {
        self.put("(");
        self.list(items, item);
        self.put(")");
    }

    fn exprs(&mut self, items: &[Expr]) {
        self.listed(items, Self::expr);
    }

    /// ` prefix(a, b)`, or nothing for no names.
    fn idents(&mut self, names: &[Ident]) {
        if !names.is_empty() {
            self.put(" ");
            self.listed(names, Self::ident);
        }
    }

    fn ident(&mut self, name: &Ident) {
        if name.quoted {
            self.put("[");
            let value = name.value.replace(']', "]]");
            self.put(&value);
            self.put("]");
        } else {
            self.put(&name.value);
        }
    }

    fn name(&mut self, name: &ObjectName) {
        for (index, part) in name.parts.iter().enumerate() {
            self.put_if(0 < index, ".");
            self.ident(part);
        }
    }

    fn word_ident(&mut self, word: &str, name: &Ident) {
        self.put(word);
        self.ident(name);
    }

    fn word_name(&mut self, word: &str, name: &ObjectName) {
        self.put(word);
        self.name(name);
    }

    /// A string constant.
    fn string(&mut self, text: &str) {
        self.put("'");
        // A backslash before the end of a line would continue the line.
        let text = text.replace('\'', "''").replace("\\\n", "\\\\\n\n");
        let text = text.replace("\\\r\n", "\\\\\r\n\r\n");
        self.put(&text);
        self.put("'");
    }

    fn binary(&mut self, bytes: &[u8]) {
        self.put("0x");
        for byte in bytes {
            // Writing to a string cannot fail.
            write!(self.out, "{byte:02X}").unwrap_or_default();
        }
    }

    fn type_name(&mut self, name: &TypeName) {
        self.name(&name.name);
        let size = match name.size {
            TypeSize::Absent => return,
            TypeSize::Max => "(max)".to_owned(),
            TypeSize::One(size) => format!("({size})"),
            TypeSize::Two(precision, scale) => format!("({precision}, {scale})"),
        };
        self.put(&size);
    }

    /// ` AS alias`.
    fn alias(&mut self, alias: Option<&Ident>) {
        if let Some(alias) = alias {
            self.put(" AS ");
            self.ident(alias);
        }
    }
}

/// Whether a name has to be quoted to be one.
pub fn needs_quotes(name: &str) -> bool {
    let mut chars = name.chars();
    let starts = chars.next().is_some_and(|c| c == '_' || c == '#' || c.is_alphabetic());
    let goes_on = chars.all(|c| matches!(c, '_' | '#' | '@' | '$') || c.is_alphanumeric());
    !(starts && goes_on) || is_reserved(name)
}

#[cfg(test)]
mod tests;
