#!/usr/bin/env bats
# When a growing tree reaches the limit of watches, that is said: it is the end, or with --partial a blind directory.

load helper

# limited LIMIT VALUE COMMAND...: in a user namespace with this limit of its own.
limited() {
  local limit=$1 value=$2
  shift 2
  # shellcheck disable=SC2016 # for the inner shell
  exec unshare --user --map-root-user bash -c 'echo "$2" >"/proc/sys/user/$1" && shift 2 && exec "$@"' - "$limit" "$value" "$@"
}

local_setup() {
  need_user_namespace "to set a limit"
  TAP_STDOUT=$ctl/records
  mkdir d
}

# explained: the limit, its value, who uses it and what raises it have been said, once.
explained() {
  local said
  said=$(cat "$ctl/err")
  has "$said" "the limit user.max_inotify_watches is 8"
  has "$said" "watches by process"
  has "$said" "sudo sysctl user.max_inotify_watches=8192"
  is explanations "$(grep -c "the limit user" "$ctl/err")" 1
}

# each_seen_or_named: of d/1 to d/20 each is watched, so that d/N/f is reported, or is the path of an ERROR record.
each_seen_or_named() {
  local seen blind
  seen=$(jq -r 'select(.name == "f") | .path' "$ctl/records" | xargs -n 1 dirname)
  blind=$(jq -r 'select(.events == ["ERROR"]) | .path' "$ctl/records")
  [ -n "$seen" ]
  [ -n "$blind" ]
  is "directories, watched and not" "$(printf '%s\n' "$seen" "$blind" | sort)" "$(printf '%s\n' d/{1..20} | sort)"
  is "warnings" "$(grep -o '^inotap: d/.*: no more inotify watches' "$ctl/err" | sort)" \
    "$(printf '%s\n' "$blind" | sed 's/.*/inotap: &: no more inotify watches/' | sort)"
  is "what the ERROR records say" "$(jq -c 'select(.events == ["ERROR"]) |
    [.wd, .mask, .cookie, .name, (.error | type), (.error | length > 0)]' "$ctl/records" | sort -u)" '[-1,0,0,"","string",true]'
}

@test "directories are made until there are no more watches: what was read is written, and then it is the end" {
  start_as limited max_inotify_watches 8 "$INOTAP" -- -r -e create --fields=events,path d
  kill -STOP "$TAP_PID"
  mkdir d/{1..20}
  kill -CONT "$TAP_PID"
  reap
  is status "$status" 1
  has "$(cat "$ctl/err")" "no more inotify watches"
  explained
  is records "$(cat "$ctl/records")" "$(printf 'CREATE,ISDIR\td/%s\n' {1..20})"
}

@test "so it is when they are moved in, or made one at a time" {
  mkdir -p source/{1..20}
  start_as limited max_inotify_watches 8 "$INOTAP" -- -r -e create,move --fields=events,path d
  mv source d/tree
  reap
  is status "$status" 1
  explained
  is "first record" "$(head -n 1 "$ctl/records")" $'MOVED_TO,ISDIR\td/tree'
  rm -r d/tree
  start_as limited max_inotify_watches 8 "$INOTAP" -- -r -e create --fields=events,path d
  local i
  for i in {1..20}; do mkdir "d/$i"; done
  reap
  is status "$status" 1
  explained
}

@test "with --partial it is a warning and an ERROR record for each directory that stays blind, and it goes on" {
  start_as limited max_inotify_watches 8 "$INOTAP" -- -r -v --partial -j -e create d
  mkdir d/{1..20}
  : >d/caught-up
  until_true grep -qF '"d/caught-up"' "$ctl/records"
  # All of them are reported, by d itself; what is in them only if they are watched.
  touch d/{1..20}/f
  kill -TERM "$TAP_PID"
  reap
  is status "$status" 143
  explained
  is "directories that are reported" "$(jq -r 'select(.events == ["CREATE", "ISDIR"]) | .path' "$ctl/records")" \
    "$(printf '%s\n' d/{1..20})"
  each_seen_or_named
}

@test "a directory that is blind and goes is no trouble, and a new one may have the watch that is free then" {
  start_as limited max_inotify_watches 8 "$INOTAP" -- -r --partial -j -e create,delete,move d
  mkdir d/{1..20}
  : >d/caught-up
  until_true grep -qF '"d/caught-up"' "$ctl/records"
  mv d/20 d/renamed
  rm -r d/{1..19}
  : >d/removed
  until_true grep -qF '"d/removed"' "$ctl/records"
  mkdir d/new
  : >d/again
  until_true grep -qF '"d/again"' "$ctl/records"
  : >d/new/f
  kill -TERM "$TAP_PID"
  reap
  is status "$status" 143
  is "last record" "$(jq -r .path "$ctl/records" | tail -n 1)" d/new/f
}

# watched DIRECTORY: is it reported what is made in it?
watched() {
  : >"$1/probe" && rm "$1/probe"
  grep -qF "\"$1/probe\"" "$ctl/records"
}

@test "what a limit refused is watched once there are watches again, and what is in it is reported" {
  start_as limited max_inotify_watches 8 "$INOTAP" -- -r --partial -j -e create d
  mkdir d/{1..9}
  : >d/caught-up
  until_true grep -qF '"d/caught-up"' "$ctl/records"
  mkdir d/9/in
  rmdir d/{1..4} # nothing happens in d/9 after that
  until_true grep -qF '"d/9/in"' "$ctl/records"
  until_true watched d/9/in
  kill -TERM "$TAP_PID"
  reap
  is status "$status" 143
}

@test "at set-up it is an error that names the directory, before anything is reported" {
  mkdir d/{1..20}
  run --separate-stderr limited max_inotify_watches 8 "$INOTAP" -r --ready -t 0 d
  is status "$status" 1
  is "standard output" "$output" ""
  [[ "$stderr" =~ inotap:\ d/[0-9]+:\ no\ more\ inotify\ watches ]]
  has "$stderr" "the limit user.max_inotify_watches is 8"
  has "$stderr" "sudo sysctl user.max_inotify_watches=8192"
}

@test "at set-up with --partial it is a warning and an ERROR record for each, and the rest is watched" {
  mkdir d/{1..20}
  start_as limited max_inotify_watches 8 "$INOTAP" -- -r -v --partial -j -e create d
  touch d/{1..20}/f
  kill -TERM "$TAP_PID"
  reap
  is status "$status" 143
  explained
  each_seen_or_named
}

@test "ERROR records are valid, and in text they have the path" {
  mkdir d/{1..20}
  start_as limited max_inotify_watches 8 "$INOTAP" -- -r --partial -j -e create d
  kill -TERM "$TAP_PID"
  reap
  "$INOTAP_SOURCE/tests/validate.py" "$INOTAP_SOURCE/docs/record.schema.json" <"$ctl/records"
  start_as limited max_inotify_watches 8 "$INOTAP" -- -r --partial -e create d
  kill -TERM "$TAP_PID"
  reap
  [[ "$(head -n 1 "$ctl/records")" =~ ^-1$'\tERROR\t0\td/'[0-9]+($'\t'|$) ]]
}
