//! Cuts integers into digits in float64, one digit at a time, and adds sums of digits to integers.
//! Plain loops, compiled for each instruction set.

use crate::cpu::isa::{Isa, isa};
use crate::cpu::vector::{Kernel, Simd, Word};

/// Cuts the lowest digit of `width` bits, balanced, off each value of `rest`, and writes it to
/// `to`, which is as long.
///
/// # Panics
/// If `width` is not in 1 .. 52, or the lengths differ.
pub fn cut_digits(rest: &mut [i64], width: u32, to: &mut [f64]) {
    cut_digits_on(isa(), rest, width, to);
}

fn cut_digits_on(isa: Isa, rest: &mut [i64], width: u32, to: &mut [f64]) {
    assert!((1..52).contains(&width) && rest.len() == to.len());
    isa.run(Cut { rest, width, to });
}

/// `out += sum * 2^shift` modulo 2^bits. Each of `sums` is rounded to the nearest integer.
///
/// Sums are below 2^51 in magnitude.
///
/// # Panics
/// If `shift` is above 63, or the lengths differ.
pub fn add_rounded<W: Word>(out: &mut [W], sums: &[f64], shift: u32) {
    add_rounded_on(isa(), out, sums, shift);
}

fn add_rounded_on<W: Word>(isa: Isa, out: &mut [W], sums: &[f64], shift: u32) {
    assert!(shift < 64 && out.len() == sums.len());
    isa.run(AddRounded { out, sums, shift });
}

/// 1.5 * 2^52. Added to an integer below 2^51 in magnitude, it leaves the integer in the low bits,
/// in two's complement.
const SHIFT: f64 = 6_755_399_441_055_744.0;

struct Cut<'a> {
    rest: &'a mut [i64],
    width: u32,
    to: &'a mut [f64],
}

impl Kernel for Cut<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let Self { rest, width, to } = self;
        let half = 1i64 << (width - 1);
        let low = (1i64 << width) - 1;
        for (rest, to) in rest.iter_mut().zip(to) {
            let up = rest.wrapping_add(half);
            let digit = (up & low) - half;
            *rest = up >> width;
            // Only the widest instruction set converts integers of 64 bits.
            *to = f64::from_bits(SHIFT.to_bits().wrapping_add(digit as u64)) - SHIFT;
        }
    }
}

struct AddRounded<'a, W> {
    out: &'a mut [W],
    sums: &'a [f64],
    shift: u32,
}

impl<W: Word> Kernel for AddRounded<'_, W> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let Self { out, sums, shift } = self;
        for (out, &sum) in out.iter_mut().zip(sums) {
            let nearest = (sum + SHIFT).to_bits().wrapping_sub(SHIFT.to_bits());
            *out = out.add_product(W::from_bits(1), W::from_bits(nearest << shift));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::each_isa::each_isa;

    /// Digits of all widths add up to the number again, modulo 2^64. The numbers are at both ends
    /// of the range and between.
    #[test]
    fn digits_make_up_the_number_again() {
        let numbers: Vec<i64> = (0..64)
            .flat_map(|bit| [1i64 << bit, (1i64 << bit).wrapping_sub(1), -(1i64 << (bit / 2)) - 7])
            .chain([0, -1, i64::MIN, i64::MAX])
            .collect();
        for isa in each_isa() {
            for width in 1..52 {
                let (mut rest, mut sums) = (numbers.clone(), vec![0u64; numbers.len()]);
                let mut digits = vec![0.0; numbers.len()];
                for shift in (0..64).step_by(width as usize) {
                    cut_digits_on(isa, &mut rest, width, &mut digits);
                    assert!(digits.iter().all(|digit| digit.abs() <= (1u64 << (width - 1)) as f64));
                    // The largest error that a sum may have.
                    digits.iter_mut().for_each(|digit| *digit += 0.4);
                    add_rounded_on(isa, &mut sums, &digits, shift);
                }
                let whole: Vec<i64> = sums.iter().map(|&sum| sum as i64).collect();
                assert_eq!(whole, numbers, "{} {width}", isa.name());
            }
        }
    }
}
