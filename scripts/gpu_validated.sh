#!/usr/bin/env bash
# gpu_validated.sh: the GPU tests under Khronos' validation layer, which has to find a planted mistake, and no
# other. The layer prints mistakes on standard output; the program goes on.
set -euo pipefail
source "$(dirname "$0")/common.sh"
cd "$root"
planted=VUID-VkDeviceQueueCreateInfo-pQueuePriorities-00383
grep -qF "$planted" < <(scripts/gpu.sh validated python3 scripts/gpu_mistake.py) ||
  fail "the validation layer did not find the planted mistake"
log=$build/gpu/validated.log
scripts/gpu.sh validated scripts/rust_tests.sh gpu | tee "$log"
if grep -qE 'VUID-|UNASSIGNED-' "$log"; then
  fail "the validation layer found mistakes"
fi
