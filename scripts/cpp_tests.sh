#!/usr/bin/env bash
# cpp_tests.sh COMPILER STANDARD plain|sanitized|compiled: builds and runs the tests of mlx_convolve.hpp, such as
# `g++ 17 plain`.
#
# They find the library in the prefix $PREFIX, as a user's project would. `sanitized` is AddressSanitizer and
# UndefinedBehaviorSanitizer in the tests, which the header is part of. `compiled` compiles the files that need no
# doctest, for systems whose programs do not run here.
set -euo pipefail
source "$(dirname "$0")/common.sh"
compiler=$1 standard=$2 how=$3
prefix=${PREFIX:-$build/demo/prefix}
tree=$build/cpp_tests/$compiler-$standard-$how
options=()
case $how in
  plain) ;;
  sanitized) options+=(-DCPP_TESTS_SANITIZED=ON) ;;
  compiled)
    for flags in "" "-fno-exceptions -fno-rtti"; do
      # shellcheck disable=SC2086 # words
      "$compiler" -std="c++$standard" -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror $flags -fsyntax-only \
        -I"$prefix/include" "$root/cpp_tests/no_exceptions.cpp" "$root/cpp_tests/together_no_exceptions.cpp"
    done
    exit
    ;;
  *) fail "usage: scripts/cpp_tests.sh COMPILER STANDARD plain|sanitized|compiled" ;;
esac
rm -rf "$tree"
cmake -S "$root/cpp_tests" -B "$tree" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_CXX_COMPILER="$compiler" \
  -DCMAKE_CXX_STANDARD="$standard" "${options[@]}"
cmake --build "$tree" --parallel 2
ctest --test-dir "$tree" --output-on-failure --parallel 2
