//! Correlation of integers modulo 2^bits.

#![allow(unsafe_code)]

use bytemuck::{cast_slice, cast_slice_mut};

use super::words_plain;
use super::words32::{self, Words32};
use crate::cpu::isa::{Isa, isa};
use crate::cpu::vector::{
    DigitVector, LaneSums, MAX_PACK, Word, WordKernel, WordSimd, WordVector, unrolled,
};

/// `out[i] = sum over k of taps[k] * x[i + k]`, modulo 2^bits. Nothing outside `x` is read.
///
/// # Panics
/// If `taps` is empty or `x.len() + 1 != out.len() + taps.len()`.
pub fn correlate_words<T: Word>(taps: &[T], x: &[T], out: &mut [T]) {
    correlate_words_on(isa(), taps, x, out);
}

fn correlate_words_on<T: Word>(isa: Isa, taps: &[T], x: &[T], out: &mut [T]) {
    assert!(!taps.is_empty() && x.len() + 1 == out.len() + taps.len());
    match isa {
        Isa::Portable(_) => words_plain::correlate(taps, x, out),
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2(simd) => simd.run_words(Words { taps, x, out }),
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512(simd) => simd.run_words(Words { taps, x, out }),
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512Vnni(simd) => simd.run_words(ByDigits(Words { taps, x, out })),
        #[cfg(target_arch = "aarch64")]
        Isa::Neon(simd) => simd.run_words(Words { taps, x, out }),
    }
}

/// ```text
/// for each tile of R vectors of outputs, the last one moved back so that it ends where `out` does:
///     for PACK taps at a time, from tap k on, until all PACK shifts of them are past the last:
///         for each of the R vectors of inputs at x[k ..], lanes of PACK words:
///             for p in 0 .. PACK:
///                 sums[p] += products of each lane with taps[k - p .. k - p + PACK],
///                            0 where there is no tap
///     the sums of a lane side by side are PACK outputs
/// ```
///
/// 1. Vector units multiply words of 16 bits and more, and add neighbouring products up in 32 bits.
///    Modulo 2^bits the signs do not matter. So a lane of 32 bits sums the products of 4 or 2
///    words.
/// 2. The outputs of a lane take the same inputs, each with the taps moved by one. So a loaded
///    input serves `PACK` multiplications and needs no shuffle. The sums need no shuffle either,
///    because masks and shifts put them in place. The price is up to `PACK - 1` taps that are 0.
/// 3. Taps are read in place, except for the first and the last few, which need zeros around them.
///
/// Times at 2^18 x 64 as multiples of float32's, minima of 25 (Intel's 4th Xeon generation; 8, 16,
/// 32, 64 bits):
///
/// | | this kernel | plain loops |
/// |---|---|---|
/// | AVX-512 with VNNI | 0.28, 0.62, 2.5, 5.9 | 1.25, 1.36, 3.1, 7.2 |
/// | AVX-512 | 0.86, 0.84, 2.5, 5.9 | 1.25, 1.36, 3.1, 7.1 |
/// | AVX2 | 0.80, 0.68, 2.0, 8.9 | 1.0, 1.1, 2.3, 12 |
///
/// The lower bound for bytes with VNNI is 0.27: sixteen groups of 4 taps, and one group of zeros.
/// Words of 32 and 64 bits are bound by their products, which take two and three operations.
/// Halving outputs and taps takes three correlations instead of four (Winograd's F(2, 2)). For 32
/// bits with AVX-512 or AVX2 this gained nothing, because passes over inputs and outputs took the
/// time that it saved. For 64 bits it saved a fifth of the time with AVX-512 at 256 taps and a
/// third with AVX2. It was dropped for its 90 lines. With VNNI, [`Words32`] replaces this kernel
/// for 32 bits and 40 taps and more. On vectors made of arrays, this kernel reached a third of the
/// rate of plain loops.
struct Words<'a, T> {
    taps: &'a [T],
    x: &'a [T],
    out: &'a mut [T],
}

/// Taps with zeros around them, for the groups at one end of the filter.
type End<T> = [T; 4 * MAX_PACK];

/// `taps[from..]`, with 0 where there is no tap.
fn end<T: Word>(taps: &[T], from: isize) -> End<T> {
    let mut end = End::default();
    let zeros = (-from).max(0) as usize;
    let taps = &taps[from.max(0) as usize..];
    let len = taps.len().min(end.len() - zeros);
    end[zeros..][..len].copy_from_slice(&taps[..len]);
    end
}

impl<T: Word, S: WordSimd> WordKernel<S> for Words<'_, T> {
    #[inline(always)]
    fn run(mut self, simd: S) {
        let pack = <T::V<S>>::PACK;
        let whole = self.taps.len() / pack * pack;
        let before = pack as isize - 1;
        let ends = [end(self.taps, -before), end(self.taps, whole as isize - before)];
        tiles::<T::V<S>>(simd, &mut self, &ends);
    }
}

/// [`Words`], except for words of 32 bits with enough taps: [`Words32`] computes these by digits.
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
struct ByDigits<'a, T>(Words<'a, T>);

impl<T: Word, S: WordSimd<U16: DigitVector>> WordKernel<S> for ByDigits<'_, T> {
    #[inline(always)]
    fn run(self, simd: S) {
        let Self(words) = self;
        if size_of::<T>() == size_of::<u32>() && words.taps.len() >= words32::FROM {
            let Words { taps, x, out } = words;
            let (taps, x, out) = (cast_slice(taps), cast_slice(x), cast_slice_mut(out));
            Words32 { taps, x, out }.run::<S::U16>(simd);
        } else {
            words.run(simd);
        }
    }
}

#[inline(always)]
fn tiles<V: WordVector>(simd: V::Simd, words: &mut Words<V::Scalar>, ends: &[End<V::Scalar>; 2]) {
    let len = words.out.len();
    let mut at = 0;
    while at < len {
        let left = len - at;
        // The narrowest tile that computes the rest, moved back to where it fits.
        let makes = |rows: usize, narrower: usize| {
            V::ROWS >= rows && left > narrower * V::LEN && len >= rows * V::LEN
        };
        at = if makes(12, 6) {
            tile::<V, 12, false>(simd, words, ends, at.min(len - 12 * V::LEN))
        } else if makes(6, 3) {
            tile::<V, 6, false>(simd, words, ends, at.min(len - 6 * V::LEN))
        } else if makes(3, 2) {
            tile::<V, 3, false>(simd, words, ends, at.min(len - 3 * V::LEN))
        } else if makes(2, 1) {
            tile::<V, 2, false>(simd, words, ends, at.min(len - 2 * V::LEN))
        } else if makes(1, 0) {
            tile::<V, 1, false>(simd, words, ends, at.min(len - V::LEN))
        } else {
            tile::<V, 1, true>(simd, words, ends, at)
        };
    }
}

/// Makes `R` vectors of outputs from `at` on, and returns where they end. If `SHORT`, makes one
/// vector, and `out` holds only its first words.
#[inline(always)]
fn tile<V: WordVector, const R: usize, const SHORT: bool>(
    simd: V::Simd,
    words: &mut Words<V::Scalar>,
    ends: &[End<V::Scalar>; 2],
    at: usize,
) -> usize {
    let Words { taps, x, out } = words;
    let (x, out) = (&x[at..], &mut out[at..]);
    // The loads in `step` and the stores below rely on this.
    assert!(SHORT || (out.len() >= R * V::LEN && x.len() + 1 >= taps.len() + R * V::LEN));
    let mut sums = [[V::zero(simd); MAX_PACK]; R];
    let whole = taps.len() / V::PACK * V::PACK;
    let mut k = 0;
    if whole > 0 {
        // SAFETY: an end has PACK - 1 words before its first group. PACK <= taps.len().
        unsafe { step::<V, R, SHORT>(simd, ends[0].as_ptr().add(V::PACK - 1), x, k, &mut sums) };
        k += V::PACK;
    }
    while k < whole {
        // SAFETY: PACK <= k, and k + PACK <= taps.len().
        unsafe { step::<V, R, SHORT>(simd, taps.as_ptr().add(k), x, k, &mut sums) };
        k += V::PACK;
    }
    while k < taps.len() + V::PACK - 1 {
        // SAFETY: taps.len() - whole < PACK, so k - whole is 0 or PACK. At most 3 * PACK - 1 words
        // of the end are read.
        unsafe {
            let taps = ends[1].as_ptr().add(k - whole + V::PACK - 1);
            step::<V, R, true>(simd, taps, x, k, &mut sums);
        }
        k += V::PACK;
    }
    for r in 0..R {
        let sums = V::join(sums[r]);
        if SHORT {
            let mut all = [V::Scalar::default(); MAX_LEN];
            // SAFETY: LEN <= MAX_LEN.
            unsafe { sums.store_at(all.as_mut_ptr()) };
            out.copy_from_slice(&all[..out.len()]);
        } else {
            // SAFETY: (r + 1) * LEN <= R * LEN <= out.len().
            unsafe { sums.store_at(out.as_mut_ptr().add(r * V::LEN)) };
        }
    }
    at + R * V::LEN
}

/// The most words in a vector.
const MAX_LEN: usize = 64;

/// `sums[r][p] += lanes of x[k + r * LEN ..] * taps[0 - p .. PACK - p]`. If `CHECKED`, `x` may end
/// earlier, and zeros follow it.
///
/// # Safety
/// `PACK - 1` words before `taps` and `PACK` words from `taps` on are readable. Unless `CHECKED`,
/// `k + R * LEN <= x.len()`.
#[inline(always)]
unsafe fn step<V: WordVector, const R: usize, const CHECKED: bool>(
    simd: V::Simd,
    taps: *const V::Scalar,
    x: &[V::Scalar],
    k: usize,
    sums: &mut [LaneSums<V>; R],
) {
    let mut tap = [V::zero(simd); MAX_PACK];
    for (p, tap) in tap.iter_mut().enumerate().take(V::PACK) {
        // SAFETY: the caller's promise.
        *tap = unsafe { V::splat_at(simd, taps.sub(p)) };
    }
    unrolled!(r < R, {
        let from = k + r * V::LEN;
        let window = if CHECKED && from + V::LEN > x.len() {
            let mut all = [V::Scalar::default(); MAX_LEN];
            let rest = &x[from.min(x.len())..];
            all[..rest.len()].copy_from_slice(rest);
            // SAFETY: LEN <= MAX_LEN.
            unsafe { V::load_at(simd, all.as_ptr()) }
        } else {
            // SAFETY: just checked, or k + (r + 1) * LEN <= k + R * LEN <= x.len().
            unsafe { V::load_at(simd, x.as_ptr().add(from)) }
        };
        for p in 0..V::PACK {
            sums[r][p] = window.dot(tap[p], sums[r][p]);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::each_isa::each_isa;
    use crate::process::guard_page::BeforeGuardPage;

    fn check<T: Word + PartialEq + std::fmt::Debug>() {
        let mut seed = 1u64;
        let mut random = move || {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            T::from_bits(seed >> 13)
        };
        // Tails of every vector and tile (outputs), and of the words in a lane (taps).
        let mut sizes: Vec<(usize, usize)> = (1..1200).map(|n| (n, 1 + n * 7 % 23)).collect();
        sizes.extend((1..70).chain([127, 128, 129]).flat_map(|k| [(9, k), (400, k)]));
        for (outputs, k) in sizes {
            let mut taps = BeforeGuardPage::<T>::new(k);
            let mut x = BeforeGuardPage::<T>::new(outputs + k - 1);
            taps.iter_mut().chain(x.iter_mut()).for_each(|value| *value = random());
            for isa in each_isa() {
                let mut out = BeforeGuardPage::<T>::new(outputs);
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
