//! Kernels that make one pass over a slice. They are simple enough for the compiler to vectorise.

use crate::cpu::float_environment::{FloatEnvironment, Subnormals};
use crate::cpu::isa::{Isa, isa};
use crate::cpu::vector::{Kernel, Real, Simd};

/// The findings of one pass over values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extent<T> {
    /// The largest magnitude: 0 if there are no values, not finite if a value is not finite.
    pub largest: T,
    /// Whether a value has the sign bit. A negative value has it, but so have -0 and some NaNs.
    pub has_sign: bool,
}

impl<T: Real> Extent<T> {
    /// The extent of no values.
    pub fn none() -> Self {
        Self { largest: T::default(), has_sign: false }
    }

    /// The extent of the values of both.
    pub fn and(self, other: Self) -> Self {
        // Magnitudes have the order of their bits, subnormal numbers included, which may count as
        // zeros when numbers are compared.
        let [a, b]: [T::Bits; 2] = [self, other].map(|it| bytemuck::cast(it.largest));
        Self { largest: bytemuck::cast(a.max(b)), has_sign: self.has_sign | other.has_sign }
    }
}

/// The magnitudes and signs of some values, as bits.
struct Bits<T: Real> {
    largest: T::Bits,
    any: T::Bits,
}

impl<T: Real> Bits<T> {
    #[inline(always)]
    fn none() -> Self {
        Self { largest: T::Bits::default(), any: T::Bits::default() }
    }

    /// Adds a value. Magnitudes have the order of their bits. The bits of Inf and NaN come last.
    #[inline(always)]
    fn add(&mut self, bits: T::Bits) {
        self.largest = self.largest.max(T::magnitude(bits));
        self.any = self.any | bits;
    }

    fn extent(self) -> Extent<T> {
        let has_sign = self.any & T::SIGN != T::Bits::default();
        Extent { largest: bytemuck::cast(self.largest), has_sign }
    }
}

/// The extent of the values in `x`.
pub fn extent<T: Real>(x: &[T]) -> Extent<T> {
    extent_on(isa(), x)
}

fn extent_on<T: Real>(isa: Isa, x: &[T]) -> Extent<T> {
    struct Scan<'a, T: Real>(&'a [T::Bits]);
    impl<T: Real> Kernel for Scan<'_, T> {
        type Output = Bits<T>;
        #[inline(always)]
        fn run<S: Simd>(self, _: S) -> Bits<T> {
            let mut found = Bits::none();
            for &bits in self.0 {
                found.add(bits);
            }
            found
        }
    }
    isa.run(Scan::<T>(bytemuck::cast_slice(x))).extent()
}

/// The magnitudes of values that were looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Magnitudes<T> {
    /// The smallest other than 0, subnormal numbers included. Not finite if there is none.
    pub smallest: T,
    /// The largest: 0 if there is none, not finite if a value is not finite.
    pub largest: T,
}

impl<T: Real> Magnitudes<T> {
    /// The magnitudes of the values of both.
    pub fn and(self, other: Self) -> Self {
        let bits = |x: T| -> T::Bits { bytemuck::cast(x) };
        Self {
            smallest: bytemuck::cast(bits(self.smallest).min(bits(other.smallest))),
            largest: bytemuck::cast(bits(self.largest).max(bits(other.largest))),
        }
    }
}

/// The magnitudes of all values in `x`.
pub fn magnitudes_of<T: Real>(x: &[T]) -> Magnitudes<T> {
    magnitudes_on(isa(), x, PROBE.0)
}

/// Of so many values, in a row, so many are looked at by [`probe`]: the first.
pub const PROBE: (usize, usize) = (16, 128);

/// The magnitudes of 16 of each 128 values in `x`. It takes an eighth of the time of [`extent`].
pub fn probe<T: Real>(x: &[T]) -> Magnitudes<T> {
    magnitudes_on(isa(), x, PROBE.1)
}

/// Looks at the first values of each `apart` values.
fn magnitudes_on<T: Real>(isa: Isa, x: &[T], apart: usize) -> Magnitudes<T> {
    struct Scan<'a, T: Real>(&'a [T::Bits], usize);
    impl<T: Real> Kernel for Scan<'_, T> {
        type Output = [T::Bits; 2];
        #[inline(always)]
        fn run<S: Simd>(self, _: S) -> [T::Bits; 2] {
            let none: T::Bits = bytemuck::cast(T::from_f64(f64::INFINITY));
            let mut found = [none, T::Bits::default()];
            let mut look = |bits: &[T::Bits]| {
                for &bits in bits {
                    let magnitude = T::magnitude(bits);
                    let counts = magnitude != T::Bits::default();
                    found[0] = found[0].min(if counts { magnitude } else { none });
                    found[1] = found[1].max(magnitude);
                }
            };
            if self.1 == PROBE.0 {
                look(self.0);
                return found;
            }
            for bits in self.0.chunks(self.1) {
                match bits.first_chunk::<{ PROBE.0 }>() {
                    Some(bits) => look(bits),
                    None => look(bits),
                }
            }
            found
        }
    }
    let found = isa.run(Scan::<T>(bytemuck::cast_slice(x), apart));
    let [smallest, largest] = found.map(bytemuck::cast);
    Magnitudes { smallest, largest }
}

/// Copies `from` to `to`, bit for bit. Returns the [`extent`] of `from`.
///
/// # Panics
/// If the lengths differ.
pub fn copy_scanned<T: Real>(from: &[T], to: &mut [T]) -> Extent<T> {
    copy_scanned_on(isa(), from, to)
}

fn copy_scanned_on<T: Real>(isa: Isa, from: &[T], to: &mut [T]) -> Extent<T> {
    struct Copy<'a, T: Real>(&'a [T::Bits], &'a mut [T::Bits]);
    impl<T: Real> Kernel for Copy<'_, T> {
        type Output = Bits<T>;
        #[inline(always)]
        fn run<S: Simd>(self, _: S) -> Bits<T> {
            let mut found = Bits::none();
            for (to, &bits) in self.1.iter_mut().zip(self.0) {
                found.add(bits);
                *to = bits;
            }
            found
        }
    }
    assert_eq!(from.len(), to.len());
    isa.run(Copy::<T>(bytemuck::cast_slice(from), bytemuck::cast_slice_mut(to))).extent()
}

/// Whether any value in `x` is below 0. -0 and NaN are not.
pub fn any_negative<T: Real>(x: &[T]) -> bool {
    /// Values between two looks at the result.
    const AT_ONCE: usize = 64;
    struct Any<'a, T>(&'a [T]);
    impl<T: Real> Kernel for Any<'_, T> {
        type Output = bool;
        #[inline(always)]
        fn run<S: Simd>(self, _: S) -> bool {
            let mut any = false;
            for &x in self.0 {
                any |= x < T::default();
            }
            any
        }
    }
    let isa = isa();
    x.chunks(AT_ONCE).any(|x| isa.run(Any(x)))
}

/// Copies `from` to `to`, with +0 in place of every value that has the sign bit.
///
/// # Panics
/// If the lengths differ.
pub fn copy_clamped<T: Real>(from: &[T], to: &mut [T]) {
    struct Clamp<'a, T: Real>(&'a [T::Bits], &'a mut [T::Bits]);
    impl<T: Real> Kernel for Clamp<'_, T> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, _: S) {
            for (to, &bits) in self.1.iter_mut().zip(self.0) {
                *to = clamped::<T>(bits);
            }
        }
    }
    assert_eq!(from.len(), to.len());
    isa().run(Clamp::<T>(bytemuck::cast_slice(from), bytemuck::cast_slice_mut(to)));
}

#[inline(always)]
fn clamped<T: Real>(bits: T::Bits) -> T::Bits {
    if bits < T::SIGN { bits } else { T::Bits::default() }
}

/// Replaces every value that has the sign bit by +0.
pub fn clamp<T: Real>(values: &mut [T]) {
    struct Clamp<'a, T: Real>(&'a mut [T::Bits]);
    impl<T: Real> Kernel for Clamp<'_, T> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, _: S) {
            for bits in self.0 {
                *bits = clamped::<T>(*bits);
            }
        }
    }
    isa().run(Clamp::<T>(bytemuck::cast_slice_mut(values)));
}

/// Replaces subnormal numbers by zeros of their sign.
pub fn flush<T: Real>(values: &mut [T]) {
    struct Flush<'a, T: Real>(&'a mut [T::Bits], T::Bits);
    impl<T: Real> Kernel for Flush<'_, T> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, _: S) {
            let Self(values, least) = self;
            for bits in values {
                *bits = if T::magnitude(*bits) < least { *bits & T::SIGN } else { *bits };
            }
        }
    }
    isa().run(Flush::<T>(bytemuck::cast_slice_mut(values), least_normal::<T>()));
}

/// Tells which numbers are not 0 for the calling thread. Where it flushes subnormal numbers, they
/// are. The compiler turns comparisons of floats with 0 into such comparisons of bits, but never
/// looks at what the thread does.
pub fn nonzero<T: Real>() -> impl Fn(T) -> bool + Copy {
    let least = match FloatEnvironment::subnormals() {
        Subnormals::Keep => T::Bits::default(),
        Subnormals::Flush => least_normal::<T>(),
    };
    move |value| {
        let bits = T::magnitude(bytemuck::cast(value));
        bits >= least && bits != T::Bits::default()
    }
}

/// The bits of the smallest normal number.
fn least_normal<T: Real>() -> T::Bits {
    bytemuck::cast(T::from_f64(2f64.powi(T::MIN_NORMAL)))
}

/// Multiplies all values by `factor`.
pub fn multiply<T: Real>(values: &mut [T], factor: T) {
    struct Multiply<'a, T>(&'a mut [T], T);
    impl<T: Real> Kernel for Multiply<'_, T> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, _: S) {
            for x in self.0 {
                *x = *x * self.1;
            }
        }
    }
    isa().run(Multiply(values, factor));
}

/// `out |= x`, byte by byte.
///
/// # Panics
/// If the lengths differ.
pub fn or_into(x: &[u8], out: &mut [u8]) {
    struct Or<'a>(&'a [u8], &'a mut [u8]);
    impl Kernel for Or<'_> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, _: S) {
            for (out, x) in self.1.iter_mut().zip(self.0) {
                *out |= x;
            }
        }
    }
    assert_eq!(x.len(), out.len());
    isa().run(Or(x, out));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::each_isa::each_isa;
    use crate::process::guard_page::BeforeGuardPage;

    #[test]
    fn extents_find_every_place_and_non_finites() {
        for isa in each_isa() {
            // Lengths go past one unrolled step of the widest vectors, so every tail occurs.
            for len in 0..300 {
                let mut x = BeforeGuardPage::<f32>::new(len);
                assert_eq!(extent_on(isa, &x), Extent::none());
                for at in 0..len {
                    x[at] = -3.5;
                    let found = Extent { largest: 3.5, has_sign: true };
                    assert_eq!(extent_on(isa, &x), found, "{} {len} {at}", isa.name());
                    x[at] = 1e-40;
                    let found = Extent { largest: 1e-40, has_sign: false };
                    assert_eq!(extent_on(isa, &x), found, "{} {len} {at}", isa.name());
                    for bad in [f32::NAN, -f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                        x[at] = bad;
                        let Extent { largest, has_sign } = extent_on(isa, &x);
                        assert!(!largest.is_finite(), "{} {len} {at}", isa.name());
                        assert_eq!(has_sign, bad.is_sign_negative());
                    }
                    x[at] = 0.0;
                }
            }
            let found = Extent { largest: 1e300, has_sign: true };
            assert_eq!(extent_on(isa, &[1e-310, -1e300, 5.0]), found);
            assert_eq!(extent_on(isa, &[-0.0f64]), Extent { largest: 0.0, has_sign: true });
        }
        let [small, large] =
            [1e-45f32, 1e-40].map(|largest| Extent { largest, has_sign: largest > 1e-42 });
        for (a, b) in [(small, large), (large, small)] {
            assert_eq!(a.and(b), large);
        }
        let nan = Extent { largest: f32::NAN, has_sign: false };
        assert!([nan.and(large), large.and(nan)].iter().all(|it| it.largest.is_nan()));
    }

    #[test]
    fn probes_find_what_they_look_at() {
        for (isa, apart) in each_isa().flat_map(|isa| [(isa, PROBE.0), (isa, PROBE.1)]) {
            for len in 0..300 {
                let mut x = BeforeGuardPage::<f32>::new(len);
                let found = magnitudes_on(isa, &x, apart);
                assert_eq!(found, Magnitudes { smallest: f32::INFINITY, largest: 0.0 });
                x.fill(-7.0);
                for at in 0..len {
                    let is_seen = at % apart < PROBE.0;
                    for value in [-1e-45, 1e-40, -9.0] {
                        x[at] = value;
                        let found = magnitudes_on(isa, &x, apart);
                        let others = if len > 1 { 7.0 } else { value.abs() };
                        let seen = if is_seen { value.abs() } else { 7.0 };
                        let want =
                            Magnitudes { smallest: others.min(seen), largest: others.max(seen) };
                        assert_eq!(found, want, "{} {len} {at} {apart}", isa.name());
                    }
                    x[at] = f32::NAN;
                    assert_eq!(magnitudes_on(isa, &x, apart).largest.is_nan(), is_seen);
                    x[at] = -7.0;
                }
            }
            let [small, large, none] =
                [&[-5e-324f64][..], &[1e300], &[-0.0]].map(|x| magnitudes_on(isa, x, apart));
            let found = Magnitudes { smallest: 5e-324, largest: 1e300 };
            assert_eq!(small.and(none).and(large), found);
        }
    }

    /// Copies of every length up to more than one unrolled step of the widest vectors, so every
    /// tail occurs.
    fn check_copies<T: Real>(special: [f64; 6]) {
        for isa in each_isa() {
            for len in 0..300 {
                let (mut from, mut to) =
                    (BeforeGuardPage::<T>::new(len), BeforeGuardPage::<T>::new(len));
                for (i, x) in from.iter_mut().enumerate() {
                    *x = T::from_f64((i * i % 257) as f64 - 128.5);
                }
                let found = copy_scanned_on(isa, &from, &mut to);
                assert_eq!(found, extent_on(Isa::PORTABLE, &from), "{} {len}", isa.name());
                assert!(to[..] == from[..], "{len}");
                from.fill(T::default());
                assert_eq!(copy_scanned_on(isa, &from, &mut to), Extent::none());
                for at in 0..len {
                    for special in special.map(T::from_f64) {
                        from[at] = special;
                        let found = copy_scanned_on(isa, &from, &mut to);
                        let finite = found.largest.is_finite();
                        assert_eq!(finite, special.is_finite(), "{} {len} {at}", isa.name());
                        assert_eq!(found.has_sign, special.to_f64().is_sign_negative());
                        let bits = |x: T| -> T::Bits { bytemuck::cast(x) };
                        assert!(bits(to[at]) == bits(special));
                    }
                    from[at] = T::from_f64(-1e30);
                    let found = copy_scanned_on(isa, &from, &mut to);
                    assert_eq!(found.largest, -from[at], "{} {len} {at}", isa.name());
                    assert_eq!(to[at], from[at]);
                    from[at] = T::default();
                }
            }
        }
    }

    #[test]
    fn copies_are_whole_and_find_what_extents_find() {
        let special = [f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e-41, -0.0];
        check_copies::<f32>(special);
        check_copies::<f64>(special);
    }

    #[test]
    fn negative_numbers_are_found_and_clamped() {
        let not_negative = [0.0, -0.0, 1e-45, 1.0, f32::INFINITY, f32::NAN, -f32::NAN];
        for len in [1, 17, 256, 257, 700] {
            let mut x: Vec<f32> = not_negative.iter().copied().cycle().take(len).collect();
            assert!(!any_negative(&x), "{len}");
            for at in [0, len / 2, len - 1] {
                for negative in [-1e-45, -1e-30, -3.0, f32::NEG_INFINITY] {
                    let old = std::mem::replace(&mut x[at], negative);
                    assert!(any_negative(&x), "{len} {at} {negative}");
                    let mut to = vec![f32::NAN; len];
                    copy_clamped(&x, &mut to);
                    let mut inside = x.clone();
                    clamp(&mut inside);
                    for ((to, inside), x) in to.iter().zip(&inside).zip(&x) {
                        let want = if x.is_sign_positive() { *x } else { 0.0 };
                        assert_eq!([to.to_bits(), inside.to_bits()], [want.to_bits(); 2]);
                    }
                    x[at] = old;
                }
            }
        }
        assert!(any_negative(&[-5e-324f64]) && !any_negative(&[-0.0f64, f64::NAN]));
    }

    #[test]
    fn subnormal_numbers_are_zeros_where_they_are_flushed() {
        let values = [0.0f32, -0.0, 1e-45, -1e-39, f32::MIN_POSITIVE, -1.0, f32::NAN];
        let mut flushed = values;
        flush(&mut flushed);
        let zeros = [0.0f32, -0.0, 0.0, -0.0];
        assert_eq!(
            flushed[..4].iter().map(|x| x.to_bits()).collect::<Vec<_>>(),
            zeros.map(f32::to_bits)
        );
        assert_eq!(flushed[4..6], values[4..6]);
        assert!(flushed[6].is_nan());
        let kept = FloatEnvironment::run(|| values.map(nonzero()));
        assert_eq!(kept, [false, false, true, true, true, true, true]);
        let flushed = FloatEnvironment::run_with(Subnormals::Flush, || values.map(nonzero()));
        assert_eq!(flushed, [false, false, false, false, true, true, true]);
    }

    #[test]
    fn products_reach_every_value() {
        for len in 0..200 {
            let mut x = BeforeGuardPage::<f64>::new(len);
            x.fill(3.0);
            multiply(&mut x, -0.5);
            assert!(x.iter().all(|&x| x == -1.5), "{len}");
        }
    }

    #[test]
    fn or_reaches_every_value() {
        for len in 0..200 {
            let (mut bits, mut out) =
                (BeforeGuardPage::<u8>::new(len), BeforeGuardPage::<u8>::new(len));
            bits.fill(5);
            out.fill(2);
            or_into(&bits, &mut out);
            assert!(out.iter().all(|&x| x == 7));
        }
    }
}
