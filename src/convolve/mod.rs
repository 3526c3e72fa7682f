//! The operation: which outputs exist, how they are computed, and the methods.
//!
//! Data flows one way: [`mode`] and [`geometry`] say which outputs are wanted, [`plan`] how, and
//! [`run_cpu`] wires [`source`] (blocks of the operands, converted) through a [`method`] to a
//! [`store`] (the output, rounded). Methods are [`direct`], [`overlap_save`] and [`integer`];
//! [`nonfinite`] and [`counts`] give each of them the direct sum's infinities and NaNs.

mod counts;
mod direct;
mod geometry;
mod integer;
mod method;
mod mode;
mod nonfinite;
mod operation;
mod overlap_save;
mod plan;
mod run_cpu;
mod scale;
mod source;
mod spectrum;
mod store;
mod tiling;

#[cfg(test)]
mod tests;

pub use mode::{Mode, output_len};
pub use operation::convolve_arrays;

use geometry::Geometry;
use plan::Plan;
use run_cpu::Task;

use crate::array::View;
use crate::cpu::FloatEnvironment;
use crate::dtype::Dtype;
use crate::error::Result;
use crate::{fft, memory};

/// Convolves `a` with `v`, converting both to `dtype`, and writes the result over `out`: exactly
/// `output_len(a.len, v.len, mode)` elements of `dtype`, aligned for it.
///
/// # Errors
/// `InvalidArgument` for lengths; `OutOfMemory` for workspace. `out` is unspecified then.
pub fn convolve(a: View<'_>, v: View<'_>, dtype: Dtype, mode: Mode, out: &mut [u8]) -> Result<()> {
    // Here already: the filter's spectrum and the tables of a transform are computed on this thread, too.
    FloatEnvironment::run(|| {
        let geometry = Geometry::new(a.len, v.len, mode)?;
        let (signal, filter) = if v.len > a.len { (v, a) } else { (a, v) };
        let plan = Plan::new(geometry, dtype);
        Task { geometry, plan, signal, filter }.run(dtype, out)
    })
}

/// How [`convolve`] would compute: method, block, kernel, workspace bytes, why. For people.
///
/// # Errors
/// `InvalidArgument` for lengths.
pub fn explain(a_len: usize, v_len: usize, dtype: Dtype, mode: Mode) -> Result<String> {
    FloatEnvironment::run(|| Ok(Plan::new(Geometry::new(a_len, v_len, mode)?, dtype).to_string()))
}

/// Gives back memory that is only kept for later calls: pages, and tables of transforms.
pub fn clear_cache() {
    fft::clear_tables();
    memory::clear_cache();
}
