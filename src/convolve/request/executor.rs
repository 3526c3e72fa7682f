//! Executors: who computes on a device. Nothing else asks the device.

use std::sync::{Mutex, PoisonError};

use smallvec::SmallVec;

use crate::convolve::filter::Prepared;
use crate::convolve::plan::{Plan, is_short};
use crate::convolve::run::{carry_out, short};
use crate::convolve::wanted::{Operand, Subnormals, Task};
use crate::cpu::FloatEnvironment;
use crate::dtype::Dtype;
use crate::error::{Error, Result};
use crate::gpu::Gpu;
use crate::memory::{RowMut, reserve, with_workspace};
use crate::stream::Device;
use crate::threads;

/// An executor makes its own plans, and carries them out on values in memory that it can reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Executor {
    /// The processor, on values in the host's memory.
    Cpu,
}

impl Executor {
    /// The executor for a stream of `device`, which is `gpu` if it is a GPU. The processor also
    /// computes for streams of GPUs what the GPU core does not.
    ///
    /// # Errors
    /// `DeviceLost`; `Unsupported` for float64 on a GPU, which has float32 at most.
    pub fn of(device: Device, gpu: Option<&Gpu>, dtype: Dtype) -> Result<Self> {
        if let Some(gpu) = gpu {
            gpu.check()?;
            if dtype == Dtype::Float64 {
                return Err(Error::unsupported(format!(
                    "float64 is not available on {device}; a stream of the CPU has it: \
                     mlx_default_cpu_stream_new"
                )));
            }
        }
        Ok(Self::Cpu)
    }

    /// The executor's plan for `task`.
    pub fn plan(self, task: Task) -> Plan {
        match self {
            Self::Cpu => FloatEnvironment::run(|| Plan::of(task)),
        }
    }

    /// Whether a plan would take about as long as the rest: [`Self::convolve_short`] makes none.
    pub fn needs_no_plan(self, Task { geometry, dtype, .. }: Task) -> bool {
        match self {
            Self::Cpu => is_short(geometry.signal_len, geometry.filter_len, dtype),
        }
    }

    /// Convolves the signal with the filter, without a plan. Returns false if this is not possible:
    /// for longer lengths, where a value is not finite, or if subnormals do not count. `out` is
    /// unspecified then.
    pub fn convolve_short(self, task: Task, operands: [Operand<'_>; 2], out: &mut [u8]) -> bool {
        match (self, task.subnormals) {
            (Self::Cpu, Subnormals::Keep) => short(task, operands, out),
            (Self::Cpu, Subnormals::Flush) => false,
        }
    }

    /// Like [`Self::convolve`], with a plan that is made now.
    ///
    /// # Errors
    /// As for [`Self::convolve`].
    pub fn convolve_at_once(
        self,
        task: Task,
        operands: [Operand<'_>; 2],
        out: RowMut<'_>,
    ) -> Result<()> {
        match self {
            Self::Cpu => FloatEnvironment::run_with(task.subnormals, || {
                on_cpu(&Plan::of(task), operands, out)
            }),
        }
    }

    /// Convolves the signal with the filter, which have the plan's lengths, and writes the plan's
    /// outputs to `out`, which is aligned for its dtype.
    ///
    /// # Errors
    /// `OutOfMemory` for workspace. `out` is unspecified then.
    pub fn convolve(
        self,
        plan: &Plan,
        operands: [Operand<'_>; 2],
        subnormals: Subnormals,
        out: RowMut<'_>,
    ) -> Result<()> {
        match self {
            Self::Cpu => FloatEnvironment::run_with(subnormals, || on_cpu(plan, operands, out)),
        }
    }

    /// Convolves `count` rows by one plan, each as [`Self::convolve`] does, on several threads if
    /// there is enough work. `filter` is the filter of all rows, if they have the same.
    ///
    /// # Errors
    /// As for [`Self::convolve`].
    pub fn convolve_rows<'r, 'o>(
        self,
        plan: &Plan,
        filter: Option<Operand<'r>>,
        subnormals: Subnormals,
        (count, rows): (usize, impl Iterator<Item = RowTask<'r, 'o>> + Send),
    ) -> Result<()> {
        let &Plan { geometry, dtype, accuracy, .. } = plan;
        let task = Task { geometry, dtype, accuracy, subnormals };
        let is_short = self.needs_no_plan(task);
        let is_done = |operands, out: &mut RowMut<'_>| {
            let out = if is_short { out.contiguous_bytes() } else { None };
            out.is_some_and(|out| self.convolve_short(task, operands, out))
        };
        match self {
            Self::Cpu => FloatEnvironment::run_with(subnormals, || match filter {
                None => for_each_row(plan, (count, rows), |(operands, mut out)| {
                    if is_done(operands, &mut out) { Ok(()) } else { on_cpu(plan, operands, out) }
                }),
                Some(filter) => with_filter(plan, filter, |prepared| {
                    for_each_row(plan, (count, rows), |([signal, filter], mut out)| {
                        if is_done([signal, filter], &mut out) {
                            return Ok(());
                        }
                        carry_out(plan, signal, prepared, out)
                    })
                }),
            }),
        }
    }
}

/// A row's signal and filter, and its outputs.
pub type RowTask<'r, 'o> = ([Operand<'r>; 2], RowMut<'o>);

/// Carries `plan` out.
#[inline(always)]
fn on_cpu(plan: &Plan, [signal, filter]: [Operand<'_>; 2], out: RowMut<'_>) -> Result<()> {
    with_filter(plan, filter, |filter| carry_out(plan, signal, filter, out))
}

/// Calls `body` with the prepared filter. This thread also computes the filter's spectrum and the
/// transform's tables.
#[inline(always)]
fn with_filter(
    plan: &Plan,
    filter: Operand<'_>,
    body: impl FnOnce(&Prepared<'_>) -> Result<()>,
) -> Result<()> {
    let (dtype, shape) = (plan.dtype, plan.method.shape());
    with_workspace(Prepared::workspace_bytes(filter, dtype, shape), |work| {
        let filter = Prepared::lent(filter, dtype, shape, plan.threads, work)?;
        // A long computation must not hold memory from the reserve, for which other calls wait.
        reserve::check()?;
        body(&filter)
    })
}

/// Calls `body` with each row. If a row is too little work for several threads, threads share the
/// rows.
fn for_each_row<'r, 'o>(
    plan: &Plan,
    (count, mut rows): (usize, impl Iterator<Item = RowTask<'r, 'o>> + Send),
    body: impl Fn(RowTask<'r, 'o>) -> Result<()> + Sync,
) -> Result<()> {
    /// The most rows that a thread takes at a time.
    const AT_A_TIME: usize = 8;
    let threads = plan.threads_for_rows(count);
    if threads == 1 {
        return rows.try_for_each(body);
    }
    let at_a_time = count.div_ceil(threads).min(AT_A_TIME);
    let turns = count.div_ceil(at_a_time);
    let left = Mutex::new(rows);
    let next = || -> SmallVec<[_; AT_A_TIME]> {
        let rows = &mut *left.lock().unwrap_or_else(PoisonError::into_inner);
        rows.take(at_a_time).collect()
    };
    // One `()` for each turn: the vector takes no memory.
    threads::for_each_chunk(&mut vec![(); turns], 1, threads, |turns| {
        turns.try_for_each(|_| next().into_iter().try_for_each(&body))
    })
}
