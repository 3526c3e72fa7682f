//! Threads: helpers that take part in a computation, and workers that live longer.
//!
//! A helper only computes: it waits for nothing. Waking a helper costs a few microseconds, and
//! starting one some 30. So callers split only work that takes much longer.

mod pool;
mod share;
mod signals;
mod start;

use std::num::IntErrorKind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::cpu::FloatEnvironment;
use crate::process::{Ignored, Once, Setting, without_cancellation};

pub use share::{for_each, for_each_chunk, for_each_piece, for_each_piece_of_all, for_each_two};
pub use start::{STACK, start};

/// The last number passed to `set_num_threads`. 0 means the default.
static REQUESTED: AtomicUsize = AtomicUsize::new(0);

/// The largest number of threads. A larger number from a program or its environment may be a
/// mistake.
const MOST: usize = 1024;

/// Sets how many threads one call may use, including the caller's thread. 0 means the value of the
/// environment variable `MLX_CONVOLVE_NUM_THREADS` at the first call, or one thread per core if the
/// variable has no value.
pub fn set_num_threads(count: usize) {
    REQUESTED.store(count.min(MOST), Ordering::Relaxed);
}

static FROM_ENVIRONMENT: Setting<usize> = Setting::new(
    "MLX_CONVOLVE_NUM_THREADS",
    "known are whole numbers from 1 on",
    |text| match text.parse::<usize>() {
        Ok(0) => None,
        Ok(count) => Some(count.min(MOST)),
        Err(error) => (*error.kind() == IntErrorKind::PosOverflow).then_some(MOST),
    },
);

/// The number of threads that one call may use, including the caller's thread.
pub fn num_threads() -> usize {
    static DEFAULT: Once<usize> = Once::new();
    match REQUESTED.load(Ordering::Relaxed) {
        0 => *DEFAULT.get(|| FROM_ENVIRONMENT.get().unwrap_or_else(|| without_cancellation(cores))),
        count => count,
    }
}

/// The value of `MLX_CONVOLVE_NUM_THREADS`, if it is not a number of threads.
pub fn ignored_num_threads() -> Option<Ignored<'static>> {
    FROM_ENVIRONMENT.ignored()
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Runs `body` in the floating-point environment of all computing.
pub fn in_environment<R>(body: impl FnOnce() -> R) -> R {
    FloatEnvironment::run(body)
}

#[cfg(test)]
mod tests;
