//! NEON.

#![allow(unsafe_code)]

mod neon;

pub use neon::Neon;
