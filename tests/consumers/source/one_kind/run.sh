#!/usr/bin/env bash
# An installation of one kind alone holds that kind, and the alias leads to it.
set -euo pipefail
for kind in SHARED STATIC; do
  other=$([[ $kind == SHARED ]] && echo STATIC || echo SHARED)
  cmake -S "$ROOT" -B "$kind" -DMLX_CONVOLVE_$other=OFF -DCMAKE_INSTALL_LIBDIR=lib -DMLX_CONVOLVE_STATIC_EXPORTS=ON
  cp -a "$BUILD/cargo" "$kind/cargo" # the dependencies
  cmake --build "$kind"
  cmake --install "$kind" --prefix "p$kind"
  # The alias falls back to what is there, even where the other kind is asked for.
  wanted=$([[ $kind == SHARED ]] && echo OFF || echo ON)
  cmake -S . -B "b$kind" -DCMAKE_PREFIX_PATH="$PWD/p$kind" -DBUILD_SHARED_LIBS="$wanted"
  cmake --build "b$kind"
  "b$kind/consumer"
done
[[ ! -e pSHARED/lib/libmlx_convolve.a && ! -e pSTATIC/lib/libmlx_convolve.so ]]

# With the static library alone, pkg-config --static gives a command that links.
export PKG_CONFIG_PATH=$PWD/pSTATIC/lib/pkgconfig
read -ra flags <<<"$(pkg-config --static --cflags --libs mlx_convolve)"
cc consumer.c -o consumer "${flags[@]}"
./consumer

# As asked for with MLX_CONVOLVE_STATIC_EXPORTS, a plug-in exports what it links.
cc -shared consumer.c -fPIC -o plugin.so "${flags[@]}"
# Not by a pipe, which would fail where grep stops reading before nm stops writing.
grep -q ' T mlx_convolve_array_new$' <(nm -D --defined-only plugin.so)
