#!/usr/bin/env bats
# --rename: both halves of a rename as one record; half alone as what it was.

load helper

# What was read, as EVENTS PATH FROM, one line each.
renames() {
  json -r '[(.events | join(",")), .path, .from // empty] | join(" ")'
}

@test "a rename is one RENAME with from, of files and directories, and across directories" {
  mkdir -p d/a d/b
  : >d/f
  start -r -j --rename -e move d
  mv d/f d/g
  mv d/g d/a/h
  mv d/b d/a/c
  : >d/a/c/new
  mv d/a/c/new d/a/c/old
  stop
  is records "$(renames)" "$(printf '%s\n' 'RENAME d/g d/f' 'RENAME d/a/h d/g' 'RENAME,ISDIR d/a/c d/b' 'RENAME d/a/c/old d/a/c/new')"
  is "the masks" "$(json .mask | sort -u)" "$(printf '%s\n' 1073741952 128)"
  is "pairs without a cookie" "$(json 'select(.cookie == 0)')" ""
}

@test "without -r, and between two PATHs" {
  mkdir d e
  : >d/f
  mkdir d/s
  start -j --rename -e move d e
  mv d/f e/g
  mv d/s e/t
  stop
  is records "$(renames)" "$(printf '%s\n' 'RENAME e/g d/f' 'RENAME,ISDIR e/t d/s')"
}

@test "in text the old path is a fifth column, and in a template %P" {
  mkdir d
  : >d/f
  start --rename -e move d
  mv d/f d/g
  stop
  is records "$(printf '%s\n' "${lines[@]}" | sed 's/[0-9]\{1,\}/N/g')" $'N\tRENAME\tN\td/g\td/f'
  start --rename --format='%e %P %p' -e move d
  mv d/g d/h
  stop
  is records "${lines[*]}" 'RENAME d/g d/h'
}

@test "half alone is printed as what it was, when nothing else comes within 50 ms" {
  mkdir d out
  : >d/f
  : >out/g
  mkdir d/s
  start -r -j --rename -e move d
  mv d/f out/f
  next_line # before anything else happens
  is first "$(jq -r '[.events[0], .path] | join(" ")' <<<"$line")" 'MOVED_FROM d/f'
  mv out/g d/g
  mv d/s out/s
  mv out/s d/back
  stop
  is records "$(renames)" "$(printf '%s\n' 'MOVED_TO d/g' 'MOVED_FROM,ISDIR d/s' 'MOVED_TO,ISDIR d/back')"
}

@test "a thousand files that leave wait for nothing but the last" {
  mkdir d out
  (cd d && seq 1000 | xargs touch)
  start_as strace -qq -f -e trace=epoll_wait,epoll_pwait -e signal=none -o "$ctl/waits" "$INOTAP" -- -j --rename -e move,create d
  local inotap
  inotap=$(pgrep -P "$TAP_PID" -x inotap)
  kill -STOP "$inotap"
  mv d/* out/
  : >d/end
  kill -CONT "$inotap"
  until [[ "${line:-}" == *'"d/end"'* ]]; do next_line; done
  kill -TERM "$inotap"
  finish
  # Not one for each file: all of them are read at once.
  echo "waits: $(wc -l <"$ctl/waits")" >&2
  [ -s "$ctl/waits" ]
  [ "$(wc -l <"$ctl/waits")" -le 50 ]
}

@test "only one half is asked for: that one" {
  mkdir d
  : >d/f
  start -j --rename -e moved_to d
  mv d/f d/g
  stop
  is records "$(renames)" 'MOVED_TO d/g'
}

@test "an exchange is two RENAMEs" {
  mkdir d
  mkdir d/a d/b
  : >d/a/1
  : >d/b/2
  start -r -j --rename -e move,create d
  /usr/bin/python3 -c '
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
assert libc.renameat2(-100, b"d/a", -100, b"d/b", 2) == 0'
  : >d/a/new
  stop
  is records "$(renames)" "$(printf '%s\n' 'RENAME,ISDIR d/b d/a' 'RENAME,ISDIR d/a d/b' 'CREATE d/a/new')"
}

@test "pairs that other writers tear apart are found: every rename is one record, in the order of its file" {
  mkdir -p d/a d/b
  cat >"$ctl/run.py" <<'PY'
import os, sys
def writer(which):
    for i in range(2000):
        os.rename(f"d/{which}/{i % 7}", f"d/{which}/x"), os.rename(f"d/{which}/x", f"d/{which}/{i % 7}")
for which in "ab":
    for i in range(7):
        os.mknod(f"d/{which}/{i}")
children = []
for which in "ab":
    child = os.fork()
    if child == 0:
        writer(which)
        os._exit(0)
    children.append(child)
assert all(os.waitpid(child, 0)[1] == 0 for child in children)
PY
  start -r -j --rename --fields=events,path,from -e move d
  /usr/bin/python3 "$ctl/run.py"
  stop
  is "kinds of records" "$(json -r '.events[0]' | sort | uniq -c | tr -s ' ')" ' 8000 RENAME'
  local which
  for which in a b; do
    is "renames in $which that do not begin where the one before ended" "$(json -rs --arg d "d/$which/x" \
      '[.[] | select((.path == $d) or (.from == $d))] | [range(0; length; 2) as $i | select(.[$i].path != $d or .[$i + 1].from != $d or .[$i].from != .[$i + 1].path)] | length')" 0
  done
}

@test "with -n a pair counts once" {
  mkdir d
  : >d/f
  start -j --rename -n 2 -e move d
  mv d/f d/g
  mv d/g d/h
  finish
  is status "$status" 0
  is records "$(renames)" "$(printf '%s\n' 'RENAME d/g d/f' 'RENAME d/h d/g')"
}

@test "what is held back for half of a rename is told, whatever ends meanwhile: a PATH, a name, the quiet" {
  mkdir v o w
  : >f
  : >v/a
  start -j --rename -F f v
  mv v/a o/
  echo x >>f
  rm f
  until [[ "${line:-}" == *GONE* ]]; do next_line; printf '%s\n' "$line" >>seen; done
  stop
  is "of f, followed by name" "$(jq -r 'select(.path == "f") | .events[0]' seen | tr '\n' ' ')" \
    'MODIFY CLOSE_WRITE ATTRIB DELETE_SELF IGNORED GONE '
  : >f
  : >v/a
  start -j --rename f v
  kill -STOP "$TAP_PID" # so that all of it is read at once
  exec {held}>>f
  rm f
  mv v/a o/
  echo x >&"$held"
  exec {held}>&-
  kill -CONT "$TAP_PID"
  until [[ "${line:-}" == *IGNORED* ]]; do next_line; printf '%s\n' "$line" >>seen2; done
  stop
  is "of f, held open" "$(jq -r 'select(.path == "f") | .events[0]' seen2 | tr '\n' ' ')" \
    'ATTRIB MODIFY CLOSE_WRITE DELETE_SELF IGNORED '
  : >w/a
  start -j --rename --idle=5s -e move,create w v
  kill -STOP "$TAP_PID"
  mv w/a o/b
  : >v/c
  pass_time 5.2 # it has been quiet for long enough, but for what it has not read yet
  kill -CONT "$TAP_PID"
  finish
  is status "$status" 0
  is "before the quiet" "$(renames)" "$(printf '%s\n' 'MOVED_FROM w/a' 'CREATE v/c')"
}

@test "one file moved out of each of many directories costs no more than as many events" {
  mkdir out
  mkdir -p d/{0..9}/{0..9}/{0..19}
  local directory
  for directory in d/*/*/*; do : >"$directory/${directory//\//-}"; done
  start -r -j --rename -e move d
  find d -type f -exec mv -t out {} +
  stop
  is records "$(json -r '.events[0]' | sort | uniq -c | tr -s ' ')" ' 2000 MOVED_FROM'
}
