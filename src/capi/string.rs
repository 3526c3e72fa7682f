//! Strings

use std::ffi::{CStr, CString, c_char, c_void};
use std::fmt::{self, Display, Write};

use super::boundary::{status, value};
use super::error::mlx_status;
use super::handle::{Out, borrow, free, handle, make};
use crate::error::{Error, Result};

/// A string that the library made. mlx_convolve_explain and the _tostring functions write such
/// strings.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct mlx_string {
    /// Belongs to the library. NULL in an empty handle.
    pub ctx: *mut c_void,
}

handle!(mlx_string, CString, "string", b"mlxc str");

/// Returns an empty handle, {NULL}, for functions that write a string. Never fails.
#[unsafe(no_mangle)]
pub extern "C" fn mlx_convolve_string_new() -> mlx_string {
    mlx_string::EMPTY
}

/// Returns a copy of `str`, which must end with a zero byte. Free it with mlx_string_free.
///
/// Returns an empty handle and sets mlx_last_error if `str` is NULL or memory runs out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_string_new_data(str: *const c_char) -> mlx_string {
    value(mlx_string::EMPTY, || {
        if str.is_null() {
            return Err(Error::invalid("str: NULL"));
        }
        make(copied(CStr::from_ptr(str))?)
    })
}

/// Copies the contents of `src` to `*str`, and releases the old contents of `*str`.
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty `src`, foreign handle) or
/// MLX_STATUS_OUT_OF_MEMORY. On failure, `*str` is unchanged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_string_set(
    str: *mut mlx_string,
    src: mlx_string,
) -> mlx_status {
    status(|| {
        let out = Out::new(str, "str")?;
        out.set(copied(borrow(src, "src")?)?)
    })
}

/// Returns the characters of `str`, followed by a zero byte. They are valid until `str` is freed or
/// set. Returns NULL and sets mlx_last_error if the handle is empty or foreign.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_string_data(str: mlx_string) -> *const c_char {
    value(std::ptr::null(), || Ok(borrow(str, "str")?.as_ptr()))
}

/// Frees `str`. Succeeds and does nothing if the handle is empty. Fails with
/// MLX_STATUS_INVALID_ARGUMENT if the handle is foreign.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_string_free(str: mlx_string) -> mlx_status {
    status(|| free(str, "str"))
}

/// A copy on the heap, or `OutOfMemory`.
fn copied(text: &CStr) -> Result<CString> {
    to_c(text.to_bytes())
}

/// The text that `value` displays as, or `OutOfMemory`.
pub(super) fn printed(value: &impl Display) -> Result<CString> {
    struct Text(Vec<u8>);
    impl fmt::Write for Text {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0.try_reserve(text.len()).map_err(|_| fmt::Error)?;
            self.0.extend_from_slice(text.as_bytes());
            Ok(())
        }
    }
    let mut text = Text(Vec::new());
    // Only a lack of memory makes it fail.
    let written = write!(text, "{value}");
    written.map_err(|_| Error::out_of_memory("a string", text.0.len()))?;
    to_c(&text.0)
}

/// `text` as a C string, up to its first zero byte.
pub(super) fn to_c(text: &[u8]) -> Result<CString> {
    let text = text.split(|&byte| byte == 0).next().unwrap_or_default();
    let mut bytes = Vec::new();
    bytes
        .try_reserve_exact(text.len() + 1)
        .map_err(|_| Error::out_of_memory("a string", text.len()))?;
    bytes.extend_from_slice(text);
    bytes.push(0);
    CString::from_vec_with_nul(bytes).map_err(|_| Error::internal("a string with two ends"))
}
