#!/usr/bin/env bats
# Thousands of PATHs with -F, or of directories: each costs as much as if there were only a few. Instructions are counted,
# for no machine is too noisy for that: four times as many PATHs may take four and a half times as many, where a search for
# each would take sixteen times as many. In CI there are three times as many.

load helper

FEW=$(in_full 250 150)
MANY=$(in_full 1000 450)

# start_counting ARG...: as `start`, with instructions counted.
start_counting() {
  TAP_STDOUT=$ctl/records
  rm -f "$ctl/count"
  start_as valgrind --quiet --tool=callgrind --callgrind-out-file="$ctl/count" "$INOTAP" -- \
    --fields=events,path -e modify,delete_self "$@"
}

# end_counting: print how many there were since the start.
end_counting() {
  kill -TERM "$TAP_PID"
  reap
  is status "$status" 143
  sed -n 's/^\(summary\|totals\): //p' "$ctl/count" | head -n 1
}

told() {
  [ "$(grep -c "^$1" "$ctl/records")" -eq "$2" ]
}

# make N: that many directories with a file in each, and a list of the files.
make() {
  local i
  rm -rf top list
  for ((i = 0; i < $1; i++)); do
    mkdir -p "top/d$i"
    : >"top/d$i/f"
    echo "top/d$i/f"
  done >list
}

# grows_with_number SCENARIO: its instructions do.
grows_with_number() {
  local few many
  few=$("$1" "$FEW")
  many=$("$1" "$MANY")
  echo "$1: $few instructions for $FEW PATHs, $many for $MANY"
  [ "$many" -lt $((few * MANY * 9 / (FEW * 8))) ]
}

directory_above() {
  make "$1"
  start_counting -F --paths-from=list
  mv top pot
  until_true told GONE "$1"
  mv pot top
  until_true told BACK "$1"
  end_counting
}

@test "a directory above all of them that is renamed away and back" {
  grows_with_number directory_above
}

removed() {
  make "$1"
  start_counting -F --paths-from=list
  rm -r top
  until_true told GONE "$1"
  make "$1"
  until_true told BACK "$1"
  end_counting
}

@test "all of them removed one after the other, and made anew" {
  grows_with_number removed
}

in_directory() {
  local i
  rm -rf d list
  mkdir d
  for ((i = 0; i < $1; i++)); do
    : >"d/$i"
    echo "d/$i"
  done >list
  start_counting -F --paths-from=list d
  for ((i = 0; i < $1; i++)); do
    : >"d/new"
    mv d/new "d/$i"
  done
  until_true told BACK "$1"
  end_counting
}

@test "all of them in a directory that is a PATH as well, replaced one after the other" {
  grows_with_number in_directory
}

links() {
  local i
  rm -rf d list
  mkdir d
  : >d/0
  echo d/0 >list
  for ((i = 1; i < $1; i++)); do
    ln d/0 "d/$i"
    echo "d/$i"
  done >>list
  start_counting -F --paths-from=list
  for ((i = 1; i < $1; i++)); do
    rm "d/$i"
  done
  until_true told GONE $(($1 - 1))
  end_counting
}

@test "links of one file, removed one after the other" {
  grows_with_number links
}

# has_watches N: of all its inotify instances together.
has_watches() {
  [ "$(cat /proc/"$TAP_PID"/fdinfo/* 2>/dev/null | grep -c '^inotify wd:')" -eq "$1" ]
}

child_left_out() {
  local i watches
  rm -rf top
  mkdir -p top/.git
  for ((i = 0; i < $1; i++)); do mkdir -p "top/d$i/child"; done
  start_counting -r --gitignore top
  watches=$(cat /proc/"$TAP_PID"/fdinfo/* | grep -c '^inotify wd:')
  [ "$watches" -gt $((2 * $1)) ]
  echo child >top/.gitignore
  until_true has_watches $((watches - $1))
  end_counting
}

@test "a .gitignore that leaves out one directory in each of them" {
  grows_with_number child_left_out
}

@test "files of one directory, beside another that is a PATH: their directory is asked about once" {
  mkdir d e
  touch d/{1..300}
  printf 'd/%s\n' {1..300} >list
  TAP_STDOUT=/dev/null
  start_as strace -f -o "$ctl/calls" -e trace=inotify_rm_watch "$INOTAP" -- -F --paths-from=list e
  kill -TERM "$(pgrep -P "$TAP_PID")"
  reap
  # A watch on it costs the kernel time for each entry that it has, and is removed where nothing needs it. So it is for the
  # directory of the output.
  is "watches removed" "$(grep -c inotify_rm_watch "$ctl/calls")" 2
}
