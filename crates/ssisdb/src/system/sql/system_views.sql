CREATE VIEW sys.system_views AS
SELECT * FROM sys.views WHERE 1 = 0
