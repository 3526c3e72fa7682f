//! How many bytes the library holds, and held at most.

use std::sync::atomic::{AtomicUsize, Ordering};

static ACTIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

/// Bytes in use now.
pub fn active() -> usize {
    ACTIVE.load(Ordering::Relaxed)
}

/// The most bytes in use at once, since the start or [`reset_peak`].
pub fn peak() -> usize {
    PEAK.load(Ordering::Relaxed)
}

/// Measures the peak anew, from what is in use now.
pub fn reset_peak() {
    PEAK.store(active(), Ordering::Relaxed);
}

pub(super) fn taken(bytes: usize) {
    let active = ACTIVE.fetch_add(bytes, Ordering::Relaxed) + bytes;
    PEAK.fetch_max(active, Ordering::Relaxed);
}

pub(super) fn returned(bytes: usize) {
    ACTIVE.fetch_sub(bytes, Ordering::Relaxed);
}
