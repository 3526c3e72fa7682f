//! Direct sums, of floats, integers and bools.

pub mod bits;
pub mod direct;
pub mod words;
