//! Threads: fork-join over independent pieces of work, and workers of their own.
//!
//! The threads of a fork-join live for one call: nothing outlives it, so exit and unloading need no care,
//! and a forked child starts its own. A thread costs some 30 microseconds to start; callers split only
//! what takes much longer. What runs on them only computes: it waits for nothing.

mod signals;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::cpu::FloatEnvironment;
use crate::error::Result;
use crate::process::{Once, quietly};
use signals::without_signals;

/// What `set_num_threads` last said; 0 stands for the default.
static REQUESTED: AtomicUsize = AtomicUsize::new(0);

/// Sets how many threads one call may use, the caller's included: 0 is one per core, or what the
/// environment variable `MLX_CONVOLVE_NUM_THREADS` said when the first call was made.
pub fn set_num_threads(count: usize) {
    REQUESTED.store(count, Ordering::Relaxed);
}

/// How many threads one call may use, the caller's included.
pub fn num_threads() -> usize {
    static DEFAULT: Once<usize> = Once::new();
    match REQUESTED.load(Ordering::Relaxed) {
        0 => *DEFAULT.get(|| {
            let from_environment = std::env::var("MLX_CONVOLVE_NUM_THREADS").ok();
            from_environment
                .and_then(|text| text.trim().parse().ok())
                .filter(|&count| count > 0)
                .unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from))
        }),
        count => count,
    }
}

/// What tools show of the library's threads.
fn named() -> thread::Builder {
    thread::Builder::new().name("mlx_convolve".into())
}

/// Runs `body` on a thread of its own, which takes no signals. Returns whether it could be started.
#[must_use]
pub fn start(body: impl FnOnce() + Send + 'static) -> bool {
    without_signals(|| named().spawn(body)).is_ok()
}

/// Runs `body` in the computing environment.
pub fn in_environment<R>(body: impl FnOnce() -> R) -> R {
    FloatEnvironment::run(body)
}

/// Runs `work` on every part, the first on the caller's thread and each other on one of its own, all
/// in the computing environment, and returns when all are done. A part whose thread cannot start runs
/// on the caller's. Returns the first error in the order of the parts; panics if a part panicked.
pub fn for_each_part<P: Send>(parts: Vec<P>, work: impl Fn(P) -> Result<()> + Sync) -> Result<()> {
    let work = |part: P| in_environment(|| work(part));
    let mut parts = parts.into_iter();
    let Some(first) = parts.next() else { return Ok(()) };
    if parts.len() == 0 {
        return work(first);
    }
    // A slot survives a thread that could not start, closure and all.
    let slots: Vec<_> = parts.map(|part| std::sync::Mutex::new(Some(part))).collect();
    let take = |slot: &std::sync::Mutex<Option<P>>| {
        let part = slot.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take();
        part.map_or(Ok(()), &work)
    };
    thread::scope(|scope| {
        let started: Vec<_> = slots
            .iter()
            .map(|slot| {
                let run = || quietly(|| catch_unwind(AssertUnwindSafe(|| take(slot))));
                without_signals(|| named().spawn_scoped(scope, run)).ok()
            })
            .collect();
        let mut outcome = work(first);
        for (slot, handle) in slots.iter().zip(started) {
            let result = match handle {
                None => take(slot),
                Some(handle) => match handle.join() {
                    Ok(Ok(result)) => result,
                    Ok(Err(panic)) | Err(panic) => resume_unwind(panic),
                },
            };
            outcome = outcome.and(result);
        }
        outcome
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    #[test]
    fn every_part_runs_once_and_the_first_error_wins() {
        let sum = AtomicUsize::new(0);
        let add = |part: usize| {
            sum.fetch_add(part, Ordering::Relaxed);
            if part.is_multiple_of(2) { Err(Error::internal(part.to_string())) } else { Ok(()) }
        };
        let outcome = for_each_part((1..=7).collect(), add);
        assert_eq!(sum.into_inner(), 28);
        assert_eq!(outcome.unwrap_err().message, "2");
    }

    #[test]
    fn a_panic_reaches_the_caller() {
        let outcome = catch_unwind(|| {
            for_each_part(vec![0, 1], |part| if part == 1 { panic!("part") } else { Ok(()) })
        });
        assert!(outcome.is_err());
    }
}
