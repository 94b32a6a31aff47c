CREATE PROCEDURE sys.sp_server_info @attribute_id int = NULL AS
SELECT attribute_id, attribute_name, attribute_value
FROM (VALUES (1, 'DBMS_NAME', CAST('Microsoft SQL Server' AS varchar(255))),
             (2, 'DBMS_VER', @@VERSION),
             (10, 'OWNER_TERM', 'owner'), (11, 'TABLE_TERM', 'table'),
             (12, 'MAX_OWNER_NAME_LENGTH', '128'), (13, 'TABLE_LENGTH', '128'),
             (14, 'MAX_QUAL_LENGTH', '128'), (15, 'COLUMN_LENGTH', '128'),
             (16, 'IDENTIFIER_CASE', 'MIXED'), (17, 'TX_ISOLATION', '2'),
             (18, 'COLLATION_SEQ', 'charset=iso_1 sort_order=nocase_iso'))
     AS facts (attribute_id, attribute_name, attribute_value)
WHERE @attribute_id IS NULL OR attribute_id = @attribute_id
ORDER BY attribute_id
