//! The shaders, in WGSL, and how they are called.

mod bits;
mod blocks;
mod butterflies;
mod choice;
mod convert;
mod direct;
mod passes;
mod pieces;
mod reach;
mod sums;
pub mod text;
mod trial;
mod tried;
mod words;

#[cfg(test)]
pub use bits::job as bits;
#[cfg(test)]
pub use blocks::{job_of as blocks, making_roots};
pub use choice::faster_transforms;
#[cfg(test)]
pub use convert::{packed, plain, same_element, same_float, to_elements, to_plain};
#[cfg(test)]
pub use direct::{Floats, job as direct};
#[cfg(test)]
pub use passes::job_of as passes;
#[cfg(test)]
pub use pieces::{Bounds, Job};
#[cfg(all(test, unix, feature = "gpu-tests"))]
pub use sums::{submissions, temporary_bytes};
#[cfg(test)]
pub use words::{Width, job as words, words as words_of};
