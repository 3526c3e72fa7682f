//! The steps in which every method computes its outputs, and the loop over steps and threads that
//! all methods share.

use std::sync::{Mutex, PoisonError};

use bytemuck::Pod;

use crate::cpu::{Fence, fenced};
use crate::error::Result;
use crate::memory::{Row, Strided, Workspace, bytes_for, with_workspace};
use crate::threads;

/// A method that computes outputs step by step. The order of the steps and the thread of each step
/// change no bit of the outputs.
pub trait Steps: Sync {
    /// The type of the output's elements.
    type Element: Pod + Send;

    /// The number of outputs in a step.
    fn step(&self) -> usize;

    /// Bytes of workspace that a thread needs, if there are `outputs` outputs in all.
    fn workspace_bytes(&self, outputs: usize) -> usize;

    /// Computes outputs `start .. start + out.len()` of `full`, at most [`Self::step`] of them.
    ///
    /// # Errors
    /// `OutOfMemory`.
    fn compute<'o>(
        &self,
        start: usize,
        out: &'o mut [Self::Element],
        work: Workspace<'_>,
        fence: &Fence<'o>,
    ) -> Result<()>;
}

/// Like [`drive`], for a row of outputs that may be apart from one another.
///
/// # Errors
/// As for [`drive`].
#[inline(always)]
pub fn drive_row<S: Steps>(
    steps: &S,
    first: usize,
    out: Row<'_, S::Element>,
    threads: usize,
) -> Result<()> {
    match out {
        Row::Contiguous(out) => drive(steps, first, out, threads),
        Row::Strided(out) => drive_apart(steps, first, out, threads),
    }
}

/// Like [`drive`], for outputs that are apart from one another. Each step is computed in workspace
/// and then written to its places.
fn drive_apart<S: Steps>(
    steps: &S,
    first: usize,
    out: Strided<'_, S::Element>,
    threads: usize,
) -> Result<()> {
    let outputs = out.len();
    let step = steps.step().min(outputs);
    let bytes = bytes_for(step, size_of::<S::Element>());
    let bytes = bytes.saturating_add(steps.workspace_bytes(outputs));
    // The outputs that are left, and the index of the first one.
    let left = Mutex::new((first, out));
    let next = || {
        let (start, out) = &mut *left.lock().unwrap_or_else(PoisonError::into_inner);
        let part = out.cut(step.min(out.len()));
        let from = *start;
        *start += part.len();
        (from, part)
    };
    // One `()` for each step: the vector takes no memory.
    threads::for_each_chunk(&mut vec![(); outputs.div_ceil(step)], 1, threads, |chunks| {
        with_workspace(bytes, |mut work| {
            let computed = work.cut::<S::Element>(step);
            chunks.try_for_each(|_| {
                let (start, part) = next();
                let computed = &mut computed[..part.len()];
                fenced(|fence| steps.compute(start, &mut *computed, work.again(), fence))?;
                part.write(computed);
                Ok(())
            })
        })
    })
}

/// Computes outputs `first .. first + out.len()` of `full`, step by step, on up to `threads`
/// threads.
///
/// # Errors
/// `OutOfMemory`; `out` is unspecified then.
pub fn drive<S: Steps>(
    steps: &S,
    first: usize,
    out: &mut [S::Element],
    threads: usize,
) -> Result<()> {
    let outputs = out.len();
    threads::for_each_chunk(
        out,
        outputs_at_a_time(outputs, steps.step(), threads),
        threads,
        |chunks| {
            fenced(|fence| {
                with_workspace(steps.workspace_bytes(outputs), |mut work| {
                    chunks.try_for_each(|(at, out)| {
                        drive_alone(steps, first + at, out, work.again(), fence)
                    })
                })
            })
        },
    )
}

/// Like [`drive`], on this thread alone. `work` is large enough for `out.len()` outputs.
///
/// # Errors
/// As for [`drive`].
pub fn drive_alone<'o, S: Steps>(
    steps: &S,
    first: usize,
    out: &'o mut [S::Element],
    mut work: Workspace<'_>,
    fence: &Fence<'o>,
) -> Result<()> {
    let step = steps.step();
    let mut pieces = out.chunks_mut(step).zip((first..).step_by(step));
    pieces.try_for_each(|(out, start)| steps.compute(start, out, work.again(), fence))
}

/// The number of outputs that a thread takes at a time: whole steps, about an eighth of its share.
/// If threads took single steps, they would read and write in turn at places that are too close
/// together. Longer runs would leave more work for the last thread.
fn outputs_at_a_time(outputs: usize, step: usize, threads: usize) -> usize {
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
                assert_eq!(
                    outputs_at_a_time(7 * steps - rest, 7, threads),
                    7 * want,
                    "{steps} {threads}"
                );
            }
        }
    }
}
