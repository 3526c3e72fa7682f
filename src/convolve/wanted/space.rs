//! How much memory each method takes: the workspace of a thread, and the prepared filter. Both the
//! plan and the code that computes ask here.

use super::counted::transform_width;
use super::digits::Digits;
use super::geometry::Geometry;
use super::options::Accuracy;
use super::parts::Parts;
use super::stage::{InPlace, staged_len};
use crate::dtype::Dtype;
use crate::fft::MAX_COORDINATES;
use crate::memory::{block_size, bytes_for};

/// The gap between a block's two planes, in values. Planes a power of two apart would share the
/// sets of a cache.
const GAP: usize = 64;

/// Values of a block of `block_len` points: two planes and the gap between them.
pub fn planes_len(block_len: usize) -> usize {
    block_len.saturating_add(GAP)
}

/// The number of taps in a chain. If each output has an error bound of its own, sums over more taps
/// are several chains.
pub const CHAIN: usize = 256;

/// The number of outputs that are computed together, if their sums are several chains. A
/// first-level cache holds their sums, the sums of one chain, and what was rounded away.
pub const CHAINED_OUTPUTS: usize = 5 * 192;

/// The number of taps in a chain of dot products, as long as so many taps are left. They are summed
/// in two lanes at least, so no lane is longer than a chain.
pub const CHAIN_OF_FEW: usize = 2 * CHAIN;

/// The slices of a thread that computes direct sums, in values.
#[derive(Clone, Copy)]
pub struct DirectSpace {
    /// The signal under the outputs, where it is not read in place.
    pub stage: usize,
    /// Sums before they are stored.
    pub sums: usize,
    /// Values under the outputs at the signal's ends, if the filter is not finite.
    pub ends: usize,
    /// Flags of the outputs at the signal's ends, a byte each.
    pub flags: usize,
    /// If each output has an error bound of its own, two values for each output that is computed
    /// together with others, and room for a scaled chain of taps and the values under them.
    pub chains: usize,
}

/// The properties of direct sums on which their slices depend.
#[derive(Clone, Copy)]
pub struct DirectNeeds {
    /// The elements of the signal that are read in memory.
    pub in_place: InPlace,
    /// Whether sums may be computed directly in the output.
    pub stored_as_is: bool,
    /// Whether the filter is not finite. Outputs that read beyond the signal's ends are mended
    /// then.
    pub mends_ends: bool,
    /// Which error bound outputs have.
    pub accuracy: Accuracy,
}

impl DirectSpace {
    /// For real sums, in pieces of `outputs` outputs.
    #[inline(always)]
    pub fn of_reals(geometry: Geometry, outputs: usize, needs: DirectNeeds) -> Self {
        let mends_ends = needs.mends_ends && geometry.beyond() != [0, 0];
        Self {
            stage: staged_len(geometry, needs.in_place, outputs),
            sums: if needs.stored_as_is { 0 } else { outputs },
            ends: if mends_ends { outputs + geometry.filter_len - 1 } else { 0 },
            flags: if mends_ends { outputs } else { 0 },
            chains: match needs.accuracy {
                Accuracy::Normwise => 0,
                Accuracy::Componentwise => {
                    let outputs = outputs.min(CHAINED_OUTPUTS);
                    3 * outputs + 2 * geometry.filter_len.min(CHAIN_OF_FEW)
                }
            },
        }
    }

    /// For complex numbers: two planes of the signal, four real sums.
    pub fn of_complexes(
        geometry: Geometry,
        outputs: usize,
        mends_ends: bool,
        accuracy: Accuracy,
    ) -> Self {
        let in_place = InPlace::NOTHING;
        let needs = DirectNeeds { in_place, stored_as_is: false, mends_ends, accuracy };
        let real = Self::of_reals(geometry, outputs, needs);
        Self { stage: 2 * (outputs + geometry.filter_len - 1), sums: 4 * outputs, ..real }
    }

    /// For integers and bools.
    pub fn of_words(geometry: Geometry, outputs: usize, in_place: InPlace) -> Self {
        Self {
            stage: staged_len(geometry, in_place, outputs),
            sums: 0,
            ends: 0,
            flags: 0,
            chains: 0,
        }
    }

    /// The size in bytes, with values of `size` bytes.
    #[inline(always)]
    pub fn bytes(self, size: usize) -> usize {
        let of_values = [self.stage, self.sums, self.ends, self.chains].map(|len| (len, size));
        of_values
            .into_iter()
            .chain([(self.flags, 1)])
            .fold(0, |sum: usize, (len, size)| sum.saturating_add(bytes_for(len, size)))
    }
}

/// The slices of a thread that transforms blocks.
#[derive(Clone, Copy)]
pub struct BlockSpace {
    /// The number of blocks: one for each part or digit of an element.
    pub blocks: usize,
    /// Points of a block.
    pub block_len: usize,
    /// Flags of a block's outputs, a byte each.
    pub flags: usize,
}

impl BlockSpace {
    /// The size in bytes, with values of `size` bytes.
    pub fn bytes(self, size: usize) -> usize {
        let block = bytes_for(planes_len(self.block_len), size);
        block.saturating_mul(self.blocks).saturating_add(bytes_for(self.flags, 1))
    }
}

/// The workspace of a thread whose outputs are certified.
#[derive(Clone, Copy)]
pub struct CertifiedSpace {
    /// How blocks are cut.
    pub parts: Parts,
    /// The number of outputs of a block.
    pub outputs: usize,
    /// Bytes of an output before it is stored; 0 if it is computed in its place.
    pub values: usize,
    /// Sums of chunks of a block, from which the number of outputs to be summed is predicted.
    pub profile: usize,
}

/// Pieces of a filter whose products are added before one inverse transform.
pub const PIECES_AT_A_TIME: usize = MAX_COORDINATES;
/// Taps of a piece of the filter, if outputs are certified piece by piece.
pub const PIECE_TAPS: usize = 4096;

impl CertifiedSpace {
    /// Whether outputs may be certified with the filter in pieces.
    pub fn takes_pieces(parts: Parts, filter_len: usize) -> bool {
        parts.count == 1 && filter_len > PIECE_TAPS
    }

    /// Bytes of the spectra of all pieces, and of their norms.
    pub fn piece_spectra_bytes(filter_len: usize) -> usize {
        let pieces = filter_len.div_ceil(PIECE_TAPS);
        let spectra = pieces.saturating_mul(planes_len(2 * PIECE_TAPS));
        let bytes = |values: usize| block_size(values.saturating_mul(size_of::<f64>()));
        bytes(spectra).saturating_add(bytes(pieces))
    }

    /// Bytes of workspace for the blocks of some pieces.
    pub fn pieces_bytes() -> usize {
        let block = bytes_for(planes_len(2 * PIECE_TAPS), size_of::<f64>());
        let sums = bytes_for(PIECE_TAPS, size_of::<f64>());
        PIECES_AT_A_TIME * block + 2 * sums + bytes_for(PIECE_TAPS, 1)
    }

    /// The size in bytes, if direct sums take `direct` bytes. A block is no longer needed when
    /// outputs are summed directly.
    pub fn bytes(self, direct: usize) -> usize {
        let Self { parts: Parts { count, block_len }, outputs, values, profile } = self;
        let blocks = bytes_for(planes_len(block_len), size_of::<f64>()).saturating_mul(count);
        let blocks = blocks.saturating_add(bytes_for(profile, size_of::<f64>()));
        let flags = bytes_for(outputs, 1).saturating_add(bytes_for(outputs, values));
        flags.saturating_add(blocks.max(direct))
    }
}

/// Values of an operand that have one place in its profile.
pub const PROFILE_CHUNK: usize = 32;

/// The workspace that tilts take beyond that of the certified outputs.
#[derive(Clone, Copy)]
pub struct TiltSpace {
    /// How blocks are cut.
    pub parts: Parts,
    /// The number of taps.
    pub filter_len: usize,
}

impl TiltSpace {
    /// The size in bytes: the parts of the filter, and the profiles of a block and of the filter.
    pub fn bytes(self) -> usize {
        let Self { parts: Parts { count, block_len }, filter_len } = self;
        let filter = bytes_for(planes_len(block_len), size_of::<f64>()).saturating_mul(count);
        // All peaks, those of a part, and the vertices of its hull: three numbers each.
        let profile = |len: usize| {
            bytes_for(len.div_ceil(PROFILE_CHUNK), size_of::<[i64; 3]>()).saturating_mul(3)
        };
        filter.saturating_add(profile(block_len)).saturating_add(profile(filter_len))
    }
}

/// Bytes of a prepared filter's taps, if they are converted. Transformed integers are not kept.
pub fn taps_bytes(dtype: Dtype, filter_len: usize, block_len: Option<usize>) -> usize {
    let size = match (dtype, block_len) {
        (Dtype::Bool, Some(block_len)) => transform_width(dtype, filter_len, block_len),
        (Dtype::Float16 | Dtype::BFloat16 | Dtype::Complex64, _) => size_of::<f32>(),
        (_, Some(_)) if dtype.is_integer() => return 0,
        _ => dtype.size(),
    };
    let parts = if dtype == Dtype::Complex64 { 2 } else { 1 };
    bytes_for(filter_len, size).saturating_mul(parts)
}

/// Bytes of a prepared filter's spectra. 0 if transforms would not be exact.
pub fn spectra_bytes(dtype: Dtype, filter_len: usize, block_len: usize) -> usize {
    let size = transform_width(dtype, filter_len, block_len);
    let blocks = Digits::blocks(dtype, filter_len, block_len).unwrap_or(0);
    block_size(planes_len(block_len).saturating_mul(size)).saturating_mul(blocks)
}
