#!/usr/bin/env bats
# Trees deeper than any path can be long, names as long as they can be, and every byte that may be in one.

load helper

LEVELS=3000

# The directories are all called `l`, so that the path of the lowest has some 6,000 bytes; PATH_MAX is 4,096.
local_setup() {
  TAP_STDOUT=$ctl/records
  cat >"$ctl/dig.py" <<'PY'
import os, sys
os.chdir(sys.argv[1])
for _ in range(int(sys.argv[2])):
    os.mkdir("l")
    os.chdir("l")
PY
  cat >"$ctl/plunge.py" <<'PY'
import os, sys
os.chdir(sys.argv[1])
for _ in range(int(sys.argv[2])):
    os.chdir("l")
os.execvp(sys.argv[3], sys.argv[3:])
PY
  mkdir d
}

dig() {
  /usr/bin/python3 "$ctl/dig.py" "$1" "$LEVELS"
}

# plunge TOP COMMAND...: do it at the bottom.
plunge() {
  local top=$1
  shift
  /usr/bin/python3 "$ctl/plunge.py" "$top" "$LEVELS" "$@"
}

# bottom TOP: the path from there to the bottom.
bottom() {
  local levels
  printf -v levels "%${LEVELS}s" ''
  printf %s "$1${levels// //l}"
}

end() {
  kill -TERM "$TAP_PID"
  reap
  is status "$status" 143
  stderr_is ""
  mapfile -t lines <"$ctl/records"
}

# are EXPECTED...: these are the lines, which are too long to be shown.
are() {
  is "number of lines" "${#lines[@]}" "$#"
  local i=0 one
  for one; do
    [ "${lines[i]}" = "$one" ] || {
      echo "line $((i + 1)) has ${#lines[i]} bytes, expected were ${#one}: ${lines[i]:0:50} ... ${lines[i]: -50}" >&2
      return 1
    }
    i=$((i + 1))
  done
}

@test "an event 3,000 levels down has its whole path, and a directory made there is watched" {
  dig d
  # With few open files: one a level would not be had.
  start_as prlimit --nofile=64 "$INOTAP" -- -r -e create --fields=path d
  plunge d touch here
  plunge d mkdir new
  until_true grep -q '/new$' "$ctl/records"
  plunge d touch new/f
  end
  local path
  path=$(bottom d)
  [ "${#path}" -gt 4096 ]
  are "$path/here" "$path/new" "$path/new/f"
}

@test "in JSON the path is whole, too" {
  dig d
  start -r -j -e create d
  plunge d touch here
  end
  is path "$(json -r .path)" "$(bottom d)/here"
}

@test "3,000 levels that are made while it watches" {
  start -r -e create --fields=path d
  dig d
  plunge d touch f
  until_true grep -q '/f$' "$ctl/records"
  plunge d touch g
  end
  is "number of records" "${#lines[@]}" $((LEVELS + 2))
  lines=("${lines[@]: -2}")
  are "$(bottom d)/f" "$(bottom d)/g"
}

@test "3,000 levels that are moved in" {
  mkdir source
  dig source
  start -r -e create,move --fields=path d
  mv source d/tree
  plunge d/tree touch f
  until_true grep -q '/f$' "$ctl/records"
  plunge d/tree touch g
  end
  is "number of records" "${#lines[@]}" $((LEVELS + 3))
  lines=("${lines[@]: -2}")
  are "$(bottom d/tree)/f" "$(bottom d/tree)/g"
}

@test "the top of 3,000 levels is renamed" {
  mkdir d/a
  dig d/a
  start -r -e create,move --fields=path d
  mv d/a d/renamed
  plunge d/renamed touch f
  end
  are d/a d/renamed "$(bottom d/renamed)/f"
}

@test "3,000 levels that are removed leave no watch" {
  mkdir d/a
  dig d/a
  start -r -e create d
  local before
  before=$(cat /proc/"$TAP_PID"/fdinfo/* | grep -c '^inotify wd:')
  rm -r d/a
  watches_are() { [ "$(cat /proc/"$TAP_PID"/fdinfo/* | grep -c '^inotify wd:')" -eq "$1" ]; }
  until_true watches_are $((before - LEVELS - 1))
  end
}

@test "at the bottom of it PATH can be the working directory, which has no path of its own" {
  dig d
  plunge d mkdir -p sub
  start_as /usr/bin/python3 "$ctl/plunge.py" d "$LEVELS" "$INOTAP" -- -r -e create --fields=path . sub/..
  plunge d touch f sub/f
  plunge d mkdir new
  until_true grep -qx ./new "$ctl/records"
  plunge d touch new/f
  end
  are ./f ./sub/f ./new ./new/f
}

@test "names of 255 bytes, on every level" {
  local name path=d i
  name=$(printf 'n%.0s' {1..255})
  /usr/bin/python3 - "$name" <<'PY'
import os, sys
os.chdir("d")
for _ in range(20):
    os.mkdir(sys.argv[1])
    os.chdir(sys.argv[1])
PY
  for i in {1..20}; do path+=/$name; done
  start -r -e create --fields=path d
  /usr/bin/python3 - "$name" <<'PY'
import os, sys
os.chdir("d")
for _ in range(20):
    os.chdir(sys.argv[1])
os.mkdir("f" * 255)
PY
  until_true grep -q 'f$' "$ctl/records"
  end
  are "$path/$(printf 'f%.0s' {1..255})"
}

@test "any byte but / and NUL in the names of directories" {
  cat >"$ctl/bytes.py" <<'PY'
import base64, os, sys
names = [b"x" + bytes([byte]) for byte in range(1, 256) if byte != 47] + [b"\xff" * 255, b"-rf", b" ", b"*", b"...", b"\\x41"]
step = sys.argv[1]
for name in names:
    if step == "before":
        os.mkdir(b"d/" + name)
    elif step == "during":
        os.mknod(b"d/" + name + b"/" + name)
        os.makedirs(b"source/" + name + b"/" + name)
    elif step == "names":
        for path in b"/".join((b"d", name, name)), b"/".join((b"d", b"tree", name)), b"/".join((b"d", b"tree", name, name)):
            print(base64.b64encode(path).decode())
PY
  /usr/bin/python3 "$ctl/bytes.py" before
  start -r -j -e create d
  /usr/bin/python3 "$ctl/bytes.py" during
  mv source d/tree
  # With -e create the move itself is not reported, but what it brought is.
  /usr/bin/python3 "$ctl/bytes.py" names | sort >"$ctl/names"
  all_there() { [ "$(wc -l <"$ctl/records")" -ge "$(wc -l <"$ctl/names")" ]; }
  until_true all_there
  end
  is "paths" "$(json -r 'if .path_b64 then .path_b64 else .path | @base64 end' | sort)" "$(cat "$ctl/names")"
}

@test "a directory with a newline in its name breaks no line and forges no record" {
  mkdir -p $'d/a\n1\tCREATE\t0\tforged'
  start -r -e create,move --fields=events,path d
  : >$'d/a\n1\tCREATE\t0\tforged/f'
  mv $'d/a\n1\tCREATE\t0\tforged' $'d/b\n'
  : >$'d/b\n/f\n'
  end
  are $'CREATE\td/a\\n1\\tCREATE\\t0\\tforged/f' $'MOVED_FROM,ISDIR\td/a\\n1\\tCREATE\\t0\\tforged' \
    $'MOVED_TO,ISDIR\td/b\\n' $'CREATE\td/b\\n/f\\n'
}

@test "symbolic links inside a tree are not followed, whenever they come" {
  mkdir -p d/sub outside/deep moved
  ln -s ../outside d/before
  ln -s ../outside moved/within
  start -r -e create,move --fields=events,path d
  ln -s ../outside d/during
  mv moved d/moved
  until_true grep -q within "$ctl/records"
  touch outside/f outside/deep/f d/before/g
  mkdir outside/new
  rm d/before
  ln -s . d/before
  : >d/sub/last
  end
  are $'CREATE\td/during' $'MOVED_TO,ISDIR\td/moved' $'CREATE\td/moved/within' $'CREATE\td/before' $'CREATE\td/sub/last'
}

@test "links that lead in a circle do not, and one event is one record" {
  mkdir -p d/a/b
  ln -s . d/self
  ln -s ../.. d/a/b/top
  ln -s ../a d/a/again
  ln -s broken d/broken
  ln -s loop d/loop
  start -r -e create --fields=path d
  : >d/a/b/top/self/a/again/b/f
  end
  are d/a/b/f
}
