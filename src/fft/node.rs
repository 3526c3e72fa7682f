//! Splits and merges of residues in registers.
//!
//! `registers[j]` holds the j-th part of a residue modulo `z^(n m) - c^n`: `n` parts of `m` values.
//! A split replaces the residue by its residues modulo the `n` factors. A merge puts the residue
//! together again, times `n`.

use crate::cpu::Real;
use crate::cpu::vector::{MAX_LANES, Vector};

/// The parts of a residue, or constants, as real and imaginary vectors.
pub struct Registers<V> {
    pub re: [V; MAX_LANES],
    pub im: [V; MAX_LANES],
}

/// The `n - 1` constants of a node of `n` parts. A butterfly of `r` parts has the powers 1 to r - 1
/// of its `c`. A node made of several butterflies has the constants of the first butterfly, then
/// those of its children in their order.
pub trait Twiddles<V: Vector>: Copy {
    /// The real and imaginary part of the constant at `index`.
    fn get(self, simd: V::Simd, index: usize) -> (V, V);
}

/// The constants of one node, for all lanes: pairs of (re, im).
#[derive(Clone, Copy)]
pub struct Broadcast<'a, T>(pub &'a [[T; 2]]);

impl<V: Vector> Twiddles<V> for Broadcast<'_, V::Scalar> {
    #[inline(always)]
    fn get(self, simd: V::Simd, index: usize) -> (V, V) {
        let [re, im] = self.0[index];
        (V::splat(simd, re), V::splat(simd, im))
    }
}

/// The constants of one node for each lane: alternating vectors of re and im.
#[derive(Clone, Copy)]
pub struct PerLane<'a, B>(pub &'a [B]);

impl<V: Vector> Twiddles<V> for PerLane<'_, V::Block> {
    #[inline(always)]
    fn get(self, simd: V::Simd, index: usize) -> (V, V) {
        (V::load(simd, &self.0[2 * index]), V::load(simd, &self.0[2 * index + 1]))
    }
}

/// The constants of one node for each lane, in registers.
impl<V: Vector> Twiddles<V> for &Registers<V> {
    #[inline(always)]
    fn get(self, _: V::Simd, index: usize) -> (V, V) {
        (self.re[index], self.im[index])
    }
}

/// The constants of another set, from an index on.
#[derive(Clone, Copy)]
pub struct Tail<T>(pub usize, pub T);

impl<V: Vector, T: Twiddles<V>> Twiddles<V> for Tail<T> {
    #[inline(always)]
    fn get(self, simd: V::Simd, index: usize) -> (V, V) {
        self.1.get(simd, self.0 + index)
    }
}

impl<V: Vector> Registers<V> {
    /// All zeros.
    #[inline(always)]
    pub fn zero(simd: V::Simd) -> Self {
        let zero = V::splat(simd, V::Scalar::default());
        Self { re: [zero; MAX_LANES], im: [zero; MAX_LANES] }
    }

    /// The first `count` constants.
    #[inline(always)]
    pub fn of(simd: V::Simd, count: usize, twiddles: impl Twiddles<V>) -> Self {
        let mut constants = Self::zero(simd);
        for index in 0..count {
            (constants.re[index], constants.im[index]) = twiddles.get(simd, index);
        }
        constants
    }

    /// Splits the first `parts` registers: 1, 2, 3, 4, 5, 8 or 16. Callers pass a compile-time
    /// constant.
    #[inline(always)]
    pub fn split(&mut self, simd: V::Simd, parts: usize, twiddles: impl Twiddles<V>) {
        match parts {
            2 => self.split2(simd, [0, 1], twiddles, 0),
            3 => self.split3(simd, twiddles),
            4 => self.split4(simd, [0, 1, 2, 3], twiddles, 0),
            5 => self.split5(simd, twiddles),
            8 => {
                self.split4(simd, [0, 2, 4, 6], twiddles, 0);
                self.split4(simd, [1, 3, 5, 7], twiddles, 0);
                for child in 0..4 {
                    self.split2(simd, [2 * child, 2 * child + 1], twiddles, 3 + child);
                }
            }
            16 => {
                for k in 0..4 {
                    self.split4(simd, [k, k + 4, k + 8, k + 12], twiddles, 0);
                }
                for child in 0..4 {
                    let at = 4 * child;
                    self.split4(simd, [at, at + 1, at + 2, at + 3], twiddles, 3 + 3 * child);
                }
            }
            _ => assert!(parts == 1),
        }
    }

    /// Undoes [`Self::split`]. The result is `parts` times too large.
    #[inline(always)]
    pub fn merge(&mut self, simd: V::Simd, parts: usize, twiddles: impl Twiddles<V>) {
        match parts {
            2 => self.merge2(simd, [0, 1], twiddles, 0),
            3 => self.merge3(simd, twiddles),
            4 => self.merge4(simd, [0, 1, 2, 3], twiddles, 0),
            5 => self.merge5(simd, twiddles),
            8 => {
                for child in 0..4 {
                    self.merge2(simd, [2 * child, 2 * child + 1], twiddles, 3 + child);
                }
                self.merge4(simd, [0, 2, 4, 6], twiddles, 0);
                self.merge4(simd, [1, 3, 5, 7], twiddles, 0);
            }
            16 => {
                for child in 0..4 {
                    let at = 4 * child;
                    self.merge4(simd, [at, at + 1, at + 2, at + 3], twiddles, 3 + 3 * child);
                }
                for k in 0..4 {
                    self.merge4(simd, [k, k + 4, k + 8, k + 12], twiddles, 0);
                }
            }
            _ => assert!(parts == 1),
        }
    }

    /// Multiplies the part at `index` by `(re, im)`.
    #[inline(always)]
    pub fn multiply(&mut self, index: usize, factor: (V, V)) {
        self.set(index, self.get(index).times(factor));
    }

    #[inline(always)]
    fn get(&self, index: usize) -> Complex<V> {
        Complex { re: self.re[index], im: self.im[index] }
    }

    #[inline(always)]
    fn set(&mut self, index: usize, value: Complex<V>) {
        (self.re[index], self.im[index]) = (value.re, value.im);
    }

    /// The part at `index` times the constant at `twiddle`.
    #[inline(always)]
    fn twiddled(
        &self,
        simd: V::Simd,
        index: usize,
        twiddles: impl Twiddles<V>,
        twiddle: usize,
    ) -> Complex<V> {
        self.get(index).times(twiddles.get(simd, twiddle))
    }

    /// Sets the part at `index` to `value` times the conjugate of the constant at `twiddle`.
    #[inline(always)]
    fn set_untwiddled(
        &mut self,
        simd: V::Simd,
        index: usize,
        value: Complex<V>,
        twiddles: impl Twiddles<V>,
        twiddle: usize,
    ) {
        self.set(index, value.times_conjugate(twiddles.get(simd, twiddle)));
    }

    /// z^2m - c^2: (z^m - c) (z^m + c)
    #[inline(always)]
    fn split2(&mut self, simd: V::Simd, at: [usize; 2], twiddles: impl Twiddles<V>, first: usize) {
        let (a, b) = (self.get(at[0]), self.twiddled(simd, at[1], twiddles, first));
        self.set(at[0], a.add(b));
        self.set(at[1], a.sub(b));
    }

    #[inline(always)]
    fn merge2(&mut self, simd: V::Simd, at: [usize; 2], twiddles: impl Twiddles<V>, first: usize) {
        let (a, b) = (self.get(at[0]), self.get(at[1]));
        self.set(at[0], a.add(b));
        self.set_untwiddled(simd, at[1], a.sub(b), twiddles, first);
    }

    /// z^4m - c^4: (z^m - c) (z^m + c) (z^m - ic) (z^m + ic)
    #[inline(always)]
    fn split4(&mut self, simd: V::Simd, at: [usize; 4], twiddles: impl Twiddles<V>, first: usize) {
        let x0 = self.get(at[0]);
        let x1 = self.twiddled(simd, at[1], twiddles, first);
        let x2 = self.twiddled(simd, at[2], twiddles, first + 1);
        let x3 = self.twiddled(simd, at[3], twiddles, first + 2);
        let (even, even_i) = (x0.add(x2), x0.sub(x2));
        let (odd, odd_i) = (x1.add(x3), x1.sub(x3));
        self.set(at[0], even.add(odd));
        self.set(at[1], even.sub(odd));
        self.set(at[2], even_i.add_i(odd_i));
        self.set(at[3], even_i.sub_i(odd_i));
    }

    #[inline(always)]
    fn merge4(&mut self, simd: V::Simd, at: [usize; 4], twiddles: impl Twiddles<V>, first: usize) {
        let [y0, y1, y2, y3] = [self.get(at[0]), self.get(at[1]), self.get(at[2]), self.get(at[3])];
        let (even, odd) = (y0.add(y1), y0.sub(y1));
        let (even_i, odd_i) = (y2.add(y3), y2.sub(y3));
        self.set(at[0], even.add(even_i));
        self.set_untwiddled(simd, at[1], odd.sub_i(odd_i), twiddles, first);
        self.set_untwiddled(simd, at[2], even.sub(even_i), twiddles, first + 1);
        self.set_untwiddled(simd, at[3], odd.add_i(odd_i), twiddles, first + 2);
    }

    /// z^3m - c^3: z^m - c w^k for k = 0, 1, 2, where w is the third root of unity.
    #[inline(always)]
    fn split3(&mut self, simd: V::Simd, twiddles: impl Twiddles<V>) {
        let x1 = self.twiddled(simd, 1, twiddles, 0);
        let x2 = self.twiddled(simd, 2, twiddles, 1);
        let [y0, y1, y2] = roots3(simd, [self.get(0), x1, x2]);
        self.set(0, y0);
        self.set(1, y1);
        self.set(2, y2);
    }

    #[inline(always)]
    fn merge3(&mut self, simd: V::Simd, twiddles: impl Twiddles<V>) {
        // The inverse takes the roots in the opposite order.
        let [x0, x2, x1] = roots3(simd, [self.get(0), self.get(1), self.get(2)]);
        self.set(0, x0);
        self.set_untwiddled(simd, 1, x1, twiddles, 0);
        self.set_untwiddled(simd, 2, x2, twiddles, 1);
    }

    /// z^5m - c^5: z^m - c w^k for k = 0..5, where w is the fifth root of unity.
    #[inline(always)]
    fn split5(&mut self, simd: V::Simd, twiddles: impl Twiddles<V>) {
        let x1 = self.twiddled(simd, 1, twiddles, 0);
        let x2 = self.twiddled(simd, 2, twiddles, 1);
        let x3 = self.twiddled(simd, 3, twiddles, 2);
        let x4 = self.twiddled(simd, 4, twiddles, 3);
        let [y0, y1, y2, y3, y4] = roots5(simd, [self.get(0), x1, x2, x3, x4]);
        self.set(0, y0);
        self.set(1, y1);
        self.set(2, y2);
        self.set(3, y3);
        self.set(4, y4);
    }

    #[inline(always)]
    fn merge5(&mut self, simd: V::Simd, twiddles: impl Twiddles<V>) {
        let y = [self.get(0), self.get(1), self.get(2), self.get(3), self.get(4)];
        let [x0, x4, x3, x2, x1] = roots5(simd, y);
        self.set(0, x0);
        self.set_untwiddled(simd, 1, x1, twiddles, 0);
        self.set_untwiddled(simd, 2, x2, twiddles, 1);
        self.set_untwiddled(simd, 3, x3, twiddles, 2);
        self.set_untwiddled(simd, 4, x4, twiddles, 3);
    }
}

/// A vector of complex values.
#[derive(Clone, Copy)]
pub struct Complex<V> {
    pub re: V,
    pub im: V,
}

impl<V: Vector> Complex<V> {
    #[inline(always)]
    pub fn load(simd: V::Simd, re: &V::Block, im: &V::Block) -> Self {
        Self { re: V::load(simd, re), im: V::load(simd, im) }
    }
    #[inline(always)]
    pub fn store(self, re: &mut V::Block, im: &mut V::Block) {
        self.re.store(re);
        self.im.store(im);
    }
    #[inline(always)]
    fn add(self, b: Self) -> Self {
        Self { re: self.re.add(b.re), im: self.im.add(b.im) }
    }
    #[inline(always)]
    fn sub(self, b: Self) -> Self {
        Self { re: self.re.sub(b.re), im: self.im.sub(b.im) }
    }
    /// self + i b
    #[inline(always)]
    fn add_i(self, b: Self) -> Self {
        Self { re: self.re.sub(b.im), im: self.im.add(b.re) }
    }
    /// self - i b
    #[inline(always)]
    fn sub_i(self, b: Self) -> Self {
        Self { re: self.re.add(b.im), im: self.im.sub(b.re) }
    }
    /// self + factor b
    #[inline(always)]
    fn add_scaled(self, factor: V, b: Self) -> Self {
        Self { re: factor.mul_add(b.re, self.re), im: factor.mul_add(b.im, self.im) }
    }
    #[inline(always)]
    fn scaled(self, factor: V) -> Self {
        Self { re: self.re.mul(factor), im: self.im.mul(factor) }
    }
    /// self + b c
    #[inline(always)]
    pub fn add_product(self, b: Self, c: Self) -> Self {
        Self {
            re: b.im.neg_mul_add(c.im, b.re.mul_add(c.re, self.re)),
            im: b.re.mul_add(c.im, b.im.mul_add(c.re, self.im)),
        }
    }
    /// self - b c
    #[inline(always)]
    pub fn sub_product(self, b: Self, c: Self) -> Self {
        Self {
            re: b.im.mul_add(c.im, b.re.neg_mul_add(c.re, self.re)),
            im: b.re.neg_mul_add(c.im, b.im.neg_mul_add(c.re, self.im)),
        }
    }
    #[inline(always)]
    pub fn times(self, (re, im): (V, V)) -> Self {
        Self {
            re: self.im.neg_mul_add(im, self.re.mul(re)),
            im: self.re.mul_add(im, self.im.mul(re)),
        }
    }
    #[inline(always)]
    fn times_conjugate(self, (re, im): (V, V)) -> Self {
        Self {
            re: self.im.mul_add(im, self.re.mul(re)),
            im: self.re.neg_mul_add(im, self.im.mul(re)),
        }
    }
}

#[inline(always)]
fn constant<V: Vector>(simd: V::Simd, value: f64) -> V {
    V::splat(simd, V::Scalar::from_f64(value))
}

/// `y[k] = sum over j of x[j] w^(jk)`, where w is the third root of unity.
#[inline(always)]
fn roots3<V: Vector>(simd: V::Simd, [x0, x1, x2]: [Complex<V>; 3]) -> [Complex<V>; 3] {
    const SIN: f64 = 0.866_025_403_784_438_6; // Of a third of a turn. The cosine is -1/2.
    let (sum, difference) = (x1.add(x2), x1.sub(x2).scaled(constant(simd, SIN)));
    let real = x0.add_scaled(constant(simd, -0.5), sum);
    [x0.add(sum), real.add_i(difference), real.sub_i(difference)]
}

/// `y[k] = sum over j of x[j] w^(jk)`, where w is the fifth root of unity.
#[inline(always)]
fn roots5<V: Vector>(simd: V::Simd, [x0, x1, x2, x3, x4]: [Complex<V>; 5]) -> [Complex<V>; 5] {
    // Cosines and sines of one and of two fifths of a turn.
    let cos1 = constant::<V>(simd, 0.309_016_994_374_947_45);
    let cos2 = constant::<V>(simd, -0.809_016_994_374_947_5);
    let sin1 = constant::<V>(simd, 0.951_056_516_295_153_5);
    let sin2 = constant::<V>(simd, 0.587_785_252_292_473_1);
    let minus_sin1 = constant::<V>(simd, -0.951_056_516_295_153_5);
    let (sum1, difference1) = (x1.add(x4), x1.sub(x4));
    let (sum2, difference2) = (x2.add(x3), x2.sub(x3));
    let real1 = x0.add_scaled(cos1, sum1).add_scaled(cos2, sum2);
    let real2 = x0.add_scaled(cos2, sum1).add_scaled(cos1, sum2);
    let imaginary1 = difference1.scaled(sin1).add_scaled(sin2, difference2);
    let imaginary2 = difference1.scaled(sin2).add_scaled(minus_sin1, difference2);
    [
        x0.add(sum1).add(sum2),
        real1.add_i(imaginary1),
        real2.add_i(imaginary2),
        real2.sub_i(imaginary2),
        real1.sub_i(imaginary1),
    ]
}
