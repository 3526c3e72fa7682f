#!/usr/bin/env bash
# swift_setup.sh: unpacks Debian 13's Swift, with the C library that it links to, into build/swift/root;
# in_swift.sh runs commands there.
#
# Swift needs a newer C library than Debian 12 has, so the folder is a small system of its own. Nothing is
# installed: apt works out and loads the packages from lists kept apart from the machine's, and the files
# that no test needs stay packed. A second run changes nothing; a run that was interrupted begins anew.
set -euo pipefail
source "$(dirname "$0")/common.sh"
place=$build/swift
system=$place/root

# Swift and what it links programs with; the tools that SwiftPM and our commands call.
packages=(swiftlang libc6-dev libstdc++-14-dev base-files bash coreutils)
# An interactive debugger, editors' servers, other linkers and systems, static Swift, sanitizers, documents.
unneeded=('*/liblldb*' '*/lldb*' '*/clangd' '*/sourcekit-lsp' '*/libsourcekitd*' '*/docc' '*/swift-format'
  '*/libLTO.so*' '*/lld' '*/swift_static/*' '*/lib/swift/embedded/*' '*/FrameworkABIBaseline/*'
  '*.swiftdoc' '*/cc1' '*/lto1' '*/lib?san.*' '*/lib??san.*' './usr/share/doc/*' './usr/share/locale/*'
  './usr/share/man/*' './usr/share/info/*')

[[ ! -f $place/version ]] || exit 0
# Whatever is mounted there would be emptied as well: the project, for one.
! grep -qF " $place/" /proc/self/mountinfo || fail "still mounted below $place: unmount it first"
rm -rf "$place"
mkdir -p "$system" "$place/apt/lists/partial" "$place/apt/archives/partial"

# From where this machine's Debian comes.
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Component: main' |
  grep -v security | sed -n 1p)
[[ -n $mirror ]] || fail "apt has no Debian mirror"
keys=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keys] $mirror trixie main" >"$place/apt/sources.list"
# As whoever runs this: apt's own user may not write here.
cat >"$place/apt/config" <<END
APT::Sandbox::User "root";
APT::Architecture "amd64";
APT::Install-Recommends "false";
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::Retries "3";
Dir::State::status "/dev/null";
Dir::State::lists "$place/apt/lists";
Dir::Cache "$place/apt";
Dir::Etc::sourcelist "$place/apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
END
export APT_CONFIG=$place/apt/config
apt-get update
apt-get install -y --download-only "${packages[@]}"
version=$(apt-cache policy swiftlang | sed -n 's/^ *Candidate: *//p')

# Debian's files of every package lie below usr; these links lead there.
mkdir -p "$system"/usr/{bin,sbin,lib,lib64} "$system"/{proc,dev,tmp}
for folder in bin sbin lib lib64; do
  ln -s "usr/$folder" "$system/$folder"
done
unpack() {
  dpkg-deb --fsys-tarfile "$1" | tar -x -C "$system" --no-same-owner --keep-directory-symlink \
    --wildcards "${unneeded[@]/#/--exclude=}"
}
for deb in "$place"/apt/archives/*.deb; do
  unpack "$deb"
done
rm -rf "$place/apt"
# What dash would be, if it were among the packages.
ln -sf bash "$system/usr/bin/sh"
echo "$version" >"$place/version"
