#!/usr/bin/env bats
# --settle: what happens to one path becomes one record, once it has been quiet for a while.
# The windows are so long that only SIGTERM, or what is tested, ends them: no test depends on how quick it is.

load helper

local_setup() {
  keep_queue_limit
}

settled() {
  json -r '[(.events | join(",")), .path, (.count // 0), .from // empty] | join(" ")'
}

@test "the events of one path are one record: the union of their masks, and how many there were" {
  mkdir d
  start -j --settle=1h d
  printf a >d/f
  printf b >>d/f
  : >d/g
  stop
  is records "$(settled)" "$(printf '%s\n' 'CREATE,CLOSE_WRITE,MODIFY d/f 5' 'CREATE,CLOSE_WRITE d/g 2' |
    sed 's/CREATE,CLOSE_WRITE,MODIFY/CLOSE_WRITE,CREATE,MODIFY/; s/CREATE,CLOSE_WRITE/CLOSE_WRITE,CREATE/')"
}

@test "what was created and is gone is not reported, and what was deleted and made anew is MODIFY" {
  mkdir d
  : >d/old
  start -j --settle=1h -e create,delete d
  : >d/x
  rm d/x
  rm d/old
  : >d/old
  : >d/new
  stop
  is records "$(settled)" "$(printf '%s\n' 'MODIFY d/old 2' 'CREATE d/new 1')"
}

@test "it is told once it has been quiet for that long, and --max-delay tells it in spite of noise" {
  mkdir d
  start -j --settle=200ms -e modify,create d
  : >d/f
  next_line
  has "$line" '"CREATE"'
  stop
  start -j --settle=1h --max-delay=1h -e modify d
  echo a >>d/f
  stop
  is records "$(settled)" 'MODIFY d/f 1'
  start -j --settle=500ms --max-delay=600ms -e modify d
  local writer
  while echo a >>d/f; do read -r -t 0.01 _ <>/dev/full || true; done &
  writer=$!
  others+=("$writer")
  next_line
  kill "$writer"
  has "$line" '"MODIFY"'
  stop
}

@test "a chain of renames is one RENAME, and the order is that of the last event" {
  mkdir d
  : >d/a
  : >d/z
  start -j --rename --settle=1h -e move,modify d
  mv d/a d/b
  echo x >>d/z
  mv d/b d/c
  stop
  is records "$(settled)" "$(printf '%s\n' 'MODIFY d/z 1' 'RENAME d/c 2 d/a')"
}

@test "Q_OVERFLOW comes after what was pending, at once" {
  mkdir d
  start -j --settle=1h -e create,delete,modify d
  : >d/first
  # It sleeps again, so what happened before is pending in it.
  until_asleep
  kill -STOP "$TAP_PID"
  overfill d/x
  kill -CONT "$TAP_PID"
  next_line
  is first "$(jq -c '[.events, .path, .count]' <<<"$line")" '[["CREATE"],"d/first",1]'
  next_line
  has "$line" Q_OVERFLOW
  stop
}

@test "-n counts records that were printed, and -t prints what is pending" {
  mkdir d
  start -j --settle=10ms -n 1 d
  printf a >d/f
  finish
  is status "$status" 0
  is records "${#lines[@]}" 1
  mkdir e
  keep_creating e
  start -j --settle=1h -t 1 -e create e
  finish
  is status "$status" 0
  [ "${#lines[@]}" -ge 1 ]
  is "records of another kind" "$(settled | grep -vE '^CREATE e/[0-9]+ 1$')" ""
}

# On a terminal, each key once nano has shown what it is meant for.
type_into_nano() {
  /usr/bin/python3 -c '
import os, pty
child, terminal = pty.fork()
if child == 0:
    os.execvp("nano", ["nano", "--ignorercfiles", "d/file"])
# nano 8 asks with other words than the versions before it.
for shown, keys in [((b"Exit",), b"1\x0f"), ((b"File Name to Write", b"Write to File"), b"\r"), ((b"Wrote",), b"\x18")]:
    seen = b""
    while not any(words in seen for words in shown):
        seen += os.read(terminal, 4096)
    os.write(terminal, keys)
try:
    while os.read(terminal, 4096):
        pass
except OSError:
    pass  # that is how the end of a terminal looks
assert os.waitpid(child, 0)[1] == 0'
}

@test "a save by vim, nano or sed -i is one MODIFY of the file, and never its DELETE" {
  mkdir d
  local editor
  for editor in vim nano sed; do
    printf 'one\ntwo\n' >d/file
    start -j --rename --settle=1h d
    case $editor in
      vim) vim.tiny -u NONE -n -es -c 'set writebackup backupcopy=no' -c '%s/one/1/' -c 'wq' d/file </dev/null ;;
      nano) type_into_nano ;;
      sed) sed -i s/one/1/ d/file ;;
    esac
    stop
    echo "$editor: $(settled)" >&2
    is "content after $editor" "$(head -c 1 d/file)" 1
    is "paths after $editor" "$(json -r .path | sort -u | grep -v '^d$')" d/file
    is "DELETE after $editor" "$(json 'select(.events | any(. == "DELETE" or . == "MOVED_FROM"))')" ""
  done
}

@test "an exchange of two names is not taken for a rename away and back, of files and of directories" {
  mkdir d d/x d/y
  : >d/a
  : >d/b
  exchange() {
    /usr/bin/python3 -c 'import ctypes, sys
assert ctypes.CDLL(None).renameat2(-100, sys.argv[1].encode(), -100, sys.argv[2].encode(), 2) == 0' "$1" "$2"
  }
  start -r -j --settle=1h --rename d
  echo x >>d/a
  exchange d/a d/b
  exchange d/x d/y
  echo x >>d/b
  stop
  is records "$(settled)" "$(printf '%s\n' 'CLOSE_WRITE,MODIFY d/a 2' 'RENAME d/b 1 d/a' 'RENAME d/a 1 d/b' \
    'RENAME,ISDIR d/y 1 d/x' 'RENAME,ISDIR d/x 1 d/y' 'CLOSE_WRITE,MODIFY d/b 2')"
}
