//! Statements of every kind.

use insta::assert_snapshot;

use super::{check, shown};
use crate::ast::{ExecValue, StatementKind};
use crate::parse::{ParseOptions, parse, parse_name, parse_parameters, parse_type};

#[test]
fn arguments_of_exec_are_constants_variables_and_bare_words() {
    assert_snapshot!(
        check(
            "EXEC @rc = [SSISDB].[catalog].[create_execution] @a=N'x', @b=False, @c=Null, \
             @d=R, @e = DEFAULT, @f = -1.5, @g = @@SPID, @id=@id OUTPUT, @h = @h out\n\
             exec catalog.configure_catalog retention_window, 30\n\
             EXECUTE @proc 'a', [b c] WITH RECOMPILE, RESULT SETS NONE"
        ),
        @"
EXEC @rc = [SSISDB].[catalog].[create_execution] @a = N'x', @b = False, @c = NULL, @d = R, @e = DEFAULT, @f = -1.5, @g = @@SPID, @id = @id OUTPUT, @h = @h OUTPUT;
EXEC catalog.configure_catalog retention_window, 30;
EXEC @proc 'a', [b c] WITH RECOMPILE, RESULT SETS NONE;
"
    );
}

#[test]
fn a_batch_may_begin_with_a_procedure() {
    assert_snapshot!(check("sp_datatype_info_100 12, 3"), @"EXEC sp_datatype_info_100 12, 3;");
    assert_snapshot!(check("SSISDB.catalog.startup; sp_who"), @"Msg 102, Level 15, State 1, Line 1: Incorrect syntax near 'sp_who'.");
    let tree = parse("p False", &ParseOptions::default()).unwrap();
    let StatementKind::Execute(call) = &tree.statements[0].kind else { panic!("{tree:?}") };
    assert!(matches!(&call.arguments[0].value, ExecValue::Word(word) if word.is("FALSE")));
}

#[test]
fn dynamic_sql_is_put_together_and_sent_away() {
    assert_snapshot!(
        check("EXEC ('SELECT ' + @a + N'x'); EXEC ('SELECT ?', 1, @b OUTPUT) AS USER = 'u' AT srv"),
        @"
EXEC ('SELECT ' + @a + N'x');
EXEC ('SELECT ?', 1, @b OUTPUT) AS USER = 'u' AT srv;
"
    );
}

#[test]
fn variables_are_declared_and_set() {
    assert_snapshot!(
        check(
            "DECLARE @a AS int = 1, @b sql_variant, @t TABLE (id int IDENTITY(1, 1) PRIMARY KEY, n \
             sysname NOT NULL UNIQUE, CHECK (id > 0)), @c CURSOR\n\
             SET @a += 1 SET @a ^= 2 SELECT @a = x, @a -= 1 FROM t\n\
             SET @c = CURSOR LOCAL STATIC FOR SELECT 1"
        ),
        @"
DECLARE @a int = 1, @b sql_variant, @t TABLE (id int IDENTITY(1, 1) PRIMARY KEY, n sysname NOT NULL UNIQUE, CHECK (id > 0)), @c CURSOR;
SET @a += 1;
SET @a ^= 2;
SELECT @a = x, @a -= 1 FROM t;
SET @c = CURSOR LOCAL STATIC FOR SELECT 1;
"
    );
}

#[test]
fn session_options_are_set_as_clients_set_them() {
    assert_snapshot!(
        check(
            "set ansi_nulls, quoted_identifier on set textsize 2147483647 set language us_english \
             set transaction isolation level read committed SET IDENTITY_INSERT #t OFF SET \
             DEADLOCK_PRIORITY LOW SET LOCK_TIMEOUT -1 SET STATISTICS IO, TIME ON SET ROWCOUNT @n \
             SET DATEFIRST 7 SET CONTEXT_INFO 0x01"
        ),
        @"
SET ANSI_NULLS, QUOTED_IDENTIFIER ON;
SET TEXTSIZE 2147483647;
SET LANGUAGE 'us_english';
SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
SET IDENTITY_INSERT #t OFF;
SET DEADLOCK_PRIORITY 'LOW';
SET LOCK_TIMEOUT -1;
SET STATISTICS IO, TIME ON;
SET ROWCOUNT @n;
SET DATEFIRST 7;
SET CONTEXT_INFO 0x01;
"
    );
}

#[test]
fn control_flow_nests() {
    assert_snapshot!(
        check(
            "again: WHILE @i < 3 BEGIN IF @i = 1 BREAK; ELSE IF @i = 2 CONTINUE ELSE BEGIN SET @i \
             += 1; END; END IF @@ERROR <> 0 GOTO again WAITFOR DELAY '00:00:01' WAITFOR TIME @t \
             RETURN"
        ),
        @"
again:
WHILE @i < 3
    BEGIN
        IF @i = 1
            BREAK;
        ELSE
            IF @i = 2
                CONTINUE;
            ELSE
                BEGIN
                    SET @i += 1;
                END;
    END;
IF @@ERROR <> 0
    GOTO again;
WAITFOR DELAY '00:00:01';
WAITFOR TIME @t;
RETURN;
"
    );
}

#[test]
fn errors_are_caught_thrown_and_raised() {
    assert_snapshot!(
        check(
            "BEGIN TRY SELECT 1/0 END TRY BEGIN CATCH THROW; THROW 50001, N'bad', 1; \
             RAISERROR (N'%s %d', 16, 1, @a, 7) WITH NOWAIT, LOG RAISERROR(50001, @s, -1) PRINT \
             ERROR_MESSAGE() + 'x' END CATCH"
        ),
        @"
BEGIN TRY
    SELECT 1 / 0;
END TRY
BEGIN CATCH
    THROW;
    THROW 50001, N'bad', 1;
    RAISERROR(N'%s %d', 16, 1, @a, 7) WITH LOG, NOWAIT;
    RAISERROR(50001, @s, -1);
    PRINT ERROR_MESSAGE() + 'x';
END CATCH;
"
    );
}

#[test]
fn transactions_have_names_and_savepoints() {
    assert_snapshot!(
        check(
            "BEGIN TRAN BEGIN TRANSACTION t1 WITH MARK 'm' SAVE TRAN s1 ROLLBACK TRAN s1 COMMIT \
             WORK COMMIT TRANSACTION @t ROLLBACK\nend_save:"
        ),
        @"
BEGIN TRANSACTION;
BEGIN TRANSACTION t1 WITH MARK 'm';
SAVE TRANSACTION s1;
ROLLBACK TRANSACTION s1;
COMMIT TRANSACTION;
COMMIT TRANSACTION @t;
ROLLBACK TRANSACTION;
end_save:
"
    );
}

#[test]
fn cursors_of_every_form() {
    assert_snapshot!(
        check(
            "DECLARE a INSENSITIVE SCROLL CURSOR FOR SELECT 1 FOR READ ONLY DECLARE b CURSOR GLOBAL \
             KEYSET OPTIMISTIC FOR WITH x AS (SELECT 1 AS n) SELECT n FROM x ORDER BY n FOR UPDATE \
             OF n OPEN GLOBAL b FETCH b FETCH FROM b INTO @x, @y FETCH ABSOLUTE -1 FROM @c FETCH \
             RELATIVE @n FROM b FETCH PRIOR FROM b UPDATE t SET n = 1 WHERE CURRENT OF b CLOSE b \
             DEALLOCATE @c"
        ),
        @"
DECLARE a INSENSITIVE SCROLL CURSOR FOR SELECT 1 FOR READ ONLY;
DECLARE b CURSOR GLOBAL KEYSET OPTIMISTIC FOR WITH x AS (SELECT 1 AS n) SELECT n FROM x ORDER BY n FOR UPDATE OF n;
OPEN GLOBAL b;
FETCH NEXT FROM b;
FETCH NEXT FROM b INTO @x, @y;
FETCH ABSOLUTE -1 FROM @c;
FETCH RELATIVE @n FROM b;
FETCH PRIOR FROM b;
UPDATE t SET n = 1 WHERE CURRENT OF b;
CLOSE b;
DEALLOCATE @c;
"
    );
}

#[test]
fn rows_are_changed() {
    assert_snapshot!(
        check(
            "INSERT TOP (5) INTO t WITH (TABLOCK) (a, b) OUTPUT inserted.a, inserted.* INTO @o (x) \
             OUTPUT inserted.b AS c VALUES (1, DEFAULT), (2, (SELECT 3)) OPTION (RECOMPILE) INSERT t \
             (SELECT 1 UNION SELECT 2) INSERT #t (a) EXEC ('x') INSERT INTO t DEFAULT VALUES \
             UPDATE TOP (5) e SET e.a = 4, @x = b = b + 1, @y += 1, c = DEFAULT OUTPUT deleted.a \
             FROM t e JOIN u ON u.id = e.id WHERE e.a = 2 \
             DELETE TOP (10) PERCENT #t OUTPUT deleted.* FROM #t JOIN u ON 1 = 1 WHERE a = 1 \
             TRUNCATE TABLE #t"
        ),
        @"
INSERT TOP (5) INTO t WITH (TABLOCK) (a, b) OUTPUT inserted.a, inserted.* INTO @o (x) OUTPUT inserted.b AS c VALUES (1, DEFAULT), (2, (SELECT 3)) OPTION (RECOMPILE);
INSERT INTO t SELECT 1 UNION SELECT 2;
INSERT INTO #t (a) EXEC ('x');
INSERT INTO t DEFAULT VALUES;
UPDATE TOP (5) e SET e.a = 4, @x = b = b + 1, @y += 1, c = DEFAULT OUTPUT deleted.a FROM t AS e INNER JOIN u ON u.id = e.id WHERE e.a = 2;
DELETE TOP (10) PERCENT FROM #t OUTPUT deleted.* FROM #t INNER JOIN u ON 1 = 1 WHERE a = 1;
TRUNCATE TABLE #t;
"
    );
}

#[test]
fn merge_has_three_kinds_of_rows() {
    assert_snapshot!(
        check(
            "MERGE TOP (5) INTO #t WITH (HOLDLOCK) AS t USING (VALUES (1, 2)) AS s (id, v) ON t.id \
             = s.id WHEN MATCHED AND s.v = 0 THEN DELETE WHEN MATCHED THEN UPDATE SET t.v = s.v, n \
             += 1 WHEN NOT MATCHED THEN INSERT (id, v) VALUES (s.id, DEFAULT) WHEN NOT MATCHED BY \
             SOURCE THEN DELETE OUTPUT $action, inserted.id INTO @log OPTION (MAXDOP 1);"
        ),
        @"MERGE TOP (5) INTO #t WITH (HOLDLOCK) AS t USING (VALUES (1, 2)) AS s (id, v) ON t.id = s.id WHEN MATCHED AND s.v = 0 THEN DELETE WHEN MATCHED THEN UPDATE SET t.v = s.v, n += 1 WHEN NOT MATCHED BY TARGET THEN INSERT (id, v) VALUES (s.id, DEFAULT) WHEN NOT MATCHED BY SOURCE THEN DELETE OUTPUT $action, inserted.id INTO @log OPTION (MAXDOP 1);"
    );
}

#[test]
fn tables_and_indexes_are_made_and_changed() {
    assert_snapshot!(
        check(
            "CREATE TABLE dbo.t (id bigint NOT NULL IDENTITY PRIMARY KEY NONCLUSTERED, d datetime2(7) \
             NULL CONSTRAINT df DEFAULT (SYSDATETIME()), n nvarchar(10) COLLATE Latin1_General_CI_AS \
             REFERENCES u (n) ON DELETE CASCADE ON UPDATE SET NULL, c AS (id * 2) PERSISTED, \
             CONSTRAINT ck CHECK (id > 0 OR n IS NULL) CONSTRAINT fk FOREIGN KEY (id, d) REFERENCES \
             v (a, b), INDEX ix UNIQUE CLUSTERED (n DESC) WHERE n = 'a',) ON [PRIMARY]"
        ),
        @"CREATE TABLE dbo.t (id bigint NOT NULL IDENTITY PRIMARY KEY NONCLUSTERED, d datetime2(7) NULL CONSTRAINT df DEFAULT SYSDATETIME(), n nvarchar(10) COLLATE Latin1_General_CI_AS REFERENCES u (n) ON DELETE CASCADE ON UPDATE SET NULL, c AS id * 2 PERSISTED, CONSTRAINT ck CHECK (id > 0 OR n IS NULL), CONSTRAINT fk FOREIGN KEY (id, d) REFERENCES v (a, b), INDEX ix UNIQUE CLUSTERED (n DESC) WHERE n = 'a');"
    );
    assert_snapshot!(
        check(
            "CREATE UNIQUE NONCLUSTERED INDEX ix ON t (a ASC, b DESC) INCLUDE (c) WHERE a > 1 WITH \
             (FILLFACTOR = 80, ONLINE = OFF) ALTER TABLE t ADD x int NULL, CONSTRAINT d DEFAULT 0 \
             FOR x ALTER TABLE t ALTER COLUMN x bigint NOT NULL ALTER TABLE t DROP COLUMN IF EXISTS \
             x, y ALTER TABLE t DROP CONSTRAINT d DROP INDEX IF EXISTS ix ON t, t.iy DROP TABLE IF \
             EXISTS #a, b..c"
        ),
        @"
CREATE UNIQUE NONCLUSTERED INDEX ix ON t (a, b DESC) INCLUDE (c) WHERE a > 1 WITH (FILLFACTOR = 80, ONLINE = OFF);
ALTER TABLE t ADD x int NULL, CONSTRAINT d DEFAULT 0 FOR x;
ALTER TABLE t ALTER COLUMN x bigint NOT NULL;
ALTER TABLE t DROP COLUMN IF EXISTS x, y;
ALTER TABLE t DROP CONSTRAINT d;
DROP INDEX IF EXISTS t.ix, t.iy;
DROP TABLE IF EXISTS #a, b..c;
"
    );
}

#[test]
fn tables_are_made_as_management_studio_scripts_them() {
    assert_snapshot!(
        check(
            "CREATE TABLE [dbo].[t]([id] [int] IDENTITY(1,1) NOT NULL, [x] [nvarchar](max) NULL, \
             CONSTRAINT [pk] PRIMARY KEY CLUSTERED ([id] ASC) WITH (PAD_INDEX = OFF, \
             IGNORE_DUP_KEY = OFF, FILLFACTOR = 80) ON [PRIMARY]) ON [PRIMARY] TEXTIMAGE_ON [PRIMARY]"
        ),
        @"CREATE TABLE [dbo].[t] ([id] [int] IDENTITY(1, 1) NOT NULL, [x] [nvarchar](max) NULL, CONSTRAINT [pk] PRIMARY KEY CLUSTERED ([id]) WITH (PAD_INDEX = OFF, IGNORE_DUP_KEY = OFF, FILLFACTOR = 80));"
    );
}

#[test]
fn procedures_functions_views_and_types_are_made() {
    assert_snapshot!(
        check(
            "CREATE OR ALTER PROC dbo.p (@a int = 5, @b nvarchar(max) = NULL OUTPUT, @c CURSOR \
             VARYING OUT, @t dbo.tt READONLY, @d varchar(9) = word) WITH RECOMPILE, EXECUTE AS OWNER \
             AS SET NOCOUNT ON; IF @a = 1 RETURN -1 again: GOTO again"
        ),
        @"
CREATE OR ALTER PROCEDURE dbo.p @a int = 5, @b nvarchar(max) = NULL OUTPUT, @c CURSOR VARYING OUTPUT, @t dbo.tt READONLY, @d varchar(9) = 'word' WITH RECOMPILE, EXECUTE AS OWNER AS
SET NOCOUNT ON;
IF @a = 1
    RETURN -1;
again:
GOTO again;
"
    );
    assert_snapshot!(
        check(
            "CREATE FUNCTION dbo.f (@a int) RETURNS int WITH SCHEMABINDING, RETURNS NULL ON NULL \
             INPUT AS BEGIN RETURN @a + 1 END"
        ),
        @"
CREATE FUNCTION dbo.f (@a int) RETURNS int WITH SCHEMABINDING, RETURNS NULL ON NULL INPUT AS BEGIN
    RETURN @a + 1;
END;
"
    );
    assert_snapshot!(
        check("ALTER FUNCTION f () RETURNS TABLE AS RETURN WITH a AS (SELECT 1 AS x) SELECT x FROM a"),
        @"ALTER FUNCTION f () RETURNS TABLE AS RETURN (WITH a AS (SELECT 1 AS x) SELECT x FROM a);"
    );
    assert_snapshot!(
        check("CREATE FUNCTION f () RETURNS @r TABLE (a int) BEGIN INSERT @r VALUES (1) RETURN END"),
        @"
CREATE FUNCTION f () RETURNS @r TABLE (a int) AS BEGIN
    INSERT INTO @r VALUES (1);
    RETURN;
END;
"
    );
    assert_snapshot!(
        check("CREATE VIEW v (a) WITH SCHEMABINDING AS SELECT b FROM dbo.t WITH CHECK OPTION"),
        @"CREATE VIEW v (a) WITH SCHEMABINDING AS SELECT b FROM dbo.t WITH CHECK OPTION;"
    );
    assert_snapshot!(
        check(
            "CREATE TYPE tt AS TABLE (a int PRIMARY KEY) CREATE TYPE n FROM nvarchar(10) NOT NULL \
             CREATE SCHEMA s AUTHORIZATION dbo DROP PROC IF EXISTS p, q DROP SERVER ROLE r"
        ),
        @"
CREATE TYPE tt AS TABLE (a int PRIMARY KEY);
CREATE TYPE n FROM nvarchar(10) NOT NULL;
CREATE SCHEMA s AUTHORIZATION dbo;
DROP PROCEDURE IF EXISTS p, q;
DROP SERVER ROLE r;
"
    );
}

#[test]
fn logins_users_roles_and_permissions_change() {
    assert_snapshot!(
        check(
            "CREATE LOGIN [a b] WITH PASSWORD = 'x' MUST_CHANGE, SID = 0x01, DEFAULT_DATABASE = \
             SSISDB, CHECK_EXPIRATION = ON ALTER LOGIN l WITH PASSWORD = 'y' OLD_PASSWORD = 'x', \
             NAME = m ALTER LOGIN l DISABLE CREATE LOGIN [D\\u] FROM WINDOWS CREATE USER u FOR \
             LOGIN l WITH DEFAULT_SCHEMA = dbo CREATE USER v WITHOUT LOGIN ALTER USER u WITH NAME = \
             w, LOGIN = m CREATE ROLE r AUTHORIZATION dbo ALTER ROLE ssis_admin ADD MEMBER [u] ALTER \
             SERVER ROLE sysadmin DROP MEMBER u ALTER ROLE r WITH NAME = q"
        ),
        @r#"
CREATE LOGIN [a b] WITH PASSWORD = 'x' MUST_CHANGE, SID = 0x01, DEFAULT_DATABASE = SSISDB, CHECK_EXPIRATION = ON;
ALTER LOGIN l WITH PASSWORD = 'y', OLD_PASSWORD = 'x', NAME = m;
ALTER LOGIN l DISABLE;
CREATE LOGIN [D\u] FROM WINDOWS;
CREATE USER u FOR LOGIN l WITH DEFAULT_SCHEMA = dbo;
CREATE USER v WITHOUT LOGIN;
ALTER USER u WITH NAME = w, LOGIN = m;
CREATE ROLE r AUTHORIZATION dbo;
ALTER ROLE ssis_admin ADD MEMBER [u];
ALTER SERVER ROLE sysadmin DROP MEMBER u;
ALTER ROLE r WITH NAME = q;
"#
    );
    assert_snapshot!(
        check(
            "GRANT EXECUTE ON SCHEMA::catalog TO [u], public WITH GRANT OPTION AS dbo GRANT SELECT \
             (a, b), VIEW DEFINITION ON OBJECT::dbo.t TO u DENY ALTER ANY LOGIN TO u CASCADE REVOKE \
             GRANT OPTION FOR EXEC ON p FROM u CASCADE"
        ),
        @"
GRANT EXECUTE ON SCHEMA::catalog TO [u], public WITH GRANT OPTION AS dbo;
GRANT SELECT (a, b), VIEW DEFINITION ON OBJECT::dbo.t TO u;
DENY ALTER ANY LOGIN TO u CASCADE;
REVOKE GRANT OPTION FOR EXECUTE ON p TO u CASCADE;
"
    );
}

#[test]
fn passwords_show_themselves_only_when_printed() {
    let tree = parse("CREATE LOGIN l WITH PASSWORD = 'S3cret!'", &ParseOptions::default()).unwrap();
    assert!(!format!("{tree:?}").contains("S3cret"));
}

#[test]
fn sessions_change_database_and_rights() {
    assert_snapshot!(
        check(
            "USE SSISDB EXECUTE AS LOGIN = N'x' EXEC AS CALLER REVERT KILL 53 DBCC CHECKDB ('x', \
             NOINDEX) WITH NO_INFOMSGS DBCC OPENTRAN"
        ),
        @"
USE SSISDB;
EXECUTE AS LOGIN = N'x';
EXECUTE AS CALLER;
REVERT;
KILL 53;
DBCC CHECKDB ('x', NOINDEX) WITH NO_INFOMSGS;
DBCC OPENTRAN;
"
    );
}

#[test]
fn parameter_lists_names_and_types_are_read_alone() {
    let options = ParseOptions::default();
    let list = parse_parameters("@n nvarchar(255), @v decimal(9, 2) OUTPUT", &options).unwrap();
    assert_eq!(list.len(), 2);
    assert!(list[1].output && !list[0].output);
    assert!(parse_parameters("", &options).unwrap().is_empty());
    assert_snapshot!(shown(&parse_parameters("@n", &options).unwrap_err()), @"Msg 102, Level 15, State 1, Line 1: Incorrect syntax near '@n'.");
    let name = parse_name("[a.b]..c").unwrap();
    assert_eq!((name.name(), name.schema(), name.database()), ("c", None, Some("a.b")));
    assert_snapshot!(shown(&parse_name("a.b.c.d.e").unwrap_err()), @"Msg 102, Level 15, State 1, Line 1: Incorrect syntax near 'e'.");
    assert_eq!(parse_type("varbinary(max)").unwrap().name.name(), "varbinary");
}

#[test]
fn places_say_where_things_stand() {
    let text = "SELECT 1;\n\nEXEC  dbo.p @a = 1";
    let tree = parse(text, &ParseOptions::default()).unwrap();
    let place = tree.statements[1].place;
    assert_eq!(place.line, 3);
    assert_eq!(&text[place.span.start..place.span.end], "EXEC  dbo.p @a = 1");
}

#[test]
fn insert_bulk_as_drivers_write_it() {
    assert_snapshot!(
        check(
            "insert bulk [dbo].[#t] ([id] Int, [a b] NVarChar(50) COLLATE Latin1_General_CI_AS, \
             c Decimal(10,2) NOT NULL) with (TABLOCK, CHECK_CONSTRAINTS, KEEP_NULLS, \
             FIRE_TRIGGERS, ROWS_PER_BATCH = 10, KILOBYTES_PER_BATCH=5, ORDER([id] ASC, c DESC))"
        ),
        @"INSERT BULK [dbo].[#t] ([id] Int, [a b] NVarChar(50) COLLATE Latin1_General_CI_AS, c Decimal(10, 2)) WITH (TABLOCK, CHECK_CONSTRAINTS, KEEP_NULLS, FIRE_TRIGGERS, ROWS_PER_BATCH = 10, KILOBYTES_PER_BATCH = 5, ORDER ([id], c DESC));"
    );
    assert_snapshot!(check("INSERT BULK ##t (a nvarchar(max) NULL, b sql_variant)"), @"INSERT BULK ##t (a nvarchar(max), b sql_variant);");
    assert_snapshot!(check("INSERT BULK t"), @"Msg 102, Level 15, State 1, Line 1: Incorrect syntax near 't'.");
    assert_snapshot!(check("INSERT BULK t (a int) WITH (FASTER)"), @"Msg 102, Level 15, State 1, Line 1: Incorrect syntax near 'FASTER'.");
}
