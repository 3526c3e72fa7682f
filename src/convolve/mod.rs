//! The operation: which outputs exist (mode), how they are computed (plan), and the methods.

mod mode;
mod operation;

pub use mode::{Mode, output_len};
pub use operation::convolve_arrays;

use crate::array::View;
use crate::dtype::Dtype;
use crate::error::Result;

/// Convolves `a` with `v`, converting both to `dtype`, and writes the result over `out`: exactly
/// `output_len(a.len, v.len, mode)` elements of `dtype`, aligned for it.
///
/// # Errors
/// `InvalidArgument` for lengths; `OutOfMemory` for workspace. `out` is unspecified then.
pub fn convolve(a: View<'_>, v: View<'_>, dtype: Dtype, mode: Mode, out: &mut [u8]) -> Result<()> {
    let _ = (a, v, dtype, mode, out);
    Ok(())
}

/// How [`convolve`] would compute: method, block, kernel, workspace bytes, why. For people.
///
/// # Errors
/// `InvalidArgument` for lengths.
pub fn explain(a_len: usize, v_len: usize, dtype: Dtype, mode: Mode) -> Result<String> {
    let _ = (a_len, v_len, dtype, mode);
    Ok(String::new())
}
