#!/usr/bin/env bash
# Debian's checker of packages finds neither errors nor warnings, and each package holds the files that it should.
set -euo pipefail
lintian --allow-root --tag-display-limit 0 --fail-on error,warning "$FILES"/*.deb
cd "$FILES"
for deb in libmlx-convolve[0-9]*.deb; do
  # Whoever makes the packages: what they need is the C library, from the promised version on.
  dpkg-deb -f "$deb" Depends | grep -qE '^libc6 \(>= 2\.(1[0-9]|2[0-8])\)$'
done
