//! A few vectors of outputs, without the preparations that pay only for many.

use crate::cpu::kernels::direct::{Valid, next_run, splat_tap, with_apart};
use crate::cpu::vector::{Simd, Vector};

/// Makes vectors of outputs. Up to four are made without the preparations that pay only for many,
/// and `check` tells whether they are finite. For more vectors, the result tells it.
#[inline(always)]
pub fn few_rows<V: Vector>(simd: V::Simd, part: Valid<V::Scalar>, check: &mut V) -> bool {
    match part.out.len().div_ceil(V::LANES) {
        0 => {}
        1 => rows::<V, 1>(simd, part, check),
        2 => rows::<V, 2>(simd, part, check),
        3 => rows::<V, 3>(simd, part, check),
        4 => rows::<V, 4>(simd, part, check),
        _ => return simd.run(part),
    }
    true
}

/// Makes `R` vectors of outputs side by side, the last one moved back so that it ends where `out`
/// does. Each sum is in the order of [`Valid`].
#[inline(always)]
fn rows<V: Vector, const R: usize>(simd: V::Simd, part: Valid<V::Scalar>, check: &mut V) {
    let Valid { taps, x, out } = part;
    assert!(x.len() + 1 == out.len() + taps.len());
    // So all rows but the last end inside `out`, and the last row begins inside.
    assert!(out.len() >= V::LANES.max((R - 1) * V::LANES));
    let mut starts = [out.len() - V::LANES; R];
    for (r, start) in starts[..R - 1].iter_mut().enumerate() {
        *start = r * V::LANES;
    }
    let mut sums = [V::splat(simd, V::Scalar::default()); R];
    let mut k = 0;
    while k < taps.len() {
        let (apart, count) = next_run::<V>(taps.len() - k);
        with_apart!(apart => A, {
            for k in k..k + count {
                for k in (k..).step_by(V::LANES).take(A) {
                    // SAFETY: a run ends at taps.len() at most, so k < taps.len(). And
                    // start + LANES <= out.len(), so start + k + LANES <= out.len() + taps.len() -
                    // 1 = x.len().
                    unsafe {
                        let tap = splat_tap::<V>(simd, taps, k);
                        for r in 0..R {
                            let x = V::load_at(simd, x.as_ptr().add(starts[r] + k));
                            sums[r] = x.mul_add(tap, sums[r]);
                        }
                    }
                }
            }
        });
        k += apart * count;
    }
    for r in 0..R {
        // SAFETY: start + LANES <= out.len(). A block is an array, with the alignment of its
        // elements.
        put(simd, sums[r], unsafe { &mut *out.as_mut_ptr().add(starts[r]).cast() }, check);
    }
}

/// Writes a vector of outputs. Adds 0 times the vector to `check`, which stays 0 while outputs are
/// finite.
#[inline(always)]
pub fn put<V: Vector>(simd: V::Simd, sums: V, out: &mut V::Block, check: &mut V) {
    *check = sums.mul_add(V::splat(simd, V::Scalar::default()), *check);
    sums.store(out);
}
