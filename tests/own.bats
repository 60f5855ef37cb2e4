#!/usr/bin/env bats
# The output in a watched directory: its own writing is not reported, and SIGHUP reopens it.

load helper

# sentinel OUTPUT NAME: make a file, and wait until the output file has its record.
sentinel() {
  : >"$2"
  until_true grep -qsF "$2" "$1"
}

@test "-o appends to the file, and its own writes are not reported" {
  echo before >log
  start -e changes,open -o log .
  sentinel log one
  sentinel log two
  stop
  is "first line" "$(head -n 1 log)" before
  lacks "$(cat log)" "log"
  is creates "$(grep -c CREATE log)" 2
}

@test "neither are those to a standard output that is a file in a watched directory" {
  TAP_STDOUT=out
  start -e all .
  sentinel out one
  kill -TERM "$TAP_PID"
  reap
  is "events of the output" "$(grep -E 'MODIFY|CLOSE_WRITE' out | grep -c ./out)" 0
  has "$(cat out)" ./one
}

@test "nor when the file itself is a PATH, or the only thing in the directory" {
  : >log
  start -e modify,close_write,attrib -o log log .
  chmod 600 log
  sentinel log one
  stop
  is records "$(cut -f 2,4 log | sort)" "$(printf '%s\n' $'ATTRIB\tlog' $'CLOSE_WRITE\t./one')"
}

@test "what others do to the file's name is reported" {
  start -e all,-open,-close_write,-modify -o log .
  cat log
  mv log moved
  : >one
  mv moved log
  stop
  is records "$(cut -f 2,4 log | grep log)" "$(printf '%s\n' $'CLOSE_NOWRITE\t./log' $'MOVED_FROM\t./log' $'MOVED_TO\t./log')"
}

@test "a rotation by rename and SIGHUP loses no record, tears none, and never reports its own writing" {
  start -j --fields=seq,events,name -e create,modify,close_write,moved_from,moved_to -o log .
  local i
  for i in 1 2 3 4 5; do
    : >"before-$i"
    mv log "log.$i"
    : >"between-$i"
    kill -HUP "$TAP_PID"
    : >"after-$i"
    # The new file has a record: the rotation is through.
    until_true test -s log
  done
  stop
  is "sequence numbers over all files" "$(cat log.{1..5} log | jq .seq)" "$(seq "$(cat log.{1..5} log | wc -l)")"
  local kind
  for kind in before between after; do
    is "files made $kind" "$(cat log.{1..5} log | jq -r 'select(.events == ["CREATE"]) | .name' | grep "^$kind" | sort)" \
      "$(printf '%s\n' "$kind"-{1..5})"
  done
  is "own writing" "$(cat log.{1..5} log | jq -c 'select(.name | startswith("log")) | .events' | sort -u)" \
    "$(printf '%s\n' '["CREATE"]' '["MOVED_FROM"]' '["MOVED_TO"]')"
}

@test "a rotation while events pour in loses none either" {
  mkdir d
  start -j --fields=seq,events,name -e create -o log d .
  /usr/bin/python3 - "$TAP_PID" <<'PY'
import os, signal, sys
for i in range(3000):
    os.mknod(f"d/{i}")
    if i % 500 == 250:
        os.rename("log", f"log.{i}")
        os.kill(int(sys.argv[1]), signal.SIGHUP)
        while not os.path.exists("log"):
            pass
PY
  stop
  is sequence "$(cat log* | jq .seq | sort -n)" "$(seq "$(cat log* | wc -l)")"
  is "files seen" "$(cat log* | jq -r 'select(.events == ["CREATE"] and (.name | startswith("log") | not)) | .name' | sort -n)" "$(seq 0 2999)"
}

@test "when the file cannot be reopened the old one goes on, with a warning" {
  mkdir logs
  start -e create -o logs/log .
  mv logs gone
  kill -HUP "$TAP_PID"
  sentinel gone/log one
  stop
  has "$(cat "$ctl/err")" "inotap: logs/log: No such file or directory; going on with the file as it was"
}

@test "-o that cannot be opened is an error before anything is watched" {
  run --separate-stderr "$INOTAP" -o nosuch/log .
  is status "$status" 1
  is message "$stderr" "inotap: nosuch/log: No such file or directory"
}

@test "the output is still known in another watched directory that it is moved to" {
  mkdir d
  start -e modify --fields=events,path -o log . d
  mv log d/log
  : >sentinel
  echo x >>sentinel
  # Had it not been known, each record would have caused the next, for ever.
  until_true grep -qsF sentinel d/log
  stop
  is records "$(cat d/log)" $'MODIFY\t./sentinel'
}

@test "the output is recognised when it is moved in from elsewhere" {
  mkdir d
  start -e modify --fields=events,path -o d/log .
  mv d/log log
  : >sentinel
  echo x >>sentinel
  until_true grep -qsF sentinel log
  stop
  is "records after the first batch" "$(grep -vc ./log log)" 1
  # The writing that was under way when it came may have been reported; it does not go on.
  [ "$(grep -c ./log log)" -le 2 ]
}

@test "the output is still known after its name was exchanged with another's" {
  : >other
  start -e modify --fields=events,path -o log .
  /usr/bin/python3 -c '
import ctypes
assert ctypes.CDLL(None).renameat2(-100, b"log", -100, b"other", 2) == 0'
  : >sentinel
  echo x >>sentinel
  until_true grep -qsF sentinel other
  echo x >>sentinel
  stop
  [ "$(grep -c sentinel other)" -eq 2 ]
  [ "$(grep -vc sentinel other)" -le 2 ]
}

@test "the output is known without /proc" {
  need_root "to hide /proc"
  cat >"$ctl/inner" <<'SH'
mount -t tmpfs none /proc
mkfifo ready
"$INOTAP" -e modify --fields=events,path --ready-fd=9 -o log . 9>ready &
read -r line <ready
: >sentinel
echo x >>sentinel
until grep -q sentinel log; do :; done
kill $!
wait
SH
  run unshare --mount bash "$ctl/inner"
  is records "$(cat log)" $'MODIFY\t./sentinel'
}

@test "an output that was removed is still known after an overflow" {
  keep_queue_limit
  mkdir d
  start -e create,delete,modify -o d/log d
  exec {log}<d/log
  rm d/log
  kill -STOP "$TAP_PID"
  overfill d/x
  kill -CONT "$TAP_PID"
  : >d/one
  stop
  is "records of its writing" "$(grep -c 'MODIFY.*d/log' <&"$log")" 0
  exec {log}<&-
}

@test "a terminal that is itself a PATH is no source of records" {
  run timeout "$patience_s" script -qec "exec '$INOTAP' --color=never -t 0.2 -e modify \$(tty)" /dev/null
  [ "$(grep -c MODIFY <<<"$output")" -le 2 ]
  [[ "$status" == [03] ]]
}

@test "reading the output causes no records of its own, so following it comes to an end" {
  start -e all -o log .
  sentinel log one
  is "size while being read" "$(for _ in {1..20}; do cat log >/dev/null; done; grep -c ACCESS log)" 0
  stop
  is "reads of the output" "$(grep -c $'ACCESS\t0\t./log' log)" 0
}

@test "without -o SIGHUP ends it as SIGTERM does" {
  # Whoever started the tests may ignore it, as nohup(1) does, and inotap would leave that so.
  start_as env --default-signal=HUP "$INOTAP" -- -e create --fields=name --pid-file=../pid .
  kill -STOP "$TAP_PID"
  touch a b c
  kill -HUP "$TAP_PID"
  kill -CONT "$TAP_PID"
  finish
  is status "$status" 129
  lines_are a b c
  [ ! -e ../pid ]
}
