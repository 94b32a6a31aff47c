CREATE VIEW sys.system_objects AS
SELECT * FROM sys.all_objects WHERE 1 = 0
