#!/usr/bin/env bats
# CSV, as of RFC 4180.

load helper

@test "the columns are seq, time, wd, mask, events, cookie, path, name, and lines end in CR LF" {
  start -c -e create .
  : >a
  stop
  [[ "${lines[0]}" =~ ^1,[^,]+,1,256,CREATE,0,\./a,a$'\r'$ ]]
}

@test "any name comes out of a CSV reader as it went in" {
  start -c --fields=events,name,path -e create .
  : >'a,b'
  : >'say "hi"'
  : >$'two\r\nlines'
  : >$'\xff"\xfe'
  mkdir plain
  kill -TERM "$TAP_PID"
  finish_raw
  run /usr/bin/python3 - "$ctl/raw" <<'PY'
import csv, sys
rows = list(csv.reader(open(sys.argv[1], newline="", encoding="utf-8", errors="surrogateescape"), strict=True))
for events, name, path in rows:
    assert path == "./" + name
    print(events, name.encode("utf-8", "surrogateescape"))
PY
  is status "$status" 0
  lines_are "CREATE b'a,b'" "CREATE b'say \"hi\"'" "CREATE b'two\\r\\nlines'" "CREATE b'\\xff\"\\xfe'" "CREATE,ISDIR b'plain'"
}

@test "--time=none leaves the column out, and -0 ends records with NUL" {
  start -c -0 --time=none -e create .
  : >a
  kill -TERM "$TAP_PID"
  finish_raw
  printf '1,1,256,CREATE,0,./a,a\0' | cmp - "$ctl/raw"
}
