#!/usr/bin/env bats
# Under the names inotifywait and fsnotifywait: scripts as they are written everywhere, and where inotap does better than
# what they were written for (docs/compat.md). What is the same byte for byte is in side_by_side.bats.

load helper

local_setup() {
  mkdir "$ctl/bin" d
  : >f
  ln -s "$INOTAP" "$ctl/bin/inotifywait"
  ln -s "$INOTAP" "$ctl/bin/fsnotifywait"
  PATH=$ctl/bin:$PATH
}

local_teardown() {
  [ ! -s script.err ] || sed 's/^/the script said: /' script.err >&2
}

# run_script TEXT: run it by bash in the background, as $TAP_PID.
run_script() {
  printf '%s\n' "$1" >script
  bash script >script.out 2>script.err 3>&- &
  TAP_PID=$!
}

# is_waiting PID: it watches, and waits for what happens.
is_waiting() {
  grep -qs '^inotify wd' "/proc/$1"/fdinfo/* && grep -qs '^tfd:' "/proc/$1"/fdinfo/*
}

child_is_waiting() {
  child=$(pgrep -P "$TAP_PID" -x inotifywait | head -n 1)
  [ -n "$child" ] && is_waiting "$child"
}

# watched: until the script's inotifywait watches; its process is then in $child.
watched() {
  until_true child_is_waiting
}

# wait_for ARG...: inotifywait with these arguments in the background, as $TAP_PID; returns once it watches.
wait_for() {
  wait_for_as inotifywait "$@"
}

wait_for_as() {
  : >"$ctl/err" # A line that an earlier program wrote there must not be taken for one of this program.
  "$@" >out 2>"$ctl/err" 3>&- &
  TAP_PID=$!
  until_true grep -q '^Watches established' "$ctl/err"
}

lines_of() {
  [ "$(wc -l <"$1")" -ge "$2" ]
}

out_is() {
  is "the output" "$(cat out)" "$1"
}

# ---- idioms ----

@test "while inotifywait -qq -e close_write f: a loop of one event at a time" {
  local i
  run_script 'while inotifywait -qq -e close_write f; do echo round >>rounds; done; echo "ended: $?" >>rounds'
  : >rounds
  for i in 1 2 3; do
    watched
    echo x >>f
    until_true lines_of rounds "$i"
  done
  watched
  rm f
  reap
  is rounds "$(cat rounds)" "$(printf '%s\n' round round round "ended: 0")"
  is "what is printed" "$(cat script.out script.err)" ""
}

@test "inotifywait -m -r --format '%w%f' -e create d | while read f: each path as it comes" {
  run_script "inotifywait -m -r --format '%w%f' -e create d | while read f; do
    echo \"got \$f\" >>seen
    [ \"\$f\" != d/end ] || break
  done"
  watched
  mkdir -p d/a/b/c
  : >d/a/b/c/file
  : >d/end
  reap # the reader is gone, and so inotifywait ends
  is paths "$(sort seen)" "$(printf 'got %s\n' d/a d/a/b d/a/b/c d/a/b/c/file d/end)"
}

@test "inotifywait -qmr -e close_write,move,delete --exclude '\.git/': a work tree without its repository" {
  mkdir -p d/.git
  run_script "inotifywait -qmr -e close_write,move,delete --exclude '\.git/' d | while read -r dir events name; do
    echo \"\$events \$dir\$name\"
    [ \"\$name\" != end ] || break
  done"
  watched
  : >d/.git/index
  : >d/source
  mv d/source d/moved
  rm d/moved
  : >d/end
  reap
  is events "$(cat script.out)" "$(printf '%s\n' "CLOSE_WRITE,CLOSE d/source" "MOVED_FROM d/source" "MOVED_TO d/moved" \
    "DELETE d/moved" "CLOSE_WRITE,CLOSE d/end")"
  is messages "$(cat script.err)" ""
}

@test "if inotifywait -t: an event is true, the timeout is not" {
  local idiom='if inotifywait -t 500 -e create d >/dev/null 2>&1; then echo came; else echo "did not: $?"; fi'
  run_script "$idiom"
  watched
  : >d/x
  reap
  is "with an event" "$(cat script.out)" came
  run_script "${idiom/500/1}"
  reap
  is "without" "$(cat script.out)" "did not: 2"
}

@test "--timefmt '%d/%m/%y %H:%M' --format '%T %w %f': columns with the time" {
  run_script "inotifywait -m -e close_write --timefmt '%d/%m/%y %H:%M' --format '%T %w %f' d 2>/dev/null |
    while read -r date time dir file; do echo \"\$date,\$time,\$dir,\$file\"; break; done"
  watched
  : >d/report
  reap
  [[ "$(cat script.out)" =~ ^[0-9]{2}/[0-9]{2}/[0-9]{2},[0-9]{2}:[0-9]{2},d/,report$ ]]
}

@test "-d -o log: -d returns once everything is watched, and goes on in the background" {
  local daemon
  run_script 'inotifywait -d -o log --format "%e %w%f" -e create,delete d || exit; : >d/x; rm d/x; echo $?'
  reap
  is status "$status" 0
  is "the script's output" "$(cat script.out script.err)" 0
  for daemon in $(pgrep -x inotifywait); do
    [ "$(readlink "/proc/$daemon/cwd")" != "$PWD" ] || others+=("$daemon")
  done
  is daemons "${#others[@]}" 1
  until_true lines_of log 2
  is log "$(cat log)" "$(printf '%s\n' "CREATE d/x" "DELETE d/x")"
}

@test "while inotifywait -qq f >&-: nothing is printed, and so nothing need be open" {
  local closed
  for closed in '>&-' '<&- >&- 2>&-'; do
    run_script "inotifywait -qq -e create d $closed; echo \"ended: \$?\" >ended"
    watched
    : >d/x
    reap
    is "with $closed" "$(cat ended)" "ended: 0"
    is "what is printed" "$(cat script.out script.err)" ""
    rm d/x
  done
}

# ---- names ----

@test "inotap inotifywait is the same without a link, and a file of that name is watched as ./inotifywait" {
  wait_for_as "$INOTAP" inotifywait -e create d
  : >d/x
  reap
  is status "$status" 0
  out_is "d/ CREATE x"
  : >inotifywait
  start_as "$INOTAP" ./inotifywait -- -n 1 -e modify --fields=path
  echo x >>inotifywait
  finish
  lines_are ./inotifywait
}

@test "fsnotifywait watches with inotify, and says that -S is not available yet" {
  wait_for_as fsnotifywait -r -m -e create d
  : >d/x
  until_true grep -q x out
  kill "$TAP_PID"
  reap
  out_is "d/ CREATE x"
  run --separate-stderr fsnotifywait -S d
  is status "$status" 1
  is output "$output" ""
  has "$stderr" "not available yet"
}

# ---- better ----

@test "a monitor goes on when nothing is left to watch, and says nothing" {
  wait_for -m -e modify,delete_self f d
  rm f
  rmdir d
  until_true grep -q '^d/ DELETE_SELF' out
  until_asleep
  kill -TERM "$TAP_PID"
  reap
  is status "$status" 143
  is "what is said" "$(tail -n 1 "$ctl/err")" "Watches established."
  out_is "$(printf 'f DELETE_SELF \nd/ DELETE_SELF ')"
}

@test "with -t a monitor waits until that has passed, also when nothing is left to watch" {
  wait_for -m -t 1 -e modify f d
  rm f
  rmdir d
  reap
  is status "$status" 2
  is "what is said" "$(tail -n 1 "$ctl/err")" "Watches established."
  out_is ""
}

@test "a file that is moved away is let go, and what happens to it later is not told" {
  wait_for -m f d
  mv f g
  until_true grep -q MOVE_SELF out
  echo x >>g
  : >d/end
  until_true grep -q end out
  kill "$TAP_PID"
  reap
  is "lines of the file" "$(grep '^f' out)" "f MOVE_SELF "
}

@test "without -m a file that is moved away is the end, with status 1, once nothing else is watched" {
  wait_for -e modify -e create f d
  mv f g
  : >d/x
  reap
  is status "$status" 0
  out_is "d/ CREATE x"
  wait_for -e modify g
  mv g f
  reap
  is status "$status" 1
  is "what is said" "$(tail -n 1 "$ctl/err")" "Watches established."
}

@test "in a tree nothing is missed, and what was in a directory is told once" {
  mkdir -p o/1/2/3
  : >o/1/file
  wait_for -m -r -e create,moved_to --format '%e %w%f' d
  mv o d
  mkdir -p d/a/b/c/d/e
  : >d/a/b/c/d/e/file
  mkdir d/end
  until_true grep -q 'd/end$' out
  until_true grep -q 'd/a/b/c/d/e/file$' out
  kill "$TAP_PID"
  reap
  is "everything, sorted" "$(sed 's/,ISDIR//' out | sort)" "$(printf '%s\n' "CREATE d/"{a,a/b,a/b/c,a/b/c/d,a/b/c/d/e,a/b/c/d/e/file,end} \
    "CREATE d/o/"{1,1/2,1/2/3,1/file} "MOVED_TO d/o" | sort)"
}

@test "no name forges a line, but with %0 names are exact" {
  local name=$'a\nd/ CREATE b'
  wait_for -m -e create -e delete d
  mkdir -p "d/$name"
  rmdir "d/a
d/ CREATE b" "d/a
d" 2>/dev/null || true
  : >d/end
  until_true grep -q end out
  kill "$TAP_PID"
  reap
  is "lines that begin a record" "$(grep -c '^d/ ' out)" "$(wc -l <out)"
  has "$(cat out)" 'd/ CREATE,ISDIR a\nd'
  wait_for -m -e create --no-newline --format '%f%0' d
  : >d/$'x\ny'
  until_true grep -qz '^x' out
  kill "$TAP_PID"
  reap
  is "bytes" "$(od -An -c out | tr -d ' ')" 'x\ny\0'
}

@test "on a terminal no control character of a name is sent" {
  script -qec "inotifywait -e create d" /dev/null >screen 3>&- </dev/null &
  TAP_PID=$!
  until_true grep -q "Watches established" screen
  : >d/$'a\e[2Jb'
  reap
  has "$(tr -d '\r' <screen)" 'd/ CREATE a\x1b[2Jb'
}

@test "-d says what cannot be watched, with status 1" {
  run --separate-stderr inotifywait -d -o log none
  is status "$status" 1
  is messages "$stderr" "Couldn't watch none: No such file or directory"
  is output "$output" ""
}

@test "the output in a watched directory is not reported, so that it does not feed itself" {
  wait_for -m -o d/log -e create,modify,close_write d
  : >d/end
  until_true grep -q 'CLOSE_WRITE,CLOSE end' d/log
  kill "$TAP_PID"
  reap
  is log "$(cat d/log)" "$(printf 'd/ %s end\n' CREATE CLOSE_WRITE,CLOSE)"
}

@test "what is left out does not put off the timeout" {
  wait_for -t 1 --exclude '/busy$' d
  while kill -0 "$TAP_PID" 2>/dev/null; do
    : >d/busy
    pass_time 0.1
  done &
  others+=($!)
  reap
  is status "$status" 2
}

@test "with --include a directory that is made later is watched, whatever its name" {
  wait_for -m -r --include '\.c$' --format '%w%f' -e create d
  mkdir d/new
  : >d/new/a.c
  : >d/new/a.h
  until_true grep -q a.c out
  : >d/end.c
  until_true grep -q end.c out
  kill "$TAP_PID"
  reap
  is "the output" "$(sort out)" "$(printf '%s\n' d/end.c d/new/a.c)"
}

@test "two thousand FILEs are watched, of the command line and of a list" {
  local -a files
  mapfile -t files < <(seq -f 'd/%g' 2000)
  touch "${files[@]}"
  printf '%s\n' "${files[@]:1000}" >list
  wait_for -e modify --fromfile list "${files[@]:0:1000}"
  echo x >>d/2000
  reap
  is status "$status" 0
  out_is "d/2000 MODIFY "
  wait_for -e modify --fromfile list "${files[@]:0:1000}"
  echo x >>d/1
  reap
  out_is "d/1 MODIFY "
}

@test "lines that would go to a closed standard output are an error, before anything is watched" {
  local csv
  for csv in '' -c; do
    run bash -c "inotifywait $csv -t 1 d 2>&1 >&-"
    is status "$status" 1
    is message "$output" "standard output: Bad file descriptor"
  done
}

@test "a reader that goes away ends it at once" {
  mkfifo pipe
  inotifywait -m d >pipe 2>"$ctl/err" 3>&- &
  TAP_PID=$!
  exec {reader}<pipe
  until_true grep -q '^Watches established' "$ctl/err"
  exec {reader}<&-
  reap
  is status "$status" 141
}

@test "a reader that goes away ends it at once, also where SIGPIPE is ignored" {
  mkfifo pipe
  (trap '' PIPE && exec inotifywait -m -t 600 d >pipe 2>"$ctl/err" 3>&-) &
  TAP_PID=$!
  exec {reader}<pipe
  until_true grep -q '^Watches established' "$ctl/err"
  exec {reader}<&-
  reap
  is status "$status" 141
}

@test "--fromfile - with standard input closed is said, and it goes on with what there is" {
  run --separate-stderr timeout "$patience_s" bash -c 'exec inotifywait --fromfile - <&-'
  is status "$status" 1
  is messages "$stderr" "$(printf '%s\n' "Couldn't read -: Bad file descriptor" "No files specified to watch!")"
  run --separate-stderr timeout "$patience_s" bash -c 'exec inotifywait -q --fromfile - -t 1 d <&-'
  is status "$status" 2
  has "$stderr" "Couldn't read -: Bad file descriptor"
}

@test "SIGTERM prints what was queued, and it dies of that" {
  wait_for -m -e create d
  kill -STOP "$TAP_PID"
  : >d/x
  kill -TERM "$TAP_PID"
  kill -CONT "$TAP_PID"
  reap
  is status "$status" 143
  out_is "d/ CREATE x"
}

@test "it does not speak for the service whose script it is run by" {
  python3 -c '
import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("notify")
print("bound", flush=True)
got = b""
while not got.endswith(b"END"):
    got += s.recv(4096)
open("got", "wb").write(got)' >bound 3>&- &
  others+=($!)
  until_true grep -q bound bound
  run env NOTIFY_SOCKET="$PWD/notify" inotifywait -t 1 d
  is status "$status" 2
  python3 -c 'import socket; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"END", "notify")'
  wait "${others[0]}"
  is "what the manager was told" "$(cat got)" END
}

# ---- limits and loss ----

# More events than the queue holds, while it is stopped.
overflow() {
  kill -STOP "$TAP_PID"
  overfill d/x
  mkdir -p d/new
  : >d/new/file
  kill -CONT "$TAP_PID"
}

@test "a loss is said on standard error, and the tree is looked through" {
  keep_queue_limit
  wait_for -m -r -e create --format '%w%f' d
  overflow
  until_true grep -q d/new/file out
  kill "$TAP_PID"
  reap
  has "$(cat "$ctl/err")" "events are lost"
  is "losses" "$(grep -c lost "$ctl/err")" 1
  is "lines that are not paths" "$(grep -vc '^d/' out)" 0
  is "records of the directory" "$(grep -c '^d/new$' out)" 1
}

@test "a loss that was asked for is a line" {
  keep_queue_limit
  wait_for -m -e create,delete -e q_overflow d
  overflow
  until_true grep -q Q_OVERFLOW out
  kill "$TAP_PID"
  reap
  is "the line" "$(grep Q_OVERFLOW out)" " Q_OVERFLOW "
  is messages "$(grep lost "$ctl/err")" ""
}

# limited LIMIT VALUE COMMAND...: in a user namespace with this limit of its own.
limited() {
  local limit=$1 value=$2
  shift 2
  # shellcheck disable=SC2016 # for the inner shell
  unshare --user --map-root-user bash -c 'echo "$2" >"/proc/sys/user/$1" && shift 2 && exec "$@"' - "$limit" "$value" "$@"
}

@test "without more watches it says so in the known words: at the start status 1, later a line for each directory" {
  need_user_namespace "to set a limit"
  mkdir d/1 d/2 d/3
  run --separate-stderr limited max_inotify_watches 2 inotifywait -q -r d
  is status "$status" 1
  [[ "$stderr" == "Failed to watch d/"?"; upper limit on inotify watches reached!"* ]]
  has "$stderr" "/proc/sys/fs/inotify/max_user_watches"
  rmdir d/?
  wait_for_as limited max_inotify_watches 3 inotifywait -m -r -e create --format %w%f d
  mkdir d/1 d/2 d/3 d/4
  until_true grep -q 'd/4$' out
  : >d/end
  until_true grep -q end out
  has "$(cat "$ctl/err")" "Couldn't watch new directory d/4: No space left on device"
  kill "$(pgrep -P "$TAP_PID" -x inotifywait || echo "$TAP_PID")"
  reap
}

@test "without more inotify instances it says so in the known words" {
  need_user_namespace "to set a limit"
  run --separate-stderr limited max_inotify_instances 0 inotifywait d
  is status "$status" 1
  has "$stderr" "Couldn't initialize inotify: Too many open files"
  has "$stderr" "/proc/sys/fs/inotify/max_user_instances"
}

# Clients take any line before "Watches established." for a failure.
@test "of a directory in a tree that cannot be read, and of a file system of the kernel, nothing is said" {
  as_nobody
  mkdir -m 700 d/secret
  run --separate-stderr "${nobody[@]}" "$INOTAP" inotifywait -r -t 1 d /proc/self/net
  is status "$status" 2
  is messages "$stderr" $'Setting up watches.  Beware: since -r was given, this may take a while!\nWatches established.'
}

@test "a watcher has one inotify instance" {
  local options
  for options in '' -r; do
    # shellcheck disable=SC2086 # none or one
    wait_for -m $options d f
    is instances "$(find "/proc/$TAP_PID/fd" -lname '*inotify*' | wc -l)" 1
    kill "$TAP_PID"
    reap
  done
}

@test "with -e ignored nothing is said of a PATH that is let go of because it was moved" {
  mkdir e
  wait_for -m -e ignored,move_self d e
  mv d d2
  rmdir e
  until_true grep -q IGNORED out
  until_asleep
  kill "$TAP_PID"
  reap
  out_is $'d/ MOVE_SELF \ne/ IGNORED '
}

@test "in a tree inotap opens the directories that it lists, and no other" {
  wait_for -m -r -e open d
  mkdir d/new
  until_true grep -q '^d/new/ OPEN' out
  until_asleep
  kill "$TAP_PID"
  reap
  is "openings of d itself" "$(grep -c '^d/ OPEN,ISDIR $' out)" 0
}

@test "a negative time limit is said once everything is watched, with status 1" {
  local arguments
  for arguments in '' -q -qq -m '-m -s'; do
    # shellcheck disable=SC2086 # words
    run --separate-stderr "$INOTAP" inotifywait $arguments -t -1 d
    is status "$status" 1
    is "what is said at last" "$(tail -n 1 <<<"$stderr")" "Negative timeout specified - abort!"
  done
  run --separate-stderr "$INOTAP" inotifywatch -t -1 d
  is status "$status" 1
  is output "$output" ""
  is "what is said at last" "$(tail -n 1 <<<"$stderr")" "Negative timeout specified - abort!"
}

@test "the first line of --help has a version that scripts can parse" {
  local program
  for program in inotifywait inotifywatch fsnotifywait fsnotifywatch; do
    run "$INOTAP" "$program" --help
    is status "$status" 1
    [[ "${lines[0]}" =~ ^$program\ [0-9]+\.[0-9]+\.[0-9]+\  ]]
  done
}

@test "-s sends messages to syslog, and none to standard error" {
  need_root "to mount a /dev with a log"
  # shellcheck disable=SC2016 # for the inner shell
  run unshare --mount bash -c 'set -e
    mkdir olddev
    mount --rbind /dev olddev
    mount -t tmpfs none /dev
    : >/dev/null
    mount --bind olddev/null /dev/null
    : >bound
    python3 -c "
import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(\"/dev/log\")
print(\"bound\", flush=True)
open(\"syslog\", \"wb\").write(s.recv(4096) + b\"\\n\" + s.recv(4096))" >bound &
    until grep -q bound bound; do :; done
    inotifywait -s none
    wait' 2>&1
  is output "$output" ""
  wait_log() { [ -s syslog ]; }
  until_true wait_log
  has "$(cat syslog)" "inotifywait["
  has "$(cat syslog)" "Couldn't watch none: No such file or directory"
}
