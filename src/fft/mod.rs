//! Transforms made for convolution: real blocks, products in scrambled order, no reordering.
//!
//! A block of `2h` real values `x` is read as `h` complex ones, `x[n] + i x[n + h]`: the polynomial
//! `x` modulo `z^h - i`. Products of such residues are products modulo `z^(2h) + 1`, so convolutions
//! of real blocks come out in natural order, wrapping round with the sign changed, from complex
//! transforms of half the length and without pairing conjugates. (D. J. Bernstein, "Multidigit
//! multiplication for mathematicians", 2001, calls it the right-angle convolution.)
//!
//! The transform splits `z^(2m) - c^2` into `z^m - c` and `z^m + c` down to `z - c`, so the twiddle is
//! one constant per node, and children follow one another: depth-first, each in its own cache level.

use std::marker::PhantomData;

use crate::cpu::Real;
use crate::error::{Error, Result};

/// The transform of blocks of one length.
pub struct Transform<T> {
    half: usize,
    _type: PhantomData<T>,
}

impl<T: Real> Transform<T> {
    /// The shortest supported block of at least `at_least` real values, if there is one.
    pub fn block_for(at_least: usize) -> Option<usize> {
        at_least.max(2).checked_next_power_of_two()
    }

    /// Tables for blocks of `block` real values.
    ///
    /// # Errors
    /// `OutOfMemory`; `Internal` if `block` is not one that [`Self::block_for`] returns.
    pub fn new(block: usize) -> Result<Self> {
        if Self::block_for(block) != Some(block) {
            return Err(Error::internal(format!("no transform of {block} points")));
        }
        Ok(Self { half: block / 2, _type: PhantomData })
    }

    /// Real values in a block; each of the two planes has half of them.
    pub fn block(&self) -> usize {
        2 * self.half
    }

    /// Transforms the block whose first half is in `re`, whose second half is in `im`.
    pub fn forward(&self, re: &mut [T], im: &mut [T]) {
        node_forward(re, im, 0.25)
    }

    /// Undoes [`Self::forward`] but for a factor `block() / 2`.
    pub fn inverse(&self, re: &mut [T], im: &mut [T]) {
        node_inverse(re, im, 0.25)
    }

    /// `x *= filter`, point by point, on transformed blocks.
    pub fn multiply(&self, re: &mut [T], im: &mut [T], filter_re: &[T], filter_im: &[T]) {
        for k in 0..self.half {
            let (a, b, c, d) = (re[k], im[k], filter_re[k], filter_im[k]);
            re[k] = a * c - b * d;
            im[k] = a * d + b * c;
        }
    }

    /// `sum += x * filter`, point by point, on transformed blocks: planes as (re, im).
    pub fn multiply_add(&self, sum: (&mut [T], &mut [T]), x: (&[T], &[T]), filter: (&[T], &[T])) {
        for k in 0..self.half {
            let (a, b, c, d) = (x.0[k], x.1[k], filter.0[k], filter.1[k]);
            sum.0[k] = sum.0[k] + (a * c - b * d);
            sum.1[k] = sum.1[k] + (a * d + b * c);
        }
    }

    /// [`Self::forward`], [`Self::multiply`], [`Self::inverse`] in one, depth-first.
    pub fn convolve(&self, re: &mut [T], im: &mut [T], filter_re: &[T], filter_im: &[T]) {
        self.forward(re, im);
        self.multiply(re, im, filter_re, filter_im);
        self.inverse(re, im);
    }
}

/// Reduces a residue modulo `z^h - exp(2 pi i turn)` to its values at the h roots.
fn node_forward<T: Real>(re: &mut [T], im: &mut [T], turn: f64) {
    let m = re.len() / 2;
    if m == 0 {
        return;
    }
    let (s, c) = (std::f64::consts::PI * turn).sin_cos();
    let (s, c) = (T::from_f64(s), T::from_f64(c));
    for k in 0..m {
        let (tr, ti) = (re[k + m] * c - im[k + m] * s, re[k + m] * s + im[k + m] * c);
        (re[k + m], im[k + m]) = (re[k] - tr, im[k] - ti);
        (re[k], im[k]) = (re[k] + tr, im[k] + ti);
    }
    node_forward(&mut re[..m], &mut im[..m], turn / 2.0);
    node_forward(&mut re[m..], &mut im[m..], turn / 2.0 + 0.5);
}

fn node_inverse<T: Real>(re: &mut [T], im: &mut [T], turn: f64) {
    let m = re.len() / 2;
    if m == 0 {
        return;
    }
    node_inverse(&mut re[..m], &mut im[..m], turn / 2.0);
    node_inverse(&mut re[m..], &mut im[m..], turn / 2.0 + 0.5);
    let (s, c) = (std::f64::consts::PI * turn).sin_cos();
    let (s, c) = (T::from_f64(s), T::from_f64(c));
    for k in 0..m {
        let (dr, di) = (re[k] - re[k + m], im[k] - im[k + m]);
        (re[k], im[k]) = (re[k] + re[k + m], im[k] + im[k + m]);
        (re[k + m], im[k + m]) = (dr * c + di * s, di * c - dr * s);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn convolves_with_sign_changed_wrap() {
        let block = 16;
        let t = Transform::<f64>::new(block).unwrap();
        let a: Vec<f64> = (0..block).map(|i| (i * i % 7) as f64 - 2.0).collect();
        let v: Vec<f64> = (0..block).map(|i| (i * 5 % 11) as f64 - 4.0).collect();
        let mut want = vec![0.0; block];
        for i in 0..block {
            for j in 0..block {
                let sign = if i + j < block { 1.0 } else { -1.0 };
                want[(i + j) % block] += sign * a[i] * v[j];
            }
        }
        let (mut x, mut f) = (a.clone(), v.clone());
        let (fr, fi) = f.split_at_mut(block / 2);
        t.forward(fr, fi);
        let (xr, xi) = x.split_at_mut(block / 2);
        t.convolve(xr, xi, fr, fi);
        for (x, want) in x.iter().zip(&want) {
            assert!((x / (block / 2) as f64 - want).abs() < 1e-11, "{x} {want}");
        }
    }
}
