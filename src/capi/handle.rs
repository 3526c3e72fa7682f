//! Handle objects: what the `ctx` of every C handle points to.
//!
//! Each starts with a magic word of its noun, so that an empty, foreign or wrong-noun handle is
//! told apart before anything behind it is touched. A freed handle is the caller's error, as
//! everywhere in C; clearing the word on the way out catches the lucky cases.

use std::alloc::Layout;
use std::ffi::c_void;
use std::ptr::NonNull;

use crate::error::{Error, Result};
use crate::memory::{reserve, system};

/// What a handle's `ctx` points to.
#[repr(C)]
pub struct Object<V> {
    magic: u64,
    value: V,
}

/// A C handle, `struct { void *ctx; }`, and the Rust value that it stands for.
pub trait Handle: Copy {
    /// What the handle owns.
    type Value;
    /// In messages: "array".
    const NOUN: &'static str;
    /// What the first word of every object of this noun is made of.
    const NOUN_WORD: u64;
    /// `{NULL}`.
    const EMPTY: Self;
    /// The handle of an object.
    fn new(ctx: *mut c_void) -> Self;
    /// The object, or NULL.
    fn ctx(self) -> *mut c_void;
}

/// The first word of every object of a noun, in this copy of the library: a process may hold several, whose objects
/// know nothing of each other.
fn magic<H: Handle>() -> u64 {
    static THIS_COPY: u8 = 0;
    H::NOUN_WORD ^ (&raw const THIS_COPY).addr() as u64
}

/// `handle!(mlx_array, Array, "array", b"mlxc arr")`: what a C handle struct stands for.
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

/// A handle of a new object; `OutOfMemory` drops `value`.
pub fn make<H: Handle>(value: H::Value) -> Result<H> {
    reserve::check()?;
    let layout = Layout::new::<Object<H::Value>>();
    // Not from the reserve: this may fail.
    // SAFETY: the layout is not empty, it holds at least the magic word.
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
    // SAFETY: aligned is tested first, readable is the caller's word.
    if !object.is_aligned() || unsafe { (*object.as_ptr()).magic } != magic::<H>() {
        return Err(Error::invalid(format!(
            "{name}: not a handle of this library's {}s, or one that was freed",
            H::NOUN
        )));
    }
    Ok(Some(object))
}

/// That `place` is neither NULL nor misaligned.
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

/// What `handle` stands for. An empty handle is an error.
///
/// # Safety
/// As [`object`]; and the object is neither freed nor set while the reference is used.
pub unsafe fn borrow<'a, H: Handle>(handle: H, name: &str) -> Result<&'a H::Value>
where
    H::Value: 'a,
{
    // SAFETY: the caller's word; the magic word says that the object holds a value.
    unsafe {
        let object = object(handle, name)?.ok_or_else(|| empty::<H>(name))?;
        Ok(&(*object.as_ptr()).value)
    }
}

/// [`borrow`] for a handle passed by address.
///
/// # Safety
/// `handle` is NULL or points to a handle, with which as [`borrow`].
pub unsafe fn borrow_at<'a, H: Handle>(handle: *const H, name: &str) -> Result<&'a H::Value>
where
    H::Value: 'a,
{
    check_place(handle, name)?;
    // SAFETY: neither NULL nor misaligned, so a handle by the caller's word.
    unsafe { borrow(*handle, name) }
}

/// Drops the object behind `handle`. Nothing to do where it is empty.
///
/// # Safety
/// As [`object`]; and nobody uses the object any more.
pub unsafe fn free<H: Handle>(handle: H, name: &str) -> Result<()> {
    // SAFETY: the caller's word.
    let Some(object) = (unsafe { object(handle, name)? }) else {
        return Ok(());
    };
    // SAFETY: the object is alive and from `make`, which took it from the system with the layout
    // that `Box` gives it back with. The write is volatile, or the compiler would drop it before a free.
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
    /// `out` is NULL or points to a handle, with which as [`object`], until this value is gone.
    pub unsafe fn new(out: *mut H, name: &str) -> Result<Self> {
        check_place(out, name)?;
        // SAFETY: neither NULL nor misaligned, so a handle by the caller's word.
        let object = unsafe { object(*out, name)? };
        Ok(Self(out, object))
    }

    /// Makes the handle stand for `value`: the object behind it is rebound in place, so that copies
    /// of the handle see it, or made anew where the handle is empty. What it held goes last.
    pub fn set(self, value: H::Value) -> Result<()> {
        reserve::check()?;
        match self.1 {
            // SAFETY: `new`'s caller keeps the object alive, and nobody else uses it during the
            // call. `value` does not borrow from it: a handle's value owns what it holds.
            Some(object) => drop(unsafe { (&raw mut (*object.as_ptr()).value).replace(value) }),
            // SAFETY: `new` found the place good, and its caller keeps it so.
            None => unsafe { self.0.write(make(value)?) },
        }
        Ok(())
    }
}
