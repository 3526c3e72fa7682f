#!/usr/bin/env bash
# C and C++ call the library in one program, which throws exceptions beside it.
set -euo pipefail
cmake -S . -B b -DCMAKE_PREFIX_PATH="$PREFIX"
cmake --build b
b/with_shared
b/with_static
