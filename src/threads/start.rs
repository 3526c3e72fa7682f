//! Starting a thread, or finding that it cannot be started.

#![allow(unsafe_code)]

#[cfg(unix)]
use std::sync::atomic::{AtomicUsize, Ordering};

use super::signals::without_signals;
use crate::memory::reserve;

/// What runs on a thread.
type Body = Box<dyn FnOnce() + Send>;

/// Runs `body` on a thread of its own, which takes no signals and is waited for by nobody. Returns whether it
/// could be started.
///
/// The standard library's way ends the process where memory lacks.
#[must_use]
pub fn start(body: impl FnOnce() + Send + 'static) -> bool {
    // It lives as long as the thread, so it must not be of the reserve.
    let body = reserve::kept(|| Box::new(Box::new(body) as Body));
    body.is_ok_and(start_boxed)
}

#[cfg(unix)]
fn start_boxed(body: Box<Body>) -> bool {
    use std::mem::MaybeUninit;

    let body = Box::into_raw(body);
    let mut attributes = MaybeUninit::uninit();
    let mut thread = MaybeUninit::uninit();
    // SAFETY: attributes are made before they are used, and unmade after that; `run` takes what it is given.
    let started = unsafe {
        libc::pthread_attr_init(attributes.as_mut_ptr()) == 0 && {
            libc::pthread_attr_setdetachstate(
                attributes.as_mut_ptr(),
                libc::PTHREAD_CREATE_DETACHED,
            );
            let stack = STACK + STACK_OF_PLATFORM.load(Ordering::Relaxed);
            libc::pthread_attr_setstacksize(attributes.as_mut_ptr(), stack);
            let status = without_signals(|| {
                libc::pthread_create(thread.as_mut_ptr(), attributes.as_ptr(), run, body.cast())
            });
            libc::pthread_attr_destroy(attributes.as_mut_ptr());
            status == 0
        }
    };
    if !started {
        // SAFETY: from the box above, and no thread has it.
        drop(unsafe { Box::from_raw(body) });
    }
    started
}

/// Bytes of a thread's stack for the library and the program's destructors: ten times what computing takes, in a
/// build without optimisation.
#[cfg(unix)]
const STACK: usize = 1 << 20;

/// Bytes of a thread's stack that the platform takes for itself, a multiple of the page size. glibc puts the
/// thread-local variables of the program and its libraries there, which may be large.
///
/// Asked for at load: to look a function up waits for the loader, which a thread that loads a plugin holds while the
/// plugin's constructors run, and they may wait for threads that start here. glibc fixes the size when the program starts.
#[cfg(unix)]
static STACK_OF_PLATFORM: AtomicUsize = AtomicUsize::new(0);

#[cfg(unix)]
crate::process::at_load!({
    type MinStack = unsafe extern "C" fn(*const libc::pthread_attr_t) -> libc::size_t;
    let mut attributes = std::mem::MaybeUninit::uninit();
    // SAFETY: the name ends with a zero, and attributes are made before they are read. glibc's function of this name, which
    // its headers lack, has had this type since 2.15; the standard libraries of several languages call it so.
    let bytes = unsafe {
        let min_stack = libc::dlsym(libc::RTLD_DEFAULT, c"__pthread_get_minstack".as_ptr());
        if min_stack.is_null() || libc::pthread_attr_init(attributes.as_mut_ptr()) != 0 {
            libc::PTHREAD_STACK_MIN
        } else {
            let min_stack = std::mem::transmute::<*mut std::ffi::c_void, MinStack>(min_stack);
            let bytes = min_stack(attributes.as_ptr());
            libc::pthread_attr_destroy(attributes.as_mut_ptr());
            bytes
        }
    };
    // SAFETY: a question without memory.
    let page = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(1);
    STACK_OF_PLATFORM.store(bytes.next_multiple_of(page.max(1)), Ordering::Relaxed);
});

/// # Safety
/// `body` is a [`Body`] in a box, given up to this thread.
#[cfg(unix)]
extern "C" fn run(body: *mut std::ffi::c_void) -> *mut std::ffi::c_void {
    // What tools show of the library's threads. SAFETY: this thread, and a name of fewer than 16 bytes.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    unsafe {
        libc::pthread_setname_np(libc::pthread_self(), c"mlx_convolve".as_ptr())
    };
    // SAFETY: as above.
    #[cfg(target_vendor = "apple")]
    unsafe {
        libc::pthread_setname_np(c"mlx_convolve".as_ptr())
    };
    // SAFETY: `start` gave it up. Its box goes here, not when the thread ends: a child that is forked meanwhile would
    // keep it.
    let body = *unsafe { Box::from_raw(body.cast::<Body>()) };
    // A panic must not leave the thread's first function; whatever it means was told where it was caught.
    let _ = crate::process::catch(|| {
        body();
        Ok(())
    });
    std::ptr::null_mut()
}

/// Runs `body` on a thread of the standard library's.
#[cfg(not(unix))]
fn start_boxed(body: Box<Body>) -> bool {
    let named = std::thread::Builder::new().name("mlx_convolve".into());
    without_signals(|| named.spawn(*body)).is_ok()
}
