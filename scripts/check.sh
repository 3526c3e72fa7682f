#!/usr/bin/env bash
# check.sh: the longer checks, of other instruction sets and systems, and of sanitizers. Prints a line per
# step and, last, `N passed, M failed`.
#
# For Debian on x86_64: all that it needs comes from Debian's packages, from PyPI and from crates.io.
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
# No linker for Apple's systems is to be had here: types and lints, for one of them of the tests too. With the GPU core,
# which CMake builds there unless told otherwise; test.sh lints without.
lint() { step "$1" scripts/cross.sh "$1" cargo-clippy clippy --locked --features "${@:2}" -- -D warnings; }
lint aarch64-apple-darwin gpu-tests --all-targets
lint aarch64-apple-ios gpu --lib
lint x86_64-apple-darwin gpu --lib
await
step apple-libs scripts/apple_libs.sh

# test.sh ran everything on the machine's strongest instruction set, the last one that a unit test tells.
suite instruction-sets scripts/rust_tests.sh unit cpu::each_isa
told=$logs/instruction-sets.log
grep -q '^instruction sets: ' "$told" || report instruction-sets 0 1 0
read -ra others < <(sed -n 's/^instruction sets: \(.*\) .*/\1/p' "$told")
for isa in "${others[@]}"; do
  suite "rust-$isa" env MLX_CONVOLVE_ISA="$isa" scripts/rust_tests.sh unit
  suite "c-$isa" env MLX_CONVOLVE_ISA="$isa" PREFIX="$work/prefix" scripts/c_tests.sh shared values
done

# Every order in which threads may meet at an event. Flags make another build of everything.
suite loom env RUSTFLAGS="--cfg loom" cargo test --locked --profile dev --lib event::tests::models \
  --target-dir target/loom

# On the unit tests' build. test.sh has them on SwiftShader.
suite gpu-lavapipe scripts/gpu.sh lavapipe scripts/rust_tests.sh gpu
suite gpu-long scripts/gpu.sh swiftshader scripts/rust_tests.sh gpu-long
suite gpu-validated scripts/gpu_validated.sh
suite msl scripts/msl.sh
suite spirv scripts/spirv.sh
step gpu-package scripts/gpu_package.sh
suite c-gpu env PREFIX="$build/gpu_package/prefix" scripts/c_tests.sh shared gpu
# On one driver: the tests above have shown the kernels on both.
suite conformance-lavapipe env MLX_CONVOLVE_LIBRARY="$build/gpu_package/prefix/lib/libmlx_convolve.so" \
  CONFORMANCE_DEVICE=gpu scripts/gpu.sh lavapipe "$build/venv/bin/python" -m pytest -q tests/conformance

suite consumers-source scripts/consumers.sh source
# The files of a release. What is built for other systems is tested as it will be shipped.
beside step release-windows scripts/release.sh windows
step release-linux scripts/release.sh linux
await
step release-packages scripts/release.sh packages
for check in tests/release/*.sh; do
  name=release-$(basename "$check" .sh)
  mkdir -p "$work/$name"
  step "$name" env ROOT="$root" FILES="$build/release_files" UNPACKED="$build/release_unpacked" WORK="$work/$name" "$check"
done
step release-abi scripts/release_abi.sh
released=$(echo "$build"/release_unpacked/*-x86_64-linux)
suite consumers-released env BUILD="$build/release-x86_64-linux" PREFIX="$released" scripts/consumers.sh installed
suite c-shared-released env PREFIX="$released" scripts/c_tests.sh shared plain
suite c-static-released env PREFIX="$released" scripts/c_tests.sh static plain

# The C++ header: each compiler with another standard.
suite cpp-gcc env PREFIX="$work/prefix" scripts/cpp_tests.sh g++ 20 sanitized
step cpp-clang env PREFIX="$work/prefix" scripts/cpp_tests.sh clang++ 17 compiled
suite cpp-clang-19 env PREFIX="$work/prefix" scripts/cpp_tests.sh clang++-19 17 sanitized
step cpp-mingw env PREFIX="$work/prefix" scripts/cpp_tests.sh x86_64-w64-mingw32-g++ 17 compiled

beside suite windows scripts/windows.sh
suite c-static-valgrind env PREFIX="$work/prefix" scripts/c_tests.sh static valgrind
suite c-shared-asan scripts/c_tests.sh shared asan
await

# cortex-a53 is plain NEON, which matters to values only; max has everything. Emulated, a test takes ten times as long: of
# the unit tests, those of what is written for instruction sets run here, and those of exact values. One is left out that
# takes longer than all others together.
beside suite c-arm64-max env QEMU_CPU=max scripts/c_tests.sh shared arm64
suite rust-arm64 env QEMU_CPU=cortex-a53 scripts/cross.sh aarch64-unknown-linux-gnu cargo test --locked --lib -- \
  cpu:: fft:: convolve::tests::exact convolve::tests::footprint convolve::tests::guard_rails \
  --skip cpu::kernels::short::ways::tests::no_lengths_make_it_panic
await
suite c-arm64-cortex-a53 env QEMU_CPU=cortex-a53 scripts/c_tests.sh shared arm64-values

suite mlxc-0.7 env PREFIX="$work/prefix" scripts/mlxc.sh 0.7
suite mlxc-0.6 scripts/mlxc.sh 0.6
suite consumers-mlxc env PREFIX="$work/prefix" MLXC="$build/mlxc/0.7/prefix" scripts/consumers.sh mlxc
suite swift env PREFIX="$work/prefix" scripts/swift.sh
suite c-tsan scripts/c_tests.sh shared tsan
step processors env PREFIX="$work/prefix" scripts/processors.sh
step fuzz scripts/fuzz.sh 60
suite componentwise scripts/componentwise.sh 20

finish
