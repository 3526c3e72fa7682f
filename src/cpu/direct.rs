//! Direct correlation kernels.

use bytemuck::Pod;

use super::Real;

/// `out[i] = sum over k of taps[k] * x[i + k]`, k ascending from +0, one FMA chain per output.
///
/// # Panics
/// If `taps` is empty or `x.len() + 1 != out.len() + taps.len()`.
pub fn correlate<T: Real>(taps: &[T], x: &[T], out: &mut [T]) {
    assert!(!taps.is_empty() && x.len() + 1 == out.len() + taps.len());
    for (i, out) in out.iter_mut().enumerate() {
        *out = taps.iter().zip(&x[i..]).fold(T::default(), |sum, (&t, &x)| t.mul_add(x, sum));
    }
}

/// An unsigned word whose arithmetic wraps: what integers of its width, signed or not, compute in.
pub trait Word: Pod + Send + Sync + Default {
    /// `self + a * b` modulo 2^bits.
    fn add_product(self, a: Self, b: Self) -> Self;
    /// Modulo 2^bits.
    fn from_bits(bits: u64) -> Self;
}

macro_rules! words {
    ($($type:ty),*) => {$(
        impl Word for $type {
            #[inline(always)]
            fn add_product(self, a: Self, b: Self) -> Self {
                self.wrapping_add(a.wrapping_mul(b))
            }
            #[inline(always)]
            fn from_bits(bits: u64) -> Self {
                bits as Self
            }
        }
    )*};
}
words!(u8, u16, u32, u64);

/// [`correlate`] modulo 2^bits.
///
/// # Panics
/// As [`correlate`].
pub fn correlate_words<T: Word>(taps: &[T], x: &[T], out: &mut [T]) {
    assert!(!taps.is_empty() && x.len() + 1 == out.len() + taps.len());
    for (i, out) in out.iter_mut().enumerate() {
        *out = taps.iter().zip(&x[i..]).fold(T::default(), |sum, (&t, &x)| sum.add_product(t, x));
    }
}

/// The largest magnitude in `x`: 0 if it is empty, not finite if one value is not.
pub fn largest<T: Real>(x: &[T]) -> T {
    let mut largest = T::default();
    for &x in x {
        if !x.is_finite() {
            return x;
        }
        if x.abs() > largest {
            largest = x.abs();
        }
    }
    largest
}
