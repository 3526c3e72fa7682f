#!/usr/bin/env bash
# The folder mlxc/ of the sources serves as a subdirectory, of a project that finds mlx-c or contains its sources. FetchContent
# takes it, too, alone or with the whole. It installs nothing, and shows a program none of its headers but the public one.
set -euo pipefail
cp "$ROOT/tests/consumers/mlxc/installed/program.c" .
configure() {
  rm -rf b
  cmake -S . -B b -DSOURCE="$ROOT" "$@"
}

configure -DCMAKE_PREFIX_PATH="$MLXC"
cmake --build b
b/program
cmake --install b --prefix p
[[ ! -e p ]]
[[ $(ls b/mlxc/include) == mlx_convolve_mlxc.h ]]
if grep -i cargo b/CMakeCache.txt; then exit 1; fi

# All of a program but the link, because mlx-c itself takes half a minute to compile. make's targets for one object file do
# not wait for libraries.
place=${MLXC%/*}
beside_sources() {
  local folder=$1
  shift
  configure -G 'Unix Makefiles' -Dmlxc_source="$place/source" -DMLX_C_USE_SYSTEM_MLX=ON -DMLX_C_BUILD_EXAMPLES=OFF \
    -DMLX_DIR="${place%/*}/mlx/share/cmake/MLX" -DFETCHCONTENT_SOURCE_DIR_MLXCONVOLVE="$ROOT" "$@"
  make -C "b/$folder" mlx_convolve_mlxc.o
  make -C b program.o
}
beside_sources mlxc
beside_sources _deps/mlxconvolve-build -Dfetched=mlxc
beside_sources _deps/mlxconvolve-build/mlxc -Dfetched=.
