//! The sizes of blocks of values.

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

/// The sum of all lanes. It adds one half of the lanes to the other until one lane is left.
#[inline(always)]
fn total<V: Vector<Scalar = f64>>(mut sums: [V; SUMS]) -> f64 {
    for i in 1..SUMS {
        sums[0] = sums[0].add(sums[i]);
    }
    let mut block: V::Block = bytemuck::Zeroable::zeroed();
    sums[0].store(&mut block);
    let lanes: &mut [f64] = bytemuck::cast_slice_mut(std::slice::from_mut(&mut block));
    let mut half = V::LANES / 2;
    while half > 0 {
        for i in 0..half {
            lanes[i] += lanes[i + half];
        }
        half /= 2;
    }
    lanes[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::each_isa::each_isa;
    use crate::cpu::guard_page::BeforeGuardPage;

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
