CREATE VIEW sys.parameters AS
SELECT * FROM sys.all_parameters
