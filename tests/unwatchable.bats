#!/usr/bin/env bats
# Directories below a PATH that cannot be watched: whatever is wrong with one of them, it is a warning, and the rest is
# watched. Only a limit is the end (watch_limits.bats).

load helper

local_setup() {
  TAP_STDOUT=$ctl/records
}

# refuse_at INJECTION: what stands in front of inotap's command so that strace makes a call fail.
refuse_at() {
  printf 'strace -D -qq -f -o %s -e trace=inotify_add_watch,getdents64 -e signal=none -e inject=%s' "$ctl/trace" "$1"
}

# goes_on: two of the three directories and d itself are still watched.
goes_on() {
  rm -f d/f d/[123]/s/f
  touch d/f d/{1,2,3}/s/f
  kill -TERM "$TAP_PID"
  reap
  is status "$status" 143
  is "records" "$(grep -c . "$ctl/records")" 3
}

@test "whichever error a directory gives, when it is watched or when it is listed, the rest is watched" {
  local error calls
  mkdir -p d/{1,2,3}/s
  for error in EACCES EPERM EIO EINVAL ESTALE ENODEV EOVERFLOW ENOTCONN ENXIO; do
    calls=3
    # Where permission is missing the directory above is asked for ATTRIB, and the directory is tried once more.
    case $error in EACCES | EPERM) calls=3..5+2 ;; esac
    # shellcheck disable=SC2046 # words
    start_as $(refuse_at "inotify_add_watch:error=$error:when=$calls") "$INOTAP" -- -r -e create --fields=path d
    is "warnings with $error at inotify_add_watch" "$(grep -c '^inotap: d/[123]: ' "$ctl/err")" 1
    has "$(cat "$ctl/err")" "inotap: 1 director"
    goes_on
  done
  for error in EIO EINVAL ESTALE ENODEV EOVERFLOW ENOTCONN ENXIO; do
    # shellcheck disable=SC2046 # words
    start_as $(refuse_at "getdents64:error=$error:when=3") "$INOTAP" -- -r -e create --fields=path d
    is "warnings with $error at getdents64" "$(grep -c '^inotap: d/[123]: ' "$ctl/err")" 1
    goes_on
  done
}

@test "a zombie's directories in /proc, which the kernel refuses to watch, are no end" {
  /usr/bin/python3 -c '
import os, signal, sys
child = os.fork()
if child == 0:
    os._exit(0)
os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
print(child, flush=True)
signal.pause()' >"$ctl/zombie" 3>&- &
  others+=($!)
  until_true [ -s "$ctl/zombie" ]
  start -r "/proc/$(cat "$ctl/zombie")"
  has "$(cat "$ctl/err")" "/net: the kernel refuses to watch it (Invalid argument)"
  kill -TERM "$TAP_PID"
  reap
  is status "$status" 143
}

# as_nobody: inotap as a user who is refused directories of mode 0 into `nobody`, and for that a copy of it.
as_nobody() {
  nobody=("$ctl/inotap")
  cp "$INOTAP" "$ctl/inotap"
  [ "$(id -u)" -ne 0 ] || nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups "$ctl/inotap")
  chmod 711 "$ctl"
  chmod 755 .
  "${nobody[@]}" --version >/dev/null || cannot "the directory of the tests is closed to others"
}

named() {
  grep -c '^inotap: d/[0-9]*: Permission denied$' || true
}

@test "ten directories are named and all are counted; -v names all, -q none" {
  as_nobody
  mkdir d
  mkdir -m 0 d/{1..14}
  run --separate-stderr "${nobody[@]}" -r -t 0 d
  is status "$status" 3
  is "named" "$(named <<<"$stderr")" 10
  has "$stderr" "inotap: 14 directories could not be watched; -v names all of them"
  run --separate-stderr "${nobody[@]}" -v -r -t 0 d
  is "named with -v" "$(named <<<"$stderr")" 14
  run --separate-stderr "${nobody[@]}" -q -r -t 0 d
  is "said with -q" "$stderr" ""
}

@test "those that come later are named up to ten as well, and counted at the end" {
  as_nobody
  mkdir d
  start_as "${nobody[@]}" -- -r -e create --fields=path d
  mkdir -m 0 d/{1..14}
  kill -TERM "$TAP_PID"
  reap
  is "named" "$(named <"$ctl/err")" 10
  has "$(cat "$ctl/err")" "inotap: 14 directories could not be watched; -v names all of them"
}

@test "an ERROR record at the limit says that there are no more watches" {
  mkdir -p d/{1,2}
  # shellcheck disable=SC2046 # words
  start_as $(refuse_at "inotify_add_watch:error=ENOSPC:when=3+") "$INOTAP" -- -r --partial -j d
  kill -TERM "$TAP_PID"
  reap
  is "what it says" "$(jq -r 'select(.events == ["ERROR"]) | .error' "$ctl/records" | sort -u)" "no more inotify watches"
}
