#!/usr/bin/env bash
# c_tests.sh shared|static plain|values|valgrind|asan|tsan|arm64|arm64-values|gpu: builds and runs the C tests one way.
#
# They find the library in the prefix $PREFIX, as a user's project would. A library with a sanitizer inside is built and
# installed first. For arm64 it is the one that scripts/release.sh has packed.
set -euo pipefail
source "$(dirname "$0")/common.sh"
use_rust
link=$1 how=$2
prefix=${PREFIX:-$build/demo/prefix}
host=$(rustc -vV | sed -n 's/^host: //p')
options=() tests=() targets=() drivers=()

# sanitize NAME SANITIZER: builds the library with a sanitizer, and has that one tested.
sanitize() {
  prefix=$build/$1/prefix
  # The sanitizer is an unstable flag of rustc; the bootstrap variable admits it in a stable one.
  # With --target it reaches the library but not the build scripts. Reports want line numbers;
  # link-time optimisation would only cost time here.
  export RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=$2
  export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16
  export CARGO_PROFILE_RELEASE_DEBUG=line-tables-only CARGO_PROFILE_RELEASE_STRIP=none
  # Such a library notices memory that is touched under a lock that forks wait for.
  export CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS=true
  install_library "$1" "$prefix" -DMLX_CONVOLVE_RUST_TARGET="$host"
}

case $how in
  plain) [[ $(uname) == Darwin ]] || options+=(-DC_TESTS_ALLOCATORS=ON) ;;
  values) tests=(--label-regex '^values$') ;; # plain, only the tests of computed values
  valgrind) options+=(-DC_TESTS_VALGRIND=ON) ;;
  asan)
    options+=(-DC_TESTS_ASAN=ON)
    sanitize asan address
    ;;
  tsan)
    # It must be in the standard library, too, and its runtime as young as the Rust that calls it.
    use_cross "$host"
    options+=(-DC_TESTS_TSAN=ON -DCMAKE_C_COMPILER=clang-19 -DCMAKE_CXX_COMPILER=clang++-19)
    tests=(--tests-regex '^c\.(threads|stream|process)')
    export CARGO_PROFILE_RELEASE_OPT_LEVEL=1 # threads meet as they do in quick code, which takes long to compile
    sanitize tsan thread
    ;;
  arm64 | arm64-values)
    # Without what is slow in an emulator and does not depend on instructions: failing memory, forks, many calls.
    tests=(--exclude-regex '^c\.(failing_allocations|fork_.*|guest|reserve|shortage|streams_endurance)$')
    [[ $how == arm64 ]] || tests=(--label-regex '^values$')
    released=$(echo "$build"/release_unpacked/*-aarch64-linux)
    [[ -d $released ]] || fail "no library for arm64: run scripts/release.sh"
    use_cross aarch64-unknown-linux-gnu
    export CMAKE_TOOLCHAIN_FILE=$root/scripts/toolchains/aarch64-linux-gnu.cmake
    prefix="$released;$build/cross/arm64/usr" # cmocka
    ;;
  gpu) # of a library with the GPU core, those that have to do with devices, on each driver
    targets=(--target c_gpu c_gpu_dtypes c_device c_environment c_memory c_stream c_strides)
    tests=(--tests-regex '^c\.(gpu|gpu_dtypes|device|environment|memory|stream|strides)$')
    drivers=(swiftshader lavapipe)
    ;;
  *)
    fail "usage: scripts/c_tests.sh shared|static plain|values|valgrind|asan|tsan|arm64|arm64-values|gpu"
    ;;
esac
tree=$build/c_tests/$link-$how
rm -rf "$tree"
cmake -S "$root/c_tests" -B "$tree" -DCMAKE_PREFIX_PATH="$prefix" -DC_TESTS_LINK="$link" \
  "${options[@]}"
cmake --build "$tree" --parallel 2 "${targets[@]}"
run_tests=(ctest --test-dir "$tree" --output-on-failure --parallel 2 "${tests[@]}")
if ((${#drivers[@]} == 0)); then
  "${run_tests[@]}"
fi
for driver in "${drivers[@]}"; do
  "$root/scripts/gpu.sh" "$driver" "${run_tests[@]}"
done
