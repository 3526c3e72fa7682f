//! Storage: fallible, aligned to a cache line, counted.

mod aligned;

pub use aligned::Aligned;
