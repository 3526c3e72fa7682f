//! Starts a thread, or finds that it cannot be started.

#![allow(unsafe_code)]

#[cfg(unix)]
use std::sync::atomic::{AtomicUsize, Ordering};

use super::signals::without_signals;
use crate::memory::reserve;

/// The code that runs on a thread.
type Body = Box<dyn FnOnce() + Send>;

/// Runs `body` on a new thread, which handles no signals and for which nobody waits. It has `stack`
/// bytes of stack beside what the platform needs: [`STACK`] if it computes. Returns whether the thread
/// could be started.
///
/// The standard library's function ends the process if memory runs out.
#[must_use]
pub fn start(stack: usize, body: impl FnOnce() + Send + 'static) -> bool {
    // The body may live as long as the thread, so it must not be in memory from the reserve.
    let body = reserve::kept(|| Box::new(Box::new(body) as Body));
    body.is_ok_and(|body| start_boxed(stack, body))
}

#[cfg(unix)]
fn start_boxed(stack: usize, body: Box<Body>) -> bool {
    use std::mem::MaybeUninit;

    let body = Box::into_raw(body);
    let mut attributes = MaybeUninit::uninit();
    let mut thread = MaybeUninit::uninit();
    // SAFETY: the attributes are initialised before their use and destroyed after it. `run` accepts
    // `body`.
    let started = unsafe {
        libc::pthread_attr_init(attributes.as_mut_ptr()) == 0 && {
            libc::pthread_attr_setdetachstate(
                attributes.as_mut_ptr(),
                libc::PTHREAD_CREATE_DETACHED,
            );
            let stack = stack + STACK_OF_PLATFORM.load(Ordering::Relaxed);
            libc::pthread_attr_setstacksize(attributes.as_mut_ptr(), stack);
            let status = without_signals(|| {
                libc::pthread_create(thread.as_mut_ptr(), attributes.as_ptr(), run, body.cast())
            });
            libc::pthread_attr_destroy(attributes.as_mut_ptr());
            status == 0
        }
    };
    if !started {
        // SAFETY: `body` is from the box above, and no thread has it.
        drop(unsafe { Box::from_raw(body) });
    }
    started
}

/// Bytes of stack for computing and for the program's destructors. This is ten times the
/// need of computing in a build without optimisation.
pub const STACK: usize = 1 << 20;

/// Bytes of a thread's stack that the platform needs for itself, a multiple of the page size. With
/// glibc they hold the thread-local variables of the program and its libraries, which may be large.
///
/// The number is found at load, because finding the function waits for the loader's lock. A thread
/// that loads a plugin holds this lock while the plugin's constructors run, and a constructor may
/// wait for a thread that is started here. glibc fixes the number when the program starts.
#[cfg(unix)]
static STACK_OF_PLATFORM: AtomicUsize = AtomicUsize::new(0);

#[cfg(unix)]
crate::process::at_load!({
    type MinStack = unsafe extern "C" fn(*const libc::pthread_attr_t) -> libc::size_t;
    let mut attributes = std::mem::MaybeUninit::uninit();
    // SAFETY: the name ends with a zero byte, and the attributes are initialised before they are read.
    // glibc's function of this name is not in its headers, but it has had this type since 2.15, and
    // the standard libraries of several languages call it.
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
    // SAFETY: the function only returns a number.
    let page = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(1);
    STACK_OF_PLATFORM.store(bytes.next_multiple_of(page.max(1)), Ordering::Relaxed);
});

/// # Safety
/// `body` is from a box of a [`Body`], which this thread owns now.
#[cfg(unix)]
extern "C" fn run(body: *mut std::ffi::c_void) -> *mut std::ffi::c_void {
    // The name under which tools show the library's threads.
    // SAFETY: the thread is the calling one, and the name has fewer than 16 bytes.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    unsafe {
        libc::pthread_setname_np(libc::pthread_self(), c"mlx_convolve".as_ptr())
    };
    // SAFETY: as above.
    #[cfg(target_vendor = "apple")]
    unsafe {
        libc::pthread_setname_np(c"mlx_convolve".as_ptr())
    };
    // SAFETY: `start` has passed the box to this thread. The box is freed here, not at the end of the
    // thread, because a child forked meanwhile would keep it.
    let body = *unsafe { Box::from_raw(body.cast::<Body>()) };
    // A panic must not leave the thread's first function. Failures are reported where they are caught.
    let _ = crate::process::catch(|| {
        body();
        Ok(())
    });
    std::ptr::null_mut()
}

/// Runs `body` on a thread of the standard library.
#[cfg(not(unix))]
fn start_boxed(stack: usize, body: Box<Body>) -> bool {
    let named = std::thread::Builder::new().name("mlx_convolve".into()).stack_size(stack);
    without_signals(|| named.spawn(*body)).is_ok()
}
