CREATE VIEW sys.sql_modules AS
SELECT * FROM sys.all_sql_modules WHERE definition IS NOT NULL
