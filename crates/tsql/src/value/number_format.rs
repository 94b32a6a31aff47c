//! Numbers as text: floats in their styles, money in its.
//!
//! Source: T-SQL reference, "CAST and CONVERT", float and real styles, money styles; STR.

use model::Decimal;

/// A float in a style: 0 is up to six digits, 1 eight, 2 sixteen, 3 enough to come back.
///
/// `is_real` halves the digits of style 3, as a `real` needs nine at most.
pub fn float_text(value: f64, style: i32, is_real: bool) -> String {
    match style {
        1 => scientific(value, 8),
        2 => scientific(value, 16),
        3 | 126 | 128 | 129 => scientific(value, if is_real { 9 } else { 17 }),
        _ => general(value, 6),
    }
}

/// `d.ddde+xxx` with `digits` digits.
fn scientific(value: f64, digits: usize) -> String {
    let text = format!("{value:.*e}", digits - 1);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:03}", exponent.abs())
}

/// At most `digits` digits, scientific only where the exponent asks for it.
fn general(value: f64, digits: usize) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let rounded = format!("{value:.*e}", digits - 1);
    let (mantissa, exponent) = rounded.split_once('e').unwrap_or((&rounded, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trim = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    if (-4..=digits as i32 - 1).contains(&exponent) {
        let places = usize::try_from(digits as i32 - 1 - exponent).unwrap_or(0);
        return trim(&format!("{value:.places$}"));
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:03}", trim(mantissa), exponent.abs())
}

/// Money in a style: 0 has two digits behind the point, 1 commas as well, 2 and 126 four digits.
pub(crate) fn money_text(units: i64, style: i32) -> String {
    let value = Decimal::new(i128::from(units), 4);
    if matches!(style, 2 | 126) {
        return value.to_string();
    }
    let short = value.rescale(2).unwrap_or(value).to_string();
    if style == 1 { grouped(&short) } else { short }
}

/// Commas between the thousands of a plain number.
pub(crate) fn grouped(number: &str) -> String {
    let (sign, digits) = match number.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", number),
    };
    let (whole, fraction) = match digits.find('.') {
        Some(at) => digits.split_at(at),
        None => (digits, ""),
    };
    let mut text = String::with_capacity(number.len() + whole.len() / 3);
    for (index, digit) in whole.chars().enumerate() {
        if 0 < index && (whole.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    format!("{sign}{text}{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_show_six_digits_unless_asked() {
        let cases = [
            (1.0 / 3.0, "0.333333"),
            (123_456.0, "123456"),
            (1_234_567.0, "1.23457e+006"),
            (0.00001, "1e-005"),
            (0.0001, "0.0001"),
            (-2.5, "-2.5"),
            (0.0, "0"),
            (1e300, "1e+300"),
        ];
        for (value, text) in cases {
            assert_eq!(float_text(value, 0, false), text);
        }
        assert_eq!(float_text(1.0 / 3.0, 1, false), "3.3333333e-001");
        assert_eq!(float_text(1.0 / 3.0, 2, false), "3.333333333333333e-001");
        assert_eq!(float_text(0.1, 3, false), "1.0000000000000001e-001");
    }

    #[test]
    fn the_documented_money_styles() {
        assert_eq!(money_text(42_359_819, 0), "4235.98");
        assert_eq!(money_text(35_109_200, 1), "3,510.92");
        assert_eq!(money_text(42_359_819, 2), "4235.9819");
        assert_eq!(money_text(-12_345_678_900, 1), "-1,234,567.89");
    }
}
