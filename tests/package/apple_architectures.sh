#!/usr/bin/env bash
# For Apple's systems, CMake passes one architecture on to cargo, and refuses two with a message that says what to do.
# Nothing is built for them here.
set -euo pipefail
# configured ARCHITECTURES [OPTION...]
configured() {
  rm -rf "$WORK/b"
  cmake -S "$ROOT" -B "$WORK/b" -DCMAKE_SYSTEM_NAME=Darwin -DCMAKE_C_COMPILER_WORKS=ON -DCMAKE_OSX_SYSROOT=/ \
    -DMLX_CONVOLVE_STATIC=OFF -DCMAKE_OSX_ARCHITECTURES="$1" "${@:2}" >"$WORK/log" 2>&1
}
# cargo_target ARCHITECTURES TARGET [OPTION...]
cargo_target() {
  configured "$1" "${@:3}" || { cat "$WORK/log"; exit 1; }
  grep -rqF -e " --target $2 " "$WORK/b/CMakeFiles" || { echo "$1: cargo is not told $2"; exit 1; }
}
cargo_target arm64 aarch64-apple-darwin
cargo_target x86_64 x86_64-apple-darwin
cargo_target arm64 aarch64-apple-somewhere -DMLX_CONVOLVE_RUST_TARGET=aarch64-apple-somewhere

if configured "arm64;x86_64"; then
  echo "two architectures were accepted"
  exit 1
fi
grep -qF 'lipo -create' "$WORK/log"
if configured ppc; then
  echo "an architecture without a target was accepted"
  exit 1
fi
grep -qF 'MLX_CONVOLVE_RUST_TARGET must name' "$WORK/log"
