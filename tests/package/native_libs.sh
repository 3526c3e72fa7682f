#!/usr/bin/env bash
# Libs.private covers what rustc says this static library needs; the compiler driver adds the rest.
set -euo pipefail
# cargo repeats what rustc printed when it has nothing to compile.
cmake --build "$BUILD" >"$WORK/log" 2>&1
said=$(sed -n 's/.*native-static-libs: *//p' "$WORK/log" | sed -n 1p)
[[ -n $said ]] || { echo "rustc said nothing"; exit 1; }
private=" $(sed -n 's/^Libs.private: *//p' "$PREFIX/lib/pkgconfig/mlx_convolve.pc") -lgcc_s -lc "
for word in $said; do
  [[ $private == *" $word "* ]] || { echo "$word is missing in Libs.private"; exit 1; }
done
