//! Catalog properties, folders, projects and their packages, environments.

use super::ColumnKind::{
    BigInt, Bit, Bytes, Char, Guid, Int, LongText, SmallInt, Text, Time, Variant,
};
use super::{View, ViewColumn, Visible};

pub(super) const VIEWS: &[View] = &[
    View {
        schema: "catalog",
        name: "catalog_properties",
        columns: CATALOG_PROPERTIES,
        key: &[0],
        from: "catalog_properties",
        only: "",
        visible: Visible::Admins,
    },
    View {
        schema: "catalog",
        name: "folders",
        columns: FOLDERS,
        key: &[0],
        from: "folders",
        only: "",
        visible: Visible::Folder("folder_id"),
    },
    View {
        schema: "catalog",
        name: "projects",
        columns: PROJECTS,
        key: &[0],
        from: "projects",
        only: "",
        visible: Visible::Project("project_id"),
    },
    View {
        schema: "catalog",
        name: "packages",
        columns: PACKAGES,
        key: &[0],
        from: "packages",
        only: "",
        visible: Visible::Project("project_id"),
    },
    View {
        schema: "catalog",
        name: "object_versions",
        columns: OBJECT_VERSIONS,
        key: &[0],
        from: "object_versions",
        only: "",
        visible: Visible::ProjectDetail("object_id"),
    },
    View {
        schema: "catalog",
        name: "object_parameters",
        columns: OBJECT_PARAMETERS,
        key: &[0],
        from: "object_parameters",
        only: "",
        visible: Visible::ProjectDetail("project_id"),
    },
    View {
        schema: "catalog",
        name: "environments",
        columns: ENVIRONMENTS,
        key: &[0],
        from: "environments",
        only: "",
        visible: Visible::Environment("environment_id"),
    },
    View {
        schema: "catalog",
        name: "environment_variables",
        columns: ENVIRONMENT_VARIABLES,
        key: &[0],
        from: "environment_variables",
        only: "",
        visible: Visible::Environment("environment_id"),
    },
    View {
        schema: "catalog",
        name: "environment_references",
        columns: ENVIRONMENT_REFERENCES,
        key: &[0],
        from: "environment_references",
        only: "",
        visible: Visible::ProjectDetail("project_id"),
    },
    View {
        schema: "catalog",
        name: "customized_logging_levels",
        columns: CUSTOMIZED_LOGGING_LEVELS,
        key: &[0],
        from: "customized_logging_levels",
        only: "",
        visible: Visible::All,
    },
];

const CATALOG_PROPERTIES: &[ViewColumn] = &[
    ViewColumn::new("property_name", Text(256), "property_name").not_null(),
    ViewColumn::new("property_value", Text(256), "property_value").not_null(),
];

const FOLDERS: &[ViewColumn] = &[
    ViewColumn::new("folder_id", BigInt, "folder_id").not_null(),
    ViewColumn::new("name", Text(128), "name").not_null(),
    ViewColumn::new("description", Text(1024), "description"),
    ViewColumn::new("created_by_sid", Bytes(85), "created_by_sid").not_null(),
    ViewColumn::new("created_by_name", Text(128), "created_by_name").not_null(),
    ViewColumn::new("created_time", Time, "created_time").not_null(),
];

const PROJECTS: &[ViewColumn] = &[
    ViewColumn::new("project_id", BigInt, "project_id").not_null(),
    ViewColumn::new("folder_id", BigInt, "folder_id").not_null(),
    ViewColumn::new("name", Text(128), "name").not_null(),
    ViewColumn::new("description", Text(1024), "description"),
    ViewColumn::new("project_format_version", Int, "project_format_version"),
    ViewColumn::new("deployed_by_sid", Bytes(85), "deployed_by_sid"),
    ViewColumn::new("deployed_by_name", Text(128), "deployed_by_name").not_null(),
    ViewColumn::new("last_deployed_time", Time, "last_deployed_time").not_null(),
    ViewColumn::new("created_time", Time, "created_time").not_null(),
    ViewColumn::new("object_version_lsn", BigInt, "object_version_lsn").not_null(),
    ViewColumn::new("validation_status", Char, "validation_status").not_null(),
    ViewColumn::new("last_validation_time", Time, "last_validation_time"),
];

const PACKAGES: &[ViewColumn] = &[
    ViewColumn::new("package_id", BigInt, "package_id").not_null(),
    ViewColumn::new("name", Text(256), "name").not_null(),
    ViewColumn::new("package_guid", Guid, "package_guid"),
    ViewColumn::new("description", Text(1024), "description"),
    ViewColumn::new("package_format_version", Int, "package_format_version"),
    ViewColumn::new("version_major", Int, "version_major"),
    ViewColumn::new("version_minor", Int, "version_minor"),
    ViewColumn::new("version_build", Int, "version_build"),
    ViewColumn::new("version_comments", Text(1024), "version_comments"),
    ViewColumn::new("version_guid", Guid, "version_guid"),
    ViewColumn::new("project_id", BigInt, "project_id").not_null(),
    ViewColumn::new("entry_point", Bit, "entry_point").not_null(),
    ViewColumn::new("validation_status", Char, "validation_status").not_null(),
    ViewColumn::new("last_validation_time", Time, "last_validation_time"),
];

const OBJECT_VERSIONS: &[ViewColumn] = &[
    ViewColumn::new("object_version_lsn", BigInt, "object_version_lsn").not_null(),
    ViewColumn::new("object_id", BigInt, "object_id").not_null(),
    ViewColumn::new("object_type", SmallInt, "object_type").not_null(),
    ViewColumn::new("object_name", Text(128), "object_name").not_null(),
    ViewColumn::new("description", Text(1024), "description"),
    ViewColumn::new("created_by", Text(128), "created_by").not_null(),
    ViewColumn::new("created_time", Time, "created_time").not_null(),
    ViewColumn::new("restored_by", Text(128), "restored_by"),
    ViewColumn::new("last_restored_time", Time, "last_restored_time"),
];

const OBJECT_PARAMETERS: &[ViewColumn] = &[
    ViewColumn::new("parameter_id", BigInt, "parameter_id").not_null(),
    ViewColumn::new("project_id", BigInt, "project_id").not_null(),
    ViewColumn::new("object_type", SmallInt, "object_type").not_null(),
    ViewColumn::new("object_name", Text(128), "object_name").not_null(),
    ViewColumn::new("parameter_name", Text(128), "parameter_name").not_null(),
    ViewColumn::new("data_type", Text(128), "data_type").not_null(),
    ViewColumn::new("required", Bit, "required").not_null(),
    ViewColumn::new("sensitive", Bit, "sensitive").not_null(),
    ViewColumn::new("description", Text(1024), "description"),
    ViewColumn::new("design_default_value", Variant("data_type"), "design_default_value"),
    ViewColumn::new("default_value", Variant("data_type"), "default_value"),
    ViewColumn::new("value_type", Char, "value_type").not_null(),
    ViewColumn::new("value_set", Bit, "value_set").not_null(),
    ViewColumn::new("referenced_variable_name", Text(128), "referenced_variable_name"),
    ViewColumn::new("validation_status", Char, "validation_status").not_null(),
    ViewColumn::new("last_validation_time", Time, "last_validation_time"),
];

const ENVIRONMENTS: &[ViewColumn] = &[
    ViewColumn::new("environment_id", BigInt, "environment_id").not_null(),
    ViewColumn::new("name", Text(128), "name").not_null(),
    ViewColumn::new("folder_id", BigInt, "folder_id").not_null(),
    ViewColumn::new("description", Text(1024), "description"),
    ViewColumn::new("created_by_sid", Bytes(85), "created_by_sid"),
    ViewColumn::new("created_by_name", Text(128), "created_by_name").not_null(),
    ViewColumn::new("created_time", Time, "created_time").not_null(),
];

const ENVIRONMENT_VARIABLES: &[ViewColumn] = &[
    ViewColumn::new("variable_id", BigInt, "variable_id").not_null(),
    ViewColumn::new("environment_id", BigInt, "environment_id").not_null(),
    ViewColumn::new("name", Text(128), "name").not_null(),
    ViewColumn::new("description", Text(1024), "description"),
    ViewColumn::new("type", Text(128), "type").not_null(),
    ViewColumn::new("sensitive", Bit, "sensitive").not_null(),
    ViewColumn::new("value", Variant("type"), "value"),
];

const ENVIRONMENT_REFERENCES: &[ViewColumn] = &[
    ViewColumn::new("reference_id", BigInt, "reference_id").not_null(),
    ViewColumn::new("project_id", BigInt, "project_id").not_null(),
    ViewColumn::new("reference_type", Char, "reference_type").not_null(),
    ViewColumn::new("environment_folder_name", Text(128), "environment_folder_name"),
    ViewColumn::new("environment_name", Text(128), "environment_name").not_null(),
    ViewColumn::new("validation_status", Char, "validation_status").not_null(),
    ViewColumn::new("last_validation_time", Time, "last_validation_time"),
];

const CUSTOMIZED_LOGGING_LEVELS: &[ViewColumn] = &[
    ViewColumn::new("level_id", BigInt, "level_id").not_null(),
    ViewColumn::new("name", Text(128), "name").not_null(),
    ViewColumn::new("description", LongText, "description"),
    ViewColumn::new("profile_value", BigInt, "profile_value").not_null(),
    ViewColumn::new("events_value", BigInt, "events_value").not_null(),
    ViewColumn::new("created_by_sid", Bytes(85), "created_by_sid"),
    ViewColumn::new("created_by_name", Text(128), "created_by_name").not_null(),
    ViewColumn::new("created_time", Time, "created_time").not_null(),
];
