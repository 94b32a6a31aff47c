CREATE VIEW sys.sql_logins AS
SELECT name, principal_id, sid, type, type_desc, is_disabled, create_date, modify_date,
       default_database_name, default_language_name, credential_id,
       CAST(1 AS bit) AS is_policy_checked, CAST(0 AS bit) AS is_expiration_checked,
       CAST(NULL AS varbinary(256)) AS password_hash
FROM sys.server_principals WHERE type = 'S'
