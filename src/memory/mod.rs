//! Storage: fallible, aligned to a cache line, counted.

mod aligned;
mod cache;
mod counters;
mod storage;

pub use aligned::Aligned;
pub use cache::{cached, clear_cache, set_cache_limit};
pub use counters::{active, peak, reset_peak};
pub use storage::{Buffer, Managed, Storage};
