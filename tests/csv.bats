#!/usr/bin/env bats
# CSV, as of RFC 4180.

load helper

@test "the columns are seq, time, wd, mask, events, cookie, path, name, and lines end in CR LF" {
  start -c -e create .
  : >a
  stop
  is "the header" "${lines[0]}" $'seq,time,wd,mask,events,cookie,path,name\r'
  [[ "${lines[1]}" =~ ^1,[^,]+,1,256,CREATE,0,\./a,a$'\r'$ ]]
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
assert rows.pop(0) == ["events", "name", "path"]
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
  printf 'seq,wd,mask,events,cookie,path,name\0001,1,256,CREATE,0,./a,a\0' | cmp - "$ctl/raw"
}

@test "the header has a column for each value, whatever there is; --no-header leaves it out" {
  start -c --rename --settle=10ms --host=h -e create,move .
  : >a
  stop
  is "the header" "${lines[0]}" $'seq,time,wd,mask,events,cookie,path,name,from,count,host\r'
  is values "$(tr -dc , <<<"${lines[1]}" | wc -c)" 10
  start -c --no-header --fields=name -e create .
  : >b
  stop
  lines_are $'b\r'
}

@test "there is one header in a file, also when it is appended to, and one in each new file" {
  mkdir d
  start -c -o log --fields=name -e create d
  : >d/a
  mv log log.1
  kill -HUP "$TAP_PID"
  until_true test -e log
  until_asleep
  : >d/b
  stop
  is "the first file" "$(cat log.1)" $'name\r\na\r'
  is "the second file" "$(cat log)" $'name\r\nb\r'
  start -c -o log --fields=name -e create d
  : >d/c
  stop
  is "the second file" "$(cat log)" $'name\r\nb\r\nc\r'
}
