//! An array: a layout over shared storage, and what may be asked of its values.

use std::sync::Arc;

use super::promise::Promise;
use super::{Layout, View};
use crate::dtype::{Dtype, Element};
use crate::error::{Error, Result};
use crate::memory::{self, Buffer, Managed, Storage};

/// Values that never change. Clones share them.
#[derive(Clone)]
pub struct Array(Arc<Values>);

struct Values {
    layout: Layout,
    dtype: Dtype,
    promise: Arc<Promise>,
}

impl Array {
    pub(super) fn new(layout: Layout, dtype: Dtype, promise: Arc<Promise>) -> Self {
        Self(Arc::new(Values { layout, dtype, promise }))
    }

    /// One element, no dimensions.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn scalar<T: Element>(value: T) -> Result<Self> {
        let layout = Layout::contiguous(&[], T::DTYPE)?;
        Self::copied(layout, T::DTYPE, bytemuck::bytes_of(&value))
    }

    /// A copy of `bytes`, which are those of a contiguous layout.
    ///
    /// # Errors
    /// `OutOfMemory`.
    ///
    /// # Panics
    /// If `bytes` has another size than the layout's elements.
    pub fn copied(layout: Layout, dtype: Dtype, bytes: &[u8]) -> Result<Self> {
        let mut buffer = Buffer::new(layout.size() * dtype.size(), "an array")?;
        memory::copy(bytes, &mut buffer);
        Ok(Self::new(layout, dtype, Promise::kept(Storage::Owned(buffer))))
    }

    /// A contiguous layout over borrowed memory.
    pub fn managed(layout: Layout, dtype: Dtype, memory: Arc<Managed>) -> Self {
        Self::new(layout, dtype, Promise::kept(Storage::Managed(memory)))
    }

    /// The dtype.
    pub fn dtype(&self) -> Dtype {
        self.0.dtype
    }

    /// Sizes of the dimensions.
    pub fn shape(&self) -> &[i32] {
        self.0.layout.shape()
    }

    /// Distances between neighbours, in elements.
    pub fn strides(&self) -> &[i64] {
        self.0.layout.strides()
    }

    /// Number of elements.
    pub fn size(&self) -> usize {
        self.0.layout.size()
    }

    /// Whether the elements lie side by side.
    pub fn is_contiguous(&self) -> bool {
        self.0.layout.is_contiguous()
    }

    /// Where the elements lie.
    pub(super) fn layout(&self) -> &Layout {
        &self.0.layout
    }

    /// Waits until the values are there.
    ///
    /// # Errors
    /// What computing them failed with.
    pub fn wait(&self) -> Result<()> {
        self.0.promise.wait()
    }

    /// Whether the values are there; `None` while they are being made.
    pub fn outcome(&self) -> Option<Result<()>> {
        self.0.promise.outcome()
    }

    /// The storage, as elements.
    ///
    /// # Errors
    /// As [`Self::wait`].
    pub(super) fn elements<T: Element>(&self) -> Result<&[T]> {
        Ok(bytemuck::cast_slice(self.0.promise.bytes()?))
    }

    /// The storage from the first element on.
    ///
    /// # Errors
    /// As [`Self::wait`].
    pub fn ready_bytes(&self) -> Result<&[u8]> {
        Ok(&self.0.promise.bytes()?[self.0.layout.offset() * self.0.dtype.size()..])
    }

    /// The value of an array of one element.
    ///
    /// # Errors
    /// `InvalidArgument` if the dtype is not `T`'s or the size not 1; as [`Self::wait`].
    pub fn item<T: Element>(&self) -> Result<T> {
        if self.dtype() != T::DTYPE {
            let (is, asked) = (self.dtype().name(), T::DTYPE.name());
            return Err(Error::invalid(format!("arr: has dtype {is}, not {asked}")));
        }
        if self.size() != 1 {
            return Err(Error::invalid(format!("arr: has {} elements, not 1", self.size())));
        }
        Ok(self.elements::<T>()?[self.0.layout.offset()])
    }

    /// The length of a 1-D array that is not empty, and has not failed already. `name` is the argument's.
    ///
    /// # Errors
    /// `InvalidArgument` for another shape; as [`Self::wait`], without waiting.
    pub fn operand_len(&self, name: &'static str) -> Result<usize> {
        let &[len] = self.shape() else {
            let message = format!("{name}: has {} dimensions, must be 1-D", self.shape().len());
            return Err(Error::invalid(message));
        };
        if len == 0 {
            return Err(Error::invalid(format!("{name}: has no elements")));
        }
        self.not_failed(name)?;
        Ok(len as usize)
    }

    /// Whether the values are there or in the making. `name` is the argument's.
    ///
    /// # Errors
    /// What computing them has failed with.
    pub fn not_failed(&self, name: &'static str) -> Result<()> {
        match self.outcome() {
            Some(Err(error)) => Err(error.inherited(name)),
            _ => Ok(()),
        }
    }

    /// The elements of a 1-D array that is not empty, as an operand. `name` is the argument's.
    ///
    /// # Errors
    /// `InvalidArgument` for another shape; as [`Self::wait`].
    pub fn operand(&self, name: &'static str) -> Result<View<'_>> {
        let len = self.operand_len(name)?;
        Ok(View {
            bytes: self.0.promise.bytes().map_err(|error| error.inherited(name))?,
            dtype: self.dtype(),
            offset: self.0.layout.offset(),
            // One element has no neighbour; any other stride was checked against the storage's
            // size.
            stride: if len == 1 { 1 } else { self.strides()[0] as isize },
            len,
        })
    }

    /// About how long [`Self::copy_to`] takes: for ever where it has to wait.
    pub fn copying_nanoseconds(&self) -> f64 {
        /// For an element, wherever it lies.
        const ELEMENT: f64 = 2.0;
        if self.outcome().is_none() { f64::INFINITY } else { self.size() as f64 * ELEMENT }
    }

    /// Copies the elements side by side into `out`, which is as large as they are. `name` is the argument's.
    ///
    /// # Errors
    /// As [`Self::wait`].
    pub fn copy_to(&self, out: &mut [u8], name: &'static str) -> Result<()> {
        let source = self.0.promise.bytes().map_err(|error| error.inherited(name))?;
        let size = self.dtype().size();
        let mut targets = out.chunks_exact_mut(size);
        self.0.layout.for_each_index(|index| {
            if let Some(target) = targets.next() {
                target.copy_from_slice(&source[index * size..][..size]);
            }
        });
        Ok(())
    }

    /// A window over the elements of this array, which is contiguous; `layout` is one over as many elements.
    pub fn viewed(&self, layout: Layout) -> Self {
        debug_assert!(self.is_contiguous());
        let layout = layout.shifted(self.0.layout.offset());
        Self::new(layout, self.dtype(), self.0.promise.clone())
    }
}
