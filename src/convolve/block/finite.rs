//! Values that are not finite, one by one: found, and replaced.

use crate::cpu::Real;

/// Infinite, and not NaN.
pub fn is_infinite<T: Real>(x: T) -> bool {
    !x.is_finite() && !x.is_nan()
}

/// Replaces infinities and NaNs by zeros.
pub fn sanitise<T: Real>(x: &mut [T]) {
    for x in x {
        *x = if x.is_finite() { *x } else { T::default() };
    }
}

/// Makes all NaNs the same one.
pub fn canonicalise<T: Real>(x: &mut [T]) {
    for x in x {
        *x = if x.is_nan() { T::from_f64(f64::NAN) } else { *x };
    }
}
