//! What every store must do: each test is written once, and runs on each kind of store.
//!
//! A store joins by one line in [`on_every_store`].

#![expect(clippy::unwrap_used, reason = "a test that finds nothing must fail")]

#[path = "conformance/administration.rs"]
mod administration;
#[path = "conformance/client_transactions.rs"]
mod client_transactions;
#[path = "conformance/environments.rs"]
mod environments;
#[path = "conformance/executions.rs"]
mod executions;
#[path = "conformance/folders.rs"]
mod folders;
#[path = "conformance/idempotency.rs"]
mod idempotency;
#[path = "conformance/logging.rs"]
mod logging;
#[path = "conformance/messages.rs"]
mod messages;
#[path = "conformance/parameters.rs"]
mod parameters;
#[path = "conformance/permissions.rs"]
mod permissions;
#[path = "conformance/principals.rs"]
mod principals;
#[path = "conformance/projects.rs"]
mod projects;
#[path = "conformance/scale_out.rs"]
mod scale_out;
#[path = "conformance/settings.rs"]
mod settings;
#[path = "conformance/support.rs"]
mod support;
#[path = "conformance/transactions.rs"]
mod transactions;
#[path = "conformance/validations.rs"]
mod validations;
#[path = "conformance/views.rs"]
mod views;

/// Runs each test on each store.
macro_rules! on_every_store {
    ($($module:ident: $($test:ident)*;)*) => {
        on_store!(sqlite: $($module: $($test)*;)*);
        on_store!(postgres: $($module: $($test)*;)*);
    };
}

macro_rules! on_store {
    ($store:ident: $($module:ident: $($test:ident)*;)*) => {
        mod $store {$(
            mod $module {$(
                #[test]
                fn $test() {
                    let at = crate::support::$store();
                    // Each snapshot is met once for each store.
                    insta::allow_duplicates! {
                        crate::support::run(crate::$module::$test(at));
                    }
                }
            )*}
        )*}
    };
}

on_every_store! {
    views:
        every_column_of_every_view_can_be_selected_compared_and_ordered
        pages_follow_the_key
        columns_that_are_not_wanted_stay_null
        an_execution_is_seen_by_who_created_it_and_by_log_readers
        views_have_the_documented_columns;
    folders:
        a_folder_is_made_renamed_described_and_deleted
        folder_names_follow_the_rules_and_ignore_case
        only_administrators_touch_folders
        a_folder_with_a_project_is_not_deleted;
    projects:
        a_project_is_deployed_with_packages_and_parameters
        the_same_bytes_come_back
        a_broken_file_leaves_an_operation_with_the_reason_and_no_project
        the_name_inside_the_file_counts
        deploying_again_keeps_what_the_server_set
        only_so_many_versions_are_kept
        an_earlier_version_is_restored_with_design_defaults
        a_deleted_project_is_gone_and_its_versions_stay
        packages_are_deployed_into_a_project
        packages_that_cannot_be_read_change_nothing
        a_project_may_start_empty
        packages_go_into_the_version_that_is_current_then;
    parameters:
        a_server_default_needs_the_right_type
        a_cleared_default_is_the_design_default_again
        a_sensitive_value_is_never_stored_readably
        parameters_are_found_by_their_object
        a_default_is_a_literal_or_a_variable;
    executions:
        an_execution_is_created_with_the_documented_defaults
        what_does_not_exist_is_refused_by_number
        a_value_of_the_wrong_type_is_27147
        a_required_parameter_without_a_value_is_named
        an_execution_starts_once
        a_project_that_changed_is_27150
        values_resolve_execution_then_server_then_design
        parameters_cannot_change_after_the_start
        a_waiting_execution_is_stopped_at_once
        others_do_not_see_an_execution
        named_workers_are_added_before_the_start
        environment_variables_give_values
        system_parameters_convert_by_value_and_refuse_what_does_not
        an_execution_outside_scale_out_runs_on_any_worker_once
        the_default_execution_mode_decides_where_nothing_is_said
        only_entry_points_are_executed;
    scale_out:
        a_new_worker_is_disabled_and_gets_nothing
        two_processes_that_pass_for_one_worker_are_told_from_a_restart
        masters_are_known_until_they_end_or_are_forgotten
        a_claim_hands_out_the_oldest_task_with_all_it_needs
        of_two_masters_one_wins
        only_a_named_worker_gets_the_task
        a_renewal_prolongs_and_tells_of_a_stop
        an_expired_lease_is_retried_then_ends_unexpectedly
        a_restarted_worker_loses_its_leases
        a_report_ends_the_execution_once
        a_failed_attempt_is_retried
        a_stopped_package_ends_canceled
        certificates_are_trusted_until_revoked
        a_snapshot_is_bounded_by_what_is_asked_for;
    messages:
        messages_are_stored_once_and_in_order
        a_gap_is_not_taken
        an_outcome_waits_for_its_messages
        every_kind_of_record_has_its_table
        counters_are_the_latest_and_go_with_their_attempt
        another_worker_cannot_append
        a_second_attempt_keeps_its_executables_apart;
    settings:
        properties_take_documented_values_only
        active_operations_forbid_configuring
        scale_out_is_enabled_by_a_sysadmin
        master_addresses_are_https;
    administration:
        old_operations_go_with_all_that_hangs_on_them
        the_clean_up_works_in_slices
        nothing_is_removed_when_the_clean_up_is_off
        versions_beyond_their_number_and_of_deleted_projects_go
        completed_jobs_go_after_an_hour
        the_log_is_removed_when_nothing_is_active
        the_encryption_level_changes_without_logs_only
        startup_marks_what_nothing_carries
        a_dump_of_a_running_execution_is_refused_by_name
        a_worker_is_forgotten_when_it_runs_nothing
        administration_is_for_administrators;
    logging:
        a_customized_level_is_made_changed_and_deleted
        customized_levels_have_documented_errors
        an_execution_keeps_the_masks_it_was_started_with
        the_servers_customized_level_is_the_default
        data_taps_travel_to_the_worker
        data_taps_have_documented_errors;
    principals:
        a_login_comes_in_with_its_roles
        wrong_passwords_slow_a_login_down
        a_disabled_login_is_refused_like_an_unknown_one
        logins_are_managed_by_those_who_may
        a_login_changes_its_own_password
        users_and_roles_have_sql_servers_errors
        roles_in_roles_count
        a_principal_with_permissions_is_not_dropped
        the_log_login_is_made_once;
    permissions:
        a_grant_shows_a_project_and_lets_it_run
        a_folder_gives_its_objects_permissions
        a_denial_wins
        what_cannot_be_granted_is_refused_with_its_return_code
        revoking_is_no_error_when_there_is_nothing
        managers_of_an_object_give_its_permissions
        whoever_deploys_may_do_all_with_the_project
        an_execution_belongs_to_its_creator
        log_readers_see_and_change_nothing
        views_list_what_is_explicit_and_effective
        a_deleted_object_leaves_no_permissions
        every_mix_of_grants_and_denials_follows_one_rule
        views_show_what_a_folder_permission_opens_and_no_more;
    validations:
        a_validation_goes_to_a_worker_with_resolved_values
        a_project_is_validated_with_each_of_its_environments
        validations_have_documented_errors
        a_validation_is_stopped_like_an_execution;
    transactions:
        a_failing_job_undoes_only_itself
        a_write_wakes_those_who_wait
        many_writers_count_without_loss
        a_reader_cannot_write
        a_closed_catalog_says_so
        a_job_that_panics_harms_no_other;
    environments:
        an_environment_is_made_renamed_moved_and_deleted
        an_environment_is_described
        variables_take_values_of_their_type
        a_variable_is_changed_described_and_deleted
        a_protected_variable_is_stored_encrypted
        references_are_relative_or_absolute_and_unique
        reference_types_are_the_documented_letters
        an_execution_takes_the_variables_of_its_reference
        variables_that_do_not_fit_are_refused_by_number
        a_moved_project_looks_for_relative_environments_where_it_is
        parameter_values_are_those_that_an_execution_would_have
        environments_ask_for_permissions
        an_execution_needs_to_read_its_environment
        a_project_moves_where_its_mover_may_make_objects;
    client_transactions:
        own_writes_are_seen_and_nobody_else_sees_them
        ids_stay_as_told_although_others_insert
        a_read_of_something_else_is_an_ordinary_one
        what_is_not_committed_leaves_nothing
        a_transaction_goes_back_to_its_mark
        a_refused_call_leaves_the_transaction_as_it_was
        a_change_by_somebody_else_is_a_conflict
        what_others_do_is_no_conflict_while_the_answers_stay
        an_execution_started_inside_begins_at_the_commit
        two_hundred_calls_are_no_burden;
    idempotency:
        a_repeated_request_does_nothing_again;
}
