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

# at_end: inotap ends by itself, as nothing is left to watch.
at_end() {
  reap
  is status "$status" 4
}

@test "without -F a PATH that is mounted over is at its end, without -r, too" {
  mkdir -p usb way/in
  : >conf
  : >other
  watch true -e create usb
  in_its_world mount -t tmpfs none usb
  at_end
  is "a directory" "$(cat "$ctl/records")" $'IGNORED\tusb'
  watch true -e modify conf
  in_its_world mount --bind other conf
  at_end
  is "a file" "$(cat "$ctl/records")" $'IGNORED\tconf'
  watch true -e create way/in
  in_its_world mount -t tmpfs none way
  at_end
  is "a directory on the way" "$(cat "$ctl/records")" $'IGNORED\tway/in'
  watch 'mount --bind way usb' -e create usb/in
  in_its_world umount -l usb
  at_end
  is "what is unmounted" "$(cat "$ctl/records")" $'IGNORED\tusb/in'
}

@test "of several PATHs the others go on" {
  mkdir a b
  watch true -e create a b
  in_its_world mount -t tmpfs none a
  until_true told $'IGNORED\ta'
  : >b/f
  end
  is records "$(cat "$ctl/records")" $'IGNORED\ta\nCREATE\tb/f'
}

@test "-F follows a PATH that is mounted over, and back when that is unmounted" {
  mkdir usb
  : >conf
  : >other
  ln -s usb link
  watch true -F -e create,modify usb conf link/f
  in_its_world mount -t tmpfs none usb
  until_true told $'BACK\tusb'
  in_its_world touch usb/photo usb/f
  until_true told $'CREATE\tusb/photo'
  until_true told $'BACK\tlink/f'
  in_its_world mount --bind other conf
  until_true told $'BACK\tconf'
  echo x >other
  until_true told $'MODIFY\tconf'
  in_its_world umount usb
  in_its_world umount conf
  until_true told $'GONE\tlink/f'
  both_back() { [ "$(grep -cxF $'BACK\tusb' "$ctl/records")" -eq 2 ] && [ "$(grep -cxF $'BACK\tconf' "$ctl/records")" -eq 2 ]; }
  until_true both_back
  touch usb/below
  echo x >conf
  end
  told $'CREATE\tusb/below'
  is "GONE" "$(grep GONE "$ctl/records" | sort | uniq -c | tr -s ' ')" $' 2 GONE\tconf\n 1 GONE\tlink/f\n 2 GONE\tusb'
}

@test "-F waits for a PATH on a file system that is not mounted yet, and follows directories on the way" {
  mkdir -p m full/in way/in
  : >full/in/f
  : >way/in/f
  watch true -F -e modify m/in/f way/in/f
  in_its_world mount --bind full m
  until_true told $'BACK\tm/in/f'
  echo x >full/in/f
  until_true told $'MODIFY\tm/in/f'
  in_its_world mount -t tmpfs none way
  until_true told $'GONE\tway/in/f'
  in_its_world umount m
  until_true told $'GONE\tm/in/f'
  in_its_world umount way
  until_true told $'BACK\tway/in/f'
  end
}

@test "inotap does not keep busy what it has looked at: umount succeeds, without another event" {
  local options
  mkdir -p d/m full/{a,b}/{c,e}/{f,g}
  for options in "" "--resync" "--gitignore" "-F" "--max-depth=3"; do
    # Mounted at the start ...
    # shellcheck disable=SC2086 # words
    watch 'mount --bind full d/m' -r $options -e create d
    until_true in_its_world umount d/m
    # Mounted again before inotap has looked, the same file system would be no change.
    until_true told $'CREATE,ISDIR\td/m'
    # ... and later.
    in_its_world mount --bind full d/m
    until_true told $'CREATE,ISDIR\td/m/a'
    until_true in_its_world umount d/m
    end
  done
}

@test "nor after events were lost" {
  local options
  keep_queue_limit
  mkdir -p d/m d/fill full/{a,b}/{c,e}/{f,g}
  for options in "" --resync; do
    # shellcheck disable=SC2086 # words
    watch 'mount --bind full d/m' -r $options -e create d
    kill -STOP "$TAP_PID"
    overfill d/fill/x
    kill -CONT "$TAP_PID"
    until_true told RESYNCED$'\t'
    until_true in_its_world umount d/m
    end
  done
}

@test "what is mounted over a directory that is not watched is told as another directory" {
  mkdir -p d/deep/m d/proc
  watch true -r --max-depth=2 -e create,delete d
  in_its_world mount -t tmpfs none d/deep/m
  until_true told $'CREATE,ISDIR\td/deep/m'
  end
  is "beyond --max-depth" "$(cat "$ctl/records")" $'DELETE,ISDIR\td/deep/m\nCREATE,ISDIR\td/deep/m'
  watch 'mount -t proc none d/proc' -r -e create,delete d
  in_its_world umount d/proc
  until_true told $'CREATE,ISDIR\td/proc'
  in_its_world touch d/proc/f
  until_true told $'CREATE\td/proc/f'
  end
  is "left out before" "$(cat "$ctl/records")" $'DELETE,ISDIR\td/proc\nCREATE,ISDIR\td/proc\nCREATE\td/proc/f'
}

@test "without /proc everything but that is done, and -v says what is not noticed" {
  mkdir -p d/m d/sys
  watch 'mount -t tmpfs none d/m; mount -t sysfs none d/sys; umount -l /proc' -v -r -e create d
  said "inotap: /proc/self/mountinfo cannot be used: what is mounted or unmounted while this runs is not noticed"
  said "d/sys (sysfs)"
  in_its_world touch d/m/f d/f
  end
  is records "$(cat "$ctl/records")" $'CREATE\td/m/f\nCREATE\td/f'
  watch 'umount -l /proc' d
  end
  is "said without -v" "$(grep '^inotap: ' "$ctl/err")" "" # a sanitizer has to say something without /proc
}
