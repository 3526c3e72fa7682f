# Sourced by the other scripts: where things are, a suitable Rust on PATH, quiet commands with logs, the
# library built and installed.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/build

fail() {
  echo "$*" >&2
  exit 1
}

# version_at_least HAVE WANT: compares dotted numbers.
version_at_least() {
  local have want i
  IFS=. read -ra have <<<"${1%%[!0-9.]*}"
  IFS=. read -ra want <<<"$2"
  for i in "${!want[@]}"; do
    ((10#${have[i]:-0} > 10#${want[i]})) && return 0
    ((10#${have[i]:-0} < 10#${want[i]})) && return 1
  done
  return 0
}

library_version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$root/Cargo.toml" | sed -n 1p)
rust_needed=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$root/Cargo.toml")

# Puts the first cargo and rustc that are new enough in front of PATH; fails if there are none.
use_rust() {
  local dir have
  local -a dirs
  IFS=: read -ra dirs <<<"$PATH"
  for dir in "${dirs[@]}" "${CARGO_HOME:-${HOME:-/root}/.cargo}/bin" /usr/bin; do
    [[ -x $dir/cargo && -x $dir/rustc ]] || continue
    have=$(cd "$root" && "$dir/rustc" --version 2>/dev/null | cut -d' ' -f2)
    if [[ -n $have ]] && version_at_least "$have" "$rust_needed"; then
      PATH=$dir:$PATH
      export PATH
      return 0
    fi
  done
  return 1
}

# use_cross TARGET: sets the environment for compiling to another target with the Rust in build/cross.
#
# Where Debian has no standard library for the target, or where RUSTFLAGS are to reach it, cargo builds
# one from its sources.
use_cross() {
  local cross=$build/cross
  [[ -f $cross/version ]] || fail "no $cross: run scripts/setup.sh --check"
  use_rust # for cargo
  export PATH=$cross/bin:$PATH RUSTC=$cross/bin/rustc RUSTDOC=$cross/bin/rustdoc
  export CARGO_BUILD_TARGET=$1 CARGO_TARGET_DIR=$cross/target CARGO_INCREMENTAL=0
  if [[ $1 == aarch64-unknown-linux-gnu ]]; then
    export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
    export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER=$root/scripts/emulate.sh
    export QEMU_LD_PREFIX=/usr/aarch64-linux-gnu
  else
    # An unstable option of cargo; the bootstrap variable admits it in a stable one.
    export RUSTC_BOOTSTRAP=1 CARGO_UNSTABLE_BUILD_STD=std,panic_unwind
  fi
}

# rust_library: the sources of the standard library of the Rust in build/cross.
rust_library() {
  local version
  version=$(cat "$build/cross/version")
  echo "$build/cross/usr/src/rustc-${version%%+*}/library"
}

# quietly NAME COMMAND...: runs with the output in build/logs/NAME.log, shown if the command fails.
quietly() {
  local log=$build/logs/$1.log
  shift
  mkdir -p "$build/logs"
  if ! "$@" >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    echo "failed: $* (log: $log)" >&2
    return 1
  fi
}

# install_library TREE PREFIX [CMAKE_OPTION...]: builds the library in build/TREE and installs it,
# freshly, into the prefix.
install_library() {
  local name=$1 tree=$build/$1 prefix=$2
  shift 2
  quietly "$name-configure" cmake -S "$root" -B "$tree" -DCMAKE_INSTALL_LIBDIR=lib "$@" &&
    quietly "$name-build" cmake --build "$tree" &&
    rm -rf "$prefix" &&
    quietly "$name-install" cmake --install "$tree" --prefix "$prefix"
}
