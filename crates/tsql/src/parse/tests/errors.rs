//! Messages: numbers, words and lines as SQL Server gives them.

use insta::assert_snapshot;

use super::{check, parse, shown};
use crate::parse::ParseOptions;

#[test]
fn a_token_that_does_not_fit_is_named_with_its_line() {
    assert_snapshot!(check("SELECT 1\nSELECT 1 +\n* 2"), @"Msg 102, Level 15, State 1, Line 3: Incorrect syntax near '*'.");
    assert_snapshot!(check("SELECT a FROM t WHERE a = 1 )"), @"Msg 102, Level 15, State 1, Line 1: Incorrect syntax near ')'.");
    assert_snapshot!(check("SELECT 'a' 'b' 'c'"), @"Msg 102, Level 15, State 1, Line 1: Incorrect syntax near 'c'.");
    assert_snapshot!(check("SELECT 1 = 1"), @"Msg 102, Level 15, State 1, Line 1: Incorrect syntax near '='.");
    assert_snapshot!(check("SELECT [a b] [c d] [e f]"), @"Msg 102, Level 15, State 1, Line 1: Incorrect syntax near 'e f'.");
    assert_snapshot!(check("EXEC p 1 + 1"), @"Msg 102, Level 15, State 1, Line 1: Incorrect syntax near '+'.");
}

#[test]
fn a_keyword_that_does_not_fit_is_called_one() {
    assert_snapshot!(check("SELECT FROM t"), @"Msg 156, Level 15, State 1, Line 1: Incorrect syntax near the keyword 'FROM'.");
    assert_snapshot!(check("SELECT *\nFROM t\nWHERE\nGROUP BY a"), @"Msg 156, Level 15, State 1, Line 4: Incorrect syntax near the keyword 'GROUP'.");
    assert_snapshot!(check("BEGIN END"), @"Msg 156, Level 15, State 1, Line 1: Incorrect syntax near the keyword 'END'.");
    assert_snapshot!(check("SELECT 1 END"), @"Msg 156, Level 15, State 1, Line 1: Incorrect syntax near the keyword 'END'.");
    assert_snapshot!(check("INSERT INTO user VALUES (1)"), @"Msg 156, Level 15, State 1, Line 1: Incorrect syntax near the keyword 'user'.");
}

#[test]
fn at_the_end_the_last_token_is_named() {
    assert_snapshot!(check("SELECT * FROM"), @"Msg 102, Level 15, State 1, Line 1: Incorrect syntax near 'FROM'.");
    assert_snapshot!(check("BEGIN SELECT 1"), @"Msg 102, Level 15, State 1, Line 1: Incorrect syntax near '1'.");
    assert_snapshot!(check("IF 1 = 1"), @"Msg 102, Level 15, State 1, Line 1: Incorrect syntax near '1'.");
    assert_snapshot!(check("SELECT (1"), @"Msg 102, Level 15, State 1, Line 1: Incorrect syntax near '1'.");
}

#[test]
fn what_is_not_closed_is_shown() {
    assert_snapshot!(check("PRINT 1\nPRINT 'never ends"), @"
Msg 105, Level 15, State 1, Line 2: Unclosed quotation mark after the character string 'never ends'.
Msg 102, Level 15, State 1, Line 2: Incorrect syntax near 'never ends'.
");
    assert_snapshot!(check("SELECT [never ends"), @"
Msg 105, Level 15, State 1, Line 1: Unclosed quotation mark after the character string 'never ends'.
Msg 102, Level 15, State 1, Line 1: Incorrect syntax near 'never ends'.
");
    assert_snapshot!(check("SELECT 1 /* /* */ never ends"), @"Msg 113, Level 15, State 1, Line 1: Missing end comment mark '*/'.");
}

#[test]
fn names_have_a_greatest_length_and_a_least() {
    let long = "n".repeat(129);
    assert_snapshot!(check(&format!("SELECT {long}")), @"Msg 103, Level 15, State 1, Line 1: The identifier that starts with 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' is too long. Maximum length is 128.");
    assert_snapshot!(check(&format!("SELECT 1 AS [{long}]")), @"Msg 103, Level 15, State 1, Line 1: The identifier that starts with 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' is too long. Maximum length is 128.");
    assert_snapshot!(check("SELECT 1 AS []"), @r#"Msg 1038, Level 15, State 1, Line 1: An object or column name is missing or empty. For SELECT INTO statements, verify each column has a name. For other statements, look for empty alias names. Aliases defined as "" or [] are not allowed. Change the alias to a valid name."#);
    assert!(check("SELECT 1 AS ''").starts_with("Msg 1038"));
    assert!(check(&format!("SELECT 1 '{long}'")).starts_with("Msg 103,"));
    assert_snapshot!(check("SELECT @"), @"Msg 102, Level 15, State 1, Line 1: Incorrect syntax near '@'.");
}

#[test]
fn conditions_and_values_do_not_stand_for_each_other() {
    assert_snapshot!(check("IF 1 PRINT 'x'"), @"Msg 4145, Level 15, State 1, Line 1: An expression of non-boolean type specified in a context where a condition is expected, near 'PRINT'.");
    assert_snapshot!(check("SELECT a FROM t WHERE (b) ORDER BY a"), @"Msg 4145, Level 15, State 1, Line 1: An expression of non-boolean type specified in a context where a condition is expected, near 'ORDER'.");
    assert_snapshot!(check("SELECT a FROM t WHERE a"), @"Msg 4145, Level 15, State 1, Line 1: An expression of non-boolean type specified in a context where a condition is expected, near 'a'.");
    assert_snapshot!(check("SELECT (a = b)"), @"Msg 102, Level 15, State 1, Line 1: Incorrect syntax near '='.");
    assert_snapshot!(check("SELECT 1 WHERE NOT 1"), @"Msg 4145, Level 15, State 1, Line 1: An expression of non-boolean type specified in a context where a condition is expected, near '1'.");
    assert_snapshot!(check("SELECT 1 WHERE 1 = 1 = 1"), @"Msg 102, Level 15, State 1, Line 1: Incorrect syntax near '='.");
}

#[test]
fn control_flow_is_checked_before_anything_runs() {
    assert_snapshot!(check("BREAK"), @"Msg 135, Level 15, State 1, Line 1: Cannot use a BREAK statement outside the scope of a WHILE statement.");
    assert_snapshot!(check("IF 1 = 1 CONTINUE"), @"Msg 136, Level 15, State 1, Line 1: Cannot use a CONTINUE statement outside the scope of a WHILE statement.");
    assert_snapshot!(check("RETURN 1"), @"Msg 178, Level 15, State 1, Line 1: A RETURN statement with a return value cannot be used in this context.");
    assert_snapshot!(check("GOTO nowhere"), @"Msg 133, Level 15, State 1, Line 1: A GOTO statement references the label 'nowhere' but the label has not been declared.");
    assert_snapshot!(check("here:\nHERE:"), @"Msg 132, Level 15, State 1, Line 2: The label 'HERE' has already been declared. Label names must be unique within a query batch or stored procedure.");
    assert_snapshot!(check("SELECT 1\nCREATE PROCEDURE p AS SELECT 1"), @"Msg 111, Level 15, State 1, Line 2: 'CREATE/ALTER PROCEDURE' must be the first statement in a query batch.");
    assert_snapshot!(check("SELECT 1\nCREATE VIEW v AS SELECT 1 AS a"), @"Msg 111, Level 15, State 1, Line 2: 'CREATE VIEW' must be the first statement in a query batch.");
}

#[test]
fn statements_that_need_a_semicolon_say_so() {
    assert_snapshot!(check("SELECT * FROM t\nWITH a AS (SELECT 1 AS x) SELECT * FROM a"), @"Msg 319, Level 15, State 1, Line 2: Incorrect syntax near the keyword 'with'. If this statement is a common table expression, an xmlnamespaces clause or a change tracking context clause, the previous statement must be terminated with a semicolon.");
    assert_snapshot!(
        check("MERGE t USING s ON t.a = s.a WHEN MATCHED THEN DELETE"),
        @"Msg 10713, Level 15, State 1, Line 1: A MERGE statement must be terminated by a semi-colon (;)."
    );
}

#[test]
fn arguments_of_procedures_have_their_own_mistakes() {
    assert_snapshot!(check("EXEC p @a = 1, 2"), @"Msg 119, Level 15, State 1, Line 1: Must pass parameter number 2 and subsequent parameters as '@name = value'. After the form '@name = value' has been used, all subsequent parameters must be passed in the form '@name = value'.");
    assert_snapshot!(check("EXEC p 1 OUTPUT"), @"Msg 179, Level 15, State 1, Line 1: Cannot use the OUTPUT option when passing a constant to a stored procedure.");
    assert_snapshot!(check("EXEC p @a = 'x' OUT"), @"Msg 179, Level 15, State 1, Line 1: Cannot use the OUTPUT option when passing a constant to a stored procedure.");
    assert_snapshot!(check("SELECT @a = 1, 2"), @"Msg 141, Level 15, State 1, Line 1: A SELECT statement that assigns a value to a variable must not be combined with data-retrieval operations.");
}

#[test]
fn what_is_not_done_here_is_refused_by_name() {
    assert_snapshot!(check("BACKUP DATABASE x TO DISK = 'y'"), @"Msg 40510, Level 15, State 1, Line 1: Statement 'BACKUP' is not supported in this version of SQL Server.");
    assert_snapshot!(check("CREATE TRIGGER tr ON t AFTER INSERT AS SELECT 1"), @"Msg 40510, Level 15, State 1, Line 1: Statement 'CREATE TRIGGER' is not supported in this version of SQL Server.");
    assert_snapshot!(check("DROP DATABASE x"), @"Msg 40510, Level 15, State 1, Line 1: Statement 'DROP DATABASE' is not supported in this version of SQL Server.");
    assert_snapshot!(check("BULK INSERT t FROM 'x'"), @"Msg 40510, Level 15, State 1, Line 1: Statement 'BULK INSERT' is not supported in this version of SQL Server.");
    assert_snapshot!(check("BEGIN DISTRIBUTED TRANSACTION"), @"Msg 40510, Level 15, State 1, Line 1: Statement 'BEGIN DISTRIBUTED TRANSACTION' is not supported in this version of SQL Server.");
    assert_snapshot!(check("SELECT * FROM OPENQUERY(s, 'SELECT 1')"), @"Msg 40517, Level 15, State 1, Line 1: Keyword or statement option 'OPENQUERY' is not supported in this version of SQL Server.");
    assert_snapshot!(check("SELECT 1 FROM t WHERE CONTAINS(a, 'x')"), @"Msg 40517, Level 15, State 1, Line 1: Keyword or statement option 'CONTAINS' is not supported in this version of SQL Server.");
    assert_snapshot!(check("SELECT * FROM OPENROWSET('SQLNCLI', 'x', 'SELECT 1')"), @"Msg 40517, Level 15, State 1, Line 1: Keyword or statement option 'OPENROWSET' is not supported in this version of SQL Server.");
    assert_snapshot!(check("WITH XMLNAMESPACES ('u' AS p) SELECT 1 FOR XML PATH"), @"Msg 40517, Level 15, State 1, Line 1: Keyword or statement option 'XMLNAMESPACES' is not supported in this version of SQL Server.");
    assert_snapshot!(check("CREATE TABLE t (a int) ON archive"), @"Msg 40517, Level 15, State 1, Line 1: Keyword or statement option 'archive' is not supported in this version of SQL Server.");
    assert_snapshot!(check("SELECT hierarchyid::GetRoot()"), @"Msg 40517, Level 15, State 1, Line 1: Keyword or statement option '::' is not supported in this version of SQL Server.");
}

#[test]
fn unknown_options_are_called_that() {
    assert_snapshot!(check("SET NO_SUCH_THING ON"), @"Msg 195, Level 15, State 1, Line 1: 'NO_SUCH_THING' is not a recognized SET option.");
    assert_snapshot!(check("CREATE PROCEDURE p WITH FASTER AS SELECT 1"), @"Msg 155, Level 15, State 1, Line 1: 'FASTER' is not a recognized module option.");
    assert_snapshot!(check("SELECT * FROM t WITH (FASTER)"), @"Msg 102, Level 15, State 1, Line 1: Incorrect syntax near 'FASTER'.");
    assert_snapshot!(check("SELECT 1 OPTION (FASTER)"), @"Msg 102, Level 15, State 1, Line 1: Incorrect syntax near 'FASTER'.");
}

#[test]
fn double_quotes_are_strings_when_the_session_says_so() {
    let text = r#"SELECT "a ""b""""#;
    assert_snapshot!(check(text), @r#"SELECT [a "b"];"#);
    let options = ParseOptions { quoted_identifiers: false, ..ParseOptions::default() };
    let tree = parse(text, &options).unwrap();
    assert_snapshot!(crate::print::print(&tree), @r#"SELECT 'a "b"';"#);
}

#[test]
fn too_much_is_refused_and_not_tried() {
    let deep = format!("SELECT {}1{}", "(".repeat(100_000), ")".repeat(100_000));
    assert_snapshot!(check(&deep), @"Msg 191, Level 15, State 1, Line 1: Some part of your SQL statement is nested too deeply. Rewrite the query or break it up into smaller queries.");
    let high = format!("SELECT 1{}", " + 1".repeat(100_000));
    assert_snapshot!(check(&high), @"Msg 191, Level 15, State 1, Line 1: Some part of your SQL statement is nested too deeply. Rewrite the query or break it up into smaller queries.");
    let blocks = "IF 1 = 1 ".repeat(100_000);
    assert_snapshot!(check(&blocks), @"Msg 191, Level 15, State 1, Line 1: Some part of your SQL statement is nested too deeply. Rewrite the query or break it up into smaller queries.");
    let signs = format!("SELECT {}1", "- ".repeat(100_000));
    assert_snapshot!(check(&signs), @"Msg 191, Level 15, State 1, Line 1: Some part of your SQL statement is nested too deeply. Rewrite the query or break it up into smaller queries.");
    let many = "1 ".repeat(2_000_001);
    assert_snapshot!(shown(&parse(&many, &ParseOptions::default()).unwrap_err()), @"Msg 701, Level 15, State 1, Line 1: There is insufficient system memory in resource pool 'default' to run this query.");
}

/// Every way to nest, far deeper than the stack would bear.
#[test]
fn nothing_that_nests_overflows_the_stack() {
    let ways = [
        ("SELECT ", "(SELECT "),
        ("SELECT * FROM ", "(SELECT * FROM "),
        ("SELECT * FROM ", "("),
        ("SELECT * FROM ", "a JOIN "),
        ("SELECT ", "CASE WHEN 1 = 1 THEN "),
        ("SELECT ", "f("),
        ("SELECT ", "CAST("),
        ("SELECT ", "IIF("),
        ("SELECT ", "{fn f("),
        ("SELECT ", "~"),
        ("SELECT ", "1 AT TIME ZONE "),
        ("SELECT 1 WHERE ", "("),
        ("SELECT 1 WHERE ", "NOT "),
        ("SELECT 1 WHERE ", "EXISTS (SELECT 1 WHERE "),
        ("SELECT 1 WHERE ", "1 IN (SELECT 1 WHERE "),
        ("SELECT a FROM t GROUP BY ", "GROUPING SETS ("),
        ("", "BEGIN "),
        ("", "BEGIN TRY "),
        ("", "WHILE 1 = 1 "),
        ("", "IF 1 = 1 SELECT 1 ELSE "),
        ("", "(SELECT 1 UNION "),
    ];
    for (start, way) in ways {
        let text = format!("{start}{}", way.repeat(10_000));
        let errors = parse(&text, &ParseOptions::default()).unwrap_err();
        assert_eq!(errors[0].number, 191, "{way}");
    }
    let behind =
        [" COLLATE x", ".a()", " AT TIME ZONE 'UTC'", " + 1", " PIVOT (SUM(a) FOR b IN (c))"];
    for way in behind {
        let start = if way.contains("PIVOT") { "SELECT * FROM t" } else { "SELECT @a" };
        let text = format!("{start}{}", way.repeat(10_000));
        let errors = parse(&text, &ParseOptions::default()).unwrap_err();
        assert_eq!(errors[0].number, 191, "{way}");
    }
}
