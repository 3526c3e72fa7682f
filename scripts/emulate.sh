#!/usr/bin/env bash
# emulate.sh PROGRAM ARGUMENT...: runs a program for arm64 under qemu, on the CPU that QEMU_CPU names.
#
# A program that starts itself anew does so by its argv[0]. The kernel would not run that one, so the
# program is told the name of a script that emulates it again.
set -euo pipefail
program=$1
shift
again=$program.emulated
if [[ ! -x $again ]]; then
  # Of two that write it, the last one's is used; both are the same.
  printf '#!/bin/sh\nexec qemu-aarch64 -0 "%s" "%s" "$@"\n' "$again" "$program" >"$again.$$"
  chmod +x "$again.$$"
  mv "$again.$$" "$again"
fi
exec "$again" "$@"
