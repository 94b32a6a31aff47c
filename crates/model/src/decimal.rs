//! Exact decimal numbers: DT_NUMERIC, DT_DECIMAL and DT_CY.

use std::cmp::Ordering;
use std::fmt;

/// `mantissa / 10^scale`, with up to 38 digits.
#[derive(Clone, Copy, Debug, Default)]
pub struct Decimal {
    /// All digits, with the sign.
    pub mantissa: i128,
    /// How many of them stand behind the point; at most 38.
    pub scale: u8,
}

/// How many digits an `i64` has room for, whichever they are.
const SMALL_DIGITS_MAX: usize = 18;

/// The most digits behind a point.
const SCALE_MAX: u8 = 38;

/// The largest number with 38 digits.
const MANTISSA_MAX: i128 = POWERS[SCALE_MAX as usize] - 1;

/// The powers of ten from 0 to 38, all that an `i128` has room for.
const POWERS: [i128; SCALE_MAX as usize + 1] = {
    let mut powers = [1; SCALE_MAX as usize + 1];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

impl Decimal {
    /// The number `mantissa / 10^scale`.
    pub const fn new(mantissa: i128, scale: u8) -> Self {
        Self { mantissa, scale }
    }

    /// 10 to this power; powers above 38 are taken as 38.
    #[inline]
    pub fn power_of_ten(power: u8) -> i128 {
        POWERS[usize::from(power.min(SCALE_MAX))]
    }

    /// The same number with `scale` digits behind the point; digits that fall off round half
    /// away from zero, as SQL Server does. `None` when it would need more than 38 digits.
    #[inline]
    pub fn rescale(self, scale: u8) -> Option<Self> {
        if self.scale == scale && self.mantissa.unsigned_abs() <= MANTISSA_MAX.unsigned_abs() {
            return Some(self);
        }
        if self.scale <= scale {
            let factor = *POWERS.get(usize::from(scale - self.scale))?;
            let mantissa = self.mantissa.checked_mul(factor)?;
            return (mantissa.abs() <= MANTISSA_MAX).then_some(Self { mantissa, scale });
        }
        let Some(divisor) = POWERS.get(usize::from(self.scale - scale)) else {
            return Some(Self { mantissa: 0, scale });
        };
        let (whole, rest) = (self.mantissa / divisor, self.mantissa % divisor);
        let away = i128::from(rest.abs() >= divisor - rest.abs()) * self.mantissa.signum();
        Some(Self { mantissa: whole + away, scale })
    }

    /// The same number with `scale` digits behind the point; digits that fall off are dropped.
    pub fn truncate(self, scale: u8) -> Self {
        if self.scale <= scale {
            return self;
        }
        let divisor = POWERS.get(usize::from(self.scale - scale));
        Self { mantissa: divisor.map_or(0, |divisor| self.mantissa / divisor), scale }
    }

    /// How many digits it takes to write, at least 1.
    pub fn precision(self) -> u8 {
        let digits = self.mantissa.unsigned_abs().checked_ilog10().map_or(1, |log| log + 1);
        u8::try_from(digits).unwrap_or(u8::MAX).max(self.scale)
    }

    /// The nearest double.
    pub fn to_f64(self) -> f64 {
        // Parsing the decimal text rounds once; dividing two doubles would round twice.
        self.to_string().parse().unwrap_or(f64::NAN)
    }

    /// Reads `[+-]digits[.digits]`; `None` for anything else or more than 38 digits.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let digits = whole.bytes().chain(fraction.bytes());
        let mantissa = if text.len() <= SMALL_DIGITS_MAX {
            digits_of(digits, |sum: i64, digit| Some(sum * 10 + i64::from(digit)))?.into()
        } else {
            digits_of(digits, |sum: i128, digit| {
                sum.checked_mul(10)?.checked_add(digit.into()).filter(|sum| *sum <= MANTISSA_MAX)
            })?
        };
        let scale = u8::try_from(fraction.len()).ok().filter(|&scale| scale <= SCALE_MAX)?;
        Some(Self { mantissa: if negative { -mantissa } else { mantissa }, scale })
    }
}

/// Adds digits up; `None` when one of the bytes is no digit or `add` finds no room.
#[inline]
fn digits_of<T: Default>(
    bytes: impl Iterator<Item = u8>,
    add: impl Fn(T, u8) -> Option<T>,
) -> Option<T> {
    let mut sum = T::default();
    for byte in bytes {
        let digit = byte.wrapping_sub(b'0');
        if 9 < digit {
            return None;
        }
        sum = add(sum, digit)?;
    }
    Some(sum)
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Backwards { bytes: [0; TEXT_BYTES_MAX], at: TEXT_BYTES_MAX, n_digits: 0 };
        let scale = usize::from(self.scale.min(SCALE_MAX));
        let mut rest = self.mantissa.unsigned_abs();
        // Division of 128 bits costs many times that of 64.
        let mut small = loop {
            match u64::try_from(rest) {
                Ok(small) => break small,
                Err(_) => text.digit(u8::try_from(rest % 10).unwrap_or(0), scale),
            }
            rest /= 10;
        };
        while 0 < small || text.n_digits <= scale {
            text.digit(u8::try_from(small % 10).unwrap_or(0), scale);
            small /= 10;
        }
        if self.mantissa < 0 {
            text.put(b'-');
        }
        f.write_str(std::str::from_utf8(&text.bytes[text.at..]).unwrap_or_default())
    }
}

/// Room for a sign, a point and the 39 digits that an `i128` may have.
const TEXT_BYTES_MAX: usize = 41;

/// A number's text, made from its last digit on.
struct Backwards {
    bytes: [u8; TEXT_BYTES_MAX],
    at: usize,
    n_digits: usize,
}

impl Backwards {
    fn put(&mut self, byte: u8) {
        self.at -= 1;
        self.bytes[self.at] = byte;
    }

    /// Adds a digit, before it the point where `scale` of them stand behind it.
    fn digit(&mut self, digit: u8, scale: usize) {
        if self.n_digits == scale && 0 < scale {
            self.put(b'.');
        }
        self.put(b'0' + digit);
        self.n_digits += 1;
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let scale = self.scale.max(other.scale);
        match (self.rescale(scale), other.rescale(scale)) {
            (Some(a), Some(b)) => a.mantissa.cmp(&b.mantissa),
            // One of them is so large that it cannot be written with the other's scale; then
            // the whole parts decide.
            _ => {
                let whole = self.truncate(0).mantissa.cmp(&other.truncate(0).mantissa);
                whole.then(self.mantissa.signum().cmp(&other.mantissa.signum()))
            }
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_half_away_from_zero() {
        let round =
            |text: &str, scale| Decimal::parse(text).unwrap().rescale(scale).unwrap().to_string();
        assert_eq!(round("2.5", 0), "3");
        assert_eq!(round("-2.5", 0), "-3");
        assert_eq!(round("2.4999", 0), "2");
        assert_eq!(round("1.005", 2), "1.01");
        assert_eq!(round("7", 2), "7.00");
    }

    #[test]
    fn thirty_eight_digits_fit_and_thirty_nine_do_not() {
        let most = "9".repeat(38);
        assert_eq!(Decimal::parse(&most).unwrap().to_string(), most);
        assert_eq!(Decimal::parse(&"9".repeat(39)), None);
        assert_eq!(Decimal::parse(&most).unwrap().rescale(1), None);
    }

    #[test]
    fn numbers_of_different_scale_compare_by_value() {
        let number = |text: &str| Decimal::parse(text).unwrap();
        assert_eq!(number("1.50"), number("1.5"));
        assert!(number("-0.1") < number("0"));
        assert!(number(&"9".repeat(38)) > number("0.00000000000000000000000000000000000001"));
    }

    #[test]
    fn all_digits_are_written_and_read_again() {
        let nines = 10i128.pow(38) - 1;
        for mantissa in [0, 1, -1, 105, -99_000, i128::from(u64::MAX), 1 << 100, nines, -nines] {
            for scale in [0, 1, 2, 19, 37, 38] {
                let number = Decimal::new(mantissa, scale);
                let text = number.to_string();
                let read = Decimal::parse(&text).unwrap();
                assert_eq!((read.mantissa, read.scale), (mantissa, scale), "{text}");
            }
        }
        assert_eq!(Decimal::new(-105, 2).to_string(), "-1.05");
        assert_eq!(Decimal::new(-5, 3).to_string(), "-0.005");
        assert_eq!(Decimal::new(0, 2).to_string(), "0.00");
    }

    #[test]
    fn nothing_but_a_number_is_read() {
        for text in ["", "-", ".", "1e5", "1,5", " 1", "--1"] {
            assert_eq!(Decimal::parse(text), None, "{text:?}");
        }
        assert_eq!(Decimal::parse(".5").unwrap().to_string(), "0.5");
        assert_eq!(Decimal::parse("-5.").unwrap().to_string(), "-5");
    }
}
