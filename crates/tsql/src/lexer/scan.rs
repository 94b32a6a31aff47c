//! One token after the other.

use super::{Lexer, NAME_MAX, Symbol, Token, TokenKind, quoted_value, string_value};
use crate::ast::Place;
use crate::diagnose::SyntaxError;

/// Signs that begin an amount of money, besides the dollar's.
const CURRENCIES: &[char] = &['¢', '£', '¤', '¥', '€', '₩', '₪', '฿'];

/// Symbols, the longer ones first.
const SYMBOLS: &[(&str, Symbol)] = &[
    ("<>", Symbol::NotEqual),
    ("!=", Symbol::NotEqual),
    ("<=", Symbol::LessOrEqual),
    ("!>", Symbol::LessOrEqual),
    (">=", Symbol::GreaterOrEqual),
    ("!<", Symbol::GreaterOrEqual),
    ("+=", Symbol::PlusEqual),
    ("-=", Symbol::MinusEqual),
    ("*=", Symbol::StarEqual),
    ("/=", Symbol::SlashEqual),
    ("%=", Symbol::PercentEqual),
    ("&=", Symbol::AmpersandEqual),
    ("|=", Symbol::PipeEqual),
    ("^=", Symbol::CaretEqual),
    ("<<", Symbol::ShiftLeft),
    (">>", Symbol::ShiftRight),
    ("::", Symbol::DoubleColon),
    ("(", Symbol::Open),
    (")", Symbol::Close),
    ("{", Symbol::OpenBrace),
    ("}", Symbol::CloseBrace),
    (",", Symbol::Comma),
    (";", Symbol::Semicolon),
    (".", Symbol::Dot),
    (":", Symbol::Colon),
    ("+", Symbol::Plus),
    ("-", Symbol::Minus),
    ("*", Symbol::Star),
    ("/", Symbol::Slash),
    ("%", Symbol::Percent),
    ("&", Symbol::Ampersand),
    ("|", Symbol::Pipe),
    ("^", Symbol::Caret),
    ("~", Symbol::Tilde),
    ("=", Symbol::Equal),
    ("<", Symbol::Less),
    (">", Symbol::Greater),
];

fn is_blank(c: char) -> bool {
    c <= ' ' || c == '\u{FEFF}' || c.is_whitespace()
}

pub(super) fn starts_word(c: char) -> bool {
    c == '_' || c == '#' || c.is_alphabetic()
}

pub(super) fn continues_word(c: char) -> bool {
    matches!(c, '_' | '#' | '@' | '$') || c.is_alphanumeric()
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn byte(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.at + ahead).copied().unwrap_or(0)
    }

    fn place(&self, start: usize, line: u32) -> Place {
        Place { span: (start..self.at).into(), line }
    }

    fn skip_while(&mut self, accepted: impl Fn(char) -> bool) {
        let rest = self.rest();
        self.at += rest.find(|c| !accepted(c)).unwrap_or(rest.len());
    }

    /// Moves to `end` and counts the lines on the way.
    fn move_to(&mut self, end: usize) {
        let passed = &self.text.as_bytes()[self.at..end];
        let lines = passed.iter().filter(|&&byte| byte == b'\n').count();
        self.line = self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        self.at = end;
    }

    pub(super) fn skip_blanks(&mut self) -> Result<(), SyntaxError> {
        loop {
            let rest = self.rest();
            let end = self.at + rest.find(|c| !is_blank(c)).unwrap_or(rest.len());
            self.move_to(end);
            match (self.byte(0), self.byte(1)) {
                (b'-', b'-') => self.skip_while(|c| c != '\n'),
                (b'/', b'*') => self.skip_comment()?,
                _ => return Ok(()),
            }
        }
    }

    /// Comments nest.
    fn skip_comment(&mut self) -> Result<(), SyntaxError> {
        let (start, line) = (self.at, self.line);
        let bytes = self.text.as_bytes();
        let (mut end, mut depth) = (self.at + 2, 1_usize);
        while 0 < depth {
            match (bytes.get(end), bytes.get(end + 1)) {
                (Some(b'/'), Some(b'*')) => (end, depth) = (end + 2, depth + 1),
                (Some(b'*'), Some(b'/')) => (end, depth) = (end + 2, depth - 1),
                (Some(_), _) => end += 1,
                (None, _) => {
                    self.at = bytes.len();
                    return Err(SyntaxError::unclosed_comment(self.place(start, line)));
                }
            }
        }
        self.move_to(end);
        Ok(())
    }

    pub(super) fn token(&mut self) -> Result<Token, Vec<SyntaxError>> {
        let (start, line) = (self.at, self.line);
        let kind = match self.rest().chars().next() {
            None => TokenKind::End,
            Some(first) => self.kind(first)?,
        };
        Ok(Token { kind, span: (start..self.at).into(), line })
    }

    fn kind(&mut self, first: char) -> Result<TokenKind, Vec<SyntaxError>> {
        let second = self.byte(1);
        match first {
            'N' | 'n' if second == b'\'' => self.quoted(1, '\'', TokenKind::National),
            '\'' => self.quoted(0, '\'', TokenKind::String),
            '"' if self.quoted_identifiers => self.quoted(0, '"', TokenKind::Quoted),
            '"' => self.quoted(0, '"', TokenKind::String),
            '[' => self.quoted(0, ']', TokenKind::Quoted),
            '0' if matches!(second, b'x' | b'X') => Ok(self.binary()),
            '0'..='9' => Ok(self.number()),
            '.' if second.is_ascii_digit() => Ok(self.number()),
            '$' if second.is_ascii_alphabetic() || second == b'_' => self.word(TokenKind::Word),
            '$' => Ok(self.money(1)),
            '@' if second == b'@' => self.word(TokenKind::SystemVariable),
            '@' => self.word(TokenKind::Variable),
            _ if CURRENCIES.contains(&first) => Ok(self.money(first.len_utf8())),
            _ if starts_word(first) => self.word(TokenKind::Word),
            _ => self.symbol(first),
        }
    }

    fn word(&mut self, kind: TokenKind) -> Result<TokenKind, Vec<SyntaxError>> {
        let (start, line) = (self.at, self.line);
        self.at += self.rest().chars().next().map_or(0, char::len_utf8);
        self.skip_while(continues_word);
        let text = &self.text[start..self.at];
        if NAME_MAX < text.len() && NAME_MAX < text.chars().count() {
            return Err(vec![SyntaxError::too_long(self.place(start, line), text)]);
        }
        let signs = text.bytes().take_while(|&byte| byte == b'@').count();
        if 0 < signs && signs == text.len() {
            return Err(vec![SyntaxError::near(self.place(start, line), text)]);
        }
        Ok(kind)
    }

    /// Something that ends at `close`; two of them stand for one.
    fn quoted(
        &mut self,
        prefix: usize,
        close: char,
        kind: TokenKind,
    ) -> Result<TokenKind, Vec<SyntaxError>> {
        let (start, line) = (self.at, self.line);
        let mut end = start + prefix + 1;
        loop {
            let Some(found) = self.text[end..].find(close) else {
                let inner = self.text[start + prefix + 1..].to_owned();
                self.at = self.text.len();
                let place = self.place(start, line);
                return Err(vec![
                    SyntaxError::unclosed_quote(place, &inner),
                    SyntaxError::near(place, &inner),
                ]);
            };
            end += found + 1;
            if !self.text[end..].starts_with(close) {
                break;
            }
            end += 1;
        }
        self.move_to(end);
        if kind == TokenKind::Quoted {
            let name = quoted_value(&self.text[start..end]);
            if name.is_empty() {
                return Err(vec![SyntaxError::empty_name(self.place(start, line))]);
            }
            if NAME_MAX < name.chars().count() {
                return Err(vec![SyntaxError::too_long(self.place(start, line), &name)]);
            }
        }
        Ok(kind)
    }

    fn binary(&mut self) -> TokenKind {
        self.at += 2;
        loop {
            self.skip_while(|c| c.is_ascii_hexdigit());
            let broken = if self.rest().starts_with("\\\r\n") {
                3
            } else if self.rest().starts_with("\\\n") {
                2
            } else {
                return TokenKind::Binary;
            };
            self.move_to(self.at + broken);
        }
    }

    fn number(&mut self) -> TokenKind {
        let mut kind = TokenKind::Integer;
        self.skip_while(|c| c.is_ascii_digit());
        if self.byte(0) == b'.' {
            kind = TokenKind::Decimal;
            self.at += 1;
            self.skip_while(|c| c.is_ascii_digit());
        }
        if matches!(self.byte(0), b'e' | b'E') {
            // `1e` without digits is a float too.
            kind = TokenKind::Float;
            self.at += 1;
            if matches!(self.byte(0), b'+' | b'-') {
                self.at += 1;
            }
            self.skip_while(|c| c.is_ascii_digit());
        }
        kind
    }

    fn money(&mut self, sign: usize) -> TokenKind {
        self.at += sign;
        // `$-1.5` is one constant.
        let digit_at = |at: usize| self.byte(at).is_ascii_digit();
        if matches!(self.byte(0), b'-' | b'+')
            && (digit_at(1) || (self.byte(1) == b'.' && digit_at(2)))
        {
            self.at += 1;
        }
        self.skip_while(|c| c.is_ascii_digit());
        if self.byte(0) == b'.' && self.byte(1).is_ascii_digit() {
            self.at += 1;
            self.skip_while(|c| c.is_ascii_digit());
        }
        TokenKind::Money
    }

    fn symbol(&mut self, first: char) -> Result<TokenKind, Vec<SyntaxError>> {
        if let Some(symbol) = self.spaced_comparison(first) {
            return Ok(TokenKind::Symbol(symbol));
        }
        let (start, line) = (self.at, self.line);
        let found = SYMBOLS.iter().find(|(text, _)| self.rest().starts_with(text));
        if let Some((text, symbol)) = found {
            self.at += text.len();
            return Ok(TokenKind::Symbol(*symbol));
        }
        self.at += first.len_utf8();
        let text = &self.text[start..self.at];
        Err(vec![SyntaxError::near(self.place(start, line), text)])
    }

    /// Blanks may stand inside `< =`, `> =`, `< >`, `! =`, `! <` and `! >`.
    fn spaced_comparison(&mut self, first: char) -> Option<Symbol> {
        if !matches!(first, '<' | '>' | '!') {
            return None;
        }
        let behind = &self.text[self.at + 1..];
        let blanks = behind.find(|c: char| !is_blank(c))?;
        let second = self.text.as_bytes()[self.at + 1 + blanks];
        let symbol = match (first, second) {
            ('<', b'=') | ('!', b'>') => Symbol::LessOrEqual,
            ('>', b'=') | ('!', b'<') => Symbol::GreaterOrEqual,
            ('<', b'>') | ('!', b'=') => Symbol::NotEqual,
            _ => return None,
        };
        self.move_to(self.at + 2 + blanks);
        Some(symbol)
    }
}

/// The text of a string token, as messages show it.
pub(crate) fn shown_value(kind: TokenKind, raw: &str) -> String {
    match kind {
        TokenKind::String | TokenKind::National => string_value(raw),
        TokenKind::Quoted => quoted_value(raw),
        TokenKind::Word
        | TokenKind::Variable
        | TokenKind::SystemVariable
        | TokenKind::Integer
        | TokenKind::Decimal
        | TokenKind::Float
        | TokenKind::Money
        | TokenKind::Binary
        | TokenKind::Symbol(_)
        | TokenKind::End => raw.to_owned(),
    }
}
