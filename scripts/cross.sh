#!/usr/bin/env bash
# cross.sh TARGET COMMAND...: runs a command, such as cargo or cmake, with the Rust in build/cross.
#
#   scripts/cross.sh aarch64-unknown-linux-gnu cargo test --locked --lib    under qemu, CPU in QEMU_CPU
#   scripts/cross.sh aarch64-apple-darwin cargo-clippy clippy --locked
set -euo pipefail
source "$(dirname "$0")/common.sh"
use_cross "$1"
shift
exec "$@"
