CREATE VIEW sys.objects AS
SELECT * FROM sys.all_objects
