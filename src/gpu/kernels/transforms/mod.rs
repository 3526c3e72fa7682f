//! Overlap-save of float32, by Fourier transforms.

pub mod blocks;
mod butterflies;
pub mod choice;
pub mod passes;
pub mod roots;
pub mod text;
