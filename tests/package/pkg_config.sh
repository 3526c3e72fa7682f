#!/usr/bin/env bash
# pkg-config's flags link a program to the shared library, and with --static to the static one.
set -euo pipefail
export PKG_CONFIG_PATH=$PREFIX/lib/pkgconfig
pkg-config --validate mlx_convolve
source=$ROOT/tests/package/consumer.c
read -ra flags <<<"$(pkg-config --cflags --libs mlx_convolve)"
cc "$source" -o "$WORK/shared" "${flags[@]}"
LD_LIBRARY_PATH=$PREFIX/lib "$WORK/shared"
readelf -d "$WORK/shared" | grep -q 'NEEDED.*libmlx_convolve'

# A fully static program: nothing is loaded at run time.
read -ra flags <<<"$(pkg-config --static --cflags --libs mlx_convolve)"
cc -static "$source" -o "$WORK/static" "${flags[@]}"
"$WORK/static"
if readelf -d "$WORK/static" | grep NEEDED; then
  exit 1
fi
