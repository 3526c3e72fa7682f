#!/usr/bin/env bash
# FetchContent takes the library from an archive of its sources, into a project whose only language is C++. The project's
# choice of the GPU core reaches cargo, and the library's answer reaches the project's folders.
set -euo pipefail
sha256=$(sha256sum "$ARCHIVE" | cut -d' ' -f1)
# By Ninja, whose order of steps is not Make's.
configure() { cmake -G Ninja -S . -B "$1" -Darchive="$ARCHIVE" -Dsha256="$sha256" "${@:2}"; }

configure b -Dwanted_gpu=OFF
cp -a "$BUILD/cargo" b/_deps/mlxconvolve-build/cargo # the dependencies
cmake --build b
for kind in shared static; do
  "b/programs/with_$kind"
done

# Not built: the GPU core takes minutes, and tests/package/ has it. Without the static library, nothing is compiled to
# find out which system libraries it needs.
configure gpu -Dwanted_gpu=ON -DMLX_CONVOLVE_STATIC=OFF
grep -q -e '--features gpu' gpu/build.ninja
grep -q 'HAS_GPU=1' gpu/build.ninja
