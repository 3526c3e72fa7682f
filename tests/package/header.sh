#!/usr/bin/env bash
# The header, the macro that it defines for options, and the header of types alone compile without a warning as C from C99
# on and as C++ from C++98 on, with gcc and clang.
set -euo pipefail
flags=(-pedantic -Wall -Wextra -Werror -fsyntax-only -I"$PREFIX/include")
cat >"$WORK/header" <<'END'
#include <mlx_convolve.h>
extern const mlx_convolve_options defaults;
const mlx_convolve_options defaults = MLX_CONVOLVE_OPTIONS_INIT;
mlx_status same(const mlx_array *a, const mlx_array *v, mlx_stream stream, mlx_array *out);
mlx_status same(const mlx_array *a, const mlx_array *v, mlx_stream stream, mlx_array *out) {
  mlx_convolve_options options = MLX_CONVOLVE_OPTIONS_INIT;
  options.mode = MLX_MODE_SAME;
  return mlx_convolve_with(a, v, &options, stream, out);
}
END
cat >"$WORK/types" <<'END'
#include <mlx_convolve_types.h>
extern const mlx_mode modes[];
const mlx_mode modes[] = {MLX_MODE_FULL, MLX_MODE_VALID, MLX_MODE_SAME};
END
for cc in gcc clang; do
  for std in c99 c11 c17; do
    "$cc" -std=$std "${flags[@]}" -Wstrict-prototypes -x c "$WORK/header" "$WORK/types"
  done
done
for cxx in g++ clang++; do
  for std in c++98 c++11 c++14 c++17 c++20; do
    "$cxx" -std=$std "${flags[@]}" -x c++ "$WORK/header" "$WORK/types"
  done
done
# As C++ it links to the same functions.
cp "$ROOT/tests/package/consumer.c" "$WORK/consumer.cpp"
g++ -std=c++17 -Wall -Wextra -Werror -I"$PREFIX/include" "$WORK/consumer.cpp" -o "$WORK/consumer" \
  -L"$PREFIX/lib" -lmlx_convolve -Wl,-rpath,"$PREFIX/lib"
"$WORK/consumer"
