#!/usr/bin/env bats
# What may be watched, and how it is named.

load helper

@test "a path is PATH as given, joined by one slash with the name" {
  mkdir -p d/e
  : >d/f
  start -e create,attrib --fields=path d d/e/ "$PWD/d//" d/f ./d//f
  : >d/x
  : >d/e/y
  chmod 600 d/f
  chmod 700 d
  stop
  lines_are d/x d/e/y d/f d
}

@test "the root directory's entries have one slash" {
  need_root "to make an entry of /"
  start -e create --fields=path /
  local name
  name=$(mktemp -d /inotap-test-XXXXXX)
  rmdir "$name"
  stop
  is "lines with the name" "$(printf '%s\n' "${lines[@]}" | grep -cx "$name")" 1
}

@test "a PATH may begin with a dash after --" {
  mkdir -- -d
  start -e create --fields=path -- -d
  : >-d/x
  stop
  lines_are -d/x
}

@test "a symbolic link is followed, and with -P watched itself" {
  mkdir d
  ln -s d l
  start -e create,attrib --fields=wd,events,path l
  : >d/x
  touch -h l
  chmod 600 d/x
  stop
  lines_are $'1\tCREATE\tl/x' $'1\tATTRIB\tl/x'
  start -P -e create,attrib --fields=events,path l
  : >d/y
  touch -h l
  stop
  lines_are $'ATTRIB\tl'
}

@test "a file is reported under each PATH that names it, a directory under the first" {
  : >f
  ln f g
  ln -s f l
  mkdir d
  ln -s d m
  start -e create,modify --fields=wd,events,path g d l m f
  echo x >>f
  : >d/x
  stop
  lines_are $'1\tMODIFY\tg' $'1\tMODIFY\tl' $'1\tMODIFY\tf' $'2\tCREATE\td/x'
}

@test "a PATH given twice with the same spelling is one" {
  : >f
  start -e modify --fields=path f f ./f f
  echo x >>f
  stop
  lines_are f ./f
}

@test "--paths-from and --paths0-from add PATHs, from files and from standard input" {
  mkdir a b c 'new
line' e
  printf 'b\nc' >list
  printf 'new\nline\0e\0' >list0
  start -e create --fields=path --paths-from=list --paths0-from=list0 a
  touch a/1 b/2 c/3 'new
line/4' e/5
  stop
  lines_are a/1 b/2 c/3 'new\nline/4' e/5
  # shellcheck disable=SC2016 # for the inner shell
  start_as bash -c 'exec "$INOTAP" "$@" < <(printf "a\nb\n")' - -- -e delete --fields=path --paths-from=-
  rm a/1 b/2
  stop
  lines_are a/1 b/2
}

@test "a bad line of a list is named by file and number, before anything is watched" {
  printf '.\n\n.\n' >empty
  run --separate-stderr "$INOTAP" --paths-from=empty
  is status "$status" 1
  has "$stderr" "inotap: empty:2: "
  printf '.\n.\na\0b\n' >nul
  run --separate-stderr "$INOTAP" --paths-from=nul
  is status "$status" 1
  has "$stderr" "inotap: nul:3: "
  printf '.\0\0' >nul0
  run --separate-stderr "$INOTAP" --paths0-from=nul0
  is status "$status" 1
  has "$stderr" "inotap: nul0:2: "
  printf '.\nnosuch\n' >gone
  run --separate-stderr "$INOTAP" --paths-from=gone --ready
  is status "$status" 1
  is message "$stderr" "inotap: gone:2: nosuch: No such file or directory"
  is "standard output" "$output" ""
}

@test "a list that cannot be read, or has nothing, is an error" {
  run --separate-stderr "$INOTAP" --paths-from=nosuch .
  is status "$status" 1
  has "$stderr" "inotap: nosuch: No such file"
  run --separate-stderr "$INOTAP" --paths-from=. .
  is status "$status" 1
  has "$stderr" "inotap: .: Is a directory"
  : >nothing
  run --separate-stderr "$INOTAP" --paths-from=nothing
  is status "$status" 2
  has "$stderr" "no PATH"
}

@test "a PATH that is not there is an error that names it, before anything is watched" {
  run --separate-stderr "$INOTAP" --ready . nosuch also/not
  is status "$status" 1
  is "standard output" "$output" ""
  is message "$stderr" "inotap: nosuch: No such file or directory
inotap: also/not: No such file or directory"
}

@test "with --partial it is a warning, and the rest is watched" {
  start --partial -e create --fields=path nosuch .
  : >x
  stop
  lines_are ./x
  stderr_is "inotap: nosuch: No such file or directory"
  run --separate-stderr "$INOTAP" --partial nosuch
  is status "$status" 1
  has "$stderr" "no PATH can be watched"
}

@test "a PATH that cannot be read is an error, and with --partial a warning" {
  as_nobody
  install -d -m 755 open
  install -d -m 711 closed
  run --separate-stderr "${nobody[@]}" "$INOTAP" --ready open closed
  is status "$status" 1
  is message "$stderr" "inotap: closed: Permission denied"
  is "standard output" "$output" ""
  start_as "${nobody[@]}" "$INOTAP" -- --partial -e create --fields=path open closed
  : >open/x
  stop
  lines_are open/x
  stderr_is "inotap: closed: Permission denied"
}

@test "flags of a watch reach the kernel" {
  : >f
  run --separate-stderr "$INOTAP" -e onlydir,modify f
  is status "$status" 1
  is message "$stderr" "inotap: f: Not a directory"
  ln f g
  run --separate-stderr "$INOTAP" -e mask_create,modify f g
  is status "$status" 1
  has "$stderr" "inotap: g: it is watched already"
  start -e dont_follow,attrib --fields=path "$(ln -s f l && echo l)"
  chmod 600 f
  touch -h l
  stop
  lines_are l
}

@test "events that a watch already has are not lost when another PATH adds to it" {
  # Every watch is added with IN_MASK_ADD: kernels drop events while a mask is replaced.
  : >f
  ln f g
  run strace -e trace=inotify_add_watch -o "$ctl/trace" "$INOTAP" -t 0 f g .
  is status "$status" 3
  is "calls without IN_MASK_ADD" "$(grep inotify_add_watch "$ctl/trace" | grep -vc IN_MASK_ADD)" 0
  [ "$(grep -c inotify_add_watch "$ctl/trace")" -ge 3 ]
}

# among_user_space_mounts ARG...: inotap with these arguments, where two FUSE file systems and a tmpfs are mounted at
# one, two and t. The mounts and who serves them are in namespaces of their own, and end with them.
among_user_space_mounts() {
  mkdir -p lower one two t
  run --separate-stderr unshare --mount --pid --fork --kill-child --mount-proc bash -c 'set -e
    bindfs lower one
    bindfs lower two
    mount -t tmpfs none t
    mkdir t/e
    mkdir -p one/d/e
    : >one/d/f
    "$@"' - "$INOTAP" -t 0 "$@"
  is status "$status" 3
  is "standard output" "$output" ""
}

@test "a PATH where changes may be made unseen is warned of: once, with the number of further ones" {
  need_root "to mount"
  [ -c /dev/fuse ] || cannot "needs /dev/fuse, for a file system of that kind"
  local what="on FUSE" who="changes made on other machines are not seen"
  among_user_space_mounts one
  is "with one such PATH" "$stderr" "inotap: one: $what: $who"
  among_user_space_mounts -r t one/d .
  is "with one such PATH, recursively" "$stderr" "inotap: one/d: $what, and 2 more mounts below: $who"
  among_user_space_mounts lower two t one/d/f
  is "with two such PATHs" "$stderr" "inotap: two: $what, and 1 more PATH: $who"
  among_user_space_mounts -r t one/d/e one/d/f two t/e two/d
  is "with four such PATHs" "$stderr" "inotap: one/d/e: $what, and 3 more PATHs: $who"
  among_user_space_mounts -q one two
  is "with -q" "$stderr" ""
  among_user_space_mounts -r t t/e lower
  is "with no such PATH" "$stderr" ""
}
