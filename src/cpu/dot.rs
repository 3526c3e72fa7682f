//! Few outputs of many taps: dot products.

#![allow(unsafe_code)]

use super::direct::Valid;
use super::vector::{Kernel, Simd, Vector};
use super::{Isa, Real, isa};

/// The most outputs that [`convolve_few`] takes.
const OUTPUTS: usize = 32;
/// Fewer taps do not pay for adding up lanes.
const TAPS: usize = 512;
/// Taps that are put back to front at a time, and stay in a first-level cache for all outputs.
const PIECE: usize = 1024;
/// Sums that do not wait for each other, in vectors.
const SUMS: usize = 8;

/// Whether [`convolve_few`] is for so many outputs of so many taps.
pub fn are_few(outputs: usize, taps: usize) -> bool {
    outputs <= OUTPUTS && taps >= TAPS
}

/// As [`convolve_valid`](super::convolve_valid), but for the order of the sums where all are finite: an output's is a function of
/// the numbers of taps and outputs and of the instruction set.
///
/// # Panics
/// If `out` is empty or longer than [`are_few`] allows, or if `x.len() + 1 != out.len() + taps.len()`.
pub fn convolve_few<T: Real>(taps: &[T], x: &[T], out: &mut [T]) -> bool {
    convolve_few_on(isa(), taps, x, out)
}

fn convolve_few_on<T: Real>(isa: Isa, taps: &[T], x: &[T], out: &mut [T]) -> bool {
    assert!((1..=OUTPUTS).contains(&out.len()) && x.len() + 1 == out.len() + taps.len());
    isa.run(Few { taps, x, out })
}

/// ```text
/// for PIECE taps at a time:
///     for R outputs at a time, the last ones moved back so that they end where `out` does:
///         for LANES taps, A of them in turns:
///             sums[r, a] += taps * x[r ..]            lane by lane
/// out[r] = the lanes of sums[r, 0], .. sums[r, A - 1], added up
/// ```
///
/// A vector of outputs that were sums over taps would wait for itself: a multiply-add takes 4 cycles, and there are 2 units.
struct Few<'a, T> {
    taps: &'a [T],
    x: &'a [T],
    out: &'a mut [T],
}

impl<T: Real> Kernel for Few<'_, T> {
    type Output = bool;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> bool {
        let Self { taps, x, out } = self;
        match out.len() {
            1 => dots::<T::V<S>, 1, 8>(simd, taps, x, out),
            2..4 => dots::<T::V<S>, 2, 4>(simd, taps, x, out),
            4..8 => dots::<T::V<S>, 4, 2>(simd, taps, x, out),
            _ => dots::<T::V<S>, 8, 1>(simd, taps, x, out),
        }
        // Where one lane overflows and another one does as well, the other way, a chain makes no NaN.
        out.iter().all(|value| value.is_finite()) || simd.run(Valid { taps, x, out })
    }
}

/// `R * A` is [`SUMS`], and `out` holds `R` at least.
#[inline(always)]
fn dots<V: Vector, const R: usize, const A: usize>(
    simd: V::Simd,
    taps: &[V::Scalar],
    x: &[V::Scalar],
    out: &mut [V::Scalar],
) {
    const { assert!(R * A == SUMS && PIECE.is_multiple_of(SUMS * crate::cpu::vector::MAX_LANES)) };
    // What the loads below rely on.
    assert!(out.len() >= R && x.len() + 1 == out.len() + taps.len());
    let zero = V::Scalar::default();
    let last = out.len() - R;
    let starts = || (0..out.len().div_ceil(R)).map(|group| (group * R).min(last));
    let mut sums = [[V::splat(simd, zero); SUMS]; OUTPUTS / SUMS];
    let mut reversed = [zero; PIECE];
    let whole = taps.len() / (A * V::LANES) * (A * V::LANES);
    for k in (0..whole).step_by(PIECE) {
        let reversed = &mut reversed[..PIECE.min(whole - k)];
        let piece = &taps[taps.len() - k - reversed.len()..taps.len() - k];
        reversed.iter_mut().zip(piece.iter().rev()).for_each(|(to, &tap)| *to = tap);
        for (sums, start) in sums.iter_mut().zip(starts()) {
            let mut here = *sums;
            for j in (0..reversed.len()).step_by(A * V::LANES) {
                for a in 0..A {
                    let j = j + a * V::LANES;
                    // SAFETY: `reversed` holds whole groups of A * LANES, so j + LANES <= reversed.len().
                    let tap = unsafe { V::load_at(simd, reversed.as_ptr().add(j)) };
                    for r in 0..R {
                        // SAFETY: k + j + LANES <= taps.len() and start + r < out.len(): so this ends at x.len() at most.
                        let x = unsafe { V::load_at(simd, x.as_ptr().add(start + r + k + j)) };
                        here[a * R + r] = x.mul_add(tap, here[a * R + r]);
                    }
                }
            }
            *sums = here;
        }
    }
    let rest = &taps[..taps.len() - whole];
    for (sums, start) in sums.iter().zip(starts()) {
        for r in 0..R {
            let lanes = (1..A).fold(sums[r], |sum, a| sum.add(sums[a * R + r]));
            let rest = rest.iter().rev().zip(&x[start + r + whole..]);
            let rest = rest.fold(zero, |sum, (&tap, &x)| match V::Simd::FUSED {
                true => tap.mul_add(x, sum),
                false => tap * x + sum,
            });
            out[start + r] = total(lanes) + rest;
        }
    }
}

/// The sum of the lanes, by halves.
#[inline(always)]
fn total<V: Vector>(vector: V) -> V::Scalar {
    let mut block = <V::Block as bytemuck::Zeroable>::zeroed();
    vector.store(&mut block);
    let lanes: &mut [V::Scalar] = bytemuck::cast_slice_mut(std::slice::from_mut(&mut block));
    let mut half = V::LANES / 2;
    while half > 0 {
        for i in 0..half {
            lanes[i] = lanes[i] + lanes[i + half];
        }
        half /= 2;
    }
    lanes[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::guarded::Guarded;

    /// Against sums of products in twice the precision, by the bound of docs/accuracy.md; small integers, exactly.
    fn check<T: Real>(epsilon: f64) {
        let mut seed = 7u64;
        let mut random = move || {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (seed >> 20) as f64 / (1u64 << 44) as f64 - 0.5
        };
        for count in [1, 127, 128, 129, 512, 1023, 1024, 1025, 2500] {
            for outputs in 1..=OUTPUTS {
                for is_exact in [true, false] {
                    let mut next = || {
                        let value = random();
                        T::from_f64(if is_exact { (value * 8.0).round() } else { value })
                    };
                    let (mut taps, mut x) =
                        (Guarded::new(count), Guarded::new(outputs + count - 1));
                    taps.fill_with(&mut next);
                    x.fill_with(&mut next);
                    for isa in Isa::available() {
                        let mut out = Guarded::new(outputs);
                        assert!(convolve_few_on(isa, &taps, &x, &mut out));
                        for (i, &out) in out.iter().enumerate() {
                            let products = taps.iter().rev().zip(&x[i..]);
                            let products = products.map(|(&tap, &x)| tap.to_f64() * x.to_f64());
                            let (sum, size) = products.fold((0.0, 0.0), |(sum, size), product| {
                                (sum + product, size + f64::abs(product))
                            });
                            let bound = if is_exact { 0.0 } else { count as f64 * epsilon * size };
                            let name = isa.name();
                            assert!(
                                (out.to_f64() - sum).abs() <= bound,
                                "{name} {outputs} of {count}, {i}: {out:?} {sum}"
                            );
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn outputs_are_the_sums_and_nothing_outside_is_read() {
        check::<f32>(f32::EPSILON.into());
        check::<f64>(f64::EPSILON);
    }

    #[test]
    fn not_finite_is_told_and_stays_where_it_is_read() {
        for isa in Isa::available() {
            for at in [0, 5, 700, 1999, 2009] {
                let mut x = [1.0f32; 2010];
                x[at] = f32::INFINITY;
                let mut out = [0.0; 11];
                assert!(!convolve_few_on(isa, &[1.0; 2000], &x, &mut out));
                for (i, &out) in out.iter().enumerate() {
                    let is_read = (i..i + 2000).contains(&at);
                    assert_eq!(out, if is_read { f32::INFINITY } else { 2000.0 }, "{}", isa.name());
                }
            }
        }
    }

    #[test]
    fn lanes_that_overflow_both_ways_make_no_nan() {
        // Some lanes add up to Inf, their neighbours to -Inf; a chain takes one after the other.
        let mut taps = [0.0; 600];
        for k in (0..600).step_by(128) {
            (taps[599 - k], taps[598 - k]) = (1.0, -1.0);
        }
        let (x, mut want) = ([f32::MAX; 600], [1.0]);
        for isa in Isa::available() {
            let mut out = [0.0];
            convolve_few_on(isa, &taps, &x, &mut out);
            super::super::direct::convolve_valid_on(isa, &taps, &x, &mut want);
            assert!(out == [0.0] && want == [0.0], "{} {out:?} {want:?}", isa.name());
        }
    }
}
