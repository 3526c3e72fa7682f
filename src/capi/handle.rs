//! Handle objects: the `ctx` of every C handle points to one.
//!
//! Each object starts with the magic word of its noun. The library compares this word before it
//! touches anything else, so it detects empty handles, foreign handles and handles of another noun.
//! Using a freed handle is an error of the caller, as everywhere in C. Freeing clears the word,
//! which detects some of these errors.

use std::alloc::Layout;
use std::ffi::c_void;
use std::ptr::NonNull;

use crate::error::{Error, Result};
use crate::memory::{reserve, system};

/// The object that a handle's `ctx` points to.
#[repr(C)]
pub struct Object<V> {
    magic: u64,
    value: V,
}

/// A C handle, `struct { void *ctx; }`, and the Rust value behind it.
pub trait Handle: Copy {
    /// The type of the value that the handle owns.
    type Value;
    /// The noun in messages, such as "array".
    const NOUN: &'static str;
    /// The part of the magic word that is the noun's own.
    const NOUN_WORD: u64;
    /// `{NULL}`.
    const EMPTY: Self;
    /// The handle of an object.
    fn new(ctx: *mut c_void) -> Self;
    /// The object, or NULL.
    fn ctx(self) -> *mut c_void;
}

/// The first word of every object of a noun in this copy of the library. A process may hold several
/// copies, which cannot use each other's objects.
fn magic<H: Handle>() -> u64 {
    static THIS_COPY: u8 = 0;
    H::NOUN_WORD ^ (&raw const THIS_COPY).addr() as u64
}

/// `handle!(mlx_array, Array, "array", b"mlxc arr")` says which Rust value is behind a C handle
/// struct.
macro_rules! handle {
    ($handle:ident, $value:ty, $noun:literal, $magic:literal) => {
        impl super::handle::Handle for $handle {
            type Value = $value;
            const NOUN: &'static str = $noun;
            const NOUN_WORD: u64 = u64::from_le_bytes(*$magic);
            const EMPTY: Self = Self { ctx: std::ptr::null_mut() };
            fn new(ctx: *mut c_void) -> Self {
                Self { ctx }
            }
            fn ctx(self) -> *mut c_void {
                self.ctx
            }
        }

        impl $handle {
            /// `{NULL}`.
            pub(crate) const EMPTY: Self = <Self as super::handle::Handle>::EMPTY;
        }
    };
}
pub(super) use handle;

/// A handle of a new object. With `OutOfMemory`, `value` is dropped.
pub fn make<H: Handle>(value: H::Value) -> Result<H> {
    reserve::check()?;
    let layout = Layout::new::<Object<H::Value>>();
    // From the system, not from the reserve: this allocation may fail.
    // SAFETY: the layout is not empty: it holds at least the magic word.
    let object = unsafe { system::alloc(layout) }.cast::<Object<H::Value>>();
    let Some(object) = NonNull::new(object) else {
        return Err(Error::out_of_memory("a handle", layout.size()));
    };
    // SAFETY: fresh memory of the type's own layout.
    unsafe { object.write(Object { magic: magic::<H>(), value }) };
    Ok(H::new(object.as_ptr().cast()))
}

/// The object behind `handle`; `None` if it is empty.
///
/// # Safety
/// `handle` is empty, or its `ctx` points to a live object of this library or to at least 8 readable
/// bytes that are not one.
unsafe fn object<H: Handle>(handle: H, name: &str) -> Result<Option<NonNull<Object<H::Value>>>> {
    let Some(object) = NonNull::new(handle.ctx().cast::<Object<H::Value>>()) else {
        return Ok(None);
    };
    // SAFETY: the alignment is tested first, and the caller guarantees that the word is readable.
    if !object.is_aligned() || unsafe { (*object.as_ptr()).magic } != magic::<H>() {
        return Err(Error::invalid(format!(
            "{name}: not a handle of this library's {}s, or one that was freed",
            H::NOUN
        )));
    }
    Ok(Some(object))
}

/// Checks that `place` is neither NULL nor misaligned.
fn check_place<H>(place: *const H, name: &str) -> Result<()> {
    if place.is_null() {
        return Err(Error::invalid(format!("{name}: NULL")));
    }
    if !place.is_aligned() {
        return Err(Error::invalid(format!("{name}: misaligned")));
    }
    Ok(())
}

fn empty<H: Handle>(name: &str) -> Error {
    Error::invalid(format!("{name}: an empty {} handle", H::NOUN))
}

/// The value behind `handle`. An empty handle is an error.
///
/// # Safety
/// As for [`object`]. Nobody frees or sets the object while the reference is used.
pub unsafe fn borrow<'a, H: Handle>(handle: H, name: &str) -> Result<&'a H::Value>
where
    H::Value: 'a,
{
    // SAFETY: the caller guarantees it, and the magic word shows that the object holds a value.
    unsafe {
        let object = object(handle, name)?.ok_or_else(|| empty::<H>(name))?;
        Ok(&(*object.as_ptr()).value)
    }
}

/// [`borrow`] for a handle passed by address.
///
/// # Safety
/// `handle` is NULL, or points to a handle that meets the contract of [`borrow`].
pub unsafe fn borrow_at<'a, H: Handle>(handle: *const H, name: &str) -> Result<&'a H::Value>
where
    H::Value: 'a,
{
    check_place(handle, name)?;
    // SAFETY: the pointer is neither NULL nor misaligned, so the caller guarantees a handle there.
    unsafe { borrow(*handle, name) }
}

/// Drops the object behind `handle`. Does nothing if the handle is empty.
///
/// # Safety
/// As for [`object`]. Nobody uses the object any more.
pub unsafe fn free<H: Handle>(handle: H, name: &str) -> Result<()> {
    // SAFETY: the caller guarantees it.
    let Some(object) = (unsafe { object(handle, name)? }) else {
        return Ok(());
    };
    // SAFETY: the object is live and from `make`, which took it from the system with the layout that
    // `Box` uses to free it. The write is volatile, because the compiler would remove an ordinary
    // write before a free.
    unsafe {
        (&raw mut (*object.as_ptr()).magic).write_volatile(0);
        drop(Box::from_raw(object.as_ptr()));
    }
    Ok(())
}

/// A destination handle, checked before any work is done for it.
pub struct Out<H: Handle>(*mut H, Option<NonNull<Object<H::Value>>>);

impl<H: Handle> Out<H> {
    /// Checks that `*out` is empty or of the right noun.
    ///
    /// # Safety
    /// Until this value is gone, `out` is NULL, or points to a handle that meets the contract of
    /// [`object`].
    pub unsafe fn new(out: *mut H, name: &str) -> Result<Self> {
        check_place(out, name)?;
        // SAFETY: the pointer is neither NULL nor misaligned, so the caller guarantees a handle
        // there.
        let object = unsafe { object(*out, name)? };
        Ok(Self(out, object))
    }

    /// Makes the handle stand for `value`. The object of a live handle changes in place, so that
    /// copies of the handle see the new value. An empty handle receives a new object. The old value
    /// is dropped last.
    pub fn set(self, value: H::Value) -> Result<()> {
        reserve::check()?;
        match self.1 {
            // SAFETY: the caller of `new` keeps the object alive, and nobody else uses it during the
            // call. `value` does not borrow from the object, because the value of a handle owns its
            // contents.
            Some(object) => drop(unsafe { (&raw mut (*object.as_ptr()).value).replace(value) }),
            // SAFETY: `new` checked the pointer, and its caller keeps it valid.
            None => unsafe { self.0.write(make(value)?) },
        }
        Ok(())
    }
}
