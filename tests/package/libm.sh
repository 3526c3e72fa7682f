#!/usr/bin/env bash
# The library calls no function of the system's mathematics library: its sines and logarithms differ in their last bits from
# version to version and from system to system, and so would results.
set -euo pipefail
export LC_ALL=C # the order that comm expects
libm=$(cc -print-file-name=libm.so.6)
[[ -f $libm ]] || { echo "no libm.so.6 here"; exit 1; }
# Its functions, but those that the C library has as well: they only take floats apart.
functions_of() { nm -D --defined-only "$1" | awk '$2 ~ /[TWi]/ { sub(/@.*/, "", $3); print $3 }' | sort -u; }
functions=$(comm -23 <(functions_of "$libm") <(functions_of "$(cc -print-file-name=libc.so.6)"))
grep -qx sincos <<<"$functions" && grep -qx log2 <<<"$functions" && grep -qx fma <<<"$functions" ||
  { echo "what libm.so.6 defines was not found out"; exit 1; }

shared=$PREFIX/lib/libmlx_convolve.so static=$PREFIX/lib/libmlx_convolve.a
has_gpu=no
grep -q '^MLX_CONVOLVE_GPU:BOOL=ON$' "$BUILD/CMakeCache.txt" && has_gpu=yes
if [[ $has_gpu == yes ]]; then
  # The compiler of shaders calls many of them, to compute with constants, of which our shaders have none. What
  # counts is what our own object files call, in the archive that cargo made. Such a library has to be built without
  # link-time optimisation: these files then hold our own code only. They name fma, which has the same bits everywhere.
  called=$(nm --undefined-only -A "$BUILD/static/libmlx_convolve.a" 2>/dev/null | sed -n 's/.*:mlx_convolve[.-].* U //p' | grep -vxE 'fmaf?' | sort -u)
else
  called=$(nm -D --undefined-only "$shared" | awk '{ sub(/@.*/, "", $2); print $2 }' | sort -u)
fi
grep -qx memcpy <<<"$called" || { echo "what the library calls was not found out"; exit 1; }
if comm -12 <(echo "$called") <(echo "$functions") | grep .; then
  echo "called in the library"
  exit 1
fi
[[ $has_gpu == no ]] || exit 0

if readelf -d "$shared" | grep -F 'NEEDED' | grep -F '[libm.so'; then
  echo "the shared library is linked to it"
  exit 1
fi

# A program with the static library links without it.
cc "$ROOT/tests/package/consumer.c" -I"$PREFIX/include" "$static" -lpthread -ldl -o "$WORK/consumer"
"$WORK/consumer" >/dev/null
