//! Correlation of integers modulo 2^bits.

use bytemuck::Pod;

use super::vector::{Kernel, Simd};
use super::{Isa, isa};

/// An unsigned word whose arithmetic wraps: what integers of its width, signed or not, compute in.
pub trait Word: Pod + Send + Sync + Default {
    /// What sums are kept in: at least as wide, exact modulo 2^bits of the narrower one.
    type Sum: Word;
    /// `self + a * b` modulo 2^bits.
    fn add_product(self, a: Self, b: Self) -> Self;
    /// Modulo 2^bits.
    fn from_bits(bits: u64) -> Self;
    /// Zero-extended.
    fn to_sum(self) -> Self::Sum;
    /// The low bits.
    fn from_sum(sum: Self::Sum) -> Self;
}

macro_rules! words {
    ($($type:ty: $sum:ty),*) => {$(
        impl Word for $type {
            type Sum = $sum;
            #[inline(always)]
            fn add_product(self, a: Self, b: Self) -> Self {
                self.wrapping_add(a.wrapping_mul(b))
            }
            #[inline(always)]
            fn from_bits(bits: u64) -> Self {
                bits as Self
            }
            #[inline(always)]
            fn to_sum(self) -> $sum {
                self.into()
            }
            #[inline(always)]
            fn from_sum(sum: $sum) -> Self {
                sum as Self
            }
        }
    )*};
}
// Vector units multiply 16 bits and more, not 8.
words!(u8: u16, u16: u16, u32: u32, u64: u64);

/// `out[i] = sum over k of taps[k] * x[i + k]`, modulo 2^bits.
///
/// # Panics
/// If `taps` is empty or `x.len() + 1 != out.len() + taps.len()`.
pub fn correlate_words<T: Word>(taps: &[T], x: &[T], out: &mut [T]) {
    correlate_words_on(isa(), taps, x, out);
}

fn correlate_words_on<T: Word>(isa: Isa, taps: &[T], x: &[T], out: &mut [T]) {
    assert!(!taps.is_empty() && x.len() + 1 == out.len() + taps.len());
    isa.run(Words { taps, x, out });
}

struct Words<'a, T> {
    taps: &'a [T],
    x: &'a [T],
    out: &'a mut [T],
}

/// Outputs whose sums are in the works together, and taps whose inputs are widened at a time: both
/// buffers stay in the first-level cache (8 KiB each, at 8 bytes).
const TILE: usize = 1024;
const RUN: usize = 64;

impl<T: Word> Kernel for Words<'_, T> {
    type Output = ();

    /// ```text
    /// for each tile of outputs, for each run of taps:
    ///     wide = the inputs of both, as sums
    ///     for 4 taps at a time: sums[i] += the 4 products     (4 products per load and store of a sum)
    /// ```
    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let zero = T::Sum::default();
        let (mut sums, mut wide) = ([zero; TILE], [zero; TILE + RUN]);
        let mut done = 0;
        for out in self.out.chunks_mut(TILE) {
            let sums = &mut sums[..out.len()];
            sums.fill(zero);
            for (run, taps) in self.taps.chunks(RUN).enumerate() {
                let x = &self.x[done + run * RUN..][..out.len() + taps.len() - 1];
                let wide = &mut wide[..x.len()];
                for (wide, x) in wide.iter_mut().zip(x) {
                    *wide = x.to_sum();
                }
                let (fours, rest) = taps.as_chunks::<4>();
                for (four, taps) in fours.iter().enumerate() {
                    let [a, b, c, d] = *taps;
                    let (a, b, c, d) = (a.to_sum(), b.to_sum(), c.to_sum(), d.to_sum());
                    let x = &wide[4 * four..][..sums.len() + 3];
                    for i in 0..sums.len() {
                        let sum = sums[i].add_product(a, x[i]).add_product(b, x[i + 1]);
                        sums[i] = sum.add_product(c, x[i + 2]).add_product(d, x[i + 3]);
                    }
                }
                for (k, tap) in rest.iter().enumerate() {
                    let x = &wide[4 * fours.len() + k..][..sums.len()];
                    for i in 0..sums.len() {
                        sums[i] = sums[i].add_product(tap.to_sum(), x[i]);
                    }
                }
            }
            for (out, sum) in out.iter_mut().zip(sums.iter()) {
                *out = T::from_sum(*sum);
            }
            done += out.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::guarded::Guarded;

    fn check<T: Word + PartialEq + std::fmt::Debug>() {
        let mut seed = 1u64;
        let mut random = move || {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            T::from_bits(seed >> 13)
        };
        // Tails of every vector (outputs), of the four taps at a time and of a run of taps.
        let mut sizes: Vec<(usize, usize)> = (1..70).map(|n| (n, 1 + n * 7 % 23)).collect();
        sizes.extend((60..70).chain([127, 128, 129]).map(|k| (9, k)));
        sizes.extend([(TILE - 1, 3), (TILE, 65), (TILE + 1, 130), (3 * TILE + 5, 64)]);
        for (outputs, k) in sizes {
            let mut taps = Guarded::<T>::new(k);
            let mut x = Guarded::<T>::new(outputs + k - 1);
            taps.iter_mut().chain(x.iter_mut()).for_each(|value| *value = random());
            for isa in Isa::available() {
                let mut out = Guarded::<T>::new(outputs);
                correlate_words_on(isa, &taps, &x, &mut out);
                for i in 0..outputs {
                    let mut want = T::default();
                    for k in 0..k {
                        want = want.add_product(taps[k], x[i + k]);
                    }
                    assert_eq!(out[i], want, "{} {outputs} x {k}, at {i}", isa.name());
                }
            }
        }
    }

    #[test]
    fn words_are_exact_modulo_their_width() {
        check::<u8>();
        check::<u16>();
        check::<u32>();
        check::<u64>();
    }
}
