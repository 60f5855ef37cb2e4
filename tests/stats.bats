#!/usr/bin/env bats
# --stats: counting in place of records: tables of them, when and how.

load helper

# tables: the lines that were read, without the times in them.
tables() {
  printf '%s\n' "${lines[@]}" | sed -E 's/^# .*after [0-9]+\.[0-9] s: /# /'
}

tables_are() {
  is "the output" "$(tables)" "$(printf '%s\n' "$@")"
}

# read_table: the lines up to the sum, of text, into `lines`.
read_table() {
  local line sum='^[ 0-9]+  \(.*\)$'
  lines=()
  while next_line; do
    lines+=("$line")
    [[ ! "$line" =~ $sum ]] || return 0
  done
  return 1
}

validate() {
  printf '%s\n' "${lines[@]}" | /usr/bin/python3 -c '
import json, sys, jsonschema
schema = json.load(open(sys.argv[1], encoding="utf-8"))
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
rows = [json.loads(line) for line in sys.stdin]
assert rows
for row in rows:
    validator.validate(row)' "$INOTAP_SOURCE/docs/table.schema.json"
}

some_events() {
  mkdir -p d/sub
  echo 1 >d/a
  echo 2 >>d/a
  echo 3 >d/sub/b
  mv d/a d/c
}

@test "at the end there is one table, and no record: how often each event happened to each path" {
  mkdir -p d/sub
  start -r --stats d
  some_events
  stop
  is status "$status" 143
  grep -qE '^# [0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8} after [0-9]+\.[0-9] s: 10 records$' <<<"${lines[0]}"
  tables_are '# 10 records' \
    'total  MODIFY  CLOSE_WRITE  MOVED_FROM  MOVED_TO  CREATE  path' \
    '    6       2            2           1         0       1  d/a' \
    '    3       1            1           0         0       1  d/sub/b' \
    '    1       0            0           0         1       0  d/c' \
    '   10       3            3           1         1       2  (3 paths)'
}

@test "SIGUSR1 asks for a table of what was counted so far, with what is queued, and goes on" {
  start -e create --stats --time=none .
  : >a
  kill -USR1 "$TAP_PID"
  read_table
  tables_are '# 1 record' 'total  CREATE  path' '    1       1  ./a' '    1       1  (1 path)'
  : >b
  kill -USR1 "$TAP_PID"
  read_table
  tables_are '' '# 2 records' 'total  CREATE  path' '    1       1  ./a' '    1       1  ./b' '    2       2  (2 paths)'
  stop
  tables_are '' '# 2 records' 'total  CREATE  path' '    1       1  ./a' '    1       1  ./b' '    2       2  (2 paths)'
}

@test "without --stats SIGUSR1 is what it always was" {
  start .
  kill -USR1 "$TAP_PID"
  finish
  is status "$status" $((128 + $(kill -l USR1)))
}

@test "a table every INTERVAL, also of nothing" {
  start -j -e create --stats=0.05 .
  local i
  for i in 1 2 3; do
    next_line
    is "table $i" "$(jq -c '[.table, .row, .total, .rows]' <<<"$line")" "[$i,\"sum\",0,0]"
  done
  : >a
  until_true eval 'next_line; [ "$(jq -r .row <<<"$line")" = path ]'
  is path "$(jq -c '[.path, .total]' <<<"$line")" '["./a",1]'
  stop
}

@test "between intervals it sleeps" {
  start --stats=1h .
  until_asleep
  local timeout
  timeout=$(cut -d ' ' -f 5 "/proc/$TAP_PID/syscall")
  is "the time limit of the wait" "${timeout: -8}" ffffffff
  stop
}

@test "--by=dir counts by directory, a PATH that is a file in the one it lies in" {
  mkdir -p d/sub e
  : >e/file
  start -r --stats --by=dir d// e/file
  some_events
  echo x >>e/file
  stop
  tables_are '# 12 records' \
    'total  MODIFY  CLOSE_WRITE  MOVED_FROM  MOVED_TO  CREATE  dir' \
    '    7       2            2           1         1       1  d' \
    '    3       1            1           0         0       1  d/sub' \
    '    2       1            1           0         0       0  e' \
    '   12       4            4           1         1       2  (3 directories)'
}

@test "--by=event counts events alone" {
  mkdir -p d/sub
  start -r --stats --by=event --limit=3 d
  some_events
  stop
  tables_are '# 10 records' 'total  event' '    3  MODIFY' '    3  CLOSE_WRITE' '    2  CREATE' \
    '   10  (5 events, 3 shown)'
  start -r -j --stats --by=event --sort=-total --time=none d
  rm d/c
  chmod 700 d/sub
  chmod 755 d/sub
  stop
  is rows "$(json '[.row, .event, .total]')" "$(printf '%s\n' '["event","DELETE",1]' '["event","ATTRIB",2]' '["sum",null,3]')"
  validate
}

@test "--sort by an event, or the other way round, and --limit" {
  # Without the close between them the kernel may make one MODIFY of two.
  start -j -e create,modify,close_write --stats --sort=modify --limit=2 .
  echo 1 >a
  echo 1 >>a
  echo 1 >b
  echo 1 >>b
  echo 1 >>b
  : >c
  stop
  is rows "$(json '[.path, .total, .events.MODIFY]')" "$(printf '%s\n' '["./b",7,3]' '["./a",5,2]' '[null,14,5]')"
  is sum "$(json 'select(.row == "sum") | [.rows, .shown]')" '[3,2]'
  start -j -e create,modify,close_write --stats --sort=-IN_MODIFY --limit=2 .
  echo 1 >>a
  echo 1 >>a
  echo 1 >>b
  : >d
  stop
  is rows "$(json -r '.path')" "$(printf '%s\n' ./d ./b null)"
}

@test "JSON: every row is valid, and knows its table; the sum is its last" {
  mkdir -p d/sub
  start -r -j --stats d
  some_events
  : >$'d/\xff"\n'
  kill -USR1 "$TAP_PID"
  until_true eval 'next_line; [ "$(jq -r .row <<<"$line")" = sum ]'
  stop
  validate
  is "tables and rows" "$(json -r '"\(.table) \(.row)"')" \
    "$(printf '2 %s\n' path path path path sum)"
  is "one time" "$(json -r '.time' | sort -u | wc -l)" 1
  is "sum of the rows" "$(json -s 'map(select(.row == "path") | .total) | add')" "$(json 'select(.row == "sum").total')"
  is "odd name" "$(json -r 'select(.path_b64).path_b64' | base64 -d)" $'d/\xff"'
}

@test "CSV: titles once, the same columns in every table, any name as it is" {
  start -c -e create,modify --stats .
  : >'a,b'
  kill -USR1 "$TAP_PID"
  next_line
  is titles "$line" $'table,time,row,path,total,MODIFY,CREATE,UNMOUNT,Q_OVERFLOW,IGNORED,OTHER\r'
  : >$'say "hi"\r\n\xff'
  kill -TERM "$TAP_PID"
  finish_raw
  run /usr/bin/python3 - "$ctl/raw" <<'PY'
import csv, sys
for row in csv.reader(open(sys.argv[1], newline="", encoding="utf-8", errors="surrogateescape"), strict=True):
    assert len(row) == 11, row
    print(row[0], row[2], row[3].encode("utf-8", "surrogateescape"), *row[4:7])
PY
  is status "$status" 0
  lines_are "1 path b'./a,b' 1 0 1" "1 sum b'' 1 0 1" \
    "2 path b'./a,b' 1 0 1" "2 path b'./say \"hi\"\\r\\n\\xff' 1 0 1" "2 sum b'' 2 0 2"
}

@test "no name breaks a line of text, or passes for what is none" {
  mkdir '(other: x)'
  start -e create --stats '(other: x)'
  : >$'(other: x)/a\n\t\\\xff'
  stop
  is "the row" "${lines[2]}" '    1       1  \x28other: x)/a\n\t\\\xff'
}

@test "on a terminal no name sends a control character" {
  local ready
  mkfifo "$ctl/tty-ready"
  script -qec "'$INOTAP' --ready-fd=9 -n 2 -e create --stats . 9>'$ctl/tty-ready' 2>/dev/null" /dev/null >"$ctl/tty" 3>&- </dev/null &
  others+=($!)
  read -r -t "$patience_s" ready <"$ctl/tty-ready"
  : >$'\e[2Ja\xe2\x80\xae'
  : >b
  wait "${others[0]}"
  has "$(cat "$ctl/tty")" '\x1b[2Ja\xe2\x80\xae'
  run grep -ac $'\e' "$ctl/tty"
  is "escapes sent" "$output" 0
}

@test "an overflow is a row of its own" {
  keep_queue_limit
  start -e create,delete --stats --time=none .
  kill -STOP "$TAP_PID"
  overfill x
  kill -CONT "$TAP_PID"
  stop
  has "$(tables)" 'Q_OVERFLOW'
  grep -qE '^ +1 +0 +0 +1  \(no path\)$' <<<"$(tables)"
}

@test "filters say what is counted" {
  start -e create --stats -g '*.c' --time=none .
  touch a.c b.o c.c
  stop
  tables_are '# 2 records' 'total  CREATE  path' '    1       1  ./a.c' '    1       1  ./c.c' '    2       2  (2 paths)'
}

@test "a rename is one RENAME, and a settled record is one" {
  start --rename --settle=1h --stats --time=none .
  : >a
  mv a b
  echo 1 >>b
  mkdir d
  mv d e
  stop
  has "$(tables)" ' ./b'
  has "$(tables)" ' ./e'
  start --rename --stats --time=none .
  mv b c
  stop
  tables_are '# 1 record' 'total  RENAME  path' '    1       1  ./c' '    1       1  (1 path)'
}

@test "-n, -t and --idle end it with a table and their statuses" {
  start -n 2 -e create --stats --time=none .
  touch a b c
  finish
  is status "$status" 0
  tables_are '# 2 records' 'total  CREATE  path' '    1       1  ./a' '    1       1  ./b' '    2       2  (2 paths)'
  run "$INOTAP" -t 10ms --stats .
  is status "$status" 3
  grep -qE '^# .* after [0-9]+\.[0-9] s: 0 records$' <<<"$output"
  run "$INOTAP" --idle 10ms --stats -j .
  is status "$status" 0
  is total "$(jq .total <<<"$output")" 0
}

@test "when nothing is left to watch the table comes before status 4" {
  mkdir d
  start -e delete_self --stats --time=none d
  rmdir d
  finish
  is status "$status" 4
  tables_are '# 2 records' 'total  DELETE_SELF  IGNORED  path' '    2            1        1  d' '    2            1        1  (1 path)'
}

@test "a reader that goes away ends it quietly" {
  start --stats .
  exec {TAP_OUT}<&-
  reap
  is status "$status" 141
  stderr_is ""
}

@test "-o gets the tables; SIGHUP opens it anew, and CSV has its titles there again" {
  mkdir d
  TAP_STDOUT=/dev/null start -o log -c -e create --stats --time=none d
  : >d/a
  kill -USR1 "$TAP_PID"
  until_true grep -q sum log
  mv log old
  kill -HUP "$TAP_PID"
  until_true test -e log
  kill -TERM "$TAP_PID"
  reap
  is "lines of the old file" "$(cut -d , -f 1-4 old)" "$(printf '%s\n' table,row,path,total 1,path,d/a,1 1,sum,,1)"
  is "lines of the new file" "$(cut -d , -f 1-4 log)" "$(printf '%s\n' table,row,path,total 2,path,d/a,1 2,sum,,1)"
}

@test "what it writes into a watched directory is not counted" {
  TAP_STDOUT=log start --stats -e modify,create --time=none .
  : >a
  kill -USR1 "$TAP_PID"
  until_true grep -q '(1 path)' log
  kill -TERM "$TAP_PID"
  reap
  is "the last sum" "$(tail -n 1 log)" '    1       1  (1 path)'
}

@test "the output fails: status 1" {
  run bash -c '"$INOTAP" -t 10ms --stats . >/dev/full'
  is status "$status" 1
  has "$output" 'No space left'
}

@test "--limit-memory bounds it: what does not fit is one row, and nothing is uncounted" {
  start -j -e create --stats --limit-memory=64K --limit=1 .
  /usr/bin/python3 -c '
import os
for i in range(5000): os.mknod(f"a-name-of-some-length-{i}")'
  stop
  validate
  local sum rows other
  sum=$(json 'select(.row == "sum").total')
  rows=$(json 'select(.row == "sum").rows')
  other=$(json 'select(.row == "other").total')
  is sum "$sum" 5000
  [ "$rows" -gt 100 ]
  is "rows and the other" $((rows + other)) 5000
  rm a-name*
  start -e create --stats --limit-memory=64K --limit=1 .
  /usr/bin/python3 -c '
import os
for i in range(5000): os.mknod(f"a-name-of-some-length-{i}")'
  stop
  has "$(tables)" '  (other: no memory for more)'
}

@test "options that make no sense with it are refused, and those of tables without it" {
  local -A why=(
    ['--by=dir']='--by is for --stats'
    ['--sort=total']='--sort is for --stats'
    ['--limit=3']='--limit is for --stats; --count=N ends after N records'
    ['--limit-memory=1M']='--limit-memory is for --stats and --top'
    ['--stats --format=%p']='--format is for records; --stats prints text, JSON (--json) or CSV (--csv)'
    ['--stats --fields=path']='--fields is for records, and --stats prints none'
    ['--stats -0']='--null is for records, and --stats prints none'
    ['--stats --host=h']='--host is for records, and --stats prints none'
    ['--stats --ready']='--ready prints a record, and --stats prints none: --ready-fd=FD tells without one'
    ['--stats --by=event --sort=create']='--sort: with --by=event the rows are events: they are sorted by total, or -total'
    ['--stats --sort=access']='--sort: there will be no such event; --events and other options say what there is'
    ['--stats --sort=rename']='--sort: there will be no such event; --events and other options say what there is'
    ['--stats=0']="--stats: '0' is too short: a duration from 10ms up is needed"
    ['--stats=0.000000001']="--stats: '0.000000001' is too short: a duration from 10ms up is needed"
    ['--stats=9.999999ms']="--stats: '9.999999ms' is too short: a duration from 10ms up is needed"
    ['--stats=x']="--stats: 'x' is not a duration: a decimal number, then ms, s (default), m or h"
    ['--stats --by=file']="--by: 'file' is not path, dir or event"
    ['--stats --sort=move']="--sort: 'move' is several events: name one of them, or total"
    ['--stats --sort=-acess']="--sort: 'acess' is neither total nor the name of one event; the nearest is 'access'"
    ['--stats --limit=0']="--limit: '0' is not a number of rows from 1 up"
    ['--stats --limit-memory=1K']="--limit-memory: '1K' is not a size from 64K up; K, M and G may follow"
  )
  local options
  for options in "${!why[@]}"; do
    # shellcheck disable=SC2086 # several options
    run "$INOTAP" $options .
    is "status of $options" "$status" 2
    is "message of $options" "${lines[0]}" "inotap: ${why[$options]}"
  done
  # What can be sorted by, because of another option.
  # shellcheck disable=SC2086
  for options in --stats=10ms '--rename --sort=rename' '-e access --sort=access' '--sort=q_overflow' '--partial --sort=error' '-F --sort=gone'; do
    run "$INOTAP" -t 1ms --stats $options .
    is "status of $options" "$status" 3
  done
}

@test "after the first time no memory is taken and no system call made for an event" {
  local count calls=()
  for count in 500 5000; do
    start_as strace -qq -f -e signal=none -o "$ctl/trace" "$INOTAP" -- --stats -e create,delete .
    local inotap
    inotap=$(pgrep -P "$TAP_PID" inotap)
    kill -STOP "$inotap"
    : >"$ctl/trace"
    /usr/bin/python3 -c 'import os, sys
for i in range(int(sys.argv[1])):
    os.mknod("n")
    os.unlink("n")' "$count"
    kill -CONT "$inotap"
    kill -TERM "$inotap"
    finish
    calls+=("$(wc -l <"$ctl/trace")")
  done
  echo "system calls: ${calls[*]}" >&2
  [ $((calls[1] - calls[0])) -le 30 ] # for 9,000 events more: some reads, however they and the signals fall
}
