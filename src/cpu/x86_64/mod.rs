//! AVX2 and AVX-512.

#![allow(unsafe_code)]

mod avx2;
mod avx512;
mod floats;
mod words;

pub use avx2::Avx2;
pub use avx512::Avx512;
pub use words::Avx512Vnni;
