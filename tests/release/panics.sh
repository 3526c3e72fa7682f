#!/usr/bin/env bash
# A panic inside a library that is built like a release's becomes a status, and the library works on: on the caller's
# thread and on a stream's, on both processors, linked shared and statically. The shared library has zig's libunwind inside.
#
# No call of a release's library panics, so two panics are planted into the sources of the release.
set -euo pipefail
source "$ROOT/scripts/common.sh"
mkdir "$WORK/source"
tar -x -C "$WORK/source" --strip-components 1 -f "$FILES"/mlx-convolve-*-source.tar.gz
cd "$WORK/source"
plant() {
  sed -i "s/$2/$3/" "$1"
  grep -qF 'panic!("planted' "$1" || fail "nothing is planted in $1"
}
plant src/capi/device.rs 'Place::new(res, "res")?.write(is_metal());' 'panic!("planted here");'
plant src/stream/queue.rs 'catch(|| work(room))' \
  'catch(|| { if std::env::var_os("PANIC").is_some() { panic!("planted in a task") } work(room) })'

# How a panic is caught does not depend on optimisation: the quickest build serves.
mkdir build
ln -s "$build/cross" "$build/release_tools" build
CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
  CARGO_PROFILE_RELEASE_DEBUG=0 SOURCE_DATE_EPOCH=0 scripts/release.sh linux

# tries ARCH COMPILER [RUNNER]: links the program in both ways, and runs it.
tries() {
  local prefix=$WORK/source/build/release_work/prefix-$1-linux static
  read -ra static <<<"$(PKG_CONFIG_PATH=$prefix/lib/pkgconfig pkg-config --static --libs mlx_convolve | sed 's/-lmlx_convolve//')"
  cd "$WORK"
  "$2" -Wall -Werror -I"$prefix/include" "$ROOT/tests/release/panics.c" -o "shared-$1" \
    -L"$prefix/lib" -lmlx_convolve -Wl,-rpath,"$prefix/lib"
  "$2" -Wall -Werror -I"$prefix/include" "$ROOT/tests/release/panics.c" -o "static-$1" \
    "$prefix/lib/libmlx_convolve.a" "${static[@]}"
  "${@:3}" "./shared-$1"
  "${@:3}" "./static-$1"
}
# By the estimates for quicker kernels, the caller's thread would compute the convolution itself.
(export MLX_CONVOLVE_ISA=portable && tries x86_64 cc)
use_cross aarch64-unknown-linux-gnu # where qemu finds glibc
(tries aarch64 aarch64-linux-gnu-gcc "$ROOT/scripts/emulate.sh")
