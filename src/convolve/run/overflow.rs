//! Outputs that overflow, summed again in a wider range.
//!
//! A sum may pass the largest float midway although its value is finite, or is an infinity of the
//! other sign. Then it is summed again: float32 in float64, float64 in float64 with scaled
//! operands. No such sum overflows midway: a product is below 2^960, and there are fewer than 2^63
//! products.

use std::ops::Range;

use super::windows::Windows;
use crate::convolve::block::{exponent, two_factors};
use crate::convolve::wanted::Geometry;
use crate::cpu::{Real, dot_in_float64, scale, two_sum};
use crate::dtype::Complex64;

/// Values that are read at a time.
const PIECE: usize = 256;
/// float64 operands are multiplied by 2^-544.
const SCALED: i32 = 544;

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
    fn from_sums(sums: [[WideSum; PARTS]; PARTS]) -> Self;
}

impl<T: Real> Summed<1> for T {
    fn are_parts_finite(self) -> bool {
        self.is_finite()
    }
    fn is_any_part_nan(self) -> bool {
        self.is_nan()
    }
    fn from_sums([[sum]]: [[WideSum; 1]; 1]) -> Self {
        sum.times_power(0)
    }
}

impl Summed<2> for Complex64 {
    fn are_parts_finite(self) -> bool {
        self.re.is_finite() && self.im.is_finite()
    }
    fn is_any_part_nan(self) -> bool {
        self.re.is_nan() || self.im.is_nan()
    }
    fn from_sums([[rr, ri], [ir, ii]]: [[WideSum; 2]; 2]) -> Self {
        // The parts are float32, so these sums are neither scaled nor near the largest float64.
        let [rr, ri, ir, ii] = [rr, ri, ir, ii].map(|sum| sum.times_power::<f64>(0));
        Self { re: (rr - ii) as f32, im: (ri + ir) as f32 }
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
    pub fn mend<E: Summed<PARTS>>(&self, start: usize, out: &mut [E]) {
        let mut bad_taps: Option<Option<(usize, usize)>> = None;
        let is_bad = |parts: [T; PARTS]| parts.iter().any(|part| !part.is_finite());
        let mut windows = Windows::new(self.geometry.signal_len, &self.read, is_bad);
        let mut may_overflow: Option<bool> = None;
        let outputs = start..start + out.len();
        for (output, out) in (start..).zip(out) {
            if out.are_parts_finite() {
                continue;
            }
            let bad_taps = *bad_taps.get_or_insert_with(|| self.non_finite_taps());
            let first = (output + 1).saturating_sub(self.geometry.filter_len);
            let reads_bad = self.reads_tap(output, bad_taps) || windows.any(first, output + 1);
            let is_wrong = match reads_bad {
                false => true,
                true => {
                    out.is_any_part_nan()
                        && *may_overflow.get_or_insert_with(|| self.may_overflow(&outputs))
                }
            };
            if is_wrong {
                *out = E::from_sums(self.sums(output));
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
        let mut values = [[T::default(); PIECE]; PARTS];
        let end = signal_len.min(outputs.end);
        for at in ((outputs.start + 1).saturating_sub(filter_len)..end).step_by(PIECE) {
            let len = PIECE.min(end - at);
            (self.read)(at as isize, values.each_mut().map(|part| &mut part[..len]));
            value = values.iter().map(|part| largest(&part[..len])).fold(value, f64::max);
        }
        [value, tap]
    }

    /// The sums of output `output` of `full`.
    pub fn sums(&self, output: usize) -> [[WideSum; PARTS]; PARTS] {
        let scaled = if size_of::<T>() == 4 { 0 } else { SCALED };
        let factor = 2f64.powi(-scaled);
        let mut sums = [[WideSum { value: 0.0, low: 0.0, exponent: 2 * scaled }; PARTS]; PARTS];
        let [mut values, mut reversed] = [[[T::default(); PIECE]; PARTS]; 2];
        let Range { start, end } = self.taps_under(output);
        for from in (start..end).step_by(PIECE) {
            let to = end.min(from + PIECE);
            let len = to - from;
            (self.read)((output + 1 - to) as isize, values.each_mut().map(|part| &mut part[..len]));
            for (reversed, taps) in reversed.iter_mut().zip(self.taps) {
                reversed[..len].copy_from_slice(&taps[from..to]);
                reversed[..len].reverse();
            }
            for (sums, values) in sums.iter_mut().zip(&values) {
                for (sum, reversed) in sums.iter_mut().zip(&reversed) {
                    sum.add(dot_in_float64(&values[..len], &reversed[..len], factor));
                }
            }
        }
        sums
    }

    /// The taps that output `output` multiplies with values of the signal.
    fn taps_under(&self, output: usize) -> Range<usize> {
        let Geometry { signal_len, filter_len, .. } = self.geometry;
        (output + 1).saturating_sub(signal_len)..filter_len.min(output + 1)
    }

    /// The first and the last tap that is not finite.
    fn non_finite_taps(&self) -> Option<(usize, usize)> {
        let is_bad = |k: &usize| self.taps.iter().any(|part| !part[*k].is_finite());
        let len = self.geometry.filter_len;
        (0..len).find(is_bad).zip((0..len).rev().find(is_bad))
    }

    /// Whether output `output` reads one of some taps, of which the first and the last are given.
    fn reads_tap(&self, output: usize, taps: Option<(usize, usize)>) -> bool {
        let under = self.taps_under(output);
        // The filter is the shorter operand, so an output reads the first tap or the last one.
        taps.is_some_and(|(first, last)| match under.start {
            0 => first < under.end,
            start => last >= start,
        })
    }
}
