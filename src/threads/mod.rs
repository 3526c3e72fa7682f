//! Threads: those that help a computation, and workers that live on.
//!
//! What runs on helpers only computes: it waits for nothing. A helper costs a few microseconds to wake and some
//! 30 to start; callers split only what takes much longer.

mod pool;
mod share;
mod signals;
mod start;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::cpu::FloatEnvironment;
use crate::process::{Once, variable, without_cancellation};

pub use share::{for_each, for_each_chunk, for_each_piece, for_each_piece_of_all, for_each_two};
pub use start::start;

/// What `set_num_threads` last said; 0 stands for the default.
static REQUESTED: AtomicUsize = AtomicUsize::new(0);

/// More are never used: a number of threads from a program or its environment may be a mistake.
const MOST: usize = 1024;

/// Sets how many threads one call may use, the caller's included: 0 is one per core, or what the
/// environment variable `MLX_CONVOLVE_NUM_THREADS` said when the first call was made.
pub fn set_num_threads(count: usize) {
    REQUESTED.store(count.min(MOST), Ordering::Relaxed);
}

/// How many threads one call may use, the caller's included.
pub fn num_threads() -> usize {
    static DEFAULT: Once<usize> = Once::new();
    match REQUESTED.load(Ordering::Relaxed) {
        0 => *DEFAULT.get(|| {
            let from_environment = variable("MLX_CONVOLVE_NUM_THREADS");
            from_environment
                .and_then(|text| text.trim().parse().ok())
                .filter(|&count: &usize| count > 0)
                .map(|count| count.min(MOST))
                .unwrap_or_else(|| without_cancellation(cores))
        }),
        count => count,
    }
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Runs `body` in the computing environment.
pub fn in_environment<R>(body: impl FnOnce() -> R) -> R {
    FloatEnvironment::run(body)
}

#[cfg(test)]
mod tests;
