#!/usr/bin/env bash
# SHA256SUMS has every file of the release, and the right sum. All files bear Cargo.toml's version and no other.
set -euo pipefail
cd "$FILES"
sha256sum --check --strict --quiet SHA256SUMS
diff <(awk '{ print $2 }' SHA256SUMS | LC_ALL=C sort) <(ls | grep -vx SHA256SUMS | LC_ALL=C sort)
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$ROOT/Cargo.toml" | sed -n 1p)
soname=$(readlink "$UNPACKED"/*-x86_64-linux/lib/libmlx_convolve.so)
diff <(ls | LC_ALL=C sort) <(LC_ALL=C sort <<END
SHA256SUMS
libmlx-convolve-dev_$version-0upstream1_amd64.deb
libmlx-convolve-dev_$version-0upstream1_arm64.deb
libmlx-convolve${soname#*.so.}_$version-0upstream1_amd64.deb
libmlx-convolve${soname#*.so.}_$version-0upstream1_arm64.deb
mlx-convolve-$version-aarch64-linux.tar.gz
mlx-convolve-$version-source.tar.gz
mlx-convolve-$version-x86_64-linux.tar.gz
mlx-convolve-$version-x86_64-windows.zip
END
)
