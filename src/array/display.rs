//! An array as text, the way MLX prints it.

use std::fmt::{self, Display, Formatter, Write};

use half::{bf16, f16};

use super::Array;
use crate::dtype::{Complex64, Element, Truth, with_element};

/// A longer dimension is shortened to this many parts at each end.
const EDGE: usize = 3;

/// At most this many elements and empty rows are printed. Even a small array may have a view of 64
/// dimensions with many elements.
const MOST: usize = 1000;

impl Display for Array {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("array(")?;
        with_element!(self.dtype(), T => {
            let elements = self.elements::<T>().map_err(|_| fmt::Error)?;
            print(f, self, elements, 0, self.layout().offset() as isize, &mut 0)?;
        });
        write!(f, ", dtype={})", self.dtype().name())
    }
}

/// Prints dimension `dim` of `array`, from the element at `index` on. `printed` counts up to
/// [`MOST`]; after that, the rest of each dimension is `...`.
fn print<T: Print>(
    f: &mut Formatter<'_>,
    array: &Array,
    elements: &[T],
    dim: usize,
    index: isize,
    printed: &mut usize,
) -> fmt::Result {
    let Some(&len) = array.shape().get(dim) else {
        *printed += 1;
        return elements[index as usize].print(f);
    };
    if len == 0 {
        *printed += 1;
    }
    let (len, stride) = (len as usize, array.strides()[dim] as isize);
    let is_last = dim + 1 == array.shape().len();
    let elided = len > 2 * EDGE;
    f.write_char('[')?;
    let mut i = 0;
    while i < len {
        match (i, is_last) {
            (0, _) => {}
            (_, true) => f.write_str(", ")?,
            (_, false) => write!(f, ",\n{:1$}", "", "array([".len() + dim)?,
        }
        if *printed >= MOST {
            f.write_str("...")?;
            break;
        }
        if elided && i == EDGE {
            f.write_str("...")?;
            i = len - EDGE;
            continue;
        }
        // If the array has no elements, nothing below its dimension of size 0 is printed.
        let index = index.wrapping_add(stride.wrapping_mul(i as isize));
        print(f, array, elements, dim + 1, index, printed)?;
        i += 1;
    }
    f.write_char(']')
}

/// The text of a value of each type.
trait Print: Element {
    fn print(self, f: &mut Formatter<'_>) -> fmt::Result;
}

macro_rules! print_integers {
    ($($type:ty),*) => {$(
        impl Print for $type {
            fn print(self, f: &mut Formatter<'_>) -> fmt::Result {
                write!(f, "{self}")
            }
        }
    )*};
}
print_integers!(u8, u16, u32, u64, i8, i16, i32, i64);

macro_rules! print_floats {
    ($($type:ty),*) => {$(
        impl Print for $type {
            fn print(self, f: &mut Formatter<'_>) -> fmt::Result {
                print_float(f, self.to_f64())
            }
        }
    )*};
}
print_floats!(f16, bf16, f32, f64);

impl Print for Truth {
    fn print(self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0 == 0 { "false" } else { "true" })
    }
}

impl Print for Complex64 {
    fn print(self, f: &mut Formatter<'_>) -> fmt::Result {
        print_float(f, f64::from(self.re))?;
        // As in MLX, -0 does not count as negative.
        f.write_char(if self.im < 0.0 { '-' } else { '+' })?;
        print_float(f, f64::from(if self.im < 0.0 { -self.im } else { self.im }))?;
        f.write_char('j')
    }
}

/// Six significant digits, like C's `%g`.
fn print_float(f: &mut Formatter<'_>, value: f64) -> fmt::Result {
    const DIGITS: i32 = 6;
    if !value.is_finite() {
        let sign = if value.is_sign_negative() { "-" } else { "" };
        return write!(f, "{sign}{}", if value.is_nan() { "nan" } else { "inf" });
    }
    // The value is rounded first: 999999.5 has an exponent of 6, not 5.
    let scientific = format!("{value:.*e}", DIGITS as usize - 1);
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trim = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    if (-4..DIGITS).contains(&exponent) {
        let decimals = (DIGITS - 1 - exponent) as usize;
        return f.write_str(&trim(&format!("{value:.decimals$}")));
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    write!(f, "{}e{sign}{:02}", trim(digits), exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::{Layout, Output};
    use crate::dtype::Dtype;

    fn array<T: Element>(shape: &[i32], values: &[T]) -> Array {
        let layout = Layout::contiguous(shape, T::DTYPE).unwrap();
        Array::copied(layout, T::DTYPE, bytemuck::cast_slice(values)).unwrap()
    }

    #[test]
    fn values_read_as_in_mlx() {
        assert_eq!(array(&[3], &[1_i32, 2, 3]).to_string(), "array([1, 2, 3], dtype=int32)");
        assert_eq!(Array::scalar(-7_i8).unwrap().to_string(), "array(-7, dtype=int8)");
        assert_eq!(array::<f32>(&[0], &[]).to_string(), "array([], dtype=float32)");
        let truths = [Truth(0), Truth(2)];
        assert_eq!(array(&[2], &truths).to_string(), "array([false, true], dtype=bool)");
        let complex = [Complex64 { re: 1.5, im: -2.0 }, Complex64 { re: 0.0, im: f32::NAN }];
        assert_eq!(array(&[2], &complex).to_string(), "array([1.5-2j, 0+nanj], dtype=complex64)");
    }

    #[test]
    fn floats_have_six_digits_as_percent_g() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (0.1, "0.1"),
            (1.0 / 3.0, "0.333333"),
            (100000.0, "100000"),
            (999999.4, "999999"),
            (999999.5, "1e+06"),
            (1234567.0, "1.23457e+06"),
            (0.0001, "0.0001"),
            (0.00001234567, "1.23457e-05"),
            (1e-300, "1e-300"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
        ] {
            let expected = format!("array({text}, dtype=float64)");
            assert_eq!(Array::scalar(value).unwrap().to_string(), expected);
        }
    }

    #[test]
    fn long_dimensions_are_elided_and_rows_aligned() {
        let values: Vec<u16> = (0..14).collect();
        assert_eq!(
            array(&[6], &values[..6]).to_string(),
            "array([0, 1, 2, 3, 4, 5], dtype=uint16)"
        );
        let text = array(&[7], &values[..7]).to_string();
        assert_eq!(text, "array([0, 1, 2, ..., 4, 5, 6], dtype=uint16)");
        let text = array(&[2, 7], &values).to_string();
        let rows =
            "array([[0, 1, 2, ..., 4, 5, 6],\n       [7, 8, 9, ..., 11, 12, 13]], dtype=uint16)";
        assert_eq!(text, rows);
    }

    #[test]
    fn of_many_elements_the_first_thousand_are_printed() {
        let one = array(&[1], &[7_u8]);
        let viewed = |shape: &[i32]| {
            let strides = vec![0; shape.len()];
            one.viewed(Layout::strided(shape, &strides, 0, 1, Dtype::UInt8).unwrap()).to_string()
        };
        assert_eq!(viewed(&[6, 6, 6]).matches('7').count(), 216);
        assert_eq!(viewed(&[6; 24]).matches('7').count(), MOST);
        // The row, the plane and the cube that hold the thousandth element all end in dots.
        let end = "[7, 7, 7, 7, ...],\n         ...],\n        ...],\n       ...], dtype=uint8)";
        let text = viewed(&[6; 4]);
        assert!(text.ends_with(end) && text.matches('7').count() == MOST, "{text}");
        // Rows without elements also count.
        let empty: Vec<i32> = [2; 30].into_iter().chain([0]).collect();
        assert_eq!(array::<u8>(&empty, &[]).to_string().matches("[]").count(), MOST);
        // 64 dimensions of size 1 are one element, and all dimensions are printed.
        assert_eq!(viewed(&[1; 64]).matches('7').count(), 1);
    }

    #[test]
    fn strides_are_followed() {
        let base = array(&[6], &[0_i64, 1, 2, 3, 4, 5]);
        let viewed = |shape: &[i32], strides: &[i64], offset| {
            base.viewed(Layout::strided(shape, strides, offset, 6, Dtype::Int64).unwrap())
        };
        let view = viewed(&[2, 3], &[-1, 2], 1);
        let rows = "array([[1, 3, 5],\n       [0, 2, 4]], dtype=int64)";
        assert_eq!(view.to_string(), rows);
        let mut copy = Output::shaped(view.shape(), view.dtype()).unwrap();
        view.copy_to(copy.room_mut().bytes_mut().unwrap(), "a").unwrap();
        assert_eq!(copy.finish().to_string(), rows);
        assert_eq!(viewed(&[3], &[0], 4).to_string(), "array([4, 4, 4], dtype=int64)");
    }
}
