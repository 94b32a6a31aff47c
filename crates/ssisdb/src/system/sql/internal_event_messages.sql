CREATE VIEW internal.event_messages AS
SELECT event_message_id, operation_id, execution_path, package_name, event_name,
       message_source_name, message_source_id, subcomponent_name, package_path, threadID,
       message_code
FROM catalog.event_messages
