#!/usr/bin/env bash
# Two plug-ins that link the archive work in one process, each with a library of its own, and export nothing of it.
set -euo pipefail
cmake -S . -B b -DCMAKE_PREFIX_PATH="$PREFIX"
cmake --build b
b/host b/libfirst.so b/libsecond.so
