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

shared=$PREFIX/lib/libmlx_convolve.so
called=$(nm -D --undefined-only "$shared" | awk '{ sub(/@.*/, "", $2); print $2 }' | sort -u)
grep -qx memcpy <<<"$called" || { echo "what the library calls was not found out"; exit 1; }
if comm -12 <(echo "$called") <(echo "$functions") | grep .; then
  echo "called in the shared library"
  exit 1
fi
if readelf -d "$shared" | grep -F 'NEEDED' | grep -F '[libm.so'; then
  echo "the shared library is linked to it"
  exit 1
fi

# A program with the static library links without it.
cc "$ROOT/tests/package/consumer.c" -I"$PREFIX/include" "$PREFIX/lib/libmlx_convolve.a" -lpthread -ldl -o "$WORK/consumer"
"$WORK/consumer" >/dev/null
