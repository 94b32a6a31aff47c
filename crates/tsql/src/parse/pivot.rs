//! `PIVOT` and `UNPIVOT`.

use super::{Parsed, Parser};
use crate::ast::{Pivot, Table, TableKind, Unpivot};
use crate::lexer::Symbol;

impl Parser<'_> {
    /// `source PIVOT (...) alias`.
    pub(super) fn turned(&mut self, source: Table) -> Parsed<Table> {
        let start = source.place;
        self.raise()?;
        let kind = if self.take("PIVOT") {
            TableKind::Pivot(Box::new(self.pivot(source)?))
        } else {
            self.expect("UNPIVOT")?;
            TableKind::Unpivot(Box::new(self.unpivot(source)?))
        };
        let alias = self.table_alias()?;
        let columns = if alias.is_some() { self.optional_idents()? } else { Vec::new() };
        let place = self.since(start);
        Ok(Table { kind, alias, columns, hints: Vec::new(), sample: None, place })
    }

    fn pivot(&mut self, source: Table) -> Parsed<Pivot> {
        self.expect_symbol(Symbol::Open)?;
        let name = self.object_name()?;
        let aggregate = self.function_call(name)?;
        self.expect("FOR")?;
        let column = self.object_name()?;
        self.expect("IN")?;
        let values = self.idents()?;
        self.expect_symbol(Symbol::Close)?;
        Ok(Pivot { source, aggregate, column, values })
    }

    fn unpivot(&mut self, source: Table) -> Parsed<Unpivot> {
        self.expect_symbol(Symbol::Open)?;
        let value = self.ident()?;
        self.expect("FOR")?;
        let column = self.ident()?;
        self.expect("IN")?;
        let columns = self.idents()?;
        self.expect_symbol(Symbol::Close)?;
        Ok(Unpivot { source, value, column, columns })
    }
}
