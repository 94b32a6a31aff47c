//! The index against a plain comparison of each row with each.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::fold::fold;
use super::token::{grams, likeness, tokens};
use super::*;
use crate::engine::{Counters, Shared, Who};
use crate::testing::World;
use crate::{Cancel, Context};

type Row = (String, Vec<Option<String>>);

/// What a search finds: row, similarity, similarities of columns.
type Result = Vec<(u32, f64, Vec<f64>)>;

fn rules(exhaustive: bool, min_similarity: f64, columns: usize) -> Rules {
    let column = Column { flags: 1, min_similarity: 0.0 };
    Rules {
        delimiters: " ,".to_owned(),
        exhaustive,
        min_similarity,
        columns: vec![column; columns],
    }
}

fn texts(row: &Row) -> Vec<Option<&str>> {
    row.1.iter().map(Option::as_deref).collect()
}

fn search(rules: &Rules, reference: &[Row], wanted: &[Row]) -> Vec<Result> {
    let (world, cancel, counters) = (World::default(), Cancel::new(), Counters::default());
    let shared = Shared::new(&world, &cancel, &counters);
    let who = Who { name: "Find".to_owned(), id: 1 };
    let context = Context { shared: &shared, who: &who };
    let mut index = Index::new(rules.clone());
    for row in reference {
        index.add(row.0.as_bytes(), &texts(row));
    }
    index.finish();
    let found = wanted.iter().map(|row| {
        let found = index.search(row.0.as_bytes(), &texts(row), &context).unwrap();
        found.into_iter().map(|found| (found.record, found.similarity, found.columns)).collect()
    });
    found.collect()
}

/// The same by comparing each row with each, from the description in `fuzzy.rs`.
struct Plain<'a> {
    rules: &'a Rules,
    reference: &'a [Row],
    weights: Vec<BTreeMap<String, f64>>,
}

impl<'a> Plain<'a> {
    fn new(rules: &'a Rules, reference: &'a [Row]) -> Self {
        let mut plain = Self { rules, reference, weights: Vec::new() };
        for column in 0..rules.columns.len() {
            let mut rows = BTreeMap::<String, f64>::new();
            for row in reference {
                for token in plain.tokens(row, column).into_iter().collect::<BTreeSet<_>>() {
                    *rows.entry(token).or_default() += 1.0;
                }
            }
            let all = reference.len() as f64;
            plain.weights.push(rows.into_iter().map(|(t, n)| (t, (1.0 + all / n).ln())).collect());
        }
        plain
    }

    fn tokens(&self, row: &Row, column: usize) -> Vec<String> {
        let text = row.1[column].as_deref().unwrap_or_default();
        tokens(text, " ,").map(|token| fold(token, 1)).collect()
    }

    fn weight(&self, column: usize, token: &str) -> f64 {
        let known = &self.weights[column];
        let sum: f64 = known.values().sum();
        let mean = if known.is_empty() { 1.0 } else { sum / known.len() as f64 };
        *known.get(token).unwrap_or(&mean)
    }

    fn may_pair(&self, a: &str, b: &str) -> bool {
        let pieces = grams(a);
        self.rules.exhaustive || grams(b).iter().any(|gram| pieces.contains(gram))
    }

    fn column(&self, column: usize, a: &[String], b: &[String]) -> f64 {
        if a == b {
            return 1.0;
        }
        let letters = |text: &str| text.chars().collect::<Vec<_>>();
        let mut pairs = Vec::new();
        for (i, left) in a.iter().enumerate() {
            for (j, right) in b.iter().enumerate() {
                let alike = likeness(&letters(left), &letters(right));
                if 0.0 < alike && self.may_pair(left, right) {
                    let weight = self.weight(column, left) + self.weight(column, right);
                    pairs.push((alike, weight, i, j));
                }
            }
        }
        let away = |p: &(f64, f64, usize, usize)| (p.2.abs_diff(p.3), p.2.min(p.3), p.2);
        pairs.sort_by(|p, q| {
            q.0.total_cmp(&p.0).then(q.1.total_cmp(&p.1)).then(away(p).cmp(&away(q)))
        });
        let mut chosen: Vec<(f64, f64, usize, usize)> = Vec::new();
        for pair in pairs {
            if chosen.iter().all(|other| other.2 != pair.2 && other.3 != pair.3) {
                chosen.push(pair);
            }
        }
        let n = chosen.len();
        let crossed = chosen.iter().enumerate().flat_map(|(at, p)| {
            chosen[at + 1..].iter().filter(move |q| (p.2 < q.2) != (p.3 < q.3))
        });
        let disorder =
            if n < 2 { 0.0 } else { crossed.count() as f64 / ((n * (n - 1)) as f64 / 2.0) };
        let all: f64 = a.iter().chain(b).map(|token| self.weight(column, token)).sum();
        let sum: f64 = chosen.iter().map(|pair| pair.0 * pair.1).sum();
        (sum / all * (1.0 - 0.05 * disorder)).min(0.9999)
    }

    fn search(&self, wanted: &Row) -> Result {
        let mut found = Vec::new();
        for (number, row) in self.reference.iter().enumerate() {
            let (mut columns, mut sum, mut all, mut shares) = (Vec::new(), 0.0, 0.0, 0.0);
            for column in 0..self.rules.columns.len() {
                let (a, b) = (self.tokens(wanted, column), self.tokens(row, column));
                let weight: f64 = a.iter().chain(&b).map(|token| self.weight(column, token)).sum();
                let similarity = self.column(column, &a, &b);
                shares += if weight == 0.0 { 0.0 } else { similarity };
                sum += if weight == 0.0 { 0.0 } else { similarity * weight };
                all += weight;
                columns.push(similarity);
            }
            let similarity = if all == 0.0 { 0.0 } else { sum / all };
            let reaches = self.rules.min_similarity <= similarity + 1e-9;
            if row.0 == wanted.0 && 0.0 < shares && reaches {
                found.push((u32::try_from(number).unwrap(), similarity, columns));
            }
        }
        found
    }
}

/// The same rows with the same scores, but for rounding; the order of equal ones is free.
fn assert_same(found: &Result, plain: &Result) {
    let mut found = found.clone();
    assert!(found.is_sorted_by(|a, b| b.1 <= a.1), "the best first: {found:?}");
    found.sort_by_key(|found| found.0);
    let records = |found: &Result| found.iter().map(|found| found.0).collect::<Vec<_>>();
    assert_eq!(records(&found), records(plain));
    for (a, b) in found.iter().zip(plain) {
        assert!((a.1 - b.1).abs() < 1e-9, "{a:?} {b:?}");
        assert!(a.2.iter().zip(&b.2).all(|(a, b)| (a - b).abs() < 1e-9), "{a:?} {b:?}");
        assert!((0.0..=1.0).contains(&a.1));
    }
}

fn row() -> impl Strategy<Value = Row> {
    let word = "[abAé]{1,5}";
    let text = prop::collection::vec(word, 0..4).prop_map(|words| words.join(" "));
    ("[xy]", prop::collection::vec(prop::option::weighted(0.9, text), 2))
}

proptest! {
    #[test]
    fn the_index_finds_what_a_plain_comparison_finds(
        reference in prop::collection::vec(row(), 0..12),
        wanted in prop::collection::vec(row(), 1..6),
        exhaustive: bool,
        min in prop::sample::select(vec![0.0, 0.3, 0.7, 1.0]),
    ) {
        let rules = rules(exhaustive, min, 2);
        let plain = Plain::new(&rules, &reference);
        for (found, row) in search(&rules, &reference, &wanted).iter().zip(&wanted) {
            assert_same(found, &plain.search(row));
        }
    }

    #[test]
    fn similarity_has_no_direction(a in row(), b in row(), others in prop::collection::vec(row(), 0..5)) {
        let (a, b) = (("x".to_owned(), a.1), ("x".to_owned(), b.1));
        let reference: Vec<_> = [a.clone(), b.clone()].into_iter().chain(others).collect();
        let found = search(&rules(true, 0.0, 2), &reference, &[a, b]);
        let score = |found: &Result, record: u32| {
            found.iter().find(|found| found.0 == record).map_or(0.0, |found| found.1)
        };
        prop_assert!((score(&found[0], 1) - score(&found[1], 0)).abs() < 1e-9);
    }
}

#[test]
fn only_the_same_tokens_in_the_same_order_are_the_same() {
    let row = |text: &str| (String::new(), vec![Some(text.to_owned())]);
    let reference = [row("John Smith"), row("Smith, JOHN"), row("John  Smith"), row("a a")];
    let found = search(&rules(false, 0.0, 1), &reference, &[row("john smith"), row("a a")]);
    let scores: Vec<_> = found[0].iter().map(|found| (found.0, found.1)).collect();
    assert_eq!(scores, [(0, 1.0), (2, 1.0), (1, 0.95)]);
    assert_eq!(found[1], [(3, 1.0, vec![1.0])]);
}

#[test]
fn a_rare_token_counts_more_than_a_frequent_one() {
    let row = |text: &str| (String::new(), vec![Some(text.to_owned())]);
    let mut reference: Vec<_> = (0..20).map(|n| row(&format!("street {n}{n}{n}"))).collect();
    reference.push(row("road quixote"));
    let found = search(&rules(false, 0.0, 1), &reference, &[row("street quixote")]);
    assert_eq!(found[0][0].0, 20, "{found:?}");
}

#[test]
fn flags_leave_differences_out() {
    assert_eq!(fold("Éa-B'c", 0), "Éa-B'c");
    assert_eq!(fold("Éa-B", 1), "éa-b");
    assert_eq!(fold("ÉaÅ e\u{301}", 2), "EaA e");
    assert_eq!(fold("a-b.c'd", 4), "abcd");
    assert_eq!(fold("ひらがな", 0x1_0000), "ヒラガナ");
    assert_eq!(fold("ＡＢ１　ｶﾞﾊﾟｱ", 0x2_0000), "AB1 ガパア");
    assert_eq!(unsupported_flags(0x3_0007), None);
    assert_eq!(unsupported_flags(0x1000), Some("Sort punctuation as symbols"));
}
