//! Rows of groups for which there is no room in memory.

use std::hash::{DefaultHasher, Hash, Hasher};

use arrow_array::{RecordBatch, UInt32Array};
use arrow_select::take::take_record_batch;

use super::function::Function;
use super::{Grouping, Groups};
use crate::raw::RawWriter;
use crate::spill::{self, Spill, broken, finish};
use crate::{Context, Outbox, Stop};

/// Into how many files rows go, by their keys.
const PARTS: usize = 16;

/// How often a row is set aside at most: 16^6 times the memory should be enough for anybody's
/// groups, and rows that still do not fit never will.
const LEVELS_MAX: u32 = 6;

/// The files of a grouping, begun when the first row goes there.
pub(super) struct Aside(Vec<Option<RawWriter>>);

/// The rows of a batch for which there is no room, by file.
pub(super) struct Rest(Vec<Vec<u32>>);

impl Rest {
    /// Notes a row by the hash of its key, another one on each level.
    pub(super) fn note(&mut self, key: &[u8], row: usize, level: u32) {
        let mut hasher = DefaultHasher::new();
        (level, key).hash(&mut hasher);
        let part = usize::try_from(hasher.finish() % PARTS as u64).unwrap_or(0);
        self.0[part].push(u32::try_from(row).unwrap_or(u32::MAX));
    }
}

impl Grouping {
    /// Groups the rows of a batch, or sets them aside.
    pub(super) fn take(
        &self,
        batch: &RecordBatch,
        groups: &mut Groups,
        spill: &Spill,
        context: &Context<'_>,
    ) -> Result<(), Stop> {
        let mut rest = Rest(vec![Vec::new(); PARTS]);
        let bytes = self.add(batch, groups, &mut rest)?;
        let reserved = context.reserve(bytes);
        if reserved.is_ok() {
            groups.kept += bytes;
        }
        // From here on only known groups get rows. Those of this batch are in memory already.
        if groups.can_set_aside() && (reserved.is_err() || self.is_full(groups, context)) {
            groups.aside = Some(Aside((0..PARTS).map(|_| None).collect()));
        } else {
            reserved?;
        }
        let Some(Aside(files)) = &mut groups.aside else { return Ok(()) };
        for (file, rows) in files.iter_mut().zip(rest.0).filter(|(_, rows)| !rows.is_empty()) {
            let part = take_record_batch(batch, &UInt32Array::from(rows))?;
            let writer = match file {
                Some(writer) => writer,
                None => file.insert(spill.begin()?),
            };
            writer.write(part).map_err(|error| broken(&error))?;
            context.spooled(1);
        }
        Ok(())
    }

    /// Whether there should be no more groups though there is room: known groups grow by their
    /// distinct values, for which half of the budget is left.
    fn is_full(&self, groups: &Groups, context: &Context<'_>) -> bool {
        let grows = self.columns.iter().any(|column| column.function == Function::CountDistinct);
        grows && context.memory_budget() / 2 < groups.kept
    }

    /// Sends all groups: those in memory, then those of the rows that were set aside.
    pub(super) fn finish(
        &self,
        groups: Groups,
        spill: &Spill,
        out: &mut Outbox<'_>,
    ) -> Result<(), Stop> {
        let Groups { totals, kept, aside, level, .. } = groups;
        self.send(&totals, out)?;
        drop(totals);
        out.context().release(kept);
        let files = aside.map(|Aside(files)| files).unwrap_or_default();
        let files = files.into_iter().flatten().map(finish);
        for file in files.collect::<Result<Vec<_>, _>>()? {
            let mut reader = spill::read(file)?;
            let mut groups = Groups { level: level + 1, ..Groups::default() };
            while let Some(batch) = reader.next().map_err(|error| broken(&error))? {
                out.check()?;
                out.context().spooled(-1);
                self.take(&batch, &mut groups, spill, &out.context())?;
            }
            self.finish(groups, spill, out)?;
        }
        Ok(())
    }
}

impl Groups {
    /// Whether rows can be set aside: not when those of one batch are too many for the budget,
    /// nor when it is known groups that grow.
    const fn can_set_aside(&self) -> bool {
        self.aside.is_none() && 0 < self.kept && self.level < LEVELS_MAX
    }
}
