//! Memory

use super::boundary::status;
use super::error::mlx_status;
use super::pointer::Place;
use crate::{convolve, memory};

/// Fills in the bytes that the library holds now: arrays, running computations, and what transforms
/// keep for later calls of any thread until mlx_clear_cache: up to 8 tables of 2 MiB each, and 2 MiB
/// of workspace. Memory borrowed by mlx_array_new_data_managed is not counted. Fails with
/// MLX_STATUS_INVALID_ARGUMENT (NULL).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_get_active_memory(res: *mut usize) -> mlx_status {
    status(|| {
        Place::new(res, "res")?.write(memory::active());
        Ok(())
    })
}

/// Fills in the largest number of bytes that were active at once, since the start or
/// mlx_reset_peak_memory. Fails with MLX_STATUS_INVALID_ARGUMENT (NULL).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_get_peak_memory(res: *mut usize) -> mlx_status {
    status(|| {
        Place::new(res, "res")?.write(memory::peak());
        Ok(())
    })
}

/// Starts measuring the peak anew, from the bytes active now. Always MLX_STATUS_SUCCESS.
#[unsafe(no_mangle)]
pub extern "C" fn mlx_convolve_reset_peak_memory() -> mlx_status {
    status(|| {
        memory::reset_peak();
        Ok(())
    })
}

/// Fills in the bytes of freed memory, of arrays and of workspace, that the library keeps, so as not
/// to ask the system again. Fails with MLX_STATUS_INVALID_ARGUMENT (NULL).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_get_cache_memory(res: *mut usize) -> mlx_status {
    status(|| {
        Place::new(res, "res")?.write(memory::cached());
        Ok(())
    })
}

/// Sets how many bytes the cache may keep, at the start 128 MiB, 0 for none, and gives back what is above. The limit that
/// held before goes to `*res`. Fails with MLX_STATUS_INVALID_ARGUMENT (NULL), changing nothing.
/// The tables and the workspace that transforms keep are not counted: mlx_clear_cache frees them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_set_cache_limit(res: *mut usize, limit: usize) -> mlx_status {
    status(|| {
        let res = Place::new(res, "res")?;
        res.write(memory::set_cache_limit(limit));
        Ok(())
    })
}

/// Gives everything in the cache back to the system, and frees the tables and the workspace of transforms that are kept
/// for later calls, whichever thread made them; what is in use meanwhile is kept again. Always MLX_STATUS_SUCCESS.
#[unsafe(no_mangle)]
pub extern "C" fn mlx_convolve_clear_cache() -> mlx_status {
    status(|| {
        convolve::clear_cache();
        Ok(())
    })
}
