CREATE VIEW internal.event_message_context AS
SELECT c.context_id, m.operation_id, c.event_message_id, c.context_depth, c.package_path,
       c.context_type, c.context_source_name, c.context_source_id, c.property_name,
       c.property_value
FROM catalog.event_message_context c
JOIN catalog.event_messages m ON m.event_message_id = c.event_message_id
