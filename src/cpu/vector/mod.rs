//! The traits over which kernels are written, for vectors of floats and of words. Also scalar
//! helpers.

mod float_vector;
mod floats;
pub mod halves;
mod unrolled;
mod word_vector;
mod words;

pub(in crate::cpu) use float_vector::float_vector;
pub use floats::{Kernel, MAX_LANES, Real, Simd, Vector};
pub use unrolled::UNROLLED;
pub(in crate::cpu) use unrolled::unrolled;
pub(in crate::cpu) use word_vector::word_vector;
pub use words::{DigitVector, LaneSums, MAX_PACK, Word, WordKernel, WordSimd, WordVector};
