#!/usr/bin/env bats
# When the kernel's queue is full, events are lost: that is said, and PATHs that went meanwhile are found.

load helper

# More events than the queue holds, while inotap is stopped, and then what the arguments do.
overflow() {
  kill -STOP "$TAP_PID"
  /usr/bin/python3 -c '
import os, sys
limit = int(open("/proc/sys/fs/inotify/max_queued_events").read())
for i in range(limit // 2 + 2):
    os.mknod(sys.argv[1] + "/x")
    os.unlink(sys.argv[1] + "/x")' "$1"
  shift
  "$@"
  kill -CONT "$TAP_PID"
}

@test "Q_OVERFLOW is printed, whatever was asked for, after everything that came before it" {
  mkdir d
  start -j -e create,delete d
  overflow d true
  stop
  is overflows "$(json 'select(.events == ["Q_OVERFLOW"]) | [.wd, .mask, .path, .name]')" '[-1,16384,"",""]'
  is "last record" "$(json .events | tail -n 1)" '["Q_OVERFLOW"]'
  is "records of events" "$(json 'select(.name == "x")' | wc -l)" "$(cat /proc/sys/fs/inotify/max_queued_events)"
}

@test "a PATH that went during the overflow is found: status 4, and never a hang" {
  mkdir d
  : >f
  start -j -e create,delete d f
  overflow d rm -r d f
  finish
  is status "$status" 4
  is "who went" "$(json -r 'select(.events == ["IGNORED"]) | [.path, .synthetic] | join(" ")' | sort)" "$(printf '%s\n' 'd true' 'f true')"
}

@test "a PATH that was replaced during the overflow is found too, even by one with the same inode number" {
  mkdir d
  : >f
  start -j -e create,delete,modify d f
  replace() {
    rm f
    : >f
  }
  overflow d replace
  echo x >>f
  stop
  is "records of f" "$(json -c 'select(.path == "f") | [.events[0], .synthetic]')" '["IGNORED",true]'
}

@test "what is still there goes on" {
  mkdir d
  : >f
  TAP_STDOUT=out
  start --fields=events,path -e create,delete,modify d f
  overflow d true
  until_true grep -q Q_OVERFLOW out
  echo x >>f
  : >d/later
  kill -TERM "$TAP_PID"
  reap
  is "records afterwards" "$(sed '1,/Q_OVERFLOW/d' out)" "$(printf '%s\n' $'MODIFY\tf' $'CREATE\td/later')"
}

@test "a PATH that had gone just before, whose end was lost, is not waited for" {
  mkdir d e
  start -j -e create,delete d e
  # The move is the last thing the queue has room for; the IGNORED that follows it is lost.
  kill -STOP "$TAP_PID"
  mv e g
  kill -CONT "$TAP_PID"
  overflow d rm -r d
  finish
  is status "$status" 4
  is "who went" "$(json -r 'select(.events == ["IGNORED"]) | .path' | sort)" "$(printf '%s\n' d e)"
}
