#!/usr/bin/env bats
# As inotifywatch, where it is better than that; where it is the same: side_by_side.bats.

load helper

local_setup() {
  mkdir "$ctl/bin"
  ln -s "$INOTAP" "$ctl/bin/inotifywatch"
  ln -s "$INOTAP" "$ctl/bin/fsnotifywatch"
}

# count ARG...: run inotifywatch with these in the background, and return once it watches. `finish` reads the table.
count() {
  local line
  mkfifo "$ctl/err" "$ctl/out"
  "$ctl/bin/inotifywatch" "$@" >"$ctl/out" 2>"$ctl/err" 3>&- &
  TAP_PID=$!
  exec {TAP_OUT}<"$ctl/out" {said}<"$ctl/err"
  until [[ "$line" == Finished* ]]; do IFS= read -r -t "$patience_s" -u "$said" line; done
  cat <&"$said" >"$ctl/said" {TAP_OUT}<&- 3>&- &
  others+=($!)
  exec {said}<&-
  rm "$ctl/err" "$ctl/out"
}

@test "SIGINT and SIGTERM print what is queued, and are no failure" {
  count -e create .
  : >a
  stop
  is status "$status" 0
  lines_are 'total  create  filename' '1      1       ./'
}

@test "it is there as an argument, too" {
  run "$INOTAP" inotifywatch -t 1 .
  is status "$status" 0
  lines_are 'Establishing watches...' 'Finished establishing watches, now collecting statistics.' 'No events occurred.'
}

@test "what is in a directory that comes is counted" {
  mkdir -p new/a/b d
  : >new/a/b/f
  count -r -e create,move d
  mv new d
  stop
  lines_are 'total  moved_to  create  filename' '1      1         0       d/' '1      0         1       d/new/' \
    '1      0         1       d/new/a/' '1      0         1       d/new/a/b/'
}

@test "a directory that is renamed stays one row, and has the name it has in the end" {
  mkdir -p d/old
  count -r -e create d
  : >d/old/a
  mv d/old d/new
  : >d/new/b
  stop
  lines_are 'total  create  filename' '2      2       d/new/'
}

@test "a directory that is renamed and removed has the name that it had last" {
  mkdir -p d/old
  count -r -e create d
  : >d/old/a
  mv d/old d/new
  rm -r d/new
  stop
  # Its end is counted, too, as inotifywatch does.
  lines_are 'total  create  filename' '2      1       d/new/'
}

@test "it goes on when nothing is left to watch" {
  mkdir d
  count d
  rmdir d
  until_asleep
  stop
  is status "$status" 0
  lines_are 'total  delete_self  filename' '2      1            d/'
  wait "${others[0]}"
  is said "$(cat "$ctl/said")" ''
}

@test "a reader that goes away ends it" {
  count .
  exec {TAP_OUT}<&-
  reap
  is status "$status" 141
}

@test "lost events are said" {
  keep_queue_limit
  count -e create,delete .
  kill -STOP "$TAP_PID"
  overfill x
  kill -CONT "$TAP_PID"
  stop
  wait "${others[0]}"
  has "$(cat "$ctl/said")" 'events are lost'
  is rows "${#lines[@]}" 2
}

@test "no name of a directory is a row of its own, or reaches a terminal as it is" {
  mkdir $'d\n9      9       e'
  count -e create $'d\n9      9       e'
  : >$'d\n9      9       e/x'
  stop
  lines_are 'total  create  filename' '1      1       d\n9      9       e/'
}

@test "fsnotifywatch -S is not available yet" {
  run "$ctl/bin/fsnotifywatch" -S .
  is status "$status" 1
  has "$output" '-S: watching whole file systems is not available yet'
}

@test "what would crash inotifywatch is refused" {
  run "$ctl/bin/inotifywatch" -d close .
  is status "$status" 1
  is message "$output" "Cannot sort by \`close' event; please use \`close_write' or \`close_nowrite'."
}
