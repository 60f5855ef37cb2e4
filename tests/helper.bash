# helper.bash: starting inotap, knowing when it watches, and reading what it printed, without a single sleep.
# shellcheck shell=bash
# shellcheck disable=SC2034 # status and lines are for the tests

bats_require_minimum_version 1.5.0

# For how long something that happens at once on an idle machine is waited for. A busy one may need a hundred times as
# long; a test that hangs is ended by run-bats, after longer than that.
patience_s=180

# Every test has a directory of its own to work in, and another for what the helper needs.
setup() {
  : "${INOTAP:?INOTAP, INOTAP_SOURCE and INOTAP_BUILD must be set as CONTRIBUTING.md says}"
  ctl=$BATS_TEST_TMPDIR/ctl
  mkdir "$ctl" "$BATS_TEST_TMPDIR/work"
  cd "$BATS_TEST_TMPDIR/work" || return
  # The leak check cannot work under strace, and ends a process by its own status: only unit tests and faults use it.
  export ASAN_OPTIONS=detect_leaks=0
  unset NO_COLOR NOTIFY_SOCKET TZ
  export TERM=xterm
  TAP_PID=
  reachable=
  others=() # what else a test has running in the background
  queue_lock=
  queue_guard=
  umask 022
  if declare -F local_setup >/dev/null; then local_setup; fi
}

teardown() {
  local pid
  for pid in $TAP_PID "${others[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
  # Shown only of a test that has failed.
  [ ! -s "$ctl/err" ] || sed 's/^/inotap said: /' "$ctl/err" >&2
  if declare -F local_teardown >/dev/null; then local_teardown; fi
  release_queue_limit
  end_leftovers
  [ -z "$reachable" ] || rm -rf "$reachable"
}

# end_leftovers: kill whatever this test has started and left, in namespaces, sessions or under strace as well: such a
# process has the test's directory in its environment. Mounts are in namespaces, and go with the last process there.
end_leftovers() {
  local round process pid
  for round in 1 2 3; do
    while IFS= read -r process; do
      pid=${process//[^0-9]/}
      # Whoever sets a limit of bats for each test has it measured by a sleep(1), which is bats' own to end.
      [ -z "${BATS_TEST_TIMEOUT:-}" ] || ! grep -qszx sleep "/proc/$pid/cmdline" || continue
      if kill -KILL "$pid" 2>/dev/null; then round=again; fi
    done < <(grep -lszxF "BATS_TEST_TMPDIR=$BATS_TEST_TMPDIR" /proc/[0-9]*/environ)
    [ "$round" = again ] || return 0
  done
}

# A test that cannot run here says why; where everything must be possible, that is a failure.
cannot() {
  if [ -n "${CI:-}" ]; then
    echo "cannot be skipped in CI: $1" >&2
    return 1
  fi
  skip "$1"
}

need_root() {
  [ "$(id -u)" -eq 0 ] || cannot "needs root: $1"
}

# as_nobody: from here on "${nobody[@]}" COMMAND runs COMMAND as a user without permissions, and INOTAP is a copy which
# that user can run: the build may lie below a directory of mode 0700, such as /root.
as_nobody() {
  need_root "to become a user without permissions"
  nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
  reachable=$(mktemp -d /tmp/inotap-test.XXXXXX)
  chmod 755 "$reachable" "$BATS_TEST_TMPDIR" "$PWD"
  install -m 755 "$INOTAP" "$reachable/inotap"
  INOTAP=$reachable/inotap
  "${nobody[@]}" test -x "$INOTAP" || cannot "nobody else can run a program of /tmp"
}

need_user_namespace() {
  unshare --user --map-root-user true 2>/dev/null || cannot "needs a user namespace of its own: $1"
}

# start ARG...: run inotap with these arguments in the background, and return once it watches.
# Standard output goes to a pipe (read by `finish`), or to $TAP_STDOUT if that is set.
start() {
  start_as "$INOTAP" -- "$@"
}

# start_as COMMAND... -- ARG...: the same with something in front, such as strace or setpriv.
start_as() {
  local -a command=()
  local line=
  while [ "$1" != -- ]; do
    command+=("$1")
    shift
  done
  shift
  [ ! -e "$ctl/out" ] || rm -f "$ctl/out" "$ctl/ready"
  mkfifo "$ctl/out" "$ctl/ready"
  local is_kept=$queue_lock
  [ -n "$is_kept" ] || hold_queue_limit
  "${command[@]}" --ready-fd=9 "$@" >"${TAP_STDOUT:-$ctl/out}" 2>"$ctl/err" 9>"$ctl/ready" 3>&- {queue_lock}<&- &
  TAP_PID=$!
  [ -n "${TAP_STDOUT:-}" ] || exec {TAP_OUT}<"$ctl/out"
  IFS= read -r -t "$patience_s" line <"$ctl/ready" || true
  [ -n "$is_kept" ] || release_queue_limit
  if [ "$line" != READY=1 ]; then
    echo "inotap did not become ready; it said:" >&2
    cat "$ctl/err" >&2
    return 1
  fi
}

# finish: read everything up to the end into the array `lines`, and its status into `status`.
finish() {
  mapfile -t -u "$TAP_OUT" lines
  exec {TAP_OUT}<&-
  reap
}

# finish_raw: the same into the file $ctl/raw, for output that is not lines.
finish_raw() {
  cat <&"$TAP_OUT" >"$ctl/raw"
  exec {TAP_OUT}<&-
  reap
}

reap() {
  status=0
  wait "$TAP_PID" || status=$?
  TAP_PID=
}

# start_among MOUNTING ARG...: start inotap in a mount namespace of its own, after the shell command MOUNTING. What that
# leaves running in the background, as FUSE does (see fuse), ends with inotap, and the mounts with the namespace.
start_among() {
  local mounting=$1
  shift
  start_as unshare --mount bash -c "set -e; fuse() { $(declare -f fuse | tail -n +3); $mounting"'; exec "$@"' - "$INOTAP" -- "$@"
}

# in_its_world COMMAND...: among the mounts that inotap sees, in its working directory.
in_its_world() {
  nsenter --target "$TAP_PID" --mount --wd -- "$@"
}

# fuse MOUNT_POINT COMMAND...: COMMAND, which serves a file system of user space and stays in the foreground, mounts it
# there. It is killed when the process dies that calls this.
fuse() {
  local point=$1
  shift
  setpriv --pdeathsig KILL "$@" 3>&- &
  until mountpoint -q "$point"; do kill -0 $! || return; done
}

# stop: SIGTERM, which prints what is queued before it ends, so nothing is missing after it; then finish.
# Where no PATH is left, inotap may have ended by itself before the signal, with status 4. Any other end is a failure.
stop() {
  local has_ended=
  kill -TERM "$TAP_PID" 2>/dev/null || has_ended=yes
  finish
  [ -z "$has_ended" ] || is "status of an inotap that ended before it was stopped" "$status" 4
}

# next_line: the next line of output, into `line`.
next_line() {
  IFS= read -r -t "$patience_s" -u "$TAP_OUT" line
}

# until_true COMMAND...: until it succeeds, for what tells nobody when it happens.
until_true() {
  local end=$((SECONDS + patience_s)) tries=0 never='' nothing
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || {
      echo "for $patience_s seconds this was never true: $*" >&2
      return 1
    }
    # Not at full speed for long: what is waited for may need the processor.
    [ "$((++tries))" -ge 5 ] || continue
    [ -n "$never" ] || exec {never}<> <(:)
    read -r -t 0.02 -u "$never" nothing || true
  done
  [ -z "$never" ] || exec {never}<&-
}

# until_asleep: until inotap waits for something to happen. It has then handled all that has happened: whatever the kernel
# queues for it wakes it at once.
until_asleep() {
  until_true grep -qE "^$(syscall_number epoll_wait) " "/proc/$TAP_PID/syscall"
}

# hold_queue_limit: so many events, `queue_limit`, the kernel queues for an inotap that is started from here on, until
# release_queue_limit. The limit is one for the whole machine. Whoever changes it for a moment, as benchmarks and the model
# do, locks it; and where it is far from usual this helper does so, too, if it may: see queue_limit.py.
# `start` does this by itself; queue_limit is then what the inotap has that it started.
hold_queue_limit() {
  local limit=/proc/sys/fs/inotify/max_queued_events
  exec {queue_lock}<"$limit"
  flock --shared "$queue_lock"
  queue_limit=$(<"$limit")
  if [ "$queue_limit" -lt 16384 ] || [ "$queue_limit" -gt 32768 ]; then
    flock --unlock "$queue_lock"
    exec {queue_guard}< <(exec /usr/bin/python3 "${BASH_SOURCE[0]%/*}/queue_limit.py" "$$" 3>&-)
    if IFS= read -r -u "$queue_guard" queue_guard_pid; then
      queue_limit=$(<"$limit")
    else
      exec {queue_guard}<&-
      queue_guard=
    fi
  fi
}

release_queue_limit() {
  [ -n "$queue_lock" ] || return 0
  exec {queue_lock}<&-
  queue_lock=
  [ -n "$queue_guard" ] || return 0
  kill -TERM "$queue_guard_pid" 2>/dev/null || true
  # It has put the limit back when it closes its output.
  IFS= read -r -d '' -u "$queue_guard" _ || true
  exec {queue_guard}<&-
  queue_guard=
}

# keep_queue_limit: hold it until the test ends. For a test that needs the queue to be of a usual length, and starts
# inotap by other means than `start`, or more than once.
keep_queue_limit() {
  [ -z "$queue_lock" ] || return 0
  hold_queue_limit
  if [ "$queue_limit" -ge 16384 ] && [ "$queue_limit" -le 32768 ]; then return; fi
  cannot "fs.inotify.max_queued_events is $queue_limit, and setting it to a usual value needs root"
}

# overfill FILE: more events than that, of a file that comes and goes; for one that is stopped.
overfill() {
  /usr/bin/python3 -c '
import os, sys
for i in range(int(sys.argv[2]) // 2 + 2):
    os.mknod(sys.argv[1])
    os.unlink(sys.argv[1])' "$1" "$queue_limit"
}

# keep_creating DIRECTORY: file after file in it, in the background, from now to the end of the test; returns once there is
# one. For tests of what ends by the clock: whatever else the machine does, something happens before the time has passed.
keep_creating() {
  /usr/bin/python3 -c '
import itertools, os, sys, time
for i in itertools.count():
    os.mknod(f"{sys.argv[1]}/{i}")
    time.sleep(0.005)' "$1" 3>&- &
  others+=($!)
  until_true test -e "$1/0"
}

# syscall_number write|epoll_wait: as /proc/PID/syscall prints it on this machine.
syscall_number() {
  case "$(uname -m):$1" in
    x86_64:write) echo 1 ;;
    x86_64:epoll_wait) echo 232 ;;
    aarch64:write | riscv64:write) echo 64 ;;
    aarch64:epoll_wait | riscv64:epoll_wait) echo 22 ;;
    *) cannot "the numbers of system calls are not known for $(uname -m)" ;;
  esac
}

# pass_time SECONDS: for tests of time itself; never by itself a means to wait for something.
pass_time() {
  local nothing
  exec {never}<> <(:)
  read -r -t "$1" -u "$never" nothing || true
  exec {never}<&-
}

# is WHAT GOT EXPECTED
is() {
  [ "$2" = "$3" ] && return
  printf '%s is\n%s\nexpected\n%s\n' "$1" "$2" "$3" >&2
  return 1
}

# lines_are EXPECTED...: exactly these lines were read. A word C in place of the cookie stands for any.
lines_are() {
  local got expected
  printf -v got '%s\n' "${lines[@]}"
  printf -v expected '%s\n' "$@"
  is "the output" "$got" "$expected"
}

# The same for the stderr of the inotap that `start` ran.
stderr_is() {
  is "standard error" "$(cat "$ctl/err")" "$1"
}

# events_and_paths: the columns EVENTS PATH of what was read in text form, one line each, without cookies.
events_and_paths() {
  [ "${#lines[@]}" -eq 0 ] || printf '%s\n' "${lines[@]}" | cut -f 2,4-
}

# json FILTER...: jq over the lines that were read.
json() {
  printf '%s\n' "${lines[@]}" | jq -c "$@"
}

# has TEXT PART: the text contains the part.
has() {
  [[ "$1" == *"$2"* ]] && return
  printf 'in\n%s\nthere is no\n%s\n' "$1" "$2" >&2
  return 1
}

lacks() {
  [[ "$1" != *"$2"* ]] && return
  printf 'in\n%s\nthere is\n%s\n' "$1" "$2" >&2
  return 1
}

# in_full FULL SHORT: how much of something: the first if INOTAP_TESTS=full is in the environment, else the second.
in_full() {
  if [ "${INOTAP_TESTS:-}" = full ]; then echo "$1"; else echo "$2"; fi
}
