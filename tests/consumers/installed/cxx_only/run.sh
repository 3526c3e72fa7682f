#!/usr/bin/env bash
# A project whose only language is C++ links both libraries.
set -euo pipefail
cmake -S . -B b -DCMAKE_PREFIX_PATH="$PREFIX"
cmake --build b
b/with_shared
b/with_static
