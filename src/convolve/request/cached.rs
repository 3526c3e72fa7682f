//! Memory that is kept only for later calls.

use crate::{fft, memory};

/// Frees cached pages, tables of transforms, and small workspace.
pub fn clear_cache() {
    fft::clear_tables();
    memory::clear_reused();
    memory::clear_cache();
}
