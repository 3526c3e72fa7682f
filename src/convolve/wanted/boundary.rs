//! Boundaries: how a signal continues beyond its ends.

/// How a signal continues beyond its ends. The values are those of the C enum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(i32)]
pub enum Boundary {
    /// `0 0 0 / a b c d / 0 0 0`
    #[default]
    Zero = 0,
    /// `a a a / a b c d / d d d`
    Edge = 1,
    /// `c b a / a b c d / d c b`
    Symmetric = 2,
    /// `d c b / a b c d / c b a`
    Reflect = 3,
    /// `b c d / a b c d / a b c`
    Wrap = 4,
}

/// Positions that read elements one after another, one step apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The element that the first position reads.
    pub index: usize,
    /// The distance to the next position's element: 1, -1, or 0 if all positions read this element.
    pub stride: isize,
    /// The number of positions.
    pub len: usize,
}

impl Boundary {
    /// All boundaries, in the order of their numbers.
    pub const ALL: [Self; 5] = [Self::Zero, Self::Edge, Self::Symmetric, Self::Reflect, Self::Wrap];

    /// The boundary with C's number `raw`, if there is one.
    pub fn from_raw(raw: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|&it| it as i32 == raw)
    }

    /// The number of positions after which a signal of `len` elements repeats. `None` if it does
    /// not repeat.
    pub fn period(self, len: usize) -> Option<usize> {
        match self {
            Self::Zero | Self::Edge => None,
            Self::Symmetric => Some(2 * len),
            Self::Reflect => Some((2 * len - 2).max(1)),
            Self::Wrap => Some(len),
        }
    }

    /// The longest run from `position` on in a signal of `len` elements, which are at positions
    /// from 0 on. `None` if zeros stand there.
    pub fn run(self, len: usize, position: isize) -> Option<Run> {
        let inside = |index| Run { index, stride: 1, len: len - index };
        let Some(period) = self.period(len) else {
            return match (usize::try_from(position), self) {
                (Ok(index), _) if index < len => Some(inside(index)),
                (_, Self::Zero) => None,
                (Ok(_), _) => Some(Run { index: len - 1, stride: 0, len: usize::MAX }),
                (Err(_), _) => Some(Run { index: 0, stride: 0, len: position.unsigned_abs() }),
            };
        };
        let phase = match (usize::try_from(position), position.unsigned_abs() % period) {
            (Ok(_), phase) | (Err(_), phase @ 0) => phase,
            (Err(_), phase) => period - phase,
        };
        Some(match phase.checked_sub(len) {
            None => inside(phase),
            // The way back: the positions up to the next period.
            Some(_) => {
                let rest = period - phase;
                let index = if self == Self::Symmetric { rest - 1 } else { rest };
                Run { index, stride: -1, len: rest }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The elements at positions -7 .. 11 of a signal of `len` elements, run by run.
    fn continued(boundary: Boundary, len: usize) -> Vec<Option<usize>> {
        let (mut elements, end) = (Vec::new(), 11);
        while elements.len() < 18 {
            let at = elements.len() as isize - 7;
            match boundary.run(len, at) {
                None => elements.push(None),
                Some(run) => elements.extend(
                    (0..run.len.min((end - at) as usize))
                        .map(|i| Some(run.index.wrapping_add_signed(i as isize * run.stride))),
                ),
            }
        }
        elements
    }

    #[test]
    fn signals_continue_as_numpy_pad_continues_them() {
        for (boundary, want) in [
            (Boundary::Zero, ["0000000abcd0000000", "0000000abc00000000", "0000000ab000000000"]),
            (Boundary::Edge, ["aaaaaaaabcdddddddd", "aaaaaaaabccccccccc", "aaaaaaaabbbbbbbbbb"]),
            (
                Boundary::Symmetric,
                ["bcddcbaabcddcbaabc", "aabccbaabccbaabccb", "bbaabbaabbaabbaabb"],
            ),
            (Boundary::Reflect, ["babcdcbabcdcbabcdc", "bcbabcbabcbabcbabc", "bababababababababa"]),
            (Boundary::Wrap, ["bcdabcdabcdabcdabc", "cabcabcabcabcabcab", "bababababababababa"]),
        ] {
            for (want, len) in want.into_iter().zip([4, 3, 2]) {
                let letter =
                    |element: Option<usize>| element.map_or('0', |i| ['a', 'b', 'c', 'd'][i]);
                let got: String = continued(boundary, len).into_iter().map(letter).collect();
                assert_eq!(got, want, "{boundary:?} {len}");
            }
        }
        for boundary in [Boundary::Edge, Boundary::Symmetric, Boundary::Reflect, Boundary::Wrap] {
            assert!(continued(boundary, 1).iter().all(|&element| element == Some(0)));
        }
    }

    #[test]
    fn signals_repeat_after_their_period() {
        for boundary in Boundary::ALL {
            for len in 1..6 {
                let Some(period) = boundary.period(len) else { continue };
                for at in -20..20 {
                    let element = |at| boundary.run(len, at).unwrap().index;
                    assert_eq!(element(at), element(at + period as isize), "{boundary:?} {len}");
                }
            }
        }
    }
}
