//! For tests: all instruction sets of the machine. The log names them, and names the ones that the
//! machine lacks.

use std::io::Write;
use std::sync::Once;

use super::isa::Isa;

/// The names of all instruction sets with kernels in this library, on the target of this build.
const KNOWN: &[&str] = if cfg!(target_arch = "x86_64") {
    &["portable", "avx2", "avx512"]
} else if cfg!(target_arch = "aarch64") {
    &["portable", "neon"]
} else {
    &["portable"]
};

/// The text that `scripts/` read: a line with the names, weakest first, and a line with the missing
/// names, if any.
fn told(names: &[&str]) -> String {
    let missing: Vec<_> = KNOWN.iter().copied().filter(|name| !names.contains(name)).collect();
    // libtest may have begun a line.
    let mut text = format!("\ninstruction sets: {}\n", names.join(" "));
    if !missing.is_empty() {
        text += &format!("not run: {} (this machine has none)\n", missing.join(", "));
    }
    text
}

/// The machine's instruction sets, weakest first.
pub fn each_isa() -> impl Iterator<Item = Isa> {
    static TOLD: Once = Once::new();
    TOLD.call_once(|| {
        // AVX-512 has the same name with and without VNNI.
        let mut names: Vec<_> = Isa::available().map(Isa::name).collect();
        names.dedup();
        // libtest captures the output of `eprint!`, but not of this call.
        std::io::stderr().write_all(told(&names).as_bytes()).unwrap();
    });
    Isa::available()
}

#[test]
fn the_log_tells_what_there_is_and_what_is_missing() {
    let here: Vec<_> = each_isa().map(Isa::name).collect();
    assert!(here.iter().all(|name| KNOWN.contains(name)), "{KNOWN:?} must have all of {here:?}");
    assert_eq!(told(KNOWN), format!("\ninstruction sets: {}\n", KNOWN.join(" ")));
    if let Some((strongest, others)) = KNOWN.split_last().filter(|(_, others)| !others.is_empty()) {
        let missing = format!("\nnot run: {strongest} (this machine has none)\n");
        assert!(told(others).ends_with(&missing));
    }
}
