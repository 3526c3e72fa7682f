//! Rates of each instruction set, as measured.

use crate::cpu;

/// Bytes above which blocks cost more: with the filter and the constants as large again they leave a first-level cache;
/// they leave it by themselves; and they leave a second-level cache of the usual size, 1 MiB. Measured with first-level
/// caches of 48 KiB and, on AMD with AVX2, of 32 KiB.
pub const LARGE_BLOCKS: [usize; 3] = [16 << 10, 32 << 10, 1 << 20];

/// What an instruction set does in a nanosecond, by the measurements of docs/performance.md. NEON and the portable
/// kernels take AVX2's of Intel: what the choice needs is the ratio, but times that they are said to take are too short.
pub struct Rates {
    /// Multiply-adds of direct sums in float32 and float64.
    pub reals: [f64; 2],
    /// In integers of 8, 16, 32 and 64 bits.
    pub words: [f64; 4],
    /// In bools.
    pub bools: f64,
    /// Nanoseconds for an output of direct sums whatever the taps: reading, storing, filling registers.
    pub output: f64,
    /// How much longer the taps take that are left of groups.
    pub rest: f64,
    /// Nanoseconds for each point and level of a forward and an inverse transform, in float32 and float64.
    pub point: [f64; 2],
    /// What a digit of an integer takes - a transform of float64, with cutting, products and rounding back - as a multiple of
    /// a transform.
    pub digit: f64,
    /// Nanoseconds for each block beside its points.
    pub each_block: f64,
    /// What a point takes in blocks of 3 or 5 parts, as a multiple of others.
    pub odd: f64,
    /// What it takes in blocks beyond each of [`LARGE_BLOCKS`], as a multiple of the blocks below.
    pub beyond: [f64; 3],
}

impl Rates {
    const AVX512: Self = Self {
        reals: [118.0, 59.0],
        words: [105.0, 110.0, 38.0, 14.0],
        bools: 150.0,
        output: 0.15,
        rest: 0.3,
        point: [0.029, 0.062],
        digit: 1.35,
        each_block: 0.0,
        odd: 1.14,
        beyond: [1.11, 1.02, 1.25],
    };
    const AVX512_VNNI: Self = Self { words: [410.0, 165.0, 84.0, 14.0], ..Self::AVX512 };
    /// Measured on Zen 5. Zen 4, whose units are half as wide, is unmeasured.
    const AVX512_BY_AMD: Self = Self {
        reals: [127.0, 66.0],
        words: [510.0, 240.0, 106.0, 34.0],
        bools: 180.0,
        output: 0.05,
        rest: 0.1,
        point: [0.0175, 0.041],
        digit: 1.4,
        each_block: 50.0,
        odd: 1.03,
        beyond: [1.03, 1.06, 1.25],
    };
    const AVX2: Self = Self {
        reals: [58.0, 30.0],
        words: [57.0, 72.0, 24.0, 5.1],
        bools: 150.0,
        output: 0.15,
        rest: 0.3,
        point: [0.047, 0.112],
        digit: 1.2,
        each_block: 0.0,
        odd: 1.0,
        beyond: [1.0, 1.25, 1.25],
    };
    const AVX2_BY_AMD: Self = Self {
        reals: [46.0, 23.0],
        words: [62.0, 75.0, 31.0, 5.8],
        bools: 80.0,
        output: 0.15,
        rest: 0.3,
        point: [0.056, 0.126],
        digit: 1.2,
        each_block: 110.0,
        odd: 1.05,
        beyond: [1.0, 1.05, 1.25],
    };

    /// Of the instruction set in use.
    pub fn here() -> &'static Self {
        let isa = cpu::isa();
        match isa.vector_bytes() {
            64 if isa.has_dot_products() && cpu::is_by_amd() => &Self::AVX512_BY_AMD,
            64 if isa.has_dot_products() => &Self::AVX512_VNNI,
            64 => &Self::AVX512,
            32 if cpu::is_by_amd() => &Self::AVX2_BY_AMD,
            _ => &Self::AVX2,
        }
    }
}
