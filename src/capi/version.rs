//! Version

use std::ffi::c_char;

/// Returns the version of the library that is running, such as "1.2.3". The macros
/// MLX_CONVOLVE_VERSION_MAJOR, _MINOR and _PATCH give the version of the header that was compiled.
///
/// Never fails and never returns NULL. The string lives as long as the process.
#[unsafe(no_mangle)]
pub extern "C" fn mlx_convolve_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}
