//! Counters of the bytes that the library holds now, and held at most.

use std::sync::atomic::{AtomicUsize, Ordering};

static ACTIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

/// The number of bytes in use now.
pub fn active() -> usize {
    ACTIVE.load(Ordering::Relaxed)
}

/// The largest number of bytes in use at once, since the start or since [`reset_peak`].
pub fn peak() -> usize {
    PEAK.load(Ordering::Relaxed)
}

/// Sets the peak to the bytes in use now.
pub fn reset_peak() {
    PEAK.store(active(), Ordering::Relaxed);
}

/// Counts bytes as in use, which need not be in the host's memory.
pub fn taken(bytes: usize) {
    let active = ACTIVE.fetch_add(bytes, Ordering::Relaxed) + bytes;
    PEAK.fetch_max(active, Ordering::Relaxed);
}

/// Counts bytes as in use no longer.
pub fn returned(bytes: usize) {
    ACTIVE.fetch_sub(bytes, Ordering::Relaxed);
}
