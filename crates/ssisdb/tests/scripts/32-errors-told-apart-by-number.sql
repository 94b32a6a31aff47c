-- #32 what fails is told apart by number, one TRY/CATCH each
CREATE TABLE #seen (what varchar(20), number int, severity int);
BEGIN TRY EXEC catalog.delete_folder N'Nope' END TRY
BEGIN CATCH INSERT #seen VALUES ('folder', ERROR_NUMBER(), ERROR_SEVERITY()) END CATCH
BEGIN TRY EXEC catalog.start_execution 99999 END TRY
BEGIN CATCH INSERT #seen VALUES ('execution', ERROR_NUMBER(), ERROR_SEVERITY()) END CATCH
BEGIN TRY EXEC catalog.create_folder NULL END TRY
BEGIN CATCH INSERT #seen VALUES ('name', ERROR_NUMBER(), ERROR_SEVERITY()) END CATCH
BEGIN TRY EXEC catalog.create_foldr N'x' END TRY
BEGIN CATCH INSERT #seen VALUES ('procedure', ERROR_NUMBER(), ERROR_SEVERITY()) END CATCH
SELECT * FROM #seen ORDER BY number;
