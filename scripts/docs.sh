#!/usr/bin/env bash
# docs.sh: builds the documentation site in build/site, and checks it. Begin with build/site/index.html.
#
# It fails if a declaration of the headers has no comment, if a page is missing from docs/site/start.md, or
# if a link leads nowhere.
set -euo pipefail
source "$(dirname "$0")/common.sh"

style=/usr/share/doxygen-awesome-css
command -v doxygen >/dev/null && [[ -d $style ]] || fail "no Doxygen or no doxygen-awesome-css: run scripts/setup.sh --test"

source=$build/docs
rm -rf "$source" "$build/site"
mkdir -p "$source"
python3 "$root/docs/site/prepare.py" "$root" "$source"
export ROOT=$root SOURCE=$source OUT=$build STYLE=$style
VERSION=$library_version
FILES=$(printf '%s ' "$source"/files/*)
export VERSION FILES
quietly doxygen doxygen "$root/docs/site/Doxyfile"
python3 "$root/docs/site/check_links.py" "$build/site"
