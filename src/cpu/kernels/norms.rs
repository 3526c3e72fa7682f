//! The sizes of blocks of values.

use super::dot;
use crate::cpu::isa::{Isa, isa};
use crate::cpu::vector::{Kernel, Simd, Vector};

/// The sum of the magnitudes of `values`, and the sum of their squares.
///
/// Without overflow and underflow, each sum is exact but for a part of `values.len()` 2^-53, to first
/// order. The order of the additions depends only on the number of values and on the instruction
/// set.
pub fn magnitudes(values: &[f64]) -> [f64; 2] {
    magnitudes_on(isa(), values)
}

fn magnitudes_on(isa: Isa, values: &[f64]) -> [f64; 2] {
    isa.run(Magnitudes(values))
}

/// Writes the sum of the magnitudes of each `chunk` values to `sums`. The last chunk may be shorter.
/// The sums are those of [`magnitudes`].
///
/// # Panics
/// If `chunk` is 0, or `sums` has not one place for each chunk.
pub fn chunk_magnitudes(values: &[f64], chunk: usize, sums: &mut [f64]) {
    chunks_on(isa(), values, chunk, sums);
}

fn chunks_on(isa: Isa, values: &[f64], chunk: usize, sums: &mut [f64]) {
    assert_eq!(values.len().div_ceil(chunk), sums.len());
    isa.run(Chunks { values, chunk, sums });
}

/// Writes about the sum of the magnitudes of each `chunk` values to `sums`, if the values that are
/// not 0 were all as large as their geometric mean. So a few large values do not count more than
/// others. The last chunk may be shorter.
///
/// The mean is off by up to 7 %: it is that of the bits, which are the logarithm but for a small
/// error.
///
/// # Panics
/// As for [`chunk_magnitudes`].
pub fn chunk_typicals(values: &[f64], chunk: usize, sums: &mut [f64]) {
    typicals_on(isa(), values, chunk, sums);
}

fn typicals_on(isa: Isa, values: &[f64], chunk: usize, sums: &mut [f64]) {
    assert_eq!(values.len().div_ceil(chunk), sums.len());
    isa.run(Typicals { values, chunk, sums });
}

struct Typicals<'a> {
    values: &'a [f64],
    chunk: usize,
    sums: &'a mut [f64],
}

impl Kernel for Typicals<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let Self { values, chunk, sums } = self;
        for (values, to) in values.chunks(chunk).zip(sums) {
            let (mut bits, mut count) = (0u64, 0u64);
            for value in values {
                let high = value.abs().to_bits() >> 32;
                bits += high;
                count += u64::from(high != 0);
            }
            let mean = f64::from_bits(bits.checked_div(count).unwrap_or(0) << 32);
            *to = count as f64 * mean;
        }
    }
}

/// Vectors of sums that do not wait for each other.
const SUMS: usize = 4;

struct Magnitudes<'a>(&'a [f64]);

impl Kernel for Magnitudes<'_> {
    type Output = [f64; 2];

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> [f64; 2] {
        sums::<S::F64>(simd, self.0)
    }
}

struct Chunks<'a> {
    values: &'a [f64],
    chunk: usize,
    sums: &'a mut [f64],
}

impl Kernel for Chunks<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { values, chunk, sums: to } = self;
        for (values, to) in values.chunks(chunk).zip(to) {
            // The compiler leaves out the squares.
            [*to, _] = sums::<S::F64>(simd, values);
        }
    }
}

#[inline(always)]
fn sums<V: Vector<Scalar = f64>>(simd: V::Simd, values: &[f64]) -> [f64; 2] {
    let (blocks, rest) = V::blocks(values);
    let (groups, single) = blocks.as_chunks::<SUMS>();
    let mut magnitudes = [V::splat(simd, 0.0); SUMS];
    let mut squares = magnitudes;
    for group in groups {
        for i in 0..SUMS {
            let x = V::load(simd, &group[i]);
            magnitudes[i] = magnitudes[i].add(magnitude(simd, &group[i]));
            squares[i] = x.mul_add(x, squares[i]);
        }
    }
    for block in single {
        let x = V::load(simd, block);
        magnitudes[0] = magnitudes[0].add(magnitude(simd, block));
        squares[0] = x.mul_add(x, squares[0]);
    }
    let mut sums = [total(magnitudes), total(squares)];
    for x in rest {
        sums[0] += x.abs();
        sums[1] += x * x;
    }
    sums
}

/// The magnitudes of a block. The compiler turns the loop into one operation.
#[inline(always)]
fn magnitude<V: Vector<Scalar = f64>>(simd: V::Simd, block: &V::Block) -> V {
    let mut without_signs = *block;
    let lanes: &mut [f64] = bytemuck::cast_slice_mut(std::slice::from_mut(&mut without_signs));
    for lane in lanes {
        *lane = lane.abs();
    }
    V::load(simd, &without_signs)
}

/// The sum of all lanes.
#[inline(always)]
fn total<V: Vector<Scalar = f64>>(mut sums: [V; SUMS]) -> f64 {
    for i in 1..SUMS {
        sums[0] = sums[0].add(sums[i]);
    }
    dot::total(sums[0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::each_isa::each_isa;
    use crate::process::guard_page::BeforeGuardPage;

    #[test]
    fn sums_hold_every_value_once() {
        for isa in each_isa() {
            // Lengths go past two groups of the widest vectors, so every tail occurs.
            for len in 0..300 {
                let mut values = BeforeGuardPage::<f64>::new(len);
                // Integers have exact sums in any order.
                for (i, x) in values.iter_mut().enumerate() {
                    *x = (i * i % 257) as f64 - 128.0;
                }
                let mut want = [0.0; 2];
                for x in values.iter() {
                    want = [want[0] + x.abs(), want[1] + x * x];
                }
                assert_eq!(magnitudes_on(isa, &values), want, "{} {len}", isa.name());
            }
        }
    }

    #[test]
    fn chunks_have_sums_of_their_own() {
        for isa in each_isa() {
            for len in 0..300 {
                let mut values = BeforeGuardPage::<f64>::new(len);
                for (i, x) in values.iter_mut().enumerate() {
                    *x = 1.0 / (i as f64 - 100.5);
                }
                for chunk in [1, 16, 33, 64, 200, 300] {
                    let mut sums = BeforeGuardPage::<f64>::new(len.div_ceil(chunk));
                    chunks_on(isa, &values, chunk, &mut sums);
                    let want = values.chunks(chunk).map(|values| magnitudes_on(isa, values)[0]);
                    assert!(sums.iter().copied().eq(want), "{} {len} {chunk}", isa.name());
                }
            }
        }
    }

    #[test]
    fn typical_sums_are_those_of_geometric_means() {
        for isa in each_isa() {
            for len in 1..200 {
                let mut values = BeforeGuardPage::<f64>::new(len);
                for (i, x) in values.iter_mut().enumerate() {
                    let power = 2f64.powi((i * i % 100) as i32 - 50) * 1.25;
                    *x = if i % 7 == 3 { 0.0 } else { power * (-1f64).powi(i as i32) };
                }
                for chunk in [1, 16, 33, 200] {
                    let mut sums = BeforeGuardPage::<f64>::new(len.div_ceil(chunk));
                    typicals_on(isa, &values, chunk, &mut sums);
                    for (values, sum) in values.chunks(chunk).zip(&*sums) {
                        let others = || values.iter().filter(|x| **x != 0.0);
                        let count = others().count() as f64;
                        let mean = (others().map(|x| x.abs().ln()).sum::<f64>() / count).exp();
                        let want = if count == 0.0 { 0.0 } else { count * mean };
                        let near = (0.93 * want..=1.07 * want).contains(sum);
                        assert!(near, "{} {len} {chunk}: {sum} {want}", isa.name());
                    }
                }
            }
        }
    }

    #[test]
    fn sums_are_as_accurate_as_they_say() {
        for isa in each_isa() {
            for len in [1, 37, 300, 4099] {
                let values: Vec<f64> = (1..=len).map(|i| (-1f64).powi(i) / f64::from(i)).collect();
                // Backwards, the smallest come first.
                let want = values
                    .iter()
                    .rev()
                    .fold([0.0; 2], |[sum, squares], x| [sum + x.abs(), squares + x * x]);
                for (sum, want) in magnitudes_on(isa, &values).into_iter().zip(want) {
                    let most = 2.0 * f64::from(len) * f64::EPSILON * want;
                    assert!((sum - want).abs() <= most, "{} {len}: {sum} {want}", isa.name());
                }
            }
        }
    }
}
