//! An array: a layout over shared storage, and the questions that a caller may ask about its
//! values.

use std::sync::Arc;

use super::promise::Promise;
use super::{Layout, Rows, View};
use crate::dtype::{Dtype, Element};
use crate::error::{Error, Result};
use crate::gpu::{self, Gpu};
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

    /// An array of one element and no dimensions.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn scalar<T: Element>(value: T) -> Result<Self> {
        let layout = Layout::contiguous(&[], T::DTYPE)?;
        Self::copied(layout, T::DTYPE, bytemuck::bytes_of(&value))
    }

    /// An array with a copy of `bytes`, the elements of a contiguous layout.
    ///
    /// # Errors
    /// `OutOfMemory`.
    ///
    /// # Panics
    /// If the size of `bytes` differs from that of the layout's elements.
    pub fn copied(layout: Layout, dtype: Dtype, bytes: &[u8]) -> Result<Self> {
        let mut buffer = Buffer::new(layout.size() * dtype.size(), "an array")?;
        memory::copy(bytes, &mut buffer);
        Ok(Self::new(layout, dtype, Promise::kept(Storage::Owned(buffer))))
    }

    /// An array with a contiguous layout over borrowed memory.
    pub fn managed(layout: Layout, dtype: Dtype, memory: Arc<Managed>) -> Self {
        Self::new(layout, dtype, Promise::kept(Storage::Managed(memory)))
    }

    /// The dtype.
    pub fn dtype(&self) -> Dtype {
        self.0.dtype
    }

    /// The sizes of the dimensions.
    pub fn shape(&self) -> &[i32] {
        self.0.layout.shape()
    }

    /// The distances between neighbours along the dimensions, in elements.
    pub fn strides(&self) -> &[i64] {
        self.0.layout.strides()
    }

    /// The number of elements.
    pub fn size(&self) -> usize {
        self.0.layout.size()
    }

    /// Whether the elements are contiguous.
    pub fn is_contiguous(&self) -> bool {
        self.0.layout.is_contiguous()
    }

    /// The positions of the elements.
    pub(super) fn layout(&self) -> &Layout {
        &self.0.layout
    }

    /// Waits until the values are computed.
    ///
    /// # Errors
    /// The failure of the work that computes the values.
    pub fn wait(&self) -> Result<()> {
        self.0.promise.wait()
    }

    /// Whether the values are ready or have failed; `None` while they are pending.
    pub fn outcome(&self) -> Option<Result<()>> {
        self.0.promise.outcome()
    }

    /// Whether the host need not wait for the values: they are in its memory, or have failed.
    pub fn is_at_hand(&self) -> bool {
        self.0.promise.is_at_hand()
    }

    /// The storage as elements.
    ///
    /// # Errors
    /// As for [`Self::wait`].
    pub(super) fn elements<T: Element>(&self) -> Result<&[T]> {
        Ok(bytemuck::cast_slice(self.0.promise.bytes()?))
    }

    /// The storage from the first element on.
    ///
    /// # Errors
    /// As for [`Self::wait`].
    pub fn ready_bytes(&self) -> Result<&[u8]> {
        Ok(&self.0.promise.bytes()?[self.0.layout.offset() * self.0.dtype.size()..])
    }

    /// The value of an array of one element.
    ///
    /// # Errors
    /// `InvalidArgument` if the dtype differs from `T`'s or the size is not 1; as for
    /// [`Self::wait`].
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

    /// The length of a 1-D array that is not empty and has not failed. Does not wait. `name` is the
    /// name of the argument.
    ///
    /// # Errors
    /// `InvalidArgument` for another shape; the failure of an array that has already failed.
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

    /// Succeeds if the values are ready or pending. `name` is the name of the argument.
    ///
    /// # Errors
    /// The failure of the work that computes the values.
    pub fn not_failed(&self, name: &'static str) -> Result<()> {
        match self.outcome() {
            Some(Err(error)) => Err(error.inherited(name)),
            _ => Ok(()),
        }
    }

    /// The elements of a 1-D array that is not empty, as an operand. Waits for them. `name` is the
    /// name of the argument.
    ///
    /// # Errors
    /// `InvalidArgument` for another shape; as for [`Self::wait`].
    pub fn operand(&self, name: &'static str) -> Result<View<'_>> {
        let len = self.operand_len(name)?;
        Ok(View {
            bytes: self.0.promise.bytes().map_err(|error| error.inherited(name))?,
            dtype: self.dtype(),
            offset: self.0.layout.offset(),
            // One element has no neighbour, so its stride may be anything. Every other stride was
            // checked against the storage's size.
            stride: if len == 1 { 1 } else { self.strides()[0] as isize },
            len,
        })
    }

    /// The rows of this array: `len` elements each, `stride` apart, the first of them at the
    /// array's first element. Waits for the values. `name` is the name of the argument.
    ///
    /// # Errors
    /// As for [`Self::wait`].
    pub fn rows(&self, name: &'static str, stride: isize, len: usize) -> Result<Rows<'_>> {
        let bytes = self.0.promise.bytes().map_err(|error| error.inherited(name))?;
        let offset = self.0.layout.offset();
        Ok(Rows { bytes, dtype: self.dtype(), offset, stride, step: 0, len })
    }

    /// The array's storage on `gpu`, and the place of the first element in it. Waits until the values
    /// are ready there. `name` is the name of the argument.
    ///
    /// # Errors
    /// As for [`Self::wait`]; `OutOfMemory`, `DeviceLost`.
    pub fn on_gpu(&self, gpu: &Gpu, name: &'static str) -> Result<(gpu::Buffer, usize)> {
        let buffer = self.0.promise.on_gpu(gpu).map_err(|error| error.inherited(name))?;
        Ok((buffer, self.0.layout.offset()))
    }

    /// An estimate of the time that [`Self::on_gpu`] takes. Infinite if it would have to wait.
    pub fn uploading_nanoseconds(&self, gpu: &Gpu) -> f64 {
        /// Nanoseconds for one byte.
        const BYTE: f64 = 0.2;
        match self.outcome() {
            None => f64::INFINITY,
            Some(_) => self.0.promise.bytes_to_copy(gpu) as f64 * BYTE,
        }
    }

    /// An estimate of the time that [`Self::copy_to`] takes. Infinite if it would have to wait.
    pub fn copying_nanoseconds(&self) -> f64 {
        /// Nanoseconds for one element, at any position.
        const ELEMENT: f64 = 2.0;
        if self.is_at_hand() { self.size() as f64 * ELEMENT } else { f64::INFINITY }
    }

    /// Copies the elements to `out`, contiguous and in order. `out` has exactly their size. `name`
    /// is the name of the argument.
    ///
    /// # Errors
    /// As for [`Self::wait`].
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

    /// A view of this array, which is contiguous. `layout` is a layout over the same number of
    /// elements.
    pub fn viewed(&self, layout: Layout) -> Self {
        debug_assert!(self.is_contiguous());
        let layout = layout.shifted(self.0.layout.offset());
        Self::new(layout, self.dtype(), self.0.promise.clone())
    }
}
