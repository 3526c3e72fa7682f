#!/usr/bin/env bash
# msl.sh: the tests of the GPU kernels once more, in Metal's language, which clang compiles with fast math
# for the processor. The kernels are written into build/msl.
set -euo pipefail
source "$(dirname "$0")/common.sh"
use_rust || fail "no Rust: run scripts/setup.sh"
cd "$root"
command -v clang++-19 >/dev/null || fail "no clang++-19: run scripts/setup.sh --check"
export CARGO_INCREMENTAL=0
cargo test --locked --features gpu-tests --lib -- --include-ignored gpu::tests::msl:: gpu::tests::translated::
