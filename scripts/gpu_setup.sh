#!/usr/bin/env bash
# gpu_setup.sh: unpacks SwiftShader, a Vulkan driver that computes on the processor, into
# build/gpu/swiftshader; gpu.sh uses it.
#
# No package holds it alone: it is a file of Debian's chromium-common, of any version, or else of an npm
# package. Nothing is installed. A second run changes nothing.
set -euo pipefail
source "$(dirname "$0")/common.sh"
file=libvk_swiftshader.so
place=$build/gpu/swiftshader
work=$build/gpu/unpacking
npm_package=@sparticuz/chromium@153.0.0 # for x86_64

[[ ! -f $place/$file ]] || exit 0

from_debian() {
  # As whoever runs this: apt's own user may not write here.
  (cd "$work" && apt-get -o APT::Sandbox::User=root download chromium-common) &&
    dpkg-deb --fsys-tarfile "$work"/chromium-common_*.deb | tar -x -O --wildcards "*/$file" >"$work/$file"
}

from_npm() {
  local unpack='process.stdin.pipe(require("zlib").createBrotliDecompress()).pipe(process.stdout)'
  [[ $(uname -m) == x86_64 ]] &&
    npm pack "$npm_package" --cache "$work/npm" --pack-destination "$work" &&
    tar -x -z -O -f "$work"/*.tgz package/bin/swiftshader.tar.br | node -e "$unpack" |
    tar -x -O "$file" >"$work/$file"
}

rm -rf "$work"
mkdir -p "$work" "$place"
from_debian || from_npm ||
  fail "no SwiftShader: $file came neither from apt's chromium-common nor from npm's $npm_package"
mv "$work/$file" "$place"
rm -rf "$work"
