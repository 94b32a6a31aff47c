//! System views and procedures that are T-SQL over the others.

/// A view or procedure.
pub(crate) struct Text {
    /// Its schema.
    pub(crate) schema: &'static str,
    /// Its name.
    pub(crate) name: &'static str,
    /// The statement that would make it.
    pub(crate) sql: &'static str,
}

macro_rules! texts {
    ($($schema:literal $name:literal $file:literal;)*) => {
        &[$(Text { schema: $schema, name: $name, sql: include_str!(concat!("sql/", $file, ".sql")) }),*]
    };
}

/// The views.
pub(crate) const VIEWS: &[Text] = texts! {
    "sys" "objects" "objects";
    "sys" "views" "views";
    "sys" "all_views" "all_views";
    "sys" "system_views" "system_views";
    "sys" "procedures" "procedures";
    "sys" "tables" "tables";
    "sys" "table_types" "table_types";
    "sys" "columns" "columns";
    "sys" "parameters" "parameters";
    "sys" "sql_modules" "sql_modules";
    "sys" "sql_logins" "sql_logins";
    "sys" "syslogins" "syslogins";
    "sys" "sysobjects" "sysobjects";
    "sys" "syscolumns" "syscolumns";
    "sys" "sysdatabases" "sysdatabases";
    "sys" "sysusers" "sysusers";
    "sys" "sysprocesses" "sysprocesses";
    "INFORMATION_SCHEMA" "SCHEMATA" "is_schemata";
    "INFORMATION_SCHEMA" "TABLES" "is_tables";
    "INFORMATION_SCHEMA" "VIEWS" "is_views";
    "INFORMATION_SCHEMA" "COLUMNS" "is_columns";
    "INFORMATION_SCHEMA" "ROUTINES" "is_routines";
    "INFORMATION_SCHEMA" "PARAMETERS" "is_parameters";
    "INFORMATION_SCHEMA" "TABLE_CONSTRAINTS" "is_table_constraints";
    "INFORMATION_SCHEMA" "KEY_COLUMN_USAGE" "is_key_column_usage";
    "INFORMATION_SCHEMA" "REFERENTIAL_CONSTRAINTS" "is_referential_constraints";
    "INFORMATION_SCHEMA" "CHECK_CONSTRAINTS" "is_check_constraints";
    "INFORMATION_SCHEMA" "CONSTRAINT_TABLE_USAGE" "is_constraint_table_usage";
    "INFORMATION_SCHEMA" "CONSTRAINT_COLUMN_USAGE" "is_constraint_column_usage";
    "INFORMATION_SCHEMA" "SEQUENCES" "is_sequences";
    "INFORMATION_SCHEMA" "DOMAINS" "is_domains";
    "INFORMATION_SCHEMA" "TABLE_PRIVILEGES" "is_table_privileges";
    "INFORMATION_SCHEMA" "COLUMN_PRIVILEGES" "is_column_privileges";
    "internal" "folders" "internal_folders";
    "internal" "environments" "internal_environments";
    "internal" "environment_variables" "internal_environment_variables";
    "internal" "environment_references" "internal_environment_references";
    "internal" "projects" "internal_projects";
    "internal" "packages" "internal_packages";
    "internal" "object_versions" "internal_object_versions";
    "internal" "object_parameters" "internal_object_parameters";
    "internal" "operations" "internal_operations";
    "internal" "operation_messages" "internal_operation_messages";
    "internal" "extended_operation_info" "internal_extended_operation_info";
    "internal" "event_messages" "internal_event_messages";
    "internal" "event_message_context" "internal_event_message_context";
    "internal" "execution_info" "internal_execution_info";
    "internal" "execution_parameter_values" "internal_execution_parameter_values";
    "internal" "execution_property_override_values" "internal_execution_property_override_values";
    "internal" "executables" "internal_executables";
    "internal" "executable_statistics" "internal_executable_statistics";
    "internal" "execution_component_phases" "internal_execution_component_phases";
    "internal" "execution_data_statistics" "internal_execution_data_statistics";
    "internal" "validations" "internal_validations";
    "internal" "catalog_properties" "internal_catalog_properties";
};

/// The procedures.
pub(crate) const PROCEDURES: &[Text] = texts! {
    "sys" "sp_databases" "sp_databases";
    "sys" "sp_server_info" "sp_server_info";
    "sys" "sp_datatype_info" "sp_datatype_info";
    "sys" "sp_datatype_info_90" "sp_datatype_info";
    "sys" "sp_datatype_info_100" "sp_datatype_info";
    "sys" "sp_tables" "sp_tables";
    "sys" "sp_columns" "sp_columns";
    "sys" "sp_columns_90" "sp_columns";
    "sys" "sp_columns_100" "sp_columns";
    "sys" "sp_stored_procedures" "sp_stored_procedures";
    "sys" "sp_sproc_columns" "sp_sproc_columns";
    "sys" "sp_sproc_columns_90" "sp_sproc_columns";
    "sys" "sp_sproc_columns_100" "sp_sproc_columns";
    "sys" "sp_pkeys" "sp_pkeys";
    "sys" "sp_fkeys" "sp_fkeys";
    "sys" "sp_statistics" "sp_statistics";
    "sys" "sp_statistics_100" "sp_statistics";
    "sys" "sp_special_columns" "sp_special_columns";
    "sys" "sp_special_columns_100" "sp_special_columns";
    "sys" "sp_who" "sp_who";
    "sys" "sp_who2" "sp_who2";
    "sys" "sp_table_privileges" "sp_table_privileges";
    "sys" "sp_column_privileges" "sp_column_privileges";
    "sys" "sp_help" "sp_help";
    "sys" "sp_helplogins" "sp_helplogins";
    "sys" "sp_spaceused" "sp_spaceused";
    "sys" "sp_configure" "sp_configure";
    "sys" "sp_helptext" "sp_helptext";
    "sys" "sp_helpuser" "sp_helpuser";
    "sys" "sp_helprole" "sp_helprole";
    "sys" "sp_helprolemember" "sp_helprolemember";
    "sys" "sp_helpdb" "sp_helpdb";
    "sys" "xp_msver" "xp_msver";
};
