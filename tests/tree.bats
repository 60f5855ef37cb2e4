#!/usr/bin/env bats
# Checks of the tree itself: what a compiler, a linter or a formatter has to say. gcc's warnings are errors in the presets
# ci and asan: with and without optimisation.

load helper

local_setup() {
  cd "$INOTAP_SOURCE" || return
}

sources() {
  find src tests -name '*.[ch]'
}

@test "clang compiles it without a warning" {
  cmake -S . -B "$BATS_TEST_TMPDIR/clang" -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Debug -DINOTAP_WERROR=ON \
    >"$ctl/log" 2>&1 || { cat "$ctl/log" >&2; return 1; }
  # What clang warns of is known before it makes code, which costs the most.
  jq -r '.[] | "cd \(.directory) && \(.command) -fsyntax-only"' "$BATS_TEST_TMPDIR/clang/compile_commands.json" >"$ctl/commands"
  [ "$(wc -l <"$ctl/commands")" -gt 100 ]
  run xargs -d '\n' -P 2 -n 1 sh -c <"$ctl/commands"
  is "what clang says" "$output" ""
  is status "$status" 0
}

# compiles COMMAND...: what a compiler says about each source. The benchmarks are built without the headers of src, where there
# is a glob.h as well.
compiles() {
  local flags=(-std=gnu17 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 -DNCURSES_WIDECHAR=1
    '-DINOTAP_VERSION="0"' -Wall -Wextra -Wconversion -Wformat=2 -Werror)
  find src tests -name '*.c' ! -path 'tests/bench/*' -print0 >"$ctl/sources"
  [ "$(tr -cd '\0' <"$ctl/sources" | wc -c)" -gt 100 ]
  run xargs -0 -P 2 -n 1 "$@" "${flags[@]}" -Isrc -Itests/unit <"$ctl/sources"
  is "what $1 says about the sources" "$output" ""
  is status "$status" 0
  find tests/bench -name '*.c' -print0 >"$ctl/sources"
  run xargs -0 -P 2 -n 1 "$@" "${flags[@]}" <"$ctl/sources"
  is "what $1 says about the benchmarks" "$output" ""
  is status "$status" 0
}

@test "where long has 32 bits gcc has nothing to say about the sources either" {
  local found=()
  echo '#include <stdio.h>' >"$ctl/try.c"
  [ "$(uname -m)" = x86_64 ] || skip "Debian has a gcc for 32 bits beside that for 64 on amd64 alone"
  gcc -m32 -fsyntax-only "$ctl/try.c" 2>/dev/null || cannot "needs gcc -m32 and the headers for it: gcc-multilib"
  [ ! -e /usr/include/bsd/string.h ] || found=(-include bsd/string.h)
  # How arguments are passed gcc judges only when it makes code.
  compiles gcc -m32 -S -o /dev/null "${found[@]}"
}

@test "musl has what the sources take from a C library" {
  command -v musl-gcc >/dev/null || cannot "needs musl-gcc"
  # What is not of the C library: musl-gcc does not look into /usr/include, where the headers of glibc are.
  local name
  mkdir -p "$ctl/include"
  for name in linux asm-generic "$(gcc -print-multiarch)/asm" pcre2.h ncurses.h curses.h unctrl.h ncurses_dll.h; do
    ln -s "/usr/include/$name" "$ctl/include"
  done
  compiles musl-gcc -fsyntax-only -isystem "$ctl/include"
}

@test "mandoc has nothing to say about the man page" {
  run mandoc -T lint -W warning man/inotap.1
  is "what mandoc says" "$output" ""
  is status "$status" 0
}

@test "shellcheck has nothing to say about the scripts" {
  run shellcheck -x scripts/run scripts/test scripts/bench scripts/packages.sh .ci/run tests/helper.bash tests/fresh-root \
    tests/faults/*.bash cmake/debian-documents cmake/debian-finish
  is "what shellcheck says" "$output" ""
  run shellcheck -s bash "$INOTAP_BUILD/completion/inotap"
  is "what shellcheck says" "$output" ""
  # Variables that bats sets, and the helper's, are not seen; expressions in quotes are for inner shells and jq.
  run shellcheck -x -e SC2016,SC2030,SC2031,SC2034,SC2153,SC2154,SC2164 tests/*.bats
  is "what shellcheck says" "$output" ""
}

# of_known_version TOOL: the tree is written so that the versions of Debian 12 and 13 agree on it. Another one may find more.
of_known_version() {
  local version
  version=$("$1" --version | sed -n 's/.*version \([0-9]*\)\..*/\1/p')
  case $version in
    14 | 19) ;;
    '') cannot "needs $1" ;;
    *) skip "needs $1 14 or 19, and finds $version" ;;
  esac
}

@test "clang-format would change nothing" {
  of_known_version clang-format
  mapfile -t files < <(sources)
  [ "${#files[@]}" -gt 40 ]
  run clang-format --dry-run -Werror "${files[@]}"
  is "what clang-format says" "$output" ""
}

@test "clang-tidy has nothing to say about the sources" {
  of_known_version clang-tidy
  cmake -S . -B "$BATS_TEST_TMPDIR/tidy" -DCMAKE_C_COMPILER=clang -DBUILD_TESTING=OFF >"$ctl/log" 2>&1
  # The static analyzer takes two thirds of the time and finds what the sanitizers and the fuzzers find as well.
  local checks
  checks=$(in_full '' '-clang-analyzer-*')
  run bash -c 'printf "%s\n" src/*.c | xargs -P 2 -n 6 clang-tidy --quiet --checks="$1" -p "$0" 2>/dev/null' \
    "$BATS_TEST_TMPDIR/tidy" "$checks"
  is "what clang-tidy says" "$output" ""
  is status "$status" 0
}

@test "scripts/test --help prints its usage, and does nothing else" {
  # Nothing else can be run.
  mkdir "$ctl/bin"
  ln -s "$(command -v bash)" "$(command -v cat)" "$ctl/bin"
  run --separate-stderr env PATH="$ctl/bin" scripts/test -R text --help
  is status "$status" 0
  is "standard error" "$stderr" ""
  has "$output" "Usage: scripts/test"
}

@test "without bats there are unit tests, and a warning" {
  run cmake -S . -B "$BATS_TEST_TMPDIR/no-bats" -DBATS=
  is status "$status" 0
  has "$output" "bats is missing"
  run ctest --test-dir "$BATS_TEST_TMPDIR/no-bats" -N
  has "$output" unit-kernel
  lacks "$output" ': text'
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
