//! What a way of computing offers, and the loop over steps and threads that all of them share.

use crate::cpu::fence_once;
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

    /// Outputs `start .. start + out.len()` of `full`, at most [`Self::step`] of them. Nothing reads what a store
    /// ([`Store::put`](super::store::Store::put)) wrote.
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

/// Computes outputs `first .. first + out.len()` of `full`, step by step, on up to `threads` threads.
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
    let outputs = out.len();
    threads::for_each_chunk(out, step, threads, |chunks| {
        // What stores put past the caches is there before whoever waits for this thread reads it.
        fence_once(|| {
            method.with_workspace(outputs, |work| {
                chunks.try_for_each(|(at, out)| method.compute(first + at, out, work))
            })
        })
    })
}
