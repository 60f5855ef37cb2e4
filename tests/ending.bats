#!/usr/bin/env bats
# How it ends, and with which status.

load helper

@test "0: --count is reached, and nothing after it is printed" {
  start -n 3 -e create --fields=name .
  touch a b c d e
  finish
  is status "$status" 0
  lines_are a b c
}

@test "0: --count counts records, so several PATHs of one file count each" {
  : >f
  ln f g
  ln f h
  start -n 2 -e modify --fields=path f g h
  echo x >>f
  finish
  is status "$status" 0
  lines_are f g
}

@test "0: --timeout after at least one record" {
  keep_creating .
  start -t 1 -e create --fields=name .
  finish
  is status "$status" 0
  [ "${#lines[@]}" -ge 1 ]
}

@test "3: --timeout without any record" {
  start -t 0.05 .
  finish
  is status "$status" 3
  run "$INOTAP" -t 0 .
  is status "$status" 3
}

@test "3: --timeout before --count was reached" {
  keep_creating .
  start -t 1s -n 1000000 -e create --fields=name .
  finish
  is status "$status" 3
  [ "${#lines[@]}" -ge 1 ]
}

@test "READY is no record for --count and --timeout" {
  start --ready -t 10ms .
  finish
  is status "$status" 3
  start --ready -n 1 -e create --fields=events,name .
  : >a
  finish
  is status "$status" 0
  lines_are $'READY\t' $'CREATE\ta'
}

@test "only what was asked for counts for --count and --timeout: not IGNORED, GONE, Q_OVERFLOW, RESYNCED, UNMOUNT" {
  : >f
  start -n 1 -e writes --fields=events,path f
  rm f
  finish
  is status "$status" 4
  lines_are $'IGNORED\tf'
  : >f
  start -F -n 1 -e writes --fields=events,path f
  rm f
  next_line
  next_line
  is "the second record" "$line" $'GONE\tf'
  : >new
  mv new f
  finish
  is status "$status" 0
  lines_are $'BACK\tf'
  mkdir d
  keep_queue_limit
  start -r -t 24h -n 1 -e modify --fields=events d
  kill -STOP "$TAP_PID"
  overfill d/x
  kill -CONT "$TAP_PID"
  next_line
  is "the first record" "$line" Q_OVERFLOW
  next_line
  is "the second record" "$line" RESYNCED
  stop
  is status "$status" 143
}

@test "UNMOUNT does not count" {
  need_user_namespace "to unmount something"
  mkdir m
  start_as unshare --user --map-root-user --mount sh -c 'mount -t tmpfs none m && exec "$@"' - "$INOTAP" -- -n 1 -e writes --fields=events,path m
  in_its_world umount m
  finish
  is status "$status" 4
  lines_are $'UNMOUNT,ISDIR\tm' $'IGNORED\tm'
}

@test "ERROR does not count" {
  as_nobody
  mkdir -p d/closed
  chmod 0 d/closed
  start_as "${nobody[@]}" "$INOTAP" -- -r -t 10ms --partial --fields=events,path d
  finish
  is status "$status" 3
  lines_are $'ERROR\td/closed'
}

@test "what is asked for counts as RENAME, synthetic, settled and in a table" {
  mkdir -p d out/in
  start -r -n 1 -e move --rename --fields=events d
  mkdir d/a
  mv d/a d/b
  finish
  is status "$status" 0
  lines_are RENAME,ISDIR
  start -r -n 1 -e create --fields=path d
  mv out d/out
  finish
  is status "$status" 0
  lines_are d/out/in
}

@test "0: --idle, once nothing has happened for that long, even if nothing ever did" {
  start --idle 0.05 .
  finish
  is status "$status" 0
}

@test "--idle begins anew with every record" {
  start --idle 6 -e create --fields=name .
  local begin=${EPOCHREALTIME/./} name
  for name in a b c d e; do
    : >"$name"
    next_line
    pass_time 1.5
  done
  finish
  is status "$status" 0
  # Five records, the first and the last 6 s apart: without beginning anew it would have ended by the last. That it takes
  # longer on a busy machine is no matter.
  [ $((${EPOCHREALTIME/./} - begin)) -ge 11900000 ]
}

@test "--idle is not put off by what is not reported" {
  : >f
  start --idle 0.2 -e open f
  (while chmod 600 f; do pass_time 0.02; done) 3>&- &
  others+=($!)
  local churn=$!
  finish
  is status "$status" 0
  kill -0 "$churn"
  kill "$churn"
  wait "$churn" || true
}

@test "durations have units and fractions" {
  local duration
  for duration in 0.01 10ms 0.01s .0002m 0.000003h; do
    run "$INOTAP" -t "$duration" .
    is "status of $duration" "$status" 3
  done
  run timeout 2 "$INOTAP" -t 1h .
  is status "$status" 124
}

@test "1: the output fails" {
  run bash -c '"$INOTAP" --ready . >/dev/full'
  is status "$status" 1
}

# ends_as WORDS COMMANDS ARG...: COMMANDS end an inotap with these arguments, which says so.
ends_as() {
  local words=$1 commands=$2
  shift 2
  rm -rf ./*
  mkdir -p d/in
  : >f
  start "$@" >/dev/null
  eval "$commands"
  finish
  is "status after $commands" "$status" 4
  stderr_is "$words"$'\n''inotap: nothing is left to watch; with -F inotap would follow the name, and wait for it'
}

@test "4: which PATH has ended, and how" {
  ends_as 'inotap: f was removed' 'rm f' f
  ends_as 'inotap: f was removed' 'exec 5<f; rm f; : >other; exec 5<&-' f
  ends_as 'inotap: f was moved' 'mv f g' f
  ends_as 'inotap: f was replaced' ': >new; mv new f' -e writes f
  ends_as 'inotap: f was replaced' 'kill -STOP $TAP_PID; rm f; ln -s d f; kill -CONT $TAP_PID' -e writes f
  ends_as 'inotap: d was removed' 'rm -r d' -r d
  ends_as 'inotap: d was moved' 'mv d e' -r d
  ends_as $'inotap: f was moved\ninotap: d/in was removed' 'mv f g; rmdir d/in' f d/in
}

@test "4: of more than ten PATHs ten are named" {
  local i
  for i in {10..30}; do : >"$i"; done
  start -e writes {10..30}
  rm {10..30}
  finish
  is status "$status" 4
  is lines "$(wc -l <"$ctl/err")" 12
  is "the first line" "$(head -n 1 "$ctl/err")" 'inotap: 10 was removed'
  is "the line before the last" "$(tail -n 2 "$ctl/err" | head -n 1)" 'inotap: 11 more PATHs have ended'
}

@test "4: a mount that goes, or hides a PATH" {
  need_user_namespace "to mount something"
  local mounting words
  mkdir -p d/in m
  : >f
  for mounting in 'umount m:m was unmounted' 'mount -t tmpfs none d/in:d/in was mounted over' 'mount --bind d/other f:f was mounted over'; do
    words=${mounting#*:}
    : >d/other
    start_as unshare --user --map-root-user --mount sh -c 'mount -t tmpfs none m && exec "$@"' - "$INOTAP" -- "${words%% *}"
    # shellcheck disable=SC2086 # its words
    in_its_world ${mounting%%:*}
    finish
    is status "$status" 4
    is "the first line" "$(head -n 1 "$ctl/err")" "inotap: $words"
  done
}

@test "4: a oneshot watch that has ended says so, and nothing of -F" {
  : >f
  start -e modify,oneshot f
  echo x >>f
  finish
  is status "$status" 4
  stderr_is $'inotap: f had a oneshot watch, which has ended\ninotap: nothing is left to watch'
}

@test "4: nothing is left to watch" {
  mkdir d
  start d
  rmdir d
  finish
  is status "$status" 4
}

@test "SIGINT and SIGTERM: what was queued is printed, then it dies of the signal" {
  local signal number
  for signal in INT TERM; do
    number=$(kill -l "$signal")
    # Jobs of a script ignore SIGINT, and inotap leaves that so; here it gets it back.
    # With a buffer for one event, what was queued takes many reads.
    start_as env --default-signal=INT "$INOTAP" -- --buffer=272 -e create --fields=name .
    kill -STOP "$TAP_PID"
    touch {1..500}
    kill -"$signal" "$TAP_PID"
    kill -CONT "$TAP_PID"
    finish
    is "status after $signal" "$status" $((128 + number))
    is "records after $signal" "${#lines[@]}" 500
    rm ./*
  done
}

@test "events that come after the SIGTERM are not waited for" {
  start -e create,delete .
  /usr/bin/python3 -c '
import os, sys
for _ in range(2000000):
    os.mknod("x")
    os.unlink("x")' &
  others+=($!)
  local writer=$!
  next_line
  cat <&"$TAP_OUT" >/dev/null &
  others+=($!)
  kill -TERM "$TAP_PID"
  reap
  is status "$status" 143
  kill "$writer"
  wait "$writer" || true
  exec {TAP_OUT}<&-
}

@test "a SIGINT that is ignored from the start stays ignored" {
  start_as env --ignore-signal=INT "$INOTAP" -- -e create --fields=name .
  kill -INT "$TAP_PID"
  : >a
  next_line
  is record "$line" a
  stop
  is status "$status" 143
}
