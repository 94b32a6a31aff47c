//! Tokens of a text, pieces of a token, and how alike two tokens are.

use super::ALIKE_MIN;

/// The parts of a text between delimiters.
pub(super) fn tokens<'t>(text: &'t str, delimiters: &str) -> impl Iterator<Item = &'t str> {
    text.split(|character| delimiters.contains(character)).filter(|token| !token.is_empty())
}

/// Three letters in a row.
pub(super) type Gram = [char; 3];

/// The pieces of a token, its ends as letters; each once.
pub(super) fn grams(token: &str) -> Vec<Gram> {
    const END: char = '\u{0}';
    let letters: Vec<char> = std::iter::once(END).chain(token.chars()).chain([END]).collect();
    let mut grams: Vec<Gram> =
        letters.windows(3).map(|piece| [piece[0], piece[1], piece[2]]).collect();
    grams.sort_unstable();
    grams.dedup();
    grams
}

/// How alike two tokens are: 1 for the same, 0 for less than [`ALIKE_MIN`].
pub(super) fn likeness(a: &[char], b: &[char]) -> f64 {
    let longer = a.len().max(b.len());
    if longer == 0 {
        return 1.0;
    }
    let edits_max = ((1.0 - ALIKE_MIN) * as_f64(longer)).floor();
    match edits(a, b, edits_max as usize) {
        Some(edits) => 1.0 - as_f64(edits) / as_f64(longer),
        None => 0.0,
    }
}

/// A count as a number to calculate with; counts here are far below 2^52.
#[expect(clippy::cast_precision_loss, reason = "counts of letters, tokens and rows are small")]
pub(super) const fn as_f64(count: usize) -> f64 {
    count as f64
}

/// Letters to add, take away, exchange or swap with their neighbour (optimal string alignment);
/// `None` for more than `max`.
fn edits(a: &[char], b: &[char], max: usize) -> Option<usize> {
    if max < a.len().abs_diff(b.len()) {
        return None;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let exchanged = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = exchanged.min(last[j] + 1).min(row[j - 1] + 1);
            if 1 < i && 1 < j && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        let least = row.iter().chain(&last).min();
        if least.is_some_and(|&least| max < least) {
            return None;
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().filter(|&edits| edits <= max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(a: &str, b: &str) -> f64 {
        let letters = |text: &str| text.chars().collect::<Vec<_>>();
        assert_eq!(likeness(&letters(a), &letters(b)), likeness(&letters(b), &letters(a)));
        likeness(&letters(a), &letters(b))
    }

    #[test]
    fn tokens_are_alike_by_their_edits() {
        assert_eq!(alike("maria", "maria"), 1.0);
        assert_eq!(alike("hello", "helo"), 0.8);
        assert_eq!(alike("bycicle", "bicycle"), 1.0 - 2.0 / 7.0);
        assert_eq!(alike("form", "from"), 0.75, "a swap is one edit");
        assert_eq!(alike("ab", "ba"), 0.5);
        assert_eq!(alike("st", "saint"), 0.0, "below a half is not alike");
        assert_eq!(alike("4", "1"), 0.0);
        assert_eq!(alike("é", "é"), 1.0);
    }

    #[test]
    fn a_text_is_cut_at_delimiters() {
        assert_eq!(tokens("a, b--c.", " ,-.").collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(tokens("a, b", ";").collect::<Vec<_>>(), ["a, b"]);
    }

    #[test]
    fn pieces_count_the_ends_of_a_token() {
        assert_eq!(grams("ab"), [['\0', 'a', 'b'], ['a', 'b', '\0']]);
        assert_eq!(grams("a"), [['\0', 'a', '\0']]);
        assert_eq!(grams("aaaa").len(), 3);
    }
}
