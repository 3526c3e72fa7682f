//! The shaders, in WGSL, and how they are called.

mod direct;
mod pieces;
mod reach;
mod sums;
mod trial;
mod tried;

#[cfg(test)]
pub use direct::job as direct;
#[cfg(all(test, unix, feature = "gpu-tests"))]
pub use pieces::submissions;
#[cfg(test)]
pub use pieces::{Bounds, Job};
