#!/usr/bin/env bash
# An installation of one kind alone holds that kind, and the alias leads to it.
set -euo pipefail
cat >"$WORK/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.20)
project(consumer C)
find_package(MlxConvolve CONFIG REQUIRED)
add_executable(consumer "$ROOT/tests/package/consumer.c")
target_link_libraries(consumer PRIVATE MlxConvolve::MlxConvolve)
END
quiet() { "$@" >"$WORK/log" 2>&1 || { cat "$WORK/log"; return 1; }; }
# What is installed does not depend on optimisation: the quickest build serves.
export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=0 \
  CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_DEBUG=0
for kind in SHARED STATIC; do
  other=$([[ $kind == SHARED ]] && echo STATIC || echo SHARED)
  quiet cmake -S "$ROOT" -B "$WORK/$kind" -DMLX_CONVOLVE_$other=OFF -DCMAKE_INSTALL_LIBDIR=lib \
    -DMLX_CONVOLVE_STATIC_EXPORTS=ON
  quiet cmake --build "$WORK/$kind"
  quiet cmake --install "$WORK/$kind" --prefix "$WORK/p$kind"
  # The alias falls back to what is there, even where the other kind is asked for.
  wanted=$([[ $kind == SHARED ]] && echo OFF || echo ON)
  quiet cmake -S "$WORK" -B "$WORK/b$kind" -DCMAKE_PREFIX_PATH="$WORK/p$kind" -DBUILD_SHARED_LIBS="$wanted"
  quiet cmake --build "$WORK/b$kind"
  "$WORK/b$kind/consumer"
done
[[ ! -e $WORK/pSHARED/lib/libmlx_convolve.a && ! -e $WORK/pSTATIC/lib/libmlx_convolve.so ]]

# With the static library alone, pkg-config --static gives a command that links.
export PKG_CONFIG_PATH=$WORK/pSTATIC/lib/pkgconfig
read -ra flags <<<"$(pkg-config --static --cflags --libs mlx_convolve)"
cc "$ROOT/tests/package/consumer.c" -o "$WORK/consumer" "${flags[@]}"
"$WORK/consumer"

# As asked for with MLX_CONVOLVE_STATIC_EXPORTS, a plug-in exports what it links.
cc -shared "$ROOT/tests/package/consumer.c" -fPIC -o "$WORK/plugin.so" "${flags[@]}"
nm -D --defined-only "$WORK/plugin.so" | grep -q ' T mlx_convolve_array_new$'
