#!/usr/bin/env bash
# spirv.sh: the GPU kernels in SPIR-V, as every version of Vulkan gets them, must satisfy spirv-val, which must
# refuse wrong ones. The modules stay in build/spirv.
set -euo pipefail
source "$(dirname "$0")/common.sh"
use_rust || fail "no Rust: run scripts/setup.sh"
cd "$root"
command -v spirv-val >/dev/null || fail "no spirv-val: run scripts/setup.sh --check"
export CARGO_INCREMENTAL=0
cargo test --locked --features gpu-tests --lib -- --include-ignored gpu::tests::spirv::
