//! A convolution that is planned before its operands are ready.

use super::executor::Executor;
use crate::array::View;
use crate::convolve::plan::Plan;
use crate::convolve::wanted::{Geometry, Mode};
use crate::dtype::Dtype;
use crate::error::Result;

/// A convolution of any operands of given lengths. It has a plan if planning pays.
pub struct Convolution {
    executor: Executor,
    geometry: Geometry,
    dtype: Dtype,
    /// `None` for short lengths, for which the plan would take as long as the rest. Boxed, because
    /// for these lengths moving an empty place for a plan would also take as long.
    plan: Option<Box<Plan>>,
}

impl Convolution {
    /// Prepares to convolve `a_len` with `v_len` elements, both converted to `dtype`, by
    /// `executor`.
    ///
    /// # Errors
    /// `InvalidArgument` for impossible lengths.
    pub fn new(
        executor: Executor,
        (a_len, v_len): (usize, usize),
        dtype: Dtype,
        mode: Mode,
    ) -> Result<Self> {
        let geometry = Geometry::new(a_len, v_len, mode)?;
        let needs_plan = !executor.needs_no_plan(geometry, dtype);
        let plan = needs_plan.then(|| Box::new(executor.plan(geometry, dtype)));
        Ok(Self { executor, geometry, dtype, plan })
    }

    /// The number of elements of the result.
    pub fn output_len(&self) -> usize {
        self.geometry.outputs
    }

    /// An estimate of the time.
    pub fn nanoseconds(&self) -> f64 {
        self.plan.as_deref().map_or(0.0, Plan::nanoseconds)
    }

    /// Convolves operands of the planned lengths and writes the result to `out`, which has exactly
    /// [`Self::output_len`] elements and is aligned for the dtype.
    ///
    /// # Errors
    /// `OutOfMemory` for workspace. `out` is unspecified then.
    pub fn run(&self, a: View<'_>, v: View<'_>, out: &mut [u8]) -> Result<()> {
        let Self { executor, geometry, dtype, ref plan } = *self;
        match plan {
            Some(plan) => executor.convolve(plan, [a, v], out),
            None if executor.convolve_short((geometry, dtype), [a, v], out) => Ok(()),
            None => executor.convolve_at_once((geometry, dtype), [a, v], out),
        }
    }
}
