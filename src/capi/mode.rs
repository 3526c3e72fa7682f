//! Modes

// The brackets of the header's formulas, such as full[0], are no links.
#![allow(rustdoc::broken_intra_doc_links)]

use crate::convolve::Mode;
use crate::error::{Error, Result};

/// The outputs of the full convolution to keep: MLX_MODE_FULL, MLX_MODE_VALID or MLX_MODE_SAME.
pub type mlx_mode = i32;

/// N + K - 1 values, from full[0]: every output that reads at least one pair. Python's default.
pub const MLX_MODE_FULL: mlx_mode = 0;
/// N - K + 1 values, from full[K - 1]: the outputs that read the whole filter.
pub const MLX_MODE_VALID: mlx_mode = 1;
/// N values, from full[(K - 1) / 2], rounded down.
pub const MLX_MODE_SAME: mlx_mode = 2;

pub(super) fn mode_arg(mode: mlx_mode) -> Result<Mode> {
    mode_of("", mode)
}

/// The mode that the field `mode` of a struct names. `place` leads to the field, as in "options->".
pub(super) fn mode_of(place: &str, mode: mlx_mode) -> Result<Mode> {
    Mode::from_raw(mode).ok_or_else(|| {
        Error::invalid(format!(
            "{place}mode: {mode} is none of MLX_MODE_FULL, _VALID, _SAME (0, 1, 2)"
        ))
    })
}

const _: () = {
    assert!(Mode::Full as i32 == MLX_MODE_FULL);
    assert!(Mode::Valid as i32 == MLX_MODE_VALID);
    assert!(Mode::Same as i32 == MLX_MODE_SAME);
};
