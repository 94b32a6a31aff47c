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

/// The largest number with 38 digits.
const MANTISSA_MAX: i128 = 10i128.pow(38) - 1;

impl Decimal {
    /// The number `mantissa / 10^scale`.
    pub const fn new(mantissa: i128, scale: u8) -> Self {
        Self { mantissa, scale }
    }

    /// The same number with `scale` digits behind the point; digits that fall off round half
    /// away from zero, as SQL Server does. `None` when it would need more than 38 digits.
    pub fn rescale(self, scale: u8) -> Option<Self> {
        if self.scale <= scale {
            let factor = 10i128.checked_pow(u32::from(scale - self.scale))?;
            let mantissa = self.mantissa.checked_mul(factor)?;
            return (mantissa.abs() <= MANTISSA_MAX).then_some(Self { mantissa, scale });
        }
        let Some(divisor) = 10i128.checked_pow(u32::from(self.scale - scale)) else {
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
        let divisor = 10i128.checked_pow(u32::from(self.scale - scale));
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
        let mut mantissa: i128 = 0;
        for byte in whole.bytes().chain(fraction.bytes()) {
            if !byte.is_ascii_digit() {
                return None;
            }
            mantissa = mantissa.checked_mul(10)?.checked_add(i128::from(byte - b'0'))?;
        }
        if MANTISSA_MAX < mantissa {
            return None;
        }
        let scale = u8::try_from(fraction.len()).ok().filter(|&scale| scale <= 38)?;
        Some(Self { mantissa: if negative { -mantissa } else { mantissa }, scale })
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = usize::from(self.scale);
        let digits = format!("{:0width$}", self.mantissa.unsigned_abs(), width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        let sign = if self.mantissa < 0 { "-" } else { "" };
        match fraction {
            "" => write!(f, "{sign}{whole}"),
            _ => write!(f, "{sign}{whole}.{fraction}"),
        }
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
    fn nothing_but_a_number_is_read() {
        for text in ["", "-", ".", "1e5", "1,5", " 1", "--1"] {
            assert_eq!(Decimal::parse(text), None, "{text:?}");
        }
        assert_eq!(Decimal::parse(".5").unwrap().to_string(), "0.5");
        assert_eq!(Decimal::parse("-5.").unwrap().to_string(), "-5");
    }
}
