//! Carries a plan out. Each method has its own file, and all methods share one loop over steps and
//! threads.

mod batch;
mod blocks;
mod carry_out;
mod certificate;
mod certified;
mod certified_complex;
mod certified_pieces;
mod chains;
mod direct;
mod direct_complex;
mod direct_words;
mod fft;
mod fft_complex;
mod fft_pieces;
mod fft_words;
mod left_over;
mod overflow;
mod profile;
mod reach;
mod reading;
mod scaling;
mod short;
mod steps;
mod sums;
mod tilted;
mod tilts;
mod windows;

pub use carry_out::carry_out;
pub use short::short;
