//! Outputs that overflow, summed again in a wider range.
//!
//! A sum may pass the largest float midway although its value is finite, or is an infinity of the
//! other sign. Then it is summed again: float32 in float64, float64 in float64 with scaled
//! operands. No such sum overflows midway: a product is below 2^960, and there are fewer than 2^63
//! products.

use std::ops::Range;

use crate::convolve::block::exponent;
use crate::convolve::wanted::Geometry;
use crate::cpu::{Real, dot_in_float64, scale};
use crate::dtype::Complex64;

/// Values that are read at a time.
const PIECE: usize = 256;
/// float64 operands are multiplied by 2^-544.
const SCALED: i32 = 544;

/// A sum of products: `value * 2^exponent`.
#[derive(Clone, Copy)]
pub struct WideSum {
    value: f64,
    exponent: i32,
}

impl WideSum {
    /// The sum times 2^exponent, rounded.
    pub fn times_power<T: Real>(self, exponent: i32) -> T {
        let mut value = [self.value];
        scale(&mut value, self.exponent + exponent);
        T::from_f64(value[0])
    }
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
        let mut reads: Option<NonFinite> = None;
        let mut may_overflow: Option<bool> = None;
        let outputs = start..start + out.len();
        for (output, out) in (start..).zip(out) {
            if out.are_parts_finite() {
                continue;
            }
            let reads = reads.get_or_insert_with(|| self.non_finite_taps());
            let is_wrong = match self.reads_non_finite(output, reads) {
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
        exponent(value) + exponent(tap) + 2 + filter_len.ilog2() as i32 + 2 >= T::MAX_EXPONENT
    }

    /// The sums of output `output` of `full`.
    pub fn sums(&self, output: usize) -> [[WideSum; PARTS]; PARTS] {
        let scaled = if size_of::<T>() == 4 { 0 } else { SCALED };
        let factor = 2f64.powi(-scaled);
        let mut sums = [[WideSum { value: 0.0, exponent: 2 * scaled }; PARTS]; PARTS];
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
                    sum.value += dot_in_float64(&values[..len], &reversed[..len], factor);
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

    fn non_finite_taps(&self) -> NonFinite {
        let is_bad = |k: &usize| self.taps.iter().any(|part| !part[*k].is_finite());
        let len = self.geometry.filter_len;
        let taps = (0..len).find(is_bad).zip((0..len).rev().find(is_bad));
        NonFinite { taps, value: None, seen: 0 }
    }

    /// Whether output `output` reads a value or a tap that is not finite. `found` comes from
    /// earlier outputs.
    fn reads_non_finite(&self, output: usize, found: &mut NonFinite) -> bool {
        let taps = self.taps_under(output);
        // The filter is the shorter operand, so an output reads the first tap or the last one.
        let reads_tap = found.taps.is_some_and(|(first, last)| match taps.start {
            0 => first < taps.end,
            start => last >= start,
        });
        reads_tap || self.reads_non_finite_value(output, found)
    }

    fn reads_non_finite_value(&self, output: usize, found: &mut NonFinite) -> bool {
        let Geometry { signal_len, filter_len, .. } = self.geometry;
        let (first, end) = ((output + 1).saturating_sub(filter_len), signal_len.min(output + 1));
        if found.value.is_some_and(|at| at >= first) {
            return true;
        }
        let mut values = [[T::default(); PIECE]; PARTS];
        let mut at = first.max(found.seen);
        while at < end {
            let len = PIECE.min(end - at);
            (self.read)(at as isize, values.each_mut().map(|part| &mut part[..len]));
            let is_bad = |i: &usize| values.iter().any(|part| !part[*i].is_finite());
            if let Some(i) = (0..len).find(is_bad) {
                (found.value, found.seen) = (Some(at + i), at + i + 1);
                return true;
            }
            at += len;
        }
        found.seen = found.seen.max(end);
        false
    }
}

/// What is known about values that are not finite, while outputs are looked at in order.
struct NonFinite {
    /// The first and the last such tap.
    taps: Option<(usize, usize)>,
    /// The last such value of the signal that was found.
    value: Option<usize>,
    /// All values behind `value` and before this one are finite.
    seen: usize,
}
