#!/usr/bin/env bats
# What must not drift, counted: system calls, memory, wake-ups. Instructions: the test `instructions`. Time is measured by
# scripts/bench and the programs of tests/bench, which are only shown to run here: no test judges a time.

load helper

# system_calls_of_set_up DIRECTORIES OPTION...: how many inotap makes in a watch of so many and its end, into `calls`.
system_calls_of_set_up() {
  rm -rf tree
  /usr/bin/python3 -c 'import os, sys
for i in range(int(sys.argv[1]) // 2): os.makedirs(f"tree/{i}/in")' "$1"
  run strace -qq -f -e signal=none -o "$ctl/trace" "$INOTAP" -r "${@:2}" -t 0 tree
  is status "$status" 3
  calls=$(wc -l <"$ctl/trace")
}

@test "setting up the watch of a directory takes no more system calls than it must" {
  # A directory in which no other can be takes two: inotify_add_watch(2), and fstatat(2), which tells that. Any other is
  # opened, listed, entered and closed besides, which makes ten for the two.
  local few options
  for options in '' --max-depth=5; do
    # shellcheck disable=SC2086 # none or one
    system_calls_of_set_up 200 $options
    few=$calls
    # shellcheck disable=SC2086
    system_calls_of_set_up 1200 $options
    echo "system calls: $few, $calls" >&2
    sed -n '/tree/,$p' "$ctl/trace" | sed -E 's/^[0-9]+ +([a-z0-9_]+)\(.*/\1/' | sort | uniq -c >&2
    [ $((calls - few)) -ge 2000 ]
    [ $((calls - few)) -le 5600 ]
  done
}

@test "what inotap holds of its own, once it watches, is less than 256 KiB" {
  start .
  until_asleep
  local own_kib
  own_kib=$(sed -n 's/^RssAnon:[[:space:]]*\([0-9]*\) kB$/\1/p' "/proc/$TAP_PID/status")
  echo "its own: $own_kib KiB" >&2
  [ "$own_kib" -gt 0 ]
  [ "$own_kib" -le 256 ]
  stop
}

@test "no system call is made per event" {
  # Ten times the events, and system calls by the buffers only. (That nothing is allocated: faults.bats.)
  local count calls=()
  for count in 500 5000; do
    TAP_STDOUT=$ctl/log start_as strace -qq -f -e signal=none -o "$ctl/trace" "$INOTAP" -- -j -e create .
    local inotap
    inotap=$(pgrep -P "$TAP_PID" inotap)
    kill -STOP "$inotap"
    : >"$ctl/trace"
    /usr/bin/python3 -c 'import os, sys
for i in range(int(sys.argv[1])): os.mknod(f"n{i}")' "$count"
    kill -CONT "$inotap"
    kill -TERM "$inotap"
    reap
    is records "$(wc -l <"$ctl/log")" "$count"
    calls+=("$(wc -l <"$ctl/trace")")
    rm ./*
  done
  echo "system calls: ${calls[*]}" >&2
  # 5,000 records are 750 KB, 12 buffers of 64 KiB: so no more than 20 calls more.
  [ $((calls[1] - calls[0])) -le 20 ]
}

@test "while nothing happens it sleeps without a time limit, and no timer is set" {
  start .
  until_asleep
  local timeout
  # The fourth argument of epoll_wait(2).
  timeout=$(cut -d ' ' -f 5 "/proc/$TAP_PID/syscall")
  is "the time limit of the wait" "${timeout: -8}" ffffffff
  is timers "$(cat /proc/"$TAP_PID"/fdinfo/* | grep -c it_value)" 0
  stop
}

@test "the benchmark measures everything that it has limits for" {
  run "$INOTAP_BUILD/tests/bench/inotap-bench" --events 5000 --rounds 1 "$INOTAP"
  echo "$output" >&2
  is status "$status" 0
  local group
  for group in 'drain text' 'drain JSON' 'drain with ten globs' 'latency text' 'start to ready' idle; do
    grep -qE "^$group: inotap.* [0-9]|^$group: .*its own.* [0-9]" <<<"$output"
  done
}

@test "the benchmark of set-up measures bare calls, inotap and inotifywait" {
  [ "$(stat -f -c %T /dev/shm)" = tmpfs ] || cannot "needs a tmpfs at /dev/shm"
  command -v inotifywait >/dev/null || cannot "needs inotifywait, to compare with"
  TMPDIR=/dev/shm run "$INOTAP_BUILD/tests/bench/inotap-setup-bench" --rounds 1 "$INOTAP"
  echo "$output" >&2
  [ "$status" -ne 77 ] || cannot "needs a higher limit of watches, or root to raise it"
  is status "$status" 0
  has "$output" "inotifywait / inotap"
}
