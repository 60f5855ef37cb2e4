#!/usr/bin/env bats
# -e: what is reported.

load helper

# refused LIST PART...
refused() {
  local list=$1
  shift
  run --separate-stderr "$INOTAP" -e "$list" .
  is status "$status" 2
  local part
  for part in --events "$@"; do has "$stderr" "$part"; done
}

# What a life of a file, a directory and a rename says with the options given.
life() {
  start "$@" .
  : >f
  cat f
  echo x >>f
  chmod 600 f
  mkdir d
  ls d
  mv f g
  rm g
  rmdir d
  stop
}

@test "the default is changes: what changes something, and nothing that only looks" {
  life
  is records "$(events_and_paths)" "$(printf '%s\t%s\n' \
    CREATE ./f CLOSE_WRITE ./f MODIFY ./f CLOSE_WRITE ./f ATTRIB ./f CREATE,ISDIR ./d MOVED_FROM ./f MOVED_TO ./g \
    DELETE ./g DELETE,ISDIR ./d)"
}

@test "-e changes is the default" {
  life
  local by_default=("${lines[@]}")
  rm -rf ./*
  life -e changes
  is records "$(events_and_paths)" "$(lines=("${by_default[@]}") && events_and_paths)"
}

@test "names in any case, with or without IN_, in lists and repeated, add up" {
  life -e IN_CREATE,delete -e In_Moved_To
  is records "$(events_and_paths)" "$(printf '%s\t%s\n' CREATE ./f CREATE,ISDIR ./d MOVED_TO ./g DELETE ./g \
    DELETE,ISDIR ./d)"
}

@test "numbers are bits, decimal or hexadecimal" {
  life -e 0x100,512
  is records "$(events_and_paths)" "$(printf '%s\t%s\n' CREATE ./f CREATE,ISDIR ./d DELETE ./g DELETE,ISDIR ./d)"
}

@test "groups: close, move, writes" {
  life -e move
  is records "$(events_and_paths)" "$(printf '%s\t%s\n' MOVED_FROM ./f MOVED_TO ./g)"
  life -e writes
  # The two CLOSE_WRITE have nothing between them here, so the kernel may make them one.
  is records "$(events_and_paths | uniq)" "$(printf '%s\t%s\n' CLOSE_WRITE ./f MOVED_TO ./g)"
  life -e close
  is records "$(events_and_paths | sort | uniq -c | sed 's/^ *//')" "$(printf '%s\t%s\n' \
    '1 CLOSE_NOWRITE' ./f '1 CLOSE_NOWRITE,ISDIR' ./d '2 CLOSE_WRITE' ./f)"
}

@test "-NAME takes away, from what was named or from the default" {
  life -e changes,-attrib,-close_write -e -IN_MODIFY
  local expected
  expected=$(printf '%s\t%s\n' CREATE ./f CREATE,ISDIR ./d MOVED_FROM ./f MOVED_TO ./g DELETE ./g DELETE,ISDIR ./d)
  is records "$(events_and_paths)" "$expected"
  life -e -attrib,-close_write,-0x2
  is records "$(events_and_paths)" "$expected"
}

@test "a list of watch flags alone keeps the default events" {
  life -e onlydir
  has "$(events_and_paths)" $'ATTRIB\t./f'
  lacks "$(events_and_paths)" OPEN
}

@test "what cannot be asked for is refused with the reason" {
  local told
  for told in unmount Q_OVERFLOW in_ignored isdir 0x4000 0x40000000; do
    refused "$told" "'$told'" "without being asked"
  done
}

@test "a misspelt name is answered with the nearest one" {
  refused creat "'creat'" "'CREATE'"
  refused modify,close_wriet "'close_wriet'" "'CLOSE_WRITE'"
  refused IN_DELET_SELF "'DELETE_SELF'"
  refused changed "'changes'"
}

@test "numbers without meaning, empty items and empty results are refused" {
  refused 0 "'0'"
  refused 0x10000 "0x10000"
  refused 12monkeys "'12monkeys'"
  refused create,,delete "empty"
  refused '' "empty"
  refused create,- "empty"
  refused create,-create "nothing is left"
  refused mask_add,mask_create "exclude each other"
}

@test "what inotap needs for itself is not printed unless asked for" {
  mkdir d
  : >f
  start -e open f d
  chmod 600 f
  mv d e
  cat f
  rm f
  finish
  is status "$status" 4
  is records "$(events_and_paths | sort)" "$(printf '%s\t%s\n' IGNORED d IGNORED f OPEN f)"
}

@test "-e all prints what the kernel says, nothing more and nothing less" {
  mkdir d
  # A bare reader of inotify(7) on the same directory, as the reference.
  cat >"$ctl/reference.py" <<'PY'
import ctypes, os, struct, sys
libc = ctypes.CDLL(None)
fd = libc.inotify_init1(0)
assert libc.inotify_add_watch(fd, b"d", 0xfff) == 1
print("ready", flush=True)
while True:
    data, at = os.read(fd, 65536), 0
    while at < len(data):
        wd, mask, cookie, size = struct.unpack_from("iIII", data, at)
        name = data[at + 16:at + 16 + size].rstrip(b"\0").decode()
        at += 16 + size
        print(wd, mask, cookie, size, name, flush=True)
        if mask & 0x8000:
            sys.exit()
PY
  mkfifo "$ctl/reference"
  /usr/bin/python3 "$ctl/reference.py" >"$ctl/reference" 3>&- &
  others+=($!)
  local reference=$!
  exec {from_reference}<"$ctl/reference"
  read -r -t "$patience_s" -u "$from_reference"
  start -e all --csv --no-header --fields=wd,mask,cookie,len,name d
  bash -c 'cd d; : >a; echo hello >a; cat a; ln a b; chmod 600 b; mv a "a name of 16 byt"; mkdir s; ls . s; rmdir s
    touch -d yesterday b; truncate -s 9 b; mv b ..; mv ../b c; rm c "a name of 16 byt"; : >"$(printf %255s x)"
    rm *x; cd ..; rmdir d' >/dev/null
  finish
  is status "$status" 4
  local expected
  expected=$(cat <&"$from_reference")
  wait "$reference"
  [ "${#lines[@]}" -ge 30 ]
  # The directories were watched one after the other by the same calls, so the wd is 1 in both.
  # The kernel merges an event into an identical one that has not been read yet: who reads later sees one.
  is records "$(printf '%s\n' "${lines[@]}" | tr -d '\r' | tr , ' ' | uniq)" "$(uniq <<<"$expected")"
}
