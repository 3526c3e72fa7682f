//! The sizes of blocks of values.

use crate::cpu::isa::{Isa, isa};
use crate::cpu::vector::{Kernel, MAX_LANES, Simd, Vector};

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

/// Values that are worked on together: whole vectors of every instruction set.
const GROUP: usize = MAX_LANES;
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
    let (groups, rest) = values.as_chunks();
    let (pairs, single) = groups.as_chunks();
    let zero = V::splat(simd, 0.0);
    let mut sums = Sums { magnitudes: [zero; SUMS], squares: [zero; SUMS] };
    for [first, second] in pairs {
        // Where one group has too few vectors for all sums, the second takes the other sums.
        sums.add(simd, first, 0);
        sums.add(simd, second, GROUP / V::LANES);
    }
    for group in single {
        sums.add(simd, group, 0);
    }
    let mut sums = [total(sums.magnitudes), total(sums.squares)];
    for x in rest {
        sums[0] += x.abs();
        sums[1] += x * x;
    }
    sums
}

struct Sums<V> {
    magnitudes: [V; SUMS],
    squares: [V; SUMS],
}

impl<V: Vector<Scalar = f64>> Sums<V> {
    /// Adds the values to the sums from index `first` on, in a ring.
    #[inline(always)]
    fn add(&mut self, simd: V::Simd, group: &[f64; GROUP], first: usize) {
        // The compiler turns the loop into operations on vectors.
        let mut magnitudes = *group;
        for x in &mut magnitudes {
            *x = x.abs();
        }
        let (vectors, _) = V::blocks(&magnitudes);
        for (i, vector) in vectors.iter().enumerate() {
            let (x, at) = (V::load(simd, vector), (first + i) % SUMS);
            self.magnitudes[at] = self.magnitudes[at].add(x);
            self.squares[at] = x.mul_add(x, self.squares[at]);
        }
    }
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
                assert_eq!(magnitudes_on(isa, &values), magnitudes_on(isa, &values.clone()));
            }
        }
    }
}
