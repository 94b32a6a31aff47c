//! Which sets of columns a request with wildcards means.
//!
//! Rules: "Candidate Key Profile Request Options", "Functional Dependency Profile Request
//! Options": for a table of A, B, C, the columns (*) and C mean C, then (A, C) and (B, C); (*)
//! and (*) mean A, B, C, then (A, B), (A, C), (B, C). A set is left out where a part of it has
//! been found already.

/// The sets in their order: the columns that are named, with none to `wildcards` of the others.
/// Without a wildcard it is one set. `named` and `others` are places in the table.
pub(super) fn sets(named: &[usize], others: &[usize], wildcards: usize) -> Vec<Vec<usize>> {
    let mut others = others.to_vec();
    others.retain(|place| !named.contains(place));
    let mut found = Vec::new();
    let least = usize::from(named.is_empty());
    for more in least..=wildcards.min(others.len()) {
        for mut set in choose(&others, more) {
            // Named columns stand behind the others, as documented: (A, C).
            set.extend(named);
            found.push(set);
        }
    }
    found
}

/// How many sets that would be, at most `u64::MAX`.
pub(super) fn count(named: &[usize], others: &[usize], wildcards: usize) -> u64 {
    let others = others.iter().filter(|place| !named.contains(place)).count() as u64;
    let (mut all, mut choices) = (u64::from(!named.is_empty()), 1_u64);
    for more in 1..=(wildcards as u64).min(others) {
        choices = choices.saturating_mul(others - more + 1) / more;
        all = all.saturating_add(choices);
    }
    all
}

/// Every choice of `count` of the places, in their order.
fn choose(places: &[usize], count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let mut found = Vec::new();
    for (at, first) in places.iter().enumerate() {
        let rest = places.get(at + 1..).unwrap_or_default();
        for mut set in choose(rest, count - 1) {
            set.insert(0, *first);
            found.push(set);
        }
    }
    found
}

/// Whether a set has one of those already found in it.
pub(super) fn contains_one(set: &[usize], found: &[Vec<usize>]) -> bool {
    found.iter().any(|part| part.iter().all(|place| set.contains(place)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_mean_the_sets_of_the_documentation() {
        let all = [0, 1, 2];
        assert_eq!(sets(&[], &all, 1), [vec![0], vec![1], vec![2]]);
        assert_eq!(sets(&[2], &all, 1), [vec![2], vec![0, 2], vec![1, 2]]);
        assert_eq!(
            sets(&[], &all, 2),
            [vec![0], vec![1], vec![2], vec![0, 1], vec![0, 2], vec![1, 2]]
        );
        assert_eq!(sets(&[1, 0], &all, 0), [vec![1, 0]]);
        for (named, wildcards) in
            [(&[][..], 9), (&[], 2), (&[], 1), (&[2], 1), (&[2], 2), (&[0, 1], 0)]
        {
            let made = sets(named, &all, wildcards).len() as u64;
            assert_eq!(count(named, &all, wildcards), made, "{named:?} {wildcards}");
        }
        assert!(contains_one(&[0, 2], &[vec![2]]));
        assert!(!contains_one(&[0, 1], &[vec![2]]));
    }
}
