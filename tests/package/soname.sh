#!/usr/bin/env bash
# The soname is the version link with the major version, and what is needed besides is the C runtime.
set -euo pipefail
major=$(sed -n 's/^version = "\([0-9]*\).*/\1/p' "$ROOT/Cargo.toml" | sed -n 1p)
dynamic=$(readelf -d "$PREFIX/lib/libmlx_convolve.so")
grep -q "SONAME.*\[libmlx_convolve\.so\.$major\]" <<<"$dynamic"
if grep NEEDED <<<"$dynamic" | grep -vE '\[(libgcc_s|libc|libm|libpthread|libdl|librt|ld-linux-[a-z0-9-]+)\.so\.[0-9]+\]'; then
  echo "an unexpected dependency"
  exit 1
fi
