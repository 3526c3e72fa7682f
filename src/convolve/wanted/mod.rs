//! Which outputs are wanted, and the arithmetic that planning and computing share.

mod boundary;
mod chunks;
mod counted;
mod digits;
mod geometry;
mod method;
mod mode;
mod operand;
mod options;
mod outputs;
mod parts;
mod pieces;
mod reading;
mod space;
mod stage;
mod task;
mod tiling;

pub use boundary::{Boundary, Run};
pub use chunks::Chunks;
pub use counted::{counts_fit_float32, transform_width};
pub use digits::Digits;
pub use geometry::Geometry;
pub use method::{Method, Shape};
pub use mode::{Mode, output_len};
pub use operand::{Operand, Window};
pub use options::{Accuracy, Operation, Options, Subnormals};
pub use outputs::wanted_len;
pub use parts::{Cut, Parts, error_factor};
pub use pieces::Pieces;
pub use reading::Reading;
pub use space::{
    BlockSpace, CHAIN, CHAIN_OF_FEW, CHAINED_OUTPUTS, CertifiedSpace, DirectNeeds, DirectSpace,
    PIECE_TAPS, PIECES_AT_A_TIME, PROFILE_CHUNK, TiltSpace, planes_len, spectra_bytes, taps_bytes,
};
pub use stage::{InPlace, stretches};
pub use task::Task;
pub use tiling::{BlockRange, Tiling};
