//! What statements become.

use insta::assert_snapshot;
use proptest::prelude::*;

use super::*;

fn parameter(name: &str, direction: Direction) -> Parameter {
    Parameter { name: name.to_owned(), direction, data_type: DataType::I4, value: Value::I4(1) }
}

fn compile(text: &str, parameters: &[(&str, Direction)], is_stored_procedure: bool) -> String {
    let parameters = parameters.iter().map(|&(name, direction)| parameter(name, direction));
    let statement = Statement {
        text: text.to_owned(),
        parameters: parameters.collect(),
        is_stored_procedure,
        count_rows: false,
    };
    statement.compile().map_or_else(|error| error.to_string(), |batch| batch.text)
}

const IN: Direction = Direction::Input;
const OUT: Direction = Direction::Output;
const RETURN: Direction = Direction::ReturnValue;

#[test]
fn without_parameters_the_text_stays_as_it_is() {
    assert_eq!(compile("CREATE PROC p AS SELECT '?'", &[], false), "CREATE PROC p AS SELECT '?'");
}

#[test]
fn markers_in_strings_names_and_comments_are_no_markers() {
    assert_snapshot!(
        compile("SELECT '?''?', [a?], \"?\" /* ? /* ? */ ? */ -- ?\n WHERE x = ?", &[("0", IN)], false),
        @r#"
    SELECT '?''?', [a?], "?" /* ? /* ? */ ? */ -- ?
     WHERE x = @P1
    ;SELECT ROWCOUNT_BIG();
    "#
    );
}

#[test]
fn outputs_and_return_values_come_back_in_a_last_row() {
    assert_snapshot!(compile("EXEC ? = p ?, ? OUTPUT", &[("0", RETURN), ("1", IN), ("2", OUT)], false), @r"
    DECLARE @PhOut1 int = @P1;
    DECLARE @PhOut3 int = @P3;
    EXEC @PhOut1 = p @P2, @PhOut3 OUTPUT
    ;SELECT ROWCOUNT_BIG(), @PhOut1, @PhOut3;
    ");
}

#[test]
fn odbc_calls_become_exec() {
    assert_snapshot!(compile("{? = call dbo.p(?, ?)}", &[("1", RETURN), ("2", IN), ("3", OUT)], false), @r"
    DECLARE @PhOut1 int = @P1;
    DECLARE @PhOut3 int = @P3;
    EXEC @PhOut1 = dbo.p @P2, @PhOut3 OUTPUT
    ;SELECT ROWCOUNT_BIG(), @PhOut1, @PhOut3;
    ");
    assert_eq!(compile("{CALL p}", &[], false), "EXEC p");
}

#[test]
fn names_are_variables_of_the_batch() {
    assert_snapshot!(compile("SELECT @a + @b", &[("@a", IN), ("@b", IN)], false), @r"
    DECLARE @a int = @P1;
    DECLARE @b int = @P2;
    SELECT @a + @b
    ;SELECT ROWCOUNT_BIG();
    ");
    assert_eq!(
        compile("x", &[("@a int; DROP TABLE t", IN)], false),
        "`@a int; DROP TABLE t` is not the name of a parameter"
    );
}

#[test]
fn a_procedures_name_is_called_with_its_parameters() {
    assert_snapshot!(compile("dbo.p", &[("@r", RETURN), ("@a", IN), ("@b", OUT)], true), @r"
    DECLARE @r int = @P1;
    DECLARE @a int = @P2;
    DECLARE @b int = @P3;
    EXEC @r = dbo.p @a = @a, @b = @b OUTPUT
    ;SELECT ROWCOUNT_BIG(), @r, @b;
    ");
}

#[test]
fn markers_and_parameters_must_be_as_many() {
    assert_eq!(
        compile("SELECT ?, ?", &[("0", IN)], false),
        "the statement has 2 parameter markers, and 1 parameters are bound"
    );
}

#[test]
fn batches_end_at_go_lines() {
    let text = "SELECT 1\nGO\n\ngo 2\nPRINT 'x\nGO\n'\n  Go -- end\n/*\nGO\n*/ SELECT 2\ngone";
    assert_eq!(
        split_batches(text),
        ["SELECT 1\n", "PRINT 'x\nGO\n'\n", "/*\nGO\n*/ SELECT 2\ngone"]
    );
    assert_eq!(split_batches("a\nGO 2\n"), ["a\n", "a\n"]);
}

proptest! {
    #[test]
    fn any_text_compiles_or_is_refused(text in "\\PC{0,60}") {
        drop(split_batches(&text));
        compile(&text, &[("0", IN)], false);
        compile(&text, &[], true);
    }
}
