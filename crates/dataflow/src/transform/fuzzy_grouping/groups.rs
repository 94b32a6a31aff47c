//! Which of the distinct rows stand for which.

use crate::transform::fuzzy::{Index, Kept};
use crate::{Context, Stop};

/// What belongs to which canonical row.
pub(super) struct Groups(Vec<Member>);

/// A distinct row in its group.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Member {
    /// The canonical one.
    pub(super) canonical: u32,
    /// How alike they are.
    pub(super) similarity: f64,
    /// How alike their fuzzy columns are; empty for 1.
    pub(super) columns: Vec<f64>,
}

/// Another row that reaches the thresholds.
struct Neighbour {
    item: u32,
    similarity: f64,
}

impl Groups {
    /// Groups the rows of an index; `counts` has how many rows each stands for.
    pub(super) fn find(
        index: &mut Index,
        counts: &[u64],
        kept: &mut Kept,
        context: &Context<'_>,
    ) -> Result<Self, Stop> {
        let neighbours = neighbours(index, kept, context)?;
        let ranks = canonical(&neighbours, counts);
        let mut members = Vec::with_capacity(counts.len());
        for (item, own) in (0_u32..).zip(&neighbours) {
            let canonical =
                if ranks[item as usize].is_some() { item } else { best(own, &ranks, item) };
            let alone = Member { canonical, similarity: 1.0, columns: Vec::new() };
            if canonical == item {
                members.push(alone);
                continue;
            }
            let found = index.compare_like(canonical, item, context)?;
            members.push(found.map_or(alone, |found| Member {
                canonical,
                similarity: found.similarity,
                columns: found.columns,
            }));
        }
        Ok(Self(members))
    }

    /// The group of a distinct row.
    pub(super) fn of(&self, item: u32) -> &Member {
        &self.0[item as usize]
    }
}

/// By row the others that are like it.
fn neighbours(
    index: &mut Index,
    kept: &mut Kept,
    context: &Context<'_>,
) -> Result<Vec<Vec<Neighbour>>, Stop> {
    let mut all: Vec<Vec<Neighbour>> = Vec::new();
    all.resize_with(index.len(), Vec::new);
    for item in 0..u32::try_from(index.len()).unwrap_or(u32::MAX) {
        context.check()?;
        let found = index.search_like(item, context)?;
        // Each pair once, so that both sides know it.
        let later: Vec<_> = found.into_iter().filter(|found| item < found.record).collect();
        kept.add(4 * later.len() * size_of::<Neighbour>(), context)?;
        for found in later {
            let similarity = found.similarity;
            all[item as usize].push(Neighbour { item: found.record, similarity });
            all[found.record as usize].push(Neighbour { item, similarity });
        }
    }
    Ok(all)
}

/// By row its rank among the canonical ones, in the order in which they are chosen.
fn canonical(neighbours: &[Vec<Neighbour>], counts: &[u64]) -> Vec<Option<usize>> {
    let like = |item: usize| {
        let others = neighbours[item].iter().map(|other| counts[other.item as usize]);
        counts[item] + others.sum::<u64>()
    };
    let mut order: Vec<(u64, u64, usize)> =
        (0..counts.len()).map(|item| (like(item), counts[item], item)).collect();
    order.sort_by(|a, b| (b.0, b.1).cmp(&(a.0, a.1)).then(a.2.cmp(&b.2)));
    let mut ranks = vec![None; counts.len()];
    let mut is_taken = vec![false; counts.len()];
    for (rank, (_, _, item)) in order.into_iter().enumerate() {
        if is_taken[item] {
            continue;
        }
        ranks[item] = Some(rank);
        for other in &neighbours[item] {
            is_taken[other.item as usize] = true;
        }
    }
    ranks
}

/// The canonical row that a row is most like, of several the one chosen first.
fn best(neighbours: &[Neighbour], ranks: &[Option<usize>], item: u32) -> u32 {
    let chosen = neighbours.iter().filter_map(|other| Some((ranks[other.item as usize]?, other)));
    let best = chosen.max_by(|(rank, other), (best_rank, best)| {
        other.similarity.total_cmp(&best.similarity).then(best_rank.cmp(rank))
    });
    best.map_or(item, |(_, other)| other.item)
}
