//! What a way of computing offers, and the loop over steps and threads that all of them share.

use crate::error::Result;
use crate::threads;

/// A filter made ready, its signal, and a way to get outputs: step by step, in any order, so that
/// the bits of an output do not depend on who computes it.
pub trait Method: Sync {
    /// What the output holds.
    type Element: Send;
    /// What one thread needs.
    type Workspace<'w>;

    /// Outputs computed at a time.
    fn step(&self) -> usize;

    /// Calls `body` with a workspace for pieces of `outputs` outputs in all.
    ///
    /// # Errors
    /// `OutOfMemory`; those of `body`.
    fn with_workspace<R>(
        &self,
        outputs: usize,
        body: impl FnOnce(&mut Self::Workspace<'_>) -> Result<R>,
    ) -> Result<R>;

    /// Outputs `start .. start + out.len()` of `full`, at most [`Self::step`] of them.
    ///
    /// # Errors
    /// `OutOfMemory`.
    fn compute(
        &self,
        start: usize,
        out: &mut [Self::Element],
        work: &mut Self::Workspace<'_>,
    ) -> Result<()>;
}

/// Computes outputs `first .. first + out.len()` of `full`, in up to `threads` runs of steps.
///
/// # Errors
/// `OutOfMemory`; `out` is unspecified then.
pub fn drive<M: Method>(
    method: &M,
    first: usize,
    out: &mut [M::Element],
    threads: usize,
) -> Result<()> {
    let step = method.step();
    let part = |(start, out): (usize, &mut [M::Element])| {
        method.with_workspace(out.len(), |work| {
            for (i, out) in out.chunks_mut(step).enumerate() {
                method.compute(start + i * step, out, work)?;
            }
            Ok(())
        })
    };
    if threads <= 1 {
        return part((first, out));
    }
    let run = out.len().div_ceil(step).div_ceil(threads).saturating_mul(step);
    let parts = out.chunks_mut(run).enumerate().map(|(i, out)| (first + i * run, out)).collect();
    threads::for_each_part(parts, part)
}
