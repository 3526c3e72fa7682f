//! Plain pointers from C: checked for NULL, alignment and length before they are read or written.

use std::ffi::c_void;
use std::ptr::NonNull;

use crate::dtype::Dtype;
use crate::error::{Error, Result};

/// The destination of a plain result.
pub struct Place<T>(*mut T);

impl<T> Place<T> {
    /// Checks the pointer.
    ///
    /// # Safety
    /// Until this value is gone, `ptr` is NULL or valid for writing one `T`.
    pub unsafe fn new(ptr: *mut T, name: &str) -> Result<Self> {
        check(ptr.cast(), align_of::<T>(), name)?;
        Ok(Self(ptr))
    }

    /// Writes the result. The destination need not be initialised.
    pub fn write(self, value: T) {
        // SAFETY: `new` checked that the pointer is neither NULL nor misaligned. Its caller
        // guarantees the rest.
        unsafe { self.0.write(value) }
    }
}

fn check(ptr: *const c_void, alignment: usize, name: &str) -> Result<()> {
    // The alignment is a power of two.
    if ptr.is_null() || ptr.addr() & (alignment - 1) != 0 {
        return Err(bad_pointer(ptr, alignment, name));
    }
    Ok(())
}

#[cold]
fn bad_pointer(ptr: *const c_void, alignment: usize, name: &str) -> Error {
    if ptr.is_null() {
        return Error::invalid(format!("{name}: NULL"));
    }
    Error::invalid(format!("{name}: {ptr:p} is not aligned to {alignment} bytes"))
}

/// `len` values at `ptr`, which may be NULL if `len` is 0.
///
/// # Safety
/// `ptr` is NULL, or valid for reading `len` initialised values as long as the slice is used.
pub unsafe fn slice<'a, T>(ptr: *const T, len: usize, name: &str) -> Result<&'a [T]> {
    if len == 0 {
        return Ok(&[]);
    }
    check(ptr.cast(), align_of::<T>(), name)?;
    let bytes = len.checked_mul(size_of::<T>()).filter(|&bytes| bytes <= isize::MAX as usize);
    if bytes.and_then(|bytes| ptr.addr().checked_add(bytes)).is_none() {
        let bytes = len as u128 * size_of::<T>() as u128;
        return Err(Error::invalid(format!(
            "{name}: {bytes} bytes from {ptr:p} on reach beyond the end of the address space"
        )));
    }
    // SAFETY: the pointer is not NULL and is aligned. The size is at most `isize::MAX` and does not
    // wrap around the address space. The caller guarantees the rest.
    Ok(unsafe { std::slice::from_raw_parts(ptr, len) })
}

/// An aligned address for a slice of no bytes. It suits every dtype.
#[repr(align(64))]
struct Nothing([u8; 0]);
static NOTHING: Nothing = Nothing([]);

/// `len` bytes at `ptr`, which must be aligned to `alignment`. If `len` is 0, `ptr` is not used.
///
/// # Safety
/// As for [`slice()`].
pub unsafe fn bytes<'a>(
    ptr: *const c_void,
    len: usize,
    alignment: usize,
    name: &str,
) -> Result<&'a [u8]> {
    if len == 0 {
        return Ok(&NOTHING.0);
    }
    check(ptr, alignment, name)?;
    // SAFETY: the caller guarantees it.
    unsafe { slice(ptr.cast(), len, name) }
}

/// An operand of `mlx_convolve_into`: contiguous elements of a dtype.
#[derive(Clone, Copy)]
pub struct Operand {
    ptr: NonNull<u8>,
    bytes: usize,
}

impl Operand {
    /// Checks the pointer and the length. Reads no element.
    ///
    /// # Safety
    /// `ptr` is NULL, or valid for `len` elements of `dtype` as long as the operand is used: for
    /// reading if it is an input, for writing if it is an output.
    pub unsafe fn new(ptr: *const c_void, len: usize, dtype: Dtype, name: &str) -> Result<Self> {
        check(ptr, dtype.alignment(), name)?;
        if len == 0 {
            return Err(Self::empty(name));
        }
        let bytes = len.checked_mul(dtype.size()).filter(|&bytes| bytes <= isize::MAX as usize);
        if let (Some(bytes), Some(ptr)) = (bytes, NonNull::new(ptr.cast_mut().cast::<u8>()))
            && ptr.addr().checked_add(bytes).is_some()
        {
            return Ok(Self { ptr, bytes });
        }
        Err(Self::too_long(len, dtype, name))
    }

    #[cold]
    fn empty(name: &str) -> Error {
        Error::invalid(format!("{name}_len: 0, but {name} must not be empty"))
    }

    #[cold]
    fn too_long(len: usize, dtype: Dtype, name: &str) -> Error {
        let size = dtype.size();
        Error::invalid(format!("{name}_len: {len} elements of {size} bytes exceed memory"))
    }

    /// The elements' bytes, for reading.
    ///
    /// # Safety
    /// The operand is an input, valid for `'a`. Nobody writes to it during `'a`.
    pub unsafe fn bytes<'a>(self) -> &'a [u8] {
        // SAFETY: `new` checked the pointer and the size. Its caller guarantees that the bytes are
        // valid.
        unsafe { std::slice::from_raw_parts(self.ptr.as_ptr(), self.bytes) }
    }

    /// The elements' bytes, for writing.
    ///
    /// # Safety
    /// The operand is an output, valid for `'a`. During `'a` nothing else reaches its memory: the
    /// operand is [`apart`] from every input in use, and this function is called only once.
    pub unsafe fn bytes_mut<'a>(self) -> &'a mut [u8] {
        // SAFETY: the caller guarantees that the memory is valid, and `new` checked the size. The
        // bytes of a C buffer count as initialised even if nobody wrote them: they come from outside
        // Rust, which cannot assume anything about them.
        unsafe { std::slice::from_raw_parts_mut(self.ptr.as_ptr(), self.bytes) }
    }
}

/// Refuses an output that shares memory with the input `name`.
pub fn apart(out: Operand, input: Operand, name: &str) -> Result<()> {
    let (o, i) = (out.ptr.addr().get(), input.ptr.addr().get());
    if o < i + input.bytes && i < o + out.bytes {
        return Err(overlap(name));
    }
    Ok(())
}

#[cold]
fn overlap(name: &str) -> Error {
    Error::invalid(format!("out: overlaps {name}"))
}
