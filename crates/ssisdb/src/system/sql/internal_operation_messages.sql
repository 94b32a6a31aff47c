CREATE VIEW internal.operation_messages AS
SELECT operation_message_id, operation_id, message_time, message_type, message_source_type,
       message, extended_info_id
FROM catalog.operation_messages
