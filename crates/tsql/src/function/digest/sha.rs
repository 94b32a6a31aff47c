//! SHA-1, SHA-256 and SHA-512, FIPS 180-4.
//!
//! The constants of SHA-2 are the first bits of the fractional parts of square and cube roots of
//! primes; they are computed in whole numbers, exactly.

use std::sync::OnceLock;

/// The SHA-1 hash of a message.
pub(super) fn sha1(message: &[u8]) -> [u8; 20] {
    let mut state: [u32; 5] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0];
    for block in padded(message, 64).chunks_exact(64) {
        let mut words = [0_u32; 80];
        for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
            *word = bytes.iter().fold(0, |sum, &byte| sum << 8 | u32::from(byte));
        }
        for at in 16..80 {
            let mixed = words[at - 3] ^ words[at - 8] ^ words[at - 14] ^ words[at - 16];
            words[at] = mixed.rotate_left(1);
        }
        let [mut a, mut b, mut c, mut d, mut e] = state;
        for (step, word) in words.into_iter().enumerate() {
            let (mixed, constant) = match step / 20 {
                0 => ((b & c) ^ (!b & d), 0x5A82_7999),
                1 => (b ^ c ^ d, 0x6ED9_EBA1),
                2 => ((b & c) ^ (b & d) ^ (c & d), 0x8F1B_BCDC),
                _ => (b ^ c ^ d, 0xCA62_C1D6_u32),
            };
            let sum = a.rotate_left(5).wrapping_add(mixed).wrapping_add(e);
            let next = sum.wrapping_add(constant).wrapping_add(word);
            (e, d, c, b, a) = (d, c, b.rotate_left(30), a, next);
        }
        for (sum, part) in state.iter_mut().zip([a, b, c, d, e]) {
            *sum = sum.wrapping_add(part);
        }
    }
    let mut hash = [0; 20];
    for (bytes, word) in hash.chunks_exact_mut(4).zip(state) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    hash
}

/// The first 64 bits of the fractional parts of roots of the first 80 primes: square, cube.
fn roots() -> &'static [(u64, u64)] {
    static ROOTS: OnceLock<Vec<(u64, u64)>> = OnceLock::new();
    ROOTS.get_or_init(|| {
        let prime = |n: &u128| (2..*n).all(|divisor| !n.is_multiple_of(divisor));
        let fraction = |n: u128, power: u32| {
            // The greatest root below which root^power <= n * 2^(64 * power) holds.
            let (mut low, mut high) = (0_u128, 1 << 70);
            while low + 1 < high {
                let middle = u128::midpoint(low, high);
                if below(middle, power, n) { low = middle } else { high = middle }
            }
            low as u64
        };
        (2..).filter(prime).take(80).map(|n| (fraction(n, 2), fraction(n, 3))).collect()
    })
}

/// Whether `root^power <= n * 2^(64 * power)`, in numbers of 32-bit digits.
fn below(root: u128, power: u32, n: u128) -> bool {
    let digits = |number: u128| (0..4).map(|at| (number >> (32 * at)) as u32).collect::<Vec<_>>();
    let mut product = vec![1_u32];
    for _ in 0..power {
        product = multiplied(&product, &digits(root));
    }
    let mut limit = vec![0; 2 * power as usize];
    limit.extend(digits(n));
    let length = product.len().max(limit.len());
    product.resize(length, 0);
    limit.resize(length, 0);
    product.iter().rev().le(limit.iter().rev())
}

fn multiplied(left: &[u32], right: &[u32]) -> Vec<u32> {
    let mut product = vec![0_u32; left.len() + right.len()];
    for (at, &a) in left.iter().enumerate() {
        let mut carry = 0;
        for (by, &b) in right.iter().enumerate() {
            let sum = u64::from(a) * u64::from(b) + u64::from(product[at + by]) + carry;
            product[at + by] = sum as u32;
            carry = sum >> 32;
        }
        product[at + right.len()] = carry as u32;
    }
    product
}

/// SHA-256 and SHA-512 are one algorithm over words of two sizes.
macro_rules! sha2 {
    ($name:ident, $word:ty, $block:literal, $hash:literal, $rounds:literal, $shift:literal,
     $big_a:expr, $big_e:expr, $small_0:expr, $small_1:expr) => {
        /// The hash of a message.
        pub(in crate::function::digest) fn $name(message: &[u8]) -> [u8; $hash] {
            const WIDTH: usize = size_of::<$word>();
            let roots = roots();
            let mut state = [0 as $word; 8];
            for (word, root) in state.iter_mut().zip(roots) {
                *word = (root.0 >> $shift) as $word;
            }
            for block in padded(message, $block).chunks_exact($block) {
                let mut words = [0 as $word; $rounds];
                for (word, bytes) in words.iter_mut().zip(block.chunks_exact(WIDTH)) {
                    *word = bytes.iter().fold(0, |sum, &byte| sum << 8 | <$word>::from(byte));
                }
                for at in 16..$rounds {
                    words[at] = words[at - 16]
                        .wrapping_add($small_0(words[at - 15]))
                        .wrapping_add(words[at - 7])
                        .wrapping_add($small_1(words[at - 2]));
                }
                let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = state;
                for (word, root) in words.into_iter().zip(roots) {
                    let one = h
                        .wrapping_add($big_e(e))
                        .wrapping_add((e & f) ^ (!e & g))
                        .wrapping_add((root.1 >> $shift) as $word)
                        .wrapping_add(word);
                    let two = $big_a(a).wrapping_add((a & b) ^ (a & c) ^ (b & c));
                    (h, g, f, e) = (g, f, e, d.wrapping_add(one));
                    (d, c, b, a) = (c, b, a, one.wrapping_add(two));
                }
                for (sum, part) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
                    *sum = sum.wrapping_add(part);
                }
            }
            let mut hash = [0; $hash];
            for (bytes, word) in hash.chunks_exact_mut(WIDTH).zip(state) {
                bytes.copy_from_slice(&word.to_be_bytes());
            }
            hash
        }
    };
}

/// Three turns of a word, put together.
macro_rules! turns {
    ($a:literal, $b:literal, $c:literal) => {
        |x| rotate(x, $a) ^ rotate(x, $b) ^ rotate(x, $c)
    };
    ($a:literal, $b:literal, shift $c:literal) => {
        |x| rotate(x, $a) ^ rotate(x, $b) ^ (x >> $c)
    };
}

mod short {
    use super::{padded, roots};

    fn rotate(x: u32, by: u32) -> u32 {
        x.rotate_right(by)
    }

    sha2!(
        sha256,
        u32,
        64,
        32,
        64,
        32,
        turns!(2, 13, 22),
        turns!(6, 11, 25),
        turns!(7, 18, shift 3),
        turns!(17, 19, shift 10)
    );
}

mod long {
    use super::{padded, roots};

    fn rotate(x: u64, by: u32) -> u64 {
        x.rotate_right(by)
    }

    sha2!(
        sha512,
        u64,
        128,
        64,
        80,
        0,
        turns!(28, 34, 39),
        turns!(14, 18, 41),
        turns!(1, 8, shift 7),
        turns!(19, 61, shift 6)
    );
}

pub(super) use long::sha512;
pub(super) use short::sha256;

/// The message with its end mark and its length in bits, in whole blocks.
fn padded(message: &[u8], block: usize) -> Vec<u8> {
    let mut bytes = message.to_vec();
    bytes.push(0x80);
    while bytes.len() % block != block - block / 8 {
        bytes.push(0);
    }
    let length = (message.len() as u128).wrapping_mul(8).to_be_bytes();
    bytes.extend_from_slice(&length[16 - block / 8..]);
    bytes
}
