//! The shaders, in WGSL, and how they are called.

mod bits;
mod convert;
mod direct;
mod pieces;
mod reach;
mod sums;
mod trial;
mod tried;
mod words;

#[cfg(test)]
pub use bits::job as bits;
#[cfg(test)]
pub use convert::{to_elements, to_plain};
#[cfg(test)]
pub use direct::{Floats, job as direct};
#[cfg(all(test, unix, feature = "gpu-tests"))]
pub use pieces::submissions;
#[cfg(test)]
pub use pieces::{Bounds, Job};
#[cfg(test)]
pub use words::{Width, job as words, words as words_of};
