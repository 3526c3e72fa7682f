#!/usr/bin/env bash
# Exported are the functions that the header declares, all of them, and nothing else.
set -euo pipefail
exported=$(nm -D --defined-only "$PREFIX/lib/libmlx_convolve.so" | awk '{ print $3 }' | sort)
if grep -v '^mlx_convolve' <<<"$exported"; then
  echo "exported under a foreign name"
  exit 1
fi
# What the preprocessed header declares as a function, by its linker name.
declared=$(cc -E -P -I"$PREFIX/include" -include mlx_convolve.h -x c /dev/null |
  tr '\n' ' ' | grep -oE '\bmlx_convolve[a-z0-9_]* *\(' | tr -d ' (' | sort -u)
diff <(echo "$declared") <(echo "$exported")
