//! The guard around every exported body except the path of short calls ([`super::quick`]): it turns
//! a panic into a failure, and a failure into a status for the program. [`super::failure`] tells
//! the program the message.

use super::error::{MLX_STATUS_SUCCESS, mlx_status};
use super::failure::report;
use crate::error::Result;
use crate::memory::reserve;
use crate::process::catch;

/// Runs the body of a function that returns a status.
#[inline]
pub fn status(body: impl FnOnce() -> Result<()>) -> mlx_status {
    let call = reserve::begin();
    match catch(body) {
        Ok(()) => MLX_STATUS_SUCCESS,
        Err(error) => {
            let status = error.status;
            report(error, call);
            status as mlx_status
        }
    }
}

/// Runs the body of a function that returns a value. Returns `failed` if the body fails.
pub fn value<T>(failed: T, body: impl FnOnce() -> Result<T>) -> T {
    let call = reserve::begin();
    catch(body).unwrap_or_else(|error| {
        report(error, call);
        failed
    })
}
