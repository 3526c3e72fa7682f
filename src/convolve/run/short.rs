//! Short inputs: one kernel, without a plan or blocks. The bits are those of the direct method.

use bytemuck::{cast_slice, cast_slice_mut};

use super::scaling::may_scale;
use crate::convolve::block::{Conversion, Source, ToFloat32, ToFloat64};
use crate::convolve::plan::are_short;
use crate::convolve::wanted::{Accuracy, Operand, Task};
use crate::cpu::{FloatEnvironment, Real, convolve_short};
use crate::dtype::Dtype;
use crate::memory::{bytes_for, with_workspace};

/// Convolves a signal with a filter of floats, of short lengths, and writes the task's outputs to
/// `out`. Returns false if the dtype is neither float32 nor float64, if the lengths are not short, if
/// there is no memory to convert an operand, if a tap or an output is not finite, or if each output
/// has its own error bound and subnormal numbers would slow the sums down; `out` is unspecified then.
///
/// `out` ends no later than the last output that reads the signal. Neither it nor an operand is
/// empty.
pub fn short(task: Task, operands: [Operand<'_>; 2], out: &mut [u8]) -> bool {
    match task.dtype {
        Dtype::Float32 => of_type::<f32, ToFloat32>(task, operands, out),
        Dtype::Float64 => of_type::<f64, ToFloat64>(task, operands, out),
        _ => false,
    }
}

#[inline(always)]
fn of_type<T: Real, C: Conversion<T>>(
    Task { geometry, accuracy, .. }: Task,
    operands: [Operand<'_>; 2],
    out: &mut [u8],
) -> bool {
    let [signal, filter] = operands;
    if !are_short(signal.len(), filter.len()) {
        return false;
    }
    let out = cast_slice_mut(out);
    let convolve = |signal: &[T], filter: &[T], out: &mut [T]| {
        let stays = accuracy == Accuracy::Normwise || !may_scale(filter, signal);
        stays && convolve_short(signal, filter, geometry.first, out)
    };
    match operands.map(in_place::<T, C>) {
        [Some(signal), Some(filter)] => convolve(signal, filter, out),
        in_place => staged::<T, C>(operands, in_place, out, convolve),
    }
}

/// The elements, if all of them are contiguous and need no conversion.
#[inline(always)]
fn in_place<T: Real, C: Conversion<T>>(operand: Operand<'_>) -> Option<&[T]> {
    let Operand { view, window, .. } = operand;
    (C::is_identity(view.dtype) && view.stride == 1 && window.is_none())
        .then(|| &cast_slice(view.bytes)[view.offset..][..view.len])
}

/// Reads the operands that are not in place into workspace first.
fn staged<T: Real, C: Conversion<T>>(
    operands: [Operand<'_>; 2],
    in_place: [Option<&[T]>; 2],
    out: &mut [T],
    convolve: impl Fn(&[T], &[T], &mut [T]) -> bool,
) -> bool {
    let lens = operands.map(|operand| operand.len());
    let bytes = lens.iter().zip(in_place).map(|(&len, in_place)| match in_place {
        Some(_) => 0,
        None => bytes_for(len, size_of::<T>()),
    });
    let done = with_workspace(bytes.sum(), |mut work| {
        let mut read = |i: usize| -> &[T] {
            in_place[i].unwrap_or_else(|| {
                let values = work.cut(lens[i]);
                Source::new::<C>(operands[i]).read(0, values);
                values
            })
        };
        let [signal, filter] = FloatEnvironment::run(|| [read(0), read(1)]);
        Ok(convolve(signal, filter, out))
    });
    done.unwrap_or(false)
}
