//! Linker flags that every build of the shared library needs, with or without CMake.
//!
//! The soname is not among them: it names a version link that only an installation has. The tests learn
//! for which system they were built.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-env=TARGET={}", std::env::var("TARGET").unwrap());
    let os = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    if os == "linux" || os == "android" {
        // Worker threads and thread-local destructors outlive any `dlclose`.
        println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
        // The library calls its own functions, whatever else the process exports.
        println!("cargo::rustc-cdylib-link-arg=-Wl,-Bsymbolic");
    }
}
