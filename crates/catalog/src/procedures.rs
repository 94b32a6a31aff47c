//! The procedures of the schema `catalog`, named as documented, one file each.
//!
//! Each takes the transaction and the caller, checks what the documentation says it checks, and
//! refuses with the documented error number ([`crate::CatalogError::Procedure`]).
//!
//! Who may do what: [`crate::permissions`]. An object that the caller has no permission for does
//! not exist for it, which is what the documented errors say of both cases.

mod add_data_tap;
mod add_data_tap_by_guid;
mod add_execution_worker;
mod check_schema_version;
mod cleanup_expired_worker;
mod cleanup_server_execution_keys;
mod clear_object_parameter_value;
mod configure_catalog;
mod create_customized_logging_level;
mod create_environment;
mod create_environment_reference;
mod create_environment_variable;
mod create_execution;
mod create_execution_dump;
mod create_folder;
mod delete_customized_logging_level;
mod delete_environment;
mod delete_environment_reference;
mod delete_environment_variable;
mod delete_folder;
mod delete_project;
mod delete_worker_agent;
mod deny_permission;
mod deploy_packages;
mod deploy_project;
mod disable_worker_agent;
mod enable_scaleout;
mod enable_worker_agent;
mod environment;
mod environment_reference;
mod get_parameter_values;
mod get_project;
mod grant_permission;
mod logging_level;
pub(crate) mod lookup;
mod move_environment;
mod move_project;
mod names;
pub(crate) mod operation;
mod parameters;
pub(crate) mod project_file;
pub(crate) mod properties;
pub(crate) mod refusal;
mod remove_data_tap;
mod rename_customized_logging_level;
mod rename_environment;
mod rename_folder;
mod restore_project;
mod revoke_permission;
mod set_customized_logging_level_description;
mod set_customized_logging_level_value;
mod set_environment_property;
mod set_environment_reference_type;
mod set_environment_variable_property;
mod set_environment_variable_protection;
mod set_environment_variable_value;
mod set_execution_parameter_value;
mod set_execution_property_override_value;
mod set_folder_description;
mod set_object_parameter_value;
mod set_worker_agent_property;
mod start_execution;
mod startup;
mod stop_operation;
mod update_logdb_info;
mod update_master_address;
mod validate_package;
mod validate_project;
mod validation;
mod value;
pub(crate) mod versions;

pub use add_data_tap::{DataTap, add_data_tap};
pub use add_data_tap_by_guid::add_data_tap_by_guid;
pub use add_execution_worker::add_execution_worker;
pub use check_schema_version::check_schema_version;
pub use cleanup_expired_worker::cleanup_expired_worker;
pub use cleanup_server_execution_keys::cleanup_server_execution_keys;
pub use clear_object_parameter_value::clear_object_parameter_value;
pub use configure_catalog::configure_catalog;
pub use create_customized_logging_level::{
    CustomizedLoggingLevel, create_customized_logging_level,
};
pub use create_environment::create_environment;
pub use create_environment_reference::create_environment_reference;
pub use create_environment_variable::{NewVariable, create_environment_variable};
pub use create_execution::{CreateExecution, create_execution};
pub use create_execution_dump::create_execution_dump;
pub use create_folder::create_folder;
pub use delete_customized_logging_level::delete_customized_logging_level;
pub use delete_environment::delete_environment;
pub use delete_environment_reference::delete_environment_reference;
pub use delete_environment_variable::delete_environment_variable;
pub use delete_folder::delete_folder;
pub use delete_project::delete_project;
pub use delete_worker_agent::delete_worker_agent;
pub use deny_permission::deny_permission;
pub use deploy_packages::{NewPackage, PackageUpdate, deploy_packages};
pub use deploy_project::{DeployedProject, Deployment, deploy_project};
pub use disable_worker_agent::disable_worker_agent;
pub use enable_scaleout::enable_scaleout;
pub use enable_worker_agent::enable_worker_agent;
pub use environment::{EnvironmentName, PropertyValue, VariableName};
pub use environment_reference::ReferenceLocation;
pub use get_parameter_values::{ParameterValueRow, get_parameter_values};
pub use get_project::get_project;
pub use grant_permission::{Granted, PermissionRequest, grant_permission, permission_return_code};
pub use lookup::{ObjectParameterName, ProjectName};
pub use move_environment::move_environment;
pub use move_project::move_project;
pub(crate) use names::fold;
pub use project_file::{ProjectFile, StoredProject, stored_project};
pub use remove_data_tap::remove_data_tap;
pub use rename_customized_logging_level::rename_customized_logging_level;
pub use rename_environment::rename_environment;
pub use rename_folder::rename_folder;
pub use restore_project::restore_project;
pub use revoke_permission::revoke_permission;
pub use set_customized_logging_level_description::set_customized_logging_level_description;
pub use set_customized_logging_level_value::set_customized_logging_level_value;
pub use set_environment_property::set_environment_property;
pub use set_environment_reference_type::set_environment_reference_type;
pub use set_environment_variable_property::set_environment_variable_property;
pub use set_environment_variable_protection::set_environment_variable_protection;
pub use set_environment_variable_value::set_environment_variable_value;
pub use set_execution_parameter_value::{
    set_execution_parameter_text, set_execution_parameter_value,
};
pub use set_execution_property_override_value::{
    PropertyOverrideValue, set_execution_property_override_value,
};
pub use set_folder_description::set_folder_description;
pub use set_object_parameter_value::{DefaultValue, set_object_parameter_value};
pub use set_worker_agent_property::set_worker_agent_property;
pub use start_execution::{StartedExecution, start_execution};
pub use startup::{Terminated, startup};
pub use stop_operation::stop_operation;
pub use update_logdb_info::update_logdb_info;
pub use update_master_address::{check_master_address, update_master_address};
pub use validate_package::validate_package;
pub use validate_project::validate_project;
pub use validation::{EnvironmentScope, ValidationRequest};
