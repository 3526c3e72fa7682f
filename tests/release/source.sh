#!/usr/bin/env bash
# The source archive builds and installs where there is no network and no crate from elsewhere.
set -euo pipefail
tar -x -C "$WORK" -f "$FILES"/mlx-convolve-*-source.tar.gz
cd "$WORK"/mlx-convolve-*/
# What is tested does not depend on optimisation: the quickest build serves.
export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=0 \
  CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_DEBUG=0
# rustup's programs find their toolchain beside cargo's folder, which here is empty.
export RUSTUP_HOME=${RUSTUP_HOME:-${CARGO_HOME:-$HOME/.cargo}/../.rustup} CARGO_HOME=$WORK/cargo
unshare --net --map-root-user bash -euo pipefail -c '
  if tail -n +3 /proc/net/dev | grep -v "^ *lo:"; then echo "there is a network"; exit 1; fi
  cmake -S . -B build -DCMAKE_INSTALL_LIBDIR=lib
  cmake --build build
  cmake --install build --prefix "$1"' - "$WORK/prefix" >"$WORK/log" 2>&1 || { cat "$WORK/log"; exit 1; }
cc "$ROOT/tests/package/consumer.c" -I"$WORK/prefix/include" -L"$WORK/prefix/lib" -lmlx_convolve \
  -Wl,-rpath,"$WORK/prefix/lib" -o "$WORK/consumer"
"$WORK/consumer"
