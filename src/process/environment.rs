//! Environment variables.

/// The value of an environment variable, if it is set and is text. None in secure execution: if a
/// program runs with more rights than its caller (setuid, setgid, capabilities), the caller's
/// environment is not trusted.
pub fn variable(name: &str) -> Option<String> {
    if is_secure() { None } else { std::env::var(name).ok() }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
#[allow(unsafe_code)]
fn is_secure() -> bool {
    // SAFETY: the function only reads a number. `secure_getenv` makes the same check.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
#[allow(unsafe_code)]
fn is_secure() -> bool {
    unsafe extern "C" {
        fn issetugid() -> libc::c_int;
    }
    // SAFETY: the function has no arguments. Apple's systems and the BSDs have it.
    unsafe { issetugid() != 0 }
}

#[cfg(not(unix))]
fn is_secure() -> bool {
    false
}
