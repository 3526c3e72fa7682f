//! Direct convolution of inputs so short that calls and allocations would take most of the time.

#![allow(unsafe_code)]

mod call;
mod few_rows;
mod paired;
mod slid;
mod staged;
mod ways;

pub use call::is_short;
pub use ways::convolve_short;
