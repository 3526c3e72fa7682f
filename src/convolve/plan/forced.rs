//! The method that the environment forces, if any.

use crate::process::{Ignored, Setting};

/// A method that the environment asks for.
#[derive(Clone, Copy)]
pub enum Forced {
    /// Direct sums.
    Direct,
    /// Transforms.
    Transforms,
}

static FORCED: Setting<Forced> =
    Setting::new("MLX_CONVOLVE_METHOD", "known are direct and fft", |text| match text {
        "direct" => Some(Forced::Direct),
        "fft" => Some(Forced::Transforms),
        _ => None,
    });

/// The method that `MLX_CONVOLVE_METHOD` named when the first plan was made.
#[inline]
pub fn forced_method() -> Option<Forced> {
    FORCED.get()
}

/// The value of `MLX_CONVOLVE_METHOD`, if it is not a method.
pub fn ignored_method() -> Option<Ignored<'static>> {
    FORCED.ignored()
}

/// Whether the environment asks for direct sums.
pub fn are_direct_sums_forced() -> bool {
    matches!(forced_method(), Some(Forced::Direct))
}

/// Whether the environment asks for transforms, for inputs of any length.
#[inline]
pub fn are_transforms_forced() -> bool {
    matches!(forced_method(), Some(Forced::Transforms))
}
