#!/usr/bin/env bash
# The programs of README and docs compile without a warning and print what stands beside them; README's marked commands run.
set -euo pipefail

# Fenced blocks become files: program1.c or .cpp, program1.text (the block after it), commands1.sh, project1.cmake. A block marked
# "c FILE" or "cpp FILE" has lines of that file, and a block marked "sh runs in the tests" has commands. Commands and projects build
# the first program of their section or, if it has none, of their page. Its number and ending are in commands1.first and
# project1.first.
awk -v dir="$WORK" '
  FNR == 1 { of_page = of_section = 0 }
  /^## / && !inside { of_section = 0 }
  /^```/ && !inside { kind = substr($0, 4); inside = 1; body = ""; next }
  /^```$/ {
    inside = 0
    is_program = kind == "c" || kind == "cpp"
    if (is_program) printf "%s", body > (dir "/program" ++programs "." kind)
    if (is_program && !of_page) of_page = programs "." kind
    if (is_program && !of_section) of_section = programs "." kind
    first = of_section ? of_section : of_page
    if (kind ~ /^(c|cpp) examples\//) printf "%s", body > (dir "/excerpt" ++excerpts)
    if (kind ~ /^(c|cpp) examples\//) print substr(kind, index(kind, " ") + 1) > (dir "/excerpt" excerpts ".from")
    # A text behind a program in Swift belongs to scripts/swift.sh.
    if (kind == "text" && last != "swift") printf "%s", body > (dir "/program" programs ".text")
    if (kind == "cmake") printf "%s", body > (dir "/project" ++projects ".cmake")
    if (kind == "cmake") print first > (dir "/project" projects ".first")
    if (kind == "sh runs in the tests") printf "%s", body > (dir "/commands" ++commands ".sh")
    if (kind == "sh runs in the tests") print first > (dir "/commands" commands ".first")
    last = kind
    next
  }
  inside { body = body $0 "\n" }' "$ROOT/README.md" "$ROOT"/docs/*.md "$ROOT"/docs/site/*.md
cd "$WORK"
test -f program2.c -a -f commands2.sh -a -f project1.cmake

for program in program*.c; do
  name=${program%.c}
  cc -std=c99 -pedantic -Wall -Wextra -Werror -I"$PREFIX/include" "$program" -o "$name" \
    -L"$PREFIX/lib" -lmlx_convolve -Wl,-rpath,"$PREFIX/lib"
  ./"$name" >out
  diff out "$name.text"
done
for program in program*.cpp; do
  name=${program%.cpp}
  c++ -std=c++17 -pedantic -Wall -Wextra -Werror -I"$PREFIX/include" "$program" -o "$name" \
    -L"$PREFIX/lib" -lmlx_convolve -Wl,-rpath,"$PREFIX/lib"
  ./"$name" >out
  diff out "$name.text"
done

for commands in commands*.sh; do
  first=program$(cat "${commands%.sh}.first")
  cp "$first" "first.${first##*.}"
  # Their project, if they are CMake's.
  for project in project*.first; do
    [[ program$(cat "$project") != "$first" ]] || cp "${project%.first}.cmake" CMakeLists.txt
  done
  rm -rf b
  PREFIX=$PREFIX bash -euo pipefail "$commands" >out 2>err || { cat out err; exit 1; }
  # Each ./first printed what stands beside the program, after what its build printed.
  grep -oE '\./first\b' "$commands" | while read -r _; do cat "${first%.*}.text"; done >expected
  tail -n "$(wc -l <expected)" out | diff - expected
done

for project in project*.cmake; do
  name=${project%.cmake}
  first=program$(cat "$name.first")
  mkdir "$name"
  cp "$first" "$name/first.${first##*.}"
  cp "$project" "$name/CMakeLists.txt"
  cmake -S "$name" -B "$name/b" -DCMAKE_PREFIX_PATH="$PREFIX" >log 2>&1 || { cat log; exit 1; }
  cmake --build "$name/b" >log 2>&1 || { cat log; exit 1; }
  "$name/b/first" >out
  diff out "${first%.*}.text"
done

# Each line of an excerpt is in the file that the excerpt names.
for excerpt in excerpt*[0-9]; do
  from=$(cat "$excerpt.from")
  while IFS= read -r line; do
    grep -qF -- "${line%;}" "$ROOT/$from" || { echo "not in $from: $line"; exit 1; }
  done <"$excerpt"
done

# Every function that README and the pages for users name is in the header.
pages=("$ROOT"/README.md "$ROOT"/docs/{c,contract,options,streams,swift,translation}.md)
for name in $(grep -ohE '\bmlx_[a-z0-9_]+[a-z0-9]\b' "${pages[@]}" | sort -u); do
  grep -q "\b$name" "$PREFIX/include/mlx_convolve.h" || { echo "no $name in the header"; exit 1; }
done
