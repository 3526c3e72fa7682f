//! Environment variables.

/// The value of an environment variable, if there is one and it is text. None in secure execution: where a program
/// runs with more rights than its caller has (setuid, setgid, capabilities), the caller's environment is not trusted.
pub fn variable(name: &str) -> Option<String> {
    if is_secure() { None } else { std::env::var(name).ok() }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
#[allow(unsafe_code)]
fn is_secure() -> bool {
    // SAFETY: a question without arguments that matter. What `secure_getenv` asks, too.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
#[allow(unsafe_code)]
fn is_secure() -> bool {
    unsafe extern "C" {
        fn issetugid() -> libc::c_int;
    }
    // SAFETY: a question without arguments, which Apple's systems and the BSDs have.
    unsafe { issetugid() != 0 }
}

#[cfg(not(unix))]
fn is_secure() -> bool {
    false
}
