#!/usr/bin/env bats
# Under the names inotifywait and inotifywatch inotap prints, says and answers what inotify-tools does, but for what docs/compat.md lists.

load helper

# The table is of some versions of inotify-tools, and only with one of them there is something to compare.
local_setup() {
  local status=0 said
  said=$(run_cases --only no-such-case) || status=$?
  [ "$status" -ne 3 ] || cannot "$said"
}

run_cases() {
  "$INOTAP_SOURCE/tests/compat/side_by_side.py" "$INOTAP" "${document:-$INOTAP_SOURCE/docs/compat.md}" --jobs 8 "$@"
}

# What it says, without the details of each difference and the line of totals. In CI no case is left out.
failures() {
  local -a expected=(-e '^    ' -e ' known differences from inotify-tools ')
  [ -n "${CI:-}" ] || expected+=(-e ' is left out: ')
  grep -v "${expected[@]}" <<<"$output" || true
}

@test "over a thousand command lines are as in inotify-tools, and what is not is listed" {
  run run_cases
  is "differences" "$(failures)" ""
  is status "$status" 0
  [ "$(run_cases --cases | wc -l)" -gt 1000 ]
}

# list ROW...: a document with these rows. VERSION stands for the version at hand, which is set besides.
list() {
  local row
  version=$(document='' run_cases --only no-arguments | sed -n 's/.* known differences from inotify-tools \([0-9.]*\), .*/\1/p')
  document=$PWD/compat.md
  printf '## Known differences\n\n| case | inotify-tools | differs in | why |\n|---|---|---|---|\n' >"$document"
  for row in "$@"; do echo "${row//VERSION/$version}"; done >>"$document"
}

@test "a difference that is not listed is a failure, and so is one that is listed and is none" {
  local version
  list
  run run_cases --only help-letter
  is status "$status" 1
  has "$output" "help-letter: differs in ['stdout'], listed are []"
  list '| `fromfile-empty` | VERSION | stderr | no reason |'
  run run_cases --only fromfile-empty
  is status "$status" 1
  has "$output" "fromfile-empty: differs in [], listed are ['stderr']"
  list '| `no-such-case` | VERSION | stderr | no reason |'
  run run_cases --only no-arguments
  is status "$status" 1
  has "$output" "no-such-case: listed, but there is no such case"
  list '| `help`, `help-letter` | VERSION | stdout | a reason |' '| `help-letter` | VERSION | stdout | another |'
  run run_cases --only help-letter
  is status "$status" 1
  has "$output" "help-letter: listed twice for inotify-tools $version"
  list '| `help`, `help-letter` | VERSION | stdout | a reason |'
  run run_cases --only help-letter
  is status "$status" 0
}

@test "a difference from another version is none from the one at hand" {
  local version other=3.22
  list
  [ "$version" != 3.22 ] || other=4.23
  list "| \`help-letter\` | $other | stdout | words of our own |"
  run run_cases --only help-letter
  is status "$status" 1
  has "$output" "help-letter: differs in ['stdout'], listed are []"
  list "| \`help-letter\` | $other, VERSION | stdout | words of our own |"
  run run_cases --only help-letter
  is status "$status" 0
}

@test "an inotify-tools of a version that is not listed, or none, is said, and so is a table that cannot be read" {
  local row version
  mkdir theirs
  printf '#!/bin/sh\necho "inotifywait 5.1.0.0"\nexit 1\n' >theirs/inotifywait
  chmod 755 theirs/inotifywait
  run run_cases --theirs theirs
  is status "$status" 3
  is said "$output" "side_by_side: docs/compat.md lists the differences from inotify-tools 3.22, 4.23, 4.25, and \
theirs/inotifywait calls itself 'inotifywait 5.1.0.0'"
  run run_cases --theirs no-such-directory
  is status "$status" 3
  is said "$output" "side_by_side: no-such-directory/inotifywait cannot be run: No such file or directory"
  for row in '| `help` | 2.0 | stdout | why |' '| `help` | 3.22 | stdin | why |' '| `help` | stdout | why |'; do
    list "$row"
    run run_cases
    is "status of $row" "$status" 3
  done
}

@test "a program that ends while something is waited for is waited for no longer" {
  mkdir theirs
  cat >theirs/inotifywait <<'END'
#!/bin/sh
[ "$1" != --help ] || exec echo "inotifywait 3.22.6.0"
echo "Watches established." >&2
until [ -d d/n ]; do sleep 0.01; done
END
  chmod 755 theirs/inotifywait
  run run_cases --theirs theirs --only recursive-new-everything
  is status "$status" 1
  has "$output" "recursive-new-everything: differs in ['status', 'stderr', 'stdout'], listed are ['stdout']"
  lacks "$output" "was waited for"
}

@test "every test that docs/compat.md names is there" {
  local name pattern count=0
  run_cases --cases >cases
  while IFS= read -r name; do
    count=$((count + 1))
    grep -qF -- "$name" <(grep -h '^@test' "$INOTAP_SOURCE"/tests/{compat,side_by_side,watch}.bats) || {
      echo "no such test: $name" >&2
      return 1
    }
  done < <(sed -n '/^| option/,/^$/p' "$INOTAP_SOURCE/docs/compat.md" | grep -o '"[^"]*"' | tr -d '"')
  [ "$count" -gt 5 ]
  while IFS= read -r pattern; do
    # shellcheck disable=SC2254 # they are patterns
    while IFS= read -r name; do case "$name" in $pattern) continue 2 ;; esac; done <cases
    echo "no such case: $pattern" >&2
    return 1
  done < <(sed -n '/^| option/,/^$/p' "$INOTAP_SOURCE/docs/compat.md" | cut -d '|' -f 4 | grep -o '`[a-z*-]*`' | tr -d '`')
}
