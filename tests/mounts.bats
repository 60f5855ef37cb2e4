#!/usr/bin/env bats
# What is mounted at a PATH, on the way to it, or below it: at the start and while inotap runs. Each test has a mount
# namespace of its own, which ends with inotap, and with it the mounts.

load helper

local_setup() {
  need_root "to mount"
  TAP_STDOUT=$ctl/records
}

# watch MOUNTING ARG...: see start_among.
watch() {
  local mounting=$1
  shift
  start_among "$mounting" --fields=events,path "$@"
}

told() {
  grep -qxF "$1" "$ctl/records"
}

said() {
  grep -qF "$1" "$ctl/err"
}

end() {
  kill -TERM "$TAP_PID"
  reap
  is status "$status" 143
}

need_fuse() {
  [ -c /dev/fuse ] || cannot "needs /dev/fuse, for a file system of that kind"
}

@test "file systems of the kernel below PATH are left out, and one line says which" {
  mkdir -p d/{proc,sys,pts,tmp}
  watch 'mount -t proc none d/proc; mount -t sysfs none d/sys; mount -t devpts none d/pts; mount -t tmpfs none d/tmp' \
    -r -e create d
  is "what is said" "$(sort "$ctl/err" | sed 's/: d.*//')" "inotap: file systems of the kernel are left out"
  said "d/proc (proc)"
  said "d/sys (sysfs)"
  said "d/pts (devpts)"
  is watches "$(cat /proc/"$TAP_PID"/fdinfo/* | grep -c '^inotify wd:')" 3 # d, d/tmp, and what d is in
  in_its_world touch d/tmp/f
  end
  is records "$(cat "$ctl/records")" $'CREATE\td/tmp/f'
}

@test "one that is mounted later is left out as well, and said once" {
  mkdir -p d/proc d/e
  watch true -r -e create d
  in_its_world mount -t proc none d/proc
  until_true said "inotap: d/proc: left out: a file system of the kernel (proc)"
  in_its_world umount d/proc
  in_its_world mount -t proc none d/proc
  touch d/e/f
  until_true told $'CREATE\td/e/f'
  end
  is "what is said" "$(cat "$ctl/err")" "inotap: d/proc: left out: a file system of the kernel (proc)"
}

@test "as PATH itself such a file system is watched, with a warning" {
  local path
  for path in /proc/self/mounts /sys/class/net /proc/sys/kernel; do
    run --separate-stderr "$INOTAP" -t 0 "$path"
    is status "$status" 3
    has "$stderr" "inotap: $path: on "
    has "$stderr" ": the kernel does not report everything that happens there"
  done
  run --separate-stderr "$INOTAP" -t 0 -r /proc/sys/kernel
  is status "$status" 3
  is "lines" "$(wc -l <<<"$stderr")" 1
}

@test "a file system of user space below PATH is watched, and warned of, also if it is mounted later" {
  need_fuse
  mkdir -p d/{one,two} lower
  local who="changes made on other machines are not seen"
  watch 'fuse d/one bindfs -f lower d/one' -r -e create d
  is "at the start" "$(cat "$ctl/err")" "inotap: d/one: on FUSE: $who"
  in_its_world setpriv --pdeathsig KILL bindfs -f lower d/two 3>&- &
  others+=($!)
  until_true said "inotap: d/two: on FUSE: $who"
  in_its_world touch d/two/f
  until_true told $'CREATE\td/two/f'
  end
  is "lines" "$(wc -l <"$ctl/err")" 2
}

# refuse CALLS...: these system calls fail with EPERM, as filters in containers do; ENOSYS where that is in front.
refuse() {
  local call
  printf 'strace -D -qq -f -o /dev/null -e signal=none -e trace=%s' "$(IFS=, && echo "$*")"
  for call in "$@"; do printf ' -e inject=%s:error=%s' "$call" "${error:-EPERM}"; done
}

@test "--one-file-system does not cross mounts where statx is refused, nor where more is" {
  local error calls
  mkdir -p d/{m,bound,e} elsewhere
  for error in EPERM ENOSYS; do
    for calls in statx "statx name_to_handle_at"; do
      # shellcheck disable=SC2086,SC2046 # words
      start_as unshare --mount bash -c 'mount -t tmpfs none d/m; mount --bind elsewhere d/bound; exec "$@"' - \
        $(refuse $calls) "$INOTAP" -- --fields=path -r --one-file-system -e create d
      in_its_world touch d/m/f d/bound/f d/e/f
      end
      is "records without $calls, $error" "$(cat "$ctl/records")" d/e/f
      rm -f d/e/f
    done
  done
}
