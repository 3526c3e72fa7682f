//! Graphics processors: devices, buffers, submissions and kernels. No other module names wgpu, and
//! no other module asks whether this build has it: [`absent`] stands in.
//!
//! - A [`Gpu`] is an open device. It has one queue, which does submissions in order. So a submission
//!   may read what earlier ones write, and nobody waits until the host reads a value.
//! - A [`Buffer`] is counted memory of a device. Freed buffers are kept for reuse.
//! - Each submission ends by advancing a counter on the device. Whoever reads back also reads the
//!   counter: some drivers report work as done that the system has stopped
//!   (<https://github.com/gfx-rs/wgpu/issues/9545>).
//! - A lost device stays lost, and so do the values that only it had. The next stream opens it anew.
//! - In a forked child, nothing of wgpu is called or dropped.

#[cfg(feature = "gpu")]
mod adapters; //  which devices there are
#[cfg(feature = "gpu")]
mod buffer; //    memory of a device
#[cfg(feature = "gpu")]
mod device; //    an open device: errors, submissions, waiting
#[cfg(feature = "gpu")]
mod dispatch; //  runs of kernels, as data, and their submission
#[cfg(feature = "gpu")]
mod kernels; //   the shaders, and how they are called
#[cfg(feature = "gpu")]
mod loading; //   whether drivers can be loaded
#[cfg(feature = "gpu")]
mod own_stack; // a thread with enough stack for drivers
#[cfg(feature = "gpu")]
mod owned; //     objects that a forked child must not touch
#[cfg(feature = "gpu")]
mod pipelines; // compiled shaders
#[cfg(feature = "gpu")]
mod transfer; //  copies between host and device

#[cfg(not(feature = "gpu"))]
mod absent; //    a build without a GPU core

mod rows; //      the rows of a convolution on a device

#[cfg(all(test, feature = "gpu"))]
mod tests;

#[cfg(not(feature = "gpu"))]
pub use absent::{
    Buffer, Gpu, cached, clear_cache, count, faster_transforms, ignored, is_metal, looked_for, name,
};
#[cfg(feature = "gpu")]
pub use adapters::{count, ignored, is_metal, looked_for, name};
#[cfg(feature = "gpu")]
pub use buffer::Buffer;
#[cfg(feature = "gpu")]
pub use device::{Gpu, cached, clear_cache};
#[cfg(feature = "gpu")]
pub use kernels::faster_transforms;
pub use rows::{Lens, Numbers, Spans};
