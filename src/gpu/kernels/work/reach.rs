//! What rows reach of a buffer.

use crate::gpu::rows::Span;

impl Span {
    /// The span after its first `row` rows.
    pub fn after(self, row: usize) -> Self {
        Self { at: self.row(row), ..self }
    }

    /// The first element that `count` rows reach between elements `begin` and `end`, and how many
    /// elements lie from it to the last.
    pub fn reach(self, count: usize, begin: usize, end: usize) -> [usize; 2] {
        let [rows, elements] = [count - 1, end - begin - 1].map(|len| len as isize);
        let first = self.at.wrapping_add_signed(self.stride * begin as isize);
        let [by_rows, by_elements] = [rows * self.step, elements * self.stride];
        let least = first.wrapping_add_signed(by_rows.min(0) + by_elements.min(0));
        [least, by_rows.unsigned_abs() + by_elements.unsigned_abs() + 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_reach_from_the_least_element_to_the_largest() {
        let span = |at, step, stride| Span { at, step, stride };
        assert_eq!(span(5, 10, 1).reach(3, 0, 4), [5, 24]);
        assert_eq!(span(5, 0, 2).reach(3, 1, 4), [7, 5]);
        assert_eq!(span(100, -10, -3).reach(2, 0, 5), [78, 23]);
        assert_eq!(span(9, 7, 0).reach(1, 3, 8), [9, 1]);
    }
}
