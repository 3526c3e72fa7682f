//! The operation: which outputs exist, how they are computed, and who computes them.
//!
//! Data flows one way. [`wanted`] says which outputs there are, and [`plan`] chooses a method.
//! [`run`] carries the plan out: it reads the signal in blocks ([`block`]), applies a prepared
//! [`filter`], and stores the outputs. [`nonfinite`] gives every method the infinities and NaNs of
//! the direct sum. [`request`] has the entry points. Each room imports only rooms that stand below
//! it in the table of `docs/architecture.md`.

mod block;
mod filter;
mod nonfinite;
mod plan;
mod request;
mod run;
mod wanted;

#[cfg(test)]
mod tests;

pub use plan::are_short;
pub use request::{
    cached, clear_cache, convolve_arrays, convolve_arrays_with, convolve_plain,
    convolve_plain_with, convolve_rows, explain, explain_with, set_cache_limit,
};
pub use wanted::{
    Accuracy, Boundary, Mode, Operation, Options, Subnormals, output_len, wanted_len,
};

pub use crate::cpu::convolve_short;
