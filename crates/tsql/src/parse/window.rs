//! `OVER (...)` and the `WINDOW` clause.

use super::{Parsed, Parser};
use crate::ast::{Frame, FrameBound, FrameUnit, NamedWindow, Over};
use crate::lexer::Symbol;

impl Parser<'_> {
    pub(super) fn over(&mut self) -> Parsed<Over> {
        self.expect("OVER")?;
        if self.is_ident() {
            return Ok(Over { window: Some(self.ident()?), ..Over::default() });
        }
        let over = self.window_definition()?;
        let bare = over.partition_by.is_empty() && over.order_by.is_empty() && over.frame.is_none();
        if over.window.is_some() && bare {
            self.at -= 1;
            return self.unexpected();
        }
        Ok(over)
    }

    /// `WINDOW name AS (...), ...` behind HAVING.
    pub(super) fn window_clause(&mut self) -> Parsed<Vec<NamedWindow>> {
        if !self.is_window_clause() {
            return Ok(Vec::new());
        }
        self.advance();
        self.list(|parser| {
            let name = parser.ident()?;
            parser.expect("AS")?;
            Ok(NamedWindow { name, over: parser.window_definition()? })
        })
    }

    /// Whether `WINDOW name AS (` comes next: without what follows it may be a table's alias.
    pub(super) fn is_window_clause(&self) -> bool {
        self.is("WINDOW")
            && self.is_ident_at(1)
            && self.is_at(2, "AS")
            && self.is_symbol_at(3, Symbol::Open)
    }

    fn window_definition(&mut self) -> Parsed<Over> {
        self.expect_symbol(Symbol::Open)?;
        let mut over = Over::default();
        let named = self.is_ident()
            && !self.are(&["PARTITION", "BY"])
            && !self.is("ROWS")
            && !self.is("RANGE");
        if named {
            over.window = Some(self.ident()?);
        }
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
