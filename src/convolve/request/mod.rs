//! The entry points: plain pointers, or arrays on a stream, whose device decides who computes.

mod arrays;
mod cached;
pub mod convolution;
pub mod executor;
mod explain;
mod on_gpu;
mod plain;

pub use arrays::{convolve_arrays, convolve_arrays_with};
pub use cached::{cached, clear_cache, set_cache_limit};
pub use explain::{explain, explain_with};
pub use plain::{convolve_plain, convolve_plain_with, convolve_rows};
