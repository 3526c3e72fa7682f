//! The choice of a method, as data that can be printed.
//!
//! Two costs are compared, in nanoseconds of one thread: direct, about `outputs * K` multiply-adds; and
//! transforms, per block `B log2(B)` steps of a forward and an inverse transform together, plus half
//! of that once for the filter. Every block length that pays is tried. The constants were measured on
//! a machine for each of the [`Rates`], but for few outputs of many taps on Zen 3 with AVX2 only; what the
//! choice needs is their ratio.

use std::cell::Cell;
use std::fmt;

use super::direct;
use super::geometry::Geometry;
use super::integer::Digits;
use super::nonfinite::{FLOAT32_BLOCK, FLOAT32_TAPS};
use super::short::is_short;
use super::spectrum::Planes;
use super::tiling::Tiling;
use crate::cpu;
use crate::dtype::Dtype;
use crate::fft::Transform;
use crate::memory;
use crate::process::{Once, variable};
use crate::threads;

/// Workspace that a thread may take while K is at most [`BOUNDED_TAPS`].
const WORKSPACE_LIMIT: usize = 32 << 20;
/// The longest filter for which [`WORKSPACE_LIMIT`] holds; beyond it, memory is linear in the lengths.
const BOUNDED_TAPS: usize = 1 << 17;
/// Work below this many nanoseconds is not worth another thread, which takes some 30 000 to start: of direct sums, whose
/// outputs have nothing to do with each other, and of transforms. A single transform of 160 000, whose threads wait for each
/// other, took twice as long on two threads.
const NANOSECONDS_PER_THREAD: [f64; 2] = [45_000.0, 100_000.0];
/// Nanoseconds to allocate, and to find a transform's tables.
const SETUP: f64 = 200.0;
/// Bytes above which blocks cost more: with the filter and the constants as large again they leave a first-level cache;
/// they leave it by themselves; and they leave a second-level cache of the usual size, 1 MiB. Measured with first-level
/// caches of 48 KiB and, on AMD with AVX2, of 32 KiB.
const LARGE_BLOCKS: [usize; 3] = [16 << 10, 32 << 10, 1 << 20];
/// Shorter blocks are powers of two: of others, the transform computes some one value at a time.
const SHORTEST_ODD_BLOCK: usize = 1536;
/// Shorter blocks do not fill the kernels' vectors.
const SHORT_BLOCK: usize = 128;
/// How much longer they take, for a point.
const SHORT_FACTOR: f64 = 4.0;
/// Block lengths that are tried, from the shortest on: beyond five octaves the cost for an output grows.
const LENGTHS: usize = 16;
/// What direct sums may cost, as a multiple of transforms, where something is infinite: that would cost transforms 2 to 5
/// times the finite time with AVX2, 4 to 11 times with AVX-512 (`benches/nonfinite.py`).
const NEAR: f64 = 2.5;

/// How a convolution is computed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Method {
    /// A sum per output.
    Direct,
    /// Transforms of `block` points.
    Transforms {
        /// How blocks lie.
        tiling: Tiling,
        /// Points of a block.
        block: usize,
    },
}

/// What is computed in, and at which cost.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Arithmetic {
    name: &'static str,
    /// Bytes of a value in the direct method.
    width: usize,
    /// Multiply-adds in a nanosecond.
    direct_rate: f64,
    /// Taps that go together at that rate; what is left of the taps takes longer.
    group: usize,
    /// Nanoseconds for each tap, where it goes over all outputs on its own.
    each_tap: f64,
    /// Whether sums are of floats.
    is_float: bool,
    /// Real numbers in an element: a complex product takes the square of that many real sums.
    parts: usize,
}

/// The plan for one convolution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    /// The method.
    pub method: Method,
    /// Threads that work on it, the caller's included.
    pub threads: usize,
    /// Whether blocks of a transform that meet infinities are computed by direct sums, which take them as they are, where
    /// those do not overflow: they cost less than to look after infinities.
    pub direct_if_infinite: bool,
    /// Bytes that one thread takes beyond operands and output, and those that all share, at most, where all is finite: operands
    /// that need no conversion are read where they lie, and the plan does not know them.
    pub workspace_bytes: (usize, usize),
    geometry: Geometry,
    dtype: Dtype,
    arithmetic: Arithmetic,
    /// Estimates in nanoseconds: direct, and the best by transforms.
    estimates: (f64, f64),
    forced: bool,
}

impl Plan {
    /// The cheapest way to compute `geometry` in `dtype`.
    pub fn new(geometry: Geometry, dtype: Dtype) -> Self {
        Self::kept(geometry, dtype, threads::num_threads())
    }

    /// As [`Self::for_threads`]; this thread's last plan, if it is the same.
    fn kept(geometry: Geometry, dtype: Dtype, available: usize) -> Self {
        thread_local! {
            /// With the threads that there were: calls of the same lengths follow on each other.
            static LAST: Cell<Option<(Plan, usize)>> = const { Cell::new(None) };
        }
        LAST.with(|last| {
            if let Some((plan, were_available)) = last.get()
                && (plan.geometry, plan.dtype, were_available) == (geometry, dtype, available)
            {
                return plan;
            }
            let plan = Self::for_threads(geometry, dtype, available);
            last.set(Some((plan, available)));
            plan
        })
    }

    /// As [`Self::new`], with up to `available` threads.
    fn for_threads(geometry: Geometry, dtype: Dtype, available: usize) -> Self {
        let arithmetic = Arithmetic::of(dtype);
        let direct = arithmetic.direct_cost(geometry);
        let forced = forced_method();
        let transforms = (!is_short(geometry.signal, geometry.taps, dtype))
            .then(|| best_transforms(geometry, dtype, arithmetic))
            .flatten();
        let transforms_cost = transforms.map_or(f64::INFINITY, |(_, cost)| cost);
        let method = match (forced, transforms) {
            (Some(Forced::Direct), _) | (_, None) => Method::Direct,
            (Some(Forced::Transforms), Some((method, _))) => method,
            (None, Some((method, cost))) => {
                if direct <= cost {
                    Method::Direct
                } else {
                    method
                }
            }
        };
        let cost = if method == Method::Direct { direct } else { transforms_cost };
        let steps = geometry.outputs.div_ceil(step(method, geometry, dtype));
        // A single block is shared.
        let most = if steps == 1 && method != Method::Direct { usize::MAX } else { steps };
        let [direct_each, transforms_each] = NANOSECONDS_PER_THREAD;
        let each = if method == Method::Direct { direct_each } else { transforms_each };
        let worth = (cost / each) as usize;
        Self {
            method,
            threads: available.min(most).min(worth.max(1)),
            direct_if_infinite: is_real_float(dtype) && direct <= NEAR * transforms_cost,
            workspace_bytes: workspace(method, geometry, dtype, arithmetic),
            geometry,
            dtype,
            arithmetic,
            estimates: (direct, transforms_cost),
            forced: forced.is_some(),
        }
    }
}

impl Plan {
    /// About how long it takes.
    pub fn nanoseconds(&self) -> f64 {
        let (direct, transforms) = self.estimates;
        if self.method == Method::Direct { direct } else { transforms }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Geometry { signal, taps, outputs, .. } = self.geometry;
        let (direct, transforms) = self.estimates;
        writeln!(f, "{} x {} -> {} {}", signal, taps, outputs, self.dtype.name())?;
        match self.method {
            Method::Direct => writeln!(f, "method: direct")?,
            Method::Transforms { tiling, block } => {
                let name =
                    if tiling == Tiling::Single { "single transform" } else { "overlap-save" };
                writeln!(f, "method: fft, {name}")?;
                writeln!(
                    f,
                    "block: {block} points, {} outputs",
                    step(self.method, self.geometry, self.dtype)
                )?;
            }
        }
        let (each, shared) = self.workspace_bytes;
        let steps = self.geometry.outputs.div_ceil(step(self.method, self.geometry, self.dtype));
        let workspaces = self.threads.min(steps);
        writeln!(f, "kernel: {} {}", cpu::isa().name(), self.arithmetic.name)?;
        writeln!(f, "threads: {}", self.threads)?;
        writeln!(
            f,
            "workspace: at most {} bytes ({each} a thread, {shared} shared)",
            each.saturating_mul(workspaces).saturating_add(shared)
        )?;
        match (self.forced, transforms.is_finite()) {
            (true, _) => write!(f, "why: forced by MLX_CONVOLVE_METHOD"),
            (_, true) => write!(
                f,
                "why: estimated {:.1} us direct, {:.1} us by transforms, on one thread",
                direct / 1e3,
                transforms / 1e3
            ),
            (_, false) => write!(f, "why: estimated {:.2} us direct", direct / 1e3),
        }
    }
}

#[derive(Clone, Copy)]
enum Forced {
    Direct,
    Transforms,
}

/// What the environment variable `MLX_CONVOLVE_METHOD` said when the first plan was made.
#[inline]
fn forced_method() -> Option<Forced> {
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

/// What an instruction set does in a nanosecond, by the measurements of docs/performance.md. NEON and the portable
/// kernels take AVX2's of Intel: what the choice needs is the ratio, but times that they are said to take are too short.
struct Rates {
    /// Multiply-adds of direct sums in float32 and float64.
    reals: [f64; 2],
    /// In integers of 8, 16, 32 and 64 bits.
    words: [f64; 4],
    /// In bools.
    bools: f64,
    /// Nanoseconds for an output of direct sums whatever the taps: reading, storing, filling registers.
    output: f64,
    /// How much longer the taps take that are left of groups.
    rest: f64,
    /// Nanoseconds for each point and level of a forward and an inverse transform, in float32 and float64.
    point: [f64; 2],
    /// What a digit of an integer takes - a transform of float64, with cutting, products and rounding back - as a multiple of
    /// a transform.
    digit: f64,
    /// Nanoseconds for each block beside its points.
    each_block: f64,
    /// What a point takes in blocks of 3 or 5 parts, as a multiple of others.
    odd: f64,
    /// What it takes in blocks beyond each of [`LARGE_BLOCKS`], as a multiple of the blocks below.
    beyond: [f64; 3],
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
    fn here() -> &'static Self {
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

impl Arithmetic {
    fn of(dtype: Dtype) -> Self {
        let &Rates { reals, words, bools, .. } = Rates::here();
        let (name, width, direct_rate, parts) = match dtype {
            Dtype::Bool => ("bool", 1, bools, 1),
            Dtype::UInt8 | Dtype::Int8 => ("integer8", 1, words[0], 1),
            Dtype::UInt16 | Dtype::Int16 => ("integer16", 2, words[1], 1),
            Dtype::UInt32 | Dtype::Int32 => ("integer32", 4, words[2], 1),
            Dtype::UInt64 | Dtype::Int64 => ("integer64", 8, words[3], 1),
            Dtype::Float16 | Dtype::BFloat16 | Dtype::Float32 => ("float32", 4, reals[0], 1),
            Dtype::Float64 => ("float64", 8, reals[1], 1),
            Dtype::Complex64 => ("float32", 4, reals[0], 2),
        };
        let is_float = !dtype.is_integer() && dtype != Dtype::Bool;
        // Loads across cache lines are dear where a vector is as long as a line.
        let is_line = cpu::isa().vector_bytes() == 64;
        let group = if is_float && is_line { 4 * 64 / width } else { 1 };
        let each_tap = if dtype == Dtype::Bool { 5.0 } else { 0.0 };
        Self { name, width, direct_rate, group, each_tap, is_float, parts }
    }

    fn direct_cost(self, geometry: Geometry) -> f64 {
        /// Few sums of many taps wait for themselves, as long as so many more outputs would take.
        const WAITING: f64 = 120.0;
        /// The same of sums in lanes, which wait for memory.
        const MEMORY: f64 = 40.0;
        let taps = geometry.taps as f64;
        let left = (geometry.taps % self.group) as f64;
        let &Rates { output, rest, .. } = Rates::here();
        let output = output + (taps + rest * left) / self.direct_rate;
        // Outputs that read beyond the signal's ends are staged, and fill no large tiles.
        let [before, behind] = geometry.beyond();
        let ends = (before + behind) as f64 / 2.0;
        let waiting = match self.is_float && cpu::are_few(geometry.outputs, geometry.taps) {
            true => MEMORY,
            false => WAITING,
        };
        let outputs = geometry.outputs as f64 + ends.max(waiting.min(taps));
        let sums = (self.parts * self.parts) as f64;
        SETUP + sums * outputs * output + self.each_tap * taps
    }
}

fn is_real_float(dtype: Dtype) -> bool {
    matches!(dtype, Dtype::Float16 | Dtype::BFloat16 | Dtype::Float32 | Dtype::Float64)
}

/// Bytes of a value in a transform.
pub fn transform_width(dtype: Dtype, taps: usize, block: usize) -> usize {
    match dtype {
        Dtype::Bool if taps <= FLOAT32_TAPS && block <= FLOAT32_BLOCK => 4,
        Dtype::Float16 | Dtype::BFloat16 | Dtype::Float32 | Dtype::Complex64 => 4,
        _ => 8,
    }
}

/// Digits that an element is cut into for a transform; 1 for what is not an integer, `None` where a
/// transform of integers would not be exact.
fn digits(dtype: Dtype, taps: usize, block: usize) -> Option<usize> {
    match dtype.is_integer() {
        true => Some(Digits::new(8 * dtype.size() as u32, taps, block)?.count),
        false => Some(1),
    }
}

fn step(method: Method, geometry: Geometry, dtype: Dtype) -> usize {
    match method {
        Method::Direct if dtype == Dtype::Complex64 => direct::COMPLEX_STEP,
        Method::Direct => direct::STEP,
        Method::Transforms { tiling, block } => tiling.step(geometry, block),
    }
}

/// Bytes that a thread takes, and that all threads share, at most. Saturating: the lengths need not exist.
fn workspace(
    method: Method,
    geometry: Geometry,
    dtype: Dtype,
    arithmetic: Arithmetic,
) -> (usize, usize) {
    match method {
        Method::Direct => {
            let parts = arithmetic.parts;
            let step = step(method, geometry, dtype).min(geometry.outputs);
            let taps = geometry.taps.saturating_mul(parts * arithmetic.width);
            (taps.saturating_add((parts + parts * parts) * step * arithmetic.width + step), taps)
        }
        Method::Transforms { block, .. } => {
            let plane = block.saturating_add(Planes::<f64>::GAP).saturating_mul(transform_width(
                dtype,
                geometry.taps,
                block,
            ));
            let digits = digits(dtype, geometry.taps, block).unwrap_or_default();
            let planes = memory::block_size(plane).saturating_mul(digits * arithmetic.parts);
            (planes, planes)
        }
    }
}

/// Nanoseconds for a block: forward and inverse transforms.
fn block_cost(geometry: Geometry, dtype: Dtype, block: usize) -> f64 {
    /// Reading and storing cost about as much as this many levels, in float32 and float64.
    const ENDS: [f64; 2] = [10.0, 7.0];
    let width = transform_width(dtype, geometry.taps, block);
    let Some(digits) = digits(dtype, geometry.taps, block) else { return f64::INFINITY };
    let bytes = block.saturating_mul(width);
    let levels = log2(block) + ENDS[width / 8];
    let &Rates { point, digit, each_block, odd, beyond, .. } = Rates::here();
    let when = |is_so: bool, factor: f64| if is_so { factor } else { 1.0 };
    let large = LARGE_BLOCKS.iter().zip(beyond).map(|(&most, factor)| when(bytes > most, factor));
    let point = point[width / 8]
        * large.product::<f64>()
        * when(block < SHORT_BLOCK, SHORT_FACTOR)
        * when(!block.is_power_of_two(), odd);
    let transforms = each_block + block as f64 * levels * point;
    if !dtype.is_integer() {
        return transforms;
    }
    digits as f64 * digit * transforms
}

/// The logarithm, between powers of two by a straight line.
fn log2(block: usize) -> f64 {
    let whole = block.ilog2();
    f64::from(whole) + block as f64 / (1u64 << whole) as f64 - 1.0
}

/// The best block length and its cost.
fn best_transforms(
    geometry: Geometry,
    dtype: Dtype,
    arithmetic: Arithmetic,
) -> Option<(Method, f64)> {
    // Blocks of 6 and 10 times a power of two are slow while they are short.
    let length = |at_least: usize| match at_least.max(2).checked_next_power_of_two() {
        Some(block) if block < SHORTEST_ODD_BLOCK => Some(block),
        _ => Transform::<f32>::block_for(at_least.max(SHORTEST_ODD_BLOCK)),
    };
    let cost = |method, block| {
        let blocks = geometry.outputs.div_ceil(step(method, geometry, dtype)) as f64;
        arithmetic.parts as f64 * (SETUP + block_cost(geometry, dtype, block) * (blocks + 0.5))
    };
    let fits = |method| {
        let (each, shared) = workspace(method, geometry, dtype, arithmetic);
        geometry.taps > BOUNDED_TAPS || each.saturating_add(shared) <= WORKSPACE_LIMIT
    };
    let single = length(Tiling::Single.points(geometry, geometry.outputs))
        .map(|block| (Method::Transforms { tiling: Tiling::Single, block }, block));
    let largest = single.map_or(usize::MAX, |(_, block)| block);
    let sliding = std::iter::successors(length(2 * geometry.taps), |&block| length(block + 1))
        .take_while(|&block| block < largest)
        .take(LENGTHS)
        .map(|block| (Method::Transforms { tiling: Tiling::Sliding, block }, block));
    single
        .into_iter()
        .chain(sliding)
        .filter(|&(method, _)| fits(method))
        .map(|(method, block)| (method, cost(method, block)))
        .filter(|&(_, cost)| cost.is_finite())
        .min_by(|a, b| a.1.total_cmp(&b.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convolve::Mode;

    #[test]
    fn long_filters_are_direct_where_outputs_are_few() {
        let is_direct = |a_len, v_len, mode, dtype| {
            Plan::new(Geometry::new(a_len, v_len, mode).unwrap(), dtype).method == Method::Direct
        };
        for dtype in [Dtype::Float32, Dtype::Float64] {
            assert!(is_direct(1 << 20, (1 << 20) - 10, Mode::Valid, dtype), "{}", dtype.name());
            assert!(!is_direct(1 << 16, 1 << 12, Mode::Full, dtype), "{}", dtype.name());
        }
    }

    #[test]
    fn a_kept_plan_is_of_the_same_lengths_mode_dtype_and_threads() {
        let plans = [
            (4096, 256, Mode::Full, Dtype::Float32),
            (4096, 256, Mode::Full, Dtype::Float64),
            (4096, 256, Mode::Same, Dtype::Float64),
            (4096, 255, Mode::Same, Dtype::Float64),
            (5000, 255, Mode::Same, Dtype::Float64),
            (1 << 20, 1 << 20, Mode::Same, Dtype::Float64),
            (5000, 255, Mode::Same, Dtype::Float64),
        ];
        for (a_len, v_len, mode, dtype) in plans {
            let geometry = Geometry::new(a_len, v_len, mode).unwrap();
            for available in [1, 1, 4] {
                let made = Plan::for_threads(geometry, dtype, available);
                assert_eq!(Plan::kept(geometry, dtype, available), made);
            }
        }
    }

    #[test]
    fn threads_share_steps_and_single_blocks_of_long_work() {
        let lengths = [(1 << 20, 1 << 20), (1 << 22, 32), (1 << 22, 1000), (1 << 12, 1 << 12)];
        let counts = lengths.map(|(a_len, v_len)| {
            let geometry = Geometry::new(a_len, v_len, Mode::Full).unwrap();
            Plan::for_threads(geometry, Dtype::Float32, 4).threads
        });
        assert_eq!(counts, [4, 4, 4, 1]);
    }
}
