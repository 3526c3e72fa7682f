#!/usr/bin/env bash
# release_setup.sh: what release.sh uses and neither apt nor PyPI has: cargo-about and cargo-cyclonedx, built from their
# sources and installed where cargo installs programs, and crates in cargo's own cache. A second run changes nothing.
set -euo pipefail
source "$(dirname "$0")/common.sh"
use_rust

# Optimisation would take longer than it saves, but in the crate that compares texts of licences.
export CARGO_TARGET_DIR=$build/release_tools_target CARGO_INCREMENTAL=0 CARGO_PROFILE_DEV_DEBUG=0
# has NAME VERSION: whether cargo has installed this version or a newer one.
has() {
  local have
  have=$(cargo install --list | sed -n "s/^$1 v\([0-9.]*\).*/\1/p")
  [[ -n $have ]] && version_at_least "$have" "$2"
}
has cargo-about 0.9.3 ||
  cargo install --locked --debug cargo-about@0.9.3 --features cli --config 'profile.dev.package.spdx.opt-level=2'
has cargo-cyclonedx 0.5.9 || cargo install --locked --debug cargo-cyclonedx@0.5.9
rm -rf "$CARGO_TARGET_DIR"

# The crates of Rust's standard library, whose licences release_notices.sh collects without a network.
RUSTC_BOOTSTRAP=1 RUSTC=$build/cross/bin/rustc cargo fetch --locked \
  --manifest-path "$(rust_library)/std/Cargo.toml"
