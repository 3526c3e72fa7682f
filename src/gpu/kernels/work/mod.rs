//! What all kernels have in common: pieces of rows, submissions, trials.

pub mod cost;
pub mod pieces;
mod reach;
pub mod submissions;
pub mod trial;
