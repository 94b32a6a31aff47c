-- #33 folders with their projects as XML; a cursor over folders; a pivot of parameters by type
SELECT f.name AS '@name', (SELECT p.name AS '@name', p.object_version_lsn AS 'version/@lsn'
                           FROM catalog.projects p WHERE p.folder_id = f.folder_id FOR XML PATH('project'), TYPE)
FROM   catalog.folders f FOR XML PATH('folder'), ROOT('catalog');
SELECT p.name, x.packages
FROM   catalog.projects p
CROSS APPLY (SELECT STUFF((SELECT N', ' + k.name FROM catalog.packages k WHERE k.project_id = p.project_id
                           ORDER BY k.name FOR XML PATH(''), TYPE).value('.', 'nvarchar(max)'), 1, 2, N'')) x (packages);
DECLARE @name sysname, @all nvarchar(max) = N'';
DECLARE c CURSOR LOCAL FAST_FORWARD FOR SELECT name FROM catalog.folders ORDER BY name;
OPEN c; FETCH NEXT FROM c INTO @name;
WHILE @@FETCH_STATUS = 0
BEGIN
    EXEC catalog.set_folder_description @name, N'seen';
    SET @all += @name + N';';
    FETCH NEXT FROM c INTO @name;
END
CLOSE c; DEALLOCATE c;
SELECT @all AS folders, (SELECT COUNT(*) FROM catalog.folders WHERE description = N'seen') AS seen;
