//! The C surface: the only `extern "C"` code, one file per C noun. Raw pointers stop here.
//!
//! The doc comments are the header's text, so they speak C: `mlx_array_new` is the C spelling of
//! the exported `mlx_convolve_array_new`. What an exported function demands of its caller is what
//! the header says: handles are empty or alive, pointers are NULL or good for what is named, and
//! nobody else writes to them during the call. That sentence is the safety contract of every
//! `unsafe fn` here, and what their bodies pass on to the conversions in `handle` and `pointer`.

#![allow(unsafe_code, unsafe_op_in_unsafe_fn, non_camel_case_types)]
#![allow(clippy::missing_safety_doc)]

mod boundary; // the guard around every body
mod failure; //  where failures go: messages, the error handler
mod handle; //   handle objects: magic words, borrowing, rebinding, freeing
mod pointer; //  plain pointers from C: NULL, alignment and lengths checked
mod quick; //    short calls on plain pointers, checked at once

#[cfg(test)]
mod reserve_tests;
#[cfg(test)]
mod tests;

// The nouns of C.
pub mod array;
pub mod convolve;
pub mod data;
pub mod device;
pub mod dtype;
pub mod error;
pub mod item;
pub mod memory;
pub mod stream;
pub mod string;
pub mod version;
