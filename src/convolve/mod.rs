//! The operation: which outputs exist, how they are computed, and the methods.
//!
//! Data flows one way: [`mode`] and [`geometry`] say which outputs are wanted, [`plan`] how, and
//! [`run_cpu`] wires [`source`] (blocks of the operands, converted) through the [`steps`] of a method to a
//! [`store`] (the output, rounded). Methods are [`direct`], [`overlap_save`] and [`integer`];
//! [`nonfinite`] gives each of them the direct sum's infinities and NaNs.

mod direct;
mod finite;
mod geometry;
mod integer;
mod mode;
mod nonfinite;
mod operation;
mod overlap_save;
mod plan;
mod planes;
mod run_cpu;
mod scale;
mod short;
mod source;
mod steps;
mod store;
mod tiling;

#[cfg(test)]
mod tests;

pub use mode::{Mode, output_len};
pub use operation::convolve_arrays;
pub use plan::are_short;

pub use crate::cpu::convolve_short;

use geometry::Geometry;
use plan::Plan;
use run_cpu::Task;

use crate::array::View;
use crate::cpu::FloatEnvironment;
use crate::dtype::Dtype;
use crate::error::Result;
use crate::{fft, memory};

/// A convolution of any two operands of these lengths, planned where planning pays.
pub struct Convolution {
    geometry: Geometry,
    dtype: Dtype,
    /// None for lengths so short that the plan would take as long as the rest. Boxed, as they then would take as long
    /// to move a place for it.
    plan: Option<Box<Plan>>,
}

impl Convolution {
    /// Of `a_len` with `v_len` elements, both converted to `dtype`.
    ///
    /// # Errors
    /// `InvalidArgument` for lengths.
    pub fn new(a_len: usize, v_len: usize, dtype: Dtype, mode: Mode) -> Result<Self> {
        let geometry = Geometry::new(a_len, v_len, mode)?;
        if plan::is_short(geometry.signal, geometry.taps, dtype) {
            return Ok(Self { geometry, dtype, plan: None });
        }
        Ok(Self::planned(geometry, dtype))
    }

    fn planned(geometry: Geometry, dtype: Dtype) -> Self {
        let plan = FloatEnvironment::run(|| Box::new(Plan::new(geometry, dtype)));
        Self { geometry, dtype, plan: Some(plan) }
    }

    /// Elements of the result.
    pub fn output_len(&self) -> usize {
        self.geometry.outputs
    }

    /// About how long it takes.
    pub fn nanoseconds(&self) -> f64 {
        self.plan.as_deref().map_or(0.0, Plan::nanoseconds)
    }

    /// Convolves operands of the planned lengths and writes the result over `out`: exactly
    /// [`Self::output_len`] elements, aligned for the dtype.
    ///
    /// # Errors
    /// `OutOfMemory` for workspace. `out` is unspecified then.
    pub fn run(&self, a: View<'_>, v: View<'_>, out: &mut [u8]) -> Result<()> {
        let Self { geometry, dtype, ref plan } = *self;
        let Some(plan) = plan else {
            if let (Some(a), Some(v)) = (short::plain(a, dtype), short::plain(v, dtype))
                && short::convolve(a, v, dtype, geometry.first, out)
            {
                return Ok(());
            }
            return Self::planned(geometry, dtype).run(a, v, out);
        };
        // Here already: the filter's spectrum and the tables of a transform are computed on this thread, too.
        FloatEnvironment::run(|| Task::new(geometry, plan, a, v).run(dtype, out))
    }
}

/// Convolves the elements of `dtype` that `a` and `v` hold over `out`: exactly [`output_len`] elements. All are aligned for
/// the dtype. Whoever has floats of lengths that [`are_short`] tries [`convolve_short`] first.
///
/// # Errors
/// `InvalidArgument` for lengths; `OutOfMemory` for workspace, and `out` is unspecified then.
pub fn convolve_plain(a: &[u8], v: &[u8], dtype: Dtype, mode: Mode, out: &mut [u8]) -> Result<()> {
    let [a, v] = [a, v].map(|bytes| View {
        bytes,
        dtype,
        offset: 0,
        stride: 1,
        len: bytes.len() / dtype.size(),
    });
    let geometry = Geometry::new(a.len, v.len, mode)?;
    FloatEnvironment::run(|| Task::new(geometry, &Plan::new(geometry, dtype), a, v).run(dtype, out))
}

/// How a convolution is computed: method, block, kernel, workspace bytes, why. For people.
///
/// # Errors
/// `InvalidArgument` for lengths.
pub fn explain(a_len: usize, v_len: usize, dtype: Dtype, mode: Mode) -> Result<String> {
    FloatEnvironment::run(|| Ok(Plan::new(Geometry::new(a_len, v_len, mode)?, dtype).to_string()))
}

/// Gives back memory that is only kept for later calls: pages, tables of transforms, and their workspace.
pub fn clear_cache() {
    fft::clear_tables();
    memory::clear_reused();
    memory::clear_cache();
}
