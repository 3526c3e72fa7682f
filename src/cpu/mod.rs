//! Vector kernels, written once and instantiated per instruction set.

mod direct;
mod fpenv;
mod isa;
mod real;

pub use direct::{Word, correlate, correlate_words, largest};
pub use fpenv::FloatEnvironment;
pub use isa::{Isa, isa};
pub use real::Real;
