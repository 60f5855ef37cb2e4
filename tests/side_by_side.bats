#!/usr/bin/env bats
# Under the names inotifywait and inotifywatch inotap prints, says and answers what inotify-tools does, but for what docs/compat.md lists.

load helper

# What is the original differs from version to version; the table is of this one.
local_setup() {
  local version
  version=$(/usr/bin/inotifywait --help | head -n 1) || true
  [[ "$version" == "inotifywait 3.22.6"* ]] || cannot "needs inotify-tools 3.22.6, as of Debian 12, and finds: $version"
}

run_cases() {
  "$INOTAP_SOURCE/tests/compat/side_by_side.py" "$INOTAP" "${document:-$INOTAP_SOURCE/docs/compat.md}" --jobs 8 "$@"
}

@test "over a thousand command lines are as in inotify-tools, and what is not is listed" {
  run run_cases
  is "differences" "$(grep -v '^    ' <<<"$output" | sed '$d' | grep -v ' known differences, ')" ""
  is status "$status" 0
  [ "$(run_cases --cases | wc -l)" -gt 1000 ]
}

@test "a difference that is not listed is a failure, and so is one that is listed and is none" {
  document=$PWD/compat.md
  printf '## Known differences\n\n| case | differs in | why |\n|---|---|---|\n' >"$document"
  run run_cases --only help-letter
  is status "$status" 1
  has "$output" "help-letter: differs in ['stdout'], listed are []"
  echo "| \`fromfile-empty\` | stderr | no reason |" >>"$document"
  run run_cases --only fromfile-empty
  is status "$status" 1
  has "$output" "fromfile-empty: differs in [], listed are ['stderr']"
  echo "| \`no-such-case\` | stderr | no reason |" >>"$document"
  run run_cases --only no-arguments
  is status "$status" 1
  has "$output" "no-such-case: listed, but there is no such case"
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
