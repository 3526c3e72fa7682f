//! Values that belong to a thread and go with it.

#![allow(unsafe_code)]

/// A static with one value a thread, made when the thread first asks for it and dropped when the thread ends.
///
/// `thread_local!` does the same, but where the system has no memory to note that there is something to drop,
/// it ends the process.
pub struct PerThread<T: 'static>(imp::Slot<T>);

impl<T: Default + 'static> PerThread<T> {
    /// Made by nobody yet.
    pub const fn new() -> Self {
        Self(imp::Slot::new())
    }

    /// Calls `body` with the calling thread's value; `None` where there is no memory for it.
    pub fn with<R>(&'static self, body: impl FnOnce(&T) -> R) -> Option<R> {
        self.0.with(body)
    }
}

#[cfg(unix)]
mod imp {
    use std::ffi::c_void;
    use std::marker::PhantomData;

    use crate::process::Once;

    pub struct Slot<T>(Once<libc::pthread_key_t>, PhantomData<fn() -> T>);

    impl<T: Default + 'static> Slot<T> {
        pub const fn new() -> Self {
            Self(Once::new(), PhantomData)
        }

        pub fn with<R>(&'static self, body: impl FnOnce(&T) -> R) -> Option<R> {
            let key = *self.0.try_get(|| {
                let mut key = 0;
                // SAFETY: a place for a key, and a destructor that takes what `with` stores under it.
                let status = unsafe { libc::pthread_key_create(&mut key, Some(drop_value::<T>)) };
                (status == 0).then_some(key)
            })?;
            // SAFETY: the key exists.
            let mut value = unsafe { libc::pthread_getspecific(key) }.cast::<T>();
            if value.is_null() {
                value = Box::into_raw(Box::<T>::default());
                // SAFETY: the key exists; the system calls its destructor once with the value.
                if unsafe { libc::pthread_setspecific(key, value.cast()) } != 0 {
                    // SAFETY: from the box above, and stored nowhere.
                    drop(unsafe { Box::from_raw(value) });
                    return None;
                }
            }
            // SAFETY: a box's, alive until this thread ends, and reached by this thread only, through shared
            // references only.
            Some(body(unsafe { &*value }))
        }
    }

    /// # Safety
    /// `value` is from `with`, and nobody else's any more.
    unsafe extern "C" fn drop_value<T>(value: *mut c_void) {
        // SAFETY: the caller's word.
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

    thread_local! {
        static VALUES: RefCell<HashMap<TypeId, Rc<dyn Any>>> = RefCell::default();
    }

    /// By type: no two statics have the same.
    pub struct Slot<T>(PhantomData<fn() -> T>);

    impl<T: Default + 'static> Slot<T> {
        pub const fn new() -> Self {
            Self(PhantomData)
        }

        pub fn with<R>(&'static self, body: impl FnOnce(&T) -> R) -> Option<R> {
            let value = VALUES.try_with(|values| {
                let mut values = values.borrow_mut();
                values.entry(TypeId::of::<T>()).or_insert_with(|| Rc::<T>::default()).clone()
            });
            value.ok()?.downcast_ref().map(body)
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
                    let before = SLOT.with(|value| value.0.replace(value.0.get() + step));
                    assert_eq!(before, Some(turn * step));
                }
            })
        });
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(DROPPED.load(Ordering::Relaxed), 33);
    }
}
