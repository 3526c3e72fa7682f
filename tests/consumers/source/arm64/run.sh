#!/usr/bin/env bash
# The project of add_subdirectory, cross-compiled for arm64 and run under qemu. The static library is made by the binutils
# that CMake finds beside the cross compiler.
set -euo pipefail
source "$ROOT/scripts/common.sh"
use_cross aarch64-unknown-linux-gnu
cp "$ROOT/tests/consumers/source/add_subdirectory/CMakeLists.txt" .
cmake -S . -B b -DSOURCE="$ROOT" -DMLX_CONVOLVE_INSTALL=ON -DCMAKE_INSTALL_LIBDIR=lib \
  -DCMAKE_TOOLCHAIN_FILE="$ROOT/scripts/toolchains/aarch64-linux-gnu.cmake"
cmake --build b
for kind in shared static MlxConvolve; do
  readelf -h "b/with_$kind" | grep 'Machine: *AArch64'
  "$ROOT/scripts/emulate.sh" "b/with_$kind"
done
cmake --install b --prefix p
PREFIX=$PWD/p WORK=$PWD CC=aarch64-linux-gnu-gcc NM=aarch64-linux-gnu-nm "$ROOT/tests/package/static_names.sh"
