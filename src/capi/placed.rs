//! Rows of elements at a pointer from C: which bytes they span, whether elements coincide, and
//! whether spans meet. Nothing is computed that can wrap.

use std::ffi::c_void;
use std::ptr::NonNull;

use super::dtype::{dtype_of, mlx_dtype};
use crate::array::Rows;
use crate::dtype::Dtype;
use crate::error::{Error, Result};
use crate::memory::{Grid, RowsMut};

/// `count` rows of `len` elements. Their fields fit together, but `data` may still be NULL.
pub struct Placed {
    pub name: &'static str,
    pub dtype: Dtype,
    data: *mut u8,
    grid: Grid,
    span: Span,
}

/// All bytes from the lowest to the highest element of all rows.
#[derive(Clone, Copy)]
struct Span {
    /// Bytes below the first element of the first row.
    before: usize,
    /// At most `isize::MAX`; 0 if there is no element.
    bytes: usize,
}

/// Rows whose span lies in the address space, at an address that is not 0.
pub struct Spanned<'p> {
    placed: &'p Placed,
    start: NonNull<u8>,
}

impl Placed {
    /// Checks the fields of the argument `name`.
    pub fn new(
        name: &'static str,
        (data, dtype): (*mut c_void, mlx_dtype),
        grid: Grid,
    ) -> Result<Self> {
        let Grid { len, stride, count, step } = grid;
        let dtype = dtype_of(format_args!("{name}->"), dtype)?;
        if data.addr() & (dtype.alignment() - 1) != 0 {
            let alignment = dtype.alignment();
            let message = format!("{name}->data: {data:p} is not aligned to {alignment} bytes");
            return Err(Error::invalid(message));
        }
        if stride == 0 && len > 1 {
            return Err(Error::invalid(format!("{name}->stride: 0, but {name}->len is {len}")));
        }
        let Some(span) = span(dtype.size(), grid) else {
            return Err(Error::invalid(format!(
                "{name}->len, {name}->stride, {name}->step: {count} rows, {step} apart, of {len} \
                 elements, {stride} apart, of {} bytes span more than PTRDIFF_MAX bytes",
                dtype.size()
            )));
        };
        Ok(Self { name, dtype, data: data.cast(), grid, span })
    }

    /// The number of elements of a row.
    pub fn len(&self) -> usize {
        self.grid.len
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.span.bytes == 0
    }

    /// Refuses rows of which two elements are one.
    pub fn check_distinct(&self) -> Result<()> {
        if self.grid.is_distinct() {
            return Ok(());
        }
        let Self { name, grid: Grid { len, stride, count, step }, .. } = *self;
        Err(Error::invalid(format!(
            "{name}->stride, {name}->step: {stride} and {step} put two of {count} rows of {len} \
             outputs into one place"
        )))
    }

    /// The elements in memory.
    pub fn spanned(&self) -> Result<Spanned<'_>> {
        let Self { name, data, span, .. } = *self;
        if data.is_null() {
            return Err(Error::invalid(format!("{name}->data: NULL")));
        }
        let is_inside = data.addr() > span.before
            && (data.addr() - span.before).checked_add(span.bytes).is_some();
        match NonNull::new(data.wrapping_sub(span.before)).filter(|_| is_inside) {
            Some(start) => Ok(Spanned { placed: self, start }),
            None => Err(Error::invalid(format!(
                "{name}->data: {} bytes from {} bytes below {data:p} on reach beyond the address space",
                span.bytes, span.before
            ))),
        }
    }
}

/// `None` if the span is longer than a pointer difference.
fn span(size: usize, grid: Grid) -> Option<Span> {
    if grid.len == 0 || grid.count == 0 {
        return Some(Span { before: 0, bytes: 0 });
    }
    let [low, high] = grid.reach()?;
    let elements = high.checked_sub(low)?.checked_add(1)?.unsigned_abs();
    let bytes = elements.checked_mul(size).filter(|&bytes| bytes <= isize::MAX as usize)?;
    // The elements below `data` are a part of the span, so their bytes are fewer.
    Some(Span { before: low.unsigned_abs() * size, bytes })
}

impl Spanned<'_> {
    /// Refuses outputs whose span meets that of an input.
    pub fn check_apart(&self, input: &Spanned<'_>) -> Result<()> {
        let (out, at) = (self.start.addr().get(), input.start.addr().get());
        if out < at + input.placed.span.bytes && at < out + self.placed.span.bytes {
            let (out, input) = (self.placed.name, input.placed.name);
            return Err(Error::invalid(format!("{out}: its span meets that of {input}")));
        }
        Ok(())
    }

    /// The rows, for reading.
    ///
    /// # Safety
    /// All elements are valid during `'a`, and nobody writes to the span meanwhile.
    pub unsafe fn rows<'a>(&self) -> Rows<'a> {
        let Placed { dtype, span, .. } = *self.placed;
        let Grid { len, stride, step, .. } = self.grid();
        // SAFETY: the span is not empty, at most `isize::MAX` bytes long, and within the address
        // space. The caller guarantees the elements, and the header that the bytes between them may
        // be read.
        let bytes = unsafe { std::slice::from_raw_parts(self.start.as_ptr(), span.bytes) };
        Rows { bytes, dtype, offset: span.before / dtype.size(), stride, step, len }
    }

    /// The rows, for writing.
    ///
    /// # Safety
    /// All elements are valid for writing during `'o`, are [distinct](Placed::check_distinct), and
    /// nothing else reaches them meanwhile.
    pub unsafe fn rows_mut<'o>(&self) -> RowsMut<'o> {
        let Placed { dtype, data, .. } = *self.placed;
        // SAFETY: the caller guarantees it, and the span fits `isize`.
        unsafe { RowsMut::new(data, dtype.size(), self.grid()) }
    }

    /// Where the elements lie. C may give any number as a distance that leads to no other element;
    /// here it is 1 or 0.
    fn grid(&self) -> Grid {
        let Grid { len, stride, count, step } = self.placed.grid;
        let stride = if len == 1 { 1 } else { stride };
        Grid { len, stride, count, step: if count == 1 { 0 } else { step } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_reach_from_the_lowest_to_the_highest_element() {
        let of = |len, stride, count, step| {
            let span = span(4, Grid { len, stride, count, step });
            span.map(|span| (span.before, span.bytes))
        };
        assert_eq!(of(3, 2, 2, 1), Some((0, 24)));
        assert_eq!(of(3, -2, 2, 1), Some((16, 24)));
        assert_eq!(of(3, -2, 2, -10), Some((56, 60)));
        assert_eq!(of(3, 2, 2, 0), Some((0, 20)));
        assert_eq!(of(3, 2, usize::MAX, 0), Some((0, 20)));
        assert_eq!(of(1, isize::MIN, 1, isize::MIN), Some((0, 4)));
        assert_eq!(of(0, isize::MIN, usize::MAX, isize::MAX), Some((0, 0)));
        assert_eq!(of(usize::MAX, 1, 0, isize::MAX), Some((0, 0)));
        let most = isize::MAX as usize / 4;
        assert_eq!(of(most, 1, 1, 0), Some((0, 4 * most)));
        assert_eq!(of(most, -1, 1, 0), Some((4 * most - 4, 4 * most)));
        assert_eq!(of(most + 1, 1, 1, 0), None);
        assert_eq!(of(most, 1, 2, 1), None);
        for stride in [isize::MIN, isize::MAX] {
            for step in [isize::MIN, isize::MAX] {
                for count in [isize::MAX as usize, usize::MAX] {
                    assert_eq!(of(count, stride, count, step), None);
                }
                assert_eq!(of(2, stride, 2, step), None);
                assert_eq!(of(2, stride, 1, step), None);
                assert_eq!(of(1, stride, 2, step), None);
            }
        }
    }
}
