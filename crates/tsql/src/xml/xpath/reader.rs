//! The grammar of paths.

use super::{Axis, Compare, Expression, Function, Step, Test};
use crate::value::SqlError;

/// How deep expressions may be nested.
const DEPTH: usize = 64;

pub(super) struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0, depth: 0 }
    }

    /// What is left must be nothing.
    pub(super) fn end(&mut self) -> Result<(), SqlError> {
        self.blanks();
        if self.at < self.text.len() { Err(self.syntax()) } else { Ok(()) }
    }

    fn syntax(&self) -> SqlError {
        let near = self.rest().chars().take(20).collect::<String>();
        let text = match near.is_empty() {
            true => "XQuery: Syntax error, unexpected end of the expression.".to_owned(),
            false => format!("XQuery: Syntax error near '{near}'"),
        };
        SqlError::new(2370, 16, 1, text)
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn blanks(&mut self) {
        loop {
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start().len();
            if !self.rest().starts_with("(:") {
                return;
            }
            self.at += self.rest().find(":)").map_or(self.rest().len(), |end| end + 2);
        }
    }

    /// Passes over a sign.
    fn sign(&mut self, sign: &str) -> bool {
        self.blanks();
        let found = self.rest().starts_with(sign);
        self.at += if found { sign.len() } else { 0 };
        found
    }

    /// Passes over a word that is not the start of a longer one.
    fn word(&mut self, word: &str) -> bool {
        self.blanks();
        let after = self.rest().strip_prefix(word);
        let found = after.is_some_and(|after| !after.starts_with(is_name));
        self.at += if found { word.len() } else { 0 };
        found
    }

    fn expect(&mut self, sign: &str) -> Result<(), SqlError> {
        if self.sign(sign) { Ok(()) } else { Err(self.syntax()) }
    }

    pub(super) fn prolog(&mut self) -> Result<Vec<(String, String)>, SqlError> {
        let mut spaces = Vec::new();
        while self.word("declare") {
            let prefix = if self.word("default") {
                if !(self.word("element") && self.word("namespace")) {
                    return Err(self.syntax());
                }
                String::new()
            } else if self.word("namespace") {
                self.blanks();
                let prefix = self.name()?.to_owned();
                self.expect("=")?;
                prefix
            } else {
                return Err(self.syntax());
            };
            let Some(space) = self.literal()? else { return Err(self.syntax()) };
            spaces.push((prefix, space));
            self.expect(";")?;
        }
        Ok(spaces)
    }

    fn name(&mut self) -> Result<&'t str, SqlError> {
        let rest = self.rest();
        let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        let name = rest[..end].trim_end_matches('.');
        if name.is_empty() || !name.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            return Err(self.syntax());
        }
        self.at += name.len();
        Ok(name)
    }

    fn literal(&mut self) -> Result<Option<String>, SqlError> {
        self.blanks();
        let Some(quote) = self.rest().chars().next().filter(|c| matches!(c, '"' | '\'')) else {
            return Ok(None);
        };
        self.at += 1;
        let mut text = String::new();
        loop {
            let Some(end) = self.rest().find(quote) else { return Err(self.syntax()) };
            text.push_str(&self.rest()[..end]);
            self.at += end + 1;
            if !self.rest().starts_with(quote) {
                return Ok(Some(text));
            }
            text.push(quote);
            self.at += 1;
        }
    }

    pub(super) fn sequence(&mut self) -> Result<Expression, SqlError> {
        let mut all = vec![self.or()?];
        while self.sign(",") {
            all.push(self.or()?);
        }
        Ok(only_or(all, Expression::Sequence))
    }

    fn or(&mut self) -> Result<Expression, SqlError> {
        self.depth += 1;
        if DEPTH < self.depth {
            return Err(SqlError::unsupported("XQuery nested this deep"));
        }
        let mut all = vec![self.and()?];
        while self.word("or") {
            all.push(self.and()?);
        }
        self.depth -= 1;
        Ok(only_or(all, Expression::Or))
    }

    fn and(&mut self) -> Result<Expression, SqlError> {
        let mut all = vec![self.comparison()?];
        while self.word("and") {
            all.push(self.comparison()?);
        }
        Ok(only_or(all, Expression::And))
    }

    fn comparison(&mut self) -> Result<Expression, SqlError> {
        let left = self.sum()?;
        let Some(operator) = self.operator() else { return Ok(left) };
        let right = self.sum()?;
        Ok(Expression::Compare(Box::new(left), operator, Box::new(right)))
    }

    fn operator(&mut self) -> Option<Compare> {
        let signs = [
            ("!=", Compare::NotEqual),
            ("<=", Compare::LessOrEqual),
            (">=", Compare::GreaterOrEqual),
            ("=", Compare::Equal),
            ("<", Compare::Less),
            (">", Compare::Greater),
        ];
        let words = [
            ("eq", Compare::Equal),
            ("ne", Compare::NotEqual),
            ("lt", Compare::Less),
            ("le", Compare::LessOrEqual),
            ("gt", Compare::Greater),
            ("ge", Compare::GreaterOrEqual),
        ];
        let sign = signs.into_iter().find(|(sign, _)| self.sign(sign));
        sign.or_else(|| words.into_iter().find(|(word, _)| self.word(word))).map(|(_, found)| found)
    }

    fn sum(&mut self) -> Result<Expression, SqlError> {
        let mut left = self.product()?;
        loop {
            let sign = match (self.sign("+"), self.sign("-")) {
                (true, _) => '+',
                (_, true) => '-',
                (false, false) => return Ok(left),
            };
            left = Expression::Arithmetic(Box::new(left), sign, Box::new(self.product()?));
        }
    }

    fn product(&mut self) -> Result<Expression, SqlError> {
        let mut left = self.unary()?;
        loop {
            let sign = if self.sign("*") {
                '*'
            } else if self.word("div") {
                '/'
            } else if self.word("mod") {
                '%'
            } else {
                return Ok(left);
            };
            left = Expression::Arithmetic(Box::new(left), sign, Box::new(self.unary()?));
        }
    }

    fn unary(&mut self) -> Result<Expression, SqlError> {
        if self.sign("-") {
            return Ok(Expression::Negative(Box::new(self.primary()?)));
        }
        self.primary()
    }

    fn primary(&mut self) -> Result<Expression, SqlError> {
        self.refuse()?;
        if let Some(text) = self.literal()? {
            return Ok(Expression::Text(text));
        }
        let rest = self.rest();
        let fraction =
            rest.strip_prefix('.').is_some_and(|r| r.starts_with(|c: char| c.is_ascii_digit()));
        if fraction || rest.starts_with(|c: char| c.is_ascii_digit()) {
            let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
            let number = rest[..end].parse().map_err(|_| self.syntax())?;
            self.at += end;
            return Ok(Expression::Number(number));
        }
        if self.sign("(") {
            let inside = match self.sign(")") {
                true => Expression::Sequence(Vec::new()),
                false => {
                    let inside = self.sequence()?;
                    self.expect(")")?;
                    inside
                }
            };
            let predicates = self.predicates()?;
            let steps = self.more_steps()?;
            return Ok(Expression::Group { inside: Box::new(inside), predicates, steps });
        }
        if let Some(call) = self.call()? {
            return Ok(call);
        }
        self.path()
    }

    /// What XQuery has and we have not.
    fn refuse(&mut self) -> Result<(), SqlError> {
        self.blanks();
        let rest = self.rest();
        let what = [
            "for",
            "let",
            "if",
            "some",
            "every",
            "element",
            "attribute",
            "sql:variable",
            "sql:column",
        ];
        for word in what {
            let after = rest.strip_prefix(word).unwrap_or("x");
            let follows = after.trim_start();
            let used = match word {
                "for" | "let" | "some" | "every" => follows.starts_with('$'),
                "element" | "attribute" => follows.starts_with('{'),
                _ => follows.starts_with('('),
            };
            if used {
                return Err(SqlError::unsupported(&format!("XQuery {word}")));
            }
        }
        if rest.starts_with('<') {
            return Err(SqlError::unsupported("XQuery element constructor"));
        }
        if rest.starts_with('$') {
            return Err(SqlError::unsupported("XQuery variable"));
        }
        Ok(())
    }

    fn call(&mut self) -> Result<Option<Expression>, SqlError> {
        let rest = self.rest();
        let end = rest.find(|c| !is_name(c) && c != ':').unwrap_or(rest.len());
        let name = rest[..end].strip_prefix("fn:").unwrap_or(&rest[..end]);
        let kinds = ["text", "node", "comment", "processing-instruction", ""];
        if !rest[end..].trim_start().starts_with('(') || kinds.contains(&name) {
            return Ok(None);
        }
        let function = match name {
            "count" => Function::Count,
            "sum" => Function::Sum,
            "min" => Function::Min,
            "max" => Function::Max,
            "avg" => Function::Avg,
            "local-name" => Function::LocalName,
            "name" => Function::Name,
            "namespace-uri" => Function::NamespaceUri,
            "string" | "xs:string" => Function::String,
            "data" => Function::Data,
            "number" | "xs:int" | "xs:integer" | "xs:decimal" | "xs:double" => Function::Number,
            "contains" => Function::Contains,
            "concat" => Function::Concat,
            "substring" => Function::Substring,
            "string-length" => Function::StringLength,
            "not" => Function::Not,
            "empty" => Function::Empty,
            "true" => Function::True,
            "false" => Function::False,
            "last" => Function::Last,
            "position" => Function::Position,
            "upper-case" => Function::UpperCase,
            "lower-case" => Function::LowerCase,
            _ => return Err(SqlError::unsupported(&format!("XQuery {name}()"))),
        };
        self.at += end;
        self.expect("(")?;
        let mut arguments = Vec::new();
        while !self.sign(")") {
            if !arguments.is_empty() {
                self.expect(",")?;
            }
            arguments.push(self.or()?);
        }
        Ok(Some(Expression::Call(function, arguments)))
    }

    fn path(&mut self) -> Result<Expression, SqlError> {
        let mut steps = Vec::new();
        self.blanks();
        let absolute = self.rest().starts_with('/');
        if self.rest().starts_with("//") {
            steps = self.more_steps()?;
        } else {
            let slash = self.sign("/");
            self.blanks();
            let starts = |c: char| is_name(c) || matches!(c, '@' | '*' | '.');
            if !slash || self.rest().starts_with(starts) {
                steps.push(self.step()?);
            }
            steps.append(&mut self.more_steps()?);
        }
        Ok(Expression::Path { absolute, steps })
    }

    fn more_steps(&mut self) -> Result<Vec<Step>, SqlError> {
        let mut steps = Vec::new();
        loop {
            if self.sign("//") {
                steps.push(Step {
                    axis: Axis::Descendants,
                    test: Test::Node,
                    predicates: Vec::new(),
                });
            } else if !self.sign("/") {
                return Ok(steps);
            }
            steps.push(self.step()?);
        }
    }

    fn step(&mut self) -> Result<Step, SqlError> {
        self.blanks();
        let (axis, test) = if self.sign("..") {
            (Axis::Parent, Test::Node)
        } else if self.sign(".") {
            (Axis::Itself, Test::Node)
        } else {
            let axis = if self.sign("@") || self.sign("attribute::") {
                Axis::Attribute
            } else if self.sign("self::") {
                Axis::Itself
            } else if self.sign("parent::") {
                Axis::Parent
            } else {
                self.sign("child::");
                Axis::Child
            };
            (axis, self.test()?)
        };
        Ok(Step { axis, test, predicates: self.predicates()? })
    }

    fn test(&mut self) -> Result<Test, SqlError> {
        self.blanks();
        if self.sign("*") {
            if !self.rest().starts_with(':') {
                return Ok(Test::Any);
            }
            self.at += 1;
            return Ok(Test::Name("*".to_owned(), self.name()?.to_owned()));
        }
        let name = self.name()?;
        if self.rest().starts_with("::") {
            return Err(SqlError::unsupported(&format!("XQuery axis {name}")));
        }
        if let Some(rest) = self.rest().strip_prefix(':') {
            self.at += 1;
            if rest.starts_with('*') {
                self.at += 1;
                return Ok(Test::Name(name.to_owned(), "*".to_owned()));
            }
            return Ok(Test::Name(name.to_owned(), self.name()?.to_owned()));
        }
        if !self.rest().starts_with('(') {
            return Ok(Test::Name(String::new(), name.to_owned()));
        }
        self.at += 1;
        self.expect(")")?;
        match name {
            "text" => Ok(Test::Text),
            "node" => Ok(Test::Node),
            "comment" => Ok(Test::Comment),
            "processing-instruction" => Ok(Test::Instruction),
            _ => Err(SqlError::unsupported(&format!("XQuery {name}()"))),
        }
    }

    fn predicates(&mut self) -> Result<Vec<Expression>, SqlError> {
        let mut predicates = Vec::new();
        while self.sign("[") {
            predicates.push(self.sequence()?);
            self.expect("]")?;
        }
        Ok(predicates)
    }
}

fn only_or(
    mut all: Vec<Expression>,
    several: impl Fn(Vec<Expression>) -> Expression,
) -> Expression {
    match (all.len(), all.pop()) {
        (1, Some(only)) => only,
        (_, Some(last)) => {
            all.push(last);
            several(all)
        }
        (_, None) => several(all),
    }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '\u{B7}')
}
