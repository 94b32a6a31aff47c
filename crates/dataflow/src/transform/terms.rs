//! English text as words: what Term Lookup and Term Extraction share.
//!
//! Rules (Term Extraction Transformation page): blanks and single line breaks part words; two or
//! more line-break characters in a row and special characters part sentences; words stay whole at
//! hyphens and underscores beside a letter; acronyms lose their periods; `'s` is cut off, other
//! contractions are cut in two. All characters from U+007B on part sentences, as documented: the
//! text is English. The typographic apostrophe is an apostrophe here.

pub(crate) mod noun;
mod table;
pub(crate) mod tagger;

pub(crate) use table::TermTable;

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    /// The word as it is written, or the one special character.
    pub(crate) text: String,
    pub(crate) kind: Kind,
    /// Whether nothing of its sentence is before it, so that a capital may mean nothing.
    pub(crate) starts_sentence: bool,
}

/// What a part of a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Letters, digits, hyphens and underscores.
    Word,
    /// A special character: a boundary of sentences.
    Special,
    /// Several line breaks: a boundary of sentences, and in no term.
    Break,
}

/// Special characters behind which a capital means as much as before them.
const INSIDE: &str = ",;%@&$#*+=^~|\\/)]}>";

/// The second halves of contractions.
const CONTRACTED: &[&str] = &["re", "ve", "ll", "m", "d", "t"];

/// Words whose `'s` is a contraction and not a genitive.
const CONTRACTED_BEFORE_S: &[&str] =
    &["it", "he", "she", "that", "what", "who", "there", "here", "where", "how", "let"];

/// The parts of a text.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut splitter = Splitter {
        letters: text.chars().map(|c| if c == '\u{2019}' { '\'' } else { c }).collect(),
        at: 0,
        tokens: Vec::new(),
        starts_sentence: true,
    };
    while let Some(character) = splitter.peek(0) {
        splitter.step(character);
    }
    splitter.tokens
}

struct Splitter {
    letters: Vec<char>,
    at: usize,
    tokens: Vec<Token>,
    starts_sentence: bool,
}

impl Splitter {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.letters.get(self.at + ahead).copied()
    }

    fn is(&self, ahead: usize, test: impl Fn(char) -> bool) -> bool {
        self.peek(ahead).is_some_and(test)
    }

    fn step(&mut self, character: char) {
        let before = self.at.checked_sub(1).and_then(|at| self.letters.get(at));
        let beside_letter = before.is_some_and(char::is_ascii_alphabetic)
            || self.is(1, |next| next.is_ascii_alphabetic());
        match character {
            '\r' | '\n' => self.line_breaks(),
            ' ' | '\t' | '`' | '\u{1A}'..='\u{1F}' => self.at += 1,
            '-' | '_' if beside_letter => self.at += 1,
            _ if character.is_ascii_alphanumeric() => self.word(),
            _ => {
                self.at += 1;
                self.starts_sentence =
                    !INSIDE.contains(character) && (self.starts_sentence || !is_quote(character));
                self.push(character.to_string(), Kind::Special);
            }
        }
    }

    fn line_breaks(&mut self) {
        let start = self.at;
        while self.is(0, |character| matches!(character, '\r' | '\n')) {
            self.at += 1;
        }
        if 1 < self.at - start {
            self.starts_sentence = true;
            self.push(String::new(), Kind::Break);
        }
    }

    fn word(&mut self) {
        if let Some(acronym) = self.acronym() {
            return self.push(acronym, Kind::Word);
        }
        let mut word = String::new();
        while let Some(character) = self.peek(0) {
            let joins = matches!(character, '-' | '_')
                && self.is(1, |next| next.is_ascii_alphanumeric())
                && (word.ends_with(|last: char| last.is_ascii_alphabetic())
                    || self.is(1, |next| next.is_ascii_alphabetic()));
            if !joins && !character.is_ascii_alphanumeric() {
                break;
            }
            word.push(character);
            self.at += 1;
        }
        let rest = self.apostrophe(&word);
        self.push(word, Kind::Word);
        if let Some(rest) = rest {
            self.push(rest, Kind::Word);
        }
    }

    /// Letters with periods between them.
    fn acronym(&mut self) -> Option<String> {
        let (mut letters, mut end) = (String::new(), 0);
        while self.is(end, |c| c.is_ascii_alphabetic()) && self.is(end + 1, |c| c == '.') {
            letters.extend(self.peek(end));
            end += 2;
        }
        let is_last = !self.is(end + 1, |c| c.is_ascii_alphanumeric());
        if self.is(end, |c| c.is_ascii_alphabetic()) && is_last && !letters.is_empty() {
            letters.extend(self.peek(end));
            end += 1;
        } else if self.is(end, |c| c.is_ascii_alphanumeric()) {
            return None;
        }
        (1 < letters.len()).then(|| {
            self.at += end;
            letters
        })
    }

    /// Reads what an apostrophe joins to a word; gives it when it is a word of its own.
    fn apostrophe(&mut self, word: &str) -> Option<String> {
        if !self.is(0, |c| c == '\'') || !self.is(1, |c| c.is_ascii_alphabetic()) {
            return None;
        }
        let start = self.at;
        self.at += 1;
        while self.is(0, |c| c.is_ascii_alphabetic()) {
            self.at += 1;
        }
        let rest: String = self.letters[start..self.at].iter().collect();
        let (word, suffix) = (word.to_ascii_lowercase(), rest[1..].to_ascii_lowercase());
        let is_word = CONTRACTED.contains(&suffix.as_str())
            || (suffix == "s" && CONTRACTED_BEFORE_S.contains(&word.as_str()));
        is_word.then_some(rest)
    }

    fn push(&mut self, text: String, kind: Kind) {
        self.tokens.push(Token { text, kind, starts_sentence: self.starts_sentence });
        if kind == Kind::Word {
            self.starts_sentence = false;
        }
    }
}

const fn is_quote(character: char) -> bool {
    matches!(character, '"' | '\'' | '(' | '[' | '{' | '<')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(text: &str) -> String {
        let parts = tokens(text).into_iter().map(|token| match token.kind {
            Kind::Word if token.starts_sentence => format!("^{}", token.text),
            Kind::Word => token.text,
            Kind::Special => format!("[{}]", token.text),
            Kind::Break => "[]".to_owned(),
        });
        parts.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn text_is_parted_as_documented() {
        assert_eq!(show("copy-protected and read_only"), "^copy-protected and read_only");
        assert_eq!(show("the A.B.C Company"), "^the ABC Company");
        assert_eq!(show("U.S. Army. Done."), "^US Army [.] ^Done [.]");
        assert_eq!(show("date/time (bicycle) C#"), "^date [/] time [(] bicycle [)] C [#]");
        assert_eq!(show("bicycle's we're It's don't"), "^bicycle we 're It 's don 't");
        assert_eq!(show("January 31, 2004"), "^January 31 [,] 2004");
        assert_eq!(show("A23B#99"), "^A23B [#] 99");
        assert_eq!(show("one\ntwo\n\nthree\r\nfour"), "^one two [] ^three [] ^four");
        assert_eq!(show("1 - 2 a- b -c"), "^1 [-] ^2 a b c");
        assert_eq!(
            show("Stop! \"Dogs run\", he said"),
            "^Stop [!] [\"] ^Dogs run [\"] [,] he said"
        );
        assert_eq!(show("caf\u{e9} x"), "^caf [\u{e9}] ^x");
        assert_eq!(show("a. b. End."), "^a [.] ^b [.] ^End [.]");
        assert_eq!(show(""), "");
    }
}
