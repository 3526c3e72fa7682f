//! The plan of one convolution, as data, and the choice of the cheaper method.

use std::cell::Cell;

use super::arithmetic::Arithmetic;
use super::block_len::best_transforms;
use super::certified::{CERTIFIED_UP_TO, best_certified};
use super::cost::direct_cost;
use super::forced::{Forced, forced_method};
use super::pieces::best_pieces;
use super::short::is_short;
use crate::convolve::wanted::{Accuracy, Geometry, Method, Task};
use crate::dtype::Dtype;
use crate::threads;

/// The least work for each thread, in nanoseconds, for direct sums and for transforms. Starting a
/// thread takes some 30 000. The outputs of direct sums are independent. But the threads of a
/// single transform wait for each other: a transform of 160 000 took twice as long on two threads.
const NANOSECONDS_PER_THREAD: [f64; 2] = [45_000.0, 100_000.0];
/// Direct sums of floats and complex numbers are kept up to this multiple of the time of transforms,
/// as both are estimated. Direct sums are accurate at each output. Transforms are accurate beside
/// the norms of a block only, so a small gain of time is not worth them.
pub const DIRECT_KEPT: f64 = 1.15;
/// Blocks with infinities are computed by direct sums if these cost at most this multiple of
/// transforms. With infinities, transforms take 2 to 5 times the finite time with AVX2, 4 to 11
/// times with AVX-512 (`benches/nonfinite.py`).
const NEAR: f64 = 2.5;

/// The plan for one convolution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    /// The method.
    pub method: Method,
    /// The number of threads, including the caller's.
    pub threads: usize,
    /// Whether blocks of a transform that meet infinities are computed by direct sums, unless these
    /// might overflow. Direct sums need no special care for infinities, so they cost less.
    pub direct_if_infinite: bool,
    /// Lengths and offsets.
    pub geometry: Geometry,
    /// The dtype of the result.
    pub dtype: Dtype,
    /// How large the error of an output may be.
    pub accuracy: Accuracy,
    /// The numbers in which the dtype is computed.
    pub arithmetic: Arithmetic,
    /// Estimates in nanoseconds: direct, and the best transforms.
    pub estimates: (f64, f64),
    /// Whether the environment chose the method.
    pub forced: bool,
}

impl Plan {
    /// The cheapest plan for `geometry` in `dtype`, with norms as the measure of errors.
    #[cfg(test)]
    pub fn new(geometry: Geometry, dtype: Dtype) -> Self {
        Self::kept((geometry, dtype, Accuracy::Normwise), threads::num_threads())
    }

    /// The cheapest plan for `task`.
    pub fn of(task: Task) -> Self {
        Self::kept((task.geometry, task.dtype, task.accuracy), threads::num_threads())
    }

    /// Like [`Self::for_threads`], but returns this thread's last plan if it has the same
    /// arguments.
    fn kept(of: (Geometry, Dtype, Accuracy), available: usize) -> Self {
        thread_local! {
            /// The last plan, with the number of threads available then. Calls with the same
            /// lengths often follow each other.
            static LAST: Cell<Option<(Plan, usize)>> = const { Cell::new(None) };
        }
        LAST.with(|last| {
            if let Some((plan, were_available)) = last.get()
                && (plan.geometry, plan.dtype, plan.accuracy) == of
                && were_available == available
            {
                return plan;
            }
            let plan = Self::for_threads(of, available);
            last.set(Some((plan, available)));
            plan
        })
    }

    /// Like [`Self::new`], with up to `available` threads.
    fn for_threads(
        (geometry, dtype, accuracy): (Geometry, Dtype, Accuracy),
        available: usize,
    ) -> Self {
        let arithmetic = Arithmetic::of(dtype);
        let direct = direct_cost(geometry, dtype, arithmetic);
        let forced = forced_method();
        let is_short = is_short(geometry.signal_len, geometry.filter_len, dtype);
        // Transforms of integers and bools are exact, too.
        let is_componentwise = accuracy == Accuracy::Componentwise && arithmetic.is_float;
        let (transforms, kept) = match is_componentwise {
            _ if is_short => (None, 1.0),
            true => (best_certified(geometry, dtype), 1.0 / CERTIFIED_UP_TO),
            false if arithmetic.is_float => (best_normwise(geometry, dtype), DIRECT_KEPT),
            false => (best_transforms(geometry, dtype, arithmetic), 1.0),
        };
        let transforms_cost = transforms.map_or(f64::INFINITY, |(_, cost)| cost);
        let method = match (forced, transforms) {
            (Some(Forced::Direct), _) | (_, None) => Method::Direct,
            (Some(Forced::Transforms), Some((method, _))) => method,
            (None, Some((_, cost))) if direct <= kept * cost => Method::Direct,
            (None, Some((method, _))) => method,
        };
        let cost = if method == Method::Direct { direct } else { transforms_cost };
        let steps = method.steps(geometry, dtype);
        // Threads share a single block.
        let most = if steps == 1 && method != Method::Direct { usize::MAX } else { steps };
        let [direct_each, transforms_each] = NANOSECONDS_PER_THREAD;
        let each = if method == Method::Direct { direct_each } else { transforms_each };
        let worth = (cost / each) as usize;
        let direct_if_infinite = is_real_float(dtype) && direct <= NEAR * transforms_cost;
        Self {
            method,
            threads: available.min(most).min(worth.max(1)),
            direct_if_infinite,
            geometry,
            dtype,
            accuracy,
            arithmetic,
            estimates: (direct, transforms_cost),
            forced: forced_method().is_some(),
        }
    }

    /// The number of threads that share `rows` convolutions of this plan, each alone. 1 if threads
    /// share each convolution, or if there is too little work.
    pub fn threads_for_rows(&self, rows: usize) -> usize {
        let [direct, _] = NANOSECONDS_PER_THREAD;
        let worth = (self.nanoseconds() * rows as f64 / direct) as usize;
        let most = if self.threads > 1 { 1 } else { threads::num_threads() };
        most.min(rows).min(worth).max(1)
    }

    /// Whether each output has an error bound of its own, and is not exact anyway.
    pub fn is_componentwise(&self) -> bool {
        self.accuracy == Accuracy::Componentwise && self.arithmetic.is_float
    }

    /// An estimate of the time.
    pub fn nanoseconds(&self) -> f64 {
        let (direct, transforms) = self.estimates;
        if self.method == Method::Direct { direct } else { transforms }
    }
}

/// The best transforms of floats whose errors are small beside norms.
fn best_normwise(geometry: Geometry, dtype: Dtype) -> Option<(Method, f64)> {
    let transforms = best_transforms(geometry, dtype, Arithmetic::of(dtype));
    let pieces = if is_real_float(dtype) { best_pieces(geometry, dtype) } else { None };
    [transforms, pieces].into_iter().flatten().min_by(|a, b| a.1.total_cmp(&b.1))
}

fn is_real_float(dtype: Dtype) -> bool {
    matches!(dtype, Dtype::Float16 | Dtype::BFloat16 | Dtype::Float32 | Dtype::Float64)
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
    fn direct_sums_of_floats_are_kept_until_transforms_are_clearly_faster() {
        for dtype in Dtype::ALL {
            let is_exact = dtype.is_integer() || dtype == Dtype::Bool;
            let mut near = 0;
            for taps in 1..2048 {
                let plan = Plan::new(Geometry::new(1 << 14, taps, Mode::Full).unwrap(), dtype);
                let (direct, transforms) = plan.estimates;
                let is_near = (1.001..1.149).contains(&(direct / transforms));
                let is_direct = match direct / transforms {
                    ..=1.0 => true,
                    1.151.. => false,
                    _ if is_near => !is_exact,
                    _ => continue,
                };
                let label = format!("{} {taps}: {direct} {transforms}", dtype.name());
                assert_eq!(plan.method == Method::Direct, is_direct, "{label}");
                let says_why = plan.to_string().contains("direct sums are kept");
                assert_eq!(says_why, is_near && is_direct, "{label}");
                near += usize::from(is_near);
            }
            assert!(near > 0, "{}", dtype.name());
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
                let of = (geometry, dtype, Accuracy::Normwise);
                let made = Plan::for_threads(of, available);
                assert_eq!(Plan::kept(of, available), made);
            }
        }
    }

    #[test]
    fn threads_share_steps_and_single_blocks_of_long_work() {
        let lengths = [(1 << 20, 1 << 20), (1 << 22, 32), (1 << 22, 1000), (1 << 12, 1 << 12)];
        let counts = lengths.map(|(a_len, v_len)| {
            let geometry = Geometry::new(a_len, v_len, Mode::Full).unwrap();
            Plan::for_threads((geometry, Dtype::Float32, Accuracy::Normwise), 4).threads
        });
        assert_eq!(counts, [4, 4, 4, 1]);
    }
}
