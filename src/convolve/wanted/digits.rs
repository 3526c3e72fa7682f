//! How an integer is cut into digits, so that transforms of float64 give every sum exactly.
//!
//! An integer modulo 2^bits is `sum over i of digit[i] * 2^(w i)`. The digits are balanced: |digit|
//! <= 2^(w - 1). The rest after the last digit is a multiple of 2^bits, so it is dropped. A product
//! needs only the pairs of digits (i, j) with i + j below the number of digits: all other pairs
//! give multiples of 2^bits too. The spectra of all pairs with the same i + j are added, and one
//! inverse transform turns their sum back.
//!
//! The error of such a sum is at most `(4.75 log2(B) + 1.5 pairs + 14) eps pairs ||x|| ||v||`
//! (docs/accuracy.md), with ||x|| <= sqrt(B) 2^(w - 1) and ||v|| <= sqrt(K) 2^(w - 1).
//! [`Digits::new`] takes the fewest digits that keep this bound below one half. Then rounding to
//! the nearest integer gives the exact sum.

use super::parts::error_factor;
use crate::dtype::Dtype;
use crate::fft::MAX_COORDINATES;

/// How integers are cut into digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digits {
    /// The number of digits.
    pub count: usize,
    /// Bits of a digit.
    pub width: u32,
}

impl Digits {
    /// The fewest digits that keep sums of `filter_len` products of `bits`-bit integers exact in
    /// blocks of `block_len` points. `None` if this takes more than [`MAX_COORDINATES`] digits: for
    /// 64-bit integers, from about 2^33 taps on.
    pub fn new(bits: u32, filter_len: usize, block_len: usize) -> Option<Self> {
        /// Below one half by more than the rounding error of the bound itself.
        const LIMIT: f64 = 0.499;
        (1..=bits.min(MAX_COORDINATES as u32))
            .map(|count| Self { count: count as usize, width: bits.div_ceil(count) })
            .find(|digits| digits.error(filter_len, block_len) < LIMIT)
    }

    /// The number of blocks for the values of `dtype` in a transform: one for each digit of
    /// integers, one for each part of other numbers. `None` if a transform of integers would not be
    /// exact.
    pub fn blocks(dtype: Dtype, filter_len: usize, block_len: usize) -> Option<usize> {
        match dtype {
            Dtype::Complex64 => Some(2),
            _ if dtype.is_integer() => {
                Some(Self::new(8 * dtype.size() as u32, filter_len, block_len)?.count)
            }
            _ => Some(1),
        }
    }

    /// A bound on the error of any sum before it is rounded.
    fn error(self, filter_len: usize, block_len: usize) -> f64 {
        let digit = 2f64.powi(self.width as i32 - 1);
        let norms = (block_len as f64).sqrt() * digit * (filter_len as f64).sqrt() * digit;
        error_factor(block_len, self.count) * self.count as f64 * norms
    }
}
