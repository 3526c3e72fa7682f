//! Values that belong to a thread and are dropped at its end.

#![allow(unsafe_code)]

use crate::error::Result;

/// A static with one value for each thread. The value is made when the thread first asks for it,
/// and dropped when the thread ends.
///
/// `thread_local!` does the same, but it ends the process if the system has no memory to note that
/// there is something to drop.
pub struct PerThread<T: 'static>(imp::Slot<T>);

impl<T: 'static> PerThread<T> {
    /// A static for which no thread has a value yet.
    pub const fn new() -> Self {
        Self(imp::Slot::new())
    }

    /// Calls `body` with the calling thread's value. If the thread has no value, `make` makes it.
    ///
    /// # Errors
    /// `OutOfMemory` if the system has no room for one more value; those of `make`.
    pub fn with<R>(
        &'static self,
        make: impl FnOnce() -> Result<Box<T>>,
        body: impl FnOnce(&T) -> R,
    ) -> Result<R> {
        self.0.with(make, body)
    }
}

#[cfg(unix)]
mod imp {
    use std::ffi::c_void;
    use std::marker::PhantomData;

    use crate::error::{Error, Result};
    use crate::process::Once;

    pub struct Slot<T>(Once<Key>, PhantomData<fn() -> T>);

    /// A key of the system, under which each thread has a value.
    struct Key(libc::pthread_key_t);

    impl Drop for Key {
        fn drop(&mut self) {
            // SAFETY: the key exists. Only a key that was not stored is dropped, so no thread has a
            // value under it.
            unsafe { libc::pthread_key_delete(self.0) };
        }
    }

    impl<T: 'static> Slot<T> {
        pub const fn new() -> Self {
            Self(Once::new(), PhantomData)
        }

        pub fn with<R>(
            &'static self,
            make: impl FnOnce() -> Result<Box<T>>,
            body: impl FnOnce(&T) -> R,
        ) -> Result<R> {
            let key = self.0.try_get(|| {
                let mut key = 0;
                // SAFETY: `key` has room for a key, and the destructor accepts the values that `with`
                // stores under it.
                let status = unsafe { libc::pthread_key_create(&mut key, Some(drop_value::<T>)) };
                (status == 0).then(|| Key(key))
            });
            let Some(&Key(key)) = key else {
                return Err(Error::exhausted(
                    "out of keys for values of threads: the process has made as many as the system allows \
                     (pthread_key_create, PTHREAD_KEYS_MAX)",
                ));
            };
            // SAFETY: the key exists.
            let mut value = unsafe { libc::pthread_getspecific(key) }.cast::<T>();
            if value.is_null() {
                value = Box::into_raw(make()?);
                // SAFETY: the key exists; the system calls its destructor once with the value.
                if unsafe { libc::pthread_setspecific(key, value.cast()) } != 0 {
                    // SAFETY: the value is from the box above and is stored nowhere.
                    drop(unsafe { Box::from_raw(value) });
                    return Err(Error::out_of_memory("a value of a thread", size_of::<T>()));
                }
            }
            // SAFETY: the value is from a box and lives until this thread ends. Only this thread
            // reaches it, and only through shared references.
            Ok(body(unsafe { &*value }))
        }
    }

    /// # Safety
    /// `value` is from `with`, and nobody else uses it any more.
    unsafe extern "C" fn drop_value<T>(value: *mut c_void) {
        // SAFETY: the caller guarantees it.
        drop(unsafe { Box::from_raw(value.cast::<T>()) });
    }
}

#[cfg(not(unix))]
mod imp {
    use std::any::{Any, TypeId};
    use std::cell::RefCell;
    use std::collections::HashMap;
    use std::marker::PhantomData;
    use std::rc::Rc;

    use crate::error::{Error, Result};

    thread_local! {
        static VALUES: RefCell<HashMap<TypeId, Rc<dyn Any>>> = RefCell::default();
    }

    /// A slot is known by its type: no two statics have the same type.
    pub struct Slot<T>(PhantomData<fn() -> T>);

    impl<T: 'static> Slot<T> {
        pub const fn new() -> Self {
            Self(PhantomData)
        }

        pub fn with<R>(
            &'static self,
            make: impl FnOnce() -> Result<Box<T>>,
            body: impl FnOnce(&T) -> R,
        ) -> Result<R> {
            let known = |values: &RefCell<HashMap<TypeId, Rc<dyn Any>>>| {
                values.borrow().get(&TypeId::of::<T>()).cloned()
            };
            let ended = |_| Error::exhausted("the thread is about to end, and its values are gone");
            let value = match VALUES.try_with(known).map_err(ended)? {
                Some(value) => value,
                None => {
                    let made: Rc<T> = Rc::from(make()?);
                    let new: Rc<dyn Any> = made;
                    let insert = |values: &RefCell<HashMap<_, _>>| {
                        values.borrow_mut().insert(TypeId::of::<T>(), new.clone())
                    };
                    VALUES.try_with(insert).map_err(ended)?;
                    new
                }
            };
            let value =
                value.downcast_ref().ok_or_else(|| Error::internal("a value of another type"))?;
            Ok(body(value))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn a_value_a_thread_dropped_at_its_end() {
        static DROPPED: AtomicUsize = AtomicUsize::new(0);
        #[derive(Default)]
        struct Counted(std::cell::Cell<u32>);
        impl Drop for Counted {
            fn drop(&mut self) {
                DROPPED.fetch_add(self.0.get() as usize, Ordering::Relaxed);
            }
        }
        static SLOT: PerThread<Counted> = PerThread::new();
        let threads = [1, 10].map(|step| {
            std::thread::spawn(move || {
                for turn in 0..3 {
                    let before = SLOT
                        .with(|| Ok(Box::default()), |value| value.0.replace(value.0.get() + step));
                    assert_eq!(before, Ok(turn * step));
                }
            })
        });
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(DROPPED.load(Ordering::Relaxed), 33);
    }
}
