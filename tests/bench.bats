#!/usr/bin/env bats
# scripts/bench's program: that it measures everything, says what it cannot, and leaves the machine as it was.

load helper

local_setup() {
  queue=/proc/sys/fs/inotify/max_queued_events
  fanotify_queue=/proc/sys/fs/fanotify/max_queued_events
  tool=$INOTAP_BUILD/tests/bench/inotap-bench-tool
  # What it leaves behind would be here.
  export TMPDIR=$ctl/memory INOTAP_BENCH_DISK=$ctl/disk
  mkdir "$TMPDIR" "$INOTAP_BENCH_DISK"
}

bench() {
  /usr/bin/python3 "$INOTAP_SOURCE/tests/bench/bench.py" --tiny "$@" "$INOTAP" "$tool"
}

# What a limit is while nobody has raised it.
limit() {
  flock --shared "$1" cat "$1"
}

rows() {
  grep -cF "| $1" <<<"$output" || true
}

@test "a benchmark measures every candidate and form in every section, and checks the targets" {
  run bench --candidates inotap,floor,inotifywait
  is status "$status" 0
  local form heading
  # With short and long names, one watch and recursive.
  for form in 'inotap text |' 'floor for text |' 'inotap JSON |' 'floor for JSON |' 'inotifywait |'; do
    is "rows of drain: $form" "$(sed -n '/^### Drain/,/^### Live/p' <<<"$output" | grep -cF "| $form")" 4
  done
  for form in 'inotap --format |' 'inotap -e all |' 'floor for -e all |'; do
    is "rows of drain: $form" "$(rows "$form")" 2
  done
  for heading in 'Live, one watch' 'Live, recursive' 'Set-up, warm' 'Set-up, cold' 'Latency, one watch' \
    'Latency, recursive' 'Idle, one watch'; do
    has "$output" "### $heading"
    # Of the rows below, one of inotap that begins with a figure.
    sed -n "/^### $heading/,/^###* /p" <<<"$output" | grep -qE '^\| inotap [^|]*\| ([0-9<]|not here: left out)'
  done
  has "$output" "| no watcher |"
  has "$output" "| bare inotify_add_watch, 100 |"
  # Every target was measured, whether it was met or not.
  is "targets that were measured" "$(grep -cE '\| (met|\*\*not met\*\*) \|$' <<<"$output")" 21
  is "targets that need the Python loop" "$(grep -c '^| drain.*Python loop.*| not measured |$' <<<"$output")" 2
}

@test "what it measures of inotap is all of its records, by floor as many bytes, and limits are put back" {
  # More than the kernel queues: as root the limit is raised.
  local before
  before="$(limit "$queue") $(limit "$fanotify_queue")"
  run bench --candidates inotap,floor --sections drain --scopes one --events 20000
  is status "$status" 0
  is limits "$(limit "$queue") $(limit "$fanotify_queue")" "$before"
  is "what was left behind" "$(find "$TMPDIR" "$INOTAP_BENCH_DISK" -mindepth 1)" ""
  # The columns: candidate, five of time, events/s, records, bytes.
  local figures
  figures=$(sed -n '/^### Drain, one watch, names of 12/,/^### Drain, one watch, names of 200/p' <<<"$output" | grep -E '^\| (inotap|floor for) (text|JSON)' |
    cut -d '|' -f 9,10 | tr -d ' ')
  is "floor's rows" "$(sed -n 2p <<<"$figures") $(sed -n 4p <<<"$figures")" "$(sed -n 1p <<<"$figures") $(sed -n 3p <<<"$figures")"
  is "records an event" "$(cut -d '|' -f 1 <<<"$figures" | sort -u)" 1.00
}

@test "a peer that cannot run stands in the table with the reason" {
  # Of what a shell finds, these are not there.
  mkdir bin
  local program
  for program in env python3 strace strip cat unshare mount umount; do ln -s "$(command -v "$program")" bin/; done
  PATH=$PWD/bin run bench --candidates fswatch,fatrace --sections drain,idle
  is status "$status" 0
  has "$output" "| fswatch | not here: fswatch is not installed |"
  has "$output" "| fatrace | not here: fatrace is not installed |"
}

@test "limits, directories and processes are put back, too, when a signal ends it while a limit is raised" {
  need_root "raising limits of the kernel's"
  local signal number
  # A file in place of the kernel's: whatever that stands at, this one is raised, and no other inotap notices.
  echo 16384 >limit
  for signal in INT TERM HUP; do
    # What is started never becomes ready: the limit stays raised.
    mkfifo hold
    printf '#!/bin/sh\n: >%s/started\nexec cat %s/hold\n' "$PWD" "$PWD" >never
    chmod +x never
    # shellcheck disable=SC2016 # for the inner shell
    unshare --mount sh -c 'mount --bind limit "$0" && exec "$@"' "$queue" \
      /usr/bin/python3 "$INOTAP_SOURCE/tests/bench/bench.py" --sections drain --candidates inotap "$PWD/never" "$tool" \
      >"$ctl/said" 2>&1 3>&- &
    local bench=$!
    others+=("$bench")
    until_true test -e started
    # 20,000 events and some.
    is "the limit meanwhile" "$(cat limit)" 22000
    kill "-$signal" "$bench"
    number=0
    wait "$bench" || number=$?
    is "status after SIG$signal" "$number" $((128 + $(kill -l "$signal")))
    is "the limit after SIG$signal" "$(cat limit)" 16384
    is "what was left behind" "$(find "$TMPDIR" "$INOTAP_BENCH_DISK" -mindepth 1)" ""
    is "processes left" "$(pgrep -f "$PWD/hold" || true)" ""
    rm hold started
  done
}

@test "an unknown section or candidate, and what is not built, are errors that name them" {
  run bench --sections drian
  is status "$status" 2
  has "$output" "there is no section 'drian'; there are: drain, live"
  run bench --scopes two
  is status "$status" 2
  has "$output" "there is no scope 'two'; there are: one, tree"
  run bench --events 12
  is status "$status" 2
  has "$output" "--events takes a number from 1,000 to 5,000,000"
  run bench --candidates inotaps
  is status "$status" 2
  has "$output" "there is no candidate 'inotaps'"
  run /usr/bin/python3 "$INOTAP_SOURCE/tests/bench/bench.py" "$PWD/inotap" "$tool"
  is status "$status" 2
  has "$output" "$PWD/inotap cannot be run: build it first"
}
