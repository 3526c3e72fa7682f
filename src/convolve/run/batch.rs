//! Sums of neighbouring outputs in a wider range.

use super::reading::for_each_piece;
use crate::convolve::wanted::{CHAIN, Geometry};
use crate::cpu::{Real, add_low, convolve_valid, join_chain, scale};

/// The number of outputs that are summed together.
pub const BATCH: usize = 128;

/// The number of taps in a chain of float64 values. A sum is rounded about as often as in
/// [`dot_in_float64`](crate::cpu::dot_in_float64). float32 values have digits to spare, so their
/// chains are longer.
const SHORT_CHAIN: usize = 32;

/// The sums of products of [`BATCH`] outputs, for each part of the signal with each part of
/// the filter, in float64.
pub struct Batch<const PARTS: usize> {
    sums: [[[f64; BATCH]; PARTS]; PARTS],
    /// The parts that rounding cut off the sums.
    low: [[[f64; BATCH]; PARTS]; PARTS],
    /// The sums of one chain of taps.
    chain: [f64; BATCH],
    /// The taps of some chains.
    taps: [[f64; CHAIN]; PARTS],
    /// The values of the signal that the outputs multiply with these taps.
    values: [[f64; CHAIN + BATCH - 1]; PARTS],
}

impl<const PARTS: usize> Batch<PARTS> {
    /// Sums that are not computed yet.
    pub fn new() -> Self {
        Self {
            sums: [[[0.0; BATCH]; PARTS]; PARTS],
            low: [[[0.0; BATCH]; PARTS]; PARTS],
            chain: [0.0; BATCH],
            taps: [[0.0; CHAIN]; PARTS],
            values: [[0.0; CHAIN + BATCH - 1]; PARTS],
        }
    }

    /// Computes the sums of the outputs of `full` from `start` on, which may reach beyond its end.
    /// `read` reads values of each part of the signal, with zeros beyond its ends. All taps are
    /// finite. Values and taps are multiplied by 2^-scaled, and the sums by 2^(2 scaled).
    ///
    /// ```text
    /// for each chain of taps:
    ///     chain = sums over the chain, rounded after each product
    ///     sums, rest = sums + chain, exactly
    ///     low = low + rest
    /// sums = sums + low
    /// ```
    ///
    /// Products with zeros beyond the ends change no sum. So a sum depends only on what its output
    /// reads, not on the other outputs of the batch.
    pub fn compute<T: Real>(
        &mut self,
        geometry: Geometry,
        taps: [&[T]; PARTS],
        read: &impl Fn(isize, [&mut [T]; PARTS]),
        start: usize,
        scaled: i32,
    ) {
        let Self { sums, low, chain, taps: here, values } = self;
        let factor = 2f64.powi(-scaled);
        let chain_len = if size_of::<T>() == 4 { CHAIN } else { SHORT_CHAIN };
        (*sums, *low) = ([[[0.0; BATCH]; PARTS]; PARTS], [[[0.0; BATCH]; PARTS]; PARTS]);
        let pairs = || (0..PARTS).flat_map(|i| (0..PARTS).map(move |j| (i, j)));
        let under = geometry.taps_under(start..start + BATCH);
        for from in (0..geometry.filter_len).step_by(CHAIN) {
            let to = geometry.filter_len.min(from + CHAIN);
            if to <= under.start || under.end <= from {
                continue;
            }
            for (here, taps) in here.iter_mut().zip(taps) {
                widen(&taps[from..to], factor, &mut here[..to - from]);
            }
            let (first, count) = ((start + 1) as isize - to as isize, to - from + BATCH - 1);
            for_each_piece(read, first, count, |at, pieces| {
                for (values, piece) in values.iter_mut().zip(pieces) {
                    widen(piece, factor, &mut values[at..][..piece.len()]);
                }
            });
            for (i, j) in pairs() {
                for (at, taps) in
                    (0..).step_by(chain_len).zip(here[j][..to - from].chunks(chain_len))
                {
                    let x = &values[i][to - from - at - taps.len()..][..taps.len() + BATCH - 1];
                    convolve_valid(taps, x, chain);
                    join_chain(chain, &mut sums[i][j], &mut low[i][j]);
                }
            }
        }
        for (i, j) in pairs() {
            add_low(&low[i][j], &mut sums[i][j]);
            scale(&mut sums[i][j], 2 * scaled);
        }
    }

    /// The sums of output `at` of the batch.
    pub fn of_output(&self, at: usize) -> [[f64; PARTS]; PARTS] {
        self.sums.each_ref().map(|sums| sums.each_ref().map(|sums| sums[at]))
    }
}

/// `out = values * factor` in float64.
fn widen<T: Real>(values: &[T], factor: f64, out: &mut [f64]) {
    for (out, value) in out.iter_mut().zip(values) {
        *out = value.to_f64() * factor;
    }
}
