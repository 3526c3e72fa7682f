//! The C surface: the only `extern "C"` code, one file per C noun. Raw pointers stop here.
//!
//! The doc comments become the header's text, so they use the C spelling: `mlx_array_new` is the C
//! name of the exported `mlx_convolve_array_new`.
//!
//! The header also says what an exported function demands of its caller: handles are empty or live,
//! each pointer is NULL or valid for the values that the header names, and nobody else writes to
//! these values during the call. This sentence is the safety contract of every `unsafe fn` here.
//! The function bodies pass the contract on to the conversions in `handle` and `pointer`.

#![allow(unsafe_code, unsafe_op_in_unsafe_fn, non_camel_case_types)]
#![allow(clippy::missing_safety_doc)]

mod boundary; // the guard around every body
mod failure; //  failures: messages, the error handler
mod handle; //   handle objects: magic words, borrowing, rebinding, freeing
mod placed; //   rows at a plain pointer: spans, distinct elements
mod pointer; //  plain pointers from C: NULL, alignment and lengths checked
mod quick; //    short calls on plain pointers, all checks together

#[cfg(test)]
mod reserve_tests;
#[cfg(test)]
mod tests;

// The nouns of C.
pub mod array;
pub mod convolve;
pub mod convolve_with;
pub mod data;
pub mod device;
pub mod dtype;
pub mod error;
pub mod item;
pub mod memory;
pub mod mode;
pub mod options;
pub mod rows;
pub mod stream;
pub mod string;
pub mod version;
