#!/usr/bin/env bats
# Being started: who is told when everything is watched, and living in the background.

load helper

@test "--ready prints a READY record before any other" {
  start -j --ready --time=none -e create .
  : >a
  stop
  is first "${lines[0]}" '{"seq":1,"wd":-1,"mask":0,"events":["READY"],"cookie":0,"path":"","name":""}'
  is second "$(json .events | tail -n 1)" '["CREATE"]'
  start --ready .
  stop
  lines_are $'-1\tREADY\t0\t'
}

@test "--ready-fd gets READY=1 and is closed, once everything is watched" {
  mkfifo fd
  "$INOTAP" --ready-fd=7 . 7>fd 3>&- >/dev/null &
  TAP_PID=$!
  # cat sees the end only because inotap closes the descriptor.
  is message "$(timeout "$patience_s" cat fd)" READY=1
  [ ! -e "/proc/$TAP_PID/fd/7" ] || [ "$(readlink "/proc/$TAP_PID/fd/7")" != "$PWD/fd" ]
  grep -q 'inotify wd:' /proc/"$TAP_PID"/fdinfo/*
}

@test "a failure before that leaves the descriptor without a word" {
  mkfifo fd
  "$INOTAP" --ready-fd=7 nosuch 7>fd 2>/dev/null &
  is message "$(timeout "$patience_s" cat fd)" ""
}

# Receive N datagrams on a socket of the file system or an abstract one, telling by a line when it is bound.
notify_server() {
  cat >"$ctl/server.py" <<'PY'
import socket, sys
server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
server.settimeout(180)
server.bind(sys.argv[1].replace("@", "\0"))
print("bound", flush=True)
for _ in range(2):
    print(server.recv(4096).decode().replace("\n", "|"), flush=True)
PY
  mkfifo "$ctl/notify"
  /usr/bin/python3 "$ctl/server.py" "$1" >"$ctl/notify" 3>&- &
  others+=($!)
  exec {notified}<"$ctl/notify"
  read -r -t "$patience_s" -u "$notified" line
}

@test "a service manager is told READY and STOPPING" {
  notify_server "$PWD/socket"
  NOTIFY_SOCKET=$PWD/socket start .
  read -r -t "$patience_s" -u "$notified" line
  is message "$line" READY=1
  stop
  read -r -t "$patience_s" -u "$notified" line
  is message "$line" STOPPING=1
  exec {notified}<&-
}

@test "also on an abstract socket, and of a daemon with its process ID" {
  local name=@inotap-test-$$-$BATS_TEST_NUMBER
  notify_server "$name"
  NOTIFY_SOCKET=$name "$INOTAP" -d -o log --pid-file=pid .
  read -r -t "$patience_s" -u "$notified" line
  local pid
  pid=$(cat pid)
  is message "$line" "MAINPID=$pid|READY=1"
  kill "$pid"
  read -r -t "$patience_s" -u "$notified" line
  is message "$line" "MAINPID=$pid|STOPPING=1"
  exec {notified}<&-
}

@test "a NOTIFY_SOCKET that cannot be used is a warning" {
  NOTIFY_SOCKET=$PWD/nosuch start .
  stop
  has "$(cat "$ctl/err")" 'inotap: $NOTIFY_SOCKET: No such file or directory'
  NOTIFY_SOCKET=vsock:2:1234 start .
  stop
  has "$(cat "$ctl/err")" 'inotap: $NOTIFY_SOCKET: Address family not supported'
}

@test "-d returns only once every watch is in place, and the daemon goes on in its own session" {
  # That this comes to an end shows that the daemon holds neither standard output nor standard error.
  run bash -c '"$INOTAP" -d -o log --pid-file=pid -e create . 2>&1 | cat; exit "${PIPESTATUS[0]}"'
  is status "$status" 0
  is "what it says" "$output" ""
  TAP_PID=$(cat pid)
  grep -q '^inotify wd:1 ' /proc/"$TAP_PID"/fdinfo/*
  is session "$(ps -o sid= -p "$TAP_PID" | tr -d ' ')" "$TAP_PID"
  is "standard input" "$(readlink "/proc/$TAP_PID/fd/0")" /dev/null
  is "standard output" "$(readlink "/proc/$TAP_PID/fd/1")" /dev/null
  is "standard error" "$(readlink "/proc/$TAP_PID/fd/2")" /dev/null
  : >a
  until_true grep -q ./a log
  kill "$TAP_PID"
  until_true test ! -e "/proc/$TAP_PID"
  TAP_PID=
  is "the file of the process ID" "$(ls pid 2>/dev/null)" ""
}

@test "-d fails in the foreground, with the status of the failure" {
  run --separate-stderr "$INOTAP" -d -o log --pid-file=pid nosuch
  is status "$status" 1
  is message "$stderr" "inotap: nosuch: No such file or directory"
  [ ! -e pid ]
  run "$INOTAP" -d -o log -n 0 .
  is status "$status" 2
}

@test "-d whose daemon ends at once is still a successful start" {
  run "$INOTAP" -d -o log -t 0 .
  is status "$status" 0
}

@test "-d does not leave its records on a terminal" {
  run script -qec "'$INOTAP' -d ." /dev/null
  is status "$status" 2
  has "$output" "--output=FILE"
}

@test "--pid-file names the process, is locked while it runs, and removed when it ends" {
  start --pid-file=pid ..
  is pid "$(cat pid)" "$TAP_PID"
  run --separate-stderr "$INOTAP" --pid-file=pid -t 0 .
  is status "$status" 1
  is message "$stderr" "inotap: pid: held by process $TAP_PID, which is still running"
  is pid "$(cat pid)" "$TAP_PID"
  stop
  [ ! -e pid ]
}

@test "a --pid-file that holds something else is refused and left alone" {
  echo precious >doc
  run --separate-stderr "$INOTAP" --pid-file=doc -t 0 .
  is status "$status" 1
  has "$stderr" "inotap: doc: it holds something else"
  is content "$(cat doc)" precious
  mkfifo fifo
  run --separate-stderr "$INOTAP" --pid-file=fifo -t 0 .
  is status "$status" 1
  [ -p fifo ]
}

@test "the --pid-file of another is not removed" {
  start --pid-file=pid ..
  rm pid
  echo 12345 >pid
  stop
  is content "$(cat pid)" 12345
}

@test "a --pid-file that a mere reader has locked does no harm" {
  mkdir d
  local kind
  for kind in flock fcntl; do
    start --pid-file=pid d
    is pid "$(cat pid)" "$TAP_PID"
    kill -KILL "$TAP_PID"
    reap
    exec {TAP_OUT}<&-
    cat >"$ctl/hold.py" <<'PY'
import fcntl, sys, time
f = open("pid")
fcntl.flock(f, fcntl.LOCK_SH) if sys.argv[1] == "flock" else fcntl.lockf(f, fcntl.LOCK_SH)
print("locked", flush=True)
sys.stdin.read()
PY
    mkfifo "$ctl/hold"
    /usr/bin/python3 "$ctl/hold.py" "$kind" <"$ctl/hold" >"$ctl/held" 3>&- &
    others+=($!)
    exec {holder}>"$ctl/hold"
    until_true grep -q locked "$ctl/held"
    start --pid-file=pid d
    is pid "$(cat pid)" "$TAP_PID"
    is mode "$(stat -c %a pid)" 644
    run --separate-stderr "$INOTAP" --pid-file=pid -t 0 d
    is status "$status" 1
    is message "$stderr" "inotap: pid: held by process $TAP_PID, which is still running"
    stop
    exec {holder}>&-
    rm "$ctl/hold"
  done
}

@test "a process that has locked a --pid-file is not said to be one that runs no more" {
  sh -c 'echo $$' >pid
  cat >"$ctl/hold.py" <<'PY'
import fcntl, sys
f = open("pid", "r+")
fcntl.lockf(f, fcntl.LOCK_EX)
print("locked", flush=True)
sys.stdin.read()
PY
  mkfifo "$ctl/hold"
  /usr/bin/python3 "$ctl/hold.py" <"$ctl/hold" >"$ctl/held" 3>&- &
  others+=($!)
  exec {holder}>"$ctl/hold"
  until_true grep -q locked "$ctl/held"
  run --separate-stderr "$INOTAP" --pid-file=pid -t 0 .
  is status "$status" 1
  has "$stderr" "inotap: pid: another process has locked it"
  exec {holder}>&-
}

@test "a --pid-file whose number others could change is refused and left alone" {
  need_root "to give files away"
  local kind
  for kind in owner mode link; do
    rm -f pid other
    : >pid
    case $kind in
      owner) chown 65534 pid ;;
      mode) chmod 666 pid ;;
      link) ln pid other ;;
    esac
    run --separate-stderr "$INOTAP" --pid-file=pid -t 0 .
    is "status of $kind" "$status" 1
    has "$stderr" "inotap: pid: others could change the number in it"
    [ -e pid ]
    is content "$(cat pid)" ""
  done
}

@test "a --pid-file that could not be made whole is not left behind" {
  local call
  for call in ftruncate fcntl write; do
    run --separate-stderr strace -qq -e "trace=$call" -P "$PWD/pid" -e "inject=$call:error=EIO" -o "$ctl/trace" "$INOTAP" --pid-file=pid -t 0 .
    grep -q INJECTED "$ctl/trace"
    is "status where $call fails" "$status" 1
    is "message where $call fails" "$stderr" "inotap: pid: Input/output error"
    [ ! -e pid ]
  done
}

@test "a --pid-file left behind by a crash is taken over" {
  echo 12345 >pid
  start --pid-file=pid -t 600 ..
  is pid "$(cat pid)" "$TAP_PID"
  stop
}

@test "a kernel that is too old is an error that names it" {
  local release
  # It tells 2.6 in place of its own version, as for programs that take a number above that for an error.
  release=$(setarch --uname-2.6 uname -r) || cannot "needs setarch, and to be allowed to use it"
  [[ "$release" == 2.6.* ]]
  run --separate-stderr setarch --uname-2.6 "$INOTAP" -t 0 .
  is status "$status" 1
  is message "$stderr" "inotap: this kernel is Linux $release, and inotap needs Linux 4.18 or later"
  is "standard output" "$output" ""
  run --separate-stderr setarch --uname-2.6 "$INOTAP" --version
  is status "$status" 0
}
