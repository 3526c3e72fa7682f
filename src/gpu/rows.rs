//! The rows of a convolution on a device.

use crate::dtype::Dtype;

/// The numbers that are summed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// The dtype of operands and outputs.
    pub dtype: Dtype,
    /// Whether zeros stand for subnormal numbers.
    pub flush: bool,
    /// Whether conjugates stand for the numbers of the signal, and of the filter.
    pub are_conjugated: [bool; 2],
}

/// The lengths of each row. They are those of
/// [`Geometry`](../convolve/wanted/struct.Geometry.html).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lens {
    /// Values of the signal.
    pub signal: usize,
    /// Taps.
    pub filter: usize,
    /// The first output, as an index of the full convolution.
    pub first: usize,
    /// Outputs.
    pub outputs: usize,
}

/// Where the rows of an operand are, in elements of its buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first element of the first row.
    pub at: usize,
    /// From a row to the next. With 0, all rows are the same.
    pub step: isize,
    /// From an element of a row to the next.
    pub stride: isize,
}

/// Where the rows of a signal, a filter and the outputs are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spans {
    /// The number of rows.
    pub count: usize,
    /// Rows of the signal.
    pub signal: Span,
    /// Rows of the filter.
    pub filter: Span,
    /// Rows of the outputs.
    pub out: Span,
}

impl Spans {
    /// One row: where its signal, its filter and its outputs begin, and how far their elements are
    /// apart.
    pub fn one(places: [usize; 3], strides: [isize; 3]) -> Self {
        let span = |i: usize| Span { at: places[i], step: 0, stride: strides[i] };
        Self { count: 1, signal: span(0), filter: span(1), out: span(2) }
    }

    /// Adds a row, if it is as far from the last row as all rows are from one another. Returns whether
    /// the row was added.
    pub fn extend(&mut self, row: [usize; 3]) -> bool {
        let spans = [&mut self.signal, &mut self.filter, &mut self.out];
        let mut rows = spans.into_iter().zip(row);
        if self.count == 1 {
            rows.for_each(|(span, at)| span.step = at.wrapping_sub(span.at) as isize);
        } else if !rows.all(|(span, at)| at == span.row(self.count)) {
            return false;
        }
        self.count += 1;
        true
    }
}

impl Span {
    /// The first element of row `row`.
    pub fn row(self, row: usize) -> usize {
        self.at.wrapping_add_signed(self.step.wrapping_mul(row as isize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_at_equal_distances_go_together() {
        let mut rows = Spans::one([30, 7, 0], [1, -1, 2]);
        assert!(rows.extend([25, 7, 10]) && rows.extend([20, 7, 20]));
        assert!(
            !rows.extend([16, 7, 30]) && !rows.extend([15, 8, 30]) && !rows.extend([15, 7, 31])
        );
        let spans =
            [rows.signal, rows.filter, rows.out].map(|span| (span.at, span.step, span.stride));
        assert_eq!((rows.count, spans), (3, [(30, -5, 1), (7, 0, -1), (0, 10, 2)]));
    }
}
