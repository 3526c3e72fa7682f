//! One convolution of a part of a block with a part of the taps, both tilted.

use std::ops::Range;

use smallvec::SmallVec;

use super::profile::{Profile, slack};
use crate::convolve::block::{Planes, Source, cut, join};
use crate::convolve::wanted::Parts;
use crate::cpu::{Real, nonzero};
use crate::error::Result;
use crate::fft::{Block, Product, Transform};
use crate::memory::Workspace;

/// The shortest block. The planes of longer ones are whole chunks of a profile.
pub const SHORTEST: usize = 2048;

/// The roundings of a tilted output, as a multiple of 2^-53 of the sum of the magnitudes of its
/// products: 8.2 for each operand, 4.1 for the way back, and 0.5 for their products.
pub const ROUNDINGS: f64 = 21.0;

/// A tilted convolution.
///
/// ```text
/// x'[i] = x[i] 2^(slope i / 2^16 - e_x),  v'[k] = v[k] 2^(slope k / 2^16 - e_v)
/// y'[n] = sum over k of x'[n - k] v'[k] = y[n] 2^(slope n / 2^16 - e_x - e_v)
/// ```
///
/// The highest peaks of x' and v' are near 1. Values before the first and behind the last that are at
/// least 2^-depth count as zeros.
pub struct Tilted {
    slope: i64,
    /// The numbers e.
    exponents: [i64; 2],
    /// The parts of the block and of the taps that are transformed.
    signal: Range<usize>,
    taps: Range<usize>,
    /// The outputs that these parts reach, as indices in the block.
    outputs: Range<usize>,
    /// No value of x' or v' is above 2^above.
    above: i32,
    depth: i32,
    parts: Parts,
}

impl Tilted {
    /// The tilt `slope` of the operands' parts that `outputs` read, which are indices in the block.
    /// `None` if it reaches none of them, or if a part is 0.
    pub fn new(
        (slope, parts): (i64, Parts),
        profiles: [&Profile<'_>; 2],
        outputs: Range<usize>,
    ) -> Option<Self> {
        let filter_len = profiles[1].len();
        // What is left out should be far below the errors of the products of parts.
        let bits = usize::BITS - filter_len.leading_zeros();
        // Values may be so far above the peaks, of which the highest is near 1.
        let above = 2 + (slack(slope) >> 16) as i32;
        let depth = 48 + 12 * parts.count as i32 + bits as i32 + above;
        let [top_x, top_v] = profiles.map(|it| it.top(slope));
        let exponents = [top_x? >> 16, top_v? >> 16];
        let from = |i: usize| profiles[i].from((exponents[i] - i64::from(depth)) << 16, slope);
        let (signal, taps) = (from(0), from(1));
        let reached = reach(&signal, &taps);
        let outputs = outputs.start.max(reached.start)..outputs.end.min(reached.end);
        if outputs.is_empty() {
            return None;
        }
        // No output reads the others.
        let signal = needed(signal, &taps, &outputs);
        let taps = needed(taps, &signal, &outputs);
        let reached = reach(&signal, &taps);
        // Sums beyond the end of the block are added to sums before the first output.
        let points = [
            outputs.end - reached.start,
            reached.end - outputs.start,
            signal.len(),
            taps.len(),
            SHORTEST,
        ];
        let block_len = Transform::<f64>::block_for(points.into_iter().fold(0, usize::max))?;
        let parts = Parts { block_len, ..parts };
        Some(Self { slope, exponents, signal, taps, outputs, above, depth, parts })
    }

    /// Points of the block.
    pub fn block_len(&self) -> usize {
        self.parts.block_len
    }

    /// Computes the outputs. `None` if they cannot be exact.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn convolve<'w, T: Real>(
        self,
        (source, origin): (&Source<'_, f64>, isize),
        taps: &[T],
        threads: usize,
        [mut work, mut own]: [Workspace<'w>; 2],
    ) -> Result<Option<TiltedOutputs<'w>>> {
        let Self { slope, exponents, ref signal, taps: ref taken, parts, .. } = self;
        let Parts { count, block_len } = parts;
        let finer = match count {
            Parts::MOST => parts.finer(taken.len()),
            _ => Some(1.0),
        };
        let Some(finer) = finer else { return Ok(None) };
        let transform = Transform::new(block_len, threads)?;
        let [mut x, mut v] = [&mut work, &mut own].map(|work| {
            (0..count)
                .map(|_| Planes::in_workspace(work, block_len))
                .collect::<SmallVec<[_; Parts::MOST]>>()
        });

        let block = x.last_mut().expect("there is a part");
        block.read(source, origin + signal.start as isize, signal.len(), threads);
        let first = |i: usize, start: usize| start as i64 * slope - (exponents[i] << 16);
        block.tilt(signal.len(), (first(0, signal.start), slope), threads);
        let x_cut = cut(parts, (block.norm_bound(signal.len()), finer), &mut x);

        let block = v.last_mut().expect("there is a part");
        let counts = nonzero();
        block.clear();
        block.fill(0, &taps[taken.clone()], |tap| if counts(tap) { tap.to_f64() } else { 0.0 });
        block.tilt(taken.len(), (first(1, taken.start), slope), threads);
        let v_cut = cut(parts, (block.norm_bound(taken.len()), finer), &mut v);

        let error = parts.error(x_cut, v_cut);
        if !error.is_finite() {
            return Ok(None);
        }
        for part in &mut v {
            part.forward_filter(taken.len(), &transform, threads);
        }
        {
            let mut x: SmallVec<[_; Parts::MOST]> = x.iter_mut().map(Planes::block_mut).collect();
            let v: SmallVec<[Block<'_, f64>; Parts::MOST]> = v.iter().map(Planes::block).collect();
            transform.convolve(&mut x, &v, Product::Parts, threads);
        }
        let start = self.outputs.start - (signal.start + taken.start);
        join([x_cut, v_cut], (start, self.outputs.len()), &mut x);

        // A product of which a factor was left out is below 2^(1 - depth) times the other factor, which
        // may not be transformed either.
        let left_out = 1.01 * taps.len() as f64 * 2f64.powi(1 - self.depth + self.above);
        let [x_norm, v_norm] = [x_cut, v_cut].map(|cut| cut.norms.iter().sum::<f64>());
        let error = error + left_out;
        // No sum of magnitudes is above the product of the norms.
        let roundings = 1.01 * ROUNDINGS * f64::EPSILON / 2.0 * x_norm * v_norm;
        let whole_error = error + left_out + roundings;
        let sums = x.swap_remove(0);
        Ok(Some(TiltedOutputs { sums, start, error, whole_error, tilted: self }))
    }
}

/// The outputs that values and taps reach.
fn reach(signal: &Range<usize>, taps: &Range<usize>) -> Range<usize> {
    signal.start + taps.start..signal.end + taps.end - 1
}

/// The part of an operand that is multiplied by the part `others` of the other in `outputs`.
fn needed(part: Range<usize>, others: &Range<usize>, outputs: &Range<usize>) -> Range<usize> {
    let first = outputs.start.saturating_sub(others.end - 1);
    part.start.max(first)..part.end.min(outputs.end - others.start)
}

/// The outputs of a tilted convolution.
pub struct TiltedOutputs<'w> {
    sums: Planes<&'w mut [f64]>,
    /// The place of the first output.
    start: usize,
    /// A bound of the error of every output, beside [`ROUNDINGS`].
    pub error: f64,
    /// A bound of the error of every output, with all roundings.
    pub whole_error: f64,
    tilted: Tilted,
}

impl TiltedOutputs<'_> {
    /// The tilted output at index `place` of the block. The sums that the transformed parts do not
    /// reach are 0.
    #[inline(always)]
    pub fn at(&self, place: usize) -> f64 {
        let Range { start, end } = self.tilted.outputs;
        if (start..end).contains(&place) { self.sums.at(self.start + place - start) } else { 0.0 }
    }

    /// The exponent, in units of 2^-16, of the power that tilts the output at `place` back.
    #[inline(always)]
    pub fn exponent(&self, place: usize) -> i64 {
        let Tilted { slope, exponents: [x, v], .. } = self.tilted;
        ((x + v) << 16) - slope * place as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convolve::tests::componentwise::exact_sum::{ExactSum, times_power};
    use crate::convolve::tests::support::Random;
    use crate::convolve::wanted::TiltSpace;
    use crate::cpu::{STEEPEST, tilt_back};
    use crate::memory::{bytes_for, with_workspace};

    const U: f64 = f64::EPSILON / 2.0;

    /// The largest error of an output of tilted operands as a multiple of its bound, and as a
    /// multiple of the bound without the roundings of tilting.
    fn worst(x: &[f64], v: &[f64], count: usize, slope: i64, skip: usize) -> [f64; 2] {
        let (read, filter_len) = (x.len(), v.len());
        let outputs = read + filter_len - 1 - skip;
        let block_len = Transform::<f64>::block_for((skip + outputs).max(SHORTEST)).unwrap();
        let parts = Parts { count, block_len };
        let space = TiltSpace { parts, filter_len };
        let blocks = bytes_for(block_len + 64, 8) * count;
        let mut worst = [0f64; 2];
        with_workspace(space.bytes(), |mut own| {
            let profiles = [x, v].map(|values| {
                let mut profile = Profile::new([values, &[]], &mut own);
                profile.look_at(0..values.len(), |at, to| {
                    to.copy_from_slice(&values[at..at + to.len()]);
                });
                profile
            });
            let outputs = skip..skip + outputs;
            let tilted = Tilted::new((slope, parts), profiles.each_ref(), outputs).unwrap();
            assert!(tilted.block_len() <= block_len);
            with_workspace(blocks, |work| {
                let source = (&Source::from(x), 0);
                let outputs = tilted.convolve(source, v, 1, [work, own])?.unwrap();
                for place in skip..read + filter_len - 1 {
                    let (mut error, mut sum) = (ExactSum::zero(), ExactSum::zero());
                    for k in (place + 1).saturating_sub(read)..=place.min(filter_len - 1) {
                        error.add(v[k], x[place - k]);
                        sum.add(v[k].abs(), x[place - k].abs());
                    }
                    let exponent = outputs.exponent(place);
                    let (fraction, whole) = (exponent & 0xffff, (exponent >> 16) as i32);
                    // The power may be out of range, but not its root.
                    let (y, half) = (tilt_back(outputs.at(place), fraction), whole / 2);
                    error.add(-times_power(y, half), times_power(1.0, whole - half));
                    let [error, sum] = [error, sum].map(|it| it.times_power(-whole).abs());
                    let without = tilt_back(outputs.error, fraction);
                    let bound = [without + ROUNDINGS * U * sum, without];
                    for (worst, bound) in worst.iter_mut().zip(bound) {
                        *worst = worst.max(error / bound);
                    }
                }
                Ok(())
            })
        })
        .unwrap();
        worst
    }

    /// Values that fall by `slope` at each place from 2^first on, with random factors.
    fn falling(random: &mut Random, len: usize, slope: i64, first: i32) -> Vec<f64> {
        let value = |i: usize| {
            let exponent = -slope * i as i64;
            times_power(
                tilt_back(random.unit(), exponent & 0xffff),
                (exponent >> 16) as i32 + first,
            )
        };
        (0..len).map(value).collect()
    }

    #[test]
    fn outputs_are_as_accurate_as_they_say() {
        let mut random = Random(70);
        for count in 2..=3 {
            for (x_len, v_len, slope, x_first, v_first) in [
                (1200, 300, 100_003, 1000, 400),
                (1500, 900, 70_001, 1000, 1000),
                (1500, 900, -70_001, -600, -900),
                (300, 150, STEEPEST, 1020, 900),
                (260, 150, 1 - STEEPEST, -1074, -900),
                (2000, 2000, 1, 0, 0),
                (3000, 700, -33, 900, -900),
            ] {
                let x = falling(&mut random, x_len, slope, x_first);
                let v = falling(&mut random, v_len, slope, v_first);
                for skip in [0, v_len - 1, x_len / 2] {
                    let [worst, without] = worst(&x, &v, count, slope, skip);
                    let call = format!("{count} parts, {x_len} x {v_len}, {slope}, {skip}");
                    println!("{call}: {worst} {without}");
                    assert!(worst <= 1.0, "{call}: {worst}");
                    // The bound needs the roundings of tilting.
                    assert!(without > 2.0, "{call}: {without}");
                }
            }
        }
    }

    /// With a tilt that fits only one of the operands, most of the other is left out.
    #[test]
    fn values_that_are_left_out_are_within_the_bound() {
        let mut random = Random(71);
        for count in 2..=3 {
            for slope in [-40_000, 9000, 500_000] {
                let x = falling(&mut random, 2500, 50_000, 900);
                let v = falling(&mut random, 1500, -45_000, -900);
                for tilt in [slope, -slope] {
                    let [worst, _] = worst(&x, &v, count, tilt, 0);
                    assert!(worst <= 1.0, "{count} parts, {tilt}: {worst}");
                }
            }
        }
    }
}
