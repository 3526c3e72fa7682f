#!/usr/bin/env bash
# release.sh [linux] [windows] [packages]: makes the files of a release in build/release_files; without arguments, all.
#
#   linux       builds for x86_64 and aarch64, side by side, for every Linux with glibc 2.28 or newer
#   windows     builds for x86_64, with MinGW
#   packages    of what these two have built: an archive for each system, Debian packages, the sources with all crates that
#               they need, and checksums. Unpacks the archives in build/release_unpacked, where other scripts test them.
#
# The Rust in build/cross builds all libraries. The archives are sorted and have the time of the commit, so that the same
# commit and tools should make the same files again. No test makes them twice.
set -euo pipefail
source "$(dirname "$0")/common.sh"
glibc=2.28
systems=(x86_64-linux aarch64-linux x86_64-windows)
files=$build/release_files work=$build/release_work unpacked=$build/release_unpacked
name=mlx-convolve-$library_version
# The time of all files in the archives.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct)}
export SOURCE_DATE_EPOCH

# for_release TARGET: sets the environment for building a release's libraries for a target.
for_release() {
  use_cross "$1"
  # The messages of panics name source files: no folders of this machine.
  export RUSTFLAGS="--remap-path-prefix=$root/= --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src/="
}

# build_linux ARCH: builds, and installs as the archive will hold it. What an earlier run built is gone first, so that it is
# not packed if this build fails.
build_linux() {
  rm -rf "$work/prefix-$1-linux"
  for_release "$1-unknown-linux-gnu"
  # build/cross has a standard library for it, and the linker is zig.
  unset RUSTC_BOOTSTRAP CARGO_UNSTABLE_BUILD_STD CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER
  export PATH=$build/release_tools/bin:$PATH
  [[ $1 == x86_64 ]] || export CMAKE_TOOLCHAIN_FILE=$root/scripts/toolchains/$1-linux-gnu.cmake
  install_library "release-$1-linux" "$work/prefix-$1-linux" \
    -DMLX_CONVOLVE_GLIBC=$glibc -DMLX_CONVOLVE_RUST_TARGET="$1-unknown-linux-gnu"
}

build_windows() {
  local target=x86_64-pc-windows-gnu std nothing=$work/nothing
  rm -rf "$work/prefix-x86_64-windows"
  for_release $target
  # CMake asks rustc about a library of its own, so the standard library has to be in its place.
  std=$build/cross/usr/lib/rustlib/$target/lib
  if [[ ! -d $std ]]; then
    mkdir -p "$nothing/src"
    printf '[workspace]\n[package]\nname = "nothing"\n' >"$nothing/Cargo.toml"
    echo '#![no_std]' >"$nothing/src/lib.rs"
    # With bitcode, for link-time optimisation.
    RUSTFLAGS="$RUSTFLAGS -Cembed-bitcode=yes" cargo build --release --manifest-path "$nothing/Cargo.toml" \
      --target-dir "$nothing/target"
    rm -rf "$std.new"
    mkdir -p "$std.new"
    cp "$nothing/target/$target"/release/deps/*.rlib "$std.new"
    rm "$std.new"/libnothing-*
    mv "$std.new" "$std"
  fi
  unset RUSTC_BOOTSTRAP CARGO_UNSTABLE_BUILD_STD
  export CMAKE_TOOLCHAIN_FILE=$root/scripts/toolchains/x86_64-w64-mingw32.cmake
  install_library release-x86_64-windows "$work/prefix-x86_64-windows"
}

# tarball FILE FOLDER NAME: packs a folder's entry.
tarball() {
  tar --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner --mode=go=u,go-w \
    -C "$2" -c "$3" | gzip -n >"$1"
}

# The sources as they are committed or changed, with every crate that Cargo.lock names, in $work/source. New files that git
# does not know are left out: `git add` them first.
sources() {
  local tree
  tree=$(git -C "$root" stash create)
  rm -rf "$work/source"
  mkdir -p "$work/source"
  git -C "$root" archive --prefix="$name/" "${tree:-HEAD}" | tar -x -C "$work/source"
  cd "$work/source/$name"
  quietly release-vendor cargo vendor --locked --versioned-dirs vendor
  mkdir -p .cargo
  cat >.cargo/config.toml <<'END'
# cargo takes the crates from here, without a network.
[source.crates-io]
replace-with = "vendored"
[source.vendored]
directory = "vendor"
[net]
offline = true
END
  tarball "$files/$name-source.tar.gz" "$work/source" "$name"
}

# documents SYSTEM: puts the licences and the manuals into the installation for a system.
documents() {
  local doc=$work/prefix-$1/share/doc/mlx-convolve
  rm -rf "$doc"
  mkdir -p "$doc/docs/pictures"
  cd "$work/source/$name"
  cp README.md CHANGELOG.md LICENSE-MIT LICENSE-APACHE "$doc"
  cp docs/*.* "$doc/docs"
  cp docs/pictures/*.svg "$doc/docs/pictures"
}

# pack SYSTEM: an archive of the installation, with one folder inside, and the same unpacked.
pack() {
  local top=$name-$1
  rm -rf "$work/pack" "$unpacked/$top"
  mkdir -p "$work/pack"
  cp -a "$work/prefix-$1" "$work/pack/$top"
  if [[ $1 == *-windows ]]; then
    (
      cd "$work/pack"
      find "$top" -type f | LC_ALL=C sort >list
      TZ=UTC cmake -E tar cf "$files/$top.zip" --format=zip --mtime="$(date -u -d "@$SOURCE_DATE_EPOCH" '+%F %T UTC')" --files-from=list
    )
    (cd "$unpacked" && cmake -E tar xf "$files/$top.zip")
  else
    tarball "$files/$top.tar.gz" "$work/pack" "$top"
    tar -x -C "$unpacked" -f "$files/$top.tar.gz"
  fi
}

package() {
  local system notices=()
  for system in "${systems[@]}"; do
    [[ -d $work/prefix-$system ]] || fail "not built: $system"
  done
  use_rust
  rm -rf "$files" "$unpacked"
  mkdir -p "$files" "$unpacked"
  (sources)
  for system in "${systems[@]}"; do
    (documents "$system")
    notices+=("$system" "$work/prefix-$system/share/doc/mlx-convolve")
  done
  "$root/scripts/release_notices.sh" "$work/source/$name" "${notices[@]}"
  for system in "${systems[@]}"; do
    (pack "$system")
    [[ $system != *-linux ]] ||
      "$root/scripts/release_deb.sh" "${system%-linux}" "$build/release-$system" "$work/prefix-$system/share/doc/mlx-convolve"
  done
  (cd "$files" && sha256sum -- * >SHA256SUMS && cat SHA256SUMS)
}

mkdir -p "$work"
(($#)) || set -- linux windows packages
for part in "$@"; do
  case $part in
    linux)
      # Each ends in a long link with one thread.
      build_linux aarch64 &
      jobs=($!)
      build_linux x86_64 &
      jobs+=($!)
      failed=0
      for job in "${jobs[@]}"; do
        wait "$job" || failed=1
      done
      ((!failed)) || fail "not built for Linux"
      ;;
    windows) (build_windows) ;;
    packages) package ;;
    *) fail "usage: scripts/release.sh [linux] [windows] [packages]" ;;
  esac
done
