//! Starting a thread, or finding that it cannot be started.

#![allow(unsafe_code)]

use super::signals::without_signals;

/// What runs on a thread.
pub type Body = Box<dyn FnOnce() + Send>;

/// Runs `body` on a thread of its own, which takes no signals and is waited for by nobody. Returns whether it
/// could be started.
///
/// The standard library's way ends the process where memory lacks.
#[cfg(unix)]
#[must_use]
pub fn start(body: Body) -> bool {
    use std::mem::MaybeUninit;

    /// Bytes of a thread's stack: ten times what computing takes, in a build without optimisation.
    const STACK: usize = 1 << 20;

    let body = Box::into_raw(Box::new(body));
    let mut attributes = MaybeUninit::uninit();
    let mut thread = MaybeUninit::uninit();
    // SAFETY: attributes are made before they are used, and unmade after that; `run` takes what it is given.
    let started = unsafe {
        libc::pthread_attr_init(attributes.as_mut_ptr()) == 0 && {
            libc::pthread_attr_setdetachstate(
                attributes.as_mut_ptr(),
                libc::PTHREAD_CREATE_DETACHED,
            );
            libc::pthread_attr_setstacksize(attributes.as_mut_ptr(), STACK);
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

/// Runs `body` on a thread of its own, which is waited for by nobody. Returns whether it could be started.
#[cfg(not(unix))]
#[must_use]
pub fn start(body: Body) -> bool {
    let named = std::thread::Builder::new().name("mlx_convolve".into());
    without_signals(|| named.spawn(body)).is_ok()
}
