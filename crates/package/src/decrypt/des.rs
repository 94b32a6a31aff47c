//! DES (FIPS 46-3) in the one form that package files use: triple DES, decryption, CBC.
//!
//! DES is no longer a safe cipher. It is here to read what others have written with it, and
//! nothing is ever encrypted with it.

/// Decrypts whole blocks; what is left over behind the last one is dropped.
pub(super) fn decrypt_cbc(key: &[u8; 24], iv: [u8; 8], ciphertext: &[u8]) -> Vec<u8> {
    let [first, second, third] = [0, 8, 16].map(|at| {
        let mut part = [0; 8];
        part.copy_from_slice(&key[at..at + 8]);
        schedule(u64::from_be_bytes(part))
    });
    let mut previous = u64::from_be_bytes(iv);
    let mut plain = Vec::with_capacity(ciphertext.len());
    for block in ciphertext.as_chunks::<8>().0 {
        let block = u64::from_be_bytes(*block);
        let outer = cipher(block, &third, Direction::Decrypt);
        let middle = cipher(outer, &second, Direction::Encrypt);
        let inner = cipher(middle, &first, Direction::Decrypt);
        plain.extend((inner ^ previous).to_be_bytes());
        previous = block;
    }
    plain
}

/// The order of the rounds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Encrypt,
    Decrypt,
}

fn cipher(block: u64, keys: &[u64; 16], direction: Direction) -> u64 {
    let block = permute(block, 64, &INITIAL);
    let (mut left, mut right) = (block >> 32, block & 0xFFFF_FFFF);
    for round in 0..16 {
        let key = match direction {
            Direction::Encrypt => keys[round],
            Direction::Decrypt => keys[15 - round],
        };
        (left, right) = (right, left ^ mix(right, key));
    }
    permute(right << 32 | left, 64, &FINAL)
}

/// The round function.
fn mix(half: u64, key: u64) -> u64 {
    let wide = permute(half, 32, &EXPANSION) ^ key;
    let mut out = 0;
    for (index, box_) in SUBSTITUTION.iter().enumerate() {
        let six = wide >> (42 - 6 * index) & 0x3F;
        let row = (six >> 4 & 2) | (six & 1);
        let column = six >> 1 & 0xF;
        let at = usize::try_from(row * 16 + column).unwrap_or_default();
        out = out << 4 | u64::from(box_[at]);
    }
    permute(out, 32, &ROUND)
}

fn schedule(key: u64) -> [u64; 16] {
    let chosen = permute(key, 64, &CHOICE_1);
    let (mut left, mut right) = (chosen >> 28, chosen & 0x0FFF_FFFF);
    let rotate = |half: u64, by: u32| (half << by | half >> (28 - by)) & 0x0FFF_FFFF;
    SHIFTS.map(|by| {
        left = rotate(left, by);
        right = rotate(right, by);
        permute(left << 28 | right, 56, &CHOICE_2)
    })
}

/// Picks bits by the numbers of the standard, which count from 1 at the highest.
fn permute(input: u64, width: u32, table: &[u8]) -> u64 {
    table.iter().fold(0, |out, &bit| out << 1 | (input >> (width - u32::from(bit)) & 1))
}

const SHIFTS: [u32; 16] = [1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1];

#[rustfmt::skip]
const INITIAL: [u8; 64] = [
    58, 50, 42, 34, 26, 18, 10, 2, 60, 52, 44, 36, 28, 20, 12, 4,
    62, 54, 46, 38, 30, 22, 14, 6, 64, 56, 48, 40, 32, 24, 16, 8,
    57, 49, 41, 33, 25, 17, 9, 1, 59, 51, 43, 35, 27, 19, 11, 3,
    61, 53, 45, 37, 29, 21, 13, 5, 63, 55, 47, 39, 31, 23, 15, 7,
];
#[rustfmt::skip]
const FINAL: [u8; 64] = [
    40, 8, 48, 16, 56, 24, 64, 32, 39, 7, 47, 15, 55, 23, 63, 31,
    38, 6, 46, 14, 54, 22, 62, 30, 37, 5, 45, 13, 53, 21, 61, 29,
    36, 4, 44, 12, 52, 20, 60, 28, 35, 3, 43, 11, 51, 19, 59, 27,
    34, 2, 42, 10, 50, 18, 58, 26, 33, 1, 41, 9, 49, 17, 57, 25,
];
#[rustfmt::skip]
const EXPANSION: [u8; 48] = [
    32, 1, 2, 3, 4, 5, 4, 5, 6, 7, 8, 9, 8, 9, 10, 11, 12, 13, 12, 13, 14, 15, 16, 17,
    16, 17, 18, 19, 20, 21, 20, 21, 22, 23, 24, 25, 24, 25, 26, 27, 28, 29, 28, 29, 30, 31, 32, 1,
];
#[rustfmt::skip]
const ROUND: [u8; 32] = [
    16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10,
    2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4, 25,
];
#[rustfmt::skip]
const CHOICE_1: [u8; 56] = [
    57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18, 10, 2, 59, 51, 43, 35, 27, 19, 11, 3,
    60, 52, 44, 36, 63, 55, 47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22, 14, 6,
    61, 53, 45, 37, 29, 21, 13, 5, 28, 20, 12, 4,
];
#[rustfmt::skip]
const CHOICE_2: [u8; 48] = [
    14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4, 26, 8, 16, 7, 27, 20, 13, 2,
    41, 52, 31, 37, 47, 55, 30, 40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32,
];
#[rustfmt::skip]
const SUBSTITUTION: [[u8; 64]; 8] = [
    [
        14, 4, 13, 1, 2, 15, 11, 8, 3, 10, 6, 12, 5, 9, 0, 7,
        0, 15, 7, 4, 14, 2, 13, 1, 10, 6, 12, 11, 9, 5, 3, 8,
        4, 1, 14, 8, 13, 6, 2, 11, 15, 12, 9, 7, 3, 10, 5, 0,
        15, 12, 8, 2, 4, 9, 1, 7, 5, 11, 3, 14, 10, 0, 6, 13,
    ],
    [
        15, 1, 8, 14, 6, 11, 3, 4, 9, 7, 2, 13, 12, 0, 5, 10,
        3, 13, 4, 7, 15, 2, 8, 14, 12, 0, 1, 10, 6, 9, 11, 5,
        0, 14, 7, 11, 10, 4, 13, 1, 5, 8, 12, 6, 9, 3, 2, 15,
        13, 8, 10, 1, 3, 15, 4, 2, 11, 6, 7, 12, 0, 5, 14, 9,
    ],
    [
        10, 0, 9, 14, 6, 3, 15, 5, 1, 13, 12, 7, 11, 4, 2, 8,
        13, 7, 0, 9, 3, 4, 6, 10, 2, 8, 5, 14, 12, 11, 15, 1,
        13, 6, 4, 9, 8, 15, 3, 0, 11, 1, 2, 12, 5, 10, 14, 7,
        1, 10, 13, 0, 6, 9, 8, 7, 4, 15, 14, 3, 11, 5, 2, 12,
    ],
    [
        7, 13, 14, 3, 0, 6, 9, 10, 1, 2, 8, 5, 11, 12, 4, 15,
        13, 8, 11, 5, 6, 15, 0, 3, 4, 7, 2, 12, 1, 10, 14, 9,
        10, 6, 9, 0, 12, 11, 7, 13, 15, 1, 3, 14, 5, 2, 8, 4,
        3, 15, 0, 6, 10, 1, 13, 8, 9, 4, 5, 11, 12, 7, 2, 14,
    ],
    [
        2, 12, 4, 1, 7, 10, 11, 6, 8, 5, 3, 15, 13, 0, 14, 9,
        14, 11, 2, 12, 4, 7, 13, 1, 5, 0, 15, 10, 3, 9, 8, 6,
        4, 2, 1, 11, 10, 13, 7, 8, 15, 9, 12, 5, 6, 3, 0, 14,
        11, 8, 12, 7, 1, 14, 2, 13, 6, 15, 0, 9, 10, 4, 5, 3,
    ],
    [
        12, 1, 10, 15, 9, 2, 6, 8, 0, 13, 3, 4, 14, 7, 5, 11,
        10, 15, 4, 2, 7, 12, 9, 5, 6, 1, 13, 14, 0, 11, 3, 8,
        9, 14, 15, 5, 2, 8, 12, 3, 7, 0, 4, 10, 1, 13, 11, 6,
        4, 3, 2, 12, 9, 5, 15, 10, 11, 14, 1, 7, 6, 0, 8, 13,
    ],
    [
        4, 11, 2, 14, 15, 0, 8, 13, 3, 12, 9, 7, 5, 10, 6, 1,
        13, 0, 11, 7, 4, 9, 1, 10, 14, 3, 5, 12, 2, 15, 8, 6,
        1, 4, 11, 13, 12, 3, 7, 14, 10, 15, 6, 8, 0, 5, 9, 2,
        6, 11, 13, 8, 1, 4, 10, 7, 9, 5, 0, 15, 14, 2, 3, 12,
    ],
    [
        13, 2, 8, 4, 6, 15, 11, 1, 10, 9, 3, 14, 5, 0, 12, 7,
        1, 15, 13, 8, 10, 3, 7, 4, 12, 5, 6, 11, 0, 14, 9, 2,
        7, 11, 4, 1, 9, 12, 14, 2, 0, 6, 10, 13, 15, 3, 5, 8,
        2, 1, 14, 7, 4, 10, 8, 13, 15, 12, 9, 0, 3, 5, 6, 11,
    ],
];

/// Encrypts whole blocks, for tests of what decrypts them.
#[cfg(test)]
pub(super) fn encrypt_cbc(key: &[u8; 24], iv: [u8; 8], plain: &[u8]) -> Vec<u8> {
    let part = |at: usize| key[at..at + 8].iter().fold(0, |key, byte| key << 8 | u64::from(*byte));
    let [first, second, third] = [0, 8, 16].map(|at| schedule(part(at)));
    let mut previous = u64::from_be_bytes(iv);
    let mut out = Vec::new();
    for block in plain.as_chunks::<8>().0 {
        let inner = cipher(u64::from_be_bytes(*block) ^ previous, &first, Direction::Encrypt);
        let middle = cipher(inner, &second, Direction::Decrypt);
        previous = cipher(middle, &third, Direction::Encrypt);
        out.extend(previous.to_be_bytes());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_of_the_literature_comes_out_as_it_should() {
        let keys = schedule(0x1334_5779_9BBC_DFF1);
        let block = cipher(0x0123_4567_89AB_CDEF, &keys, Direction::Encrypt);
        assert_eq!(block, 0x85E8_1354_0F0A_B405);
        assert_eq!(cipher(block, &keys, Direction::Decrypt), 0x0123_4567_89AB_CDEF);
    }

    #[test]
    fn a_part_of_a_block_is_dropped() {
        assert_eq!(decrypt_cbc(&[7; 24], [0; 8], &[1, 2, 3]), b"");
        assert_eq!(decrypt_cbc(&[7; 24], [0; 8], &[1; 15]).len(), 8);
    }
}
