#!/usr/bin/env bats
# Writing: how much at once, and what when it does not work.

load helper

@test "a quiet pipe has its record at once" {
  start -e create .
  local name
  for name in a b c; do
    : >"$name"
    next_line
    is record "$line" $'1\tCREATE\t0\t./'"$name"
  done
  stop
}

# writes_of N FORMAT: the sizes of the write(2)s to standard output for N events that were queued together.
writes_of() {
  start_as strace -qq -f -e trace=write,read -e signal=none -o "$ctl/trace" "$INOTAP" -- "${@:2}" -e create .
  local inotap
  inotap=$(pgrep -P "$TAP_PID" inotap)
  kill -STOP "$inotap"
  /usr/bin/python3 -c 'import os, sys
for i in range(int(sys.argv[1])): os.mknod(f"file-number-{i}")' "$1"
  kill -CONT "$inotap"
  kill -TERM "$inotap"
  if [ -n "${TAP_STDOUT:-}" ]; then
    reap
    mapfile -t lines <"$TAP_STDOUT"
  else
    finish
  fi
  is "records that came" "${#lines[@]}" "$1"
  sed -n 's/^[0-9]* *write(1, .* = \([0-9]*\)$/\1/p' "$ctl/trace" >"$ctl/sizes"
}

@test "one write for each batch that was read" {
  writes_of 100
  is "number of writes" "$(wc -l <"$ctl/sizes")" 1
}

@test "more writes only when the buffer of 64 KiB is full, or to a pipe 4 KiB" {
  writes_of 5000 -j
  # All but the last of each buffer are full, less one record.
  [ "$(awk '$1 < 3840' "$ctl/sizes" | wc -l)" -le "$(($(awk '{ s += $1 } END { print s }' "$ctl/sizes") / (62 * 1024) + 1))" ]
  rm file-number-*
  TAP_STDOUT=$ctl/log writes_of 5000 -j
  local total count small
  total=$(awk '{ s += $1 } END { print s }' "$ctl/sizes")
  count=$(wc -l <"$ctl/sizes")
  [ "$total" -gt 500000 ]
  # One read holds all 5,000 events. All writes but the last are full, less one record.
  is "writes of less than 62 KiB" "$(awk '$1 < 62 * 1024' "$ctl/sizes" | wc -l)" 1
  small=$((total / (64 * 1024) + 1))
  [ "$count" -le $((small + 1)) ]
}

@test "--buffer is what one read asks for" {
  run strace -qq -e trace=read -o "$ctl/trace" "$INOTAP" --buffer=272 -t 0 .
  is status "$status" 3
  start_as strace -qq -f -e trace=read -e signal=none -o "$ctl/trace" "$INOTAP" -- --buffer=1K -e create .
  touch {1..200}
  kill -TERM "$(pgrep -P "$TAP_PID" inotap)"
  finish
  is records "${#lines[@]}" 200
  grep -qE 'read\([0-9]+, .*, 1024\) += ' "$ctl/trace"
  is "reads that ask for another size" "$(grep -E '= (992|1024)$' "$ctl/trace" | grep -vc ', 1024) ')" 0
}

@test "the smallest buffer loses nothing, even with the longest names" {
  start --buffer=272 -e create --fields=name .
  local long
  printf -v long '%0255d' 7
  touch a "$long" b
  stop
  lines_are a "$long" b
}

# A pipe whose writing end does not block, and which is full most of the time.
@test "a non-blocking standard output that is full is waited for, and gets everything" {
  keep_queue_limit
  cat >"$ctl/run.py" <<'PY'
import fcntl, os, subprocess, sys
r, w = os.pipe2(os.O_NONBLOCK)
os.set_blocking(r, True)
fcntl.fcntl(w, fcntl.F_SETPIPE_SZ, 4096)
ready_r, ready_w = os.pipe()
tap = subprocess.Popen([sys.argv[1], "-e", "create", "--fields=name", f"--ready-fd={ready_w}", "."], stdout=w, pass_fds=[ready_w])
os.close(w), os.close(ready_w)
assert os.read(ready_r, 100) == b"READY=1\n"
for i in range(4000):
    os.mknod(str(i))
data = b""
while data.count(b"\n") < 4000:
    data += os.read(r, 777)
tap.terminate()
assert tap.wait() == -15
assert data.split() == [str(i).encode() for i in range(4000)], "records differ"
PY
  /usr/bin/python3 "$ctl/run.py" "$INOTAP"
}

@test "a reader that goes away ends it quietly with the status of SIGPIPE, at once" {
  start .
  exec {TAP_OUT}<&-
  reap
  is status "$status" 141
  stderr_is ""
}

@test "the same where SIGPIPE is ignored" {
  start_as env --ignore-signal=PIPE "$INOTAP" -- .
  exec {TAP_OUT}<&-
  reap
  is status "$status" 141
  stderr_is ""
}

@test "a reader that goes away while records wait for it" {
  run bash -c '{ "$INOTAP" --ready -t 600 . & wait $!; echo "$?" >status; } | head -n 1'
  is "first line" "$output" $'-1\tREADY\t0\t'
  is status "$(cat status)" 141
}

@test "a full disk is an error with its text, and status 1" {
  TAP_STDOUT=/dev/full
  start .
  : >a
  reap
  is status "$status" 1
  stderr_is "inotap: standard output: No space left on device"
  unset TAP_STDOUT
  start -o /dev/full .
  : >b
  finish
  is status "$status" 1
  stderr_is "inotap: /dev/full: No space left on device"
}

@test "a second SIGTERM ends it even while its reader does not read" {
  start -e create .
  kill -STOP "$TAP_PID"
  /usr/bin/python3 -c 'import os
for i in range(8000): os.mknod(f"a-rather-long-name-{i}")'
  kill -CONT "$TAP_PID"
  # It is in write(2) once the pipe is full.
  until_true grep -q "^$(syscall_number write) " "/proc/$TAP_PID/syscall"
  kill -TERM "$TAP_PID"
  # The handler has run when SIGTERM (bit 14) is not caught any more.
  until_true grep -qE '^SigCgt:.*[012389ab]...$' "/proc/$TAP_PID/status"
  kill -TERM "$TAP_PID"
  reap
  is status "$status" 143
  exec {TAP_OUT}<&-
}

# traced ARG...: inotap under strace, which keeps its writes.
traced() {
  start_as strace -D -qq -f -s 70000 -e trace=write -e signal=none -o "$ctl/strace" "$INOTAP" -- -e create --fields=path "$@"
}

# writes: of each write(2) of records how many bytes it took, and `whole` if its last byte ends a record, else `cut`.
writes() {
  sed -nE 's/^([0-9]+ +)?write\([0-9]+, ".*d\/.*", [0-9]+\) += ([0-9]+)$/\2 &/p' "$ctl/strace" |
    awk '{print $1, /\\n", [0-9]+\) +=/ ? "whole" : "cut"}'
}

# A write of at most PIPE_BUF bytes is not cut by what others write into the same pipe, and a client that takes what is there gets
# whole records.
@test "each write to a pipe is of whole records, as many as a pipe takes at once; to a file it is longer" {
  local out longest
  for out in pipe log; do
    rm -rf d
    mkdir d
    [ "$out" = pipe ] || TAP_STDOUT=$out
    traced d
    kill -STOP "$TAP_PID"
    /usr/bin/python3 -c 'import os
for i in range(4000): os.mknod(f"d/{i}" + "x" * (i % 50))'
    kill -CONT "$TAP_PID"
    if [ "$out" = pipe ]; then
      stop
      printf '%s\n' "${lines[@]}" >log
    else
      kill "$TAP_PID"
      reap
    fi
    writes >all
    is "cut writes to the $out" "$(grep -c cut all)" 0
    is "bytes written to the $out" "$(awk '{bytes += $1} END {print bytes}' all)" "$(wc -c <log)"
    longest=$(sort -n all | tail -n 1)
    if [ "$out" = pipe ]; then [ "${longest% *}" -le 4096 ]; else [ "${longest% *}" -gt 4096 ]; fi
  done
}

@test "a record that is longer than a pipe takes at once is a write by itself" {
  local name d
  name=$(printf '\001%.0s' {1..250}) # each byte is four in the output
  d=d/$name/$name/$name/$name
  mkdir -p "$d"
  traced "$d"
  kill -STOP "$TAP_PID"
  : >"$d/a"
  : >"$d/$name"
  : >"$d/b"
  kill -CONT "$TAP_PID"
  stop
  is records "${#lines[@]}" 3
  is writes "$(writes)" $'4008 whole\n5007 whole\n4008 whole'
}
