//! A call with options as a convolution of a signal with a filter.

use super::boundary::Boundary;
use super::geometry::Geometry;
use super::operand::{Operand, Window};
use super::options::{Operation, Options};
use super::outputs::Outputs;
use crate::array::View;
use crate::error::Result;

/// A convolution of the operands' elements that the outputs read, and no others.
///
/// 1. Correlation is convolution with the conjugates of `v` in reverse order.
/// 2. With zeros beyond the ends, elements that no output reads are left out. The longer of the two
///    parts is the signal. If all outputs of a mode are wanted, no element is left out.
/// 3. With another boundary, the signal has all positions that outputs read: as many as outputs and
///    filter_len - 1 before the first one. So every output reads the whole filter, and nothing
///    beyond the signal's ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Lengths and offsets of the convolution. If there are no outputs, nothing else counts.
    pub geometry: Geometry,
    operation: Operation,
    /// Whether `v` is the signal.
    is_swapped: bool,
    /// The first element of `a` that is read.
    a_start: usize,
    /// The first element of `v` that is read, in the order of the convolution.
    v_start: usize,
    window: Option<Window>,
}

impl Reading {
    /// The reading of the outputs of `a_len` with `v_len` elements.
    ///
    /// # Errors
    /// As for [`Outputs::new`].
    #[inline]
    pub fn new(a_len: usize, v_len: usize, options: &Options) -> Result<Self> {
        let &Options { mode, operation, boundary, first, count, .. } = options;
        let has_zeros = operation == Operation::Convolve && boundary == Boundary::Zero;
        if has_zeros && first == 0 && count.is_none() {
            // The same in fewer steps, for short calls.
            let geometry = Geometry::new(a_len, v_len, mode)?;
            let is_swapped = v_len > a_len;
            return Ok(Self {
                geometry,
                operation,
                is_swapped,
                a_start: 0,
                v_start: 0,
                window: None,
            });
        }
        Self::with_options(a_len, v_len, options)
    }

    fn with_options(a_len: usize, v_len: usize, options: &Options) -> Result<Self> {
        let outputs = Outputs::new(a_len, v_len, options)?;
        let &Options { operation, boundary, .. } = options;
        Ok(match boundary {
            _ if outputs.count == 0 => Self::nothing(a_len, v_len, operation),
            Boundary::Zero => Self::with_zeros(a_len, v_len, outputs, operation),
            _ => Self::continued(a_len, v_len, outputs, operation, boundary),
        })
    }

    fn nothing(a_len: usize, v_len: usize, operation: Operation) -> Self {
        let (signal_len, filter_len) = (a_len.max(v_len), a_len.min(v_len));
        let geometry = Geometry { signal_len, filter_len, first: 0, outputs: 0 };
        let is_swapped = v_len > a_len;
        Self { geometry, operation, is_swapped, a_start: 0, v_start: 0, window: None }
    }

    fn with_zeros(a_len: usize, v_len: usize, outputs: Outputs, operation: Operation) -> Self {
        let Outputs { first, count } = outputs;
        // Output j reads the elements i of one operand for which the other has an element j - i.
        let read = |len: usize, other: usize| {
            let start = (first + 1).saturating_sub(other);
            start..len.min(first + count).max(start)
        };
        let (a, v) = (read(a_len, v_len), read(v_len, a_len));
        let is_swapped = v.len() > a.len();
        let geometry = Geometry {
            signal_len: a.len().max(v.len()),
            filter_len: a.len().min(v.len()),
            first: first - a.start - v.start,
            outputs: count,
        };
        let (a_start, v_start) = (a.start, v.start);
        Self { geometry, operation, is_swapped, a_start, v_start, window: None }
    }

    fn continued(
        a_len: usize,
        v_len: usize,
        Outputs { first, count }: Outputs,
        operation: Operation,
        boundary: Boundary,
    ) -> Self {
        let before = v_len - 1;
        // `Outputs` checked that this sum fits `isize`.
        let len = count + before;
        let geometry =
            Geometry { signal_len: len, filter_len: v_len, first: before, outputs: count };
        let start = first as isize - before as isize;
        let (a_start, window) = match usize::try_from(start) {
            // No output reads beyond an end.
            Ok(start) if start + len <= a_len => (start, None),
            _ => (0, Some(Window { boundary, start, len })),
        };
        Self { geometry, operation, is_swapped: false, a_start, v_start: 0, window }
    }

    /// The positions on the signal that are read, if it is continued beyond its ends. Then `a` is the
    /// signal.
    pub fn window(&self) -> Option<Window> {
        self.window
    }

    /// Whether conjugates stand for the elements of `v`.
    pub fn is_conjugated(&self) -> bool {
        self.operation == Operation::Correlate
    }

    /// The signal's and the filter's, of a pair that belongs to `a` and `v`.
    pub fn ordered<T>(&self, [a, v]: [T; 2]) -> [T; 2] {
        if self.is_swapped { [v, a] } else { [a, v] }
    }

    /// The distances between elements that are read one after another, if elements of `a` and of `v`
    /// are `strides` apart.
    pub fn directed(&self, [a, v]: [isize; 2]) -> [isize; 2] {
        if self.operation == Operation::Correlate { [a, -v] } else { [a, v] }
    }

    /// Where the elements begin that are read of `a` and of the `v_len` elements of `v`, from their
    /// first elements on.
    pub fn starts(&self, v_len: usize, strides: [isize; 2]) -> [isize; 2] {
        let [a, v] = self.directed(strides);
        let first = match self.operation {
            Operation::Convolve => 0,
            Operation::Correlate => (v_len as isize - 1) * strides[1],
        };
        [self.a_start as isize * a, first + self.v_start as isize * v]
    }

    /// Whether `v` is the signal, not the filter.
    pub fn is_swapped(&self) -> bool {
        self.is_swapped
    }

    /// The signal and the filter. `a` and `v` have the lengths of [`Self::new`].
    #[inline]
    pub fn operands<'a>(&'a self, a: View<'a>, v: View<'a>) -> [Operand<'a>; 2] {
        let &Self { geometry: Geometry { signal_len, filter_len, .. }, .. } = self;
        let is_conjugated = self.is_conjugated();
        let v = if is_conjugated { v.reversed() } else { v };
        let of_v = |len| Operand { is_conjugated, ..v.part(self.v_start, len).into() };
        match &self.window {
            Some(window) => [Operand { window: Some(window), ..a.into() }, of_v(filter_len)],
            None if self.is_swapped => [of_v(signal_len), a.part(self.a_start, filter_len).into()],
            None => [a.part(self.a_start, signal_len).into(), of_v(filter_len)],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::mode::Mode;
    use super::*;

    #[test]
    fn whole_modes_are_the_geometry_of_the_mode() {
        for a_len in 1..20 {
            for v_len in 1..20 {
                for mode in [Mode::Full, Mode::Valid, Mode::Same] {
                    let options = Options::of_mode(mode);
                    let reading = Reading::with_options(a_len, v_len, &options).unwrap();
                    assert_eq!(reading, Reading::new(a_len, v_len, &options).unwrap());
                    assert_eq!(reading.geometry, Geometry::new(a_len, v_len, mode).unwrap());
                    assert_eq!((reading.a_start, reading.v_start, reading.window), (0, 0, None));
                    assert_eq!(reading.is_swapped, v_len > a_len);
                }
            }
        }
    }

    #[test]
    fn a_few_outputs_of_long_operands_read_a_part_of_them() {
        let options = Options { first: 100, count: Some(10), ..Options::default() };
        let reading = Reading::new(1 << 26, 1 << 25, &options).unwrap();
        let want = Geometry { signal_len: 110, filter_len: 110, first: 100, outputs: 10 };
        assert_eq!(reading.geometry, want);
        let options = Options { first: 1 << 25, ..options };
        let Geometry { signal_len, filter_len, first, outputs } =
            Reading::new(1 << 26, 1 << 25, &options).unwrap().geometry;
        assert_eq!((signal_len, filter_len), ((1 << 25) + 9, 1 << 25));
        assert_eq!((first, outputs), ((1 << 25) - 1, 10));
    }

    #[test]
    fn a_window_inside_the_signal_is_a_part_of_it() {
        let options = Options { boundary: Boundary::Wrap, mode: Mode::Valid, ..Options::default() };
        let reading = Reading::new(9, 4, &options).unwrap();
        assert_eq!(
            (reading.window, reading.geometry),
            (None, Geometry::new(9, 4, Mode::Valid).unwrap())
        );
        let reading = Reading::new(9, 4, &Options { mode: Mode::Full, ..options }).unwrap();
        let window = Window { boundary: Boundary::Wrap, start: -3, len: 15 };
        assert_eq!(reading.window, Some(window));
    }
}
