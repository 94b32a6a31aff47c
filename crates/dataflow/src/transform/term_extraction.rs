//! Term Extraction: the nouns and noun phrases of a text column, and how often or how telling.
//!
//! One row leaves for each term, when all rows have come, in the order in which terms come first.
//! The documented rules: nouns in the singular; phrases of nouns, adjectives and numbers with at
//! least two words and one noun, as long as they get, of which the last word is made singular;
//! terms that occur FrequencyThreshold times; phrases of at most MaxLengthOfTerm words; the score
//! is the number of times, or that times ln(rows / rows with the term); no terms that have an
//! excluded term in them. The parts of speech and plurals are found by our own rules: see
//! `terms/tagger.rs` and `terms/noun.rs`.
//!
//! A capital at the start of a sentence becomes small. Without IsCaseSensitive, terms in different
//! letter case are one, written as it came first elsewhere than at the start of a sentence.
//!
//! No input row fails, so the error output gets no rows.

mod plan;

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, StringArray};
use expression::array::from_values;
use expression::convert::{ConvertOptions, FailureKind, convert};
use model::{DataType, Value, dts};
use package::Disposition;

use super::fuzzy::text_at;
use super::terms::tagger::{Tag, tags};
use super::terms::{Kind, TermTable, Token, noun, tokens};
use crate::{Combine, Context, Failure, Inputs, Lifecycle, Outbox, OutputLayout, Rule, Stop};
pub(crate) use plan::build;

/// About what a term takes beside its letters.
const TERM_BYTES: usize = 160;

/// Extracts terms.
struct TermExtraction {
    /// The column with the text.
    text: usize,
    options: Options,
    exclusions: Option<TermTable>,
    excluded: HashSet<String>,
    /// Numbers of the columns of the output.
    term_column: usize,
    score_column: usize,
    /// Where terms go that are too long for their column.
    rule: Rule,
    main: usize,
    layout: OutputLayout,
    kept: usize,
}

/// What counts as a term.
#[derive(Clone, Copy, Debug)]
struct Options {
    words: bool,
    phrases: bool,
    is_tfidf: bool,
    frequency_min: u64,
    words_max: usize,
    is_case_sensitive: bool,
}

/// A term of one place.
#[derive(Debug, PartialEq, Eq)]
struct Term {
    text: String,
    /// Whether its letter case is the text's own.
    is_as_written: bool,
}

/// A term of all rows.
struct Counted {
    text: String,
    is_as_written: bool,
    times: u64,
    rows: u64,
    row_last: u64,
}

/// The terms of all rows, in the order in which they come first.
#[derive(Default)]
struct Counts {
    places: HashMap<String, usize>,
    all: Vec<Counted>,
    rows: u64,
}

impl Lifecycle for TermExtraction {
    fn open(&mut self, context: &Context<'_>) -> Result<(), Stop> {
        if let Some(table) = &self.exclusions {
            let (terms, kept) = table.read(context)?;
            self.kept = kept;
            self.excluded = terms.iter().map(|term| self.options.excluded(term)).collect();
        }
        context.check()
    }

    fn close(&mut self, context: &Context<'_>) -> Result<(), Stop> {
        self.excluded.clear();
        context.release(std::mem::take(&mut self.kept));
        context.check()
    }
}

impl Combine for TermExtraction {
    fn run(&mut self, inputs: &mut Inputs<'_>, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let mut counts = Counts::default();
        while let Some(batch) = inputs.next_of(0)? {
            let texts: &StringArray = batch.column(self.text).as_string();
            for row in 0..batch.num_rows() {
                out.check()?;
                counts.rows += 1;
                let tokens = tokens(text_at(texts, row).unwrap_or_default());
                let mut bytes = 0;
                for term in self.options.terms(&tokens) {
                    bytes += self.count(term, &mut counts);
                }
                out.context().reserve(bytes)?;
                self.kept += bytes;
            }
        }
        let kept = counts.all.iter().filter(|term| self.options.frequency_min <= term.times);
        let kept: Vec<&Counted> = kept.collect();
        for terms in kept.chunks(out.batch_rows()) {
            self.send(terms, counts.rows, out)?;
        }
        out.check()
    }
}

impl TermExtraction {
    /// Counts a term of the last row; gives the bytes that are kept of it.
    fn count(&self, term: Term, counts: &mut Counts) -> usize {
        if self.is_excluded(&term.text) {
            return 0;
        }
        let key = self.options.key(&term.text);
        let (row, length) = (counts.rows, key.len());
        match counts.places.entry(key) {
            Entry::Occupied(place) => {
                let known = &mut counts.all[*place.get()];
                known.times += 1;
                known.rows += u64::from(known.row_last != row);
                known.row_last = row;
                if term.is_as_written && !known.is_as_written {
                    (known.text, known.is_as_written) = (term.text, true);
                }
                0
            }
            Entry::Vacant(place) => {
                place.insert(counts.all.len());
                let Term { text, is_as_written } = term;
                counts.all.push(Counted { text, is_as_written, times: 1, rows: 1, row_last: row });
                2 * length + TERM_BYTES
            }
        }
    }

    /// Whether an excluded term is in a term, word for word.
    fn is_excluded(&self, term: &str) -> bool {
        if self.excluded.is_empty() {
            return false;
        }
        let key = self.options.key(term);
        let words: Vec<&str> = key.split(' ').collect();
        let parts =
            (0..words.len()).flat_map(|from| (from + 1..=words.len()).map(move |to| from..to));
        let mut parts = parts.map(|part| words[part].join(" "));
        parts.any(|part| self.excluded.contains(&part))
    }

    fn send(&self, terms: &[&Counted], rows: u64, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let batch = self.layout.assemble(terms.len(), |at| -> Result<ArrayRef, Stop> {
            let data_type = self.layout.columns[at].data_type;
            let values = if at == self.term_column {
                let values = terms.iter().map(|term| self.term_value(&term.text, data_type));
                values.collect::<Result<Vec<_>, _>>()?
            } else {
                debug_assert_eq!(at, self.score_column);
                terms
                    .iter()
                    .map(|term| score_value(self.options.score(term, rows), data_type))
                    .collect()
            };
            from_values(&values, data_type).map_err(|error| {
                Failure::new(dts::DTS_E_BUFFERALLOCFAILED, error.to_string()).into()
            })
        })?;
        out.send(self.main, batch)
    }

    /// A term in the type of its column.
    fn term_value(&self, text: &str, to: DataType) -> Result<Value, Stop> {
        let options = ConvertOptions::default();
        convert(&Value::text(text), DataType::NText, to, &options).or_else(|failure| {
            let is_cut = failure.kind == FailureKind::Truncated;
            if is_cut && self.rule.dispositions.truncation == Disposition::IgnoreFailure {
                return Ok(failure.value);
            }
            Err(self.rule.failure(dts::DTS_E_INDUCEDTRANSFORMFAILUREONTRUNCATION, true).into())
        })
    }
}

#[expect(clippy::cast_possible_truncation, reason = "scores of type DT_R4 are rounded")]
fn score_value(score: f64, data_type: DataType) -> Value {
    if data_type == DataType::R4 { Value::R4(score as f32) } else { Value::R8(score) }
}

impl Options {
    /// What is the same for terms that are one.
    fn key(self, term: &str) -> String {
        if self.is_case_sensitive { term.to_owned() } else { term.to_lowercase() }
    }

    /// An excluded term as terms are written.
    fn excluded(self, term: &str) -> String {
        let words = tokens(term).into_iter().filter(|token| token.kind == Kind::Word);
        let mut words: Vec<String> = words.map(|token| token.text).collect();
        if let Some(last) = words.last_mut()
            && let Some(singular) = noun::singular(last)
        {
            *last = singular;
        }
        self.key(&words.join(" "))
    }

    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    fn score(self, term: &Counted, rows: u64) -> f64 {
        let times = term.times as f64;
        if self.is_tfidf { times * (rows as f64 / term.rows as f64).ln() } else { times }
    }

    /// The terms of a text, in order.
    fn terms(self, text: &[Token]) -> Vec<Term> {
        let mut terms = Vec::new();
        for sentence in text.split(|token| token.kind != Kind::Word) {
            let tags = tags(sentence);
            let tagged: Vec<(&Token, Tag)> = sentence.iter().zip(tags).collect();
            for run in tagged.split(|word| word.1 == Tag::Other) {
                let phrase = if self.phrases { self.phrase(run) } else { None };
                terms.extend(phrase);
                let nouns = run.iter().filter(|word| self.words && is_noun(word.1));
                terms.extend(nouns.map(|word| term(&[*word])));
            }
        }
        terms
    }

    /// The phrase in words that are all nouns, adjectives or numbers.
    fn phrase(self, run: &[(&Token, Tag)]) -> Option<Term> {
        // An adjective behind the last noun belongs to nothing.
        let end = run.iter().rposition(|word| word.1 != Tag::Adjective)? + 1;
        let words = &run[..end];
        let is_phrase = (2..=self.words_max).contains(&words.len());
        (is_phrase && words.iter().any(|word| is_noun(word.1))).then(|| term(words))
    }
}

const fn is_noun(tag: Tag) -> bool {
    matches!(tag, Tag::Noun | Tag::ProperNoun)
}

/// Words as a term: without the capital of a sentence's start, the last word in the singular.
fn term(words: &[(&Token, Tag)]) -> Term {
    let mut is_as_written = true;
    let last = words.len() - 1;
    let written = words.iter().enumerate().map(|(at, (token, tag))| {
        let singular =
            if at == last && *tag == Tag::Noun { noun::singular(&token.text) } else { None };
        let text = singular.unwrap_or_else(|| token.text.clone());
        if !token.starts_sentence || *tag == Tag::ProperNoun {
            return text;
        }
        is_as_written &= !text.starts_with(|letter: char| letter.is_ascii_uppercase());
        text.to_ascii_lowercase()
    });
    let text = written.collect::<Vec<_>>().join(" ");
    Term { text, is_as_written }
}

#[cfg(test)]
mod tests;
