#!/usr/bin/env bats
# Checks of the tree itself: what a compiler, a linter or a formatter has to say.

load helper

local_setup() {
  cd "$INOTAP_SOURCE" || return
}

sources() {
  find src tests -name '*.[ch]'
}

@test "clang compiles it without a warning" {
  cmake -S . -B "$BATS_TEST_TMPDIR/clang" -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Release -DINOTAP_WERROR=ON \
    >"$ctl/log" 2>&1 || { cat "$ctl/log" >&2; return 1; }
  cmake --build "$BATS_TEST_TMPDIR/clang" --parallel 2 >"$ctl/log" 2>&1 || { cat "$ctl/log" >&2; return 1; }
}

@test "gcc compiles it without a warning, debug build and fuzz targets apart" {
  cmake -S . -B "$BATS_TEST_TMPDIR/gcc" -DCMAKE_C_COMPILER=gcc -DCMAKE_BUILD_TYPE=Debug -DINOTAP_WERROR=ON \
    >"$ctl/log" 2>&1 || { cat "$ctl/log" >&2; return 1; }
  cmake --build "$BATS_TEST_TMPDIR/gcc" --parallel 2 >"$ctl/log" 2>&1 || { cat "$ctl/log" >&2; return 1; }
}

@test "mandoc has nothing to say about the man page" {
  run mandoc -T lint -W warning man/inotap.1
  is "what mandoc says" "$output" ""
  is status "$status" 0
}

@test "shellcheck has nothing to say about the scripts" {
  run shellcheck -x scripts/run scripts/test scripts/bench scripts/packages.sh .ci/run tests/helper.bash tests/fresh-root
  is "what shellcheck says" "$output" ""
  run shellcheck -s bash "$INOTAP_BUILD/completion/inotap"
  is "what shellcheck says" "$output" ""
  # Variables that bats sets, and the helper's, are not seen; expressions in quotes are for inner shells and jq.
  run shellcheck -x -e SC2016,SC2030,SC2031,SC2034,SC2153,SC2154,SC2164 tests/*.bats
  is "what shellcheck says" "$output" ""
}

@test "clang-format would change nothing" {
  # What it does differs from version to version; the tree is formatted by this one.
  local formatter
  formatter=$(command -v clang-format-14 || command -v clang-format)
  [[ "$("$formatter" --version)" == *'version 14.'* ]] || cannot "clang-format 14 is needed"
  mapfile -t files < <(sources)
  [ "${#files[@]}" -gt 40 ]
  run "$formatter" --dry-run -Werror "${files[@]}"
  is "what clang-format says" "$output" ""
}

@test "clang-tidy has nothing to say about the sources" {
  # As with clang-format: what it finds differs from version to version.
  local linter
  linter=$(command -v clang-tidy-14 || command -v clang-tidy)
  [[ "$("$linter" --version)" == *'version 14.'* ]] || cannot "clang-tidy 14 is needed"
  cmake -S . -B "$BATS_TEST_TMPDIR/tidy" -DCMAKE_C_COMPILER=clang -DBUILD_TESTING=OFF >"$ctl/log" 2>&1
  run bash -c 'printf "%s\n" src/*.c | xargs -P 2 -n 6 "$0" --quiet -p "$1" 2>/dev/null' "$linter" "$BATS_TEST_TMPDIR/tidy"
  is "what clang-tidy says" "$output" ""
  is status "$status" 0
}

@test "every source file says in its first two lines what it is for" {
  local file
  for file in src/*.[ch]; do
    head -n 1 "$file" | grep -qF "/* $(basename "$file"): " || {
      echo "$file does not begin with its name and job" >&2
      return 1
    }
  done
}
