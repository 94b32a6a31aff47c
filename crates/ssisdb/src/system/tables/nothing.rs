//! The views of `sys` about what this server has not: tables and what hangs on them. They have
//! their documented columns and no rows, so that what tools ask of them is answered.
//!
//! Source: T-SQL reference, "System catalog views", the page of each.

use std::sync::Arc;

use tsql::host::Row;
use tsql::value::SqlError;

use super::sys;
use crate::connection::Inside;
use crate::system::SystemView;

/// What every view of objects begins with.
macro_rules! objects_and {
    ($more:literal) => {
        concat!(
            "name sysname, object_id int, principal_id int?, schema_id int, parent_object_id int, \
             type char(2)?, type_desc nvarchar(60)?, create_date datetime, modify_date datetime, \
             is_ms_shipped bit, is_published bit, is_schema_published bit, ",
            $more
        )
    };
}

/// What every view of columns begins with.
macro_rules! columns_and {
    ($more:literal) => {
        concat!(
            "object_id int, name sysname?, column_id int, system_type_id tinyint, user_type_id int, \
             max_length smallint, precision tinyint, scale tinyint, collation_name sysname?, \
             is_nullable bit?, is_ansi_padded bit, is_rowguidcol bit, is_identity bit, is_computed bit, \
             is_filestream bit, is_replicated bit?, is_non_sql_subscribed bit?, is_merge_published bit?, \
             is_dts_replicated bit?, is_xml_document bit, xml_collection_id int, default_object_id int, \
             rule_object_id int, is_sparse bit?, is_column_set bit?, ",
            $more
        )
    };
}

fn none(_: &Arc<Inside>, _: &str) -> Result<Vec<Row>, SqlError> {
    Ok(Vec::new())
}

/// All of them.
pub(super) const VIEWS: &[SystemView] = &[
    sys("indexes", INDEXES, none),
    sys(
        "index_columns",
        "object_id int, index_id int, index_column_id int, column_id int, key_ordinal tinyint, partition_ordinal tinyint, is_descending_key bit?, is_included_column bit?, column_store_order_ordinal tinyint",
        none,
    ),
    sys("stats", STATS, none),
    sys(
        "stats_columns",
        "object_id int, stats_id int?, stats_column_id int?, column_id int?",
        none,
    ),
    sys("partitions", PARTITIONS, none),
    sys(
        "allocation_units",
        "allocation_unit_id bigint, type tinyint, type_desc nvarchar(60)?, container_id bigint, data_space_id int?, total_pages bigint, used_pages bigint, data_pages bigint",
        none,
    ),
    sys("dm_db_partition_stats", PARTITION_STATS, none),
    sys(
        "key_constraints",
        objects_and!("unique_index_id int?, is_system_named bit, is_enforced bit?"),
        none,
    ),
    sys("foreign_keys", FOREIGN_KEYS, none),
    sys(
        "foreign_key_columns",
        "constraint_object_id int, constraint_column_id int, parent_object_id int, parent_column_id int, referenced_object_id int, referenced_column_id int",
        none,
    ),
    sys("check_constraints", CHECK_CONSTRAINTS, none),
    sys(
        "default_constraints",
        objects_and!("parent_column_id int, definition nvarchar(max)?, is_system_named bit"),
        none,
    ),
    sys(
        "computed_columns",
        columns_and!(
            "definition nvarchar(max)?, uses_database_collation bit, is_persisted bit, is_hidden bit"
        ),
        none,
    ),
    sys(
        "identity_columns",
        columns_and!(
            "seed_value sql_variant?, increment_value sql_variant?, last_value sql_variant?, is_not_for_replication bit?, is_hidden bit"
        ),
        none,
    ),
    sys("triggers", TRIGGERS, none),
    sys("synonyms", objects_and!("base_object_name nvarchar(1035)?"), none),
    sys("sequences", SEQUENCES, none),
    sys(
        "extended_properties",
        "class tinyint, class_desc nvarchar(60)?, major_id int, minor_id int, name sysname, value sql_variant?",
        none,
    ),
    sys(
        "sql_expression_dependencies",
        "referencing_id int, referencing_minor_id int, referencing_class tinyint?, referencing_class_desc nvarchar(60)?, is_schema_bound_reference bit, referenced_class tinyint?, referenced_class_desc nvarchar(60)?, referenced_server_name sysname?, referenced_database_name sysname?, referenced_schema_name sysname?, referenced_entity_name sysname?, referenced_id int?, referenced_minor_id int, is_caller_dependent bit, is_ambiguous bit",
        none,
    ),
    sys("symmetric_keys", "name sysname, principal_id int?, symmetric_key_id int", none),
    sys("certificates", "name sysname, certificate_id int, principal_id int?", none),
    sys(
        "assemblies",
        "name sysname?, principal_id int?, assembly_id int, clr_name nvarchar(4000)?",
        none,
    ),
    sys(
        "linked_logins",
        "server_id int, local_principal_id int?, uses_self_credential bit, remote_name sysname?, modify_date datetime",
        none,
    ),
    sys("database_permissions", DATABASE_PERMISSIONS, none),
    sys("server_permissions", DATABASE_PERMISSIONS, none),
];

const INDEXES: &str = "object_id int, name sysname?, index_id int, type tinyint, type_desc nvarchar(60)?, is_unique bit?, data_space_id int?, ignore_dup_key bit?, is_primary_key bit?, is_unique_constraint bit?, fill_factor tinyint, is_padded bit?, is_disabled bit?, is_hypothetical bit?, is_ignored_in_optimization bit?, allow_row_locks bit?, allow_page_locks bit?, has_filter bit?, filter_definition nvarchar(max)?, compression_delay int?, suppress_dup_key_messages bit?, auto_created bit?, optimize_for_sequential_key bit?";

const STATS: &str = "object_id int, name nvarchar(128)?, stats_id int, auto_created bit?, user_created bit?, no_recompute bit?, has_filter bit?, filter_definition nvarchar(max)?, is_temporary bit?, is_incremental bit?, has_persisted_sample bit?";

const PARTITIONS: &str = "partition_id bigint, object_id int, index_id int, partition_number int, hobt_id bigint, rows bigint?, filestream_filegroup_id smallint, data_compression tinyint, data_compression_desc nvarchar(60)?";

const PARTITION_STATS: &str = "partition_id bigint?, object_id int, index_id int, partition_number int, in_row_data_page_count bigint?, in_row_used_page_count bigint?, in_row_reserved_page_count bigint?, lob_used_page_count bigint?, lob_reserved_page_count bigint?, row_overflow_used_page_count bigint?, row_overflow_reserved_page_count bigint?, used_page_count bigint?, reserved_page_count bigint?, row_count bigint?";

const FOREIGN_KEYS: &str = objects_and!(
    "referenced_object_id int?, key_index_id int?, is_disabled bit, is_not_for_replication bit, is_not_trusted bit, delete_referential_action tinyint?, delete_referential_action_desc nvarchar(60)?, update_referential_action tinyint?, update_referential_action_desc nvarchar(60)?, is_system_named bit"
);

const CHECK_CONSTRAINTS: &str = objects_and!(
    "is_disabled bit, is_not_for_replication bit, is_not_trusted bit, parent_column_id int, definition nvarchar(max)?, uses_database_collation bit?, is_system_named bit"
);

const TRIGGERS: &str = "name sysname, object_id int, parent_class tinyint, parent_class_desc nvarchar(60)?, parent_id int, type char(2), type_desc nvarchar(60)?, create_date datetime, modify_date datetime, is_ms_shipped bit, is_disabled bit, is_not_for_replication bit, is_instead_of_trigger bit";

const SEQUENCES: &str = objects_and!(
    "start_value sql_variant?, increment sql_variant?, minimum_value sql_variant?, maximum_value sql_variant?, is_cycling bit?, is_cached bit?, cache_size int?, system_type_id tinyint, user_type_id int, precision tinyint, scale tinyint?, current_value sql_variant?, is_exhausted bit, last_used_value sql_variant?"
);

const DATABASE_PERMISSIONS: &str = "class tinyint, class_desc nvarchar(60)?, major_id int, minor_id int, grantee_principal_id int, grantor_principal_id int, type char(4), permission_name nvarchar(128)?, state char(1), state_desc nvarchar(60)?";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_has_a_type() {
        for view in VIEWS {
            let (read, written) = (view.columns().len(), view.columns.split(", ").count());
            assert_eq!(read, written, "{}", view.name);
        }
    }
}
