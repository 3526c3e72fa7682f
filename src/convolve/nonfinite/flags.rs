//! Flags: a bit for each kind of contribution to an output, and the value that the contributions
//! give.

use crate::cpu::Real;

/// A contribution of +infinity.
pub const POSITIVE: u8 = 1;
/// A contribution of -infinity.
pub const NEGATIVE: u8 = 2;
/// A contribution of NaN.
pub const NAN: u8 = 4;

/// Overwrites each value that has a flag.
pub fn overwrite<T: Real>(values: &mut [T], flags: &[u8]) {
    for (value, &flags) in values.iter_mut().zip(flags) {
        *value = match flags {
            0 => *value,
            POSITIVE => T::from_f64(f64::INFINITY),
            NEGATIVE => T::from_f64(f64::NEG_INFINITY),
            _ => T::from_f64(f64::NAN),
        };
    }
}
