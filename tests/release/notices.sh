#!/usr/bin/env bash
# Each package has the licences of all crates that are linked, with their texts, and a bill of materials that names the
# same crates.
set -euo pipefail
crates() { (cd "$ROOT" && cargo tree --locked --edges normal --target "$1" --prefix none --format '{p}' | awk '{ print $1 }' | sort -u | grep -vx mlx-convolve); }
check() {
  local target=$1 doc=$2 crate wanted
  wanted=$(crates "$target")
  [[ $wanted == *libc* ]]
  for crate in $wanted std core compiler_builtins gimli; do
    grep -qE "^  $crate [0-9]" "$doc/THIRD-PARTY-LICENSES.txt" || { echo "$doc: no licence of $crate"; exit 1; }
  done
  for phrase in 'Permission is hereby granted, free of charge' 'finds the way of a panic'; do
    grep -qF "$phrase" "$doc/THIRD-PARTY-LICENSES.txt" || { echo "$doc: no '$phrase'"; exit 1; }
  done
  diff <(python3 -c 'import json, sys; print("\n".join(sorted({c["name"] for c in json.load(sys.stdin)["components"]})))' \
    <"$doc/sbom.cdx.json") <(echo "$wanted")
}
check x86_64-unknown-linux-gnu "$UNPACKED"/*-x86_64-linux/share/doc/mlx-convolve
check aarch64-unknown-linux-gnu "$UNPACKED"/*-aarch64-linux/share/doc/mlx-convolve
check x86_64-pc-windows-gnu "$UNPACKED"/*-x86_64-windows/share/doc/mlx-convolve
for deb in "$FILES"/*.deb; do
  package=$(dpkg-deb -f "$deb" Package)
  unpacked=$WORK/$(basename "$deb" .deb)
  dpkg-deb -x "$deb" "$unpacked"
  doc=$unpacked/usr/share/doc/$package
  grep -qE '^  libc [0-9]' <(zcat -f "$doc"/THIRD-PARTY-LICENSES.txt*)
  grep -qE '^ vendor/libc-' "$doc/copyright"
  [[ -s $(echo "$doc"/sbom-*.cdx.json*) ]]
done
