#!/usr/bin/env bash
# release_abi.sh [record]: compares the ABI with the last release's, which packaging/abi/ describes: functions, types and
# their layouts. Fails if anything but new functions is different. With `record`, writes the description
# anew, as each release does. Where mlx_convolve_options grew at its end, which docs/abi.md permits, the comparison fails,
# too: look at what it prints, and record that.
#
# It reads a debug build's debug information, so it sees what Rust compiled, not what the header says.
set -euo pipefail
source "$(dirname "$0")/common.sh"
use_rust || fail "no Rust: run scripts/setup.sh"
work=$build/release_abi
arch=$(uname -m)
# Neither optimisation nor the static library changes the ABI.
export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
  CARGO_PROFILE_RELEASE_DEBUG=full CARGO_PROFILE_RELEASE_STRIP=none
install_library release-abi "$work/prefix" -DMLX_CONVOLVE_STATIC=OFF
library=$work/prefix/lib/libmlx_convolve.so
soname=$(readelf -d "$library" | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p')
dump=$root/packaging/abi/$soname-$arch.abi

if [[ ${1:-} == record ]]; then
  mkdir -p "${dump%/*}"
  # Without this machine's folders, and the files that tell nothing.
  abidw --no-corpus-path --no-comp-dir-path --no-show-locs --no-parameter-names --type-id-style hash "$library" |
    sed "s|path='[^']*/registry/src/[^/]*/|path='|; /<abi-instr /{N; /<\/abi-instr>/d}" >"$dump"
  exit
fi
[[ -f $dump ]] || fail "no $dump: the ABI of a new soname is recorded by scripts/release_abi.sh record"
# New functions are no difference, and any other is one: abidiff itself calls only a lost function incompatible.
abidiff --no-added-syms --no-show-locs "$dump" "$library"
