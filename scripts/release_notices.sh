#!/usr/bin/env bash
# release_notices.sh SOURCES SYSTEM FOLDER [SYSTEM FOLDER]...: writes into the folder what the library for that system, such
# as x86_64-linux, is made of:
#
#   THIRD-PARTY-LICENSES.txt    the licences of everything linked that others wrote, with their texts
#   sbom.cdx.json               the crates, as a CycloneDX bill of materials
#
# The sources are a release's, with all crates. A crate under a licence that packaging/about.toml does not accept fails.
set -euo pipefail
source "$(dirname "$0")/common.sh"
use_rust
sources=$1
rust=$(cat "$build/cross/version")
library=$(rust_library)
notices=$build/release_work/crates.txt

# licences MANIFEST [OPTION...]: of the crates that it depends on, with their texts.
licences() {
  cargo about generate --frozen "${@:2}" -c "$root/packaging/about.toml" -m "$1" "$root/packaging/about.hbs" |
    # All but this library's own.
    awk '/^=====/ { if (!own) printf "%s", section; section = ""; own = 0 }
      /^  mlx-convolve / { own = 1 }
      { section = section $0 "\n" }
      END { if (!own) printf "%s", section }'
}
# part TITLE; work NAME VERSION LICENCE ID: headings, of which the second looks as packaging/about.hbs makes it.
part() { printf '\n%s\n\n' "$1"; }
work() {
  local line
  line=$(printf '%80s' '')
  printf '%s\n%s (%s), of\n  %s %s\n%s\n\n' "${line// /=}" "$3" "$4" "$1" "$2" "${line// /-}"
}

# crates: what is the same on all systems.
crates() {
  part "The Rust crates that the library uses"
  (cd "$sources" && licences Cargo.toml --fail)
  part "Rust's standard library, ${rust%%+*}, and the crates that it uses"
  # Without --fail, as one of its own crates states no licence. A licence that is not accepted fails all the same.
  RUSTC_BOOTSTRAP=1 RUSTC=$build/cross/bin/rustc licences "$library/std/Cargo.toml" --features backtrace
}

# runtime SYSTEM: what the linker adds there.
runtime() {
  case $1 in
    *-linux)
      part "In the shared library, what finds the way of a panic"
      work libunwind "zig-$("$build/release_tools/bin/python" -m ziglang version)" "Apache License 2.0" \
        "Apache-2.0 WITH LLVM-exception"
      cat "$build"/release_tools/lib/python3*/site-packages/ziglang/lib/libunwind/LICENSE.TXT
      ;;
    *-windows)
      part "In the DLL, the start of a program by MinGW-w64"
      work mingw-w64 "$(dpkg-query -W -f '${Version}' mingw-w64-x86-64-dev)" "Zope Public License and others" "ZPL-2.1"
      cat /usr/share/doc/mingw-w64-x86-64-dev/copyright
      part "In the DLL, what finds the way of a panic"
      work libgcc "$(x86_64-w64-mingw32-gcc -dumpversion)" "GPL-3 with an exception" "GPL-3.0-or-later WITH GCC-exception-3.1"
      echo "The exception sets no terms for a program that GCC put its runtime into."
      ;;
  esac
}

# bill SYSTEM FILE: the bill of materials.
bill() {
  local target=$1-gnu
  target=${target/-linux-/-unknown-linux-} target=${target/-windows-/-pc-windows-}
  cd "$sources"
  cargo cyclonedx --quiet --format json --spec-version 1.5 --target "$target" --no-build-deps --override-filename sbom
  # The folder of the sources is no part of their names.
  sed "s|path+file://$PWD#||; s|?download_url=file://\.||" sbom.json >"$2"
  rm sbom.json
}

crates >"$notices"
for ((i = 2; i < $#; i += 2)); do
  system=${!i} next=$((i + 1))
  folder=${!next}
  {
    echo "What others wrote of this library's machine code, and under which licences."
    cat "$notices"
    runtime "$system"
  } >"$folder/THIRD-PARTY-LICENSES.txt"
  (bill "$system" "$folder/sbom.cdx.json")
done
