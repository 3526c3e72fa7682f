//! Outputs that overflow, summed again in a wider range.
//!
//! A sum may pass the largest float midway although its value is finite, or is an infinity of the
//! other sign. Then it is summed again: float32 in float64, float64 in float64 with scaled
//! operands. No such sum overflows midway: a product is below 2^960, and there are fewer than 2^63
//! products. Where many neighbours are wrong, they are summed together.

use std::ops::Range;

use super::batch::{BATCH, Batch};
use super::reading::{PIECE, for_each_piece};
use super::windows::Windows;
use crate::convolve::block::{canonicalise, exponent, two_factors};
use crate::convolve::wanted::Geometry;
use crate::cpu::{Real, dot_in_float64, scale, two_sum};
use crate::dtype::Complex64;

/// float64 operands are multiplied by 2^-544.
const SCALED: i32 = 544;

/// Summing a whole batch takes about as long as summing so many outputs one by one.
const MANY: usize = 8;

/// A sum of products: `(value + low) * 2^exponent`.
#[derive(Clone, Copy)]
pub struct WideSum {
    value: f64,
    /// The part that rounding cut off `value`.
    low: f64,
    exponent: i32,
}

impl WideSum {
    /// Adds the sum of a piece. Nothing is lost (TwoSum), so the error
    /// does not grow with the number of pieces.
    fn add(&mut self, piece: f64) {
        let (sum, rest) = two_sum(self.value, piece);
        self.low += rest;
        self.value = sum;
    }

    /// The sum times 2^exponent, rounded.
    pub fn times_power<T: Real>(self, exponent: i32) -> T {
        let total = self.value + self.low;
        // Where the sum is not finite, `low` is NaN.
        let mut value = [if total.is_nan() { self.value } else { total }];
        scale(&mut value, self.exponent + exponent);
        T::from_f64(value[0])
    }
}

/// The largest finite number times 2^-exponent. Larger values overflow when they are multiplied by
/// 2^exponent.
pub fn largest_before<T: Real>(exponent: i32) -> f64 {
    let [first, second] = two_factors(-exponent);
    T::MAX.to_f64() * first * second
}

/// An output as computed from the sums of products of each part of the signal, with each part of
/// the filter.
pub trait Summed<const PARTS: usize>: Copy {
    /// Whether no part is infinite or NaN.
    fn are_parts_finite(self) -> bool;
    /// Whether any part is NaN.
    fn is_any_part_nan(self) -> bool;
    /// The output, from the sums for each part of the signal and each part of the filter.
    fn from_sums(sums: [[f64; PARTS]; PARTS]) -> Self;
}

impl<T: Real> Summed<1> for T {
    fn are_parts_finite(self) -> bool {
        self.is_finite()
    }
    fn is_any_part_nan(self) -> bool {
        self.is_nan()
    }
    fn from_sums([[sum]]: [[f64; 1]; 1]) -> Self {
        let mut value = [T::from_f64(sum)];
        canonicalise(&mut value);
        value[0]
    }
}

impl Summed<2> for Complex64 {
    fn are_parts_finite(self) -> bool {
        self.re.is_finite() && self.im.is_finite()
    }
    fn is_any_part_nan(self) -> bool {
        self.re.is_nan() || self.im.is_nan()
    }
    fn from_sums([[rr, ri], [ir, ii]]: [[f64; 2]; 2]) -> Self {
        // The parts are float32, so these sums are not near the largest float64.
        let mut parts = [(rr - ii) as f32, (ri + ir) as f32];
        canonicalise(&mut parts);
        let [re, im] = parts;
        Self { re, im }
    }
}

/// A convolution whose outputs may overflow. `R` reads values of each part of the signal, from an
/// index on, with zeros beyond the signal's ends.
pub struct Overflow<'a, T, R, const PARTS: usize> {
    pub geometry: Geometry,
    /// The taps of each part of the filter.
    pub taps: [&'a [T]; PARTS],
    pub read: R,
}

impl<T: Real, R: Fn(isize, [&mut [T]; PARTS]), const PARTS: usize> Overflow<'_, T, R, PARTS> {
    /// Sums each output in `out` again that is not finite though all that it reads is. The outputs
    /// are those from `start` of `full` on.
    ///
    /// An output that reads an infinity may be NaN only because its sum overflowed to an infinity
    /// of the other sign. So it is summed again, too, but only where values may overflow.
    // Not inlined, because its arrays would be room on the stack of every direct sum.
    #[cold]
    #[inline(never)]
    pub fn mend<E: Summed<PARTS>>(&self, start: usize, out: &mut [E]) {
        let Geometry { signal_len, filter_len, .. } = self.geometry;
        let outputs = start..start + out.len();
        let bad_taps = self.non_finite_taps();
        let search = || {
            let is_bad = |parts: [T; PARTS]| parts.iter().any(|part| !part.is_finite());
            Windows::new(signal_len, &self.read, is_bad)
        };
        let (mut under_batches, mut under_outputs) = (search(), search());
        let first_read = |output: usize| (output + 1).saturating_sub(filter_len);
        let mut may_overflow: Option<bool> = None;
        let mut batch = Batch::new();
        for (start, out) in (start..).step_by(BATCH).zip(out.chunks_mut(BATCH)) {
            let Some(first) = out.iter().position(|out| !out.are_parts_finite()) else { continue };
            let end =
                out.iter().rposition(|out| !out.are_parts_finite()).map_or(first, |at| at + 1);
            let (start, out) = (start + first, &mut out[first..end]);
            let end = start + out.len();

            let mut is_wrong = [false; BATCH];
            let is_wrong = &mut is_wrong[..out.len()];
            for (is_wrong, out) in is_wrong.iter_mut().zip(&*out) {
                *is_wrong = !out.are_parts_finite();
            }
            if bad_taps.is_some() || under_batches.any(first_read(start), end) {
                let not_finite = (start..).zip(is_wrong.iter_mut().zip(&*out));
                for (output, (is_wrong, out)) in not_finite.filter(|(_, (wrong, _))| **wrong) {
                    let reads_bad = self.reads_tap(output, bad_taps)
                        || under_outputs.any(first_read(output), output + 1);
                    *is_wrong = !reads_bad
                        || out.is_any_part_nan()
                            && *may_overflow.get_or_insert_with(|| self.may_overflow(&outputs));
                }
            }

            // A batch multiplies taps with zeros beyond the signal's ends, too, so they must be finite.
            let is_many = is_wrong.iter().filter(|&&it| it).count() >= MANY;
            let batch = if is_many && bad_taps.is_none() { Some(&mut batch) } else { None };
            self.sum_again(start, out, is_wrong, batch);
        }
    }

    /// Sums the outputs in `out` again that are wrong: together in `batch` if it is given. The outputs
    /// are those from `start` of `full` on.
    fn sum_again<E: Summed<PARTS>>(
        &self,
        start: usize,
        out: &mut [E],
        is_wrong: &[bool],
        batch: Option<&mut Batch<PARTS>>,
    ) {
        let wrong = out.iter_mut().zip(is_wrong).enumerate().filter(|(_, (_, wrong))| **wrong);
        if let Some(batch) = batch {
            batch.compute(self.geometry, self.taps, &self.read, start, scaled::<T>());
            wrong.for_each(|(at, (out, _))| *out = E::from_sums(batch.of_output(at)));
        } else {
            for (at, (out, _)) in wrong {
                let sums = self.sums(start + at).map(|sums| sums.map(|sum| sum.times_power(0)));
                *out = E::from_sums(sums);
            }
        }
    }

    /// Whether the finite values that `outputs` read, and the finite taps, are so large that a sum
    /// of products may overflow.
    fn may_overflow(&self, outputs: &Range<usize>) -> bool {
        let [value, tap] = self.largest(outputs);
        let taps = self.geometry.filter_len;
        exponent(value) + exponent(tap) + 2 + taps.ilog2() as i32 + 2 >= T::MAX_EXPONENT
    }

    /// The largest product of a finite value that `outputs` read and a finite tap, times
    /// 2^-exponent.
    pub fn most_product(&self, outputs: &Range<usize>, exponent: i32) -> f64 {
        let [value, tap] = self.largest(outputs);
        let [first, second] = two_factors(-exponent);
        (value * first) * (tap * second)
    }

    /// The largest magnitudes of the finite values that `outputs` read, and of the finite taps.
    fn largest(&self, outputs: &Range<usize>) -> [f64; 2] {
        let Geometry { signal_len, filter_len, .. } = self.geometry;
        let largest = |values: &[T]| {
            let finite = values.iter().filter(|x| x.is_finite()).map(|x| x.to_f64().abs());
            finite.fold(0.0, f64::max)
        };
        let tap = self.taps.iter().map(|part| largest(part)).fold(0.0, f64::max);
        let mut value: f64 = 0.0;
        let start = (outputs.start + 1).saturating_sub(filter_len);
        let len = signal_len.min(outputs.end).saturating_sub(start);
        for_each_piece(&self.read, start as isize, len, |_, values| {
            value = values.into_iter().map(largest).fold(value, f64::max);
        });
        [value, tap]
    }

    /// The sums of output `output` of `full`.
    pub fn sums(&self, output: usize) -> [[WideSum; PARTS]; PARTS] {
        let scaled = scaled::<T>();
        let factor = 2f64.powi(-scaled);
        let mut sums = [[WideSum { value: 0.0, low: 0.0, exponent: 2 * scaled }; PARTS]; PARTS];
        let mut reversed = [T::default(); PIECE];
        let Range { start, end } = self.geometry.taps_under(output..output + 1);
        let first = (output + 1 - end) as isize;
        for_each_piece(&self.read, first, end - start, |at, values| {
            let len = values[0].len();
            let reversed = &mut reversed[..len];
            for (part, taps) in self.taps.iter().enumerate() {
                reversed.copy_from_slice(&taps[end - at - len..end - at]);
                reversed.reverse();
                for (sums, values) in sums.iter_mut().zip(values) {
                    sums[part].add(dot_in_float64(values, reversed, factor));
                }
            }
        });
        sums
    }

    /// The first and the last tap that is not finite.
    fn non_finite_taps(&self) -> Option<(usize, usize)> {
        let is_bad = |k: &usize| self.taps.iter().any(|part| !part[*k].is_finite());
        let len = self.geometry.filter_len;
        (0..len).find(is_bad).zip((0..len).rev().find(is_bad))
    }

    /// Whether output `output` reads one of some taps, of which the first and the last are given.
    fn reads_tap(&self, output: usize, taps: Option<(usize, usize)>) -> bool {
        let under = self.geometry.taps_under(output..output + 1);
        // The filter is the shorter operand, so an output reads the first tap or the last one.
        taps.is_some_and(|(first, last)| match under.start {
            0 => first < under.end,
            start => last >= start,
        })
    }
}

/// The exponent by whose power of two operands are divided, so that no sum of products overflows.
fn scaled<T: Real>() -> i32 {
    if size_of::<T>() == 4 { 0 } else { SCALED }
}
