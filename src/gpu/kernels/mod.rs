//! The shaders, in WGSL, and how they are called.

mod direct;
mod reach;
mod trial;

#[cfg(test)]
pub use direct::Bounds;
#[cfg(all(test, unix, feature = "gpu-tests"))]
pub use direct::submissions;
