#!/usr/bin/env bash
# gpu_package.sh: builds the library with the GPU core, installs it, and checks what is installed from outside. Last, an
# example computes on a GPU in software.
set -euo pipefail
source "$(dirname "$0")/common.sh"
use_rust
work=$build/gpu_package
rm -rf "$work"
# Link-time optimisation would only cost time here.
export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16
install_library gpu-release "$work/prefix" -DMLX_CONVOLVE_GPU=ON
# Those that build no library of their own.
for check in exports files gpu libm load_flags native_libs relocatable secure soname static_names; do
  echo "tests/package/$check.sh"
  mkdir -p "$work/$check"
  ROOT=$root BUILD=$build/gpu-release PREFIX=$work/prefix WORK=$work/$check "$root/tests/package/$check.sh"
done
BUILD=$build/gpu-release PREFIX=$work/prefix "$root/scripts/consumers.sh" installed

echo "examples/c/chain.c"
cc -O2 "$root/examples/c/chain.c" -I"$work/prefix/include" -L"$work/prefix/lib" -lmlx_convolve -lm \
  -Wl,-rpath,"$work/prefix/lib" -o "$work/chain"
"$root/scripts/gpu.sh" lavapipe "$work/chain" gpu | tee "$work/chain.log"
grep -q 'on the GPU' "$work/chain.log"
grep -q 'compared with float64' "$work/chain.log"
