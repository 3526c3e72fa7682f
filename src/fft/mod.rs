//! Transforms made for convolution: real blocks, and products in scrambled order, without
//! reordering.
//!
//! A block of `2h` real values `x` is read as `h` complex values `x[n] + i x[n + h]`. This is the
//! polynomial `x` modulo `z^h - i`. Products of such residues are products modulo `z^(2h) + 1`. So
//! complex transforms of half the length convolve real blocks, without pairing conjugates. The
//! results are in natural order, and wrap round with the sign changed. (D. J. Bernstein,
//! "Multidigit multiplication for mathematicians", 2001, calls it the right-angle convolution.)
//!
//! The transform splits `z^(2m) - c^2` into `z^m - c` and `z^m + c`, down to `z - c`, or into 3, 4,
//! 5, 8 or 16 factors at a time. So each node has one constant as its twiddle, and the children of
//! a node are neighbours in memory: a part of the tree is worked on while it is in a cache
//! ([`walk`]). The order of the transformed values depends on the instruction set, so these values
//! are good only for products.
//!
//! Inside a transform, subnormal numbers are zeros. Callers scale blocks so that such numbers are
//! far below the rounding errors.

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

use crate::cpu::{FloatEnvironment, Isa, Real, Subnormals, isa};
use crate::error::{Error, Result};
use tables::Tables;
use walk::Operation;

/// The transform of blocks of one length.
pub struct Transform<T: Real> {
    half: usize,
    isa: Isa,
    tables: Arc<Tables<T>>,
}

impl<T: Real> Transform<T> {
    /// The shortest supported block of at least `at_least` real values, if there is one. Supported
    /// lengths are 2, 6 or 10 times a power of two.
    pub fn block_for(at_least: usize) -> Option<usize> {
        let times = |factor: usize| {
            at_least.div_ceil(factor).checked_next_power_of_two()?.checked_mul(factor)
        };
        [2, 6, 10].into_iter().filter_map(times).min()
    }

    /// A transform for blocks of `block_len` real values. The tables of recent transforms are kept. New
    /// tables are made by up to `threads` threads.
    ///
    /// # Errors
    /// `OutOfMemory`; `Internal` if `block_len` is not a length that [`Self::block_for`] returns.
    pub fn new(block_len: usize, threads: usize) -> Result<Self> {
        Self::new_on(isa(), block_len, threads)
    }

    fn new_on(isa: Isa, block_len: usize, threads: usize) -> Result<Self> {
        if Self::block_for(block_len) != Some(block_len) {
            return Err(Error::internal(format!("no transform of {block_len} points")));
        }
        let half = block_len / 2;
        Ok(Self { half, isa, tables: cache::tables(isa, half, threads)? })
    }

    /// Bytes of tables for blocks of `block_len` real values, while the tables are made.
    pub fn table_bytes(block_len: usize) -> usize {
        tables::bytes_to_make::<T>(isa(), block_len / 2)
    }

    /// The number of real values in a block. Each of the two planes has half of them.
    pub fn block(&self) -> usize {
        2 * self.half
    }

    /// Transforms blocks in place. The first plane of a block has its first half, the second plane
    /// its second half. Uses up to `threads` threads, including the caller's. The bits do not
    /// depend on the number of threads.
    ///
    /// # Panics
    /// If there are no blocks or more than [`MAX_COORDINATES`], or a plane has not `block() / 2`
    /// values.
    pub fn forward(&self, blocks: &mut [BlockMut<T>], threads: usize) {
        self.run(blocks, Operation::Forward, threads);
    }

    /// Transforms blocks in place, multiplies them by a transformed filter, and transforms them
    /// back. The blocks are the coordinates of a value. The results are `block() / 2` times too
    /// large. The first [`Product::results`] blocks hold the product. The other blocks are
    /// unspecified afterwards.
    ///
    /// # Panics
    /// As for [`Self::forward`], or if the filter has another number of blocks.
    /// [`Product::Complex`] takes two blocks.
    pub fn convolve(
        &self,
        blocks: &mut [BlockMut<T>],
        filter: &[Block<T>],
        product: Product,
        threads: usize,
    ) {
        assert!(filter.len() == blocks.len() && (product != Product::Complex || filter.len() == 2));
        assert!(filter.iter().flatten().all(|plane| plane.len() == self.half));
        self.run(blocks, Operation::Convolve(filter, product), threads);
    }

    fn run(&self, blocks: &mut [BlockMut<T>], operation: Operation<T>, threads: usize) {
        assert!((1..=MAX_COORDINATES).contains(&blocks.len()));
        assert!(blocks.iter().flatten().all(|plane| plane.len() == self.half));
        FloatEnvironment::run_with(Subnormals::Flush, || {
            walk::run(self.isa, &self.tables, blocks, operation, threads);
        });
    }
}

#[cfg(test)]
mod tests;
