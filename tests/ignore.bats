#!/usr/bin/env bats
# Ignore rules: what is left out is what git leaves out.

load helper

local_setup() {
  verdicts=$INOTAP_BUILD/tests/ignore/verdicts
}

# verdicts_of DIRECTORY PATH...: a line for each path.
verdicts_of() {
  local directory=$1
  shift
  printf '%s\0' "$@" | "$verdicts" "$directory" | tr '\0\n' ' \n' | xargs -n 2
}

@test "of ten thousand paths in random trees exactly those are left out that git leaves out" {
  export TMPDIR=$PWD
  run /usr/bin/python3 "$INOTAP_SOURCE/tests/ignore/against_git.py" "$verdicts" --paths 10000
  [ "$status" -eq 0 ] || { printf '%s\n' "$output" >&2; return 1; }
}

@test "a linked worktree and a submodule have their own rules and the right info/exclude" {
  export HOME=$PWD GIT_CONFIG_NOSYSTEM=1
  git init -q main
  git -C main -c user.name=a -c user.email=a@b commit -q --allow-empty -m empty
  git -C main worktree add -q ../tree
  mkdir -p tree/sub
  echo /excluded >>main/.git/info/exclude
  echo '*.o' >tree/.gitignore
  git -C main -c protocol.file.allow=always submodule --quiet add ../main module
  echo /inside >>main/.git/modules/module/info/exclude
  is "the worktree" "$(verdicts_of tree excluded sub/excluded sub/a.o)" "$(printf '%s\n' 'excluded out' 'sub/excluded undecided' 'sub/a.o out')"
  is "below it" "$(verdicts_of tree/sub excluded a.o)" "$(printf '%s\n' 'excluded undecided' 'a.o out')"
  is "the submodule" "$(verdicts_of main/module excluded inside)" "$(printf '%s\n' 'excluded undecided' 'inside out')"
}

@test "git is asked once for core.excludesFile, whatever its configuration includes" {
  export HOME=$PWD GIT_CONFIG_NOSYSTEM=1
  git init -q top
  echo a >mine
  # shellcheck disable=SC2088 # git expands it
  git config --file included core.excludesFile '~/mine'
  git -C top config include.path "$PWD/included"
  strace -f -e trace=execve -o "$ctl/calls" "$verdicts" top < <(printf 'a\0b\0') | tr '\0' ' ' >"$ctl/verdicts"
  is "what is left out" "$(cat "$ctl/verdicts")" "a out b undecided "
  is "runs of git" "$(grep -c '"git", .* = 0$' "$ctl/calls")" 1
}
