//! Whether this process can load libraries, such as drivers.

#![allow(unsafe_code)]

/// Whether a program interpreter has loaded this process. A fully static program has none, and in it,
/// drivers crash while they are loaded.
#[cfg(target_os = "linux")]
pub fn loads_libraries() -> bool {
    // SAFETY: the function reads what the system gave to the process.
    unsafe { libc::getauxval(libc::AT_BASE) != 0 }
}

/// Other systems have no fully static programs.
#[cfg(not(target_os = "linux"))]
pub const fn loads_libraries() -> bool {
    true
}
