#!/usr/bin/env bash
# release_deb.sh ARCH TREE DOCUMENTS: makes the Debian packages libmlx-convolve0.1 (named after the soname) and
# libmlx-convolve-dev in build/release_files, of what CMake has built in TREE for x86_64 or aarch64.
#
# packaging/debian/ holds what does not change; versions come from Cargo.toml, and the symbols from packaging/exports.txt.
# The maintainer is whoever makes the packages: DEBFULLNAME and DEBEMAIL, else who made the commit.
set -euo pipefail
source "$(dirname "$0")/common.sh"
tree=$2 documents=$3
case $1 in
  x86_64) arch=amd64 ;;
  aarch64) arch=arm64 ;;
  *) fail "usage: scripts/release_deb.sh x86_64|aarch64 TREE DOCUMENTS" ;;
esac
version=$library_version
# Debian's own packages of the same version, -1 and on, would replace these.
revision=$version-0upstream1
multiarch=$(dpkg-architecture -a "$arch" -q DEB_HOST_MULTIARCH 2>/dev/null)
maintainer="${DEBFULLNAME:-$(git -C "$root" log -1 --format=%an)} <${DEBEMAIL:-$(git -C "$root" log -1 --format=%ae)}>"
date=$(git -C "$root" log -1 --format=%cD)

# Installed as Debian has it: the CMake package finds its files from where it lies.
quietly "release-$arch-configure" cmake -S "$root" -B "$tree" -DCMAKE_INSTALL_LIBDIR="lib/$multiarch"
abi=$(sed -n 's/.*SONAME "libmlx_convolve\.so\.\(.*\)".*/\1/p' "$tree/MlxConvolveConfig.cmake")
lib=libmlx-convolve$abi dev=libmlx-convolve-dev

package=$build/release_work/deb/$arch/mlx-convolve-$version
rm -rf "${package%/*}"
mkdir -p "$package/debian/source"
cd "$package"
cp "$root/packaging/debian/rules" debian
cp "$root/packaging/debian/lib.install" "debian/$lib.install"
cp "$root/packaging/debian/dev.install" "debian/$dev.install"
control=$(<"$root/packaging/debian/control.in")
control=${control//@ABI@/"$abi"}
printf '%s\n' "${control//@MAINTAINER@/"$maintainer"}" >debian/control
echo "3.0 (quilt)" >debian/source/format
cat >debian/changelog <<END
mlx-convolve ($revision) unstable; urgency=medium

  * The upstream release $version, as its CHANGELOG.md describes it.

 -- $maintainer  $date
END
"$root/scripts/release_copyright.sh" "$documents/THIRD-PARTY-LICENSES.txt" >debian/copyright
# The symbols, and since which version they have been there.
awk -v lib="$lib" -v soname="libmlx_convolve.so.$abi" '
  BEGIN { print soname, lib, "#MINVER#" } !/^#/ { print " " $1 "@Base " $2 }' "$root/packaging/exports.txt" >"debian/$lib.symbols"
# glibc, where dpkg has no list of the symbols of its own, as for another architecture.
glibc=$(sed -n 's/^MLX_CONVOLVE_GLIBC:STRING=//p' "$tree/CMakeCache.txt")
for library in libc.so.6 libpthread.so.0 libdl.so.2 libm.so.6 ld-linux-aarch64.so.1; do
  echo "${library%.so.*} ${library##*.} libc6 (>= $glibc)"
done >debian/shlibs.local
cp -r "$documents" documents
# The packages of several architectures may be installed together: what differs has names of its own.
sbom=sbom-$multiarch.cdx.json
mv documents/sbom.cdx.json "documents/$sbom"
printf 'documents/%s\n' THIRD-PARTY-LICENSES.txt "$sbom" | tee "debian/$lib.docs" >"debian/$dev.docs"
printf 'documents/%s\n' README.md docs >>"debian/$dev.docs"
mv documents/CHANGELOG.md .

TREE=$tree quietly "release-deb-$arch" dpkg-buildpackage --host-arch "$arch" --build=binary --no-check-builddeps \
  --unsigned-changes --unsigned-buildinfo
mkdir -p "$build/release_files"
mv ../*.deb "$build/release_files"
