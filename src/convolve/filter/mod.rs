//! A prepared filter: taps, their spectrum or digits, and what their infinities and NaNs do.

mod cut;
mod digits;
mod piece_spectra;
mod prepared;
mod real;
mod spectrum;
mod taps;
mod wide;

pub use cut::CutSpectra;
pub use digits::{DigitSpectra, WordFilter};
pub use piece_spectra::PieceSpectra;
pub use prepared::{Form, Prepared};
pub use real::{Certified, RealFilter, RealTaps, Transformed};
pub use spectrum::{Spectrum, span};
