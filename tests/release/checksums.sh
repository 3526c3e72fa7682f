#!/usr/bin/env bash
# SHA256SUMS has every file of the release, and the right sum. All files bear Cargo.toml's version and no other.
set -euo pipefail
cd "$FILES"
sha256sum --check --strict --quiet SHA256SUMS
diff <(awk '{ print $2 }' SHA256SUMS | LC_ALL=C sort) <(ls | grep -vx SHA256SUMS | LC_ALL=C sort)
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$ROOT/Cargo.toml" | sed -n 1p)
diff <(ls | sed "s/$version/VERSION/") - <<END
SHA256SUMS
libmlx-convolve-dev_VERSION-0upstream1_amd64.deb
libmlx-convolve-dev_VERSION-0upstream1_arm64.deb
libmlx-convolve0.1_VERSION-0upstream1_amd64.deb
libmlx-convolve0.1_VERSION-0upstream1_arm64.deb
mlx-convolve-VERSION-aarch64-linux.tar.gz
mlx-convolve-VERSION-source.tar.gz
mlx-convolve-VERSION-x86_64-linux.tar.gz
mlx-convolve-VERSION-x86_64-windows.zip
END
