//! A plan carried out: a file for each way to compute, and one loop over steps and threads for all of them.

mod carry_out;
mod direct;
mod direct_complex;
mod direct_words;
mod fft;
mod fft_complex;
mod fft_words;
mod reach;
mod steps;
mod sums;

pub use carry_out::carry_out;
