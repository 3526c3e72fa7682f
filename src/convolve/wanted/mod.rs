//! Which outputs are wanted, and the arithmetic that planning and computing share.

mod counted;
mod digits;
mod geometry;
mod method;
mod mode;
mod space;
mod stage;
mod tiling;

pub use counted::{counts_fit_float32, transform_width};
pub use digits::Digits;
pub use geometry::Geometry;
pub use method::Method;
pub use mode::{Mode, output_len};
pub use space::{BlockSpace, DirectNeeds, DirectSpace, planes_len, spectra_bytes, taps_bytes};
pub use stage::stretches;
pub use tiling::{BlockRange, Tiling};
