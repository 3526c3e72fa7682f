#!/usr/bin/env bash
# check.sh: the longer checks, of sanitizers and of other systems. Prints a line per step and, last,
# `N passed, M failed`.
#
# For Debian on x86_64: all that it needs comes from Debian's packages.
set -uo pipefail
source "$(dirname "$0")/common.sh"
source "$(dirname "$0")/report.sh"
cd "$root" || exit 1
work=$build/check
rm -rf "$work"
mkdir -p "$work"

step setup "$root/scripts/setup.sh" --check
use_rust

beside step installation install_library release "$work/prefix"
# No linker for Apple's systems is to be had here: types and lints, of the tests too.
for target in aarch64-apple-darwin aarch64-apple-ios x86_64-apple-darwin; do
  step "$target" scripts/cross.sh "$target" cargo-clippy clippy --locked --all-targets -- -D warnings
done
await

beside suite windows scripts/windows.sh
suite c-static-valgrind env PREFIX="$work/prefix" scripts/c_tests.sh static valgrind
suite c-shared-asan scripts/c_tests.sh shared asan
suite c-static-asan scripts/c_tests.sh static asan
await

# cortex-a53 is plain NEON, max has everything. A test that starts its own program is left out, as the
# emulator would not run that one.
beside suite c-arm64-max env QEMU_CPU=max scripts/c_tests.sh shared arm64
suite rust-arm64 env QEMU_CPU=cortex-a53 scripts/cross.sh aarch64-unknown-linux-gnu \
  cargo test --locked --lib -- --skip capi::tests::panics_are_silent
await
suite c-arm64-cortex-a53 env QEMU_CPU=cortex-a53 scripts/c_tests.sh shared arm64

suite c-tsan scripts/c_tests.sh shared tsan
step fuzz scripts/fuzz.sh 60

finish
