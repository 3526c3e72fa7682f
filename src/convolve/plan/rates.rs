//! Rates of each instruction set, as measured.

use crate::cpu::{self, Isa};
use crate::process::Once;

/// Above each of these numbers of bytes, blocks cost more. Above the first, the block leaves a
/// first-level cache together with the filter and the constants, which are as large again. Above
/// the second, the block by itself leaves a first-level cache. Above the third, the block leaves a
/// second-level cache of the usual size, 1 MiB. Measured with first-level caches of 48 KiB and, on
/// AMD with AVX2, of 32 KiB.
pub const LARGE_BLOCKS: [usize; 3] = [16 << 10, 32 << 10, 1 << 20];

/// The work that an instruction set does in a nanosecond, from the measurements of
/// docs/performance.md. NEON takes the rates of AVX2 on Intel. The choice of a method needs only the
/// ratio of the rates, but the estimated times of NEON's kernels are too short.
#[derive(PartialEq)]
pub struct Rates {
    /// Multiply-adds of direct sums in float32 and float64.
    pub reals: [f64; 2],
    /// Multiply-adds of direct sums in integers of 8, 16, 32 and 64 bits.
    pub words: [f64; 4],
    /// Multiply-adds of direct sums in bools.
    pub bools: f64,
    /// Nanoseconds for an output of direct sums, whatever the number of taps: reading, storing,
    /// filling registers.
    pub output: f64,
    /// How much longer taps take that are left over from groups.
    pub rest: f64,
    /// Nanoseconds for each end of the signal whose outputs are computed apart from the others, in
    /// float32 and float64: they do not fill tiles.
    pub end_apart: f64,
    /// Nanoseconds for each point and level of a forward and an inverse transform, in float32 and
    /// float64.
    pub point: [f64; 2],
    /// The time for a digit of an integer, as a multiple of the time for a transform. A digit takes
    /// a transform in float64, with cutting, products and rounding back.
    pub digit: f64,
    /// Nanoseconds for each block, beside its points.
    pub each_block: f64,
    /// The time for a point in short blocks, as a multiple of the time in other blocks, in float32
    /// and float64.
    pub short: [f64; 2],
    /// The time for a point in blocks of 3 or 5 parts, as a multiple of the time in other blocks.
    pub odd: f64,
    /// The time for a point in blocks beyond each of [`LARGE_BLOCKS`], as a multiple of the time in
    /// the blocks below.
    pub beyond: [f64; 3],
}

impl Rates {
    const AVX512: Self = Self {
        reals: [118.0, 59.0],
        words: [105.0, 110.0, 38.0, 14.0],
        bools: 150.0,
        output: 0.15,
        rest: 0.3,
        end_apart: 80.0,
        point: [0.029, 0.062],
        digit: 1.3,
        each_block: 0.0,
        short: [1.6, 1.4],
        odd: 1.14,
        beyond: [1.11, 1.02, 1.25],
    };
    const AVX512_VNNI: Self = Self { words: [410.0, 165.0, 84.0, 14.0], ..Self::AVX512 };
    /// Measured on Zen 5. Zen 4, whose units are half as wide, was not measured.
    const AVX512_BY_AMD: Self = Self {
        reals: [127.0, 66.0],
        words: [510.0, 240.0, 106.0, 34.0],
        bools: 180.0,
        output: 0.05,
        rest: 0.1,
        end_apart: 65.0,
        point: [0.0175, 0.041],
        digit: 1.4,
        each_block: 50.0,
        short: [1.4, 1.0],
        odd: 1.03,
        beyond: [1.03, 1.06, 1.25],
    };
    const AVX2: Self = Self {
        reals: [58.0, 30.0],
        words: [57.0, 72.0, 24.0, 5.1],
        bools: 150.0,
        output: 0.15,
        rest: 0.3,
        end_apart: 0.0,
        point: [0.042, 0.096],
        digit: 1.4,
        each_block: 0.0,
        short: [1.25, 1.2],
        odd: 1.0,
        beyond: [1.0, 1.25, 1.25],
    };
    const AVX2_BY_AMD: Self = Self {
        reals: [46.0, 23.0],
        words: [62.0, 75.0, 31.0, 5.8],
        bools: 80.0,
        output: 0.15,
        rest: 0.3,
        end_apart: 0.0,
        point: [0.056, 0.126],
        digit: 1.2,
        each_block: 110.0,
        short: [1.0, 1.0],
        odd: 1.05,
        beyond: [1.0, 1.05, 1.25],
    };
    /// Measured on Zen 5.
    const PORTABLE: Self = Self {
        reals: [31.0, 14.0],
        words: [41.0, 42.0, 11.0, 5.9],
        bools: 75.0,
        output: 0.15,
        rest: 0.3,
        end_apart: 0.0,
        point: [0.15, 0.24],
        digit: 1.05,
        each_block: 0.0,
        short: [1.0, 1.0],
        odd: 1.0,
        beyond: [1.12, 1.0, 1.25],
    };

    /// The rates of the instruction set in use.
    pub fn here() -> &'static Self {
        static HERE: Once<&Rates> = Once::new();
        HERE.get(|| Self::of(cpu::isa(), Processors::here() == Processors::Amds))
    }

    /// The rates of an instruction set, on AMD's processors or on others. VNNI decides only about
    /// integers, because the bits of floats follow the rates of floats. All of AMD's processors
    /// with AVX-512 have VNNI.
    fn of(isa: Isa, by_amd: bool) -> &'static Self {
        match isa.vector_bytes() {
            64 if by_amd => &Self::AVX512_BY_AMD,
            64 if isa.has_dot_products() => &Self::AVX512_VNNI,
            64 => &Self::AVX512,
            32 if by_amd => &Self::AVX2_BY_AMD,
            _ if matches!(isa, Isa::Portable(_)) => &Self::PORTABLE,
            _ => &Self::AVX2,
        }
    }
}

/// The processors with the instruction set in use that have the same rates. So they have the same
/// plans, and give floats the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Processors {
    /// All of them.
    All,
    /// AMD's, and Hygon's.
    Amds,
    /// All but AMD's and Hygon's.
    Others,
}

impl Processors {
    /// The processors to which this machine's belongs. If the environment asks for the instruction
    /// set, the instruction set alone decides.
    pub fn here() -> Self {
        Self::of(cpu::isa(), cpu::is_isa_asked_for(), cpu::is_by_amd())
    }

    fn of(isa: Isa, is_asked_for: bool, by_amd: bool) -> Self {
        let maker_counts = !is_asked_for && Rates::of(isa, true) != Rates::of(isa, false);
        match by_amd {
            _ if !maker_counts => Self::All,
            true => Self::Amds,
            false => Self::Others,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers that plans for floats and bools read.
    fn of_floats(rates: &Rates) -> [f64; 15] {
        let &Rates {
            reals,
            words: _,
            bools,
            output,
            rest,
            end_apart,
            point,
            digit: _,
            each_block,
            short,
            odd,
            beyond,
        } = rates;
        let ([a, b], [c, d], [e, f], [x, y, z]) = (reals, point, short, beyond);
        [a, b, bools, output, rest, end_apart, c, d, each_block, e, f, odd, x, y, z]
    }

    #[test]
    fn an_instruction_set_that_was_asked_for_decides_alone() {
        for isa in Isa::available() {
            for by_amd in [true, false] {
                assert_eq!(Processors::of(isa, true, by_amd), Processors::All, "{isa:?}");
            }
            // Instruction sets with the same name have the same plans, with VNNI and without.
            for other in Isa::available().filter(|other| other.name() == isa.name()) {
                for by_amd in [true, false] {
                    let [a, b] = [isa, other].map(|isa| of_floats(Rates::of(isa, by_amd)));
                    assert_eq!(a, b, "{isa:?} {other:?}");
                }
            }
        }
    }

    #[test]
    fn the_maker_counts_where_its_rates_were_measured() {
        for isa in Isa::available() {
            let [amd, other] = [true, false].map(|by_amd| Processors::of(isa, false, by_amd));
            if isa.vector_bytes() > 16 {
                assert_eq!([amd, other], [Processors::Amds, Processors::Others], "{isa:?}");
            } else {
                assert_eq!([amd, other], [Processors::All; 2], "{isa:?}");
            }
        }
    }
}
