//! .NET format strings for numbers, in the culture en-US.

use model::Decimal;

use crate::types::Kind;
use crate::value::grouped;

/// A number as its digits and where its point stands.
#[derive(Clone, Debug)]
pub(super) struct Digits {
    negative: bool,
    /// ASCII digits without leading zeros; empty for zero.
    digits: Vec<u8>,
    /// How many of the digits stand before the point; may be negative or past the end.
    point: i64,
}

impl Digits {
    pub(super) fn of_decimal(number: Decimal) -> Self {
        let text = number.mantissa.unsigned_abs().to_string();
        let length = i64::try_from(text.len()).unwrap_or(0);
        Self::trimmed(number.mantissa < 0, text.into_bytes(), length - i64::from(number.scale))
    }

    /// The 15 digits of a `float`, the 7 of a `real`.
    pub(super) fn of_float(number: f64, kind: Kind) -> Self {
        let places = if kind == Kind::Real { 6 } else { 14 };
        let text = format!("{:.places$e}", number.abs());
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let digits = mantissa.bytes().filter(u8::is_ascii_digit).collect();
        Self::trimmed(number < 0.0, digits, exponent.parse::<i64>().unwrap_or(0) + 1)
    }

    fn trimmed(negative: bool, mut digits: Vec<u8>, mut point: i64) -> Self {
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        let zeros = digits.iter().take_while(|&&digit| digit == b'0').count();
        digits.drain(..zeros);
        point -= i64::try_from(zeros).unwrap_or(0);
        Self { negative: negative && !digits.is_empty(), digits, point }
    }

    /// With so many digits behind the point, half away from zero.
    fn rounded(&self, places: i64) -> Self {
        let keep = self.point + places;
        let Ok(keep) = usize::try_from(keep) else {
            return Self { negative: false, digits: Vec::new(), point: 0 };
        };
        if self.digits.len() <= keep {
            return self.clone();
        }
        let up = b'5' <= self.digits[keep];
        let mut digits = self.digits[..keep].to_vec();
        let mut point = self.point;
        let mut carry = up;
        for digit in digits.iter_mut().rev() {
            if !carry {
                break;
            }
            carry = *digit == b'9';
            *digit = if carry { b'0' } else { *digit + 1 };
        }
        if carry {
            digits.insert(0, b'1');
            point += 1;
        }
        Self::trimmed(self.negative, digits, point)
    }

    fn digit(&self, place: i64) -> char {
        let at = usize::try_from(place).ok();
        at.and_then(|at| self.digits.get(at)).map_or('0', |&digit| char::from(digit))
    }

    /// The whole part without a sign; `0` for none.
    fn whole(&self) -> String {
        if self.point <= 0 || self.digits.is_empty() {
            return "0".to_owned();
        }
        (0..self.point).map(|place| self.digit(place)).collect()
    }

    fn fraction(&self, places: i64) -> String {
        (self.point..self.point + places).map(|place| self.digit(place)).collect()
    }

    /// Rounded and plain: `1234.50`.
    fn fixed(&self, places: i64) -> (bool, String) {
        let rounded = self.rounded(places);
        let point = if places == 0 { "" } else { "." };
        let text = format!("{}{point}{}", rounded.whole(), rounded.fraction(places));
        (rounded.negative, text)
    }
}

/// The text of a number; `None` for a format that is none, or not for this number. `whole` is
/// the number where its type is an integer.
pub(super) fn format_number(number: &Digits, whole: Option<i64>, format: &str) -> Option<String> {
    let mut characters = format.chars();
    let letter = characters.next().unwrap_or('G');
    let places = characters.as_str();
    let standard = letter.is_ascii_alphabetic()
        && places.len() <= 2
        && places.bytes().all(|byte| byte.is_ascii_digit());
    if standard {
        return self::standard(number, whole, letter, places.parse().ok());
    }
    custom(number, format)
}

fn standard(
    number: &Digits,
    whole: Option<i64>,
    letter: char,
    places: Option<i64>,
) -> Option<String> {
    let signed = |(negative, text): (bool, String)| match negative {
        true => format!("-{text}"),
        false => text,
    };
    let commas = |(negative, text): (bool, String)| (negative, grouped(&text));
    match letter.to_ascii_uppercase() {
        'C' => {
            let (negative, text) = commas(number.fixed(places.unwrap_or(2)));
            Some(if negative { format!("(${text})") } else { format!("${text}") })
        }
        'D' => {
            let whole = whole?;
            let width = usize::try_from(places.unwrap_or(1)).unwrap_or(1);
            let digits = format!("{:0width$}", whole.unsigned_abs());
            Some(signed((whole < 0, digits)))
        }
        'E' => Some(exponent(number, letter, places.unwrap_or(6), 3)),
        'F' => Some(signed(number.fixed(places.unwrap_or(2)))),
        'G' | 'R' => Some(general(number, places.filter(|&places| places != 0))),
        'N' => Some(signed(commas(number.fixed(places.unwrap_or(2))))),
        'P' => {
            let hundred = Digits { point: number.point + 2, ..number.clone() };
            Some(signed(commas(hundred.fixed(places.unwrap_or(2)))) + " %")
        }
        'X' => {
            let width = usize::try_from(places.unwrap_or(1)).unwrap_or(1);
            let whole = whole?;
            // An int has eight digits where it is negative.
            let bits = match i32::try_from(whole) {
                Ok(narrow) => u64::from(narrow as u32),
                Err(_) => whole as u64,
            };
            let text = format!("{bits:0width$X}");
            Some(if letter == 'x' { text.to_lowercase() } else { text })
        }
        _ => None,
    }
}

/// As few digits as show the number, scientific where the exponent is large.
fn general(number: &Digits, digits: Option<i64>) -> String {
    let number = match digits {
        Some(digits) => number.rounded(digits - number.point),
        None => number.clone(),
    };
    let limit = digits.unwrap_or(29).max(15);
    if limit < number.point || number.point < -4 {
        let places = i64::try_from(number.digits.len()).unwrap_or(1) - 1;
        return exponent(&number, 'E', places, 2);
    }
    let places = (i64::try_from(number.digits.len()).unwrap_or(0) - number.point).max(0);
    let (negative, text) = number.fixed(places);
    if negative { format!("-{text}") } else { text }
}

/// `d.dddE+ddd`.
fn exponent(number: &Digits, letter: char, places: i64, width: usize) -> String {
    let rounded = number.rounded(places + 1 - number.point);
    let power = if rounded.digits.is_empty() { 0 } else { rounded.point - 1 };
    let mantissa = Digits { point: 1, ..rounded.clone() };
    let mantissa = match rounded.digits.is_empty() {
        true => Digits { point: 0, ..rounded.clone() }.fixed(places).1,
        false => mantissa.fixed(places).1,
    };
    let sign = if rounded.negative { "-" } else { "" };
    let power_sign = if power < 0 { '-' } else { '+' };
    format!("{sign}{mantissa}{letter}{power_sign}{:0width$}", power.abs())
}

/// What a custom format says before any digit is put in.
#[derive(Default)]
struct Shape {
    /// Zeros and number signs before the point, `true` for a zero.
    before: Vec<bool>,
    after: Vec<bool>,
    grouped: bool,
    /// Powers of ten that percent signs and trailing commas move the point by.
    shift: i64,
}

/// The section for the number's sign: positive, negative, zero.
fn custom(number: &Digits, format: &str) -> Option<String> {
    let sections = sections(format);
    let (section, keep_sign) = match (sections.as_slice(), number) {
        ([only], _) => (only, true),
        ([_, negative, ..], number) if number.negative && !negative.is_empty() => (negative, false),
        ([_, _, zero, ..], number) if number.digits.is_empty() => (zero, false),
        ([positive, ..], _) => (positive, true),
        ([], _) => return None,
    };
    let shape = shape(section)?;
    let moved = Digits { point: number.point + shape.shift, ..number.clone() };
    let rounded = moved.rounded(i64::try_from(shape.after.len()).ok()?);
    let sign = if keep_sign && rounded.negative { "-" } else { "" };
    Some(format!("{sign}{}", put_in(&rounded, section, &shape)))
}

/// Splits at `;` outside quotes.
fn sections(format: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut quote = None;
    let mut escaped = false;
    for character in format.chars() {
        if character == ';' && quote.is_none() && !escaped {
            found.push(String::new());
            continue;
        }
        escaped = character == '\\' && !escaped;
        match quote {
            Some(open) if open == character => quote = None,
            None if matches!(character, '\'' | '"') => quote = Some(character),
            Some(_) | None => {}
        }
        if let Some(last) = found.last_mut() {
            last.push(character);
        }
    }
    found
}

/// Calls `each` with every character and whether it is taken literally.
fn walk(section: &str, mut each: impl FnMut(char, bool)) {
    let mut characters = section.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => characters.next().into_iter().for_each(|next| each(next, true)),
            '\'' | '"' => {
                for inside in characters.by_ref().take_while(|&next| next != character) {
                    each(inside, true);
                }
            }
            plain => each(plain, false),
        }
    }
}

fn shape(section: &str) -> Option<Shape> {
    let mut shape = Shape::default();
    let mut behind = false;
    let mut commas = 0;
    let mut exponent = false;
    let mut last = ' ';
    walk(section, |character, literal| match character {
        _ if literal => {}
        '0' if matches!(last, 'E' | 'e') => exponent = true,
        '0' | '#' if behind => shape.after.push(character == '0'),
        '0' | '#' => {
            shape.grouped |= 0 < commas && !shape.before.is_empty();
            commas = 0;
            shape.before.push(character == '0');
        }
        '.' => {
            shape.shift -= if behind { 0 } else { 3 * commas };
            behind = true;
            commas = 0;
        }
        ',' if !behind => commas += 1,
        '%' => shape.shift += 2,
        '‰' => shape.shift += 3,
        'E' | 'e' => last = character,
        '+' | '-' if last != ' ' => {}
        _ => last = ' ',
    });
    if !behind {
        shape.shift -= 3 * commas;
    }
    // Exponents in custom formats are not there.
    (!exponent).then_some(shape)
}

fn put_in(number: &Digits, section: &str, shape: &Shape) -> String {
    let mut whole = number.whole();
    let first_zero = shape.before.iter().position(|&zero| zero);
    let least = first_zero.map_or(0, |at| shape.before.len() - at);
    if whole == "0" {
        whole = String::new();
    }
    whole = format!("{:0>least$}", whole);
    let digits_before = whole.len();
    let places: i64 = shape.after.len() as i64;
    let fraction: Vec<char> = number.fraction(places).chars().collect();
    let last_zero = shape.after.iter().rposition(|&zero| zero).map_or(0, |at| at + 1);
    let significant = fraction.iter().rposition(|&digit| digit != '0').map_or(0, |at| at + 1);
    let shown = last_zero.max(significant);

    let mut text = String::new();
    let (mut slot, mut behind, mut after) = (0, false, 0);
    let mut taken = 0;
    walk(section, |character, literal| match character {
        _ if literal => text.push(character),
        '0' | '#' if behind => {
            if after < shown {
                text.push(fraction[after]);
            }
            after += 1;
        }
        '0' | '#' => {
            // The first slot takes all digits that the later ones have no room for.
            let left = shape.before.len() - slot - 1;
            let until = digits_before.saturating_sub(left);
            while taken < until {
                text.push(char::from(whole.as_bytes()[taken]));
                taken += 1;
                let rest = digits_before - taken;
                if shape.grouped && 0 < rest && rest.is_multiple_of(3) {
                    text.push(',');
                }
            }
            slot += 1;
        }
        '.' if !behind => {
            behind = true;
            if 0 < shown {
                text.push('.');
            }
        }
        ',' | '.' => {}
        other => text.push(other),
    });
    text
}
