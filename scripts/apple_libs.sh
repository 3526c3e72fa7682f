#!/usr/bin/env bash
# apple_libs.sh: what CMake writes for Apple's systems about the libraries that the static library needs. It has
# to be asked there: no other system has Metal. Nothing is linked, so Apple's own files are not needed.
set -euo pipefail
source "$(dirname "$0")/common.sh"
target=aarch64-apple-darwin
tree=$build/apple
# The answer does not depend on optimisation: the quickest build serves.
export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=0 \
  CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_DEBUG=0
rm -rf "$tree"
"$root/scripts/cross.sh" "$target" cmake -S "$root" -B "$tree" -DMLX_CONVOLVE_RUST_TARGET="$target" \
  -DCMAKE_SYSTEM_NAME=Darwin -DCMAKE_C_COMPILER_WORKS=ON -DCMAKE_OSX_SYSROOT=/
libs=$(sed -n 's/^Libs.private: *//p' "$tree/mlx_convolve.pc")
echo "Libs.private: $libs"
for words in "-framework Metal" "-framework QuartzCore" "-framework Foundation" "-framework CoreFoundation" -lobjc; do
  [[ " $libs " == *" $words "* ]] || fail "$words is missing"
  # In CMake's list, a framework and its flag are one word.
  grep 'STATIC_LIBS' "$tree/MlxConvolveConfig.cmake" | tr ';"' '\n\n' | grep -qx -e "$words" ||
    fail "$words is not a word of CMake's"
done
