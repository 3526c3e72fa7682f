#!/usr/bin/env bash
# No sample escapes the tests: each fenced block of README and docs/ is of a kind that something runs or compares.
set -euo pipefail
cd "$ROOT"

# The commands of blocks marked only "sh", which take too long here, and what runs them.
known=(
  'scripts/demo.sh'                                         # test.sh
  'scripts/test.sh'                                         # continuous integration
  'cmake -S . -B build/release'                             # test.sh, in install_library
  'cmake --build build/release'                             # the same
  'cmake --install build/release --prefix "$PREFIX"'        # the same
  'cmake -S . -B build/gpu-release -DMLX_CONVOLVE_GPU=ON'   # scripts/gpu_package.sh, in a folder of its own
  'conan create . --build=missing -o "&:shared=True"'       # tests/consumers/source/conan
)

# The kind of each block, and the commands of "sh": lines of the form FILE:LINE KIND.
awk '
  /^ *```/ && !inside { inside = 1; kind = $0; sub(/^ *```/, "", kind); print FILENAME ":" FNR "\t" kind; next }
  /^ *```$/ { inside = 0; next }
  inside && kind == "sh" { line = $0; sub(/ +#.*/, "", line); print FILENAME ":" FNR "\t$ " line }
  END { if (inside) print FILENAME ":end\ta block without an end" }' README.md docs/*.md docs/site/*.md >"$WORK/blocks"

escaped=0
while IFS=$'\t' read -r where kind; do
  case $kind in
    # readme.sh compiles and runs these, and compares with "text"; the second has lines of the file named.
    c | "c examples/"* | text | cmake | sh | "sh runs in the tests") continue ;;
    # mlxc_tests/docs.sh.
    "c with mlx-c "* | "cmake with mlx-c "* | "sh with mlx-c" | "text with mlx-c") continue ;;
    # What runs the samples of other languages, and tests/release/clean_root.sh.
    cpp | "cpp examples/"* | swift | "swift examples/"* | "sh runs in swift.sh" | "sh runs in a clean root") continue ;;
    '$ '*) for command in "${known[@]}"; do [[ ${kind#\$ } != "$command" ]] || continue 2; done ;;
  esac
  echo "$where: nothing runs this: $kind"
  escaped=1
done <"$WORK/blocks"
test "$(wc -l <"$WORK/blocks")" -gt 30
exit "$escaped"
