#!/usr/bin/env bash
# mlxc_setup.sh: builds mlx-c 0.7 and 0.6 and leaves them, for mlxc.sh and others, in build/mlxc:
#
#   mlx                      MLX as the Python package has it, in the environment that setup.sh makes in build/mlxc/venv
#   0.7/source, 0.7/prefix   mlx-c 0.7.0, and what it installs
#   0.6/source, 0.6/prefix   mlx-c 0.6.0
#
# The sources of mlx-c come from crates.io, where the crate mlx-sys contains them, made for this version of MLX. A second
# run changes nothing, unless the environment is new.
set -euo pipefail
source "$(dirname "$0")/common.sh"
place=$build/mlxc
version=$place/venv/mlx-c # goes with the environment, whose MLX the builds are linked to

[[ ! -f $version ]] || exit 0
use_rust
rm -rf "$place"/{mlx,0.7,0.6}
ln -s "$(cd "$place"/venv/lib/python*/site-packages/mlx && pwd)" "$place/mlx"

# take_source VERSION: the crate's mlx-c.
take_source() {
  local crate=$place/$1/crate
  mkdir -p "$crate/src"
  touch "$crate/src/lib.rs"
  cat >"$crate/Cargo.toml" <<TOML
[package]
name = "source"
version = "0.0.0"
edition = "2021"

[dependencies]
mlx-sys = "=$1.0"

[workspace]
TOML
  (cd "$crate" && cargo vendor --quiet vendored >/dev/null)
  mv "$crate/vendored/mlx-sys/src/mlx-c" "$place/$1/source"
  rm -rf "$crate"
}

# without_norm: makes the crate's 0.6 what users of mlx-c's own 0.6.0 have, as far as they meet it in mlxc.
#
# The crate's copy is generated anew for a later MLX: there the transforms take a norm, as in 0.7, and ops.h declares
# functions that mlx-c's own lacks, or has with other arguments.
without_norm() {
  local newer='count_nonzero\w*|cum(max|min|prod|sum)\w*|diff|flip\w*|gather_qqmm|linspace_endpoint|logcumsumexp\w*'
  newer+='|logical_xor|median\w*|(ones|zeros)_like_dtype|positive|searchsorted|slice_update_(add|max|min|prod)|trace\w*'
  newer+='|trunc|unstack\w*|vecdot'
  cd "$place/0.6/source/mlx/c"
  sed -i '/^typedef enum mlx_fft_norm_/,/^} mlx_fft_norm;/d' fft.h
  sed -i '/^inline .* mlx_fft_norm_to_/,/^}/d' private/enums.h
  sed -i -e '/^ *mlx_fft_norm norm,$/d' -e 's/mlx_fft_norm_to_cpp(norm)/mlx::core::fft::FFTNorm::Backward/' fft.h fft.cpp
  sed -E -i "/^int mlx_($newer)\(/,/;\$/d" ops.h
  ! grep -rqw norm fft.h fft.cpp || fail "a norm is left in $PWD"
}

# build VERSION: with no optimisation, as all that computes is in MLX, and of few files, each of which takes in all
# headers of MLX.
build() {
  local tree=$place/$1/build
  cmake -S "$place/$1/source" -B "$tree" -DBUILD_SHARED_LIBS=ON -DMLX_C_USE_SYSTEM_MLX=ON -DMLX_C_BUILD_EXAMPLES=OFF \
    -DMLX_DIR="$place/mlx/share/cmake/MLX" -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=14 \
    -DCMAKE_CXX_FLAGS="-O0 -include $place/format.h" -DCMAKE_INSTALL_LIBDIR=lib \
    -DCMAKE_INSTALL_RPATH="$place/mlx/lib"
  cmake --build "$tree" --parallel 2
  cmake --install "$tree" --prefix "$place/$1/prefix"
  rm -rf "$tree"
}

# mlx-c 0.7 uses std::format, which GCC has since 13. {fmt} is what it was made from.
cat >"$place/format.h" <<'CPP'
#ifdef __cplusplus
#if __has_include(<format>)
#include <format>
#else
#define FMT_HEADER_ONLY
#include <fmt/format.h>
namespace std {
using fmt::format;
}
#endif
#endif
CPP
take_source 0.7
take_source 0.6
(without_norm)
build 0.7
build 0.6
echo "0.7.0 0.6.0" >"$version"
