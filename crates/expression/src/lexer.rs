//! Text into tokens. Rules: "Syntax", "Literals" and "Identifiers" pages of the expression
//! language.

use model::{Decimal, Span, dts};

use crate::problem::Problem;
use crate::syntax::{BinaryOperator, Literal};

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    Literal(Literal),
    /// A bare name.
    Name(String),
    /// A name in brackets.
    Quoted(String),
    Variable {
        namespace: Option<String>,
        name: String,
    },
    LineageId(i64),
    RefId(String),
    Operator(BinaryOperator),
    Not,
    Complement,
    Open,
    Close,
    Comma,
    Dot,
    Question,
    Colon,
    /// `=` or `:=`.
    Assign,
}

pub(crate) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    tokens: Vec<(Token, Span)>,
}

/// All tokens of a text.
pub(crate) fn tokens(text: &str) -> Result<Vec<(Token, Span)>, Problem> {
    let mut lexer = Lexer { text, at: 0, tokens: Vec::new() };
    while let Some(first) = lexer.peek() {
        if first.is_whitespace() || first == '\u{FEFF}' {
            lexer.at += first.len_utf8();
            continue;
        }
        let start = lexer.at;
        let token = lexer.token(first)?;
        lexer.tokens.push((token, (start..lexer.at).into()));
    }
    Ok(lexer.tokens)
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn invalid(&self, start: usize, message: String) -> Problem {
        let end = self.at.max(start + self.text[start..].chars().next().map_or(0, char::len_utf8));
        Problem::error(dts::DTS_E_EXPREVALINVALIDTOKEN, (start..end).into(), message)
    }

    fn token(&mut self, first: char) -> Result<Token, Problem> {
        match first {
            '"' => self.string(),
            '@' => self.variable(),
            '#' => self.lineage(),
            '[' => self.bracketed().map(Token::Quoted),
            '0'..='9' => self.number(),
            '.' if self.starts_number_behind_point() => self.number(),
            _ if first == '_' || first.is_alphabetic() => Ok(Token::Name(self.name())),
            _ => self.symbol(first),
        }
    }

    fn starts_number_behind_point(&self) -> bool {
        let follows_name =
            matches!(self.tokens.last(), Some((Token::Name(_) | Token::Quoted(_), _)));
        !follows_name && self.rest()[1..].starts_with(|c: char| c.is_ascii_digit())
    }

    fn symbol(&mut self, first: char) -> Result<Token, Problem> {
        use BinaryOperator as B;
        const SYMBOLS: &[(&str, Token)] = &[
            ("&&", Token::Operator(B::And)),
            ("||", Token::Operator(B::Or)),
            ("==", Token::Operator(B::Equal)),
            ("!=", Token::Operator(B::NotEqual)),
            ("<=", Token::Operator(B::LessOrEqual)),
            (">=", Token::Operator(B::GreaterOrEqual)),
            (":=", Token::Assign),
            ("<", Token::Operator(B::Less)),
            (">", Token::Operator(B::Greater)),
            ("+", Token::Operator(B::Add)),
            ("-", Token::Operator(B::Subtract)),
            ("*", Token::Operator(B::Multiply)),
            ("/", Token::Operator(B::Divide)),
            ("%", Token::Operator(B::Modulo)),
            ("&", Token::Operator(B::BitAnd)),
            ("|", Token::Operator(B::BitOr)),
            ("^", Token::Operator(B::BitXor)),
            ("!", Token::Not),
            ("~", Token::Complement),
            ("(", Token::Open),
            (")", Token::Close),
            (",", Token::Comma),
            (".", Token::Dot),
            ("?", Token::Question),
            (":", Token::Colon),
            ("=", Token::Assign),
        ];
        if let Some((text, token)) = SYMBOLS.iter().find(|(text, _)| self.rest().starts_with(text))
        {
            self.at += text.len();
            return Ok(token.clone());
        }
        let span = (self.at..self.at + first.len_utf8()).into();
        if first == '\'' {
            let message = "single quotation mark in the expression";
            return Err(Problem::error(dts::DTS_E_EXPREVALINVALIDTOKENSINGLEQUOTE, span, message)
                .with_hint("put text between double quotation marks"));
        }
        Err(self.invalid(self.at, format!("invalid character `{}`", first.escape_default())))
    }

    /// Letters, digits and `_ @ $ #`; the caller has seen that the first is a letter.
    fn name(&mut self) -> String {
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '@' | '$' | '#');
        let end = self.rest().find(|c| !is_part(c)).unwrap_or(self.rest().len());
        let name = self.rest()[..end].to_owned();
        self.at += end;
        name
    }

    /// The name between brackets.
    fn bracketed(&mut self) -> Result<String, Problem> {
        let start = self.at;
        let Some(end) = self.rest().find(']') else {
            self.at = self.text.len();
            return Err(self.invalid(start, "`[` without `]`".to_owned()));
        };
        let name = self.rest()[1..end].to_owned();
        self.at += end + 1;
        if name.is_empty() || name.contains('[') {
            return Err(self.invalid(start, format!("`[{name}]` is not a name")));
        }
        Ok(name)
    }

    fn variable(&mut self) -> Result<Token, Problem> {
        let start = self.at;
        self.at += 1;
        let name = match self.peek() {
            Some('[') => self.bracketed()?,
            Some(first) if first == '_' || first.is_alphabetic() => {
                return Ok(Token::Variable { namespace: None, name: self.name() });
            }
            _ => {
                let message = "`@` must be followed directly by the name of a variable";
                return Err(self.invalid(start, message.to_owned()));
            }
        };
        let (namespace, name) = match name.split_once("::") {
            Some((namespace, name)) => (Some(namespace.trim().to_owned()), name.trim().to_owned()),
            None => (None, name.trim().to_owned()),
        };
        Ok(Token::Variable { namespace, name })
    }

    fn lineage(&mut self) -> Result<Token, Problem> {
        let start = self.at;
        self.at += 1;
        if let Some(inner) = self.rest().strip_prefix('{') {
            let Some(end) = inner.find('}') else {
                self.at = self.text.len();
                return Err(self.invalid(start, "`#{` without `}`".to_owned()));
            };
            let ref_id = inner[..end].to_owned();
            self.at += end + 2;
            return Ok(Token::RefId(ref_id));
        }
        let digits = self.digits();
        digits.parse().map(Token::LineageId).map_err(|_| {
            self.invalid(start, "`#` must be followed directly by a lineage id".to_owned())
        })
    }

    fn digits(&mut self) -> String {
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let digits = rest[..end].to_owned();
        self.at += end;
        digits
    }

    fn number(&mut self) -> Result<Token, Problem> {
        let start = self.at;
        let rest = self.rest();
        let literal = if rest.starts_with("0x") || rest.starts_with("0X") {
            self.hexadecimal()?
        } else {
            self.decimal()?
        };
        if self.peek().is_some_and(|c| c.is_alphanumeric() || c == '_') {
            self.name();
            let text = self.text[start..self.at].to_owned();
            return Err(self.invalid(start, format!("`{text}` is neither a number nor a name")));
        }
        Ok(Token::Literal(literal))
    }

    fn hexadecimal(&mut self) -> Result<Literal, Problem> {
        let start = self.at;
        self.at += 2;
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(rest.len());
        let digits = rest[..end].to_owned();
        self.at += end;
        if digits.is_empty() {
            return Err(self.invalid(start, "`0x` without hexadecimal digits".to_owned()));
        }
        let value = u128::from_str_radix(&digits, 16).unwrap_or(u128::MAX);
        self.integer(start, value)
    }

    /// Reads `U` and `L` suffixes and makes the integer literal.
    fn integer(&mut self, start: usize, value: u128) -> Result<Literal, Problem> {
        let (mut unsigned, mut long) = (false, false);
        while let Some(suffix) = self.peek() {
            match suffix {
                'u' | 'U' if !unsigned => unsigned = true,
                'l' | 'L' if !long => long = true,
                _ => break,
            }
            self.at += 1;
        }
        let literal = match (unsigned, long) {
            (false, false) => i32::try_from(value).map(Literal::I4),
            (true, false) => u32::try_from(value).map(Literal::Ui4),
            (false, true) => i64::try_from(value).map(Literal::I8),
            (true, true) => u64::try_from(value).map(Literal::Ui8),
        };
        let data_type = match (unsigned, long) {
            (false, false) => "DT_I4",
            (true, false) => "DT_UI4",
            (false, true) => "DT_I8",
            (true, true) => "DT_UI8",
        };
        literal.map_err(|_| self.too_large(start, data_type))
    }

    fn too_large(&self, start: usize, data_type: &str) -> Problem {
        let text = &self.text[start..self.at];
        let message = format!("the literal `{text}` is too large to fit into type {data_type}");
        Problem::error(dts::DTS_E_EXPREVALLITERALOVERFLOW, (start..self.at).into(), message)
            .with_hint("use the suffix L for a DT_I8 or UL for a DT_UI8")
    }

    fn decimal(&mut self) -> Result<Literal, Problem> {
        let start = self.at;
        self.digits();
        let mut is_integer = true;
        if self.peek() == Some('.') {
            is_integer = false;
            self.at += 1;
            self.digits();
        }
        let has_exponent = self.exponent();
        let text = self.text[start..self.at].to_owned();
        let suffix = self.peek();
        if matches!(suffix, Some('f' | 'F')) {
            self.at += 1;
            let number: f32 = text.parse().unwrap_or(f32::INFINITY);
            let fits = number.is_finite();
            return if fits {
                Ok(Literal::R4(number))
            } else {
                Err(self.too_large(start, "DT_R4"))
            };
        }
        let is_long = matches!(suffix, Some('l' | 'L'));
        if has_exponent || (is_long && !is_integer) {
            self.at += usize::from(is_long);
            let number: f64 = text.parse().unwrap_or(f64::INFINITY);
            let fits = number.is_finite();
            return if fits {
                Ok(Literal::R8(number))
            } else {
                Err(self.too_large(start, "DT_R8"))
            };
        }
        if is_integer {
            return self.integer(start, text.parse().unwrap_or(u128::MAX));
        }
        let digits = text.len() - 1;
        let literal = u8::try_from(digits).ok().filter(|&digits| digits <= 38);
        match (literal, Decimal::parse(&text)) {
            (Some(digits), Some(number)) => Ok(Literal::Numeric(number, digits)),
            _ => Err(self.too_large(start, "DT_NUMERIC")),
        }
    }

    /// Skips an exponent, if there is one with digits.
    fn exponent(&mut self) -> bool {
        let rest = self.rest();
        let Some(inner) = rest.strip_prefix(['e', 'E']) else { return false };
        let unsigned = inner.strip_prefix(['+', '-']).unwrap_or(inner);
        if !unsigned.starts_with(|c: char| c.is_ascii_digit()) {
            return false;
        }
        self.at += rest.len() - unsigned.len();
        self.digits();
        true
    }

    fn string(&mut self) -> Result<Token, Problem> {
        let start = self.at;
        self.at += 1;
        let mut units: Vec<u16> = Vec::new();
        loop {
            let Some(character) = self.peek() else {
                return Err(self.invalid(start, "the text literal has no closing `\"`".to_owned()));
            };
            if character == '\\' {
                units.push(self.escape()?);
                continue;
            }
            self.at += character.len_utf8();
            if character == '"' {
                break;
            }
            units.extend(character.encode_utf16(&mut [0; 2]).iter());
        }
        let text = String::from_utf16(&units).map_err(|_| {
            let span = (start..self.at).into();
            let message = "the text literal has half a surrogate pair";
            Problem::error(dts::DTS_E_EXPREVALILLEGALHEXESCAPEINSTRINGLITERAL, span, message)
        })?;
        Ok(Token::Literal(Literal::Text(text)))
    }

    fn escape(&mut self) -> Result<u16, Problem> {
        let start = self.at;
        let letter = self.rest()[1..].chars().next();
        self.at += 1 + letter.map_or(0, char::len_utf8);
        let unit = match letter {
            Some('a') => 7,
            Some('b') => 8,
            Some('f') => 12,
            Some('n') => 10,
            Some('r') => 13,
            Some('t') => 9,
            Some('v') => 11,
            Some('"') => 34,
            Some('\\') => 92,
            Some('x') => return self.hex_escape(start),
            _ => {
                let text = &self.text[start..self.at];
                let message = format!("`{text}` is not an escape sequence");
                let code = dts::DTS_E_EXPREVALILLEGALESCAPEINSTRINGLITERAL;
                return Err(Problem::error(code, (start..self.at).into(), message)
                    .with_hint("write a backslash as `\\\\`"));
            }
        };
        Ok(unit)
    }

    fn hex_escape(&mut self, start: usize) -> Result<u16, Problem> {
        let digits = self.rest().get(..4).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        let unit = digits.and_then(|digits| u16::from_str_radix(digits, 16).ok());
        if let Some(unit) = unit.filter(|&unit| unit != 0) {
            self.at += 4;
            return Ok(unit);
        }
        let message = "`\\x` must be followed by four hexadecimal digits that are not 0000";
        let code = dts::DTS_E_EXPREVALILLEGALHEXESCAPEINSTRINGLITERAL;
        Err(Problem::error(code, (start..self.at).into(), message))
    }
}
