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
///                 sums[p] += products of each lane with taps[k - p .. k - p + PACK], 0 where there is none
///     the sums of a lane side by side are PACK outputs
/// ```
///
/// 1. Vector units multiply 16 bits and more, and add up neighbouring products into 32 bits; modulo 2^bits the
///    signs do not matter. So a lane of 32 bits makes a sum of 4 or 2 words.
/// 2. The outputs of a lane take the same inputs, with the taps moved by one for each. So an input that was loaded
///    serves `PACK` multiplications, and needs no shuffle; nor do the sums, which masks and shifts put in place.
///    The price is up to `PACK - 1` taps that are 0.
/// 3. Taps are read where they lie, but for the first and the last few, which have zeros around them.
///
/// Times at 2^18 x 64 as multiples of float32's, minima of 25 (Intel's 4th Xeon generation; 8, 16, 32, 64 bits):
///
/// | | this kernel | plain loops |
/// |---|---|---|
/// | AVX-512 with VNNI | 0.28, 0.62, 2.5, 5.9 | 1.25, 1.36, 3.1, 7.2 |
/// | AVX-512 | 0.86, 0.84, 2.5, 5.9 | 1.25, 1.36, 3.1, 7.1 |
/// | AVX2 | 0.80, 0.68, 2.0, 8.9 | 1.0, 1.1, 2.3, 12 |
///
/// Sixteen groups of 4 taps, and one of zeros, bound bytes with VNNI at 0.27. Words of 32 and 64 bits are bounded
/// by their products, which are two and three operations. To halve outputs and taps for three correlations in the
/// place of four (Winograd's F(2, 2)) gave nothing for 32 bits with AVX-512 or AVX2, as passes over inputs and
/// outputs took what it saved; for 64 bits, a fifth of the time with AVX-512 at 256 taps and a third with AVX2. It was
/// dropped for its 90 lines. With VNNI, [`Words32`] takes the place of this kernel for 32 bits and 40 taps and more. On
/// vectors made of arrays this kernel made a third of the rate of plain loops.
struct Words<'a, T> {
    taps: &'a [T],
    x: &'a [T],
    out: &'a mut [T],
}

/// Taps with zeros around them: those that the groups at one end of the filter read.
type End<T> = [T; 4 * MAX_PACK];

/// `taps[from..]`, 0 where there is none.
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

/// [`Words`]; those of 32 bits by digits, as [`Words32`], if there are enough taps.
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
        // The narrowest tile that makes the rest, moved back to where it fits.
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

/// Makes `R` vectors of outputs from `at` on and returns where they end; where `SHORT`, one vector, of which `out`
/// holds the first words only.
#[inline(always)]
fn tile<V: WordVector, const R: usize, const SHORT: bool>(
    simd: V::Simd,
    words: &mut Words<V::Scalar>,
    ends: &[End<V::Scalar>; 2],
    at: usize,
) -> usize {
    let Words { taps, x, out } = words;
    let (x, out) = (&x[at..], &mut out[at..]);
    // What the loads in `step` and the stores below rely on.
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
        // SAFETY: k - whole is 0 or PACK, as taps.len() - whole < PACK: 3 * PACK - 1 words of the end are read at most.
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

/// `sums[r][p] += lanes of x[k + r * LEN ..] * taps[0 - p .. PACK - p]`. Where `CHECKED`, `x` may end before, and
/// has zeros behind.
///
/// # Safety
/// `PACK - 1` words before `taps` and `PACK` from there on are readable; unless `CHECKED`, `k + R * LEN <= x.len()`.
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
    use crate::cpu::guard_page::BeforeGuardPage;

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
