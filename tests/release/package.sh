#!/usr/bin/env bash
# The archive for this machine holds an installation as tests/package/ wants one, and besides it only share/doc.
set -euo pipefail
cd "$UNPACKED"/*-x86_64-linux
# files.sh wants nothing else there.
mkdir -p "$WORK/prefix/share"
cp -a include lib "$WORK/prefix"
cp -a share/mlx_convolve "$WORK/prefix/share"
diff <(ls) <(printf '%s\n' include lib share)
diff <(ls share) <(printf '%s\n' doc mlx_convolve)
diff <(ls share/doc/mlx-convolve) - <<'END'
CHANGELOG.md
LICENSE-APACHE
LICENSE-MIT
README.md
THIRD-PARTY-LICENSES.txt
docs
sbom.cdx.json
END
# Every picture in the pages is there.
for system in "$UNPACKED"/*; do
  for page in "$system"/share/doc/mlx-convolve/{,docs/}*.md; do
    for picture in $(grep -oE '!\[[^]]*\]\([^):]+\)' "$page" | sed 's/.*(\(.*\))/\1/'); do
      [[ -s ${page%/*}/$picture ]] || { echo "$page: no $picture"; exit 1; }
    done
  done
done
for check in exports files header libm load_flags relocatable secure static_names version; do
  mkdir -p "$WORK/$check"
  ROOT=$ROOT BUILD=$ROOT/build/release-x86_64-linux PREFIX=$WORK/prefix WORK=$WORK/$check \
    "$ROOT/tests/package/$check.sh" >"$WORK/log" 2>&1 || { cat "$WORK/log"; echo "tests/package/$check.sh"; exit 1; }
done
