//! The memory that a plan takes beyond operands and output.

use super::choice::Plan;
use crate::convolve::wanted::{
    BlockSpace, CertifiedSpace, Chunks, Digits, DirectNeeds, DirectSpace, InPlace, Method,
    PIECE_TAPS, Parts, Pieces, TiltSpace, planes_len, spectra_bytes, taps_bytes, transform_width,
};
use crate::dtype::Dtype;
use crate::fft::Transform;
use crate::memory::{block_size, bytes_for};

/// Upper bounds, in bytes. The plan does not know whether operands can be read in place, so it
/// assumes that they are converted. The room to mark outputs that infinities and NaNs reach is
/// included. The footprint of a filter that meets them is not. The sums saturate, because operands
/// of these lengths need not exist.
pub struct MemoryBound {
    /// The workspace of each thread that works.
    pub each: usize,
    /// The number of workspaces.
    pub workspaces: usize,
    /// The prepared filter, which all threads share.
    pub filter: usize,
    /// The tables of a transform, while they are made. Small tables are kept for later calls.
    pub tables: usize,
}

impl Plan {
    /// The memory that the plan takes.
    pub fn memory(&self) -> MemoryBound {
        let &Self { method, geometry, dtype, .. } = self;
        let steps = method.steps(geometry, dtype);
        let workspaces = self.threads.min(steps);
        let taps = block_size(taps_bytes(dtype, geometry.filter_len, method.shape().block_len()));
        if let Method::Certified { parts, .. } = method {
            return self.certified_memory(parts, taps, workspaces);
        }
        if let Method::Pieces { block_len } = method
            && let Some(pieces) = Pieces::new(geometry, block_len)
        {
            let width = transform_width(dtype, geometry.filter_len, block_len);
            return MemoryBound {
                each: block_size(pieces.group_bytes(width)),
                workspaces: self.threads.min(pieces.groups()),
                // With the sums of all groups.
                filter: taps.saturating_add(block_size(pieces.sums_bytes(width))),
                tables: table_bytes(width, block_len),
            };
        }
        let Some(block_len) = method.shape().block_len() else {
            let each = block_size(self.direct_bytes());
            return MemoryBound { each, workspaces, filter: taps, tables: 0 };
        };
        let width = transform_width(dtype, geometry.filter_len, block_len);
        let blocks = Digits::blocks(dtype, geometry.filter_len, block_len).unwrap_or(0);
        let flags = if dtype.is_integer() { 0 } else { method.step(geometry, dtype) };
        let block = block_size(BlockSpace { blocks, block_len, flags }.bytes(width));
        let direct = if self.direct_if_infinite { block_size(self.direct_bytes()) } else { 0 };
        let each = match self.threads {
            // The threads that share a block take workspaces of their own for direct sums.
            2.. if steps == 1 => block.saturating_add(direct.saturating_mul(self.threads)),
            _ => block.max(direct),
        };
        let filter = taps.saturating_add(spectra_bytes(dtype, geometry.filter_len, block_len));
        MemoryBound { each, workspaces, filter, tables: table_bytes(width, block_len) }
    }

    /// The memory of certified transforms, with taps of `taps` bytes.
    fn certified_memory(&self, parts: Parts, taps: usize, workspaces: usize) -> MemoryBound {
        let &Self { method, geometry, dtype, .. } = self;
        let planes = self.arithmetic.parts;
        let takes_pieces = planes == 1 && CertifiedSpace::takes_pieces(parts, geometry.filter_len);
        let [piece_blocks, piece_spectra, piece_tables] = match takes_pieces {
            true => [
                CertifiedSpace::pieces_bytes(),
                CertifiedSpace::piece_spectra_bytes(geometry.filter_len),
                table_bytes(size_of::<f64>(), 2 * PIECE_TAPS),
            ],
            false => [0; 3],
        };
        // With the flags of a chunk of outputs.
        let closing = self.direct_bytes().max(piece_blocks).saturating_add(PIECE_TAPS);
        let closing = block_size(closing);
        let space = CertifiedSpace {
            parts: Parts { count: parts.count * planes, ..parts },
            outputs: method.step(geometry, dtype).min(geometry.outputs),
            values: dtype.size().max(size_of::<f32>()),
            profile: planes * Chunks::new(geometry.filter_len).signal_profile_len(parts.block_len)
                + 8,
        };
        let block = block_size(bytes_for(planes_len(parts.block_len), size_of::<f64>()));
        // With the transform of the magnitudes.
        let spectra = block.saturating_mul((parts.count + 1) * planes);
        let tables = table_bytes(size_of::<f64>(), parts.block_len);
        let tilts = match parts.count {
            1 => 0,
            // Tilts have transforms of their own, which may be shorter: of all lengths together, less
            // than five times the longest.
            _ => {
                let filter_len = geometry.filter_len;
                let space = block_size(TiltSpace { parts, filter_len }.bytes());
                tables.saturating_mul(5).saturating_add(space)
            }
        };
        let each = block_size(space.bytes(closing)).saturating_add(tilts);
        MemoryBound {
            each: match self.threads {
                // The threads that share a block take workspaces of their own after its transform.
                2.. if workspaces == 1 => each.saturating_add(closing.saturating_mul(self.threads)),
                _ => each,
            },
            workspaces,
            // With the taps in reverse order.
            filter: taps.saturating_mul(2).saturating_add(spectra).saturating_add(piece_spectra),
            tables: tables.saturating_add(piece_tables),
        }
    }

    /// The workspace that a thread takes beyond that, in bytes, if the outputs are apart from one
    /// another.
    pub fn apart_bytes(&self) -> usize {
        let &Self { method, geometry, dtype, .. } = self;
        block_size(bytes_for(method.step(geometry, dtype).min(geometry.outputs), dtype.size()))
    }

    /// The workspace of direct sums in the plan's steps.
    fn direct_bytes(&self) -> usize {
        let &Self { method, geometry, dtype, arithmetic, .. } = self;
        let step = method.step(geometry, dtype).min(Method::direct_step(dtype));
        let outputs = step.min(geometry.outputs);
        let accuracy = self.accuracy;
        let space = match dtype {
            Dtype::Complex64 => DirectSpace::of_complexes(geometry, outputs, true, accuracy),
            _ if arithmetic.is_float => {
                let in_place = InPlace::NOTHING;
                let needs =
                    DirectNeeds { in_place, stored_as_is: false, mends_ends: true, accuracy };
                DirectSpace::of_reals(geometry, outputs, needs)
            }
            _ => DirectSpace::of_words(geometry, outputs, InPlace::NOTHING),
        };
        space.bytes(arithmetic.width)
    }
}

/// Bytes of a transform's tables, with values of `width` bytes.
fn table_bytes(width: usize, block_len: usize) -> usize {
    match width {
        4 => Transform::<f32>::table_bytes(block_len),
        _ => Transform::<f64>::table_bytes(block_len),
    }
}
