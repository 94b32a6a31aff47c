//! Regular expressions that the texts of a column follow.
//!
//! A text is taken apart at delimiters, symbols, and between letters and digits. Texts of the
//! same shape make one expression: letters are `\p{L}+`, or a word where all of them have the
//! same; digits are `\d` as often as there are; symbols are themselves. Where those expressions
//! do not cover the share of the texts that is wanted, shapes that differ in how many digits they
//! have are put together (`\d+`).
//!
//! Sources: "Column Pattern Profile Request Options" and the expressions in the document that
//! SSIS 2016 wrote, which is why a result is never called exact and frequencies are percentages.
//! How SSIS chooses is not documented.

use std::collections::BTreeMap;

use connect::database::{Column, RowSink};
use model::Value;
use package::PatternOptions;

/// Shapes that are kept apart; texts of any further one count as not covered.
const SHAPES_MAX: usize = 50_000;

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Letters,
    /// How many; 0 is any number.
    Digits(usize),
    Space,
    Character(char),
}

/// What texts of one shape have in common.
#[derive(Clone, Debug)]
struct Shape {
    texts: u64,
    /// For each run of letters the word that all texts have there.
    words: Vec<Option<String>>,
}

/// Looks at texts and finds what they follow.
pub(super) struct Patterns<'o> {
    options: &'o PatternOptions,
    shapes: BTreeMap<Vec<Part>, Shape>,
    texts: u64,
}

impl<'o> Patterns<'o> {
    /// No text yet.
    pub(super) const fn new(options: &'o PatternOptions) -> Self {
        Self { options, shapes: BTreeMap::new(), texts: 0 }
    }

    /// Looks at a text.
    pub(super) fn add(&mut self, text: &str) {
        self.texts += 1;
        let (parts, words) = self.taken_apart(text);
        let words = words.into_iter().map(Some).collect();
        if self.shapes.len() < SHAPES_MAX || self.shapes.contains_key(&parts) {
            put(&mut self.shapes, parts, Shape { texts: 1, words });
        }
    }

    fn taken_apart(&self, text: &str) -> (Vec<Part>, Vec<String>) {
        let mut parts: Vec<Part> = Vec::new();
        let mut words: Vec<String> = Vec::new();
        for character in text.chars() {
            if self.options.delimiters.contains(&character) {
                if !matches!(parts.last(), None | Some(Part::Space)) {
                    parts.push(Part::Space);
                }
            } else if self.options.symbols.contains(&character) {
                parts.push(Part::Character(character));
            } else if character.is_ascii_digit() {
                if let Some(Part::Digits(count)) = parts.last_mut() {
                    *count += 1;
                } else {
                    parts.push(Part::Digits(1));
                }
            } else if character.is_alphabetic() && !character.is_numeric() {
                if parts.last() != Some(&Part::Letters) {
                    parts.push(Part::Letters);
                    words.push(String::new());
                }
                if let Some(word) = words.last_mut() {
                    match self.options.case_sensitive {
                        true => word.push(character),
                        false => word.extend(character.to_uppercase()),
                    }
                }
            } else {
                parts.push(Part::Character(character));
            }
        }
        if parts.last() == Some(&Part::Space) {
            parts.pop();
        }
        (parts, words)
    }

    /// The expressions, the most frequent first, each with the share of the texts in percent.
    pub(super) fn found(&self) -> Vec<(String, u64)> {
        let (found, covers) = self.best_of(&self.shapes);
        if covers {
            return found;
        }
        let mut wider = BTreeMap::new();
        for (parts, shape) in &self.shapes {
            let skeleton: Vec<Part> = parts.iter().map(without_count).collect();
            let of_skeleton: &mut BTreeMap<Vec<Part>, Shape> = wider.entry(skeleton).or_default();
            put(of_skeleton, parts.clone(), shape.clone());
        }
        let wider = wider.into_values().filter_map(united).collect();
        self.best_of(&wider).0
    }

    /// The best expressions, and whether they cover as much as is wanted.
    fn best_of(&self, shapes: &BTreeMap<Vec<Part>, Shape>) -> (Vec<(String, u64)>, bool) {
        let mut best: Vec<(u64, String)> =
            shapes.iter().map(|(parts, shape)| (shape.texts, expression(parts, shape))).collect();
        best.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        let wanted = u64::from(self.options.coverage_percent);
        let most = usize::try_from(self.options.patterns_max).unwrap_or(usize::MAX);
        let (mut found, mut covered) = (Vec::new(), 0);
        for (texts, expression) in best {
            if most <= found.len() || self.texts * wanted <= covered * 100 && !found.is_empty() {
                break;
            }
            covered += texts;
            found.push((expression, (texts * 200 + self.texts) / (self.texts * 2)));
        }
        (found, self.texts * wanted <= covered * 100)
    }
}

impl RowSink for Patterns<'_> {
    fn columns(&mut self, _: &[Column]) -> bool {
        true
    }

    fn rows(&mut self, rows: Vec<Vec<Value>>) -> bool {
        for row in rows {
            if let Some(Value::Text(text)) = row.first() {
                self.add(text);
            }
        }
        true
    }
}

fn put(shapes: &mut BTreeMap<Vec<Part>, Shape>, parts: Vec<Part>, new: Shape) {
    match shapes.get_mut(&parts) {
        None => {
            shapes.insert(parts, new);
        }
        Some(known) => known.add(&new),
    }
}

impl Shape {
    fn add(&mut self, other: &Self) {
        self.texts += other.texts;
        for (word, new) in self.words.iter_mut().zip(&other.words) {
            if *word != *new {
                *word = None;
            }
        }
    }
}

fn without_count(part: &Part) -> Part {
    if let Part::Digits(_) = part { Part::Digits(0) } else { part.clone() }
}

/// One shape of several that differ only in how many digits they have.
fn united(shapes: BTreeMap<Vec<Part>, Shape>) -> Option<(Vec<Part>, Shape)> {
    let mut shapes = shapes.into_iter();
    let (mut parts, mut shape) = shapes.next()?;
    for (more, other) in shapes {
        shape.add(&other);
        for (part, other) in parts.iter_mut().zip(&more) {
            if part != other {
                *part = Part::Digits(0);
            }
        }
    }
    Some((parts, shape))
}

/// The shape as a regular expression of .NET.
fn expression(parts: &[Part], shape: &Shape) -> String {
    let mut words = shape.words.iter();
    let mut out = String::new();
    for part in parts {
        match part {
            Part::Letters => match words.next() {
                // What one text alone has is no word that they share.
                Some(Some(word)) if shape.texts > 1 => out.push_str(word),
                _ => out.push_str(r"\p{L}+"),
            },
            Part::Digits(0) => out.push_str(r"\d+"),
            Part::Digits(1) => out.push_str(r"\d"),
            Part::Digits(2) => out.push_str(r"\d\d"),
            Part::Digits(count) => out.push_str(&format!(r"\d{{{count}}}")),
            Part::Space => out.push_str(r"\ "),
            Part::Character(character) => {
                // What .NET's Regex.Escape escapes.
                if r"\*+?|{[()^$.#".contains(*character) {
                    out.push('\\');
                }
                out.push(*character);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests;
