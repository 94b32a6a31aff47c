//! Reasons to refuse, each with its documented number.

use std::fmt::Display;

use crate::error::CatalogError;

macro_rules! refusals {
    ($($(#[$doc:meta])* $number:literal $name:ident($($argument:ident),*) $text:literal;)*) => {$(
        $(#[$doc])*
        pub(crate) fn $name($($argument: impl Display),*) -> CatalogError {
            CatalogError::procedure($number, format!($text))
        }
    )*};
}

refusals! {
    27100 parameter_is_null(name) "the input parameter '{name}' cannot be null";
    27101 parameter_not_valid(name) "the value of the input parameter '{name}' is not valid";
    27102 parameter_is_empty(name) "the input parameter '{name}' cannot be empty";
    27103 execution_not_found(id) "cannot find the execution instance '{id}': it does not exist, or you lack permission for it";
    27104 folder_not_found(name) "cannot find the folder '{name}': it does not exist, or you lack permission for it";
    27105 operation_not_found(id) "cannot find the operation '{id}': it does not exist, or you lack permission for it";
    27106 parameter_not_found(name) "cannot find the parameter '{name}': it does not exist";
    27109 project_not_found(name) "cannot find the project '{name}': it does not exist, or you lack permission for it";
    27114 reference_not_found(id) "cannot find the reference '{id}': it does not exist, or you lack permission for it";
    27115 target_folder_not_found(name) "cannot find the target folder '{name}': it does not exist, or you lack permission for it";
    27121 already_started() "an instance of execution can be started only once, and this one is running or has ended: create another";
    27124 not_running(id) "the operation '{id}' cannot be stopped: it is not running";
    27126 already_stopping() "the operation cannot be stopped: it is stopping already";
    27129 new_folder_name_taken(name) "the folder '{name}' already exists, or you lack permission to change it";
    27139 operations_are_active() "the server cannot be configured while operations are active: wait until they have ended";
    27140 needs_role(database, server) "the operation cannot be started: you are a member neither of the database role '{database}' nor of the server role '{server}'";
    27141 logs_exist() "the server cannot be configured while there are logs of executions: remove them with cleanup_server_log first";
    27143 operation_not_accessible(id) "the operation '{id}' cannot be accessed: you lack permission for it";
    27142 environment_name_not_valid(name) "'{name}' is not a valid environment name";
    27145 project_name_not_valid(name) "'{name}' is not a valid project name";
    27146 package_not_found(name) "cannot find the package '{name}': it does not exist, or you lack permission for it";
    27147 type_not_compatible(type_name) "the data type of the value is not compatible with the data type '{type_name}'";
    27148 variable_type_differs(name) "the data type of the parameter '{name}' is not that of the environment variable it refers to";
    27150 project_changed() "the project was deployed again since the instance of execution was created: create a new one";
    27155 same_version() "the project cannot be restored to the version that is its current one";
    27156 property_not_found(name) "the server property '{name}' does not exist";
    27157 environment_exists(name) "the environment '{name}' already exists, or you lack permission to create it";
    27159 type_not_supported(name) "the data type '{name}' is not supported";
    27163 property_value_not_valid(name) "the value for the server property '{name}' is not valid";
    27170 project_not_retrieved(name) "the file of the project '{name}' cannot be retrieved";
    27173 variable_exists(name) "the environment variable '{name}' already exists";
    27175 execution_completed() "the execution has already completed";
    27176 execution_parameter_not_found(name) "the parameter '{name}' does not exist, or you lack permission for it";
    27177 environment_name_taken(name) "environment names are unique in a folder, and there is an environment '{name}' already";
    27178 may_not_execute(name) "you lack permission to execute the project '{name}'";
    27179 version_not_of_project() "the object version does not belong to the project, or you lack permission for it";
    27180 variable_name_not_valid(name) "'{name}' is not a valid environment variable name";
    27181 project_exists(name) "the project '{name}' already exists, or you lack permission for it";
    27182 environment_not_found(name) "the environment '{name}' does not exist, or you lack permission for it";
    27183 variable_not_found(name) "the environment variable '{name}' does not exist, or you lack permission for it";
    27184 required_values_missing(names) "required parameters have no value: {names}";
    27186 variables_missing(names) "environment variables are missing in the referenced environment: {names}";
    27188 folders_need_admin() "only members of ssis_admin or sysadmin can create, delete or rename a folder";
    27189 folder_name_empty() "the name of a folder cannot be NULL or empty";
    27190 folder_exists(name) "the folder '{name}' already exists, or you lack permission to create it";
    27191 permission_not_applicable(permission, object_type) "the permission '{permission}' is not applicable to objects of type '{object_type}', and cannot be granted, denied or revoked there";
    27192 may_not_manage_permissions() "you lack the permission MANAGE_PERMISSIONS for the object";
    27196 folder_not_empty(name) "the folder '{name}' cannot be deleted: it is not empty";
    27197 does_not_exist(what, id) "the specified {what} {id} does not exist";
    27199 folder_name_not_valid(name) "'{name}' is not a valid folder name";
    27200 environment_missing() "the environment of the reference does not exist, or you lack permission for it";
    27201 validation_values_missing(names) "values are missing for required parameters, so the validation cannot be started: {names}";
    27202 reference_needed(names) "parameters refer to environment variables, so an environment reference is needed: {names}";
    27204 reference_exists() "the project already has a reference to this environment";
    27205 parameter_value_missing() "a literal value for a parameter cannot be NULL";
    27206 may_not_deploy(folder) "the project cannot be deployed to the folder '{folder}': you lack permission for it";
    27207 variables_missing_in(environment, reason) "variables are missing in the environment '{environment}': {reason}";
    27208 reference_not_of_project(id) "the environment reference '{id}' does not belong to the project";
    27209 may_not_create_environment(folder) "no environment can be made in the folder '{folder}': you lack permission for it";
    27212 data_tap_after_start() "a data tap can only be added or removed while the execution is in status created";
    27213 data_tap_exists(execution) "the execution {execution} has a data tap at this package path and data flow path already: catalog.execution_data_taps lists them";
    27214 data_tap_exists_by_guid(guid, execution) "the execution {execution} has a data tap at the data flow task '{guid}' and this data flow path already: catalog.execution_data_taps lists them";
    27215 data_tap_missing(id) "the data tap '{id}' does not exist, or you lack permission to remove it";
    27216 rows_negative() "the number of rows cannot be negative";
    27217 logging_level_undefined(level) "the logging level '{level}' is undefined: use 0 (None), 1 (Basic), 2 (Performance), 3 (Verbose), 4 (RuntimeLineage) or 100 (Customized)";
    27218 process_not_found(id) "there is no running process for the execution {id}";
    27218 dump_not_supported(id) "no dump can be made of the execution {id} while it runs: set DUMP_ON_ERROR or DUMP_ON_EVENT before it is started, to have the state of the package written";
    27221 sensitive_variable(name) "a sensitive environment variable cannot give its value to the parameter '{name}', which is not sensitive";
    27223 may_not_move_to(folder) "the project cannot be moved to the folder '{folder}': you lack permission for it";
    27224 parameter_after_start() "a parameter cannot be changed after the execution was started";
    27225 property_after_start() "a property cannot be overridden after the execution was started";
    27232 may_not_create_logging_level(name) "you lack permission to create the customized logging level '{name}'";
    27233 logging_level_name_empty() "the name of a customized logging level cannot be NULL or empty";
    27234 logging_level_name_not_valid(name) "'{name}' is not a valid name for a customized logging level";
    27235 logging_level_exists(name) "the customized logging level '{name}' already exists";
    27236 may_not_delete_logging_level(name) "you lack permission to delete the customized logging level '{name}'";
    27237 logging_level_missing(name) "the customized logging level '{name}' does not exist";
    27238 may_not_rename_logging_level(name, new) "you lack permission to rename the customized logging level '{name}' to '{new}'";
    27239 may_not_update_logging_level(name) "you lack permission to change the customized logging level '{name}'";
    27240 value_negative() "the value cannot be less than zero";
    27241 customized_level_needed(level) "the logging level '{level}' needs a value for SERVER_CUSTOMIZED_LOGGING_LEVEL first";
    27243 agent_not_found(id) "cannot find the worker agent '{id}': it does not exist, or you lack permission for it";
    27243 agent_busy(id) "the worker agent '{id}' cannot be deleted while it runs tasks: disable it, and wait until they have ended";
    27251 job_is_for_all(job) "no worker agent can be added to the job '{job}': it is for all of them";
    27252 agent_disabled(id) "the worker agent '{id}' is disabled";
    27255 job_is_null() "the execution has no job: it was not created to run in Scale Out";
    27257 no_worker_chosen() "there is no worker agent for this execution: add one with add_execution_worker, or create it for any worker";
    27260 needs_sysadmin() "only members of sysadmin can do this";
}
