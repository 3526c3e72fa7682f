//! The choice of a method, as data that can be printed.
//!
//! Two costs are compared, in nanoseconds of one thread: direct, about `outputs * K` multiply-adds; and
//! transforms, per block `B log2(B)` steps of a forward and an inverse transform together, plus half
//! of that once for the filter. Every block length that pays is tried. The constants were measured on
//! a machine for each of the [`Rates`](rates::Rates), but for few outputs of many taps on Zen 3 with AVX2 only; what the
//! choice needs is their ratio.

mod arithmetic;
mod blocks;
mod choice;
mod cost;
mod forced;
mod print;
mod rates;
mod short;
mod workspace;

pub use choice::Plan;
pub use short::{are_short, is_short};
