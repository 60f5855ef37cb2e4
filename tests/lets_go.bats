#!/usr/bin/env bats
# What leaves a watched tree is let go: nothing is printed of it afterwards, and no watch stays behind.

load helper

# watches: how many inotify watches it has, those that guard the PATHs included.
watches() {
  cat /proc/"$TAP_PID"/fdinfo/* | grep -c '^inotify wd:' || true
}

watches_are() {
  [ "$(watches)" -eq "$1" ]
}

at_most() {
  [ "$(watches)" -le "$1" ]
}

# watch PATH...: report what comes and goes, as EVENTS and PATH, to a file, so that nothing is held back.
watch() {
  TAP_STDOUT=$ctl/records
  start -r -e create,delete,move --fields=events,path "$@"
}

# end: everything queued is printed.
end() {
  kill -TERM "$TAP_PID"
  reap
  mapfile -t lines <"$ctl/records"
}

@test "there is one watch a directory" {
  mkdir -p d
  watch d
  local base
  base=$(watches)
  mkdir -p d/{1,2,3}/{a,b,c}
  : >d/1/a/f
  ln -s 1 d/link
  until_true watches_are $((base + 12))
  end
  rm -r d/*
  mkdir -p d/{1,2,3}/{a,b,c}
  : >d/1/a/f
  ln -s 1 d/link
  watch d
  is watches "$(watches)" $((base + 12))
}

@test "nothing is printed of a directory that was moved out, or of what is below it" {
  mkdir -p d/a/in out
  watch d
  mv d/a out/a
  touch out/a/1 out/a/in/2
  end
  lines_are $'MOVED_FROM,ISDIR\td/a'
}

@test "nor of what was queued already: before is printed, after is not" {
  mkdir -p d/a/in out
  watch d
  kill -STOP "$TAP_PID"
  touch d/a/1 d/a/in/1
  mv d/a out/a
  touch out/a/2 out/a/in/2
  mkdir -p out/a/s/t
  mv out/a/in out/a/on
  rm out/a/1
  kill -CONT "$TAP_PID"
  end
  lines_are $'CREATE\td/a/1' $'CREATE\td/a/in/1' $'MOVED_FROM,ISDIR\td/a'
}

@test "what goes on in a tree while it is moved out is printed up to that, and never afterwards" {
  mkdir -p d/a/in out
  watch d
  /usr/bin/python3 - <<'PY'
import os
for i in range(300):
    os.mknod(f"d/a/in/before{i}")
os.rename("d/a", "out/a")
for i in range(3000):
    os.mknod(f"out/a/in/after{i}")
PY
  end
  is "records of files" "$(printf '%s\n' "${lines[@]}" | grep CREATE)" "$(printf 'CREATE\td/a/in/before%s\n' {0..299})"
  is "last record" "${lines[-1]}" $'MOVED_FROM,ISDIR\td/a'
}

@test "a tree that was moved out has no watches" {
  mkdir -p d/a/{1,2,3}/{x,y} d/b out
  watch d
  local base
  base=$(watches)
  mv d/a out/a
  until_true watches_are $((base - 10))
  : >out/a/1/x/f
  : >d/b/f
  end
  lines_are $'MOVED_FROM,ISDIR\td/a' $'CREATE\td/b/f'
}

@test "a tree that was removed has no watches" {
  mkdir -p d/a/{1..10}/{1..10} d/b
  watch d
  local base
  base=$(watches)
  rm -r d/a
  until_true watches_are $((base - 111))
  : >d/b/f
  end
  is "last record" "${lines[-1]}" $'CREATE\td/b/f'
  is deletions "$(printf '%s\n' "${lines[@]}" | grep -c DELETE,ISDIR)" 111
}

@test "a directory overwritten by a rename has no watch" {
  mkdir -p d/a/in d/b
  watch d
  local base
  base=$(watches)
  mv -T d/a d/b
  until_true watches_are $((base - 1))
  : >d/b/in/f
  end
  lines_are $'MOVED_FROM,ISDIR\td/a' $'MOVED_TO,ISDIR\td/b' $'CREATE\td/b/in/f'
}

@test "directories that come and go, thousands of times, leave nothing behind" {
  mkdir d out
  watch d
  local base
  base=$(watches)
  /usr/bin/python3 - <<'PY'
import os
for i in range(800):
    os.makedirs("d/a/b/c")
    if i % 2:
        for path in "d/a/b/c", "d/a/b", "d/a":
            os.rmdir(path)
    else:
        os.rename("d/a", f"out/{i}")
PY
  : >d/caught-up
  until_true grep -q caught-up "$ctl/records"
  until_true watches_are "$base"
  : >out/0/b/f
  end
  is "records of what is out" "$(printf '%s\n' "${lines[@]}" | grep -c f$)" 0
}

@test "the name that became free is watched anew when there is a directory again" {
  mkdir -p d/a/in out
  watch d
  kill -STOP "$TAP_PID"
  mv d/a out/a
  mkdir d/a
  : >d/a/new
  : >out/a/old
  kill -CONT "$TAP_PID"
  until_true grep -q $'\td/a/new$' "$ctl/records"
  : >d/a/later
  end
  lines_are $'MOVED_FROM,ISDIR\td/a' $'CREATE,ISDIR\td/a' $'CREATE\td/a/new' $'CREATE\td/a/later'
}

@test "moved out and in again, it is a tree that comes in: all of it is reported once, and watched" {
  mkdir -p d/a/in out
  : >d/a/in/1
  watch d
  mv d/a out/a
  : >out/a/in/2
  mv out/a d/b
  until_true grep -q $'\td/b/in/2$' "$ctl/records"
  : >d/b/in/3
  end
  is "the moves" "$(printf '%s\n' "${lines[@]:0:2}")" $'MOVED_FROM,ISDIR\td/a\nMOVED_TO,ISDIR\td/b'
  is "the rest" "$(printf '%s\n' "${lines[@]:2}" | sort)" \
    "$(printf '%s\n' $'CREATE\td/b/in/1' $'CREATE\td/b/in/2' $'CREATE\td/b/in/3' $'CREATE,ISDIR\td/b/in' | sort)"
}

@test "the same before inotap reads anything of it" {
  mkdir -p d/a/in out
  : >d/a/in/1
  watch d
  local base
  base=$(watches)
  kill -STOP "$TAP_PID"
  : >d/a/in/2
  mv d/a out/a
  : >out/a/in/3
  mkdir out/a/in/s
  : >out/a/in/s/4
  mv out/a d/b
  : >d/b/in/5
  kill -CONT "$TAP_PID"
  until_true grep -q $'\td/b/in/s/4$' "$ctl/records"
  until_true watches_are $((base + 1))
  : >d/b/in/6
  : >d/b/in/s/7
  end
  is "up to the move" "$(printf '%s\n' "${lines[@]:0:3}")" $'CREATE\td/a/in/2\nMOVED_FROM,ISDIR\td/a\nMOVED_TO,ISDIR\td/b'
  is "the rest" "$(printf '%s\n' "${lines[@]:3}" | sort)" "$(printf '%s\n' $'CREATE\td/b/in/'{1,2,3,5,6} \
    $'CREATE\td/b/in/s/'{4,7} $'CREATE,ISDIR\td/b/in' $'CREATE,ISDIR\td/b/in/s' | sort)"
}

@test "a part of a tree that was moved out comes back under another name" {
  mkdir -p d/a/in/deep out
  watch d
  mv d/a out/a
  mv out/a/in d/in
  until_true grep -q $'\td/in/deep$' "$ctl/records"
  touch out/a/1 d/in/2 d/in/deep/3
  end
  lines_are $'MOVED_FROM,ISDIR\td/a' $'MOVED_TO,ISDIR\td/in' $'CREATE,ISDIR\td/in/deep' $'CREATE\td/in/2' $'CREATE\td/in/deep/3'
}

@test "a descriptor never names a directory that it does not watch" {
  # Every (wd, directory) of the records, while trees come, go, and are moved out: the kernel's list is the judge.
  mkdir d out
  TAP_STDOUT=$ctl/records
  start -r -j -e create,move,delete d
  local i
  for i in {1..20}; do
    mkdir -p "d/$i/s"
    : >"d/$i/s/f"
    if [ $((i % 2)) -eq 0 ]; then mv "d/$i" "out/$i"; else rm -r "d/$i"; fi
  done
  mkdir -p d/x/y
  : >d/caught-up
  until_true grep -qF '"d/caught-up"' "$ctl/records"
  touch d/last d/x/last d/x/y/last
  until_true grep -qF '"d/x/y/last"' "$ctl/records"
  local directory inode wd
  for directory in d d/x d/x/y; do
    printf -v inode '%x' "$(stat -c %i "$directory")"
    wd=$(jq -s --arg path "$directory/last" 'map(select(.path == $path))[0].wd' "$ctl/records")
    has "$(cat /proc/"$TAP_PID"/fdinfo/*)" "inotify wd:$(printf '%x' "$wd") ino:$inode "
  done
  end
}

@test "a PATH whose tree is removed: all of it is told, and without another one it ends with status 4" {
  mkdir -p d/a/in
  : >d/a/in/f
  start -r --fields=events,path d
  rm -r d
  finish
  is status "$status" 4
  lines_are $'DELETE\td/a/in/f' $'DELETE,ISDIR\td/a/in' $'DELETE,ISDIR\td/a' $'DELETE_SELF\td' $'IGNORED\td'
}

@test "a PATH whose tree is moved away takes all its watches with it, and another PATH goes on" {
  mkdir -p p/a/{1,2,3} q/b
  watch p q
  local base
  base=$(watches)
  mv p elsewhere
  until_true grep -q $'^IGNORED\tp$' "$ctl/records"
  # Five directories, and perhaps the guard of p.
  until_true at_most $((base - 5))
  touch elsewhere/a/1/f q/b/f
  end
  is "last record" "${lines[-1]}" $'CREATE\tq/b/f'
  lacks "${lines[*]}" p/a/1
}

@test "a PATH inside the tree of another goes: its tree is let go as well" {
  mkdir -p d/a/{1,2} d/b
  watch d "$PWD/d/a"
  local base
  base=$(watches)
  rm -r d/a
  until_true at_most $((base - 3))
  : >d/b/f
  end
  is "last record" "${lines[-1]}" $'CREATE\td/b/f'
}
