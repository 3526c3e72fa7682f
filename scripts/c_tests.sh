#!/usr/bin/env bash
# c_tests.sh shared|static plain|valgrind|asan: builds and runs the C tests one way.
#
# They find the library in the prefix $PREFIX, as a user's project would; for asan a library with
# AddressSanitizer inside is built and installed first.
set -euo pipefail
source "$(dirname "$0")/common.sh"
use_rust
link=$1 how=$2
prefix=${PREFIX:-$build/demo/prefix}
options=()
case $how in
  plain) ;;
  valgrind) options+=(-DC_TESTS_VALGRIND=ON) ;;
  asan)
    options+=(-DC_TESTS_ASAN=ON)
    prefix=$build/asan/prefix
    host=$(rustc -vV | sed -n 's/^host: //p')
    # The sanitizer is an unstable flag of rustc; the bootstrap variable admits it in a stable one.
    # With --target it reaches the library but not the build scripts. Reports want line numbers;
    # link-time optimisation would only cost time here.
    export RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address
    export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16
    export CARGO_PROFILE_RELEASE_DEBUG=line-tables-only CARGO_PROFILE_RELEASE_STRIP=none
    install_library asan "$prefix" -DMLX_CONVOLVE_RUST_TARGET="$host"
    ;;
  *)
    fail "usage: scripts/c_tests.sh shared|static plain|valgrind|asan"
    ;;
esac
tree=$build/c_tests/$link-$how
rm -rf "$tree"
cmake -S "$root/c_tests" -B "$tree" -DCMAKE_PREFIX_PATH="$prefix" -DC_TESTS_LINK="$link" \
  "${options[@]}"
cmake --build "$tree" --parallel 2
ctest --test-dir "$tree" --output-on-failure --parallel 2
