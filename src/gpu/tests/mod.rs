//! Tests of the GPU core.

mod device; //  what the kernels' tests run on, and the list of these tests
mod kernels; // the kernels' tests
#[cfg(all(unix, feature = "gpu-tests"))]
mod msl; //     the kernels in Metal's language, on the processor
mod opened; //  the devices that there are
#[cfg(all(unix, feature = "gpu-tests"))]
mod translated; // kernels in Metal's language
