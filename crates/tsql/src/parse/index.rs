//! Indexes.

use super::{Parsed, Parser};
use crate::ast::{CreateIndex, IndexColumn, StatementKind};
use crate::lexer::Symbol;

impl Parser<'_> {
    /// `[UNIQUE] [CLUSTERED] INDEX name ON table (...)`, behind `CREATE`.
    pub(super) fn create_index(&mut self) -> Parsed<StatementKind> {
        let unique = self.take("UNIQUE");
        let clustered = self.clustered();
        if self.is("COLUMNSTORE") {
            return self.unsupported_here();
        }
        self.expect("INDEX")?;
        let name = self.ident()?;
        self.expect("ON")?;
        let table = Some(self.object_name()?);
        let columns = self.index_columns()?;
        let mut index = CreateIndex {
            unique,
            clustered,
            name,
            table,
            columns,
            include: Vec::new(),
            filter: None,
            options: Vec::new(),
        };
        self.index_rest(&mut index)?;
        Ok(StatementKind::CreateIndex(Box::new(index)))
    }

    /// `INDEX name ...` inside `CREATE TABLE`.
    pub(super) fn inner_index(&mut self) -> Parsed<CreateIndex> {
        self.expect("INDEX")?;
        let name = self.ident()?;
        let unique = self.take("UNIQUE");
        let clustered = self.clustered();
        let columns = self.index_columns()?;
        let mut index = CreateIndex {
            unique,
            clustered,
            name,
            table: None,
            columns,
            include: Vec::new(),
            filter: None,
            options: Vec::new(),
        };
        self.index_rest(&mut index)?;
        Ok(index)
    }

    fn index_rest(&mut self, index: &mut CreateIndex) -> Parsed<()> {
        if self.take("INCLUDE") {
            index.include = self.idents()?;
        }
        if self.take("WHERE") {
            index.filter = Some(self.condition()?);
        }
        index.options = self.index_options()?;
        self.file_group()
    }

    /// `WITH (name = value, ...)` where it is there.
    pub(super) fn index_options(&mut self) -> Parsed<Vec<(String, String)>> {
        if !(self.is("WITH") && self.is_symbol_at(1, Symbol::Open)) {
            return Ok(Vec::new());
        }
        self.advance();
        self.parenthesised(Self::index_option)
    }

    /// `name = value`, which is about storage and changes no result; `IGNORE_DUP_KEY = ON` would.
    fn index_option(&mut self) -> Parsed<(String, String)> {
        const NAMES: &[&str] = &[
            "ALLOW_PAGE_LOCKS",
            "ALLOW_ROW_LOCKS",
            "DATA_COMPRESSION",
            "DROP_EXISTING",
            "FILLFACTOR",
            "IGNORE_DUP_KEY",
            "MAXDOP",
            "ONLINE",
            "PAD_INDEX",
            "SORT_IN_TEMPDB",
            "STATISTICS_NORECOMPUTE",
            "OPTIMIZE_FOR_SEQUENTIAL_KEY",
        ];
        let Some(name) = NAMES.iter().find(|name| self.is(name)) else {
            return self.unexpected();
        };
        let start = self.here();
        self.advance();
        self.expect_symbol(Symbol::Equal)?;
        if self.is_symbol(Symbol::Open) || self.is_symbol(Symbol::Close) {
            return self.unexpected();
        }
        let value = self.any_word().value.to_ascii_uppercase();
        if *name == "IGNORE_DUP_KEY" && value == "ON" {
            return self.unsupported(start, "IGNORE_DUP_KEY = ON");
        }
        Ok(((*name).to_owned(), value))
    }

    pub(super) fn index_columns(&mut self) -> Parsed<Vec<IndexColumn>> {
        self.parenthesised(|parser| {
            let name = parser.ident()?;
            let descending = parser.take("DESC");
            if !descending {
                parser.take("ASC");
            }
            Ok(IndexColumn { name, descending })
        })
    }
}
