#!/usr/bin/env bats
# Names are not bounded by 255 bytes: NTFS, exFAT, VFAT and ZFS count characters, and 255 characters of Chinese have 765
# bytes in UTF-8. The tests mount NTFS.

load helper

local_setup() {
  need_root "to mount"
  [ -c /dev/fuse ] || cannot "needs /dev/fuse, for a file system with such names"
  long=$(printf '\346\274\242%.0s' {1..255})
  truncate -s 16M "$ctl/image"
  mkfs.ntfs -q -F "$ctl/image" >/dev/null 2>&1
  mkdir m
  TAP_STDOUT=$ctl/records
}

# watch_ntfs ARG...: inotap, with NTFS at m, which has a directory d.
watch_ntfs() {
  start_among "fuse m ntfs-3g -o no_detach '$ctl/image' m; mkdir m/d" --fields=events,path "$@"
}

told() {
  grep -qxF "$1" "$ctl/records"
}

end() {
  kill -TERM "$TAP_PID"
  reap
  is status "$status" 143
}

@test "the smallest buffer reads any event, whatever comes before and behind it" {
  watch_ntfs -e create --buffer=272 m/d
  in_its_world touch m/d/{1,2,3} "m/d/$long" m/d/{4..20}
  end
  is records "$(cat "$ctl/records")" "$(printf 'CREATE\tm/d/%s\n' 1 2 3 "$long" {4..20})"
}

@test "-r watches directories with such names, also below one another, and follows their renames" {
  watch_ntfs -r -e create,move --buffer=272 m/d
  in_its_world mkdir "m/d/$long"
  in_its_world mkdir "m/d/$long/$long"
  until_true told "CREATE,ISDIR"$'\t'"m/d/$long/$long"
  in_its_world touch "m/d/$long/$long/$long"
  in_its_world mv "m/d/$long" m/d/short
  in_its_world touch "m/d/short/$long/last"
  until_true told "CREATE"$'\t'"m/d/short/$long/last"
  end
  told "CREATE"$'\t'"m/d/$long/$long/$long"
}

@test "--resync finds files with such names" {
  keep_queue_limit
  watch_ntfs -r -e create,delete --resync m/d
  kill -STOP "$TAP_PID"
  in_its_world /usr/bin/python3 -c '
import os, sys
for i in range(int(sys.argv[1]) // 2 + 2):
    os.chmod("m/d", 0o700), os.mknod("m/d/x"), os.unlink("m/d/x")
os.mknod(sys.argv[2])' "$queue_limit" "m/d/$long"
  kill -CONT "$TAP_PID"
  until_true told RESYNCED$'\t'
  end
  told "CREATE"$'\t'"m/d/$long"
}

@test "-F follows such names, on the way and at the end" {
  watch_ntfs -F -e create "m/d/$long/f" "m/d/q$(printf '\346\274\242%.0s' {1..250})"
  in_its_world mkdir "m/d/$long"
  in_its_world touch "m/d/$long/f" "m/d/q$(printf '\346\274\242%.0s' {1..250})"
  until_true told BACK$'\t'"m/d/$long/f"
  until_true told BACK$'\t'"m/d/q$(printf '\346\274\242%.0s' {1..250})"
  end
}

@test "inotap's own output is known by such a name" {
  watch_ntfs -o "m/d/$long" m/d
  in_its_world touch m/d/x
  until_true in_its_world grep -q m/d/x "m/d/$long"
  in_its_world mv m/d/x m/d/y
  until_true in_its_world grep -q m/d/y "m/d/$long"
  in_its_world cat "m/d/$long" >"$ctl/said"
  end
  is "records of other files" "$(cut -f 2 "$ctl/said" | grep -vxc -e m/d/x -e m/d/y)" 0
}
