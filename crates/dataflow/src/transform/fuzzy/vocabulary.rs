//! The tokens of one column of the reference: what they weigh, where they are, and which of them
//! a token is alike to.

use std::collections::HashMap;
use std::sync::Arc;

use super::token::{Gram, as_f64, grams, likeness};
use crate::{Context, Stop};

/// About what a token takes beside its letters, and each piece of it.
const TOKEN_BYTES: usize = 160;
const GRAM_BYTES: usize = 48;
/// Tokens alike to one that are remembered; then all are forgotten. Some 16 MB.
const REMEMBERED_MAX: usize = 1 << 20;
/// After how many tokens the component looks whether it has been stopped.
const TOKENS_PER_CHECK: usize = 1024;

/// The number of a token.
pub(super) type Id = u32;

/// Tokens alike to one, by their numbers, and how alike.
pub(super) type Alike = Arc<[(Id, f64)]>;

/// The tokens of a column.
#[derive(Debug, Default)]
pub(super) struct Vocabulary {
    ids: HashMap<Arc<str>, Id>,
    words: Vec<Arc<str>>,
    /// By token the records that have it, each once, in order.
    records: Vec<Vec<u32>>,
    weights: Vec<f64>,
    weight_of_unknown: f64,
    grams: HashMap<Gram, Vec<Id>>,
    remembered: HashMap<Box<str>, Alike>,
    /// How many entries the remembered lists have.
    n_remembered: usize,
}

impl Vocabulary {
    /// Takes a token of a record in; gives its number and the bytes that are kept.
    pub(super) fn add(&mut self, token: &str, record: u32) -> (Id, usize) {
        let mut bytes = 0;
        let id = match self.ids.get(token) {
            Some(&id) => id,
            None => {
                let word: Arc<str> = token.into();
                let id = Id::try_from(self.words.len()).unwrap_or(Id::MAX);
                self.ids.insert(Arc::clone(&word), id);
                self.words.push(word);
                self.records.push(Vec::new());
                bytes += TOKEN_BYTES + token.len() + self.index(token, id) * GRAM_BYTES;
                id
            }
        };
        let records = &mut self.records[id as usize];
        if records.last() != Some(&record) {
            records.push(record);
            bytes += 2 * size_of::<u32>();
        }
        (id, bytes)
    }

    fn index(&mut self, token: &str, id: Id) -> usize {
        let grams = grams(token);
        let count = grams.len();
        for gram in grams {
            self.grams.entry(gram).or_default().push(id);
        }
        count
    }

    /// Weighs the tokens, when all records are in.
    pub(super) fn weigh(&mut self, records: usize) {
        let all = as_f64(records);
        let weigh = |own: &Vec<u32>| (1.0 + all / as_f64(own.len().max(1))).ln();
        self.weights = self.records.iter().map(weigh).collect();
        let sum: f64 = self.weights.iter().sum();
        self.weight_of_unknown =
            if self.weights.is_empty() { 1.0 } else { sum / as_f64(self.weights.len()) };
    }

    pub(super) fn word(&self, id: Id) -> &Arc<str> {
        &self.words[id as usize]
    }

    pub(super) fn records(&self, id: Id) -> &[u32] {
        &self.records[id as usize]
    }

    pub(super) fn weight(&self, id: Id) -> f64 {
        self.weights[id as usize]
    }

    /// What a token weighs that is looked for.
    pub(super) fn weight_of(&self, token: &str) -> f64 {
        self.ids.get(token).map_or(self.weight_of_unknown, |&id| self.weight(id))
    }

    /// The tokens that a token is alike to, by their numbers.
    pub(super) fn alike(
        &mut self,
        token: &str,
        exhaustive: bool,
        context: &Context<'_>,
    ) -> Result<Alike, Stop> {
        if let Some(known) = self.remembered.get(token) {
            return Ok(Arc::clone(known));
        }
        let candidates = if exhaustive {
            (0..Id::try_from(self.words.len()).unwrap_or(Id::MAX)).collect()
        } else {
            self.with_a_piece_of(token)
        };
        let letters: Vec<char> = token.chars().collect();
        let (mut other, mut alike) = (Vec::new(), Vec::new());
        for (at, id) in candidates.into_iter().enumerate() {
            if at % TOKENS_PER_CHECK == 0 {
                context.check()?;
            }
            other.clear();
            other.extend(self.words[id as usize].chars());
            let likeness = likeness(&letters, &other);
            if 0.0 < likeness {
                alike.push((id, likeness));
            }
        }
        let alike: Alike = alike.into();
        self.remember(token, &alike);
        Ok(alike)
    }

    fn with_a_piece_of(&self, token: &str) -> Vec<Id> {
        let grams = grams(token);
        let lists = grams.iter().filter_map(|gram| self.grams.get(gram));
        let mut ids: Vec<Id> = lists.flatten().copied().collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    fn remember(&mut self, token: &str, alike: &Alike) {
        if REMEMBERED_MAX < self.n_remembered + alike.len() + 1 {
            self.remembered.clear();
            self.n_remembered = 0;
        }
        self.n_remembered += alike.len() + 1;
        self.remembered.insert(token.into(), Arc::clone(alike));
    }
}
