//! Version

use std::ffi::c_char;

/// The version of the library that runs, such as "1.2.3". MLX_CONVOLVE_VERSION_MAJOR, _MINOR and
/// _PATCH are those of the header that was compiled against.
///
/// Never NULL, never fails; the string lives as long as the process.
#[unsafe(no_mangle)]
pub extern "C" fn mlx_convolve_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}
