//! Finds and replaces single values that are not finite.

use crate::cpu::Real;

/// Whether `x` is infinite, not NaN.
pub fn is_infinite<T: Real>(x: T) -> bool {
    !x.is_finite() && !x.is_nan()
}

/// Replaces infinities and NaNs by zeros.
pub fn sanitise<T: Real>(x: &mut [T]) {
    for x in x {
        *x = if x.is_finite() { *x } else { T::default() };
    }
}

/// Replaces every NaN by the same NaN.
pub fn canonicalise<T: Real>(x: &mut [T]) {
    for x in x {
        *x = if x.is_nan() { T::from_f64(f64::NAN) } else { *x };
    }
}
