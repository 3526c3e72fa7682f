#!/usr/bin/env bash
# Without any tool: cc, a prefix and -lmlx_convolve.
set -euo pipefail
for cc in gcc clang; do
  "$cc" -I"$PREFIX/include" "$ROOT/tests/package/consumer.c" -o "$WORK/consumer" \
    -L"$PREFIX/lib" -lmlx_convolve -Wl,-rpath,"$PREFIX/lib"
  "$WORK/consumer"
done
