//! Another library in Rust, for C: it panics and survives.

#[unsafe(no_mangle)]
pub extern "C" fn other_survives() -> bool {
    std::panic::catch_unwind(|| panic!("the other library's")).is_err()
}
