#!/usr/bin/env bash
# Libs.private covers what rustc says the static library itself needs; the compiler driver adds the rest.
set -euo pipefail
# The unoptimised build needs the same system libraries, and most of it exists after `cargo test`.
said=$(cd "$ROOT" && cargo rustc --locked --lib --crate-type staticlib \
  -- --print native-static-libs 2>&1 | sed -n 's/.*native-static-libs: *//p' | sed -n 1p)
[[ -n $said ]] || { echo "rustc said nothing"; exit 1; }
private=" $(sed -n 's/^Libs.private: *//p' "$PREFIX/lib/pkgconfig/mlx_convolve.pc") -lgcc_s -lc "
for word in $said; do
  [[ $private == *" $word "* ]] || { echo "$word is missing in Libs.private"; exit 1; }
done
