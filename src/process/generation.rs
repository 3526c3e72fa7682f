//! Tells a process from its forked children.

use std::sync::atomic::{AtomicU32, Ordering};

static GENERATION: AtomicU32 = AtomicU32::new(0);

/// A number that is different in every forked child. Threads and pending work of another generation
/// do not belong to this process.
pub fn generation() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}

/// Notes that this process is a child that was just forked.
#[cfg(unix)]
pub(super) fn next() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
}
