#!/usr/bin/env bash
# cross_setup.sh: unpacks into build/cross a Rust that compiles for other systems; cross.sh and others
# use it.
#
# It is Debian's current one: compiler, clippy, the standard library for arm64, and its sources for
# targets that Debian has none for. Nothing is installed: the Rust on PATH stays what it is, and the
# lists of arm64's packages are kept apart from the machine's. A second run changes nothing.
set -euo pipefail
source "$(dirname "$0")/common.sh"
cross=$build/cross

version=$(apt-cache policy rustc-web | sed -n 's/^ *Candidate: *//p')
[[ $version == [0-9]* ]] && version_at_least "$version" "$rust_needed" ||
  fail "Debian's package rustc-web, $rust_needed or newer, is needed; apt offers ${version:-none}"
[[ $(cat "$cross/version" 2>/dev/null) != "$version" ]] || exit 0
std=libstd-rust-web-$(cut -d. -f1,2 <<<"$version")
llvm=$(apt-cache depends "$std" | sed -n 's/^ *Depends: *\(libllvm.*\)/\1/p')

rm -rf "$cross"
mkdir -p "$cross/bin" "$cross/debs/arm64" "$cross/arm64" "$cross/apt/lists/partial" "$cross/apt/archives/partial"
echo 'APT::Sandbox::User "root";' >"$cross/apt/config"
(
  cd "$cross/debs"
  # As whoever runs this: apt's own user may not write here.
  export APT_CONFIG=$cross/apt/config
  apt-get download "$llvm" "$std=$version" {rustc-web,libstd-rust-web-dev,rust-web-clippy,rust-web-src}="$version"
  cd arm64
  foreign=(-o APT::Architecture=arm64 -o APT::Architectures::=arm64 -o Dir::State::status=/dev/null
    -o Dir::State::lists="$cross/apt/lists" -o Dir::Cache="$cross/apt")
  apt-get "${foreign[@]}" update
  apt-get "${foreign[@]}" download libstd-rust-web-dev="$version" libcmocka-dev libcmocka0
)

sources=usr/src/rustc-${version%%+*}/library
for deb in "$cross"/debs/*.deb "$cross"/debs/arm64/libstd-*.deb; do
  case $deb in
    */rust-web-src_*) dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$cross" "./$sources" ./usr/lib/rustlib/src ;;
    *) dpkg -x "$deb" "$cross" ;;
  esac
done
for deb in "$cross"/debs/arm64/libcmocka*.deb; do
  dpkg -x "$deb" "$cross/arm64"
done
rm -rf "$cross/debs" "$cross/apt"

# The tools find their own libraries, whatever calls them.
for tool in rustc rustdoc cargo-clippy; do
  cat >"$cross/bin/$tool" <<END
#!/bin/sh
export LD_LIBRARY_PATH="$cross/usr/lib/x86_64-linux-gnu\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}"
exec "$cross/usr/bin/$tool" "\$@"
END
  chmod +x "$cross/bin/$tool"
done
"$cross/bin/rustc" --version
echo "$version" >"$cross/version"
