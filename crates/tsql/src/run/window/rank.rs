//! Ranking and distribution: what depends on a row's place only.

use super::{Partition, big};
use crate::types::{ArithmeticOp, SqlType};
use crate::value::{SqlError, SqlValue, arithmetic, cast};

impl Partition<'_, '_> {
    pub(super) fn dense_rank(&self) -> Vec<SqlValue> {
        let mut rank = 0;
        let ranks = self.peers.iter().enumerate().map(|(row, peers)| {
            rank += usize::from(peers.start == row);
            big(rank)
        });
        ranks.collect()
    }

    /// Groups of equal size, the first ones longer by one where that does not come out.
    pub(super) fn ntile(&self) -> Result<Vec<SqlValue>, SqlError> {
        let wanted = self.argument(0, 0).as_i64().and_then(|count| usize::try_from(count).ok());
        let Some(groups) = wanted.filter(|&groups| 0 < groups) else {
            let text =
                "The function 'ntile' takes only a positive int or bigint expression as its input.";
            return Err(SqlError::new(4116, 16, 1, text));
        };
        let (size, longer) = (self.len() / groups, self.len() % groups);
        let tile = |row: usize| match row < longer * (size + 1) {
            true => row / (size + 1),
            false => longer + (row - longer * (size + 1)) / size.max(1),
        };
        Ok((0..self.len()).map(|row| big(tile(row) + 1)).collect())
    }

    pub(super) fn percent_rank(&self) -> Vec<SqlValue> {
        let others = self.len().saturating_sub(1).max(1) as f64;
        self.peers.iter().map(|peers| SqlValue::Float(peers.start as f64 / others)).collect()
    }

    pub(super) fn cume_dist(&self) -> Vec<SqlValue> {
        let all = self.len() as f64;
        self.peers.iter().map(|peers| SqlValue::Float(peers.end as f64 / all)).collect()
    }

    /// PERCENTILE_CONT and PERCENTILE_DISC: one value for the whole partition, NULLs left out.
    pub(super) fn percentile(&self, continuous: bool) -> Result<Vec<SqlValue>, SqlError> {
        let fraction = self.argument(0, 0).as_f64().filter(|part| (0.0..=1.0).contains(part));
        let Some(fraction) = fraction else {
            let text = "Percentile value should be between 0 and 1.";
            return Err(SqlError::new(10755, 16, 1, text));
        };
        let values = self.order.iter().filter_map(|keys| keys.first());
        let values: Vec<&SqlValue> = values.filter(|value| !value.is_null()).collect();
        let result = match values.is_empty() {
            true => SqlValue::Null,
            false if continuous => self.between(&values, fraction)?,
            false => {
                let at = (fraction * values.len() as f64).ceil() as usize;
                values[at.max(1) - 1].clone()
            }
        };
        Ok(vec![result; self.len()])
    }

    /// The value at a place between two rows, as a `float`.
    fn between(&self, values: &[&SqlValue], fraction: f64) -> Result<SqlValue, SqlError> {
        let place = fraction * (values.len() - 1) as f64;
        let (below, above) = (place.floor() as usize, place.ceil() as usize);
        let float = |value: &SqlValue| cast(value, &SqlType::Float);
        let (low, high) = (float(values[below])?, float(values[above])?);
        let distance = arithmetic(ArithmeticOp::Subtract, &high, &low, &SqlType::Float)?;
        let part = SqlValue::Float(place - place.floor());
        let step = arithmetic(ArithmeticOp::Multiply, &distance, &part, &SqlType::Float)?;
        arithmetic(ArithmeticOp::Add, &low, &step, &SqlType::Float)
    }
}
