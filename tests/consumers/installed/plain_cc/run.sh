#!/usr/bin/env bash
# Without any tool: cc, a prefix and -lmlx_convolve.
set -euo pipefail
for cc in gcc clang; do
  "$cc" -I"$PREFIX/include" consumer.c -o shared -L"$PREFIX/lib" -lmlx_convolve -Wl,-rpath,"$PREFIX/lib"
  ./shared
  # Link-time optimisation of the program, which does not see into the library.
  "$cc" -O2 -flto -ffunction-sections -Wl,--gc-sections -I"$PREFIX/include" consumer.c -o static \
    "$PREFIX/lib/libmlx_convolve.a" -lpthread -lm -ldl
  ./static
done
