//! Statements as providers write them, made into what PostgreSQL takes: `?` and `@name` become
//! `$1`, and a script becomes its statements.

use model::Value;

use super::refuse_outputs;
use crate::database::{DatabaseError, Kind, Statement};
use crate::sql_server::code_mask;

/// The text with `$n`, and the values in that order.
pub(super) fn compile(statement: &Statement) -> Result<(String, Vec<Value>), DatabaseError> {
    refuse_outputs(statement)?;
    let text = &statement.text;
    let values = || statement.parameters.iter().map(|parameter| parameter.value.clone()).collect();
    if statement.is_stored_procedure {
        let places: Vec<String> =
            (1..=statement.parameters.len()).map(|at| format!("${at}")).collect();
        return Ok((format!("CALL {}({})", text.trim(), places.join(", ")), values()));
    }
    if statement.parameters.is_empty() {
        return Ok((text.clone(), Vec::new()));
    }
    if statement.parameters.iter().all(|parameter| parameter.name.starts_with('@')) {
        return named(statement);
    }
    let marked = marked(text);
    let markers = count(text);
    if markers != statement.parameters.len() {
        let bound = statement.parameters.len();
        let text = format!(
            "the statement has {markers} parameter markers, and {bound} parameters are bound"
        );
        return Err(DatabaseError::new(Kind::Statement, text));
    }
    Ok((marked, values()))
}

fn count(text: &str) -> usize {
    let code = code_mask(text);
    text.bytes().zip(code).filter(|(byte, is_code)| *byte == b'?' && *is_code).count()
}

/// The text with `$1`, `$2` ... for each `?`.
pub(super) fn marked(text: &str) -> String {
    let code = code_mask(text);
    let mut marked = String::with_capacity(text.len() + 8);
    let mut number = 0;
    for (at, c) in text.char_indices() {
        if c == '?' && code[at] {
            number += 1;
            marked.push_str(&format!("${number}"));
        } else {
            marked.push(c);
        }
    }
    marked
}

/// `@name` or `:name` where a parameter has that name.
fn named(statement: &Statement) -> Result<(String, Vec<Value>), DatabaseError> {
    let (text, code) = (&statement.text, code_mask(&statement.text));
    let (mut marked, mut values, mut used) = (String::new(), Vec::new(), Vec::new());
    let mut rest = text.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        if !matches!(c, '@' | ':') || !code[at] {
            marked.push(c);
            continue;
        }
        let tail = &text[at + 1..];
        let end = tail.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(tail.len());
        let name = &tail[..end];
        let found =
            statement.parameters.iter().position(|p| p.name[1..].eq_ignore_ascii_case(name));
        let Some(found) = found else {
            marked.push(c);
            continue;
        };
        let place = used.iter().position(|at| *at == found).unwrap_or_else(|| {
            used.push(found);
            values.push(statement.parameters[found].value.clone());
            used.len() - 1
        });
        marked.push_str(&format!("${}", place + 1));
        while rest.next_if(|(next, _)| *next < at + 1 + end).is_some() {}
    }
    Ok((marked, values))
}

/// The statements of a script, without empty ones. A `;` in a text, a name, a comment or between
/// dollar quotes ends none.
pub(super) fn split(text: &str) -> Vec<String> {
    let mut code = code_mask(text);
    mask_dollar_quotes(text, &mut code);
    let mut pieces = Vec::new();
    let mut start = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte == b';' && code[at] {
            pieces.push(text[start..at].to_owned());
            start = at + 1;
        }
    }
    pieces.push(text[start..].to_owned());
    pieces.retain(|piece| !piece.trim().is_empty());
    pieces
}

/// `$$ ... $$` and `$tag$ ... $tag$` are texts.
fn mask_dollar_quotes(text: &str, code: &mut [bool]) {
    let mut at = 0;
    while let Some(found) = text[at..].find('$') {
        let open = at + found;
        let tag = text[open + 1..].find('$').map(|end| &text[open..open + end + 2]);
        let is_tag = |tag: &&str| {
            tag[1..tag.len() - 1].chars().all(|c| c.is_alphanumeric() || c == '_')
                && !tag[1..].starts_with(|c: char| c.is_ascii_digit())
        };
        at = open + 1;
        let Some(tag) = tag.filter(is_tag).filter(|_| code[open]) else { continue };
        let inside = open + tag.len();
        let end = text[inside..].find(tag).map_or(text.len(), |end| inside + end + tag.len());
        code[open..end].fill(false);
        at = end;
    }
}

#[cfg(test)]
mod tests {
    use model::DataType;

    use super::*;
    use crate::database::{Direction, Parameter};

    #[test]
    fn markers_become_numbers_and_a_name_is_one_parameter_however_often_it_stands() {
        assert_eq!(marked("SELECT '?' , ? -- ?\n, ?"), "SELECT '?' , $1 -- ?\n, $2");
        let parameter = |name: &str, n| Parameter {
            name: name.to_owned(),
            direction: Direction::Input,
            data_type: DataType::I4,
            value: Value::I4(n),
        };
        let statement = Statement {
            text: "SELECT @b, @a, @b, a::int".to_owned(),
            parameters: vec![parameter("@a", 1), parameter("@b", 2)],
            ..Statement::default()
        };
        let (text, values) = compile(&statement).unwrap();
        assert_eq!(text, "SELECT $1, $2, $1, a::int");
        assert_eq!(values, [Value::I4(2), Value::I4(1)]);
    }

    #[test]
    fn a_script_is_cut_between_statements_only() {
        let script = "SELECT ';'; DO $x$ BEGIN; END $x$; -- ; \n SELECT \";\";;";
        let pieces = split(script);
        assert_eq!(pieces, ["SELECT ';'", " DO $x$ BEGIN; END $x$", " -- ; \n SELECT \";\""]);
    }
}
