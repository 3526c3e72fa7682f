//! The stage: a copy of the signal under some outputs, with zeros beyond the signal's ends.
//!
//! Direct sums read the signal in place if its elements need no conversion. Otherwise, and at the
//! signal's two ends, they read a stage.

use std::ops::Range;

use super::geometry::Geometry;
use crate::cpu::are_few;

/// Up to this many values are staged whole, not in pieces.
const STAGED_WHOLE: usize = 1024;

/// The elements of a signal that direct sums may read in memory: the index of the first one, and of
/// the one behind the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InPlace {
    /// The index of the first element in place.
    pub start: usize,
    /// The index of the element behind the last one in place.
    pub end: usize,
}

impl InPlace {
    /// No element is in place.
    pub const NOTHING: Self = Self { start: 0, end: 0 };

    fn is_nothing(self) -> bool {
        self.start >= self.end
    }
}

/// Whether runs end at the signal's ends, wherever the signal lies. The sums of few outputs depend on
/// the number of outputs of a run, and their bits may not depend on strides.
fn splits_at_ends(geometry: Geometry) -> bool {
    are_few(geometry.outputs, geometry.filter_len)
}

/// Values of the stage for pieces of `outputs` outputs.
pub fn staged_len(geometry: Geometry, in_place: InPlace, outputs: usize) -> usize {
    let before = geometry.filter_len - 1;
    if splits_at_ends(geometry) && in_place != (InPlace { start: 0, end: geometry.signal_len }) {
        return outputs + before;
    }
    let [head, tail] = geometry.outside(in_place.start, in_place.end);
    let ends = if in_place.is_nothing() { outputs } else { head.max(tail) };
    if ends == 0 {
        return 0;
    }
    let whole = outputs.min(STAGED_WHOLE.saturating_sub(before));
    ends.min(outputs).max(whole) + before
}

/// Three runs of outputs that together are `start .. start + outputs`. A run may be empty. Each run
/// is staged whole or reads the signal in place.
pub fn stretches(
    geometry: Geometry,
    in_place: InPlace,
    start: usize,
    outputs: usize,
) -> [Range<usize>; 3] {
    let before = geometry.filter_len - 1;
    let end = start + outputs;
    let whole = [end, end];
    let is_short = outputs + before <= STAGED_WHOLE;
    let (inside, is_whole) = match splits_at_ends(geometry) {
        true => (InPlace { start: 0, end: geometry.signal_len }, is_short),
        false => (in_place, in_place.is_nothing() || is_short),
    };
    let ends = [start.max(inside.start + before).min(end), start.max(inside.end).min(end)];
    let [head, tail] = if is_whole { whole } else { ends };
    [start..head, head..tail.max(head), tail.max(head)..end]
}

#[cfg(test)]
mod tests {
    use super::super::mode::Mode;
    use super::*;

    #[test]
    fn a_stage_holds_what_does_not_lie_in_memory() {
        const N: usize = 4000;
        const K: usize = 1600;
        let all = InPlace { start: 0, end: N };
        for (in_place, mode, want) in [
            (all, Mode::Valid, 0),
            (all, Mode::Same, 800 + K - 1),
            (all, Mode::Full, K - 1 + K - 1),
            (InPlace::NOTHING, Mode::Valid, 2401 + K - 1),
            (InPlace { start: 10, end: N - 30 }, Mode::Valid, 30 + K - 1),
        ] {
            let geometry = Geometry::new(N, K, mode).unwrap();
            assert_eq!(staged_len(geometry, in_place, geometry.outputs), want, "{mode:?}");
        }
    }

    #[test]
    fn stretches_follow_one_another_and_fit_the_stage_or_the_signal() {
        for (n, k) in [(1, 1), (9, 4), (300, 200), (1000, 3), (1000, 400), (700, 700), (2500, 300)]
        {
            for mode in [Mode::Full, Mode::Valid, Mode::Same] {
                let geometry = Geometry::new(n, k, mode).unwrap();
                for (start, end) in [(0, 0), (0, n), (n / 5, n), (n / 4, n / 2), (n / 3, n / 3 + 1)]
                {
                    let in_place = InPlace { start, end };
                    for step in [1, 7, 100, geometry.outputs] {
                        let step = step.min(geometry.outputs);
                        let stage = staged_len(geometry, in_place, step);
                        let last = geometry.first + geometry.outputs;
                        for start in (geometry.first..last).step_by(step) {
                            let outputs = step.min(last - start);
                            let mut at = start;
                            for run in stretches(geometry, in_place, start, outputs) {
                                assert_eq!(run.start, at);
                                at = run.end;
                                let lies_in_place =
                                    run.start + 1 >= k + in_place.start && run.end <= in_place.end;
                                let is_staged = run.len() + k - 1 <= stage;
                                assert!(run.is_empty() || lies_in_place || is_staged);
                            }
                            assert_eq!(at, start + outputs);
                        }
                    }
                }
            }
        }
    }
}
