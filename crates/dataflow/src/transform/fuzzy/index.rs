//! Reference rows that are found by what they are alike to.
//!
//! # Invariant
//!
//! What is found does not depend on the order of calls to [`Index::search`], and Exhaustive only
//! adds to it.

use std::collections::HashMap;

use super::fold::fold;
use super::token::{as_f64, tokens};
use super::vocabulary::{Alike, Id, Vocabulary};
use super::{DISORDER_COST, NOT_THE_SAME_MAX, ROUNDING, Rules};
use crate::{Context, Stop};

/// About what a record takes beside its tokens, and a column of it.
const RECORD_BYTES: usize = 96;
const COLUMN_BYTES: usize = 32;

/// Reference rows, in memory.
#[derive(Debug)]
pub(crate) struct Index {
    rules: Rules,
    vocabularies: Vec<Vocabulary>,
    records: Vec<Record>,
    /// The numbers of the exact keys, and the records of each.
    keys: HashMap<Box<[u8]>, u32>,
    by_key: Vec<Vec<u32>>,
    /// By record the most that its pairs with the row looked for can weigh; 0 between searches.
    most: Vec<f64>,
}

/// A reference row.
#[derive(Debug)]
struct Record {
    key: u32,
    /// By fuzzy column.
    tokens: Box<[Box<[Id]>]>,
    /// By fuzzy column the weight of the tokens.
    weights: Box<[f64]>,
}

/// A reference row that is like the row looked for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    /// The number of the reference row, in the order in which they were added.
    pub(crate) record: u32,
    /// How alike the rows are.
    pub(crate) similarity: f64,
    /// How alike the fuzzy columns are.
    pub(crate) columns: Vec<f64>,
}

/// A token of the row that is looked for.
struct Wanted {
    weight: f64,
    alike: Alike,
    /// The number of the very same token.
    same: Option<Id>,
}

/// A pair of tokens of two sides.
struct Pair {
    left: usize,
    right: usize,
    likeness: f64,
    weight: f64,
}

impl Index {
    /// No rows yet.
    pub(crate) fn new(rules: Rules) -> Self {
        let vocabularies = rules.columns.iter().map(|_| Vocabulary::default()).collect();
        Self {
            rules,
            vocabularies,
            records: Vec::new(),
            keys: HashMap::new(),
            by_key: Vec::new(),
            most: Vec::new(),
        }
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    /// Takes a reference row in: what must be equal, and the texts of the fuzzy columns. Gives
    /// the bytes that are kept.
    pub(crate) fn add(&mut self, key: &[u8], texts: &[Option<&str>]) -> usize {
        let record = u32::try_from(self.records.len()).unwrap_or(u32::MAX);
        let mut bytes = RECORD_BYTES;
        let key = match self.keys.get(key) {
            Some(&key) => key,
            None => {
                let number = u32::try_from(self.by_key.len()).unwrap_or(u32::MAX);
                self.keys.insert(key.into(), number);
                self.by_key.push(Vec::new());
                bytes += key.len() + RECORD_BYTES;
                number
            }
        };
        if self.rules.columns.is_empty() {
            self.by_key[key as usize].push(record);
        }
        let mut columns = Vec::with_capacity(texts.len());
        for (column, text) in texts.iter().enumerate() {
            let mut ids = Vec::new();
            for token in self.rules.tokens(column, *text) {
                let (id, kept) = self.vocabularies[column].add(&token, record);
                bytes += kept + size_of::<Id>();
                ids.push(id);
            }
            bytes += COLUMN_BYTES;
            columns.push(ids.into_boxed_slice());
        }
        self.records.push(Record { key, tokens: columns.into(), weights: Box::default() });
        bytes
    }

    /// Weighs everything, when all rows are in.
    pub(crate) fn finish(&mut self) {
        let rows = self.records.len();
        for vocabulary in &mut self.vocabularies {
            vocabulary.weigh(rows);
        }
        for record in &mut self.records {
            let columns = record.tokens.iter().map(AsRef::as_ref).zip(&self.vocabularies);
            let weigh = |(tokens, vocabulary): (&[Id], &Vocabulary)| {
                tokens.iter().map(|&id| vocabulary.weight(id)).sum()
            };
            record.weights = columns.map(weigh).collect();
        }
        self.most = vec![0.0; rows];
    }

    /// The rows that are like the one looked for, the most alike first.
    pub(crate) fn search(
        &mut self,
        key: &[u8],
        texts: &[Option<&str>],
        context: &Context<'_>,
    ) -> Result<Vec<Found>, Stop> {
        let Some(&key) = self.keys.get(key) else { return Ok(Vec::new()) };
        let columns: Vec<Vec<String>> =
            texts.iter().enumerate().map(|(at, text)| self.rules.tokens(at, *text)).collect();
        self.search_tokens(key, &columns, context)
    }

    /// The rows that are like one of them.
    pub(crate) fn search_like(
        &mut self,
        record: u32,
        context: &Context<'_>,
    ) -> Result<Vec<Found>, Stop> {
        let columns = self.words(record);
        self.search_tokens(self.records[record as usize].key, &columns, context)
    }

    /// How alike two of the rows are; `None` when that does not reach the thresholds.
    pub(crate) fn compare_like(
        &mut self,
        record: u32,
        other: u32,
        context: &Context<'_>,
    ) -> Result<Option<Found>, Stop> {
        let columns = self.words(record);
        let wanted = self.wanted(&columns, context)?;
        Ok(self.compare(other, &wanted))
    }

    /// The tokens of one of the rows.
    fn words(&self, record: u32) -> Vec<Vec<String>> {
        let words = |(tokens, vocabulary): (&[Id], &Vocabulary)| {
            tokens.iter().map(|&id| vocabulary.word(id).to_string()).collect()
        };
        let tokens = &self.records[record as usize].tokens;
        tokens.iter().map(AsRef::as_ref).zip(&self.vocabularies).map(words).collect()
    }

    fn search_tokens(
        &mut self,
        key: u32,
        columns: &[Vec<String>],
        context: &Context<'_>,
    ) -> Result<Vec<Found>, Stop> {
        if self.rules.columns.is_empty() {
            let equal = self.by_key[key as usize].iter();
            let found = |&record| Found { record, similarity: 1.0, columns: Vec::new() };
            return Ok(equal.map(found).collect());
        }
        let wanted = self.wanted(columns, context)?;
        let candidates = self.candidates(key, &wanted);
        let mut found = Vec::new();
        for record in candidates {
            context.check()?;
            found.extend(self.compare(record, &wanted));
        }
        found.sort_by(|a: &Found, b| {
            b.similarity.total_cmp(&a.similarity).then(a.record.cmp(&b.record))
        });
        Ok(found)
    }

    /// The tokens that are looked for.
    fn wanted(
        &mut self,
        columns: &[Vec<String>],
        context: &Context<'_>,
    ) -> Result<Vec<Vec<Wanted>>, Stop> {
        let mut wanted = Vec::with_capacity(columns.len());
        for (vocabulary, tokens) in self.vocabularies.iter_mut().zip(columns) {
            let mut column = Vec::with_capacity(tokens.len());
            for token in tokens {
                let alike = vocabulary.alike(token, self.rules.exhaustive, context)?;
                let same = alike.iter().find(|other| **vocabulary.word(other.0) == **token);
                let same = same.map(|same| same.0);
                column.push(Wanted { weight: vocabulary.weight_of(token), alike, same });
            }
            wanted.push(column);
        }
        Ok(wanted)
    }

    /// The rows whose similarity may reach the threshold, in order.
    fn candidates(&mut self, key: u32, wanted: &[Vec<Wanted>]) -> Vec<u32> {
        let mut touched: Vec<u32> = Vec::new();
        for (vocabulary, column) in self.vocabularies.iter().zip(wanted) {
            let pairs = column
                .iter()
                .flat_map(|token| token.alike.iter().map(move |other| (token.weight, other)));
            for (weight, &(id, likeness)) in pairs {
                let weight = likeness * (weight + vocabulary.weight(id));
                note(&mut self.most, &mut touched, (vocabulary.records(id), weight));
            }
        }
        let own: f64 = wanted.iter().flatten().map(|token| token.weight).sum();
        let may_reach = |&record: &u32| {
            let other = &self.records[record as usize];
            let all = own + other.weights.iter().sum::<f64>();
            let most = self.most[record as usize] / all;
            other.key == key && self.rules.min_similarity <= most + ROUNDING
        };
        let mut kept: Vec<u32> = touched.iter().copied().filter(may_reach).collect();
        for record in touched {
            self.most[record as usize] = 0.0;
        }
        kept.sort_unstable();
        kept
    }

    fn compare(&self, record: u32, wanted: &[Vec<Wanted>]) -> Option<Found> {
        let other = &self.records[record as usize];
        let (mut columns, mut sum, mut all) = (Vec::with_capacity(wanted.len()), 0.0, 0.0);
        for (at, own) in wanted.iter().enumerate() {
            let ids = &other.tokens[at];
            let weight = own.iter().map(|token| token.weight).sum::<f64>() + other.weights[at];
            let similarity = self.similarity(at, own, ids, weight);
            if similarity + ROUNDING < self.rules.columns[at].min_similarity {
                return None;
            }
            sum += similarity * weight;
            all += weight;
            columns.push(similarity);
        }
        let same = columns.iter().all(|similarity| *similarity == 1.0);
        let similarity = if same { 1.0 } else { sum / all };
        let reaches = self.rules.min_similarity <= similarity + ROUNDING && 0.0 < similarity;
        reaches.then_some(Found { record, similarity, columns })
    }

    fn similarity(&self, column: usize, own: &[Wanted], ids: &[Id], weight: f64) -> f64 {
        let same = own.iter().map(|token| token.same);
        if own.len() == ids.len() && same.eq(ids.iter().map(|&id| Some(id))) {
            return 1.0;
        }
        let pairs = pairs(&self.vocabularies[column], own, ids);
        let alike: f64 = pairs.iter().map(|pair| pair.likeness * pair.weight).sum();
        // Only the same tokens in the same order are the same.
        (alike / weight * (1.0 - DISORDER_COST * disorder(&pairs))).min(NOT_THE_SAME_MAX)
    }
}

impl Rules {
    /// The tokens of a text as a fuzzy column compares them.
    fn tokens(&self, column: usize, text: Option<&str>) -> Vec<String> {
        let flags = self.columns[column].flags;
        let folded =
            tokens(text.unwrap_or_default(), &self.delimiters).map(|token| fold(token, flags));
        folded.filter(|token| !token.is_empty()).collect()
    }
}

/// Notes that rows have a pair that weighs so much.
fn note(most: &mut [f64], touched: &mut Vec<u32>, (records, weight): (&[u32], f64)) {
    for &record in records {
        let most = &mut most[record as usize];
        if *most == 0.0 {
            touched.push(record);
        }
        *most += weight;
    }
}

/// The tokens of two sides paired, each once, the most alike first; in the order of the left.
fn pairs(vocabulary: &Vocabulary, own: &[Wanted], ids: &[Id]) -> Vec<Pair> {
    let mut all = Vec::new();
    for (left, token) in own.iter().enumerate() {
        for (right, id) in ids.iter().enumerate() {
            let Ok(at) = token.alike.binary_search_by_key(id, |other| other.0) else { continue };
            let weight = token.weight + vocabulary.weight(*id);
            all.push(Pair { left, right, likeness: token.alike[at].1, weight });
        }
    }
    let away = |pair: &Pair| (pair.left.abs_diff(pair.right), pair.left.min(pair.right), pair.left);
    all.sort_by(|a, b| {
        let by_likeness = b.likeness.total_cmp(&a.likeness);
        by_likeness.then(b.weight.total_cmp(&a.weight)).then_with(|| away(a).cmp(&away(b)))
    });
    let (mut taken_left, mut taken_right) = (vec![false; own.len()], vec![false; ids.len()]);
    all.retain(|pair| {
        let is_free = !taken_left[pair.left] && !taken_right[pair.right];
        if is_free {
            taken_left[pair.left] = true;
            taken_right[pair.right] = true;
        }
        is_free
    });
    all.sort_by_key(|pair| pair.left);
    all
}

/// How much the order of the two sides differs: 0 for the same, 1 for the opposite.
fn disorder(pairs: &[Pair]) -> f64 {
    let count = pairs.len();
    if count < 2 {
        return 0.0;
    }
    let swapped = pairs
        .iter()
        .enumerate()
        .map(|(at, pair)| pairs[at + 1..].iter().filter(|later| later.right < pair.right).count());
    as_f64(swapped.sum()) / (as_f64(count * (count - 1)) / 2.0)
}
