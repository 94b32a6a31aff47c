//! Texts without the differences that comparison flags leave out.
//!
//! Flags are those of Sort (see `sort_key.rs`), and kana type and width.

use expression::collate::{DIGITS, LETTERS, is_minor, weights};

use crate::sort_key::{self, IGNORE_CASE, IGNORE_NON_SPACE, IGNORE_SYMBOLS};

/// NORM_IGNOREKANATYPE: hiragana is katakana.
const IGNORE_KANA: i32 = 0x1_0000;
/// NORM_IGNOREWIDTH: full-width letters and half-width katakana are the usual ones.
const IGNORE_WIDTH: i32 = 0x2_0000;

/// Katakana in the order of their half-width forms, from U+FF61 on.
const KATAKANA: &str = "。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン";

/// The names of the flags that are not understood.
pub(crate) fn unsupported_flags(flags: i32) -> Option<&'static str> {
    sort_key::unsupported_flags(flags & !(IGNORE_KANA | IGNORE_WIDTH))
}

/// A text as it is compared.
pub(super) fn fold(text: &str, flags: i32) -> String {
    let mut folded = String::with_capacity(text.len());
    for character in text.chars() {
        let wide = if flags & IGNORE_WIDTH == 0 { character } else { width(character) };
        if flags & IGNORE_WIDTH != 0 && voice(wide, &mut folded) {
            continue;
        }
        let kana = if flags & IGNORE_KANA == 0 { wide } else { katakana(wide) };
        if flags & IGNORE_SYMBOLS != 0 && is_symbol(kana) {
            continue;
        }
        let letter = if flags & IGNORE_NON_SPACE == 0 { Some(kana) } else { base(kana) };
        let Some(letter) = letter else { continue };
        if flags & IGNORE_CASE == 0 {
            folded.push(letter);
        } else {
            folded.extend(letter.to_lowercase());
        }
    }
    folded
}

fn width(character: char) -> char {
    let moved = |by: u32| char::from_u32(u32::from(character) - by).unwrap_or(character);
    match character {
        '\u{3000}' => ' ',
        '\u{FF01}'..='\u{FF5E}' => moved(0xFEE0),
        '\u{FF61}'..='\u{FF9D}' => {
            let at = u32::from(character) - 0xFF61;
            usize::try_from(at).ok().and_then(|at| KATAKANA.chars().nth(at)).unwrap_or(character)
        }
        _ => character,
    }
}

/// Puts a half-width sound mark on the katakana before it.
fn voice(mark: char, folded: &mut String) -> bool {
    let Some(last) = folded.chars().last() else { return false };
    let voiced = match (mark, last) {
        ('\u{FF9E}', 'ウ') => 'ヴ',
        ('\u{FF9E}', 'カ'..='ト' | 'ハ' | 'ヒ' | 'フ' | 'ヘ' | 'ホ') => next(last, 1),
        ('\u{FF9F}', 'ハ' | 'ヒ' | 'フ' | 'ヘ' | 'ホ') => next(last, 2),
        _ => return false,
    };
    folded.pop();
    folded.push(voiced);
    true
}

fn next(character: char, by: u32) -> char {
    char::from_u32(u32::from(character) + by).unwrap_or(character)
}

fn katakana(character: char) -> char {
    match character {
        '\u{3041}'..='\u{3096}' | '\u{309D}' | '\u{309E}' => next(character, 0x60),
        _ => character,
    }
}

fn is_symbol(character: char) -> bool {
    let mut buffer = [0; 4];
    is_minor(character)
        || weights(character.encode_utf8(&mut buffer)).all(|weight| weight.primary < DIGITS)
}

/// The letter without its accent; `None` for an accent that stands alone.
fn base(character: char) -> Option<char> {
    if matches!(character, '\u{300}'..='\u{36F}') {
        return None;
    }
    let mut buffer = [0; 4];
    let weight = weights(character.encode_utf8(&mut buffer)).next();
    let Some(weight) = weight.filter(|weight| weight.accent != 0) else { return Some(character) };
    let small = char::from_u32(weight.primary - LETTERS).unwrap_or(character);
    Some(if weight.is_capital { small.to_ascii_uppercase() } else { small })
}
