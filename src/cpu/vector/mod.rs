//! What kernels are written over: vectors of floats and of words, and scalar helpers.

mod floats;
pub mod halves;
mod unrolled;
mod words;

pub use floats::{Kernel, MAX_LANES, Real, Simd, Vector};
pub use unrolled::UNROLLED;
pub(in crate::cpu) use unrolled::unrolled;
pub use words::{DigitVector, MAX_PACK, Sums, Word, WordKernel, WordSimd, WordVector};
