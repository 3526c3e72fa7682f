#!/usr/bin/env bash
# gpu_bench.sh [--minutes M] [--page FILE]: measures the GPU core on GPU 0, in less than 8 minutes.
#
# Builds and installs the library with the GPU core, and gpu_roofs, which tells what the device can do at most, into
# build/gpu_bench; then runs benches/gpu/run.py. PyTorch and CuPy take part if $GPU_BENCH_PYTHON, or else the Python
# of build/venv, has them with a GPU. `scripts/gpu.sh lavapipe scripts/gpu_bench.sh` measures a driver in software.
set -euo pipefail
source "$(dirname "$0")/common.sh"
use_rust || fail "no Rust: run scripts/setup.sh"
bench=$build/gpu_bench
python=${GPU_BENCH_PYTHON:-$build/venv/bin/python}
"$python" -c 'import ml_dtypes, numpy' || fail "no NumPy for $python: run scripts/setup.sh --test"
suffix=so
[[ $(uname) != Darwin ]] || suffix=dylib

install_library gpu-release "$bench/prefix" -DMLX_CONVOLVE_GPU=ON
CARGO_PROFILE_DEV_DEBUG=none quietly gpu-roofs cargo build --locked --manifest-path "$root/Cargo.toml" --features gpu --example gpu_roofs \
  --target-dir "$bench/target"
export MLX_CONVOLVE_LIBRARY=$bench/prefix/lib/libmlx_convolve.$suffix
exec "$python" "$root/benches/gpu/run.py" --roofs "$bench/target/debug/examples/gpu_roofs" "$@"
