//! `OVER (...)`.

use super::{Parsed, Parser};
use crate::ast::{Frame, FrameBound, FrameUnit, Over};
use crate::lexer::Symbol;

impl Parser<'_> {
    pub(super) fn over(&mut self) -> Parsed<Over> {
        self.expect("OVER")?;
        if self.is_ident() {
            // A named window: its definition would be a WINDOW clause.
            return self.unsupported_here();
        }
        self.expect_symbol(Symbol::Open)?;
        let mut over = Over::default();
        if self.take_all(&["PARTITION", "BY"]) {
            over.partition_by = self.list(Self::expr)?;
        }
        over.order_by = self.order_by()?;
        over.frame = self.frame()?;
        self.expect_symbol(Symbol::Close)?;
        Ok(over)
    }

    fn frame(&mut self) -> Parsed<Option<Frame>> {
        let unit = if self.take("ROWS") {
            FrameUnit::Rows
        } else if self.take("RANGE") {
            FrameUnit::Range
        } else {
            return Ok(None);
        };
        let between = self.take("BETWEEN");
        let start = self.frame_bound()?;
        let end = if between {
            self.expect("AND")?;
            Some(self.frame_bound()?)
        } else {
            None
        };
        Ok(Some(Frame { unit, start, end }))
    }

    fn frame_bound(&mut self) -> Parsed<FrameBound> {
        if self.take_all(&["CURRENT", "ROW"]) {
            return Ok(FrameBound::CurrentRow);
        }
        if self.take("UNBOUNDED") {
            if self.take("PRECEDING") {
                return Ok(FrameBound::UnboundedPreceding);
            }
            self.expect("FOLLOWING")?;
            return Ok(FrameBound::UnboundedFollowing);
        }
        let rows = Box::new(self.expr()?);
        if self.take("PRECEDING") {
            return Ok(FrameBound::Preceding(rows));
        }
        self.expect("FOLLOWING")?;
        Ok(FrameBound::Following(rows))
    }
}
