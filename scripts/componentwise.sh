#!/usr/bin/env bash
# componentwise.sh [SECONDS]: random calls with componentwise accuracy against exact sums, 20 seconds if not told
# otherwise.
#
# The time is shared by the instruction sets, one after another. Prints the seed, and the largest error of each family of
# operands in units of the bound; an error above 1 fails, and the message has all that makes the call again.
# COMPONENTWISE_SEED repeats a run.
set -euo pipefail
source "$(dirname "$0")/common.sh"
use_rust || fail "no Rust: run scripts/setup.sh"
seconds=${1:-20}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || fail "usage: scripts/componentwise.sh [SECONDS]"
cd "$root"
isas=(avx512 avx2 portable)
export COMPONENTWISE_SECONDS=$(((seconds + ${#isas[@]} - 1) / ${#isas[@]}))
for isa in "${isas[@]}"; do
  echo "componentwise: $isa for $COMPONENTWISE_SECONDS s"
  MLX_CONVOLVE_ISA=$isa scripts/rust_tests.sh unit random_calls_keep_the_bound --ignored --nocapture
done
