//! Numbered changes of the schema, in order. Each is applied once, in a transaction with its row
//! in `schema_version`.
//!
//! A migration is never edited after a release. There are two kinds, so that masters are upgraded
//! one at a time:
//!
//! * One that *expands* only adds: tables, columns that are nullable or have a default, indexes.
//!   Programs that do not know it go on beside it, so it is applied by the first program that
//!   opens the catalog.
//! * One that *contracts* takes away what no program uses any more that knows the schema version
//!   [`Migration::needs`]. It is applied by [`super::Opening::Contract`] only, once no master is
//!   online that knows less; a program that has it works without it.

/// One change of the schema.
#[derive(Clone, Copy)]
pub(crate) struct Migration {
    pub(crate) version: i64,
    /// The oldest schema that a program must know to go on beside this change. 0: it expands.
    pub(crate) needs: i64,
    pub(crate) sql: &'static str,
}

impl Migration {
    const fn expand(version: i64, sql: &'static str) -> Self {
        Self { version, needs: 0, sql }
    }

    /// Whether it takes something away.
    pub(crate) const fn contracts(&self) -> bool {
        self.needs != 0
    }
}

/// All of them, oldest first.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration::expand(1, include_str!("../../migrations/0001_objects.sql")),
    Migration::expand(2, include_str!("../../migrations/0002_operations.sql")),
    Migration::expand(3, include_str!("../../migrations/0003_scale_out.sql")),
    Migration::expand(4, include_str!("../../migrations/0004_principals.sql")),
    Migration::expand(5, include_str!("../../migrations/0005_administration.sql")),
    Migration::expand(6, include_str!("../../migrations/0006_modules.sql")),
    Migration::expand(7, include_str!("../../migrations/0007_tds.sql")),
    Migration::expand(8, include_str!("../../migrations/0008_topology.sql")),
    Migration::expand(9, include_str!("../../migrations/0009_versions.sql")),
    // The next one, by the rules above.
];

/// The version from which on `schema_version` says what a change needs.
pub(crate) const NEEDS_SINCE: i64 = 9;

/// The newest version that this program knows.
pub(crate) fn newest() -> i64 {
    newest_of(MIGRATIONS)
}

/// The newest version among some.
pub(crate) fn newest_of(migrations: &[Migration]) -> i64 {
    migrations.last().map_or(0, |migration| migration.version)
}

/// Properties that a new catalog has: the documented defaults of `catalog.catalog_properties`.
pub(crate) const PROPERTIES: &[(&str, &str)] = &[
    ("DEFAULT_EXECUTION_MODE", "0"),
    ("ENCRYPTION_ALGORITHM", "AES_256"),
    ("MAX_PROJECT_VERSIONS", "10"),
    ("OPERATION_CLEANUP_ENABLED", "TRUE"),
    ("RETENTION_WINDOW", "365"),
    ("SCHEMA_BUILD", env!("CARGO_PKG_VERSION")),
    ("SERVER_LOGGING_LEVEL", "1"),
    ("SERVER_OPERATION_ENCRYPTION_LEVEL", "2"),
    ("VALIDATION_TIMEOUT", "300"),
    ("VERSION_CLEANUP_ENABLED", "TRUE"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_count_up() {
        assert!(MIGRATIONS.is_sorted_by_key(|migration| migration.version));
        assert_eq!(MIGRATIONS[0].version, 1);
    }

    /// What a program of the release before does not know must not be in its way.
    #[test]
    fn a_change_that_expands_adds_only() {
        for migration in MIGRATIONS.iter().filter(|migration| !migration.contracts()) {
            for word in ["DROP ", "RENAME ", "ALTER COLUMN", "DELETE FROM"] {
                let version = migration.version;
                assert!(!migration.sql.contains(word), "migration {version} has {word}");
            }
            let added = migration.sql.split("ADD COLUMN").skip(1);
            for column in added.filter_map(|rest| rest.split(';').next()) {
                let fits = !column.contains("NOT NULL") || column.contains("DEFAULT");
                assert!(fits, "migration {} adds{column}", migration.version);
            }
        }
    }
}
