//! What does not bind: number, line, text.

use super::{TestNames, error};
use crate::bind::{DeclaredType, data_type};
use insta::assert_snapshot as shows;

#[test]
fn names_that_are_not_there() {
    shows!(error("SELECT x FROM folders"), @"207 line 1: Invalid column name 'x'.");
    shows!(error("SELECT f.x\nFROM folders f"), @"207 line 1: Invalid column name 'x'.");
    shows!(error("SELECT\n g.name FROM folders f"), @r#"4104 line 2: The multi-part identifier "g.name" could not be bound."#);
    shows!(error("SELECT folders.name FROM folders f"), @r#"4104 line 1: The multi-part identifier "folders.name" could not be bound."#);
    shows!(error("SELECT name FROM folders f JOIN projects p ON p.folder_id = f.folder_id"), @"209 line 1: Ambiguous column name 'name'.");
    shows!(error("SELECT * FROM db.catalog.nothing"), @"208 line 1: Invalid object name 'db.catalog.nothing'.");
    shows!(error("SELECT * FROM far.db.catalog.folders"), @"7202 line 1: Could not find server 'far' in sys.servers. Verify that the correct server name was specified. If necessary, execute the stored procedure sp_addlinkedserver to add the server to sys.servers.");
    shows!(error("SELECT @nothing"), @r#"137 line 1: Must declare the scalar variable "@nothing"."#);
    shows!(error("SELECT * FROM @nothing"), @r#"1087 line 1: Must declare the table variable "@nothing"."#);
    shows!(error("SELECT * FROM #nothing"), @"208 line 1: Invalid object name '#nothing'.");
    shows!(error("SELECT @@nothing"), @r#"137 line 1: Must declare the scalar variable "@@nothing"."#);
    shows!(error("SELECT nothing(1)"), @"195 line 1: 'nothing' is not a recognized built-in function name.");
    shows!(error("SELECT dbo.nothing(1)"), @r#"4121 line 1: Cannot find either column "dbo.nothing" or the user-defined function or aggregate, or the name is ambiguous."#);
    shows!(error("SELECT 1 FROM folders f JOIN folders F ON 1 = 1"), @"1011 line 1: The correlation name 'f' is specified multiple times in a FROM clause.");
    shows!(error("SELECT 1 FROM folders f JOIN projects p ON p.folder_id = m.kind, messages m"), @r#"4104 line 1: The multi-part identifier "m.kind" could not be bound."#);
    shows!(error("SELECT *"), @"263 line 1: Must specify table to select from.");
    shows!(error("SELECT x.* FROM folders"), @"107 line 1: The column prefix 'x' does not match with a table name or alias name used in the query.");
}

#[test]
fn groups_and_aggregates() {
    shows!(error("SELECT name, COUNT(*) FROM folders"), @"8120 line 1: Column 'folders.name' is invalid in the select list because it is not contained in either an aggregate function or the GROUP BY clause.");
    shows!(error("SELECT f.name FROM folders f GROUP BY f.folder_id"), @"8120 line 1: Column 'f.name' is invalid in the select list because it is not contained in either an aggregate function or the GROUP BY clause.");
    shows!(error("SELECT COUNT(*) FROM folders HAVING name = N'a'"), @"8121 line 1: Column 'folders.name' is invalid in the HAVING clause because it is not contained in either an aggregate function or the GROUP BY clause.");
    shows!(error("SELECT COUNT(*) FROM folders ORDER BY name"), @r#"8127 line 1: Column "folders.name" is invalid in the ORDER BY clause because it is not contained in either an aggregate function or the GROUP BY clause."#);
    shows!(error("SELECT 1 FROM folders WHERE COUNT(*) > 1"), @"147 line 1: An aggregate may not appear in the WHERE clause unless it is in a subquery contained in a HAVING clause or a select list, and the column being aggregated is an outer reference.");
    shows!(error("SELECT SUM(COUNT(*)) FROM folders"), @"130 line 1: Cannot perform an aggregate function on an expression containing an aggregate or a subquery.");
    shows!(error("SELECT SUM((SELECT 1)) FROM folders"), @"130 line 1: Cannot perform an aggregate function on an expression containing an aggregate or a subquery.");
    shows!(error("SELECT COUNT(*) FROM folders GROUP BY 1"), @"164 line 1: Each GROUP BY expression must contain at least one column that is not an outer reference.");
    shows!(error("SELECT SUM(NULL)"), @"8117 line 1: Operand data type NULL is invalid for sum operator.");
    shows!(error("SELECT SUM(s) FROM types"), @"8117 line 1: Operand data type varchar is invalid for sum operator.");
    shows!(error("SELECT GROUPING(name) FROM folders GROUP BY folder_id"), @"8161 line 1: Argument 1 of the GROUPING function does not match any of the expressions in the GROUP BY clause.");
    shows!(error("SELECT (SELECT SUM(f.folder_id + p.project_id) FROM projects p) FROM folders f"), @"8124 line 1: Multiple columns are specified in an aggregated expression containing an outer reference. If an expression being aggregated contains an outer reference, then that outer reference must be the only column referenced in the expression.");
}

#[test]
fn windows() {
    shows!(error("SELECT 1 FROM folders WHERE ROW_NUMBER() OVER (ORDER BY name) = 1"), @"4108 line 1: Windowed functions can only appear in the SELECT or ORDER BY clauses.");
    shows!(error("SELECT ROW_NUMBER() OVER () FROM folders"), @"4112 line 1: The function 'ROW_NUMBER' must have an OVER clause with ORDER BY.");
    shows!(error("SELECT ROW_NUMBER() FROM folders"), @"10753 line 1: The function 'ROW_NUMBER' must have an OVER clause.");
    shows!(error("SELECT RANK() OVER (ORDER BY 1) FROM folders"), @"5308 line 1: Windowed functions, aggregates and NEXT VALUE FOR functions do not support integer indices as ORDER BY clause expressions.");
    shows!(error("SELECT SUM(SUM(i) OVER ()) OVER () FROM types"), @"4109 line 1: Windowed functions cannot be used in the context of another windowed function or aggregate.");
    shows!(error("SELECT COUNT(DISTINCT i) OVER () FROM types"), @"10759 line 1: Use of DISTINCT is not allowed with the OVER clause.");
}

#[test]
fn subqueries_and_set_operations() {
    shows!(error("SELECT (SELECT 1, 2)"), @"116 line 1: Only one expression can be specified in the select list when the subquery is not introduced with EXISTS.");
    shows!(error("SELECT 1 WHERE 1 IN (SELECT 1, 2)"), @"116 line 1: Only one expression can be specified in the select list when the subquery is not introduced with EXISTS.");
    shows!(error("SELECT 1 UNION SELECT 1, 2"), @"205 line 1: All queries combined using a UNION, INTERSECT or EXCEPT operator must have an equal number of expressions in their target lists.");
    shows!(error("SELECT 1 AS a UNION SELECT 2 ORDER BY a + 1"), @"104 line 1: ORDER BY items must appear in the select list if the statement contains a UNION, INTERSECT or EXCEPT operator.");
    shows!(error("SELECT * FROM (SELECT name FROM folders ORDER BY name) t"), @"1033 line 1: The ORDER BY clause is invalid in views, inline functions, derived tables, subqueries, and common table expressions, unless TOP, OFFSET or FOR XML is also specified.");
    shows!(error("SELECT * FROM (SELECT 1) t"), @"8155 line 1: No column name was specified for column 1 of 't'.");
    shows!(error("SELECT * FROM (SELECT 1 AS a, 2 AS A) t"), @"8156 line 1: The column 'A' was specified multiple times for 't'.");
    shows!(error("SELECT * FROM (SELECT 1 AS a) t (a, b)"), @"8159 line 1: 't' has fewer columns than were specified in the column list.");
    shows!(error("SELECT DISTINCT name FROM folders ORDER BY folder_id"), @"145 line 1: ORDER BY items must appear in the select list if SELECT DISTINCT is specified.");
    shows!(error("SELECT name FROM folders ORDER BY 2"), @"108 line 1: The ORDER BY position number 2 is out of range of the number of items in the select list.");
    shows!(error("SELECT name FROM folders ORDER BY 'a'"), @"408 line 1: A constant expression was encountered in the ORDER BY list, position 1.");
    shows!(error("SELECT TOP 1 name FROM folders ORDER BY name OFFSET 1 ROWS"), @"10741 line 1: A TOP can not be used in the same query or sub-query as a OFFSET.");
    shows!(error("SELECT TOP 1 WITH TIES name FROM folders"), @"1062 line 1: The TOP N WITH TIES clause is not allowed without a corresponding ORDER BY clause.");
    shows!(error("SELECT TOP 1.5 name FROM folders"), @"1060 line 1: The number of rows provided for a TOP or FETCH clauses row count parameter must be an integer.");
}

#[test]
fn recursion() {
    shows!(error("WITH n AS (SELECT 1 AS i UNION SELECT i + 1 FROM n) SELECT * FROM n"), @"252 line 1: Recursive common table expression 'n' does not contain a top-level UNION ALL operator.");
    shows!(error("WITH n AS (SELECT i FROM n) SELECT * FROM n"), @"252 line 1: Recursive common table expression 'n' does not contain a top-level UNION ALL operator.");
    shows!(error("WITH n AS (SELECT 1 AS i UNION ALL SELECT i + 0.5 FROM n) SELECT * FROM n"), @r#"240 line 1: Types don't match between the anchor and the recursive part in column "i" of recursive query "n"."#);
    shows!(error("WITH n AS (SELECT 1 AS i UNION ALL SELECT MAX(i) FROM n) SELECT * FROM n"), @"467 line 1: GROUP BY, HAVING, or aggregate functions are not allowed in the recursive part of a recursive common table expression 'n'.");
    shows!(error("WITH n AS (SELECT 1 AS i UNION ALL SELECT n.i FROM n LEFT JOIN folders f ON 1 = 1) SELECT * FROM n"), @"462 line 1: Outer join is not allowed in the recursive part of a recursive common table expression 'n'.");
    shows!(error("WITH a AS (SELECT 1 AS i), A AS (SELECT 2 AS i) SELECT * FROM a"), @"239 line 1: Duplicate common table expression name 'A' was specified.");
    shows!(error("SELECT * FROM dbo.endless"), @"217 line 1: Maximum stored procedure, function, trigger, or view nesting level exceeded (limit 32).");
    shows!(error("SELECT 1 OPTION (MAXRECURSION 40000)"), @"310 line 1: The value 40000 specified for the MAXRECURSION option exceeds the allowed maximum of 32767.");
}

#[test]
fn types_and_collations() {
    shows!(error("SELECT 1 FROM types WHERE s = cs"), @r#"468 line 1: Cannot resolve the collation conflict between "SQL_Latin1_General_CP1_CI_AS" and "SQL_Latin1_General_CP1_CS_AS" in the equal to operation."#);
    shows!(error("SELECT 1 FROM types WHERE s COLLATE Latin1_General_CS_AS = s COLLATE Latin1_General_BIN2"), @r#"468 line 1: Cannot resolve the collation conflict between "SQL_Latin1_General_CP1_CS_AS" and "Latin1_General_BIN2" in the equal to operation."#);
    shows!(error("SELECT i COLLATE Latin1_General_CS_AS FROM types"), @"447 line 1: Expression type int is invalid for COLLATE clause.");
    shows!(error("SELECT 1 FROM types WHERE x = x"), @"305 line 1: The xml data type cannot be compared or sorted, except when using the IS NULL operator.");
    shows!(error("SELECT 1 FROM types ORDER BY t"), @"306 line 1: The text, ntext, and image data types cannot be compared or sorted, except when using IS NULL or LIKE operator.");
    shows!(error("SELECT v + 1 FROM types"), @"257 line 1: Implicit conversion from data type sql_variant to int is not allowed. Use the CONVERT function to run this query.");
    shows!(error("SELECT CAST(x AS int) FROM types"), @"529 line 1: Explicit conversion from data type xml to int is not allowed.");
    shows!(error("SELECT CASE WHEN 1 = 1 THEN NULL END"), @"8133 line 1: At least one of the result expressions in a CASE specification must be an expression other than the NULL constant.");
    shows!(error("SELECT DATEADD(x, 1, dt) FROM types"), @"155 line 1: 'x' is not a recognized dateadd option.");
    shows!(error("SELECT DATEADD('day', 1, dt) FROM types"), @"1023 line 1: Invalid parameter 1 specified for dateadd.");
    shows!(error("SELECT LEN(1, 2)"), @"174 line 1: The len function requires 1 argument(s).");
    shows!(error("SELECT i AT TIME ZONE 'UTC' FROM types"), @"8116 line 1: Argument data type int is invalid for argument 1 of AT TIME ZONE function.");
}

#[test]
fn what_is_not_here_is_refused_by_name() {
    shows!(error("SELECT NEXT VALUE FOR dbo.seq"), @"40514 line 1: 'NEXT VALUE FOR' is not supported in this version of SQL Server.");
    shows!(error("SELECT * FROM folders TABLESAMPLE (10 PERCENT)"), @"40514 line 1: 'TABLESAMPLE' is not supported in this version of SQL Server.");
    shows!(error("SELECT name FROM folders FOR XML EXPLICIT"), @"40514 line 1: 'FOR XML EXPLICIT' is not supported in this version of SQL Server.");
    shows!(error("SELECT name FROM folders FOR XML RAW, AUTO"), @"40514 line 1: 'FOR XML with more than one mode' is not supported in this version of SQL Server.");
    shows!(error("SELECT {fn SOMETHING(1)}"), @"40514 line 1: 'The ODBC function SOMETHING' is not supported in this version of SQL Server.");
}

#[test]
fn a_type_name_is_a_type_or_a_table_type() {
    let declared = |text: &str| data_type(&crate::parse_type(text).unwrap(), &TestNames);
    let DeclaredType::Scalar(ty) = declared("varchar").unwrap() else { panic!("a table") };
    assert_eq!(ty.to_string(), "varchar(1)");
    let DeclaredType::Table(columns) = declared("dbo.ids").unwrap() else { panic!("a value") };
    assert_eq!(columns.len(), 1);
    assert_eq!(declared("dbo.nothing").unwrap_err().error.number, 2715);
    assert_eq!(declared("varchar(9000)").unwrap_err().error.number, 131);
}
