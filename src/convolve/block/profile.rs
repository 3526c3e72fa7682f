//! Estimates of how many outputs of a block are small, from sums of chunks, far below the time of a
//! transform.
//!
//! A chunk has `L` values. With `A[p]` and `V[q]` the sums of the magnitudes of chunks `p` of the
//! signal and `q` of the filter, the products of one with the other add up to `A[p] V[q]`. They go
//! to `2L` outputs, half of them to chunk `p + q` of the outputs and half to the next. So the sums
//! `S = |x| conv |v|` in chunk `r` of the outputs are about
//!
//! ```text
//! S[r] = sum over q of A[r - q] W[q]        W[q] = (V[q] + V[q - 1]) / (2L)
//! ```
//!
//! Their mean over the chunk is exact if the values within each chunk are equal. If a few values of
//! both operands are far larger than the others, only a few outputs multiply them. So the sums of the
//! signal are those of typical chunks: as if all values were as large as their geometric mean. An
//! estimate is 0 only if it is a sum of zeros.

use std::ops::{Deref, Range};

use super::planes::Planes;
use crate::convolve::wanted::Chunks;
use crate::cpu::{chunk_magnitudes, chunk_typicals, convolve_valid};

/// 2^-500. Smaller sums, but not 0, are replaced by this one, so that no product of two underflows.
const FLOOR: f64 = f64::from_bits((1023 - 500) << 52);

/// Writes the profile of a filter: `W` of the module's comment.
///
/// # Panics
/// If `profile` or `taps` has another length than `chunks` were made for.
pub fn write_filter_profile(chunks: Chunks, taps: &[f64], profile: &mut [f64]) {
    assert_eq!(profile.len(), chunks.filter_profile_len());
    let (last, sums) = profile.split_last_mut().expect("one more than the filter's chunks");
    chunk_magnitudes(taps, chunks.len, sums);
    *last = 0.0;
    let mut before = 0.0;
    for sum in profile {
        let mean = (*sum + before) / (2 * chunks.len) as f64;
        before = std::mem::replace(sum, raised(mean));
    }
}

/// Writes the profile of the first `count` values of a block: `A` of the module's comment, between
/// zeros for chunks outside the block.
///
/// The values are finite. They are so small that the sum of all magnitudes is below 2^500.
///
/// # Panics
/// If `profile` has not [`Chunks::signal_profile_len`] of `count`.
pub fn write_signal_profile<V: Deref<Target = [f64]>>(
    chunks: Chunks,
    block: &Planes<V>,
    count: usize,
    profile: &mut [f64],
) {
    assert_eq!(profile.len(), chunks.signal_profile_len(count));
    let Chunks { len, of_filter } = chunks;
    let inside = of_filter..profile.len() - of_filter;
    profile[..of_filter].fill(0.0);
    profile[inside.end..].fill(0.0);
    let sums = &mut profile[inside];
    let (first, second) = block.runs(0, count);
    let in_first = first.len().div_ceil(len);
    chunk_typicals(first, len, &mut sums[..in_first]);
    // The second plane may begin within a chunk.
    let joined = (in_first * len - first.len()).min(second.len());
    if joined > 0 {
        let mut rest = [0.0];
        chunk_typicals(&second[..joined], len, &mut rest);
        sums[in_first - 1] += rest[0];
    }
    chunk_typicals(&second[joined..], len, &mut sums[in_first..]);
    for sum in sums {
        *sum = raised(*sum);
    }
}

/// The number of outputs, by estimate, whose sum `S` is below `least` but not 0. `pairs` are profiles
/// of a signal and of a filter, whose sums are added. `outputs` are places in the full convolution of the block's values with
/// the filter.
///
/// Only whole chunks count, so the number may be too large by up to two chunks. It is at most the
/// number of outputs. `least` is above 2^-400.
pub fn count_below(
    chunks: Chunks,
    least: f64,
    pairs: &[[&[f64]; 2]],
    outputs: Range<usize>,
) -> usize {
    /// Estimates that are made at a time.
    const PIECE: usize = 256;
    let signal_len = pairs.iter().map(|[signal, _]| signal.len()).min().unwrap_or(chunks.of_filter);
    let end = outputs.end.div_ceil(chunks.len).min(signal_len - chunks.of_filter);
    let [mut estimates, mut of_pair] = [[0.0; PIECE]; 2];
    let mut count = 0;
    for start in (outputs.start / chunks.len..end).step_by(PIECE) {
        let estimates = &mut estimates[..PIECE.min(end - start)];
        estimates.fill(0.0);
        for [signal, filter] in pairs {
            let of_pair = &mut of_pair[..estimates.len()];
            convolve_valid(filter, &signal[start..][..of_pair.len() + chunks.of_filter], of_pair);
            estimates.iter_mut().zip(of_pair).for_each(|(sum, more)| *sum += *more);
        }
        for &estimate in estimates.iter() {
            count += usize::from(estimate < least && estimate != 0.0);
        }
    }
    outputs.len().min(count * chunks.len)
}

/// The sum, or [`FLOOR`] if it is smaller and not 0.
fn raised(sum: f64) -> f64 {
    if sum == 0.0 { sum } else { sum.max(FLOOR) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convolve::block::OwnPlanes;

    struct Random(u64);

    impl Random {
        /// Between -1 and 1.
        fn even(&mut self) -> f64 {
            self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (self.0 >> 11) as f64 / (1u64 << 52) as f64 - 1.0
        }

        /// Of the normal distribution.
        fn normal(&mut self) -> f64 {
            let angle = std::f64::consts::PI * self.even();
            (-2.0 * self.even().abs().max(1e-300).ln()).sqrt() * angle.cos()
        }
    }

    /// The count for the first values of a block.
    fn count(x: &[f64], v: &[f64], block_len: usize, outputs: Range<usize>, least: f64) -> usize {
        let chunks = Chunks::new(v.len());
        let mut block = OwnPlanes::zeroed(block_len).unwrap();
        block.fill(0, x, |x| x);
        let mut signal = vec![f64::NAN; chunks.signal_profile_len(x.len())];
        let mut filter = vec![f64::NAN; chunks.filter_profile_len()];
        write_signal_profile(chunks, &block, x.len(), &mut signal);
        write_filter_profile(chunks, v, &mut filter);
        count_below(chunks, least, &[[&signal, &filter]], outputs)
    }

    /// `|x| conv |v|`.
    fn sums(x: &[f64], v: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; x.len() + v.len() - 1];
        for (i, x) in x.iter().enumerate() {
            for (sum, v) in sums[i..].iter_mut().zip(v) {
                *sum += (x * v).abs();
            }
        }
        sums
    }

    #[test]
    fn estimates_are_those_of_the_formula() {
        let mut random = Random(1);
        for filter_len in [1, 33, 128, 257, 700, 1500, 5000] {
            let Chunks { len, .. } = Chunks::new(filter_len);
            for (block_len, count_of_x) in
                [(2, 1), (40, 33), (1500, 1400), (1500, 768), (1500, 751), (1280, 640), (1280, 10)]
            {
                let mut values = |len| -> Vec<f64> {
                    let mut all: Vec<_> =
                        (0..len).map(|i| random.even() * 2f64.powi(-(i as i32 / 50))).collect();
                    all[len / 3..len / 2].fill(0.0);
                    all
                };
                let (x, v) = (values(count_of_x), values(filter_len));
                // Each pair of chunks, with no vectors and no profiles.
                let sum = |values: &[f64]| values.iter().map(|x| x.abs()).sum::<f64>();
                let typical = |values: &[f64]| {
                    let others = || values.iter().filter(|x| **x != 0.0);
                    let count = others().count().max(1) as f64;
                    count * (others().map(|x| x.abs().ln()).sum::<f64>() / count).exp()
                };
                let mut want = vec![0.0; (x.len() + v.len()) / len + 3];
                for (p, x) in x.chunks(len).enumerate().filter(|(_, x)| sum(x) > 0.0) {
                    for (q, v) in v.chunks(len).enumerate().filter(|(_, v)| sum(v) > 0.0) {
                        for half in 0..2 {
                            want[p + q + half] += typical(x) * sum(v) / (2 * len) as f64;
                        }
                    }
                }
                for least in (-40..4).map(|e| 1.234 * 2f64.powi(e)) {
                    for outputs in [0..9000, 0..1, filter_len - 1..filter_len + 500, 240..290] {
                        let chunks = outputs.start / len..outputs.end.div_ceil(len);
                        let below = |least: f64| {
                            let is_below = |&sum: &f64| sum != 0.0 && sum < least;
                            let small =
                                chunks.clone().filter(|&r| want.get(r).is_some_and(is_below));
                            (small.count() * len).min(outputs.len())
                        };
                        let got = count(&x, &v, block_len, outputs.clone(), least);
                        // Bits are not quite logarithms, and a chunk may lie in both planes.
                        let near = (below(least / 1.5)..=below(least * 1.5)).contains(&got);
                        assert!(near, "{filter_len} {block_len} {outputs:?} {least:e}: {got}");
                    }
                }
            }
        }
    }

    #[test]
    fn zeros_do_not_count_but_what_underflows_does() {
        let (mut x, v) = (vec![0.0; 4096], vec![1e-200; 512]);
        assert_eq!(count(&x, &v, 4096, 0..4607, 1.0), 0);
        // The product of the sums underflows.
        x[1000..1016].fill(1e-200);
        let got = count(&x, &v, 4096, 0..4607, 1e-100);
        assert!((512..=512 + 2 * Chunks::new(512).len).contains(&got), "{got}");
        assert_eq!(count(&x, &v, 4096, 0..800, 1e-100), 0);
    }

    /// A signal and a filter for which the estimate has to be near the truth.
    fn families(n: usize, k: usize) -> Vec<(&'static str, Vec<f64>, Vec<f64>)> {
        let mut random = Random(2);
        let mut noise = |len: usize| -> Vec<f64> { (0..len).map(|_| random.normal()).collect() };
        let (signal, taps) = (noise(n), noise(k));
        let by = |values: &[f64], factor: &dyn Fn(f64) -> f64| -> Vec<f64> {
            let len = values.len() as f64;
            values.iter().enumerate().map(|(i, x)| x * factor(i as f64 / len)).collect()
        };
        let one = |_: f64| 1.0;
        let gauss = |width: f64| move |t: f64| (-0.5 * (width * (2.0 * t - 1.0)).powi(2)).exp();
        let of = |len: usize, shape: &dyn Fn(f64) -> f64| by(&vec![1.0; len], shape);
        let with = |at: usize, value: f64| {
            let mut values = signal.clone();
            values[at] = value;
            values
        };
        vec![
            ("noise", signal.clone(), taps.clone()),
            ("decay", by(&signal, &|t| (-300.0 * t).exp()), by(&taps, &|t| (-5.0 * t).exp())),
            ("reverberation", signal.clone(), by(&taps, &|t| (-20.0 * t).exp())),
            ("one value of 1e100", with(n / 3, 1e100), taps.clone()),
            ("one value of 1e6", with(n / 3, 1e6), taps.clone()),
            ("narrow gaussians", of(n, &gauss(9.0)), of(k, &gauss(9.0))),
            ("wide gaussians", of(n, &gauss(37.0)), of(k, &gauss(37.0))),
            (
                "moving sum over one value of 1e5",
                of(n, &|t| if t == 0.0 { 1e5 } else { 1e-4 }),
                of(k, &one),
            ),
            ("bursts", by(&signal, &|t| 10f64.powf(-12.0 * (7.0 * t).fract())), taps.clone()),
        ]
    }

    #[test]
    fn estimates_are_near_the_truth() {
        for (n, k) in [(4096, 256), (8192, 1024), (3000, 700), (16384, 5000)] {
            let len = Chunks::new(k).len;
            for (name, x, v) in families(n, k) {
                let sums = sums(&x, &v);
                for (start, end) in [(k - 1, n), (0, n + k - 1)] {
                    let below =
                        |least: f64| sums[start..end].iter().filter(|&&sum| sum < least).count();
                    for exponent in (-300..30).step_by(5) {
                        let least = 2f64.powi(exponent);
                        let got = count(&x, &v, n.next_multiple_of(8), start..end, least);
                        let (few, many) = (below(least / 4.0), below(least * 4.0));
                        // Nothing is promised for outputs that are large because of few values.
                        let spoiled = match name {
                            _ if name.contains("one value") => k,
                            "bursts" => n + k,
                            _ => 0,
                        };
                        let most = many + 4 * len + spoiled;
                        let near = (few.saturating_sub(4 * len)..=most).contains(&got);
                        assert!(near, "{n} {k} {name} 2^{exponent}: {got} of {}", below(least));
                    }
                }
            }
        }
    }

    /// Where a few values of both operands are far larger than others, few outputs multiply them. The
    /// estimate may not promise that the others are large.
    #[test]
    fn log_normal_values_are_not_taken_for_larger_than_they_are() {
        let mut random = Random(3);
        let mut wild = |len: usize| -> Vec<f64> {
            (0..len).map(|_| 10f64.powf(3.0 * random.normal())).collect()
        };
        for (n, k) in [(4096, 256), (8192, 1024)] {
            let (x, v) = (wild(n), wild(k));
            let sums = sums(&x, &v);
            for exponent in 20..50 {
                let least = 2f64.powi(exponent);
                let few = sums[k - 1..n].iter().filter(|&&sum| sum < least / 16.0).count();
                let got = count(&x, &v, n, k - 1..n, least);
                assert!(got + 4 * Chunks::new(k).len >= few, "{n} {k} 2^{exponent}: {got} {few}");
            }
        }
    }
}
