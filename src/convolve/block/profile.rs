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
//! Their mean over the chunk is exact if the values within each chunk are equal. An estimate is 0
//! only if it is a sum of zeros.

use std::ops::{Deref, Range};

use super::planes::Planes;
use crate::cpu::{chunk_magnitudes, convolve_valid};

/// About how many chunks a long filter has.
const CHUNKS: usize = 16;
/// The least values of a chunk, and what its length is a multiple of: whole vectors.
const LEAST: usize = 32;
/// 2^-500. Smaller sums, but not 0, are replaced by this one, so that no product of two underflows.
const FLOOR: f64 = f64::from_bits((1023 - 500) << 52);

/// The chunks of a filter, and of the blocks of a signal that it meets.
#[derive(Clone, Copy, Debug)]
pub struct Chunks {
    /// Values of a chunk.
    len: usize,
    /// Chunks of the filter.
    of_filter: usize,
}

impl Chunks {
    /// The most values of a filter's profile.
    pub const MOST_OF_FILTER: usize = CHUNKS + 1;

    /// Chunks for a filter of `filter_len` taps.
    pub fn new(filter_len: usize) -> Self {
        let len = filter_len.div_ceil(CHUNKS).next_multiple_of(LEAST).max(LEAST);
        Self { len, of_filter: filter_len.div_ceil(len) }
    }

    /// The length of the filter's profile.
    pub fn filter_profile_len(self) -> usize {
        self.of_filter + 1
    }

    /// The length of the profile of `count` values of a signal.
    pub fn signal_profile_len(self, count: usize) -> usize {
        count.div_ceil(self.len) + 2 * self.of_filter
    }

    /// Writes the filter's profile: `W` of the module's comment.
    ///
    /// # Panics
    /// If `profile` or `taps` has another length than this was made for.
    pub fn write_filter(self, taps: &[f64], profile: &mut [f64]) {
        assert_eq!(profile.len(), self.filter_profile_len());
        let (last, sums) = profile.split_last_mut().expect("one more than the filter's chunks");
        chunk_magnitudes(taps, self.len, sums);
        *last = 0.0;
        let mut before = 0.0;
        for sum in profile {
            let mean = (*sum + before) / (2 * self.len) as f64;
            before = std::mem::replace(sum, raised(mean));
        }
    }

    /// Writes the profile of the first `count` values of a block: `A` of the module's comment,
    /// between zeros for chunks outside the block.
    ///
    /// The values are finite. They are so small that the sum of all magnitudes is below 2^500.
    ///
    /// # Panics
    /// If `profile` has not [`Self::signal_profile_len`] of `count`.
    pub fn write_signal<V: Deref<Target = [f64]>>(
        self,
        block: &Planes<V>,
        count: usize,
        profile: &mut [f64],
    ) {
        assert_eq!(profile.len(), self.signal_profile_len(count));
        let outside = self.of_filter;
        let inside = outside..profile.len() - outside;
        profile[..outside].fill(0.0);
        profile[inside.end..].fill(0.0);
        let sums = &mut profile[inside];

        let (first, second) = block.runs(0, count);
        let in_first = first.len().div_ceil(self.len);
        chunk_magnitudes(first, self.len, &mut sums[..in_first]);
        // The second plane may begin within a chunk.
        let joined = (in_first * self.len - first.len()).min(second.len());
        if joined > 0 {
            let mut rest = [0.0];
            chunk_magnitudes(&second[..joined], self.len, &mut rest);
            sums[in_first - 1] += rest[0];
        }
        chunk_magnitudes(&second[joined..], self.len, &mut sums[in_first..]);
        for sum in sums {
            *sum = raised(*sum);
        }
    }

    /// The number of outputs, by estimate, whose sum `S` is below `least` but not 0. `signal` and
    /// `filter` are profiles. `outputs` are places in the full convolution of the block's values
    /// with the filter.
    ///
    /// Only whole chunks count, so the number may be too large by up to two chunks. It is at most
    /// the number of outputs. `least` is above 2^-400.
    pub fn count_below(
        self,
        least: f64,
        signal: &[f64],
        filter: &[f64],
        outputs: Range<usize>,
    ) -> usize {
        /// Estimates that are made at a time.
        const PIECE: usize = 256;
        let end = outputs.end.div_ceil(self.len).min(signal.len() - self.of_filter);
        let mut estimates = [0.0; PIECE];
        let mut count = 0;
        for start in (outputs.start / self.len..end).step_by(PIECE) {
            let estimates = &mut estimates[..PIECE.min(end - start)];
            let signal = &signal[start..][..estimates.len() + self.of_filter];
            convolve_valid(filter, signal, estimates);
            for &estimate in estimates.iter() {
                count += usize::from(estimate < least && estimate != 0.0);
            }
        }
        outputs.len().min(count * self.len)
    }
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
        chunks.write_signal(&block, x.len(), &mut signal);
        chunks.write_filter(v, &mut filter);
        chunks.count_below(least, &signal, &filter, outputs)
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
        for filter_len in [1, 5, 16, 17, 100, 512, 513, 700] {
            let Chunks { len, of_filter } = Chunks::new(filter_len);
            assert!((1..=CHUNKS).contains(&of_filter) && len.is_multiple_of(LEAST));
            for (block_len, count_of_x) in
                [(2, 1), (20, 20), (40, 33), (768, 700), (1280, 641), (1280, 640), (1280, 10)]
            {
                let mut values = |len| -> Vec<f64> {
                    let mut all: Vec<_> =
                        (0..len).map(|i| random.even() * 2f64.powi(-(i as i32 / 50))).collect();
                    all[len / 3..len / 2].fill(0.0);
                    all
                };
                let (x, v) = (values(count_of_x), values(filter_len));
                // Each pair of chunks, with no vectors and no profiles.
                let mut want = vec![0.0; (x.len() + v.len()) / len + 3];
                for (p, x) in x.chunks(len).enumerate() {
                    for (q, v) in v.chunks(len).enumerate() {
                        let sum = |values: &[f64]| values.iter().map(|x| x.abs()).sum::<f64>();
                        for half in 0..2 {
                            want[p + q + half] += sum(x) * sum(v) / (2 * len) as f64;
                        }
                    }
                }
                for least in (-40..4).map(|e| 1.234 * 2f64.powi(e)) {
                    for outputs in [0..2000, 0..1, filter_len - 1..block_len, 40..90] {
                        let chunks = outputs.start / len..outputs.end.div_ceil(len);
                        let mut small = chunks
                            .filter(|&r| want.get(r).is_some_and(|&sum| sum != 0.0 && sum < least));
                        let want = (small.by_ref().count() * len).min(outputs.len());
                        let got = count(&x, &v, block_len, outputs.clone(), least);
                        assert_eq!(got, want, "{filter_len} {block_len} {outputs:?} {least:e}");
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
        assert!((500..600).contains(&got), "{got}");
        assert_eq!(count(&x, &v, 4096, 0..900, 1e-100), 0);
    }

    /// A signal and a filter for which the estimate has to be near the truth.
    fn families(n: usize, k: usize) -> Vec<(&'static str, Vec<f64>, Vec<f64>)> {
        let mut random = Random(2);
        let mut noise = |len: usize| -> Vec<f64> { (0..len).map(|_| random.normal()).collect() };
        let (signal, taps, exponents) = (noise(n), noise(k), noise(n + k));
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
        let wild = |values: &[f64], exponents: &[f64]| -> Vec<f64> {
            values.iter().zip(exponents).map(|(x, e)| x * 10f64.powf(3.0 * e)).collect()
        };
        vec![
            ("noise", signal.clone(), taps.clone()),
            ("decay", by(&signal, &|t| (-300.0 * t).exp()), by(&taps, &|t| (-5.0 * t).exp())),
            ("reverberation", signal.clone(), by(&taps, &|t| (-20.0 * t).exp())),
            ("spike", with(n / 3, 1e100), taps.clone()),
            ("small spike", with(n / 3, 1e6), taps.clone()),
            ("narrow gaussians", of(n, &gauss(9.0)), of(k, &gauss(9.0))),
            ("wide gaussians", of(n, &gauss(37.0)), of(k, &gauss(37.0))),
            ("moving sum", of(n, &|t| if t == 0.0 { 1e5 } else { 1e-4 }), of(k, &one)),
            ("log-normal", wild(&signal, &exponents), wild(&taps, &exponents[n..])),
            ("bursts", by(&signal, &|t| 10f64.powf(-12.0 * (7.0 * t).fract())), taps.clone()),
        ]
    }

    #[test]
    fn estimates_are_near_the_truth() {
        for (n, k) in [(4096, 256), (8192, 1024), (3000, 700)] {
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
                        let near = (few.saturating_sub(2 * len)..=many + 2 * len).contains(&got);
                        assert!(near, "{n} {k} {name} 2^{exponent}: {got} of {}", below(least));
                    }
                }
            }
        }
    }
}
