#!/usr/bin/env bash
# No text file and no load command of the installation names a folder of the machine that built it.
set -euo pipefail
if grep -rIl -e "$ROOT" -e "$BUILD" "$PREFIX"; then
  exit 1
fi
if readelf -d "$PREFIX/lib/libmlx_convolve.so" | grep -E 'RPATH|RUNPATH'; then
  exit 1
fi
