//! Blocks of operands, converted to the numbers for computing, and blocks of outputs, rounded to
//! the output's dtype.

mod conversion;
mod cut;
mod digits;
mod finite;
mod planes;
mod profile;
mod scale;
mod source;
mod store;
mod zeros;

pub use conversion::{Conversion, RealConversion, ToFloat32, ToFloat64, ToHalf, ToTruth, ToWord};
pub use cut::{cut, join, joints};
pub use digits::{from_digits, into_digits};
pub use finite::{canonicalise, is_infinite, sanitise};
pub use planes::{OwnPlanes, Planes, read_all};
pub use profile::{count_below, write_filter_profile, write_signal_profile};
pub use scale::{exponent, is_near_one, normalisation, two_factors};
pub use source::{ComplexSource, Source, Value};
pub use store::{AnyCounted, AsComputed, ComplexSum, Finish, PastCaches, RoundTo, Store};
pub use zeros::zero_runs;
