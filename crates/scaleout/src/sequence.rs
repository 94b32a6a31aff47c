//! How an attempt's numbered messages join those that the catalog has.

/// How many messages at the start of a batch the catalog has already, or that a gap would arise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// Skip this many, append the rest (of which there may be none).
    Skip(usize),
    /// Messages between the last one and this batch are missing: take nothing.
    Gap,
}

/// Decides about a batch of `n` messages of which the first is number `first`, when the catalog
/// has all up to `last`. A duplicate appends nothing, an overlap only its new part.
pub fn join(last: u64, first: u64, n: usize) -> Join {
    match last.saturating_add(1).checked_sub(first) {
        None => Join::Gap,
        Some(known) => Join::Skip(usize::try_from(known).unwrap_or(usize::MAX).min(n)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_taken_once_and_without_gaps() {
        assert_eq!(join(0, 1, 3), Join::Skip(0), "the first batch");
        assert_eq!(join(3, 4, 2), Join::Skip(0), "the next batch");
        assert_eq!(join(3, 1, 3), Join::Skip(3), "the first batch again");
        assert_eq!(join(3, 2, 5), Join::Skip(2), "a batch that overlaps");
        assert_eq!(join(3, 5, 1), Join::Gap, "a batch that came too early");
        assert_eq!(join(9, 1, 0), Join::Skip(0), "an empty batch");
    }
}
