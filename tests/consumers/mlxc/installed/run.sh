#!/usr/bin/env bash
# find_package compiles the component mlxc against the mlx-c that it finds, or that the project has found, in C and in C++,
# where warnings are errors, too. Without mlx-c it says so; without the component it does not look for mlx-c. The header wants
# mlx-c's before it, and refuses to stand beside the library's own.
set -euo pipefail
configure() {
  rm -rf b
  cmake -S . -B b -Dlanguage=C "$@"
}
both="$PREFIX;$MLXC"
strict='-Wall -Wextra -Wpedantic -Werror'

for options in -Dlanguage=C "-Dmlxc_first=ON -DBUILD_SHARED_LIBS=OFF" -Dlanguage=CXX; do
  read -ra options <<<"$options"
  configure -DCMAKE_PREFIX_PATH="$both" -Dcomponents="COMPONENTS;mlxc" -DCMAKE_C_FLAGS="$strict" -DCMAKE_CXX_FLAGS="$strict" \
    "${options[@]}"
  cmake --build b
  b/program
  b/with_both
done

if configure -DCMAKE_PREFIX_PATH="$PREFIX" -Dcomponents="COMPONENTS;mlxc" 2>err; then exit 1; fi
tr -s '\n ' ' ' <err | grep -F 'MlxConvolve::mlxc needs mlx-c'
configure -DCMAKE_PREFIX_PATH="$PREFIX" -Dcomponents="OPTIONAL_COMPONENTS;mlxc"
[[ $(cat b/found) == "" ]]
configure -DCMAKE_PREFIX_PATH="$both" -Dcomponents="COMPONENTS;shared"
[[ $(cat b/found) == "" ]]
if grep '^MLXC_DIR' b/CMakeCache.txt; then exit 1; fi

refused() {
  if printf '#include <%s>\n' "${@:2}" | cc -fsyntax-only -I"$PREFIX/include" -I"$MLXC/include" -x c - 2>err; then exit 1; fi
  grep -F "error: #error \"$1" err
}
printf '#include <%s>\n' mlx_convolve_types.h mlx/c/mlx.h mlx_convolve_mlxc.h mlx_convolve_mlxc.h |
  cc -std=c11 -pedantic-errors -fsyntax-only -I"$PREFIX/include" -I"$MLXC/include" -x c -
refused 'mlx_convolve_mlxc.h takes the arrays of mlx-c' mlx_convolve_mlxc.h
refused 'mlx_convolve.h and mlx_convolve_mlxc.h declare' mlx_convolve.h mlx_convolve_mlxc.h
refused 'mlx_convolve.h and mlx-c declare' mlx/c/mlx.h mlx_convolve_mlxc.h mlx_convolve.h
