//! Vectors made of arrays: for machines without their own kernels, and for single lanes on all
//! machines.

use super::vector::{Kernel, MAX_LANES, Real, Simd, Vector};

/// `N` lanes, in the instructions for which the surrounding code is compiled. `FUSED` tells whether
/// these include a fused multiply-add. If they do not, products and sums are rounded separately,
/// because a fused multiply-add would be a library call per value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lanes<const N: usize, const FUSED: bool>;

/// The instructions that the compiler's target guarantees. Compilers know how to put four lanes
/// into registers.
pub type Portable = Lanes<4, false>;

impl<const N: usize, const FUSED: bool> Simd for Lanes<N, FUSED> {
    type F32 = ArrayVector<f32, N, FUSED>;
    type F64 = ArrayVector<f64, N, FUSED>;
    type Narrower = Lanes<1, FUSED>;
    const FUSED: bool = FUSED;

    #[inline(always)]
    fn narrower(self) -> Self::Narrower {
        Lanes
    }

    #[inline(always)]
    fn run<K: Kernel>(self, kernel: K) -> K::Output {
        kernel.run(self)
    }
}

/// A vector of [`Lanes`].
#[derive(Clone, Copy)]
pub struct ArrayVector<T, const N: usize, const FUSED: bool>([T; N]);

/// One loop over the lanes.
macro_rules! lanewise {
    ($lane:ident => $value:expr) => {{
        let mut result = [T::default(); N];
        for $lane in 0..N {
            result[$lane] = $value;
        }
        Self(result)
    }};
}

impl<T: Real, const N: usize, const FUSED: bool> Vector for ArrayVector<T, N, FUSED> {
    type Simd = Lanes<N, FUSED>;
    type Scalar = T;
    type Block = [T; N];
    const LANES: usize = N;
    const TILE: usize = 8;
    const SHIFTED: usize = 0;

    #[inline(always)]
    fn blocks(values: &[T]) -> (&[[T; N]], &[T]) {
        values.as_chunks()
    }
    #[inline(always)]
    fn blocks_mut(values: &mut [T]) -> (&mut [[T; N]], &mut [T]) {
        values.as_chunks_mut()
    }
    #[inline(always)]
    fn splat(_: Self::Simd, value: T) -> Self {
        Self([value; N])
    }
    #[inline(always)]
    fn load(_: Self::Simd, from: &[T; N]) -> Self {
        Self(*from)
    }
    #[inline(always)]
    fn store(self, to: &mut [T; N]) {
        *to = self.0;
    }
    #[allow(unsafe_code)]
    #[inline(always)]
    unsafe fn slide(self, _: Self::Simd, by: isize) -> Self {
        lanewise!(i => {
            let from = i.wrapping_add_signed(by);
            if from < N { self.0[from] } else { T::default() }
        })
    }
    #[inline(always)]
    fn add(self, b: Self) -> Self {
        lanewise!(i => self.0[i] + b.0[i])
    }
    #[inline(always)]
    fn sub(self, b: Self) -> Self {
        lanewise!(i => self.0[i] - b.0[i])
    }
    #[inline(always)]
    fn mul(self, b: Self) -> Self {
        lanewise!(i => self.0[i] * b.0[i])
    }
    #[inline(always)]
    fn mul_add(self, b: Self, c: Self) -> Self {
        if FUSED {
            lanewise!(i => self.0[i].mul_add(b.0[i], c.0[i]))
        } else {
            lanewise!(i => self.0[i] * b.0[i] + c.0[i])
        }
    }
    #[inline(always)]
    fn neg_mul_add(self, b: Self, c: Self) -> Self {
        if FUSED {
            lanewise!(i => (-self.0[i]).mul_add(b.0[i], c.0[i]))
        } else {
            lanewise!(i => c.0[i] - self.0[i] * b.0[i])
        }
    }
    #[inline(always)]
    fn transpose(rows: &mut [Self; MAX_LANES]) {
        for i in 0..N {
            for j in 0..i {
                (rows[i].0[j], rows[j].0[i]) = (rows[j].0[i], rows[i].0[j]);
            }
        }
    }
}
