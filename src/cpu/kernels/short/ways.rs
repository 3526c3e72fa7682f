//! The way of a short call, chosen by its lengths and the instruction set.

use super::call::{Short, is_short};
use super::{paired, slid, staged};
use crate::cpu::float_environment::FloatEnvironment;
use crate::cpu::isa::{Isa, is_by_amd, isa};
use crate::cpu::vector::{Kernel, Real, Simd, Vector};

/// `out[i] = sum over k of filter[k] * signal[first + i - k]`, where the signal is zero beyond its
/// ends. The bits are those of [`convolve_valid`](crate::cpu::convolve_valid). The sums are
/// computed in the [`FloatEnvironment`].
///
/// Returns false if a tap or an output is not finite; `out` is unspecified then. Takes no memory.
///
/// # Panics
/// If the lengths are not short ([`is_short`]), or if `out` ends behind the last output that reads
/// the signal.
#[inline(always)]
pub fn convolve_short<T: Real>(signal: &[T], filter: &[T], first: usize, out: &mut [T]) -> bool {
    convolve_short_on(isa(), signal, filter, first, out)
}

#[inline(always)]
fn convolve_short_on<T: Real>(
    isa: Isa,
    signal: &[T],
    filter: &[T],
    first: usize,
    out: &mut [T],
) -> bool {
    assert!(!filter.is_empty() && is_short(signal.len(), filter.len()));
    let full = signal.len() + filter.len() - 1;
    assert!(first <= full && out.len() <= full - first);
    FloatEnvironment::run_kernel(isa, Short { signal, filter, first, out })
}

/// Everything in one function, compiled for one instruction set.
impl<T: Real> Kernel for Short<'_, T> {
    type Output = bool;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> bool {
        if !T::V::<S>::PAIRS {
            return Loaded(self).run(simd);
        }
        if self.pays_in_pairs(T::V::<S>::LANES) {
            return paired::convolve::<T::V<S>>(simd, self);
        }
        // A call of its own, because it takes room on the stack, for which computing in pairs would
        // wait.
        simd.run(Loaded(self))
    }
}

/// Loads the inputs of each vector of outputs, and has ways for the signal's ends.
struct Loaded<'a, T>(Short<'a, T>);

impl<T: Real> Kernel for Loaded<'_, T> {
    type Output = bool;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> bool {
        let Self(short) = self;
        let lanes = T::V::<S>::LANES;
        let inner = short.inner();
        let slides = |vectors: usize| {
            short.filter.len() <= vectors * lanes + 1 && inner.end >= inner.start + vectors * lanes
        };
        // If unaligned loads are cheap, staging is cheap, too. Above 16 vectors, staging wins.
        let twice_pays = T::V::<S>::PAIRS || short.out.len() <= 16 * lanes;
        if slides(1) {
            slid::convolve::<T::V<S>, 1>(simd, short, inner)
        } else if twice_pays && slides(2) {
            slid::convolve::<T::V<S>, 2>(simd, short, inner)
        } else {
            staged::convolve::<T::V<S>>(simd, short)
        }
    }
}

impl<T: Real> Short<'_, T> {
    /// Whether [`paired`] is possible and takes less time than [`Loaded`].
    ///
    /// A few vectors of outputs without ends take few loads. On AMD's processors, unaligned loads
    /// are not expensive, so only the time that pairs save at the ends counts. Pairs save most
    /// where one vector at each end is not enough. On Zen 5, in float32, pairs take 0.66 of the
    /// time at 128 x 31 and 0.93 at 400 x 31, but 1.05 at 800 x 31 and 256 x 16, and 1.2 at
    /// 1024 x 16 and 2000 x 31.
    // There are few tests, because finding out where the ends would have to be staged took a
    // twentieth of a short call.
    #[inline(always)]
    fn pays_in_pairs(&self, lanes: usize) -> bool {
        let (taps, outputs) = (self.filter.len(), self.out.len());
        let slides = taps <= lanes + 1;
        let are_few = || slides && (lanes..=4 * lanes).contains(&outputs);
        let most_on_amd = lanes * if slides { 12 } else { 36 };
        taps < 2 * lanes
            && !(self.first + 1 == taps && are_few())
            && (outputs <= most_on_amd || !is_by_amd())
    }
}

#[cfg(test)]
mod tests {
    use bytemuck::cast_slice;

    use super::*;
    use crate::cpu::each_isa::each_isa;
    use crate::cpu::kernels::direct::convolve_valid_on;
    use crate::cpu::kernels::short::call::{MAX_SIGNAL_LEN, MAX_TAPS};
    use crate::process::guard_page::BeforeGuardPage;

    /// [`Short`] in pairs if that is possible, whether it pays or not.
    struct Paired<'a, T>(Short<'a, T>);

    impl<T: Real> Kernel for Paired<'_, T> {
        type Output = Option<bool>;

        #[inline(always)]
        fn run<S: Simd>(self, simd: S) -> Option<bool> {
            let is_short = self.0.filter.len() < 2 * T::V::<S>::LANES;
            is_short.then(|| paired::convolve::<T::V<S>>(simd, self.0))
        }
    }

    fn check<T: Real>() {
        let mut value = 0.0;
        let mut next = || {
            value = (value * 7.0 + 0.37) % 1.0;
            T::from_f64(value - 0.5)
        };
        let long =
            [(129, 64), (130, 64), (100, 17), (300, 48), (1000, 16), (MAX_SIGNAL_LEN, MAX_TAPS)];
        // Two vectors at each end, of 8 and of 16 lanes, with every number of vectors that are made
        // with the ends.
        let long = long.into_iter().chain((190..=286).step_by(8).map(|n| (n, 17)));
        let long = long.chain((410..=602).step_by(16).map(|n| (n, 33)));
        // Three rows at a time and all remainders, in pairs, of 16 lanes and of 8.
        let long = long.chain([(500, 30), (2047, 31), (MAX_SIGNAL_LEN, 9), (777, 15), (950, 2)]);
        let all = (1..83).flat_map(|n| (1..n.min(MAX_TAPS) + 1).map(move |k| (n, k)));
        for (n, k) in all.chain(long) {
            let (mut signal, mut filter) = (BeforeGuardPage::new(n), BeforeGuardPage::new(k));
            signal.fill_with(&mut next);
            filter.fill_with(&mut next);
            // Products of these values vanish, and leave zeros of either sign.
            if n % 3 == 0 {
                let tiny = T::from_f64(if size_of::<T>() == 4 { 1e-30 } else { 1e-200 });
                signal.fill(if k % 2 == 0 { T::default() - tiny } else { tiny });
                filter.fill(if k % 4 < 2 { tiny } else { T::default() - tiny });
                signal[1..n.min(1 + n * (k / 4 % 2))].fill(T::from_f64(-0.0));
            }
            let padded: Vec<T> = std::iter::repeat_n(T::default(), k - 1)
                .chain(signal.iter().copied())
                .chain(std::iter::repeat_n(T::default(), k - 1))
                .collect();
            for isa in each_isa() {
                let mut want = vec![T::default(); n + k - 1];
                convolve_valid_on(isa, &filter, &padded, &mut want);
                for (first, len) in [(0, n + k - 1), (k - 1, n - k + 1), ((k - 1) / 2, n)] {
                    let want = cast_slice::<T, u8>(&want[first..][..len]);
                    let mut out = BeforeGuardPage::new(len);
                    assert!(convolve_short_on(isa, &signal, &filter, first, &mut out));
                    assert!(cast_slice::<T, u8>(&out) == want, "{} {n} x {k} {first}", isa.name());
                    out.fill(T::ONE);
                    let (signal, filter) = (&*signal, &*filter);
                    assert!(isa.run(Loaded(Short { signal, filter, first, out: &mut out })));
                    assert!(cast_slice::<T, u8>(&out) == want, "{} {n} x {k}", isa.name());
                    out.fill(T::ONE);
                    let paired = Paired(Short { signal, filter, first, out: &mut out });
                    if let Some(is_finite) = isa.run(paired) {
                        assert!(is_finite);
                        assert!(
                            cast_slice::<T, u8>(&out) == want,
                            "in pairs: {} {n} x {k}",
                            isa.name()
                        );
                    }
                }
                let mut out = BeforeGuardPage::new(n + k - 1);
                let infinite = [&signal[..n - 1], &[T::from_f64(f64::INFINITY)]].concat();
                assert!(!convolve_short_on(isa, &infinite, &filter, 0, &mut out));
                assert!(!convolve_short_on(isa, &signal, &infinite[n - 1..], 0, &mut out[..n]));
                let (signal, filter) = (&*infinite, &*filter);
                let paired = Paired(Short { signal, filter, first: 0, out: &mut out });
                assert!(isa.run(paired) != Some(true));
            }
        }
    }

    /// `capi::quick` relies on this test: a panic there would end the process. The way of a call
    /// depends on its lengths, on the processor's maker and on whether all values are finite. So
    /// the test takes both ways. Beyond the longest tile, 12 vectors of 16, the ways repeat.
    #[test]
    fn no_lengths_make_it_panic() {
        fn check<T: Real>() {
            let (mut signal, mut out) = (
                BeforeGuardPage::<T>::new(MAX_SIGNAL_LEN),
                BeforeGuardPage::new(MAX_SIGNAL_LEN + MAX_TAPS),
            );
            let mut filter = BeforeGuardPage::<T>::new(MAX_TAPS);
            signal.fill(T::ONE);
            filter.fill(T::ONE);
            let infinite = [T::from_f64(f64::INFINITY); MAX_SIGNAL_LEN];
            // If there are no pairs, a seventh of the lengths is enough: the checks emulate other
            // processors, and that is slow.
            let step = if cfg!(target_arch = "x86_64") { 1 } else { 7 };
            for n in (1..450).chain(MAX_SIGNAL_LEN - 200..=MAX_SIGNAL_LEN).step_by(step) {
                for k in 1..=n.min(MAX_TAPS) {
                    for (first, len) in [(0, n + k - 1), (k - 1, n - k + 1), ((k - 1) / 2, n)] {
                        for isa in each_isa() {
                            let (signal, filter) =
                                (&signal[MAX_SIGNAL_LEN - n..], &filter[MAX_TAPS - k..]);
                            let out = &mut out[MAX_SIGNAL_LEN + MAX_TAPS - len..];
                            assert!(convolve_short_on(isa, signal, filter, first, out));
                            // All inputs are 1, so an output of `full` is a number of taps.
                            let count = |i: usize| (i + 1).min(k).min(n + k - 1 - i);
                            let [at_start, at_end] = [first, first + len - 1].map(count);
                            let is_right = |out: &[T]| {
                                out[0].to_f64() == at_start as f64
                                    && out[len - 1].to_f64() == at_end as f64
                            };
                            assert!(is_right(out));
                            out.fill(T::default());
                            let paired = Paired(Short { signal, filter, first, out });
                            if isa.run(paired).is_some() {
                                assert!(is_right(out));
                                out.fill(T::default());
                                let loaded = Loaded(Short { signal, filter, first, out });
                                assert!(isa.run(loaded) && is_right(out));
                            }
                            if n % 16 == 1 {
                                let signal = &infinite[..n];
                                assert!(!isa.run(Short { signal, filter, first, out }));
                            }
                        }
                    }
                }
            }
        }
        check::<f32>();
        check::<f64>();
    }

    /// Any run of outputs, also an empty run, and any infinite tap, with ends of two vectors.
    #[test]
    fn any_outputs_will_do_and_any_infinite_tap_is_found() {
        fn check<T: Real>() {
            for (n, k) in [(64, 12), (90, 20)] {
                let signal: Vec<T> =
                    (0..n).map(|i| T::from_f64((i * 7 % 11) as f64 - 5.0)).collect();
                let filter: Vec<T> =
                    (0..k).map(|i| T::from_f64((i * 5 % 13) as f64 - 6.0)).collect();
                let mut want = vec![T::default(); n + k - 1];
                let padded = [vec![T::default(); k - 1], signal.clone(), vec![T::default(); k - 1]];
                convolve_valid_on(isa(), &filter, &padded.concat(), &mut want);
                for isa in each_isa() {
                    for (first, end) in (0..n + k).flat_map(|i| (i..n + k).map(move |j| (i, j))) {
                        let mut out = BeforeGuardPage::new(end - first);
                        let (signal, filter) = (&*signal, &*filter);
                        assert!(isa.run(Loaded(Short { signal, filter, first, out: &mut out })));
                        assert!(*out == want[first..end], "{} {n} x {k} {first} {end}", isa.name());
                        out.fill(T::ONE);
                        assert!(convolve_short_on(isa, signal, filter, first, &mut out));
                        assert!(*out == want[first..end], "{} {n} x {k} {first} {end}", isa.name());
                    }
                    for tap in 0..k {
                        let mut filter = filter.clone();
                        filter[tap] = T::from_f64(f64::INFINITY);
                        for (first, len) in [(0, n + k - 1), (k / 2, n)] {
                            let (signal, filter) = (&*signal, &*filter);
                            let out = &mut vec![T::default(); len];
                            assert!(!isa.run(Loaded(Short { signal, filter, first, out })));
                        }
                    }
                }
            }
        }
        check::<f32>();
        check::<f64>();
    }

    #[test]
    fn same_bits_as_the_general_kernel() {
        check::<f32>();
        check::<f64>();
    }
}
