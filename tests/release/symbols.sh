#!/usr/bin/env bash
# The libraries for Linux run with glibc 2.28, export the functions in packaging/exports.txt and nothing else - least of
# all those that find the way of a panic, which the process may have from elsewhere - and name no folder of the machine
# that built them.
set -euo pipefail
status=0
wrong() {
  echo "$1" >&2
  status=1
}
for prefix in "$UNPACKED"/*-linux; do
  arch=${prefix%-linux} arch=${arch##*-}
  library=$prefix/lib/libmlx_convolve.so
  grep -qi "Machine:.*${arch/_/-}" <(readelf -h "$library") || wrong "$library is not for $arch"
  newest=$(readelf -V "$library" | { grep -oE 'GLIBC_[0-9.]+' || true; } | sort -uV | tail -n 1)
  [[ $newest == GLIBC_* ]] || wrong "$library needs no glibc at all"
  [[ $(printf '%s\n' GLIBC_2.28 "$newest" | sort -V | tail -n 1) == GLIBC_2.28 ]] || wrong "$library needs $newest"
  diff <(sed '/^#/d; s/ .*//' "$ROOT/packaging/exports.txt") \
    <(nm -D --defined-only "$library" | awk '{ print $3 }' | LC_ALL=C sort) ||
    wrong "$library does not export what packaging/exports.txt lists"
  for file in "$library" "$prefix/lib/libmlx_convolve.a"; do
    if strings -a "$file" | grep -F -e "$ROOT" -e "${CARGO_HOME:-$HOME/.cargo}"; then
      wrong "$file names a folder of this machine"
    fi
  done
done
# The static library links where glibc is as old.
zig=("$ROOT/build/release_tools/bin/python" -m ziglang cc)
for prefix in "$UNPACKED"/*-linux; do
  arch=${prefix%-linux} arch=${arch##*-}
  "${zig[@]}" -target "$arch-linux-gnu.2.28" -I"$prefix/include" "$ROOT/tests/package/consumer.c" \
    "$prefix/lib/libmlx_convolve.a" -lpthread -ldl -lm -lunwind -o "$WORK/consumer-$arch"
done
"$WORK/consumer-x86_64"
exit $status
