//! The choice of a method, as data that can be printed.
//!
//! Two costs are compared, in nanoseconds of one thread. Direct sums take about `outputs * K`
//! multiply-adds. Transforms take `B log2(B)` steps for each block, forward and inverse transform
//! together, and half of that once for the filter. Every block length that pays is tried. The
//! constants were measured on one machine for each of the [`Rates`](rates::Rates), those for few
//! outputs of many taps on Zen 3 with AVX2 only. The choice needs only the ratio of the costs.

mod arithmetic;
mod block_len;
mod certified;
mod choice;
mod cost;
mod forced;
mod memory;
mod pieces;
mod print;
mod rates;
mod short;

pub use choice::Plan;
pub use forced::are_direct_sums_forced;
pub use print::write_ignored;
pub use short::{are_short, is_short};
