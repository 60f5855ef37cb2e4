#!/usr/bin/env bats
# A PATH that goes: it is said, nothing is printed under it any more, and without one left the status is 4.

load helper

# gone EXPECTED...: it ended by itself, with status 4 and these events and paths.
gone() {
  finish
  is status "$status" 4
  is records "$(events_and_paths)" "$(printf '%s\n' "$@")"
}

@test "a directory that is removed" {
  mkdir d
  start d
  rmdir d
  gone $'DELETE_SELF\td' $'IGNORED\td'
}

@test "a directory that is removed while a process works in it" {
  local line
  mkdir d
  start d
  mkfifo "$ctl/hold" "$ctl/there"
  (cd d && echo >"$ctl/there" && read -r <"$ctl/hold") 3>&- &
  others+=($!)
  local inside=$!
  read -r -t "$patience_s" line <"$ctl/there"
  rmdir d
  gone $'DELETE_SELF\td' $'IGNORED\td'
  echo >"$ctl/hold"
  wait "$inside"
}

@test "a directory reached by a link, removed while it is open" {
  mkdir -p a/d
  ln -s a/d l
  start l
  exec {held}<a/d
  rmdir a/d
  gone $'DELETE_SELF\tl' $'IGNORED\tl'
  exec {held}<&-
}

@test "an empty directory that is overwritten by a rename while it is open" {
  mkdir d e
  start d
  exec {held}<d
  mv -T e d
  gone $'ATTRIB,ISDIR\td' $'DELETE_SELF\td' $'IGNORED\td'
  exec {held}<&-
}

@test "a directory that is moved away, whose events then have no true path" {
  mkdir d
  start -e all,-open,-close d
  mv d e
  : >e/x
  gone $'MOVE_SELF\td' $'IGNORED\td'
}

@test "a directory that is moved and has come back is still watched" {
  mkdir d
  start d
  kill -STOP "$TAP_PID"
  mv d e
  mv e d
  kill -CONT "$TAP_PID"
  : >d/x
  stop
  is "last record" "$(events_and_paths | tail -n 1)" $'CLOSE_WRITE\td/x'
}

@test "a file that is removed" {
  : >f
  start f
  rm f
  gone $'ATTRIB\tf' $'DELETE_SELF\tf' $'IGNORED\tf'
}

@test "of a thousand files that are removed each has its DELETE_SELF, and nothing is made up" {
  mkdir d
  touch d/{1..1000}
  start -j --fields=events,name,path,synthetic -e delete_self d/*
  rm d/*
  finish
  is status "$status" 4
  is deletions "$(json 'select(.events == ["DELETE_SELF"])' | wc -l)" 1000
  is "ends of watches" "$(json 'select(.events == ["IGNORED"])' | wc -l)" 1000
  is synthetic "$(json 'select(.synthetic)')" ""
}

@test "a file that is removed while a process has it open" {
  : >f
  exec {held}<f
  start f
  rm f
  gone $'ATTRIB\tf' $'IGNORED\tf'
  exec {held}<&-
}

@test "a file that is removed under its only given name, while others stay" {
  : >f
  ln f g
  start -e modify f
  rm f
  gone $'IGNORED\tf'
}

@test "one of two names of a file: the other one goes on" {
  : >f
  ln f g
  start -j -e modify f g
  rm f
  next_line
  is record "$(jq -c '[.events, .path, .synthetic, .wd]' <<<"$line")" '[["IGNORED"],"f",true,1]'
  echo x >>g
  next_line
  is record "$(jq -c '[.events, .path, .synthetic]' <<<"$line")" '[["MODIFY"],"g",null]'
  rm g
  finish
  is status "$status" 4
  is records "$(json '[.events, .path, .synthetic]')" '[["IGNORED"],"g",null]'
}

@test "a file that is replaced by a rename" {
  : >f
  : >new
  start f
  mv new f
  gone $'ATTRIB\tf' $'DELETE_SELF\tf' $'IGNORED\tf'
}

@test "a oneshot watch" {
  : >f
  start -e oneshot,open,modify f
  chmod 600 f
  cat f
  gone $'OPEN\tf' $'IGNORED\tf'
}

@test "the last of several" {
  mkdir d
  : >f
  start -e delete_self d f
  rmdir d
  next_line
  is record "$line" $'1\tDELETE_SELF\t0\td'
  next_line
  is record "$line" $'1\tIGNORED\t0\td'
  rm f
  gone $'DELETE_SELF\tf' $'IGNORED\tf'
}

@test "a file system that is unmounted" {
  need_root "to mount"
  cat >"$ctl/inner" <<'SH'
set -e
mount -t tmpfs none m
: >m/f
mkfifo ready
"$INOTAP" -e create --ready-fd=9 m m/f >out 9>ready &
read -r line <ready
umount m
status=0
wait $! || status=$?
exit "$status"
SH
  mkdir m
  run unshare --mount bash "$ctl/inner"
  is status "$status" 4
  is records "$(cut -f 2,4- out | sort)" "$(printf '%s\n' $'IGNORED\tm' $'IGNORED\tm/f' $'UNMOUNT\tm/f' $'UNMOUNT,ISDIR\tm')"
}

@test "a file of a cgroup, of which the kernel says nothing when the cgroup is removed" {
  need_root "a cgroup is made"
  local root
  root=$(findmnt --noheadings --first-only --types cgroup2 --output TARGET) || cannot "there are no cgroups"
  cgroup=$root/inotap-test.$BASHPID
  mkdir "$cgroup" || cannot "no cgroup can be made"
  start --fields=events "$cgroup/cgroup.events"
  rmdir "$cgroup"
  finish
  is status "$status" 4
  lines_are IGNORED
}

local_teardown() {
  [ -z "${cgroup:-}" ] || rmdir "$cgroup" 2>/dev/null || true
}
