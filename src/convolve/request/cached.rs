//! Memory that is kept only for later calls.

use crate::{fft, gpu, memory};

/// The number of bytes that are kept, on the host and on GPUs.
pub fn cached() -> usize {
    memory::cached().saturating_add(gpu::cached())
}

/// Sets how many bytes may be kept, gives the surplus back, and returns the previous limit.
pub fn set_cache_limit(limit: usize) -> usize {
    let before = memory::set_cache_limit(limit);
    gpu::clear_cache(memory::cache_room());
    before
}

/// Frees cached pages, freed memory of GPUs, tables of transforms, and small workspace.
pub fn clear_cache() {
    gpu::clear_cache(0);
    fft::clear_tables();
    memory::clear_reused();
    memory::clear_cache();
}
