#!/usr/bin/env bash
# The library is never unloaded and binds its own symbols to itself.
set -euo pipefail
dynamic=$(readelf -d "$PREFIX/lib/libmlx_convolve.so")
grep -q 'FLAGS_1.*NODELETE' <<<"$dynamic"
grep -qE '\(SYMBOLIC\)|\(FLAGS\).*SYMBOLIC' <<<"$dynamic"
