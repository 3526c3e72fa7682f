//! Conversion of 16-bit floats to float32 and back, without instructions for it.

/// The number of fraction bits that float32 has and float16 lacks, and the bit that is set in a
/// quiet NaN.
const FLOAT16_DROPPED: u32 = 13;
const QUIET: u32 = 1 << 22;
const SIGN: u32 = 1 << 31;
/// The bits of 2^exponent.
const fn power(exponent: i32) -> u32 {
    ((127 + exponent) as u32) << 23
}
const INFINITY: u32 = power(128);

/// Converts float16 to float32 without the instruction for it: value by value, with selections that
/// compilers vectorise.
#[inline(always)]
pub fn widen_each_float16(from: &[u16], to: &mut [f32]) {
    for (to, &from) in to.iter_mut().zip(from) {
        *to = widen_float16(from);
    }
}

/// Rounds float32 to float16, likewise.
#[inline(always)]
pub fn narrow_each_float16(from: &[f32], to: &mut [u16]) {
    for (to, &from) in to.iter_mut().zip(from) {
        *to = narrow_float16(from);
    }
}

/// A float16 as float32.
///
/// Exponents move up by the difference of the biases. The exponents of infinities and NaNs move on
/// to the top. The exponent of a subnormal stands for the next exponent. A subnormal gets that next
/// exponent, and with it a leading 1 that it lacks. A subtraction takes the 1 away, exactly.
#[inline(always)]
fn widen_float16(bits: u16) -> f32 {
    const LOWEST: u32 = power(-14);
    const REBIAS: u32 = (127 - 15) << 23;
    let sign = u32::from(bits & 0x8000) << 16;
    let moved = u32::from(bits & 0x7fff) << FLOAT16_DROPPED;
    let normal = moved + REBIAS;
    let subnormal = f32::from_bits(moved + LOWEST) - f32::from_bits(LOWEST);
    let special = moved | INFINITY | if moved > 0x7c00 << FLOAT16_DROPPED { QUIET } else { 0 };
    let magnitude = if moved < 0x0400 << FLOAT16_DROPPED {
        subnormal.to_bits()
    } else if moved >= 0x7c00 << FLOAT16_DROPPED {
        special
    } else {
        normal
    };
    f32::from_bits(sign | magnitude)
}

/// The nearest float16.
///
/// Normal numbers are rounded by an addition: of half of the last place that stays, less one if the
/// part that stays is even. The sum carries into the last place, and on into the exponent. Smaller
/// numbers are rounded by the addition of a power of two, whose last place is that of the
/// subnormals.
#[inline(always)]
fn narrow_float16(value: f32) -> u16 {
    /// A power of two with a last place of 2^-24.
    const ROUNDER: u32 = power(-24 + 23);
    const REBIAS: u32 = (127 - 15) << 23;
    let sign = (value.to_bits() & SIGN) >> 16;
    let magnitude = value.to_bits() & !SIGN;
    let odd = (magnitude >> FLOAT16_DROPPED) & 1;
    let half = (1 << (FLOAT16_DROPPED - 1)) - 1;
    let normal = magnitude.wrapping_sub(REBIAS).wrapping_add(half + odd) >> FLOAT16_DROPPED;
    let rounded = f32::from_bits(magnitude) + f32::from_bits(ROUNDER);
    let subnormal = rounded.to_bits().wrapping_sub(ROUNDER);
    let nan = 0x7e00 | (magnitude >> FLOAT16_DROPPED) & 0x03ff;
    let bits = if magnitude > INFINITY {
        nan
    } else if magnitude >= power(16) {
        0x7c00
    } else if magnitude < power(-14) {
        subnormal
    } else {
        normal
    };
    (sign | bits) as u16
}

#[inline(always)]
pub fn widen_bfloat16(bits: u16) -> f32 {
    let bits = u32::from(bits) << 16;
    let quiet = if bits & !SIGN > INFINITY { QUIET } else { 0 };
    f32::from_bits(bits | quiet)
}

/// Like [`narrow_float16`], but exponents stay as they are.
#[inline(always)]
pub fn narrow_bfloat16(value: f32) -> u16 {
    let bits = value.to_bits();
    let odd = (bits >> 16) & 1;
    let rounded = bits.wrapping_add(0x7fff + odd);
    let nan = bits | QUIET;
    ((if bits & !SIGN > INFINITY { nan } else { rounded }) >> 16) as u16
}
