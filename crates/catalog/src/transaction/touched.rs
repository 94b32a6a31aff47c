//! The tables that a transaction's changes concern, and reads that stay away from them.
//!
//! Inside a transaction a read needs the transaction's changes only where it looks at what they
//! changed. All other reads are ordinary ones, which hold nobody back.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use model::Timestamp;

use crate::error::CatalogError;
use crate::key::CatalogKey;
use crate::store::migrate::MIGRATIONS;
use crate::store::{Change, NewRow, Param, Row, Topic, Tx};

/// Table by table, the tables whose rows go when its rows are deleted.
static CASCADES: LazyLock<Vec<(String, String)>> =
    LazyLock::new(|| MIGRATIONS.iter().flat_map(|migration| cascades(migration.sql)).collect());

/// Names of tables, in lower case.
pub(super) struct Touched(BTreeSet<String>);

impl Touched {
    /// The tables that the changes concern; `None` where one of them is not understood.
    pub(super) fn by<'c>(changes: impl Iterator<Item = &'c Change>) -> Option<Self> {
        let mut tables = BTreeSet::new();
        for change in changes {
            tables.insert(table_of(&change.sql)?);
        }
        loop {
            let before = tables.len();
            for (parent, child) in &*CASCADES {
                if tables.contains(parent) {
                    tables.insert(child.clone());
                }
            }
            if tables.len() == before {
                return Some(Self(tables));
            }
        }
    }

    /// Whether a statement mentions one of them.
    fn are_in(&self, sql: &str) -> bool {
        let is_word = |character: char| character.is_alphanumeric() || character == '_';
        sql.split(|character| !is_word(character))
            .any(|word| self.0.contains(&word.to_ascii_lowercase()))
    }
}

/// The table that a statement changes.
fn table_of(sql: &str) -> Option<String> {
    let mut words = sql.split_whitespace();
    let table = match (words.next()?, words.next()?) {
        ("INSERT", "INTO") | ("DELETE", "FROM") => words.next()?,
        ("UPDATE", table) => table,
        _ => return None,
    };
    Some(table.to_ascii_lowercase())
}

/// What a migration says `ON DELETE CASCADE` of: the table referred to, and the table that goes
/// with it.
fn cascades(migration: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for table in migration.split("CREATE TABLE ").skip(1) {
        let Some(name) = table.split_whitespace().next() else { continue };
        for reference in table.split("REFERENCES ").skip(1) {
            let column = reference.split(',').next().unwrap_or_default();
            let parent = column.split_whitespace().next().unwrap_or_default();
            if column.contains("ON DELETE CASCADE") {
                found.push((parent.to_ascii_lowercase(), name.to_ascii_lowercase()));
            }
        }
    }
    found
}

/// A transaction for a read that must not look at the touched tables.
pub(super) struct Apart<'a> {
    pub(super) tx: &'a mut dyn Tx,
    pub(super) touched: &'a Touched,
    /// It did look at one, or tried to write: what it answers means nothing.
    pub(super) met: bool,
}

impl Apart<'_> {
    fn refuse<T>(&mut self) -> Result<T, CatalogError> {
        self.met = true;
        Err(CatalogError::TransactionConflict)
    }
}

impl Tx for Apart<'_> {
    fn query(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, CatalogError> {
        if self.touched.are_in(sql) {
            return self.refuse();
        }
        self.tx.query(sql, params)
    }

    fn execute(&mut self, _sql: &str, _params: &[Param<'_>]) -> Result<u64, CatalogError> {
        self.refuse()
    }

    fn execute_many(&mut self, _sql: &str, _rows: &[Vec<Param<'_>>]) -> Result<(), CatalogError> {
        self.refuse()
    }

    fn insert_row(&mut self, _row: &NewRow<'_>) -> Result<Option<i64>, CatalogError> {
        self.refuse()
    }

    fn reserve_id(&mut self, _table: &'static str, _id: i64) -> Result<(), CatalogError> {
        self.refuse()
    }

    fn notify(&mut self, _topic: Topic) {}

    fn now(&self) -> Timestamp {
        self.tx.now()
    }

    fn key(&self) -> &CatalogKey {
        self.tx.key()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touched(statements: &[&str]) -> Option<Vec<String>> {
        let changes: Vec<Change> =
            statements.iter().map(|sql| Change::new(sql, &[], None)).collect();
        Touched::by(changes.iter()).map(|touched| touched.0.into_iter().collect())
    }

    #[test]
    fn a_change_concerns_its_table_and_what_goes_with_its_rows() {
        let tables = touched(&["UPDATE folders\nSET name = ?1", "DELETE FROM environments"]);
        assert_eq!(tables.unwrap(), ["environment_variables", "environments", "folders"]);
        let tables = touched(&["INSERT INTO projects (name) VALUES (?1)"]).unwrap();
        let with_it = ["environment_references", "object_parameters", "packages", "projects"];
        assert_eq!(tables, with_it);
        assert_eq!(touched(&["PRAGMA user_version = 1"]), None);
    }

    #[test]
    fn a_table_is_found_as_a_word() {
        let touched = Touched(BTreeSet::from(["tasks".to_owned()]));
        assert!(touched.are_in("SELECT 1 FROM tasks t"));
        assert!(touched.are_in("SELECT 1 WHERE EXISTS(SELECT 1 FROM a,Tasks)"));
        assert!(!touched.are_in("SELECT tasks_max FROM task_attempts"));
    }
}
