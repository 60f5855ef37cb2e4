#!/usr/bin/env bats
# Patterns, types and --ignore-file: what is told, and what is not even watched.

load helper

# The number of directories and files that inotap watches; the fewer watches of where PATHs lie do not count.
watches() {
  grep -c '^inotify wd:' /proc/"$TAP_PID"/fdinfo/* | sed 's/.*://' | sort -n | tail -n 1
}

watches_are() {
  [ "$(watches)" -eq "$1" ]
}

# told EXPECTED...: EVENTS PATH of all that was read, a line each.
told() {
  is "the records" "$(events_and_paths | tr '\t' ' ')" "$(printf '%s\n' "$@")"
}

# ---- patterns ----

@test "with a plain pattern nothing else is told, but directories that match none are entered, new ones too" {
  mkdir -p d/old
  start -r -e create,delete -g '*.c' d
  : >d/old/a.c
  : >d/old/a.o
  mkdir -p d/a/b/c
  touch d/a/b/c/x.c d/a/b/c/x.o
  rm d/old/a.c d/old/a.o
  stop
  told 'CREATE d/old/a.c' 'CREATE d/a/b/c/x.c' 'DELETE d/old/a.c'
}

@test "with patterns that begin with ! everything else is told" {
  mkdir d
  start -r -e create -g '!*.o' --glob='!*.tmp' d
  touch d/a.o d/a.c d/a.tmp d/b
  stop
  told 'CREATE d/a.c' 'CREATE d/b'
}

@test "the last pattern that matches decides, whatever its kind" {
  mkdir d
  start -r -e create -g '!*.o' -g 'keep.*' --regex '!secret' --iglob 'SECRET.Z' d
  touch d/keep.o d/other.o d/keep.secret d/secret.z d/other
  stop
  told 'CREATE d/keep.o' 'CREATE d/secret.z'
  start -r -e create -g 'keep.*' -g '!*.o' d
  rm d/*
  touch d/keep.o d/keep.c
  stop
  told 'CREATE d/keep.c'
}

@test "case counts for --glob and --regex, and not for --iglob and --iregex" {
  mkdir d
  start -e create -g '*.a' --iglob '*.b' --regex 'c$' --iregex 'd$' d
  touch d/1.a d/1.A d/2.b d/2.B d/3c d/3C d/4d d/4D
  stop
  told 'CREATE d/1.a' 'CREATE d/2.b' 'CREATE d/2.B' 'CREATE d/3c' 'CREATE d/4d' 'CREATE d/4D'
}

@test "a pattern with a slash is for the path below PATH, at any depth with **" {
  mkdir -p d/s/t d/u/s/t
  start -r -e create -g '/top' -g 's/t/x' -g '**/t/y' d
  touch d/top d/s/top d/s/t/x d/u/s/t/x d/s/t/y d/u/s/t/y
  stop
  told 'CREATE d/top' 'CREATE d/s/t/x' 'CREATE d/s/t/y' 'CREATE d/u/s/t/y'
}

@test "paths are those below PATH, not the ones that lead to it" {
  mkdir -p a/b/c
  start -r -e create --regex '^c/' -g 'a/b/*' -g '/b' a/b
  touch a/b/c/yes a/b/no a/b/b
  stop
  told 'CREATE a/b/c/yes' 'CREATE a/b/b'
}

@test "a regex of a directory is tried with a slash behind it, too" {
  mkdir d
  start -r -e create --regex '!^build/' d
  mkdir d/build d/built
  touch d/build/x d/built/x
  stop
  told 'CREATE,ISDIR d/built' 'CREATE d/built/x'
}

@test "a directory that a ! pattern leaves out is not watched, now or later" {
  mkdir -p d/out/in d/keep
  start -r -e create -g '!out' d
  watches_are 2
  mkdir d/keep/out d/keep/new
  : >d/out/x
  : >d/keep/out/x
  : >d/keep/new/x
  : >d/out/in/x
  until_true watches_are 3
  stop
  told 'CREATE,ISDIR d/keep/new' 'CREATE d/keep/new/x'
}

@test "a pattern with a slash behind it is for directories only" {
  mkdir d
  start -r -e create -g '!x/' d
  mkdir d/x d/a
  : >d/a/x
  stop
  told 'CREATE,ISDIR d/a' 'CREATE d/a/x'
}

@test "without -r the name decides" {
  mkdir d
  : >d/other.c
  start -e create,modify -g '*.c' d d/other.c
  : >d/a.c
  : >d/a.o
  mkdir d/d.c
  echo x >>d/other.c
  stop
  told 'CREATE d/a.c' 'CREATE,ISDIR d/d.c' 'MODIFY d/other.c'
}

# ---- types ----

@test "--type f and --type d, and directories are entered all the same" {
  mkdir -p d/a
  start -r -e create --type f d
  mkdir d/a/b
  : >d/a/b/x
  ln -s x d/a/l
  stop
  told 'CREATE d/a/b/x' 'CREATE d/a/l'
  start -r -e create --type d d
  mkdir d/a/b/c
  : >d/a/b/c/x
  mkdir d/a/b/c/e
  stop
  told 'CREATE,ISDIR d/a/b/c' 'CREATE,ISDIR d/a/b/c/e'
}

@test "a type and patterns must both agree" {
  mkdir d
  start -r -e create --type f -g 'x*' d
  mkdir d/x
  : >d/x/xy
  : >d/x/y
  stop
  told 'CREATE d/x/xy'
}

# ---- --ignore-file ----

@test "of files of ignore rules the last decides, and patterns before them" {
  mkdir -p d/out/in d/back d/no
  printf '%s\n' '*.o' 'out/' '!b.log' >first
  printf '%s\n' '!a.o' '*.log' '/no' >second
  start -r -e create --ignore-file first --ignore-file second -g '!never.o' d
  watches_are 2
  touch d/a.o d/b.o d/a.log d/b.log d/x d/back/no d/never.o d/out/in/x
  stop
  told 'CREATE d/a.o' 'CREATE d/x' 'CREATE d/back/no'
}

@test "a pattern that matches brings back what ignore files leave out, directories too" {
  mkdir -p d/out/in d/gone
  printf '%s\n' '*.o' out gone >rules
  start -r -e create --ignore-file rules -g 'out' -g '*.o' -g in -g '!x.o' d
  watches_are 3
  touch d/a.o d/x.o d/out/in/b.o d/out/c d/gone/a.o
  stop
  told 'CREATE d/a.o' 'CREATE d/out/in/b.o'
}

@test "patterns come before .gitignore, and that before --ignore-file" {
  mkdir d
  printf '%s\n' '*.o' '!*.log' >d/.gitignore
  printf '%s\n' '!*.o' '*.log' '*.z' >rules
  start -r -e create --ignore-file rules --gitignore -g '!b.log' d
  touch d/a.o d/a.log d/b.log d/a.z d/x
  stop
  told 'CREATE d/a.log' 'CREATE d/x'
}

@test "a file of ignore rules that is not there, or none, is an error" {
  mkdir d
  run "$INOTAP" --ignore-file nothing d
  is status "$status" 1
  is message "$output" 'inotap: nothing: No such file or directory'
  run "$INOTAP" --ignore-file d d
  is status "$status" 1
  is message "$output" 'inotap: d: Is a directory'
}

# ---- what is never left out ----

@test "a PATH is watched whatever leaves it out, and what happens to it is known by its last name" {
  mkdir -p d/out d/other
  start -r -e create,attrib -g '!out' d d/out
  watches_are 3
  touch d/out/x d/other/x
  chmod 700 d/out
  stop
  told 'CREATE d/out/x' 'ATTRIB d/out/x' 'CREATE d/other/x' 'ATTRIB d/other/x'
}

@test "what happens to a PATH itself: patterns and types" {
  mkdir -p a/dir
  : >a/file.c
  start -e attrib -g '*.c' a/dir a/file.c
  chmod 700 a/dir
  chmod 600 a/file.c
  stop
  told 'ATTRIB a/file.c'
  start -e attrib --type d a/dir/ a/file.c
  chmod 701 a/dir
  chmod 601 a/file.c
  stop
  told 'ATTRIB,ISDIR a/dir/'
}

@test "READY, GONE, BACK and IGNORED are told whatever is left out" {
  mkdir d
  TAP_STDOUT=out
  start -r -F --ready -e create -g '*.c' d
  mv d e
  until_true grep -q GONE out
  mkdir d
  until_true grep -q BACK out
  touch d/x.o d/x.c
  rm -r d
  kill -TERM "$TAP_PID"
  reap
  is labels "$(cut -f 2 out | grep -E '^(READY|GONE|BACK)$' | uniq | tr '\n' ' ')" 'READY GONE BACK GONE '
  is "records of files" "$(cut -f 2,4 out | grep -F d/x)" $'CREATE\td/x.c'
  start -e create -g '*.c' e
  rmdir e
  TAP_STDOUT=
  reap
  is "of a PATH that is gone" "$(cut -f 2,4 out)" $'IGNORED\te'
}

@test "UNMOUNT is told whatever is left out, of a PATH and of what is mounted below one, but not where it is left out" {
  need_root "to mount"
  mkdir -p d/m d/out p
  TAP_STDOUT=$PWD/out
  start_as unshare --mount bash -c 'set -e
    for i in d/m d/out p; do mount -t tmpfs none "$i"; done
    exec "$@"' - "$INOTAP" -- -r -e create --fields=events,path -g '*.c' -g '!out' d p
  in_its_world() { nsenter --target "$TAP_PID" --mount --wd -- "$@"; }
  in_its_world touch d/m/a.c d/m/a.o d/out/a.c p/a.c
  in_its_world umount d/out
  in_its_world umount d/m
  until_true grep -q 'UNMOUNT.*d/m$' out
  in_its_world umount p
  until_true grep -q 'UNMOUNT.*p$' out
  in_its_world touch d/end.c
  kill -TERM "$TAP_PID"
  reap
  is records "$(grep -v ^IGNORED out | tr '\t' ' ')" "$(printf '%s\n' 'CREATE d/m/a.c' 'CREATE p/a.c' 'UNMOUNT,ISDIR d/m' \
    'UNMOUNT,ISDIR p' 'CREATE d/end.c')"
  # Not only with patterns: with types, too.
  start_as unshare --mount bash -c 'mount -t tmpfs none p; exec "$@"' - "$INOTAP" -- -e create --fields=events,path --type f p
  in_its_world umount p
  reap
  is status "$status" 4
  is records "$(head -n 1 out | tr '\t' ' ')" 'UNMOUNT,ISDIR p'
}

@test "a PATH that comes back has in it only what is kept" {
  mkdir d
  TAP_STDOUT=out
  start -r -F -e create -g '!out' -g '!*.o' d
  mv d e
  until_true grep -q GONE out
  mkdir -p new/out/in new/keep
  touch new/a.o new/a.c new/out/x new/keep/b.o new/keep/b.c
  mv new d
  until_true grep -q BACK out
  touch d/sentinel
  until_true grep -q sentinel out
  watches_are 2
  kill -TERM "$TAP_PID"
  reap
  is "the records" "$(cut -f 2,4 out | grep CREATE | sort | tr '\t' ' ')" \
    "$(printf '%s\n' 'CREATE d/a.c' 'CREATE d/keep/b.c' 'CREATE d/sentinel' 'CREATE,ISDIR d/keep')"
}

@test "after lost events Q_OVERFLOW and RESYNCED are told, and nothing of what is left out" {
  mkdir -p d/fill d/out d/keep
  keep_queue_limit
  TAP_STDOUT=out
  start -r --resync -e create,delete,modify,attrib -g '!out' -g '!*.o' -g '!x' d
  kill -STOP "$TAP_PID"
  until_true grep -q '^State:.T' "/proc/$TAP_PID/status"
  overfill d/fill/x
  mkdir -p d/keep/out/in d/new/out
  touch d/a.o d/a.c d/out/x.c d/keep/out/in/x.c d/keep/b.o d/keep/b.c d/new/c.c d/new/c.o d/new/out/x.c
  kill -CONT "$TAP_PID"
  until_true grep -q RESYNCED out
  watches_are 4
  kill -TERM "$TAP_PID"
  reap
  is "the records" "$(cut -f 2,4 out | sort | tr '\t' ' ')" "$(printf '%s\n' 'CREATE d/a.c' 'CREATE d/keep/b.c' \
    'CREATE d/new/c.c' 'CREATE,ISDIR d/new' 'Q_OVERFLOW ' 'RESYNCED ')"
}

@test "what cannot be watched is told with --partial whatever is left out, but not where it is left out" {
  as_nobody
  mkdir -p d/closed d/out/closed
  chmod 0 d/closed d/out/closed
  start_as "${nobody[@]}" "$INOTAP" -- -r -j --partial -e create -g '!out' -g '*.c' d
  stop
  is records "$(json -r '[.events[0], .path] | join(" ")')" 'ERROR d/closed'
}

# ---- every form of output, and counting ----

@test "all forms of output filter alike" {
  mkdir d
  local form
  for form in '' -0 -j -c '--format=%p\n'; do
    rm -f d/*
    start ${form:+"$form"} -e create -g '*.c' d
    touch d/a.o d/a.c d/b.o d/b.c
    kill -TERM "$TAP_PID"
    finish_raw
    is "names left out, with '$form'" "$(tr '\0' '\n' <"$ctl/raw" | grep -c '\.o')" 0
    is "names, with '$form'" "$(tr '\0' '\n' <"$ctl/raw" | grep -o '[ab]\.c' | sort -u | tr '\n' ' ')" 'a.c b.c '
  done
}

@test "-n counts what is printed" {
  mkdir d
  start -n 2 -e create -g '*.c' d
  touch d/a.o d/b.o d/c.o d/a.c d/d.o d/b.c d/c.c
  finish
  is status "$status" 0
  told 'CREATE d/a.c' 'CREATE d/b.c'
}

@test "--idle waits for what is printed, not for what is left out" {
  mkdir d
  start --idle 0.3 -e create -g '*.c' d
  # Events that do not count keep coming.
  (while :; do : >d/x && rm d/x; done) 3>&- &
  others+=($!)
  finish
  is status "$status" 0
  is records "${#lines[@]}" 0
}

# ---- renames ----

@test "a directory renamed to a name that is left out is let go, and taken in again on its way back" {
  mkdir -p d/a/b
  : >d/a/b/f
  start -r -e create,move -g '!out' d
  watches_are 3
  mv d/a d/out
  until_true watches_are 1
  : >d/out/b/unseen
  mv d/out d/a
  until_true watches_are 3
  : >d/a/b/seen
  stop
  # Files are told in the order in which they are found.
  [ "${lines[3]}" \< "${lines[4]}" ] || lines=("${lines[@]:0:3}" "${lines[4]}" "${lines[3]}" "${lines[@]:5}")
  told 'MOVED_FROM,ISDIR d/a' 'MOVED_TO,ISDIR d/a' 'CREATE,ISDIR d/a/b' 'CREATE d/a/b/f' 'CREATE d/a/b/unseen' 'CREATE d/a/b/seen'
}

@test "with --rename only the half of the kept name is told, of files and directories" {
  mkdir d d/a
  : >d/f
  start -r -j --rename -e move -g '!out*' d
  mv d/f d/out.f
  mv d/out.f d/g
  mv d/a d/out
  mv d/out d/b
  mv d/b d/c
  mv d/g d/h
  stop
  is records "$(json -r '[(.events | join(",")), .path, .from // empty] | join(" ")')" "$(printf '%s\n' 'MOVED_FROM d/f' \
    'MOVED_TO d/g' 'MOVED_FROM,ISDIR d/a' 'MOVED_TO,ISDIR d/b' 'RENAME,ISDIR d/c d/b' 'RENAME d/h d/g')"
}

@test "a pattern with a slash changes its verdict when a directory above is renamed" {
  mkdir -p d/a/b/c d/e/b/c
  start -r -e create,move -g '!/a/b' d
  watches_are 5
  mv d/a d/x
  until_true watches_are 7
  : >d/x/b/c/now
  mv d/e d/a
  until_true watches_are 5
  : >d/a/b/c/not
  : >d/a/yes
  stop
  told 'MOVED_FROM,ISDIR d/a' 'MOVED_TO,ISDIR d/x' 'CREATE,ISDIR d/x/b' 'CREATE,ISDIR d/x/b/c' 'CREATE d/x/b/c/now' \
    'MOVED_FROM,ISDIR d/e' 'MOVED_TO,ISDIR d/a' 'CREATE d/a/yes'
}

# ---- pruning ----

# many_directories WHERE: 50,000.
many_directories() {
  /usr/bin/python3 -c '
import os, sys
for i in range(200):
    os.makedirs(f"{sys.argv[1]}/{i}")
    for j in range(249):
        os.mkdir(f"{sys.argv[1]}/{i}/{j}")' "$1"
}

@test "50,000 directories that are left out cost no watch and no system call" {
  local with without top=$BATS_TEST_TMPDIR/work
  [ ! -w /dev/shm ] || top=$(mktemp -d /dev/shm/inotap-filter.XXXXXX)
  many_top=$top # removed by local_teardown
  mkdir -p "$top/d/src/deep"
  start_as strace -f -o "$ctl/calls" "$INOTAP" -- -r -n 1 -e create -g '!node_modules' "$top/d"
  : >"$top/d/src/deep/x"
  finish
  rm "$top/d/src/deep/x"
  without=$(grep -n 'READY=1' "$ctl/calls" | cut -d : -f 1)
  many_directories "$top/d/node_modules"
  start_as strace -f -o "$ctl/calls" "$INOTAP" -- -r -n 1 -e create -g '!node_modules' "$top/d"
  : >"$top/d/src/deep/x"
  finish
  rm "$top/d/src/deep/x"
  with=$(grep -n 'READY=1' "$ctl/calls" | cut -d : -f 1)
  is "system calls" "$with" "$without"
  [ "$without" -gt 20 ]
  start -r -e create -g '!node_modules' "$top/d"
  is watches "$(watches)" 3
  : >"$top/d/src/deep/x"
  stop
  is records "${#lines[@]}" 1
}

local_teardown() {
  [ -z "${many_top:-}" ] || rm -rf "$many_top"
}

# ---- patterns that are none, and those that take too long ----

@test "what is no pattern is said, with its place, and the status is 2" {
  local -a all=(
    '--glob=[' "--glob: '[' is no glob: '[' without ']', at byte 1"
    "--iglob=a\\" "--iglob: 'a\\' is no glob: a backslash at the end, at byte 2"
    '--glob=' "--glob: '' is no glob: empty, at byte 1"
    '--regex=(' "--regex: '(' is no regex: missing closing parenthesis, at byte N"
    '--iregex=!(' "--iregex: '!(' is no regex: missing closing parenthesis, at byte N"
    '--type=x' "--type: 'x' is not f (files) or d (directories)"
  )
  local i said
  mkdir d
  for ((i = 0; i < ${#all[@]}; i += 2)); do
    run timeout "$patience_s" "$INOTAP" "${all[i]}" d
    is "status of ${all[i]}" "$status" 2
    said=${lines[0]}
    # Which byte is told differs from version to version of PCRE2.
    [[ $said != *'is no regex'* ]] || said=${said%[0-9]}N
    is "what is said of ${all[i]}" "$said" "inotap: ${all[i + 1]}"
  done
}

@test "a regex that searches without end for some names is warned of once, loses none, and all goes on" {
  mkdir d
  local name
  name=$(printf 'a%.0s' {1..60})
  : >"d/there$name"
  start -r -e create --regex '^(a+a+)+[bc]$' -g '*.c' d
  : >"d/${name}1"
  : >"d/${name}2"
  : >d/x.c
  : >d/x.h
  stop
  told "CREATE d/${name}1" "CREATE d/${name}2" 'CREATE d/x.c'
  stderr_is "inotap: --regex=^(a+a+)+[bc]\$: this takes too long for some names, which it keeps"
  start -r -e create -g '*[123]' -g '!*2' --regex '!^(a+a+)+[bc]$' d
  touch "d/${name}2" "d/${name}3" d/1
  stop
  told "CREATE d/${name}3" 'CREATE d/1'
  stderr_is "inotap: --regex=!^(a+a+)+[bc]\$: this takes too long for some names, which it does not leave out"
}

@test "a long path that matches is reported, also where PCRE2 makes no machine code" {
  local part regex
  part=$(printf 'p%.0s' {1..250})
  mkdir -p "d/$part/$part/$part/$part/$part/$part"
  for regex in '(*NO_JIT)^(\w+/)+x\w+z$' '^(\w+/)+x\w+z$' '(*NO_JIT)^(?:[^/]|/(?!\.))*z$' '(*NO_JIT)(\w|/)*z$'; do
    start -r -e create --regex "$regex" d
    : >"d/$part/$part/$part/$part/$part/$part/xayaz"
    : >"d/$part/$part/$part/$part/$part/$part/other"
    stop
    told "CREATE d/$part/$part/$part/$part/$part/$part/xayaz"
    stderr_is ""
    rm "d/$part/$part/$part/$part/$part/$part"/*
  done
}
