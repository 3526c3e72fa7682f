#!/usr/bin/env bash
# pkg-config's flags link a program to the shared library, and with --static to the static one.
set -euo pipefail
export PKG_CONFIG_PATH=$PREFIX/lib/pkgconfig
pkg-config --validate mlx_convolve
read -ra flags <<<"$(pkg-config --cflags --libs mlx_convolve)"
cc consumer.c -o shared "${flags[@]}"
LD_LIBRARY_PATH=$PREFIX/lib ./shared
grep -q 'NEEDED.*libmlx_convolve' <(readelf -d shared)

# A fully static program: nothing is loaded at run time.
read -ra flags <<<"$(pkg-config --static --cflags --libs mlx_convolve)"
cc -static consumer.c -o static "${flags[@]}"
./static
if readelf -d static | grep NEEDED; then
  exit 1
fi
