//! Tests of the GPU core.

mod bits; //   tests of the convolution of bools
mod blocks; //  the tests of overlap-save
mod conversions; // tests of the conversions
mod device; //  what the kernels' tests run on, and the list of these tests
mod kernels; // tests of direct sums of float32
#[cfg(all(unix, feature = "gpu-tests"))]
mod msl; //     the kernels in Metal's language, on the processor
mod numbers; // tests of complex numbers, many taps and subnormal numbers
mod opened; //  the devices that there are
mod passes; //  tests of transforms in passes through memory
#[cfg(all(unix, feature = "gpu-tests"))]
mod spirv; //   kernels in Vulkan's language, and what spirv-val says of them
#[cfg(all(unix, feature = "gpu-tests"))]
mod translated; // kernels in Metal's language
mod words; //   tests of sums of integers
