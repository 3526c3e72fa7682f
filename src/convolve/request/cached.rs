//! Memory that is only kept for later calls.

use crate::{fft, memory};

/// Gives it back: pages, tables of transforms, and their workspace.
pub fn clear_cache() {
    fft::clear_tables();
    memory::clear_reused();
    memory::clear_cache();
}
