#!/usr/bin/env bash
# rust_tests.sh [unit [NAME]]: what a bare `cargo test` runs, at less than two thirds of its cost; or the
# unit tests only, or those of them with NAME in their names.
# gpu.sh DRIVER rust_tests.sh gpu: the unit tests that need a graphics processor, in modules named gpu, which the
# others leave out; gpu-long instead of gpu: those of them that take long or have to be alone, which gpu leaves out.
#
# Only the unit tests compute. The tests of the sources, in tests/, and those in documentation are
# content with the library that `cargo build` makes, which is not optimised.
set -euo pipefail
source "$(dirname "$0")/common.sh"
use_rust
cd "$root"
# Incremental builds make slower code of more units. Where everything is built once, nothing is gained.
export CARGO_INCREMENTAL=0
# One build for all of them, with the GPU core: no module but gpu knows whether it is there.
case ${1:-} in
  gpu) tests=(gpu::) ;;
  gpu-long) tests=(--ignored --test-threads 1 gpu::tests::opened::) ;;
  *) tests=(--skip gpu:: "${@:2}") ;;
esac
cargo test --locked --features gpu-tests --lib -- "${tests[@]}"
if [[ -z ${1:-} ]]; then
  cargo test --locked --profile dev --test '*'
  cargo test --locked --profile dev --doc
fi
