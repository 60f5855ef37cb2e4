#!/usr/bin/env bats
# Under the name inotifywait inotap prints, says and answers what inotify-tools does, but for what docs/compat.md lists.

load helper

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
