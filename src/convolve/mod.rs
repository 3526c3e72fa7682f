//! The operation: which outputs exist, how they are computed, and who computes them.
//!
//! Data flows one way: [`wanted`] says which outputs there are, [`plan`] how to get them. [`run`] carries the plan out: it reads
//! the signal in blocks ([`block`]), applies a [`filter`] that was made ready, and stores the outputs. [`nonfinite`] gives each
//! way the direct sum's infinities and NaNs. [`request`] holds the entries. Each of these rooms imports only rooms below its own
//! in the table of `docs/architecture.md`.

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
pub use request::{clear_cache, convolve_arrays, convolve_plain, explain};
pub use wanted::{Mode, output_len};

pub use crate::cpu::convolve_short;
