//! Numbered changes of the schema, in order. Each is applied once, in a transaction with its row
//! in `schema_version`.
//!
//! A migration is never edited after a release: the next one changes what is there, in a way that
//! the release before it can live beside.

/// One change of the schema.
pub(crate) struct Migration {
    pub(crate) version: i64,
    pub(crate) sql: &'static str,
}

/// All of them, oldest first.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, sql: include_str!("../../migrations/0001_objects.sql") },
    Migration { version: 2, sql: include_str!("../../migrations/0002_operations.sql") },
    Migration { version: 3, sql: include_str!("../../migrations/0003_scale_out.sql") },
    Migration { version: 4, sql: include_str!("../../migrations/0004_principals.sql") },
    Migration { version: 5, sql: include_str!("../../migrations/0005_administration.sql") },
    Migration { version: 6, sql: include_str!("../../migrations/0006_modules.sql") },
    Migration { version: 7, sql: include_str!("../../migrations/0007_tds.sql") },
    Migration { version: 8, sql: include_str!("../../migrations/0008_topology.sql") },
];

/// The newest version that this program knows.
pub(crate) fn newest() -> i64 {
    MIGRATIONS.last().map_or(0, |migration| migration.version)
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
    fn versions_count_up_from_one() {
        for (index, migration) in MIGRATIONS.iter().enumerate() {
            assert_eq!(migration.version, i64::try_from(index).unwrap() + 1);
        }
    }
}
