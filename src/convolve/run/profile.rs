//! The profile of an operand: how large its values are, place by place.
//!
//! Levels are logarithms to base 2 in units of 2^-16. A tilt of slope s adds s at each place to the
//! level.

use std::ops::Range;

use crate::convolve::wanted::PROFILE_CHUNK as CHUNK;
use crate::cpu::{Real, STEEPEST, nonzero};
use crate::memory::Workspace;

/// The level of zeros, below all others, whatever the tilt.
const NOTHING: i64 = i64::MIN / 4;
/// The logarithm of a number is above the level by at most 0.0861.
const ABOVE: i64 = 5700;

/// The place and the level of the largest value of a chunk, and the mean level of its values that
/// are not 0.
type Peak = [i64; 3];

/// The peaks of an operand, and of the part of it that some outputs read.
pub struct Profile<'w> {
    len: usize,
    /// The peaks of all chunks.
    all: &'w mut [Peak],
    /// The values of the part, and the peaks of its chunks. What follows is unspecified.
    part: Range<usize>,
    peaks: &'w mut [Peak],
    /// The vertices of the smallest concave line above the part's peaks. What follows is
    /// unspecified.
    hull: &'w mut [Peak],
    vertices: usize,
}

/// How far a tilted value may be above the tilted peak of its chunk. A value is no larger than the
/// peak, and less than a chunk away from it.
pub fn slack(slope: i64) -> i64 {
    ABOVE + slope.abs() * (CHUNK as i64 - 1)
}

impl<'w> Profile<'w> {
    /// The profile of the values of both slices, which are finite. All chunks of the first are
    /// full, unless there is no second. The part is empty.
    pub fn new<T: Real>([first, second]: [&[T]; 2], work: &mut Workspace<'w>) -> Self {
        let len = first.len() + second.len();
        let [all, peaks, hull] = [(); 3].map(|()| work.cut::<Peak>(len.div_ceil(CHUNK)));
        let values = first.chunks(CHUNK).chain(second.chunks(CHUNK));
        for (i, (peak, values)) in all.iter_mut().zip(values).enumerate() {
            *peak = of_chunk(i * CHUNK, values);
        }
        Self { len, all, part: 0..0, peaks, hull, vertices: 0 }
    }

    /// The number of values.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Looks at the values `part`, which is not empty, alone. `read` reads values from a place on.
    pub fn look_at<T: Real>(&mut self, part: Range<usize>, read: impl Fn(usize, &mut [T])) {
        let chunks = part.start / CHUNK..part.end.div_ceil(CHUNK);
        let peaks = &mut self.peaks[..chunks.len()];
        peaks.copy_from_slice(&self.all[chunks.clone()]);
        // The peaks of chunks that are cut may be outside.
        for chunk in [chunks.start, chunks.end - 1] {
            let start = part.start.max(chunk * CHUNK);
            let end = part.end.min((chunk + 1) * CHUNK);
            let mut values = [T::default(); CHUNK];
            let values = &mut values[..end - start];
            read(start, values);
            peaks[chunk - chunks.start] = of_chunk(start, values);
        }
        self.vertices = make_hull(peaks, self.hull);
        self.part = part;
    }

    /// The vertices of the part's hull.
    fn hull(&self) -> &[Peak] {
        &self.hull[..self.vertices]
    }

    /// The largest level of a peak of the part, with the tilt `slope`. `None` for zeros.
    pub fn top(&self, slope: i64) -> Option<i64> {
        self.hull().iter().map(|[place, level, _]| level + slope * place).max()
    }

    /// The values of the part from the first to the last that may be at `least` or above if they
    /// are tilted.
    pub fn from(&self, least: i64, slope: i64) -> Range<usize> {
        let slack = slack(slope);
        let is_such = |[place, level, _]: &Peak| level + slope * place + slack >= least;
        let Range { start, end } = self.part;
        let chunks = start / CHUNK..end.div_ceil(CHUNK);
        let peaks = &self.peaks[..chunks.len()];
        let first = chunks.start + peaks.iter().position(is_such).unwrap_or(0);
        let last = chunks.start + peaks.iter().rposition(is_such).unwrap_or(0);
        start.max(first * CHUNK)..end.min((last + 1) * CHUNK)
    }

    /// The place of the largest level of a peak, with the tilt `slope`.
    fn place_of_top(&self, slope: i64) -> i64 {
        let top = self.hull().iter().max_by_key(|[place, level, _]| level + slope * place);
        top.map_or(0, |peak| peak[0])
    }

    /// The number of values whose chunk has a mean level of `least` at least, if they are tilted,
    /// and that reach `outputs` together with a value at place `other` of the other operand.
    fn count_from(&self, least: i64, slope: i64, other: i64, outputs: &Range<usize>) -> usize {
        let Range { start, end } = self.part;
        let outputs = outputs.start as i64..outputs.end as i64;
        let chunks = start / CHUNK..end.div_ceil(CHUNK);
        let peaks = &self.peaks[..chunks.len()];
        let is_such = |&(chunk, [_, _, mean]): &(usize, &Peak)| {
            let place = (chunk * CHUNK + CHUNK / 2) as i64;
            outputs.contains(&(place + other)) && mean + slope * place >= least
        };
        CHUNK * chunks.zip(peaks).filter(is_such).count()
    }
}

/// The number of `outputs` that are expected to be at most `reach` below the largest, with the tilt
/// `slope`: those that have a product with the largest value of one operand, and with a value of the
/// other that is as large as most values around it.
pub fn expected(
    profiles: [&Profile<'_>; 2],
    slope: i64,
    reach: i64,
    outputs: &Range<usize>,
) -> usize {
    let count = |of: &Profile<'_>, other: &Profile<'_>| {
        let least = of.top(slope).map_or(i64::MAX, |top| top - reach);
        of.count_from(least, slope, other.place_of_top(slope), outputs)
    };
    let [x, v] = profiles;
    count(x, v) + count(v, x)
}

fn of_chunk<T: Real>(start: usize, values: &[T]) -> Peak {
    let (mut peak, mut sum, mut count) = ((start, 0.0), 0, 0);
    for (place, value) in (start..).zip(values) {
        let magnitude = value.to_f64().abs();
        if magnitude > peak.1 {
            peak = (place, magnitude);
        }
        sum += level_of_normal(magnitude);
        count += i64::from(magnitude > 0.0);
    }
    // Zeros have the level of their exponent.
    let zeros = (values.len() as i64 - count) * level_of_normal(0.0);
    [peak.0 as i64, level(peak.1), if count > 0 { (sum - zeros) / count } else { NOTHING }]
}

/// The level of a magnitude. The mantissa stands for its logarithm.
fn level(magnitude: f64) -> i64 {
    if !nonzero()(magnitude) {
        NOTHING
    } else if magnitude < f64::MIN_POSITIVE {
        level_of_normal(magnitude * 2f64.powi(64)) - (64 << 16)
    } else {
        level_of_normal(magnitude)
    }
}

/// Like [`level`], but others than normal numbers count as numbers near the smallest of these.
#[inline(always)]
fn level_of_normal(magnitude: f64) -> i64 {
    (magnitude.to_bits() >> (52 - 16)) as i64 - (1023 << 16)
}

/// Writes the vertices of the concave hull of the peaks, and returns their number.
fn make_hull(peaks: &[Peak], hull: &mut [Peak]) -> usize {
    let mut count = 0;
    for &peak in peaks.iter().filter(|peak| peak[1] > NOTHING) {
        while let [.., a, b] = &hull[..count]
            && is_below(*b, [*a, peak])
        {
            count -= 1;
        }
        hull[count] = peak;
        count += 1;
    }
    count
}

/// Whether a peak between two others is not above their line.
fn is_below([place, level, _]: Peak, [from, to]: [Peak; 2]) -> bool {
    (level - from[1]) * (to[0] - from[0]) <= (to[1] - from[1]) * (place - from[0])
}

/// A tilt that is aimed at some outputs.
pub struct Aim {
    /// What the tilt adds to the level at each place.
    pub slope: i64,
    /// The levels of the tilted sums fall from this place on. `None` if they never do.
    pub end: Option<i64>,
}

/// The tilt that proves the first of `outputs`, and as many behind it as it can. The levels of the
/// tilted sums at both ends are equally far below the largest. If this were more than `reach`, the
/// level at the first is so far below, and the end is left to other tilts. All this holds if the
/// operands are as large as their hulls everywhere. `None` if both operands have a single vertex,
/// or none.
pub fn aim([a, v]: [&Profile<'_>; 2], outputs: &Range<usize>, reach: i64) -> Option<Aim> {
    let segments = || Segments::of([a.hull(), v.hull()]);
    let places = [outputs.start, outputs.end - 1].map(|place| place as i64);
    // The hull is below all lines along its segments, and on one of them.
    let hull = places.map(|at| segments().map(|it| it.level_at(at)).fold(f64::INFINITY, f64::min));
    let mut segments = segments().peekable();
    let mut aim = None;
    while let Some(segment) = segments.next() {
        let [first, last] = [0, 1].map(|i| segment.level_at(places[i]) - hull[i]);
        if aim.is_some() && segment.end > places[0] && first > reach as f64 {
            break;
        }
        let end = segments.peek().map(|_| segment.end);
        aim = Some(Aim { slope: flattening(segment.slope), end });
        if first >= last {
            break;
        }
    }
    aim
}

/// A segment of the hull of the sums' levels.
struct Segment {
    slope: f64,
    start: i64,
    end: i64,
    /// The level at the start.
    level: i64,
}

impl Segment {
    /// The level of the line along the segment.
    fn level_at(&self, place: i64) -> f64 {
        self.level as f64 + self.slope * (place - self.start) as f64
    }
}

/// The hull of the sums' levels: the segments of both operands' hulls, sorted by their slopes. A
/// tilt makes one segment flat.
struct Segments<'a> {
    /// The vertices from the next segment's start on.
    rests: [&'a [Peak]; 2],
    /// The place and the level of the next segment's start: the sum of the first vertices.
    at: [i64; 2],
}

impl<'a> Segments<'a> {
    fn of(hulls: [&'a [Peak]; 2]) -> Self {
        let firsts = hulls.map(|hull| hull.first().copied().unwrap_or_default());
        Self { rests: hulls, at: [0, 1].map(|i| firsts[0][i] + firsts[1][i]) }
    }
}

impl Iterator for Segments<'_> {
    type Item = Segment;

    fn next(&mut self) -> Option<Segment> {
        let segment = |hull: &[Peak]| match hull {
            [a, b, ..] => Some([b[0] - a[0], b[1] - a[1]]),
            _ => None,
        };
        let (hull, [run, rise]) = match self.rests.map(segment) {
            [Some(a), Some(v)] if a[1] * v[0] >= v[1] * a[0] => (0, a),
            [Some(a), None] => (0, a),
            [_, Some(v)] => (1, v),
            [None, None] => return None,
        };
        self.rests[hull] = &self.rests[hull][1..];
        let [start, level] = self.at;
        self.at = [start + run, level + rise];
        Some(Segment { slope: rise as f64 / run as f64, start, end: start + run, level })
    }
}

/// The tilt that makes a segment level.
fn flattening(slope: f64) -> i64 {
    let half = if slope < 0.0 { -0.5 } else { 0.5 };
    -((slope + half) as i64).clamp(-STEEPEST, STEEPEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::with_workspace;

    const ONE: i64 = 1 << 16;

    fn with_profiles<R>(operands: [&[f64]; 2], check: impl FnOnce([&Profile<'_>; 2]) -> R) -> R {
        let all = operands.map(|values| 0..values.len());
        with_parts(operands, all, check)
    }

    fn with_parts<R>(
        operands: [&[f64]; 2],
        parts: [Range<usize>; 2],
        check: impl FnOnce([&Profile<'_>; 2]) -> R,
    ) -> R {
        with_workspace(1 << 20, |mut work| {
            let [a, v] = [0, 1].map(|i| {
                let values = operands[i];
                let half = (values.len() / 2).next_multiple_of(CHUNK).min(values.len());
                let (first, second) = values.split_at(half);
                let mut profile = Profile::new([first, second], &mut work);
                profile.look_at(parts[i].clone(), |at, to| {
                    to.copy_from_slice(&values[at..at + to.len()]);
                });
                profile
            });
            Ok(check([&a, &v]))
        })
        .unwrap()
    }

    #[test]
    fn levels_are_logarithms() {
        for exponent in [-1074, -1040, -1022, -1000, 0, 1, 1023] {
            let power = if exponent < -1022 {
                f64::from_bits(1 << (exponent + 1074))
            } else {
                2f64.powi(exponent)
            };
            assert_eq!(level(power), i64::from(exponent) << 16);
            for x in [1.0, 1.1, 1.44, 1.5, 1.9, 2.0 - 2.0 * f64::EPSILON] {
                let above = x.log2() * ONE as f64 - level(x) as f64;
                assert!((-1.0..ABOVE as f64).contains(&above), "{x}: {above}");
            }
        }
        assert_eq!(level(0.0), NOTHING);
    }

    #[test]
    fn tops_and_ranges_hold_every_value() {
        // A decay, a value far above the others, and zeros at both ends.
        let mut values: Vec<f64> = (0..500).map(|i| 2f64.powi(-i / 4)).collect();
        values[..40].fill(0.0);
        values[450..].fill(0.0);
        values[300] = 2f64.powi(100);
        let zeros = [0.0; 70];
        with_profiles([&values, &zeros], |[profile, zeros]| {
            assert_eq!(zeros.top(5), None);
            for slope in [0, 1000, -1000, ONE / 4, -ONE, STEEPEST] {
                let tilted = |i: usize| match values[i] {
                    0.0 => f64::NEG_INFINITY,
                    x => x.log2() + i as f64 * slope as f64 / ONE as f64,
                };
                let want = (0..500).map(tilted).fold(f64::NEG_INFINITY, f64::max);
                let top = profile.top(slope).unwrap() as f64 / ONE as f64;
                // The largest value of a chunk need not be the largest when it is tilted.
                let slack = 0.1 + (slope.abs() * 31) as f64 / ONE as f64;
                assert!((want - slack..=want).contains(&top), "{slope}: {top} {want}");
                for least in [-60.0, 0.0, 90.0] {
                    let range = profile.from((least * ONE as f64) as i64, slope);
                    let is_such = |&i: &usize| tilted(i) >= least;
                    for i in (0..500).filter(is_such) {
                        assert!(range.contains(&i), "{slope} {least}: {i} {range:?}");
                    }
                }
            }
        });
    }

    #[test]
    fn parts_know_nothing_of_the_values_beside_them() {
        let mut values = [1.0; 300];
        let check = |values: &[f64; 300]| {
            with_parts([values, &[1.0]], [100..266, 0..1], |[profile, _]| {
                assert_eq!(profile.top(0), Some(0));
                assert_eq!(profile.top(ONE), Some(ONE * 256));
                assert_eq!(profile.from(0, ONE), 100..266);
                assert_eq!(profile.from(200 * ONE, ONE), 192..266);
            });
        };
        check(&values);
        (values[99], values[266]) = (1e300, 1e300);
        check(&values);
        with_parts([&values, &[1.0]], [70..71, 0..1], |[profile, _]| {
            assert_eq!(profile.top(0), Some(0));
            assert_eq!(profile.from(0, ONE), 70..71);
        });
    }

    #[test]
    fn few_large_values_promise_nothing() {
        // The values of a chunk differ by 2^30.
        let wild: Vec<f64> = (0..640).map(|i| 2f64.powi(i * 7 % 31)).collect();
        let flat: Vec<f64> = (0..320).map(|i| 2f64.powi(i % 3 - i)).collect();
        let count = |operands, reach, outputs| {
            with_profiles(operands, |both| expected(both, ONE, reach * ONE, &outputs))
        };
        let tilted: Vec<f64> =
            wild.iter().enumerate().map(|(i, x)| x * 2f64.powi(-(i as i32))).collect();
        assert_eq!(count([&tilted, &[1.0]], 10, 0..640), CHUNK);
        assert_eq!(count([&tilted, &[1.0]], 20, 0..640), 640 + CHUNK);
        assert_eq!(count([&flat, &[1.0]], 10, 0..320), 320 + CHUNK);
        assert_eq!(count([&flat, &[1.0]], 10, 64..128), 64);
        // Zeros do not count.
        let zeros: Vec<f64> =
            flat.iter().enumerate().map(|(i, x)| if i % 4 == 0 { *x } else { 0.0 }).collect();
        assert_eq!(count([&zeros, &[1.0]], 10, 0..320), 320 + CHUNK);
    }

    #[test]
    fn aims_make_the_sums_flat() {
        // Both fall, first by 1 / 8 and then by 1 / 4 each place; the second one for half as long.
        // So the sums fall by 1 / 8 up to place 1536.
        let falling = |len: i32, half: i32| {
            (0..len).map(|i| 2f64.powi(-(i / 8 + (i - half).max(0) / 8))).collect::<Vec<_>>()
        };
        let (a, v) = (falling(2048, 1024), falling(1024, 512));
        with_profiles([&a, &v], |[a, v]| {
            for (outputs, reach, slope) in [
                (0..1500, 100, ONE / 8),
                (1600..3000, 100, ONE / 4),
                (0..3071, 300, ONE / 4),
                (600..3071, 300, ONE / 4),
                // The steeper slope is above the hull of a place 936 before by 117.
                (600..3071, 120, ONE / 4),
                (600..3071, 110, ONE / 8),
                // The first output comes before the rest, however far the reach.
                (0..3071, 0, ONE / 8),
            ] {
                let aim = aim([a, v], &outputs, reach * ONE).unwrap();
                assert!((aim.slope - slope).abs() < ONE / 100, "{outputs:?}: {}", aim.slope);
                // Both slopes have two segments.
                let ends = if slope == ONE / 8 { 900..1600 } else { 1900..3072 };
                assert!(ends.contains(&aim.end.unwrap_or(3071)), "{outputs:?}: {:?}", aim.end);
            }
        });
        with_profiles([&[1.0], &[0.0, 3.0]], |both| assert!(aim(both, &(0..2), ONE).is_none()));
        with_profiles([&[0.0], &[0.0]], |both| assert!(aim(both, &(0..1), ONE).is_none()));
    }
}
