#!/usr/bin/env bash
# release_copyright.sh THIRD-PARTY-LICENSES.txt: prints debian/copyright, in Debian's machine-readable format: this
# library's own licences and those of everything linked that others wrote.
set -euo pipefail
source "$(dirname "$0")/common.sh"
holder=$(sed -n 's/^Copyright (c) //p' "$root/LICENSE-MIT")
cat <<END
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: mlx-convolve
Comment: The files below are those of the release's source archive, and of the tools that built the library.

Files: *
Copyright: $holder
License: MIT or Apache-2.0

Files: docs/ecg.png examples/data/ecg.csv
Copyright: the authors of the MIT-BIH Arrhythmia Database
License: ODC-By-1.0
$(sed -n '/^# From the/,/^[^#]/{ /^#/!d; s/^#$/ ./; s/^#//; p }' "$root/examples/data/ecg.csv")
 .
 The picture docs/ecg.png was drawn of these data.

Files: examples/data/sunspots.csv
Copyright: none
License: public-domain
$(sed -n '/^#/!d; s/^# / /; p' "$root/examples/data/sunspots.csv")

License: MIT
$(sed -n '/^Permission/,$p' "$root/LICENSE-MIT" | sed 's/^$/./; s/^/ /')

License: Apache-2.0
 On Debian systems, the text is in /usr/share/common-licenses/Apache-2.0.
END
# A section begins with a line of =. The licence and the names of the works are above a line of -, the text below.
awk '
  function section() {
    if (files == "") return
    print "\nFiles:" files
    print "Copyright:" (holders == "" ? " their authors" : holders)
    print "License: " licence
    if (licence ~ /^Apache-2.0/) print " On Debian systems, the text is in /usr/share/common-licenses/Apache-2.0."
    printf "%s", text
    files = holders = text = ""
  }
  /^========*$/ { section(); head = 1; next }
  head && /^--------*$/ { head = 0; body = licence !~ /^Apache-2.0/; blank = 1; next }
  head && /^  / { files = files "\n vendor/" $1 "-" $2 "/*"; next }
  head { licence = $0; sub(/.*\(/, "", licence); sub(/\).*/, "", licence); gsub(/ WITH /, " with ", licence); next }
  # Of the LLVM project, only what it adds to Apache-2.0.
  /LLVM Exceptions to the Apache 2.0 License/ { body = 1 }
  files != "" && body {
    if ($0 ~ /^ *Copyright (\(c\)|©|[0-9])/) { line = $0; sub(/^ *Copyright *(\(c\)|©)? */, "", line); holders = holders "\n " line }
    sub(/[ \t]+$/, "")
    if ($0 != "" || !blank) text = text " " ($0 == "" ? "." : $0) "\n"
    blank = $0 == ""
  }
  END { section() }' "$1"
