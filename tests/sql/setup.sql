-- What the files of this folder use, in the database master of every server that runs them. A
-- note is a folder of the catalog, so that transactions are the store's.

CREATE VIEW dbo.numbers AS
SELECT ISNULL(n, 0) AS n, CAST(word AS nvarchar(20)) AS word
FROM (VALUES (1, N'one'), (2, N'two'), (3, N'three'), (4, N'four'), (5, N'five')) AS v (n, word)
GO
CREATE PROCEDURE dbo.echo @a int, @b nvarchar(100) = N'b', @twice bigint = NULL OUTPUT AS
SET @twice = CAST(@a AS bigint) * 2
SELECT @a AS a, @b AS b
RETURN @a
GO
CREATE VIEW dbo.notes AS SELECT name AS note FROM SSISDB.catalog.folders
GO
CREATE PROCEDURE dbo.note @note nvarchar(100) AS EXEC SSISDB.catalog.create_folder @note
GO
