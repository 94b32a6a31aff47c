//! The random numbers of the samplings.
//!
//! Which generator SSIS uses is not documented; this one is SplitMix64. What is documented holds:
//! the same seed on the same rows gives the same sample, and the seed 0 takes the clock.

use crate::Context;

/// Random numbers that follow from a seed.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    /// The numbers of a seed; of the clock and the component for 0.
    pub(super) fn new(seed: i64, context: &Context<'_>) -> Self {
        if seed != 0 {
            return Self(seed.cast_unsigned());
        }
        let clock = context.environment().now().0.cast_unsigned();
        Self(clock ^ u64::from(context.id().cast_unsigned()) << 48)
    }

    /// A number below `end`, each as likely as any other to one part in 2^64 / `end`.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        let scaled = (u128::from(mixed) * u128::from(end)) >> 64;
        u64::try_from(scaled).unwrap_or(0)
    }
}
