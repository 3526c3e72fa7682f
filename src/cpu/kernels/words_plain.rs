//! Correlation of integers in plain loops, which compilers know how to vectorise. It serves
//! machines without kernels of their own.

use crate::cpu::vector::Word;

/// The number of outputs that are summed together, and the number of taps whose inputs are widened
/// at a time. Both buffers stay in the first-level cache (8 KiB each, at 8 bytes).
const TILE: usize = 1024;
const RUN: usize = 64;

/// ```text
/// for each tile of outputs, for each run of taps:
///     wide = the inputs of both, as sums
///     for 4 taps at a time: sums[i] += the 4 products     (4 products per load and store of a sum)
/// ```
pub fn correlate<T: Word>(taps: &[T], x: &[T], out: &mut [T]) {
    let zero = T::Sum::default();
    let (mut sums, mut wide) = ([zero; TILE], [zero; TILE + RUN]);
    let mut done = 0;
    for out in out.chunks_mut(TILE) {
        let sums = &mut sums[..out.len()];
        sums.fill(zero);
        for (run, taps) in taps.chunks(RUN).enumerate() {
            let x = &x[done + run * RUN..][..out.len() + taps.len() - 1];
            let wide = &mut wide[..x.len()];
            for (wide, x) in wide.iter_mut().zip(x) {
                *wide = x.to_sum();
            }
            let (fours, rest) = taps.as_chunks::<4>();
            for (four, taps) in fours.iter().enumerate() {
                let [a, b, c, d] = *taps;
                let (a, b, c, d) = (a.to_sum(), b.to_sum(), c.to_sum(), d.to_sum());
                let x = &wide[4 * four..][..sums.len() + 3];
                for i in 0..sums.len() {
                    let sum = sums[i].add_product(a, x[i]).add_product(b, x[i + 1]);
                    sums[i] = sum.add_product(c, x[i + 2]).add_product(d, x[i + 3]);
                }
            }
            for (k, tap) in rest.iter().enumerate() {
                let x = &wide[4 * fours.len() + k..][..sums.len()];
                for i in 0..sums.len() {
                    sums[i] = sums[i].add_product(tap.to_sum(), x[i]);
                }
            }
        }
        for (out, sum) in out.iter_mut().zip(sums.iter()) {
            *out = T::from_sum(*sum);
        }
        done += out.len();
    }
}
