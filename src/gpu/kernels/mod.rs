//! The shaders, in WGSL, and how they are called.

mod jobs;
mod plain;
mod steps;
mod sums;
mod transforms;
mod tried;
mod work;

#[cfg(all(test, unix, feature = "gpu-tests"))]
pub use jobs::{submissions, temporary_bytes};
#[cfg(test)]
pub use plain::convert::{packed, plain, same_element, same_float, to_elements, to_plain};
#[cfg(test)]
pub use sums::bits::job as bits;
#[cfg(test)]
pub use sums::direct::{Floats, job as direct};
#[cfg(test)]
pub use sums::words::{Width, job as words, words as words_of};
#[cfg(test)]
pub use transforms::blocks::job_of as blocks;
pub use transforms::choice::faster_transforms;
#[cfg(test)]
pub use transforms::passes::job_of as passes;
#[cfg(test)]
pub use transforms::roots::of_transforms as making_roots;
pub use transforms::text;
#[cfg(test)]
pub use work::pieces::{Bounds, Job};
