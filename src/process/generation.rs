//! Which process this is, among a process and the children it forked.

use std::sync::atomic::{AtomicU32, Ordering};

static GENERATION: AtomicU32 = AtomicU32::new(0);

/// A number that differs from the parent's in every forked child: threads and pending work of another generation
/// are not of this process.
pub fn generation() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}

/// This process is a child that was just forked.
#[cfg(unix)]
pub(super) fn next() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
}
