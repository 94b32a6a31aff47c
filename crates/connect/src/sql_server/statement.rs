//! Statements with parameters, as each provider writes them, made into T-SQL batches.
//!
//! OLE DB, ODBC and ADO mark parameters with `?`, ADO.NET by name. Both become variables of one
//! batch: inputs arrive as `@P1`, `@P2` ...; outputs are local variables that a last SELECT
//! hands back. Without parameters the text is sent as it is, so that it may create procedures
//! and temporary tables.
//!
//! Rules: control-flow facts 9.1.

use model::{DataType, Value};

/// Which way a parameter goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Into the statement.
    Input,
    /// Out of it, and in.
    Output,
    /// The return code of a procedure.
    ReturnValue,
}

/// A parameter of a statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// `@name` for ADO.NET; anything else is bound by its place among the `?`.
    pub name: String,
    /// Which way it goes.
    pub direction: Direction,
    /// The type that it has in SQL Server.
    pub data_type: DataType,
    /// What goes in.
    pub value: Value,
}

/// Something to execute.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statement {
    /// One batch: no GO lines (see [`split_batches`]).
    pub text: String,
    /// In the order of the `?`, or with their names.
    pub parameters: Vec<Parameter>,
    /// `IsStoredProcedure`: the text is only the procedure's name.
    pub is_stored_procedure: bool,
    /// Whether to find out how many rows the last statement affected.
    pub count_rows: bool,
}

/// Text and parameters that do not go together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// There are more or fewer `?` than parameters.
    #[error("the statement has {markers} parameter markers, and {parameters} parameters are bound")]
    Count {
        /// How many `?` it has.
        markers: usize,
        /// How many parameters.
        parameters: usize,
    },
    /// A name that T-SQL does not take.
    #[error("`{name}` is not the name of a parameter")]
    Name {
        /// The name.
        name: String,
    },
    /// A value that SQL Server has no type for.
    #[error("parameter `{name}` has a value of a type that SQL Server does not have")]
    Type {
        /// The parameter.
        name: String,
    },
}

/// A batch with values for `@P1` ...
#[derive(Debug, PartialEq)]
pub(super) struct Batch {
    pub(super) text: String,
    /// Types and values, in order.
    pub(super) inputs: Vec<(DataType, Value)>,
    /// Names of the outputs: columns of the last result set, behind the row count.
    pub(super) outputs: Vec<String>,
    /// Whether the last result set is ours: the row count, then the outputs.
    pub(super) has_trailer: bool,
}

impl Statement {
    /// A batch without parameters.
    pub fn batch(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    pub(super) fn compile(&self) -> Result<Batch, StatementError> {
        let call = odbc_call(&self.text);
        let is_call = call.is_some();
        let text = call.unwrap_or_else(|| self.text.clone());
        if self.parameters.is_empty() {
            let text = if self.is_stored_procedure { format!("EXEC {text}") } else { text };
            return Ok(Batch { text, inputs: Vec::new(), outputs: Vec::new(), has_trailer: false });
        }
        let named = self.parameters.iter().all(|parameter| parameter.name.starts_with('@'));
        let mut variables = Vec::new();
        let mut declarations = String::new();
        for (at, parameter) in self.parameters.iter().enumerate() {
            let variable = variable(parameter, at, named)?;
            if variable != format!("@P{}", at + 1) {
                let sql_type = sql_type(parameter.data_type);
                declarations.push_str(&format!("DECLARE {variable} {sql_type} = @P{};\n", at + 1));
            }
            variables.push(variable);
        }
        let body = match (self.is_stored_procedure, named) {
            (true, _) => self.procedure_call(&variables, named),
            (false, true) => text,
            (false, false) => self.place_markers(&text, &variables, is_call)?,
        };
        let (trailer, outputs) = self.trailer(&variables);
        let input = |parameter: &Parameter| (parameter.data_type, parameter.value.clone());
        Ok(Batch {
            text: format!("{declarations}{body}\n;{trailer}"),
            inputs: self.parameters.iter().map(input).collect(),
            outputs,
            has_trailer: true,
        })
    }

    fn trailer(&self, variables: &[String]) -> (String, Vec<String>) {
        let mut text = "SELECT ROWCOUNT_BIG()".to_owned();
        let mut names = Vec::new();
        for (parameter, variable) in self.parameters.iter().zip(variables) {
            if parameter.direction != Direction::Input {
                text.push_str(", ");
                text.push_str(variable);
                names.push(parameter.name.clone());
            }
        }
        text.push(';');
        (text, names)
    }

    fn procedure_call(&self, variables: &[String], named: bool) -> String {
        let (mut target, mut arguments) = (String::new(), Vec::new());
        for (parameter, variable) in self.parameters.iter().zip(variables) {
            let name = if named { format!("{} = ", parameter.name) } else { String::new() };
            match parameter.direction {
                Direction::Input => arguments.push(format!("{name}{variable}")),
                Direction::Output => arguments.push(format!("{name}{variable} OUTPUT")),
                Direction::ReturnValue => target = format!("{variable} = "),
            }
        }
        format!("EXEC {target}{} {}", self.text.trim(), arguments.join(", "))
    }

    fn place_markers(
        &self,
        text: &str,
        variables: &[String],
        is_call: bool,
    ) -> Result<String, StatementError> {
        let code = code_mask(text);
        let mut placed = String::with_capacity(text.len() + variables.len() * 4);
        let mut markers = 0;
        for (at, character) in text.char_indices() {
            if character != '?' || !code[at] {
                placed.push(character);
                continue;
            }
            if let Some(variable) = variables.get(markers) {
                placed.push_str(variable);
                if is_call && self.parameters[markers].direction == Direction::Output {
                    placed.push_str(" OUTPUT");
                }
            }
            markers += 1;
        }
        if markers != variables.len() {
            return Err(StatementError::Count { markers, parameters: variables.len() });
        }
        Ok(placed)
    }
}

/// The variable that stands for a parameter. Inputs by place need none of their own.
fn variable(parameter: &Parameter, at: usize, named: bool) -> Result<String, StatementError> {
    if !named {
        let prefix = if parameter.direction == Direction::Input { "@P" } else { "@PhOut" };
        return Ok(format!("{prefix}{}", at + 1));
    }
    let rest = &parameter.name[1..];
    let ok = |c: char| c.is_alphanumeric() || matches!(c, '_' | '@' | '#' | '$');
    if rest.is_empty() || 127 < rest.chars().count() || !rest.chars().all(ok) {
        return Err(StatementError::Name { name: parameter.name.clone() });
    }
    Ok(parameter.name.clone())
}

/// `{call p(?, ?)}` and `{? = call p(?)}` as EXEC.
fn odbc_call(text: &str) -> Option<String> {
    let inner = text.trim().strip_prefix('{')?.strip_suffix('}')?.trim();
    let (target, rest) = match inner.strip_prefix('?') {
        Some(rest) => ("? = ", rest.trim_start().strip_prefix('=')?.trim_start()),
        None => ("", inner),
    };
    let word = rest.get(..4)?;
    let rest = rest[4..].strip_prefix(char::is_whitespace)?.trim();
    if !word.eq_ignore_ascii_case("call") {
        return None;
    }
    Some(match rest.split_once('(') {
        Some((name, arguments)) => {
            format!("EXEC {target}{} {}", name.trim(), arguments.trim_end().strip_suffix(')')?)
        }
        None => format!("EXEC {target}{rest}"),
    })
}

/// For each byte whether it is code: not in a string, a quoted name or a comment.
pub(crate) fn code_mask(text: &str) -> Vec<bool> {
    let bytes = text.as_bytes();
    let mut mask = vec![true; bytes.len()];
    let mut at = 0;
    while at < bytes.len() {
        let end = match (bytes[at], bytes.get(at + 1)) {
            (quote @ (b'\'' | b'"'), _) => end_of(bytes, at + 1, &[quote]),
            (b'[', _) => end_of(bytes, at + 1, b"]"),
            (b'-', Some(b'-')) => end_of(bytes, at + 2, b"\n"),
            (b'/', Some(b'*')) => end_of_comment(bytes, at + 2),
            _ => {
                at += 1;
                continue;
            }
        };
        mask[at..end].fill(false);
        at = end;
    }
    mask
}

fn end_of(bytes: &[u8], from: usize, mark: &[u8]) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    memchr::memmem::find(rest, mark).map_or(bytes.len(), |found| from + found + mark.len())
}

/// Comments nest in T-SQL.
fn end_of_comment(bytes: &[u8], from: usize) -> usize {
    let (mut at, mut depth) = (from, 1);
    while at < bytes.len() {
        match bytes.get(at..at + 2) {
            Some(b"*/") if depth == 1 => return at + 2,
            Some(b"*/") => (at, depth) = (at + 2, depth - 1),
            Some(b"/*") => (at, depth) = (at + 2, depth + 1),
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The batches between lines `GO` (or `GO 3`: three times), without empty ones.
pub fn split_batches(text: &str) -> Vec<String> {
    let code = code_mask(text);
    let mut batches = Vec::new();
    let (mut batch, mut at) = (String::new(), 0);
    for line in text.split_inclusive('\n') {
        let is_code = code.get(at).copied().unwrap_or(false);
        at += line.len();
        match go_line(line).filter(|_| is_code) {
            Some(times) => {
                let batch = std::mem::take(&mut batch);
                batches.extend(std::iter::repeat_n(batch, times));
            }
            None => batch.push_str(line),
        }
    }
    batches.push(batch);
    batches.retain(|batch| !batch.trim().is_empty());
    batches
}

/// `GO 1000000` is as likely a mistake as an intention; it is bounded so that it cannot take
/// all memory.
const REPEATS_MAX: usize = 100_000;

fn go_line(line: &str) -> Option<usize> {
    let mut words = line.split_whitespace();
    if !words.next()?.eq_ignore_ascii_case("go") {
        return None;
    }
    let times = match words.next() {
        None => 1,
        Some(comment) if comment.starts_with("--") => return Some(1),
        Some(word) => word.parse().ok().filter(|&times: &usize| times <= REPEATS_MAX)?,
    };
    words.next().is_none().then_some(times)
}

/// The T-SQL type of a variable that holds values of an SSIS type.
fn sql_type(data_type: DataType) -> String {
    let sized = |name: &str, length: u32, most: u32| match length {
        0 => format!("{name}({most})"),
        length if most < length => format!("{name}(max)"),
        length => format!("{name}({length})"),
    };
    match data_type {
        DataType::Bool => "bit".into(),
        DataType::Ui1 => "tinyint".into(),
        DataType::I1 | DataType::I2 => "smallint".into(),
        DataType::I4 | DataType::Ui2 => "int".into(),
        DataType::I8 | DataType::Ui4 => "bigint".into(),
        DataType::Ui8 => "numeric(20,0)".into(),
        DataType::R4 => "real".into(),
        DataType::R8 => "float".into(),
        DataType::Cy => "money".into(),
        DataType::Decimal { scale } => format!("decimal(29,{})", scale.min(29)),
        DataType::Numeric { precision, scale } => {
            let precision = precision.clamp(1, 38);
            format!("numeric({precision},{})", scale.min(precision))
        }
        DataType::Str { length, .. } => sized("varchar", length, 8000),
        DataType::WStr { length } => sized("nvarchar", length, 4000),
        DataType::Bytes { length } => sized("varbinary", length, 8000),
        DataType::Guid => "uniqueidentifier".into(),
        DataType::Date | DataType::DbTimestamp | DataType::FileTime => "datetime2(7)".into(),
        DataType::DbDate => "date".into(),
        DataType::DbTime => "time(0)".into(),
        DataType::DbTime2 { scale } => format!("time({})", scale.min(7)),
        DataType::DbTimestamp2 { scale } => format!("datetime2({})", scale.min(7)),
        DataType::DbTimestampOffset { scale } => format!("datetimeoffset({})", scale.min(7)),
        DataType::Image => "varbinary(max)".into(),
        DataType::Text { .. } => "varchar(max)".into(),
        DataType::NText | DataType::Empty | DataType::Null => "nvarchar(max)".into(),
    }
}

#[cfg(test)]
mod tests;
