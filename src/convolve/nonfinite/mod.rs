//! The footprint of the direct sum: which outputs an infinity or a NaN reaches, and what they
//! become.
//!
//! Methods first replace the operands' non-finite values by zeros and compute. Then each output
//! that reads a non-finite value is overwritten:
//!
//! - A NaN in either operand makes every output that reads it NaN. These are runs of outputs,
//!   marked in O(N).
//! - An infinity times a tap contributes an infinity of the product's sign, or NaN if the tap is
//!   zero. The row of its contributions, a byte for each output, is ORed into the flags of the
//!   outputs that read it.
//! - If there are so many infinities that their rows would cost more than transforms, `counts.rs`
//!   counts each kind of contribution exactly instead.
//! - Infinities of both signs make NaN.

pub mod counts;
pub mod flags;
mod footprint;
mod rows;
pub mod runs;

pub use flags::{Flags, ZERO, mark_zeros, overwrite};
pub use footprint::Footprint;
