//! Cuts numbers into parts, the first of which have exact products, and joins sums of such
//! products.

use super::chains::two_sum;
use crate::cpu::isa::{Isa, isa};
use crate::cpu::vector::{Kernel, Simd};

/// Rounds each value to the nearest multiple of `unit`, writes it to `part`, and subtracts it from
/// the value. Nothing is lost: both are exact, and what is left is at most half of `unit`.
///
/// `unit` is a power of two. The values are below 2^50 times `unit` in magnitude, and 2^53 times
/// `unit` is finite.
///
/// # Panics
/// If the lengths differ.
pub fn cut_part(values: &mut [f64], unit: f64, part: &mut [f64]) {
    cut_on(isa(), values, unit, part);
}

fn cut_on(isa: Isa, values: &mut [f64], unit: f64, part: &mut [f64]) {
    assert_eq!(values.len(), part.len());
    isa.run(Cut { values, shift: shift(unit), part });
}

/// Joins the sums of the products of parts. `first` are the sums of the first part, and `others`
/// those of the parts behind it. All but those of the last part are rounded to the nearest multiple
/// of their part's unit, which takes out their errors. `units` holds these units. The results
/// replace `first`. If there are no others, `first` already holds the results.
///
/// A unit is a power of two. The sums of its part are below 2^50 times the unit in magnitude, and
/// 2^53 times the unit is finite.
///
/// # The error of a result
/// Let `h`, `m` be the rounded sums, `l` the sum of the last part, and `u` be 2^-53. A result `y` is
///
/// ```text
/// two parts:    fl(h + l)
/// three parts:  fl(s + t)    where s = fl(h + m),  s + r = h + m exactly (TwoSum),  t = fl(r + l)
///
/// two parts:    |y - (h + l)|     <= u |y|
/// three parts:  |y - (h + m + l)| <= u ((1 + 2u) |y| + (1 + 4u) |l|)
/// ```
///
/// A rounded sum differs from the sum by at most `u` times itself. This is the first bound. With
/// three parts, `y` is off by `u |y|` for its own addition and by `u |t|` for that of `t`. From
/// `|r| <= u |s|` follows `|t| <= (1 + u) (u |s| + |l|)`, and `|s| <= |s + t| + |t| <= (1 + u) |y| +
/// |t|`. Hence `(1 - u - u^2) |t| <= (1 + u) ((u + u^2) |y| + |l|)`, and `|t| <= 2u |y| + (1 + 4u)
/// |l|`.
///
/// Overflow is excluded. Underflow changes nothing, unless subnormal numbers are flushed: this adds
/// up to 2^-1022 for each addition.
///
/// # Panics
/// If there are more than two others, if each part but the last has not one unit, or if the lengths
/// differ.
pub fn join_parts(first: &mut [f64], others: &[&[f64]], units: &[f64]) {
    join_on(isa(), first, others, units);
}

fn join_on(isa: Isa, first: &mut [f64], others: &[&[f64]], units: &[f64]) {
    assert!(others.iter().all(|other| other.len() == first.len()));
    match (others, units) {
        ([], []) => {}
        (&[last], &[unit]) => {
            isa.run(Join { first, others: [last], shifts: [shift(unit)] });
        }
        (&[middle, last], &[unit, next]) => {
            isa.run(Join { first, others: [middle, last], shifts: [unit, next].map(shift) });
        }
        _ => panic!("{} units for {} parts", units.len(), 1 + others.len()),
    }
}

/// 1.5 * 2^52 units. Between 2^52 and 2^53 units, the numbers are the multiples of the unit.
fn shift(unit: f64) -> f64 {
    1.5 * 2f64.powi(52) * unit
}

/// The nearest multiple of the unit that the shift is of.
#[inline(always)]
fn nearest(value: f64, shift: f64) -> f64 {
    (value + shift) - shift
}

struct Cut<'a> {
    values: &'a mut [f64],
    shift: f64,
    part: &'a mut [f64],
}

impl Kernel for Cut<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let Self { values, shift, part } = self;
        for (value, part) in values.iter_mut().zip(part) {
            *part = nearest(*value, shift);
            *value -= *part;
        }
    }
}

struct Join<'a, const OTHERS: usize> {
    first: &'a mut [f64],
    others: [&'a [f64]; OTHERS],
    shifts: [f64; OTHERS],
}

impl<const OTHERS: usize> Kernel for Join<'_, OTHERS> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let Self { first, mut others, shifts } = self;
        let len = first.len();
        for other in &mut others {
            *other = &other[..len];
        }
        for at in 0..len {
            let mut sum = nearest(first[at], shifts[0]);
            let mut cut_off = 0.0;
            for i in 1..OTHERS {
                let (joined, rest) = two_sum(sum, nearest(others[i - 1][at], shifts[i]));
                sum = joined;
                cut_off += rest;
            }
            first[at] = sum + (cut_off + others[OTHERS - 1][at]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::each_isa::each_isa;
    use crate::process::guard_page::BeforeGuardPage;

    fn random(seed: &mut u64) -> f64 {
        *seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (*seed >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }

    #[test]
    fn parts_are_the_nearest_multiples_and_lose_nothing() {
        let mut seed = 5;
        for isa in each_isa() {
            for len in 0..300 {
                let (mut values, mut part) =
                    (BeforeGuardPage::<f64>::new(len), BeforeGuardPage::<f64>::new(len));
                let unit = 2f64.powi(len as i32 - 150);
                for (i, value) in values.iter_mut().enumerate() {
                    *value = unit
                        * match i % 4 {
                            // Halves between multiples, at both ends of the range.
                            0 => i as f64 - 149.5,
                            1 => (2f64.powi(50) - 0.5) * if i % 8 == 1 { 1.0 } else { -1.0 },
                            2 => random(&mut seed) * 2f64.powi(49),
                            _ => random(&mut seed) * 2f64.powi(-(i as i32)),
                        };
                }
                let whole = values.to_vec();
                cut_on(isa, &mut values, unit, &mut part);
                for i in 0..len {
                    let name = isa.name();
                    // Division by a power of two is exact.
                    let want = (whole[i] / unit).round_ties_even();
                    assert_eq!(part[i] / unit, want, "{name} {len} {i}");
                    assert_eq!(two_sum(part[i], values[i]), (whole[i], 0.0), "{name} {len} {i}");
                    assert!(values[i].abs() <= unit / 2.0, "{name} {len} {i}");
                }
            }
        }
    }

    /// The number as a multiple of 2^-60.
    fn fixed(value: f64) -> i128 {
        let whole = value * 2f64.powi(60);
        assert!(whole.trunc() == whole && whole.abs() < 2f64.powi(120), "{value}");
        whole as i128
    }

    #[test]
    fn joined_parts_are_as_accurate_as_they_say() {
        let mut seed = 7;
        let short = |x: f64, bits: i32| (x * 2f64.powi(bits)).round() * 2f64.powi(-bits);
        for isa in each_isa() {
            for len in 0..300 {
                for count in 1..=3 {
                    let mut sums: Vec<_> =
                        (0..count).map(|_| BeforeGuardPage::<f64>::new(len)).collect();
                    let units = &[1.0, 2f64.powi(-20)][..count - 1];
                    let mut exact = vec![0; len];
                    for at in 0..len {
                        let mut whole = 0.0;
                        for (part, sums) in sums.iter_mut().enumerate() {
                            let value = match (part, at % 3) {
                                (0, 0) => random(&mut seed) * 2f64.powi(45),
                                (0, _) => random(&mut seed) * 1000.0,
                                // In every third sum, the first two parts almost cancel.
                                (1, 1) => 2f64.powi(-19) - whole,
                                (1, _) => random(&mut seed) * 2f64.powi(25),
                                _ => random(&mut seed) * 2f64.powi(-8 * (at as i32 % 5)),
                            };
                            if let Some(&unit) = units.get(part) {
                                whole = (value / unit).round() * unit;
                                exact[at] += fixed(whole);
                                sums[at] = whole + 0.49 * unit * random(&mut seed);
                            } else {
                                sums[at] = short(value, 60);
                                exact[at] += fixed(sums[at]);
                            }
                        }
                    }
                    let last = sums[count - 1].to_vec();
                    let (first, others) = sums.split_first_mut().unwrap();
                    let others: Vec<&[f64]> = others.iter().map(|other| &other[..]).collect();
                    join_on(isa, first, &others, units);
                    for at in 0..len {
                        let y = first[at];
                        let off = (fixed(y) - exact[at]).abs() as f64;
                        let with_last = if count == 3 { last[at].abs() } else { 0.0 };
                        let most = 2f64.powi(60 - 53) * (y.abs() + with_last);
                        let name = isa.name();
                        // The bound's 2u and 4u are below this test's own rounding.
                        assert!(off <= most * (1.0 + 1e-14), "{name} {len} {count} {at}: {off}");
                    }
                }
            }
        }
    }

    #[test]
    #[should_panic]
    fn every_part_but_the_last_has_a_unit() {
        join_parts(&mut [1.0], &[&[2.0]], &[]);
    }
}
