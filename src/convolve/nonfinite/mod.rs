//! Which outputs an infinity or a NaN reaches, and as what: the footprint of the direct sum.
//!
//! Methods compute on operands whose non-finite values were replaced by zeros; then each output that
//! reads a non-finite value is overwritten:
//!
//! - a NaN in either operand makes every output that reads it NaN: runs of outputs, marked in O(N);
//! - an infinity times a tap contributes an infinity of the product's sign, or NaN if the tap is zero:
//!   its row of contributions is OR-ed, a byte per output, into the outputs that read it;
//! - where infinities are so many that these rows would cost more than transforms, `counts.rs`
//!   counts each kind of contribution exactly instead;
//! - infinities of both signs make NaN.

pub mod counts;
pub mod flags;
mod footprint;
mod rows;
pub mod runs;

pub use flags::overwrite;
pub use footprint::Footprint;
