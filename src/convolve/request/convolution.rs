//! A convolution whose lengths and options are known, before its operands are ready.

use super::executor::Executor;
use crate::array::View;
use crate::convolve::plan::Plan;
use crate::convolve::wanted::{Accuracy, Geometry, Options, Reading, Subnormals, Task};
use crate::dtype::Dtype;
use crate::error::Result;
use crate::memory::RowMut;

/// A convolution of any operands of given lengths.
#[derive(Clone, Copy)]
pub struct Convolution {
    executor: Executor,
    reading: Reading,
    dtype: Dtype,
    accuracy: Accuracy,
    subnormals: Subnormals,
}

impl Convolution {
    /// The convolution of `a_len` with `v_len` elements by `executor`, as `options` say. Both
    /// operands are converted to `dtype`.
    ///
    /// # Errors
    /// `InvalidArgument` for impossible lengths or ranges.
    #[inline]
    pub fn new(
        executor: Executor,
        (a_len, v_len): (usize, usize),
        dtype: Dtype,
        options: &Options,
    ) -> Result<Self> {
        let reading = Reading::new(a_len, v_len, options)?;
        let &Options { accuracy, subnormals, .. } = options;
        Ok(Self { executor, reading, dtype, accuracy, subnormals })
    }

    /// Lengths and offsets of the sums.
    pub fn geometry(&self) -> Geometry {
        self.reading.geometry
    }

    /// What the outputs read.
    pub fn reading(&self) -> &Reading {
        &self.reading
    }

    /// The plan, if planning pays. For short lengths, it would take as long as the rest.
    pub fn plan(&self) -> Option<Plan> {
        let (executor, task) = (self.executor, self.task());
        let is_planned = task.geometry.outputs > 0 && !executor.needs_no_plan(task);
        is_planned.then(|| executor.plan(task))
    }

    /// The task for the executor.
    pub fn task(&self) -> Task {
        let &Self { dtype, accuracy, subnormals, .. } = self;
        Task { geometry: self.geometry(), dtype, accuracy, subnormals }
    }

    /// Convolves operands of these lengths and writes the result to `out`, which has exactly the
    /// outputs of the geometry and is aligned for the dtype. `plan` is [`Self::plan`], or `None` to
    /// plan now.
    ///
    /// # Errors
    /// `OutOfMemory` for workspace. `out` is unspecified then.
    #[inline]
    pub fn run(
        &self,
        plan: Option<&Plan>,
        a: View<'_>,
        v: View<'_>,
        mut out: RowMut<'_>,
    ) -> Result<()> {
        let &Self { executor, ref reading, subnormals, .. } = self;
        if reading.geometry.outputs == 0 {
            return Ok(());
        }
        let operands = reading.operands(a, v);
        if let Some(plan) = plan {
            return executor.convolve(plan, operands, subnormals, out);
        }
        let task = self.task();
        let is_done = executor.needs_no_plan(task)
            && out
                .contiguous_bytes()
                .is_some_and(|out| executor.convolve_short(task, operands, out));
        if is_done { Ok(()) } else { executor.convolve_at_once(task, operands, out) }
    }

    /// Convolves `count` rows: for each, operands of these lengths and outputs, as for [`Self::run`].
    /// `repeat` says whether all rows have the same `a`, and the same `v`.
    ///
    /// # Errors
    /// As for [`Self::run`].
    pub fn run_rows<'r, 'o>(
        &self,
        repeat: [bool; 2],
        (count, rows): (usize, impl Iterator<Item = ([View<'r>; 2], RowMut<'o>)> + Send),
    ) -> Result<()> {
        let &Self { executor, ref reading, subnormals, .. } = self;
        if reading.geometry.outputs == 0 {
            return Ok(());
        }
        let mut rows = rows.peekable();
        let Some(&([a, v], _)) = rows.peek() else { return Ok(()) };
        let repeats = repeat[usize::from(!reading.is_swapped())];
        let filter = repeats.then(|| reading.operands(a, v)[1]);
        let rows = rows.map(|([a, v], out)| (reading.operands(a, v), out));
        let plan = executor.plan(self.task());
        executor.convolve_rows(&plan, filter, subnormals, (count, rows))
    }
}
