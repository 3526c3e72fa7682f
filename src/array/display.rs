//! An array as text, the way MLX prints it.

use std::fmt::{self, Display, Formatter, Write};

use half::{bf16, f16};

use super::Array;
use crate::dtype::{Complex64, Element, Truth, with_element};

/// Of a longer dimension only this many are printed from either end.
const EDGE: usize = 3;

impl Display for Array {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("array(")?;
        with_element!(self.dtype(), T => {
            let elements = self.elements::<T>().map_err(|_| fmt::Error)?;
            print(f, self, elements, 0, self.layout().offset() as isize)?;
        });
        write!(f, ", dtype={})", self.dtype().name())
    }
}

/// Dimension `dim` of `array`, from the element at `index` on.
fn print<T: Print>(
    f: &mut Formatter<'_>,
    array: &Array,
    elements: &[T],
    dim: usize,
    index: isize,
) -> fmt::Result {
    let Some(&len) = array.shape().get(dim) else {
        return elements[index as usize].print(f);
    };
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
        if elided && i == EDGE {
            f.write_str("...")?;
            i = len - EDGE;
            continue;
        }
        // Of an array without elements nothing is printed below its dimension of size 0.
        print(f, array, elements, dim + 1, index.wrapping_add(stride.wrapping_mul(i as isize)))?;
        i += 1;
    }
    f.write_char(']')
}

/// How a value of each type reads.
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
        // -0 counts as not negative, as MLX has it.
        f.write_char(if self.im < 0.0 { '-' } else { '+' })?;
        print_float(f, f64::from(if self.im < 0.0 { -self.im } else { self.im }))?;
        f.write_char('j')
    }
}

/// Six significant digits, as C's `%g`.
fn print_float(f: &mut Formatter<'_>, value: f64) -> fmt::Result {
    const DIGITS: i32 = 6;
    if !value.is_finite() {
        let sign = if value.is_sign_negative() { "-" } else { "" };
        return write!(f, "{sign}{}", if value.is_nan() { "nan" } else { "inf" });
    }
    // Rounded first: 999999.5 has an exponent of 6, not 5.
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
