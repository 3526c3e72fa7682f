//! Transforms made for convolution: real blocks, products in scrambled order, no reordering.
//!
//! A block of `2h` real values `x` is read as `h` complex ones, `x[n] + i x[n + h]`: the polynomial
//! `x` modulo `z^h - i`. Products of such residues are products modulo `z^(2h) + 1`, so convolutions
//! of real blocks come out in natural order, wrapping round with the sign changed, from complex
//! transforms of half the length and without pairing conjugates. (D. J. Bernstein, "Multidigit
//! multiplication for mathematicians", 2001, calls it the right-angle convolution.)
//!
//! The transform splits `z^(2m) - c^2` into `z^m - c` and `z^m + c` down to `z - c` (or into 3, 4, 5, 8 or 16
//! factors at a time), so the twiddle is one constant per node, and children follow one another:
//! a part of the tree is worked on while a cache holds it ([`walk`]). The order of the transformed values depends on the
//! instruction set; they are good for products only.

mod cache;
mod leaf;
mod node;
mod passes;
mod product;
mod tables;
mod twiddle;
mod walk;

pub use cache::clear_tables;
pub use product::{Block, BlockMut, MAX_COORDINATES, Product, coordinates};

use std::sync::Arc;

use crate::cpu::{Isa, Real, isa};
use crate::error::{Error, Result};
use tables::Tables;
use walk::Task;

/// The transform of blocks of one length.
pub struct Transform<T: Real> {
    half: usize,
    isa: Isa,
    tables: Arc<Tables<T>>,
}

impl<T: Real> Transform<T> {
    /// The shortest supported block of at least `at_least` real values, if there is one: 2, 6 or 10 times a
    /// power of two.
    pub fn block_for(at_least: usize) -> Option<usize> {
        let times = |factor: usize| {
            at_least.div_ceil(factor).checked_next_power_of_two()?.checked_mul(factor)
        };
        [2, 6, 10].into_iter().filter_map(times).min()
    }

    /// For blocks of `block` real values. Tables of those used lately are kept; up to `threads` threads make new ones.
    ///
    /// # Errors
    /// `OutOfMemory`; `Internal` if `block` is not one that [`Self::block_for`] returns.
    pub fn new(block: usize, threads: usize) -> Result<Self> {
        Self::new_on(isa(), block, threads)
    }

    fn new_on(isa: Isa, block: usize, threads: usize) -> Result<Self> {
        if Self::block_for(block) != Some(block) {
            return Err(Error::internal(format!("no transform of {block} points")));
        }
        let half = block / 2;
        Ok(Self { half, isa, tables: cache::tables(isa, half, threads)? })
    }

    /// Bytes that tables for blocks of `block_len` real values take while they are made.
    pub fn table_bytes(block_len: usize) -> usize {
        tables::bytes_to_make::<T>(isa(), block_len / 2)
    }

    /// Real values in a block; each of the two planes has half of them.
    pub fn block(&self) -> usize {
        2 * self.half
    }

    /// Transforms blocks whose first halves are in the first planes, whose second halves are in the second ones, on up to
    /// `threads` threads: the caller's, and what helps it, which the bits do not depend on.
    ///
    /// # Panics
    /// If there are none or more than [`MAX_COORDINATES`], or a plane has not `block() / 2` values.
    pub fn forward(&self, blocks: &mut [BlockMut<T>], threads: usize) {
        self.run(blocks, Task::Forward, threads);
    }

    /// Transforms blocks, which are the coordinates of a value, multiplies them by those of a transformed filter, and undoes
    /// the transform but for a factor `block() / 2`. The first [`Product::results`] blocks are the product's; what others
    /// hold is not specified.
    ///
    /// # Panics
    /// As [`Self::forward`], or if the filter has not as many blocks; [`Product::Complex`] takes two.
    pub fn convolve(
        &self,
        blocks: &mut [BlockMut<T>],
        filter: &[Block<T>],
        product: Product,
        threads: usize,
    ) {
        assert!(filter.len() == blocks.len() && (product != Product::Complex || filter.len() == 2));
        assert!(filter.iter().flatten().all(|plane| plane.len() == self.half));
        self.run(blocks, Task::Convolve(filter, product), threads);
    }

    fn run(&self, blocks: &mut [BlockMut<T>], task: Task<T>, threads: usize) {
        assert!((1..=MAX_COORDINATES).contains(&blocks.len()));
        assert!(blocks.iter().flatten().all(|plane| plane.len() == self.half));
        walk::run(self.isa, &self.tables, blocks, task, threads);
    }
}

#[cfg(test)]
mod tests;
