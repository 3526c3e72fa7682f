//! Memory

use super::boundary::status;
use super::error::mlx_status;
use super::pointer::Place;
use crate::{convolve, memory};

/// Writes the number of bytes that the library holds now to `*res`: arrays, running computations,
/// and what computations keep for later calls of any thread until mlx_clear_cache: up to 8 tables of
/// FFTs, of at most 2 MiB each, and at most 2 MiB of workspace. Values on GPUs count as well. Memory borrowed by
/// mlx_array_new_data_managed is not counted.
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT (NULL).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_get_active_memory(res: *mut usize) -> mlx_status {
    status(|| {
        Place::new(res, "res")?.write(memory::active());
        Ok(())
    })
}

/// Writes to `*res` the largest number of bytes that were active at once, since the start or since
/// mlx_reset_peak_memory.
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT (NULL).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_get_peak_memory(res: *mut usize) -> mlx_status {
    status(|| {
        Place::new(res, "res")?.write(memory::peak());
        Ok(())
    })
}

/// Sets the peak to the bytes that are active now. Always returns MLX_STATUS_SUCCESS.
#[unsafe(no_mangle)]
pub extern "C" fn mlx_convolve_reset_peak_memory() -> mlx_status {
    status(|| {
        memory::reset_peak();
        Ok(())
    })
}

/// Writes the number of bytes in the cache to `*res`. The cache keeps freed memory of arrays and of
/// workspace, on the host and on GPUs, so that the library need not ask the system for it again.
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT (NULL).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_get_cache_memory(res: *mut usize) -> mlx_status {
    status(|| {
        Place::new(res, "res")?.write(convolve::cached());
        Ok(())
    })
}

/// Sets how many bytes the cache may keep, and gives the surplus back to the system. The initial
/// limit is 128 MiB; with 0 the cache keeps nothing. `*res` receives the previous limit. The tables
/// and the workspace that computations keep do not count; mlx_clear_cache frees them.
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT (NULL), and then changes nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_set_cache_limit(res: *mut usize, limit: usize) -> mlx_status {
    status(|| {
        let res = Place::new(res, "res")?;
        res.write(convolve::set_cache_limit(limit));
        Ok(())
    })
}

/// Gives everything in the cache back to the system. Also frees the tables and the workspace that
/// computations keep for later calls, whichever thread made them. If a computation is running at that time,
/// its tables are freed and its workspace is kept when the computation ends. Always returns
/// MLX_STATUS_SUCCESS.
#[unsafe(no_mangle)]
pub extern "C" fn mlx_convolve_clear_cache() -> mlx_status {
    status(|| {
        convolve::clear_cache();
        Ok(())
    })
}
