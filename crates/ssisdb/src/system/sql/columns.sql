CREATE VIEW sys.columns AS
SELECT * FROM sys.all_columns
