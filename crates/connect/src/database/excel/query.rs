//! The commands that a workbook understands.
//!
//! ```text
//!   SELECT * | column [AS name], ... FROM [Sheet1$A1:C9]
//!       [WHERE column IS [NOT] NULL | column = literal | column <> literal [AND ...]]
//!   CREATE TABLE name (column type, ...)
//! ```
//!
//! Anything else is refused by name. Names may stand in `[]`, `""` or backquotes, and behind the
//! name of the table and a dot.

use model::Value;

use super::super::{Column, DatabaseError, Kind};
use super::refused;
use super::table::Table;

/// A SELECT.
#[derive(Debug, PartialEq)]
pub(super) struct Query {
    pub(super) table: String,
    /// Names and new names; `None` for all columns.
    columns: Option<Vec<(String, String)>>,
    conditions: Vec<(String, Test)>,
}

/// What a value must be. NULL is neither equal nor unequal to anything.
#[derive(Debug, PartialEq)]
enum Test {
    Null,
    NotNull,
    Equal(Literal),
    NotEqual(Literal),
}

#[derive(Debug, PartialEq)]
enum Literal {
    Number(f64),
    Text(String),
}

/// A command of an Execute SQL Task.
pub(super) enum Command {
    Select,
    CreateTable { name: String, columns: Vec<String> },
}

/// A SELECT over the columns of a table.
pub(super) struct Plan<'a> {
    pub(super) columns: Vec<Column>,
    places: Vec<usize>,
    conditions: Vec<(usize, &'a Test)>,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// A word without quotes, or a number.
    Word(String),
    /// A name in quotes.
    Name(String),
    /// Between apostrophes: a name behind FROM, else a text.
    Text(String),
    Sign(&'static str),
}

/// Why a command cannot run, for who asks before it does.
pub fn unsupported(text: &str) -> Option<String> {
    Query::parse(text).err().map(|error| error.text)
}

/// What kind of command a text is.
pub(super) fn command(text: &str) -> Result<Command, DatabaseError> {
    let tokens = tokens(text)?;
    let word = |at: usize, word: &str| tokens.get(at).is_some_and(|token| token.is(word));
    if word(0, "select") {
        return Ok(Command::Select);
    }
    if !word(0, "create") || !word(1, "table") {
        let first = tokens.first().map(Token::shown).unwrap_or_default();
        return Err(refused(&format!("the command {}", first.to_uppercase())));
    }
    let mut parser = Parser { tokens: &tokens, at: 2 };
    let name = parser.name()?;
    parser.expect("(")?;
    let mut columns = vec![parser.name()?];
    let mut depth = 0;
    // Types do not matter: a cell takes any value.
    while let Some(token) = parser.next() {
        match token {
            Token::Sign("(") => depth += 1,
            Token::Sign(")") if depth == 0 => return Ok(Command::CreateTable { name, columns }),
            Token::Sign(")") => depth -= 1,
            Token::Sign(",") if depth == 0 => columns.push(parser.name()?),
            Token::Sign(_) | Token::Word(_) | Token::Name(_) | Token::Text(_) => {}
        }
    }
    Err(parser.wrong())
}

impl Query {
    pub(super) fn parse(text: &str) -> Result<Self, DatabaseError> {
        let tokens = tokens(text)?;
        let mut parser = Parser { tokens: &tokens, at: 0 };
        parser.word("select")?;
        let columns = if parser.take("*") { None } else { Some(parser.columns()?) };
        parser.word("from")?;
        let table = parser.name()?;
        let mut conditions = Vec::new();
        if parser.take_word("where") {
            conditions.push(parser.condition()?);
            while parser.take_word("and") {
                conditions.push(parser.condition()?);
            }
        }
        parser.take(";");
        match parser.next() {
            None => Ok(Self { table, columns, conditions }),
            Some(token) => {
                Err(refused(&format!("`{}` behind the table or condition", token.shown())))
            }
        }
    }

    /// Finds the columns in a table.
    pub(super) fn plan(&self, table: &Table) -> Result<Plan<'_>, DatabaseError> {
        let place = |name: &str| {
            let mut columns = table.columns.iter();
            columns.position(|column| column.name.eq_ignore_ascii_case(name)).ok_or_else(|| {
                let text = format!("the sheet `{}` has no column `{name}`", table.sheet);
                DatabaseError::new(Kind::Missing, text)
            })
        };
        let mut plan =
            Plan { columns: table.columns.clone(), places: Vec::new(), conditions: Vec::new() };
        match &self.columns {
            None => plan.places = (0..table.columns.len()).collect(),
            Some(columns) => {
                plan.columns.clear();
                for (name, new_name) in columns {
                    let at = place(name)?;
                    plan.places.push(at);
                    let name = new_name.clone();
                    plan.columns.push(Column { name, ..table.columns[at].clone() });
                }
            }
        }
        for (name, test) in &self.conditions {
            plan.conditions.push((place(name)?, test));
        }
        Ok(plan)
    }
}

impl Plan<'_> {
    /// The columns that were asked for, when the conditions hold.
    pub(super) fn row(&self, row: &[Value]) -> Option<Vec<Value>> {
        let value = |at: usize| row.get(at).unwrap_or(&Value::Null);
        let holds = self.conditions.iter().all(|(at, test)| test.holds(value(*at)));
        holds.then(|| self.places.iter().map(|at| value(*at).clone()).collect())
    }
}

impl Test {
    fn holds(&self, value: &Value) -> bool {
        match self {
            Self::Null => value.is_null(),
            Self::NotNull => !value.is_null(),
            Self::Equal(literal) => !value.is_null() && literal.is(value),
            Self::NotEqual(literal) => !value.is_null() && !literal.is(value),
        }
    }
}

impl Literal {
    /// As the providers compare: text in any letter case.
    fn is(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Number(own), Value::R8(number)) => own == number,
            (Self::Text(own), Value::Text(text)) => own.to_lowercase() == text.to_lowercase(),
            _ => false,
        }
    }
}

impl Token {
    fn is(&self, word: &str) -> bool {
        matches!(self, Self::Word(own) if own.eq_ignore_ascii_case(word))
    }

    fn shown(&self) -> &str {
        match self {
            Self::Word(text) | Self::Name(text) | Self::Text(text) => text,
            Self::Sign(sign) => sign,
        }
    }
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
}

impl Parser<'_> {
    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn wrong(&self) -> DatabaseError {
        let last = self.tokens.get(self.at.saturating_sub(1)).map_or("the end", Token::shown);
        refused(&format!("the command as it is written at `{last}`"))
    }

    fn take(&mut self, sign: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Sign(own)) if *own == sign);
        self.at += usize::from(found);
        found
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.tokens.get(self.at).is_some_and(|token| token.is(word));
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, sign: &str) -> Result<(), DatabaseError> {
        if self.take(sign) { Ok(()) } else { Err(self.past()) }
    }

    fn word(&mut self, word: &str) -> Result<(), DatabaseError> {
        if self.take_word(word) { Ok(()) } else { Err(self.past()) }
    }

    fn past(&mut self) -> DatabaseError {
        self.at += 1;
        self.wrong()
    }

    /// A name, without the table's before it.
    fn name(&mut self) -> Result<String, DatabaseError> {
        loop {
            let name = match self.next() {
                Some(Token::Word(name) | Token::Name(name) | Token::Text(name)) => name,
                Some(Token::Sign(_)) | None => return Err(self.wrong()),
            };
            if !self.take(".") {
                return Ok(name);
            }
        }
    }

    fn columns(&mut self) -> Result<Vec<(String, String)>, DatabaseError> {
        let mut columns = Vec::new();
        loop {
            let name = self.name()?;
            let new_name = if self.take_word("as") { self.name()? } else { name.clone() };
            columns.push((name, new_name));
            if !self.take(",") {
                return Ok(columns);
            }
        }
    }

    fn condition(&mut self) -> Result<(String, Test), DatabaseError> {
        if self.take("(") {
            let condition = self.condition()?;
            self.expect(")")?;
            return Ok(condition);
        }
        let name = self.name()?;
        if self.take_word("is") {
            let test = if self.take_word("not") { Test::NotNull } else { Test::Null };
            self.word("null")?;
            return Ok((name, test));
        }
        let equal = self.take("=");
        if !equal {
            self.expect("<>")?;
        }
        let literal = match self.next() {
            Some(Token::Text(text) | Token::Name(text)) => Literal::Text(text),
            Some(Token::Word(word)) => Literal::Number(word.parse().map_err(|_| self.wrong())?),
            Some(Token::Sign(_)) | None => return Err(self.wrong()),
        };
        Ok((name, if equal { Test::Equal(literal) } else { Test::NotEqual(literal) }))
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, DatabaseError> {
    let mut tokens = Vec::new();
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        let close = match c {
            c if c.is_whitespace() => continue,
            '[' => ']',
            '"' | '`' | '\'' => c,
            ',' | '*' | '(' | ')' | '.' | ';' | '=' => {
                const SIGNS: [&str; 7] = [",", "*", "(", ")", ".", ";", "="];
                tokens.extend(SIGNS.iter().find(|s| s.starts_with(c)).map(|s| Token::Sign(s)));
                continue;
            }
            '<' if characters.next_if_eq(&'>').is_some() => {
                tokens.push(Token::Sign("<>"));
                continue;
            }
            c if is_word(c) || c == '-' => {
                let mut word = String::from(c);
                while let Some(c) = characters.next_if(|c| is_word(*c)) {
                    word.push(c);
                }
                if word.starts_with(|c: char| c == '-' || c.is_ascii_digit())
                    && characters.next_if_eq(&'.').is_some()
                {
                    word.push('.');
                    while let Some(c) = characters.next_if(char::is_ascii_digit) {
                        word.push(c);
                    }
                }
                tokens.push(Token::Word(word));
                continue;
            }
            other => return Err(refused(&format!("`{other}` in a command"))),
        };
        let text = quoted(&mut characters, close)?;
        tokens.push(if c == '\'' { Token::Text(text) } else { Token::Name(text) });
    }
    Ok(tokens)
}

/// What stands up to the closing quote; a doubled one is part of it.
fn quoted(
    characters: &mut std::iter::Peekable<std::str::Chars<'_>>,
    close: char,
) -> Result<String, DatabaseError> {
    let mut text = String::new();
    loop {
        match characters.next() {
            Some(c) if c == close => {
                if close == ']' || characters.next_if_eq(&close).is_none() {
                    return Ok(text);
                }
                text.push(close);
            }
            Some(c) => text.push(c),
            None => return Err(refused(&format!("a name or text without its closing `{close}`"))),
        }
    }
}

/// Characters of a bare word; a sheet's name with its range may be one.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$' | '#' | ':' | '@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_name_columns_a_table_and_simple_conditions() {
        let query = Query::parse(
            "select [Sheet1$].[a b], c AS [d] from [My Sheet$A1:C9] where (c is not null) and [x] <> 'it''s' and y = -1.5;",
        )
        .unwrap();
        assert_eq!(query.table, "My Sheet$A1:C9");
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(query.columns, Some(vec![pair("a b", "a b"), pair("c", "d")]));
        let x = Test::NotEqual(Literal::Text("it's".into()));
        let y = Test::Equal(Literal::Number(-1.5));
        let conditions = [("c".into(), Test::NotNull), ("x".into(), x), ("y".into(), y)];
        assert_eq!(query.conditions, conditions);
        assert_eq!(Query::parse("SELECT * FROM `Sheet1$`").unwrap().columns, None);
        assert_eq!(Query::parse("SELECT * FROM 'A B$'").unwrap().table, "A B$");
    }

    #[test]
    fn what_is_more_is_refused_by_name() {
        let refused = |text| unsupported(text).unwrap();
        insta::assert_snapshot!(refused("SELECT a FROM [S$] ORDER BY a"), @"`ORDER` behind the table or condition is not supported for Excel workbooks");
        insta::assert_snapshot!(refused("SELECT COUNT(*) FROM [S$]"), @"the command as it is written at `(` is not supported for Excel workbooks");
        insta::assert_snapshot!(refused("SELECT a+1 FROM [S$]"), @"`+` in a command is not supported for Excel workbooks");
        assert!(unsupported("SELECT * FROM [S$").is_some());
        assert!(command("DELETE FROM [S$]").is_err());
    }

    #[test]
    fn a_table_is_made_with_the_names_of_its_columns() {
        let text =
            "CREATE TABLE `Sheet1` (`Id` Long, `Name` VarChar(20, 1), [Price] Decimal(9, 2))";
        let Command::CreateTable { name, columns } = command(text).unwrap() else { panic!() };
        assert_eq!((name.as_str(), columns.join(",").as_str()), ("Sheet1", "Id,Name,Price"));
    }
}
