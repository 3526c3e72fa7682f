#!/usr/bin/env bash
# Debian's checker of packages finds neither errors nor warnings. Each package holds the files that it should, and those of
# two architectures can be installed together, as `Multi-Arch: same` says.
set -euo pipefail
lintian --allow-root --tag-display-limit 0 --fail-on error,warning "$FILES"/*.deb
cd "$FILES"
for deb in libmlx-convolve[0-9]*.deb; do
  # Whoever makes the packages: what they need is the C library, from the promised version on.
  dpkg-deb -f "$deb" Depends | grep -qE '^libc6 \(>= 2\.(1[0-9]|2[0-8])\)$'
done

version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$ROOT/Cargo.toml" | sed -n 1p)
for deb in *.deb; do
  package=$(dpkg-deb -f "$deb" Package) arch=$(dpkg-deb -f "$deb" Architecture)
  mkdir -p "$WORK/$package"
  dpkg-deb -x "$deb" "$WORK/$package/$arch"
  lib=usr/lib/$(dpkg-architecture -a "$arch" -q DEB_HOST_MULTIARCH 2>/dev/null)
  # All but usr/share/doc.
  if [[ $package == *-dev ]]; then
    files=(usr/include/mlx_convolve{.h,.hpp,_mlxc.h,_types.h} "$lib"/libmlx_convolve.{a,so}
      "$lib"/cmake/MlxConvolve/MlxConvolve{Config,ConfigVersion,Targets}.cmake "$lib/pkgconfig/mlx_convolve.pc")
    for file in "$ROOT"/mlxc/*; do
      [[ $file == */mlx_convolve_mlxc.h ]] || files+=("usr/share/mlx_convolve/mlxc/${file##*/}")
    done
  else
    files=("$lib/libmlx_convolve.so.${package#libmlx-convolve}" "$lib/libmlx_convolve.so.$version")
  fi
  diff <(cd "$WORK/$package/$arch" && find . -path ./usr/share/doc -prune -o ! -type d -printf '%P\n' | LC_ALL=C sort) \
    <(printf '%s\n' "${files[@]}" | LC_ALL=C sort)
done
for package in "$WORK"/*; do
  for shared in share include; do
    [[ ! -d $package/amd64/usr/$shared ]] || diff -r --exclude="sbom-*" "$package"/{amd64,arm64}/usr/$shared
  done
done
