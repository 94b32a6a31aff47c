CREATE VIEW sys.sysobjects AS
SELECT name, object_id AS id, type AS xtype, CAST(schema_id AS smallint) AS uid,
       CAST(0 AS smallint) AS info, parent_object_id AS parent_obj, create_date AS crdate, type
FROM sys.all_objects
