#!/usr/bin/env bats
# What must not drift: work per event, memory, wake-ups, latency. tests/bench measures.

load helper

@test "the benchmark's limits hold" {
  # On one processor: what waking another one costs is the machine's, and varies.
  local processor
  processor=$(taskset --cpu-list --pid $$ | sed 's/.*: *\([0-9]*\).*/\1/')
  # Times suffer from whatever else the machine does, so the best of three counts: what got worse fails each.
  local attempt
  for attempt in 1 2 3; do
    run taskset --cpu-list "$processor" "$INOTAP_BUILD/tests/bench/inotap-bench" --check --rounds 3 "$INOTAP"
    echo "$output" >&2
    [ "$status" -ne 0 ] || break
  done
  is status "$status" 0
}

@test "setting up a watch of 100,000 directories is fast, beside what it cannot do without" {
  # Also in memory, as what a disk takes is not ours.
  [ "$(stat -f -c %T /dev/shm)" = tmpfs ] || cannot "needs a tmpfs at /dev/shm"
  command -v inotifywait >/dev/null || cannot "needs inotifywait, to compare with"
  local attempt
  for attempt in 1 2 3; do
    TMPDIR=/dev/shm run "$INOTAP_BUILD/tests/bench/inotap-setup-bench" --most-of-bare 1.6 --least-of-inotifywait 2.0 "$INOTAP"
    echo "$output" >&2
    [ "$status" -ne 77 ] || cannot "needs a higher limit of watches, or root to raise it"
    [ "$status" -ne 0 ] || break
  done
  is status "$status" 0
}

@test "no system call is made per event" {
  # Ten times the events, and system calls by the buffers only. (That nothing is allocated: faults.bats.)
  local count calls=()
  for count in 500 5000; do
    start_as strace -qq -f -e signal=none -o "$ctl/trace" "$INOTAP" -- -j -e create .
    local inotap
    inotap=$(pgrep -P "$TAP_PID" inotap)
    kill -STOP "$inotap"
    : >"$ctl/trace"
    /usr/bin/python3 -c 'import os, sys
for i in range(int(sys.argv[1])): os.mknod(f"n{i}")' "$count"
    kill -CONT "$inotap"
    kill -TERM "$inotap"
    finish
    is records "${#lines[@]}" "$count"
    calls+=("$(wc -l <"$ctl/trace")")
    rm ./*
  done
  echo "system calls: ${calls[*]}" >&2
  # 5,000 records are 750 KB, 12 buffers of 64 KiB: so no more than 20 calls more.
  [ $((calls[1] - calls[0])) -le 20 ]
}

@test "while nothing happens it sleeps without a time limit, and no timer is set" {
  start .
  until_true grep -qE "^$(syscall_number epoll_wait) " "/proc/$TAP_PID/syscall"
  local timeout
  # The fourth argument of epoll_wait(2).
  timeout=$(cut -d ' ' -f 5 "/proc/$TAP_PID/syscall")
  is "the time limit of the wait" "${timeout: -8}" ffffffff
  is timers "$(cat /proc/"$TAP_PID"/fdinfo/* | grep -c it_value)" 0
  stop
}
