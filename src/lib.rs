//! MLX's `mlx.core.convolve` as a C library. The public surface is [`capi`] and the header made from it.

mod array; //        shapes, strides, shared storage, views
pub mod capi; //     the C surface: the only `extern "C"` code
mod convolve; //     the operation: requests, plans, filters, direct sums and FFT, non-finites
mod cpu; //          instruction sets, vector kernels, the floating-point environment
mod dtype; //        the 14 dtypes, promotion, conversion
mod error; //        statuses and messages
mod event; //        pending, ready, failed
mod fft; //          transforms made for convolution
mod gpu; //          graphics processors: devices, buffers, submissions, kernels
mod lines; //        tasks in order, and the threads that run them: workers and waiting threads
mod memory; //       aligned, fallible, counted storage
mod process; //      forks, panics, thread-specific values
mod stream; //       devices and streams
mod threads; //      fork-join over independent pieces of work, workers

#[cfg(not(panic = "unwind"))]
compile_error!("mlx-convolve catches panics at the C boundary: build it with panic = \"unwind\"");
