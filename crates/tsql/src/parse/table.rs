//! Tables: columns and constraints.

use super::{Parsed, Parser};
use crate::ast::{
    AlterTable, ColumnDef, ColumnOption, Ident, StatementKind, TableConstraint,
    TableConstraintKind, TableDefinition, TableElement,
};
use crate::lexer::Symbol;

/// Changes of a table that mean something only to storage, triggers or partitions.
const UNSUPPORTED_CHANGES: &[&str] =
    &["SWITCH", "REBUILD", "ENABLE", "DISABLE", "SET", "CHECK", "NOCHECK", "WITH", "SPLIT"];

impl Parser<'_> {
    /// `TABLE name (...)`, behind `CREATE`.
    pub(super) fn create_table(&mut self) -> Parsed<StatementKind> {
        self.expect("TABLE")?;
        let name = self.object_name()?;
        if self.is("AS") || self.is("OF") {
            return self.unsupported_here();
        }
        let definition = self.table_definition()?;
        self.file_group()?;
        if self.is("WITH") && self.is_symbol_at(1, Symbol::Open) {
            self.at += 2;
            return self.unsupported_here();
        }
        Ok(StatementKind::CreateTable(name, Box::new(definition)))
    }

    /// `ON [PRIMARY]` says where a table is anyway; other places do not exist here.
    pub(super) fn file_group(&mut self) -> Parsed<()> {
        while self.take_any(&["ON", "TEXTIMAGE_ON"]) {
            if !self.is_ident() {
                return self.unexpected();
            }
            let group = self.shown();
            if !["PRIMARY", "DEFAULT"].iter().any(|name| group.eq_ignore_ascii_case(name)) {
                return self.unsupported_here();
            }
            self.advance();
        }
        if self.is("FILESTREAM_ON") { self.unsupported_here() } else { Ok(()) }
    }

    pub(super) fn table_definition(&mut self) -> Parsed<TableDefinition> {
        self.expect_symbol(Symbol::Open)?;
        let mut elements = vec![self.table_element()?];
        while !self.take_symbol(Symbol::Close) {
            // A comma before a constraint may be left out, and one may end the list.
            let comma = self.take_symbol(Symbol::Comma);
            if comma && self.take_symbol(Symbol::Close) {
                break;
            }
            if !comma && !self.begins_constraint() {
                return self.unexpected();
            }
            elements.push(self.table_element()?);
        }
        Ok(TableDefinition { elements })
    }

    fn begins_constraint(&self) -> bool {
        ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"].iter().any(|word| self.is(word))
    }

    fn table_element(&mut self) -> Parsed<TableElement> {
        if self.is("INDEX") {
            return self.inner_index().map(TableElement::Index);
        }
        if self.begins_constraint() || self.are(&["DEFAULT"]) {
            return self.constraint(true).map(TableElement::Constraint);
        }
        if self.are(&["PERIOD", "FOR"]) {
            return self.unsupported_here();
        }
        let name = self.ident()?;
        if self.take("AS") {
            let value = self.expr()?;
            let persisted = self.take("PERSISTED");
            return Ok(TableElement::Computed { name, value, persisted });
        }
        self.column(name).map(TableElement::Column)
    }

    fn column(&mut self, name: Ident) -> Parsed<ColumnDef> {
        let data_type = self.type_name()?;
        let mut options = Vec::new();
        while let Some(option) = self.column_option()? {
            options.push(option);
        }
        Ok(ColumnDef { name, data_type, options })
    }

    fn column_option(&mut self) -> Parsed<Option<ColumnOption>> {
        const UNSUPPORTED: &[&str] =
            &["FILESTREAM", "MASKED", "ENCRYPTED", "GENERATED", "HIDDEN", "NOT FOR REPLICATION"];
        if UNSUPPORTED.iter().any(|word| self.is(word)) {
            return self.unsupported_here();
        }
        if self.take("NULL") {
            return Ok(Some(ColumnOption::Null));
        }
        if self.take_all(&["NOT", "NULL"]) {
            return Ok(Some(ColumnOption::NotNull));
        }
        if self.take("IDENTITY") {
            return self.identity_option().map(Some);
        }
        if self.take("COLLATE") {
            return Ok(Some(ColumnOption::Collate(self.collation()?)));
        }
        if self.take("ROWGUIDCOL") {
            return Ok(Some(ColumnOption::RowGuid));
        }
        if self.take("SPARSE") {
            return Ok(Some(ColumnOption::Sparse));
        }
        if self.take("INDEX") {
            let name = self.ident()?;
            let unique = self.take("UNIQUE");
            let clustered = self.clustered();
            return Ok(Some(ColumnOption::Index { name, unique, clustered }));
        }
        let words =
            ["CONSTRAINT", "DEFAULT", "CHECK", "PRIMARY", "UNIQUE", "REFERENCES", "FOREIGN"];
        if words.iter().any(|word| self.is(word)) {
            return Ok(Some(ColumnOption::Constraint(self.constraint(false)?)));
        }
        Ok(None)
    }

    fn identity_option(&mut self) -> Parsed<ColumnOption> {
        if !self.take_symbol(Symbol::Open) {
            return Ok(ColumnOption::Identity(None));
        }
        let seed = self.expr()?;
        self.expect_symbol(Symbol::Comma)?;
        let increment = self.expr()?;
        self.expect_symbol(Symbol::Close)?;
        Ok(ColumnOption::Identity(Some((seed, increment))))
    }

    /// `CLUSTERED` or `NONCLUSTERED`.
    pub(super) fn clustered(&mut self) -> Option<bool> {
        if self.take("CLUSTERED") {
            Some(true)
        } else if self.take("NONCLUSTERED") {
            Some(false)
        } else {
            None
        }
    }

    /// `of_table`: whether the constraint stands by itself, and so may name columns.
    fn constraint(&mut self, of_table: bool) -> Parsed<TableConstraint> {
        let name = if self.take("CONSTRAINT") { Some(self.ident()?) } else { None };
        let kind = self.constraint_kind(of_table)?;
        Ok(TableConstraint { name, kind })
    }

    fn constraint_kind(&mut self, of_table: bool) -> Parsed<TableConstraintKind> {
        let primary = self.take_all(&["PRIMARY", "KEY"]);
        if primary || self.take("UNIQUE") {
            let clustered = self.clustered();
            let listed = of_table || self.is_symbol(Symbol::Open);
            let columns = if listed { self.index_columns()? } else { Vec::new() };
            let options = self.index_options()?;
            self.file_group()?;
            return Ok(TableConstraintKind::Key { primary, clustered, columns, options });
        }
        if self.take("CHECK") {
            self.expect_symbol(Symbol::Open)?;
            let condition = self.condition()?;
            self.expect_symbol(Symbol::Close)?;
            return Ok(TableConstraintKind::Check(condition));
        }
        if self.take("DEFAULT") {
            let value = self.expr()?;
            let column = if of_table && self.take("FOR") { Some(self.ident()?) } else { None };
            return Ok(TableConstraintKind::Default(value, column));
        }
        let columns = if self.take_all(&["FOREIGN", "KEY"]) && self.is_symbol(Symbol::Open) {
            self.idents()?
        } else {
            Vec::new()
        };
        self.expect("REFERENCES")?;
        let table = self.object_name()?;
        let to = self.optional_idents()?;
        let actions = self.reference_actions()?;
        Ok(TableConstraintKind::References { columns, table, to, actions })
    }

    fn reference_actions(&mut self) -> Parsed<Vec<String>> {
        const WHEN: &[&str] = &["DELETE", "UPDATE"];
        const WHAT: &[&[&str]] =
            &[&["NO", "ACTION"], &["CASCADE"], &["SET", "NULL"], &["SET", "DEFAULT"]];
        let mut actions = Vec::new();
        while self.take("ON") {
            let when = WHEN.iter().find(|word| self.take(word));
            let what = WHAT.iter().find(|words| self.take_all(words));
            let (Some(when), Some(what)) = (when, what) else { return self.unexpected() };
            actions.push(format!("{when} {}", what.join(" ")));
        }
        Ok(actions)
    }

    /// `TABLE name ...`, behind `ALTER`.
    pub(super) fn alter_table(&mut self) -> Parsed<StatementKind> {
        self.expect("TABLE")?;
        let name = self.object_name()?;
        if UNSUPPORTED_CHANGES.iter().any(|word| self.is(word)) {
            return self.unsupported_here();
        }
        let change = if self.take_all(&["ALTER", "COLUMN"]) {
            let column = self.ident()?;
            if self.is("ADD") || self.is("DROP") {
                return self.unsupported_here();
            }
            AlterTable::AlterColumn(self.column(column)?)
        } else if self.take("ADD") {
            AlterTable::Add(self.list(Self::table_element)?)
        } else {
            self.expect("DROP")?;
            self.dropped_parts()?
        };
        Ok(StatementKind::AlterTable(name, Box::new(change)))
    }

    fn dropped_parts(&mut self) -> Parsed<AlterTable> {
        let columns = self.take("COLUMN");
        if !columns {
            self.take("CONSTRAINT");
        }
        let if_exists = self.take_all(&["IF", "EXISTS"]);
        let names = self.list(Self::ident)?;
        Ok(if columns {
            AlterTable::DropColumn { if_exists, names }
        } else {
            AlterTable::DropConstraint { if_exists, names }
        })
    }
}
