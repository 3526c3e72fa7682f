#!/usr/bin/env bash
# setup.sh [--demo] [--test] [--check]: installs what building needs and this machine lacks.
#
# Always: a C compiler, make, CMake, pkg-config, Rust. --demo adds gnuplot and libsndfile; --test adds
# what the tests use, with apt also Vulkan drivers that compute on the processor, one of them unpacked
# into build/gpu; --check what the longer checks use, which are for Debian on x86_64: compilers and
# emulators for other systems, a Rust for them in build/cross, Swift in build/swift, Conan in build/conan, mlx-c in
# build/mlxc, and the tools of releases in build/release_tools. Packages come from apt (with sudo unless root) or Homebrew,
# Python packages from pip into build/venv, two tools of releases from crates.io into cargo's own folder. What is
# there already is left alone, so a second run changes nothing.
set -euo pipefail
source "$(dirname "$0")/common.sh"

demo=no test=no check=no
for arg in "$@"; do
  case $arg in
    --demo) demo=yes ;;
    --test) demo=yes test=yes ;;
    --check) demo=yes test=yes check=yes ;;
    *) fail "usage: scripts/setup.sh [--demo] [--test] [--check]" ;;
  esac
done

if command -v apt-get >/dev/null; then
  packager=apt
elif command -v brew >/dev/null; then
  packager=brew
else
  packager=none
fi

missing=()

# need APT_PACKAGES BREW_PACKAGES CHECK...: remembers the packages if the check fails.
need() {
  local apt=$1 brew=$2
  shift 2
  "$@" >/dev/null 2>&1 && return
  case $packager in
    apt) read -ra names <<<"$apt" ;;
    brew) read -ra names <<<"$brew" ;;
    none) fail "missing: $* (no apt or brew here; install it and run this again)" ;;
  esac
  missing+=("${names[@]}")
}

has() { command -v "$1"; }
has_cmake() { has cmake && version_at_least "$(cmake --version | sed -n '1s/[^0-9]*//p')" 3.20; }
has_python() {
  python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))'
}

has_doctest() { echo '#include <doctest/doctest.h>' | c++ -x c++ -fsyntax-only -; }

# Allocators with fork handlers, one of them to be linked statically.
has_allocators() {
  [[ -f $(cc -print-file-name=libjemalloc.a) && -f $(cc -print-file-name=libmimalloc.so) ]]
}

# Their runtimes, libFuzzer's too, and what puts names and lines into their reports.
has_sanitizers() {
  local runtime
  for runtime in asan tsan fuzzer; do
    [[ -f $(clang-19 -print-file-name="libclang_rt.$runtime-x86_64.a") ]] || return 1
  done
  has llvm-symbolizer-19
}

# std::format, or what it was made from.
has_format() {
  printf '%s\n' '#if __has_include(<format>)' '#include <format>' '#else' '#include <fmt/format.h>' '#endif' |
    c++ -std=c++20 -x c++ -fsyntax-only -
}

has_doxygen() { has doxygen && [[ -d /usr/share/doxygen-awesome-css ]]; }

# has_driver DRIVER: whether gpu.sh finds it.
has_driver() { "$root/scripts/gpu.sh" "$1" true; }

as_root() {
  if ((EUID == 0)); then
    "$@"
  else
    has sudo >/dev/null || fail "no sudo here; as root: $*"
    sudo "$@"
  fi
}

# The package lists of a fresh machine are empty or old.
apt_update() {
  [[ -n ${apt_updated:-} ]] || quietly apt-update as_root apt-get update
  apt_updated=yes
}

# Installs the packages remembered in `missing`, all at once.
install_missing() {
  ((${#missing[@]})) || return 0
  echo "installing: ${missing[*]}"
  case $packager in
    apt)
      apt_update
      # --no-remove: nobody's compiler is replaced by ours.
      quietly apt-install as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends --no-remove "${missing[@]}"
      ;;
    brew) quietly brew-install brew install "${missing[@]}" ;;
  esac
  missing=()
}

# python_packages FOLDER FILE: has the Python packages that the file of the project names in a folder of their own.
python_packages() {
  local folder=$1 requirements=$root/$2
  ! cmp -s "$requirements" "$folder/requirements.txt" || return 0
  echo "installing: $2 into ${folder#"$root/"}"
  rm -rf "$folder"
  quietly venv python3 -m venv "$folder"
  quietly pip "$folder/bin/python" -m pip install --disable-pip-version-check -r "$requirements"
  cp "$requirements" "$folder/requirements.txt"
}

rustup_line="curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh"

# Without a suitable Rust on PATH: Debian's current one, if its version will do.
install_rust() {
  local offered=
  if [[ $packager == apt ]]; then
    apt_update
    offered=$(apt-cache policy rustc-web 2>/dev/null | sed -n 's/^ *Candidate: *//p')
  fi
  if [[ $offered == [0-9]* ]] && version_at_least "$offered" "$rust_needed"; then
    missing+=(rustc-web cargo-web ca-certificates)
    install_missing && use_rust && return
  fi
  fail "Rust $rust_needed or newer is needed. Install it with
    $rustup_line
and run this again."
}

if [[ $(uname) == Darwin ]]; then
  cc --version >/dev/null 2>&1 || fail "no C compiler: run xcode-select --install and this again"
else
  need "gcc libc6-dev" "" has cc
fi
need make make has make
need cmake cmake has_cmake
need pkg-config pkg-config has pkg-config

if [[ $demo == yes ]]; then
  need g++ gcc has g++
  need "gnuplot-nox fonts-dejavu-core" gnuplot has gnuplot
  need libsndfile1-dev libsndfile pkg-config --exists sndfile
fi

if [[ $test == yes ]]; then
  need clang llvm has clang
  need libcmocka-dev cmocka pkg-config --exists cmocka
  need doctest-dev doctest has_doctest
  need binutils binutils has readelf
  # Elsewhere, the site is not built.
  [[ $packager != apt ]] || need "doxygen doxygen-awesome-css" "" has_doxygen
  [[ $(uname) == Darwin ]] || need "libjemalloc-dev libmimalloc-dev" "" has_allocators
  # valgrind does not run on current macOS.
  [[ $(uname) == Darwin ]] || need "valgrind libc6-dbg" "" has valgrind
  need "python3 python3-venv" python3 has_python
  # Elsewhere there is no such driver, and the tests that need one do not run.
  [[ $packager != apt ]] || need "mesa-vulkan-drivers libvulkan1" "" has_driver lavapipe
fi
if [[ $check == yes ]]; then
  [[ $packager == apt && $(dpkg --print-architecture) == amd64 ]] ||
    fail "the longer checks need Debian on x86_64"
  need clang-19 "" has clang-19
  need "libclang-rt-19-dev llvm-19" "" has_sanitizers
  need "gcc-aarch64-linux-gnu libc6-dev-arm64-cross" "" has aarch64-linux-gnu-gcc
  need g++-aarch64-linux-gnu "" has aarch64-linux-gnu-g++
  need qemu-user "" has qemu-aarch64 # and qemu-x86_64
  need gcc-mingw-w64-x86-64-win32 "" has x86_64-w64-mingw32-gcc
  need g++-mingw-w64-x86-64-win32 "" has x86_64-w64-mingw32-g++
  need "wine wine64" "" has wine
  need vulkan-validationlayers "" has_driver validated
  need spirv-tools "" has spirv-val
  need "debhelper dpkg-dev" "" has dh
  need lintian "" has lintian
  need ninja-build "" has ninja
  need libfmt-dev "" has_format
  need abigail-tools "" has abidiff
  need mmdebstrap "" has mmdebstrap
fi
install_missing

use_rust || install_rust

if [[ $test == yes ]]; then
  rust_tools=()
  (cd "$root" && cargo fmt --version) >/dev/null 2>&1 || rust_tools+=(rustfmt)
  (cd "$root" && cargo clippy --version) >/dev/null 2>&1 || rust_tools+=(clippy)
  if ((${#rust_tools[@]})); then
    [[ $(command -v cargo) == /usr/bin/cargo && $packager == apt ]] ||
      fail "missing: ${rust_tools[*]}; run: rustup component add ${rust_tools[*]}"
    missing=(rustfmt-web rust-web-clippy)
    install_missing
  fi

  python_packages "$build/venv" tests/conformance/requirements.txt

  if [[ $packager == apt ]] && ! has_driver swiftshader >/dev/null 2>&1; then
    echo "unpacking: SwiftShader into build/gpu"
    # The lists must name what is to be had now.
    apt_update
    quietly gpu-setup "$root/scripts/gpu_setup.sh"
  fi
fi

if [[ $check == yes ]]; then
  python_packages "$build/conan" tests/consumers/source/conan/requirements.txt

  # The lists must name what is to be had now.
  [[ -f $build/cross/version && -f $build/swift/version ]] || apt_update
  quietly cross-setup "$root/scripts/cross_setup.sh"
  quietly swift-setup "$root/scripts/swift_setup.sh"
  python_packages "$build/mlxc/venv" mlxc_tests/python/requirements.txt
  quietly mlxc-setup "$root/scripts/mlxc_setup.sh"
  python_packages "$build/release_tools" packaging/requirements.txt
  quietly release-setup "$root/scripts/release_setup.sh"
fi

echo "set up: $(cc --version | sed -n 1p); $(cmake --version | sed -n 1p); $(cd "$root" && rustc --version)"
