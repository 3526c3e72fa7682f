//! The steps in which every method computes its outputs, and the loop over steps and threads that all methods share.

use crate::cpu::fence_once;
use crate::error::Result;
use crate::threads;

/// A method made ready: its filter, its signal, and a way to get outputs, step by step, in any order, so that
/// the bits of an output do not depend on who computes it.
pub trait Steps: Sync {
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
pub fn drive<S: Steps>(
    steps: &S,
    first: usize,
    out: &mut [S::Element],
    threads: usize,
) -> Result<()> {
    let step = steps.step();
    let outputs = out.len();
    threads::for_each_chunk(out, run(outputs, step, threads), threads, |chunks| {
        // What stores put past the caches is there before whoever waits for this thread reads it.
        fence_once(|| {
            steps.with_workspace(outputs, |work| {
                chunks.try_for_each(|(at, out)| {
                    let mut pieces = out.chunks_mut(step).zip((first + at..).step_by(step));
                    pieces.try_for_each(|(out, start)| steps.compute(start, out, work))
                })
            })
        })
    })
}

/// Outputs that a thread takes at a time: whole steps, one after the other, an eighth of its share. Steps taken one by one
/// have the threads read and write in turns at places too near to each other; larger runs leave more for the last one.
fn run(outputs: usize, step: usize, threads: usize) -> usize {
    const RUNS: usize = 8;
    if threads <= 1 {
        return step;
    }
    (outputs.div_ceil(step) / (RUNS * threads)).max(1) * step
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_whole_steps_and_enough_for_all_threads() {
        for (steps, threads, want) in [(1, 4, 1), (31, 2, 1), (32, 2, 2), (257, 2, 16), (257, 1, 1)]
        {
            for rest in [0, 1, 6] {
                assert_eq!(run(7 * steps - rest, 7, threads), 7 * want, "{steps} {threads}");
            }
        }
    }
}
