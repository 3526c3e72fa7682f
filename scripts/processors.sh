#!/usr/bin/env bash
# processors.sh: compares the bits of convolutions between this processor and emulated ones, of AMD and of Intel.
#
# With MLX_CONVOLVE_ISA set, all must be the same. Without it, the emulated ones must differ, as each maker has rates of
# its own: otherwise the lengths of c_tests/processors.c would show nothing. The emulator has AVX2, but no AVX-512.
set -euo pipefail
source "$(dirname "$0")/common.sh"
prefix=${PREFIX:-$build/demo/prefix}
work=$build/processors
mkdir -p "$work"
cc -O2 -Wall -Wextra -Werror "$root/c_tests/processors.c" -I"$prefix/include" "$prefix/lib/libmlx_convolve.a" \
  -lpthread -lm -ldl -o "$work/processors"
unset MLX_CONVOLVE_ISA MLX_CONVOLVE_METHOD MLX_CONVOLVE_NUM_THREADS

bits_by() {
  local maker=$1
  qemu-x86_64 -cpu "max,vendor=$maker" "$work/processors"
}

amd=$(bits_by AuthenticAMD) intel=$(bits_by GenuineIntel)
[[ $amd != "$intel" ]] || fail "the lengths show nothing: AMD's and Intel's bits are $amd without MLX_CONVOLVE_ISA, too"
for isa in avx2 portable; do
  export MLX_CONVOLVE_ISA=$isa
  here=$("$work/processors") amd=$(bits_by AuthenticAMD) intel=$(bits_by GenuineIntel)
  echo "$isa: $here here, $amd with AMD's processor, $intel with Intel's"
  [[ $here == "$amd" && $here == "$intel" ]] || fail "the bits of $isa depend on the processor"
done
