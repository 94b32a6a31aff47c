//! 256-bit whole numbers, as far as decimals of 38 digits need them.
//!
//! A product of two 38-digit numbers has 76 digits, and so has the dividend of a division; both
//! come back to 38 digits at the end.

use model::Decimal;

/// An unsigned 256-bit number: `high * 2^128 + low`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Wide {
    high: u128,
    low: u128,
}

impl Wide {
    pub(super) const fn new(low: u128) -> Self {
        Self { high: 0, low }
    }

    /// The exact product of two 128-bit numbers.
    pub(super) fn product(a: u128, b: u128) -> Self {
        let (a_high, a_low) = (a >> 64, a & u128::from(u64::MAX));
        let (b_high, b_low) = (b >> 64, b & u128::from(u64::MAX));
        let low = a_low * b_low;
        let (middle, carry) = (a_high * b_low).overflowing_add(a_low * b_high);
        let (low, carry_low) = low.overflowing_add(middle << 64);
        let high =
            a_high * b_high + (middle >> 64) + (u128::from(carry) << 64) + u128::from(carry_low);
        Self { high, low }
    }

    /// `None` beyond 256 bits.
    pub(super) fn times(self, factor: u128) -> Option<Self> {
        let low = Self::product(self.low, factor);
        let high = Self::product(self.high, factor);
        if high.high != 0 {
            return None;
        }
        Some(Self { high: low.high.checked_add(high.low)?, low: low.low })
    }

    pub(super) fn plus(self, other: Self) -> Option<Self> {
        let (low, carry) = self.low.overflowing_add(other.low);
        let high = self.high.checked_add(other.high)?.checked_add(u128::from(carry))?;
        Some(Self { high, low })
    }

    pub(super) fn minus(self, other: Self) -> Option<Self> {
        let (low, borrow) = self.low.overflowing_sub(other.low);
        let high = self.high.checked_sub(other.high)?.checked_sub(u128::from(borrow))?;
        Some(Self { high, low })
    }

    /// Quotient and remainder; `None` for a divisor of zero.
    pub(super) fn divided(self, divisor: Self) -> Option<(Self, Self)> {
        if divisor == Self::new(0) {
            return None;
        }
        if self.high == 0 && divisor.high == 0 {
            let (quotient, rest) = (self.low / divisor.low, self.low % divisor.low);
            return Some((Self::new(quotient), Self::new(rest)));
        }
        let (mut quotient, mut rest) = (Self::new(0), Self::new(0));
        for bit in (0..256).rev() {
            let carry = rest.high >> 127 == 1;
            rest = Self { high: rest.high << 1 | rest.low >> 127, low: rest.low << 1 };
            rest.low |= self.bit(bit);
            quotient =
                Self { high: quotient.high << 1 | quotient.low >> 127, low: quotient.low << 1 };
            if carry || divisor <= rest {
                let (low, borrow) = rest.low.overflowing_sub(divisor.low);
                let high = rest.high.wrapping_sub(divisor.high).wrapping_sub(u128::from(borrow));
                rest = Self { high, low };
                quotient.low |= 1;
            }
        }
        Some((quotient, rest))
    }

    const fn bit(self, at: u32) -> u128 {
        if at < 128 { self.low >> at & 1 } else { self.high >> (at - 128) & 1 }
    }

    /// `self * 10^places`; `None` beyond 256 bits.
    pub(super) fn shifted(self, places: u32) -> Option<Self> {
        let first = places.min(38);
        let shifted = self.times(10u128.pow(first))?;
        if places == first { Some(shifted) } else { shifted.shifted(places - first) }
    }

    /// The number with `drop` digits fewer, half rounding away from zero.
    pub(super) fn rounded(self, drop: u32) -> Option<Self> {
        let divisor = Self::new(1).shifted(drop)?;
        let (quotient, rest) = self.divided(divisor)?;
        let up = divisor.minus(rest)? <= rest;
        if up { quotient.plus(Self::new(1)) } else { Some(quotient) }
    }

    /// The decimal of this mantissa; `None` above 38 digits.
    pub(super) fn decimal(self, negative: bool, scale: u8) -> Option<Decimal> {
        if self.high != 0 || 10u128.pow(38) <= self.low {
            return None;
        }
        let mantissa = i128::try_from(self.low).ok()?;
        Some(Decimal::new(if negative { -mantissa } else { mantissa }, scale))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn dividing_a_product_gives_the_factor_back(a: u128, b in 1u128.., rest: u128) {
            let rest = rest % b;
            let number = Wide::product(a, b).plus(Wide::new(rest)).unwrap();
            prop_assert_eq!(number.divided(Wide::new(b)), Some((Wide::new(a), Wide::new(rest))));
        }
    }

    #[test]
    fn rounding_is_half_up_on_magnitudes() {
        assert_eq!(Wide::new(125).rounded(1), Some(Wide::new(13)));
        assert_eq!(Wide::new(124).rounded(1), Some(Wide::new(12)));
        assert_eq!(Wide::new(7).rounded(0), Some(Wide::new(7)));
    }
}
