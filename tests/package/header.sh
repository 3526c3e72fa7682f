#!/usr/bin/env bash
# The header alone compiles without a warning as C from C99 on and C++ from C++11 on, with gcc and clang.
set -euo pipefail
flags=(-pedantic -Wall -Wextra -Werror -fsyntax-only -I"$PREFIX/include")
for cc in gcc clang; do
  for std in c99 c11 c17; do
    echo '#include <mlx_convolve.h>' | "$cc" -std=$std "${flags[@]}" -Wstrict-prototypes -x c -
  done
done
for cxx in g++ clang++; do
  for std in c++11 c++17 c++20; do
    echo '#include <mlx_convolve.h>' | "$cxx" -std=$std "${flags[@]}" -x c++ -
  done
done
# As C++ it links to the same functions.
cp "$ROOT/tests/package/consumer.c" "$WORK/consumer.cpp"
g++ -std=c++17 -Wall -Wextra -Werror -I"$PREFIX/include" "$WORK/consumer.cpp" -o "$WORK/consumer" \
  -L"$PREFIX/lib" -lmlx_convolve -Wl,-rpath,"$PREFIX/lib"
"$WORK/consumer"
