#!/usr/bin/env bash
# The source tree serves as a subdirectory, shared and static, and installs nothing of its own into the project that uses it.
set -euo pipefail
cmake -S . -B b -DSOURCE="$ROOT"
cp -a "$BUILD/cargo" b/mlx_convolve/cargo # all of it is built
cmake --build b
for kind in shared static MlxConvolve; do
  "b/with_$kind"
done
cmake --install b --prefix p
[[ ! -e p/include/mlx_convolve.h ]]
