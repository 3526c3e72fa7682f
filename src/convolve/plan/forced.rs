//! The method that the environment forces, if any.

use crate::process::{Once, variable};

/// A method that the environment asks for.
#[derive(Clone, Copy)]
pub enum Forced {
    /// Direct sums.
    Direct,
    /// Transforms.
    Transforms,
}

/// What the environment variable `MLX_CONVOLVE_METHOD` said when the first plan was made.
#[inline]
pub fn forced_method() -> Option<Forced> {
    static FORCED: Once<Option<Forced>> = Once::new();
    *FORCED.get(|| match variable("MLX_CONVOLVE_METHOD").as_deref() {
        Some("direct") => Some(Forced::Direct),
        Some("fft") => Some(Forced::Transforms),
        _ => None,
    })
}

/// Whether the environment asks for transforms, of inputs of any length.
#[inline]
pub fn are_transforms_forced() -> bool {
    matches!(forced_method(), Some(Forced::Transforms))
}
