//! Short inputs, on the shortest way: no plan, no blocks, one kernel. The bits are the direct method's.

use bytemuck::{cast_slice, cast_slice_mut};

use super::plan::are_transforms_forced;
use crate::array::View;
use crate::cpu::{self, FloatEnvironment, Real, convolve_short};
use crate::dtype::Dtype;

/// Whether lengths are so short that [`convolve`] may do, and that in any case the method is direct.
#[inline(always)]
pub fn is_short(signal: usize, taps: usize, dtype: Dtype) -> bool {
    matches!(dtype, Dtype::Float32 | Dtype::Float64)
        && cpu::is_short(signal, taps)
        && !are_transforms_forced()
}

/// Convolves floats of short lengths, keeping what `out` holds from `first` of `full` on, if they need no conversion and lie
/// side by side. Returns false if they do not, or if one is not finite: `out` is unspecified then.
#[inline(always)]
pub fn convolve(a: View<'_>, v: View<'_>, dtype: Dtype, first: usize, out: &mut [u8]) -> bool {
    if a.dtype != dtype || v.dtype != dtype || a.stride != 1 || v.stride != 1 {
        return false;
    }
    match dtype {
        Dtype::Float32 => values::<f32>(a, v, first, out),
        Dtype::Float64 => values::<f64>(a, v, first, out),
        _ => false,
    }
}

#[inline(always)]
fn values<T: Real>(a: View<'_>, v: View<'_>, first: usize, out: &mut [u8]) -> bool {
    #[inline(always)]
    fn elements<T: Real>(view: View<'_>) -> &[T] {
        &cast_slice(view.bytes)[view.offset..][..view.len]
    }
    let (a, v, out) = (elements::<T>(a), elements(v), cast_slice_mut(out));
    let (signal, filter) = if v.len() > a.len() { (v, a) } else { (a, v) };
    FloatEnvironment::run(|| convolve_short(signal, filter, first, out))
}
