#!/usr/bin/env bats
# -r: what is watched, how deep, across which borders, and that one change is one record.

load helper

# watch OPTION... PATH...: with the records in a file, as EVENTS and PATH.
watch() {
  TAP_STDOUT=$ctl/records
  start -r --fields=events,path "$@"
}

# told LINE: there is a record like that by now.
told() {
  grep -qxF "$1" "$ctl/records"
}

end() {
  kill -TERM "$TAP_PID"
  reap
  is status "$status" 143
  mapfile -t lines <"$ctl/records"
}

watches() {
  cat /proc/"$TAP_PID"/fdinfo/* | grep -c '^inotify wd:' || true
}

@test "everything below PATH is reported, and not without -r" {
  mkdir -p d/a/b/c
  start -e create --fields=path d
  touch d/1 d/a/1 d/a/b/c/1
  stop
  lines_are d/1
  start -r -e create --fields=path d
  touch d/2 d/a/2 d/a/b/c/2
  stop
  lines_are d/2 d/a/2 d/a/b/c/2
}

@test "--recursive is the long name, and a path is PATH as given with what is below it" {
  mkdir -p d/a
  ln -s d l
  start --recursive -e create --fields=path ./d/ l "$PWD"
  : >d/a/x
  stop
  lines_are ./d/a/x
  cd d
  start --recursive -e create --fields=path .
  : >a/y
  stop
  lines_are ./a/y
  cd "$OLDPWD"
  start --recursive -e create --fields=path l/
  : >d/a/z
  stop
  lines_are l/a/z
}

@test "a PATH that is a file is watched as without -r" {
  mkdir d
  : >f
  start -r -e modify,create --fields=events,path f d
  echo x >>f
  : >d/x
  stop
  lines_are $'MODIFY\tf' $'CREATE\td/x'
}

@test "a PATH that is a link to a directory is followed, and with -P watched itself" {
  mkdir -p d/a
  ln -s d l
  start -r -P -e create,attrib --fields=events,path l
  : >d/a/x
  touch -h l
  stop
  lines_are $'ATTRIB\tl'
  is "what is said" "$(cat "$ctl/err")" "inotap: l: a symbolic link, which -P does not follow: nothing below it is watched"
}

@test "one change is one record" {
  mkdir -p d/a
  start -r --fields=events,path d
  : >d/a/f
  echo x >>d/a/f
  chmod 600 d/a/f
  chmod 700 d/a
  mv d/a d/b
  rm d/b/f
  mkdir d/c
  mv -T d/b d/c
  chmod 700 d
  rmdir d/c
  stop
  lines_are $'CREATE\td/a/f' $'CLOSE_WRITE\td/a/f' $'MODIFY\td/a/f' $'CLOSE_WRITE\td/a/f' $'ATTRIB\td/a/f' \
    $'ATTRIB,ISDIR\td/a' $'MOVED_FROM,ISDIR\td/a' $'MOVED_TO,ISDIR\td/b' $'DELETE\td/b/f' $'CREATE,ISDIR\td/c' \
    $'MOVED_FROM,ISDIR\td/b' $'MOVED_TO,ISDIR\td/c' $'ATTRIB,ISDIR\td' $'DELETE,ISDIR\td/c'
}

@test "of a PATH itself it is told when it is removed or moved, of what is below only by its parent" {
  mkdir -p d/a/b
  start -r --fields=events,path d
  rmdir d/a/b d/a d
  finish
  is status "$status" 4
  lines_are $'DELETE,ISDIR\td/a/b' $'DELETE,ISDIR\td/a' $'DELETE_SELF\td' $'IGNORED\td'
  mkdir -p d/a
  start -r --fields=events,path d
  mv d/a d/b
  mv d e
  finish
  is status "$status" 4
  lines_are $'MOVED_FROM,ISDIR\td/a' $'MOVED_TO,ISDIR\td/b' $'MOVE_SELF\td' $'IGNORED\td'
}

@test "-e all is everything that the kernel says, from the directory itself, too, and the end of every watch" {
  mkdir -p d/a
  start -r -e all --fields=events,path d
  chmod 700 d/a
  mv d/a d/b
  rmdir d/b
  stop
  # Who looks into directories causes events that are not of interest here.
  is records "$(printf '%s\n' "${lines[@]}" | grep -vE '^(OPEN|ACCESS|CLOSE)' | sort)" "$(printf '%s\n' $'ATTRIB,ISDIR\td/a' $'ATTRIB,ISDIR\td/a' \
    $'MOVED_FROM,ISDIR\td/a' $'MOVED_TO,ISDIR\td/b' $'MOVE_SELF\td/b' $'DELETE_SELF\td/b' $'IGNORED\td/b' \
    $'DELETE,ISDIR\td/b' | sort)"
}

@test "what was not asked for is not printed, though it is needed to follow the tree" {
  mkdir -p d/a source/s
  : >source/f
  watch -e modify d
  local base
  base=$(watches)
  mkdir -p d/new/deep
  mv source d/a/in
  mv d/new d/a/new
  grown() { [ "$(watches)" -eq $((base + 4)) ]; }
  until_true grown
  : >d/a/new/deep/f
  echo x >>d/a/new/deep/f
  rm -r d/a
  end
  lines_are $'MODIFY\td/a/new/deep/f'
}

@test "--max-depth=1 is what is in PATH itself" {
  mkdir -p d/a
  watch --max-depth=1 -e create d
  : >d/a/x
  mkdir -p d/new/s
  : >d/y
  end
  lines_are $'CREATE,ISDIR\td/new' $'CREATE\td/y'
}

@test "--max-depth=2 is one level more, whether it was there, is made, or is moved in" {
  mkdir -p d/a/b source/s
  touch source/f source/s/f
  watch --max-depth=2 -e create,move d
  touch d/x d/a/x d/a/b/x
  mv source d/tree
  until_true told $'CREATE\td/tree/f'
  mkdir -p d/new/s/t
  until_true told $'CREATE,ISDIR\td/new/s'
  touch d/tree/y d/tree/s/y d/new/y d/new/s/y
  # What was too deep comes within reach, and the other way round.
  mv d/a/b d/b
  until_true told $'CREATE\td/b/x'
  touch d/b/y
  mv d/b d/new/b
  : >d/new/b/z
  : >d/z
  end
  is records "$(printf '%s\n' "${lines[@]}" | sort)" "$(printf '%s\n' $'CREATE\td/x' $'CREATE\td/a/x' \
    $'MOVED_TO,ISDIR\td/tree' $'CREATE\td/tree/f' $'CREATE,ISDIR\td/tree/s' $'CREATE,ISDIR\td/new' \
    $'CREATE,ISDIR\td/new/s' $'CREATE\td/tree/y' $'CREATE\td/new/y' \
    $'MOVED_FROM,ISDIR\td/a/b' $'MOVED_TO,ISDIR\td/b' $'CREATE\td/b/x' $'CREATE\td/b/y' $'MOVED_FROM,ISDIR\td/b' \
    $'MOVED_TO,ISDIR\td/new/b' $'CREATE\td/z' | sort)"
}

# exchange A B: what renameat2(2) with RENAME_EXCHANGE does, all in one.
exchange() {
  /usr/bin/python3 -c '
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
if libc.renameat2(-100, sys.argv[1].encode(), -100, sys.argv[2].encode(), 2) != 0:
    sys.exit(os.strerror(ctypes.get_errno()))' "$@"
}

# as_from_the_start DEPTH PATH...: a file made in each directory is told exactly where an inotap that starts now tells it.
as_from_the_start() {
  local depth=$1
  shift
  : >d/sentinel
  until_true told $'CREATE\td/sentinel'
  : >"$ctl/before"
  cp "$ctl/records" "$ctl/before"
  find d -type d -printf '%p/probe\0' | xargs -0 touch
  end
  tail -n +$(($(wc -l <"$ctl/before") + 1)) "$ctl/records" | grep CREATE | LC_ALL=C sort >"$ctl/told"
  find d -name probe -delete
  watch --max-depth="$depth" -e create "$@"
  find d -type d -printf '%p/probe\0' | xargs -0 touch
  end
  find d -name probe -delete
  grep CREATE "$ctl/records" | LC_ALL=C sort | diff - "$ctl/told" >&2
}

@test "whatever way a directory comes to another depth, what is within --max-depth is watched, and no more" {
  local change
  for change in 'mv d/up/1 d/x/y/1' 'mv d/x/y d/y' 'exchange d/up d/x/y' 'exchange d/x/y d/up' 'exchange d/x d/up/1' \
    'mkdir d/n; mv d/up d/n/up' 'mkdir -p d/n/m; mv d/up d/n/m/up' 'mkdir d/n; mv d/x/y d/n/y; mv d/n d/x/n' \
    'mkdir d/n; mv d/x d/n/x; exchange d/n/x d/up' 'exchange d/up d/x/y; exchange d/up d/x' \
    'mv d/up d/up2; mv d/x/y d/up; mv d/up2 d/x/y' 'mv d/x/y out/y; mv out/y d/y'; do
    # In CI the depth that cuts off most of what moves.
    for depth in $(in_full '2 3 4' 3); do
      rm -rf d out
      mkdir -p d/up/1/2/3 d/x/y/down/1/2/3 out
      watch --max-depth="$depth" -e create,move d
      kill -STOP "$TAP_PID"
      eval "$change"
      kill -CONT "$TAP_PID"
      as_from_the_start "$depth" d || { echo "with --max-depth=$depth, after: $change" >&2 && return 1; }
    done
  done
}

@test "--max-depth counts from another PATH, once one is renamed that lies in it" {
  mkdir -p d/a/b/c/d/e d/x
  watch --max-depth=3 -e create,move d d/a/b
  mv d/a/b d/x/b
  until_true told $'IGNORED\td/a/b'
  as_from_the_start 3 d
}

@test "with --resync what has come too deep is still known to be there after a loss" {
  mkdir -p d/a/b/c d/n
  keep_queue_limit
  watch --max-depth=2 --resync -e create,delete,move d
  mv d/a/b d/n/b
  mv d/a d/n/a
  until_true told $'MOVED_TO,ISDIR\td/n/a'
  kill -STOP "$TAP_PID"
  overfill d/fill
  kill -CONT "$TAP_PID"
  until_true grep -q '^RESYNCED' "$ctl/records"
  end
  is records "$(grep -v d/fill "$ctl/records" | tr '\n\t' '; ')" \
    "MOVED_FROM,ISDIR d/a/b;MOVED_TO,ISDIR d/n/b;MOVED_FROM,ISDIR d/a;MOVED_TO,ISDIR d/n/a;Q_OVERFLOW ;RESYNCED ;"
}

@test "--max-depth watches no more directories than it needs" {
  mkdir -p d/{1,2,3}/{1,2,3}/{1,2,3}
  start -r --max-depth=1 d
  local base
  base=$(watches)
  stop
  start -r --max-depth=2 d
  is "watches for two levels" "$(watches)" $((base + 3))
  stop
  start -r --max-depth=4 d
  is "watches for four levels" "$(watches)" $((base + 3 + 9 + 27))
  stop
  start -r --max-depth=5000 d
  is "watches for any" "$(watches)" $((base + 3 + 9 + 27))
  stop
}

@test "--max-depth that is no whole number from 1 is a usage error" {
  local value
  for value in 0 -1 '' x 1x 1.5 99999999999999999999999; do
    run --separate-stderr "$INOTAP" -r --max-depth="$value" -t 0 .
    is "status of '$value'" "$status" 2
    has "$stderr" "inotap: --max-depth"
    is "standard output" "$output" ""
  done
}

@test "--max-depth, --one-file-system and --resync without -r are usage errors" {
  local option
  for option in --max-depth=2 --one-file-system --resync; do
    run --separate-stderr "$INOTAP" "$option" -t 0 .
    is "status of $option" "$status" 2
    has "$stderr" "${option%=*}"
    has "$stderr" "-r"
  done
}

# watch_in_a_world_with MOUNTING ARG...: in a mount namespace of its own, after the shell command MOUNTING.
watch_in_a_world_with() {
  local mounting=$1
  shift
  TAP_STDOUT=$ctl/records
  start_among "$mounting" -r --fields=events,path "$@"
}

@test "what is mounted below PATH is watched, and with --one-file-system it is not" {
  need_root "to mount"
  mkdir -p d/m d/n
  watch_in_a_world_with 'mount -t tmpfs none d/m; mkdir d/m/s' -e create d
  in_its_world touch d/m/s/x d/n/x d/m/x
  end
  lines_are $'CREATE\td/m/s/x' $'CREATE\td/n/x' $'CREATE\td/m/x'
  rm d/n/x
  watch_in_a_world_with 'mount -t tmpfs none d/m; mkdir d/m/s' -e create --one-file-system d
  in_its_world touch d/m/s/x d/m/x d/n/x
  in_its_world mkdir d/m/t d/t
  in_its_world touch d/m/t/x
  end
  lines_are $'CREATE\td/n/x' $'CREATE,ISDIR\td/t'
}

@test "--one-file-system concerns each PATH by itself, and a bind mount is a mount point" {
  need_root "to mount"
  mkdir -p d/m d/other elsewhere
  watch_in_a_world_with 'mount -t tmpfs none d/m; mkdir d/m/s; mount --bind elsewhere d/other' \
    -e create --one-file-system d d/m
  in_its_world touch d/m/s/x d/other/x d/x
  end
  lines_are $'CREATE\td/m/s/x' $'CREATE\td/x'
}

@test "what is mounted over a watched directory later is watched from then on" {
  need_root "to mount"
  mkdir -p d/m/under d/n
  watch_in_a_world_with true -e create d
  in_its_world mount -t tmpfs none d/m
  in_its_world touch d/m/x
  until_true told $'CREATE\td/m/x'
  in_its_world mkdir d/m/s
  in_its_world touch d/m/y d/n/y
  until_true told $'CREATE,ISDIR\td/m/s'
  in_its_world touch d/m/s/z
  until_true told $'CREATE\td/m/s/z'
  end
  is "files made" "$(grep -P 'CREATE\t' "$ctl/records" | sort)" \
    $'CREATE\td/m/s/z\nCREATE\td/m/x\nCREATE\td/m/y\nCREATE\td/n/y'
}

@test "with --one-file-system it is not" {
  need_root "to mount"
  mkdir -p d/m/under
  watch_in_a_world_with true -e create --one-file-system d
  in_its_world mount -t tmpfs none d/m
  in_its_world touch d/m/x d/y
  until_true told $'CREATE\td/y'
  in_its_world touch d/m/x2 d/y2
  end
  lines_are $'CREATE\td/y' $'CREATE\td/y2'
}

@test "a file system below PATH that is unmounted: UNMOUNT says so, and the directory underneath is watched" {
  need_root "to mount"
  mkdir -p d/m/under d/n
  watch_in_a_world_with 'mount -t tmpfs none d/m; mkdir -p d/m/s/t' -e create d
  in_its_world touch d/m/s/t/x
  in_its_world umount d/m
  until_true told $'UNMOUNT,ISDIR\td/m'
  touch d/m/1 d/m/under/1
  until_true told $'CREATE\td/m/under/1'
  touch d/m/2 d/m/under/2 d/n/2
  end
  is "files made" "$(grep -P 'CREATE\t' "$ctl/records" | sort)" "$(printf 'CREATE\t%s\n' \
    d/m/1 d/m/2 d/m/s/t/x d/m/under/1 d/m/under/2 d/n/2)"
}

@test "of a PATH inside another each event is printed once, under the one given first" {
  mkdir -p a/b/c
  start -r -e create --fields=path a "$PWD/a/b"
  touch a/1 a/b/1 a/b/c/1
  mkdir a/b/new
  stop
  lines_are a/1 a/b/1 a/b/c/1 a/b/new
  rm -r a/b/new
  start -r -e create --fields=path "$PWD/a/b" a
  touch a/2 a/b/2 a/b/c/2
  mkdir a/b/new
  stop
  lines_are a/2 "$PWD/a/b/2" "$PWD/a/b/c/2" "$PWD/a/b/new"
}

@test "that holds for what is made later, too" {
  mkdir -p a/b
  TAP_STDOUT=$ctl/records
  start -r -e create --fields=path "$PWD/a/b" a
  kill -STOP "$TAP_PID"
  mkdir -p a/b/c/d a/e/f
  touch a/b/c/d/1 a/e/f/1
  kill -CONT "$TAP_PID"
  until_true grep -q a/b/c/d/1 "$ctl/records"
  until_true grep -q a/e/f/1 "$ctl/records"
  touch a/b/c/d/2 a/e/f/2
  end
  is records "$(sort "$ctl/records")" "$(printf '%s\n' a/e a/e/f a/e/f/1 a/e/f/2 \
    "$PWD"/a/b/c "$PWD"/a/b/c/d "$PWD"/a/b/c/d/1 "$PWD"/a/b/c/d/2 | sort)"
}

@test "a PATH inside another that is renamed goes on under the other" {
  mkdir -p a/b/in
  watch -e create,move "$PWD/a/b" a
  mv a/b a/c
  until_true told $'IGNORED\t'"$PWD/a/b"
  touch a/c/1 a/c/in/2
  end
  is "records" "$(grep -v IGNORED "$ctl/records")" \
    "$(printf '%s\n' $'MOVED_FROM,ISDIR\ta/b' $'MOVED_TO,ISDIR\ta/c' $'CREATE\ta/c/1' $'CREATE\ta/c/in/2')"
}

@test "a PATH that is spelt in two ways, or another PATH's directory by a bind mount, is reported once" {
  mkdir -p a/b
  start -r -e create --fields=path a ./a "$PWD/a/"
  touch a/1 a/b/1
  stop
  lines_are a/1 a/b/1
  need_root "to mount"
  mkdir bound
  watch_in_a_world_with 'mount --bind a bound' -e create bound a
  in_its_world touch a/2 bound/b/2
  in_its_world mkdir a/b/new
  until_true told $'CREATE,ISDIR\tbound/b/new'
  in_its_world touch a/b/new/3
  end
  lines_are $'CREATE\tbound/2' $'CREATE\tbound/b/2' $'CREATE,ISDIR\tbound/b/new' $'CREATE\tbound/b/new/3'
}

@test "a directory that cannot be read is a warning, at the end their number is said, and the rest is watched" {
  as_nobody
  mkdir -p d/{open,closed,blind}/in
  chmod 711 d/closed
  chmod 600 d/blind
  TAP_STDOUT=$ctl/records
  start_as "${nobody[@]}" "$INOTAP" -- -r -e create --fields=events,path d
  touch d/open/in/1 d/closed/1 d/closed/in/1 d/2
  end
  is records "$(grep open "$ctl/records"; tail -n 1 "$ctl/records")" $'CREATE\td/open/in/1\nCREATE\td/2'
  lacks "$(cat "$ctl/records")" closed
  has "$(cat "$ctl/err")" "inotap: d/closed: Permission denied"
  has "$(cat "$ctl/err")" "inotap: d/blind: Permission denied"
  is "lines that are said" "$(wc -l <"$ctl/err")" 3
  tail -n 1 "$ctl/err" | grep -qw 2
  lacks "$(tail -n 1 "$ctl/err")" "Permission denied"
}

# seen RECORD: it was printed by now.
seen() {
  grep -qxF "$1" "$ctl/records"
}

@test "a directory that may be read later is watched then, whatever was asked for, and wherever it lies" {
  as_nobody
  mkdir -p d/sub p
  chmod 744 p # may be read, and not be searched
  TAP_STDOUT=$ctl/records
  start_as "${nobody[@]}" "$INOTAP" -- -r -e create --fields=events,path d p
  mkdir -m 700 d/sub/mine
  mkdir -m 744 d/sub/half
  until_true grep -q '^inotap: d/sub/mine/*: Permission denied' "$ctl/err"
  until_true grep -q '^inotap: d/sub/half/*: Permission denied' "$ctl/err"
  mkdir d/sub/mine/in d/sub/half/in p/in
  chown 65534 d/sub/mine
  chmod 755 d/sub/half p
  until_true seen $'CREATE,ISDIR\td/sub/mine/in'
  until_true seen $'CREATE,ISDIR\td/sub/half/in'
  touch d/sub/mine/in/f d/sub/half/in/f
  until_true seen $'CREATE\td/sub/half/in/f'
  : >p/in/f
  until_true seen $'CREATE\tp/in/f'
  end
  is "what was created" "$(grep CREATE "$ctl/records" | cut -f 2 | sort)" "$(printf '%s\n' d/sub/half d/sub/half/in \
    d/sub/half/in/f d/sub/mine d/sub/mine/in d/sub/mine/in/f p/in p/in/f | sort)"
}

@test "with -q nothing is said of it" {
  as_nobody
  mkdir -p d/{open,closed}
  chmod 700 d/closed
  start_as "${nobody[@]}" "$INOTAP" -- -r -q -e create --fields=path d
  : >d/open/1
  stop
  lines_are d/open/1
  stderr_is ""
}

@test "a directory that cannot be read and comes later is a warning, too" {
  as_nobody
  mkdir -p d
  TAP_STDOUT=$ctl/records
  start_as "${nobody[@]}" "$INOTAP" -- -r -e create --fields=events,path d
  mkdir -m 700 d/closed
  mkdir -m 755 d/open
  until_true grep -q "d/closed: Permission denied" "$ctl/err"
  until_true told $'CREATE,ISDIR\td/open'
  touch d/closed/1 d/open/1
  end
  lines_are $'CREATE,ISDIR\td/closed' $'CREATE,ISDIR\td/open' $'CREATE\td/open/1'
}

@test "a PATH that cannot be read is still an error" {
  as_nobody
  mkdir -m 711 closed
  run --separate-stderr "${nobody[@]}" "$INOTAP" -r -t 0 closed
  is status "$status" 1
  is message "$stderr" "inotap: closed: Permission denied"
}

@test "its own output in the tree is not reported, neither where it was nor where it comes" {
  mkdir -p sub/deep
  start -r --fields=events,path -o sub/log .
  : >one
  until_true grep -q ./one sub/log
  mkdir -p new/deep
  mv sub/log new/deep/log
  : >two
  until_true grep -q ./two new/deep/log
  echo x >>two
  until_true grep -q $'MODIFY\t./two' new/deep/log
  stop
  # Writing that was under way when it came may have been reported; had it not been known, that would not end.
  [ "$(grep -c 'MODIFY.*log' new/deep/log)" -le 1 ]
}

@test "what was found by looking counts as a record" {
  mkdir -p source/s
  touch source/{1,2,3} source/s/{1,2,3}
  mkdir d
  start -r -n 5 -e create,move --fields=path,seq d
  mv source d/tree
  finish
  is status "$status" 0
  is records "${#lines[@]}" 5
  is first "${lines[0]}" $'d/tree\t1'
  is last "$(cut -f 2 <<<"${lines[4]}")" 5
}

@test "a file that is a PATH, and an entry of another PATH, is reported once" {
  mkdir d
  : >d/f
  start -e modify --fields=path d d/f
  echo x >>d/f
  stop
  lines_are d/f
  start -e modify --fields=path ./d/f d ./d//f
  echo x >>d/f
  stop
  lines_are ./d/f
  start -r -e modify --fields=path . "$PWD/d/f"
  echo x >>d/f
  stop
  lines_are ./d/f
  start -r -e modify --fields=path "$PWD/d/f" .
  echo x >>d/f
  stop
  lines_are "$PWD/d/f"
  mkdir d/e
  start -e attrib --fields=path d d/e
  chmod 700 d/e
  stop
  lines_are d/e
  start -e attrib --fields=path ./d/e d
  chmod 755 d/e
  stop
  lines_are ./d/e
  start -e modify,delete,delete_self --fields=events,path d d/f
  rm d/f
  stop
  lines_are $'DELETE_SELF\td/f' $'IGNORED\td/f' $'DELETE\td/f'
}

@test "a file that is a PATH is reported when it changes under another name" {
  mkdir d elsewhere
  : >d/f
  ln d/f elsewhere/g
  ln d/f elsewhere/h
  start -e modify,close_write --fields=events,path d d/f elsewhere/h
  echo x >>elsewhere/g
  stop
  lines_are $'MODIFY\td/f' $'MODIFY\telsewhere/h' $'CLOSE_WRITE\td/f' $'CLOSE_WRITE\telsewhere/h'
  start -e modify,close_write --fields=events,path d d/f elsewhere/h
  echo x >>d/f
  stop
  lines_are $'MODIFY\td/f' $'MODIFY\telsewhere/h' $'CLOSE_WRITE\td/f' $'CLOSE_WRITE\telsewhere/h'
}

@test "with -e all a file that is a PATH, and an entry of another, is reported as the kernel does" {
  mkdir d
  : >d/f
  start -e all --fields=wd,events,path d d/f
  chmod 600 d/f
  stop
  lines_are $'1\tATTRIB\td/f' $'2\tATTRIB\td/f'
}

@test "--ready comes once the whole tree is watched, and --timeout counts from then" {
  mkdir -p d/{1..30}/{1..30}
  start -r --ready -e create --fields=events,path d
  : >d/30/30/f
  stop
  lines_are $'READY\t' $'CREATE\td/30/30/f'
  run "$INOTAP" -r -t 0 d
  is status "$status" 3
}
