# helper.bash: starting inotap, knowing when it watches, and reading what it printed, without a single sleep.
# shellcheck shell=bash
# shellcheck disable=SC2034 # status and lines are for the tests

bats_require_minimum_version 1.5.0

# Every test has a directory of its own to work in, and another for what the helper needs.
setup() {
  ctl=$BATS_TEST_TMPDIR/ctl
  mkdir "$ctl" "$BATS_TEST_TMPDIR/work"
  cd "$BATS_TEST_TMPDIR/work" || return
  # The leak check cannot work under strace, and ends a process by its own status: only unit tests and faults use it.
  export ASAN_OPTIONS=detect_leaks=0
  unset NO_COLOR NOTIFY_SOCKET TZ
  export TERM=xterm
  TAP_PID=
  others=() # what else a test has running in the background
  if declare -F local_setup >/dev/null; then local_setup; fi
}

teardown() {
  local pid
  for pid in $TAP_PID "${others[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
  # Shown only of a test that has failed.
  [ ! -s "$ctl/err" ] || sed 's/^/inotap said: /' "$ctl/err" >&2
  if declare -F local_teardown >/dev/null; then local_teardown; fi
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
  rm -f "$ctl/out" "$ctl/ready"
  mkfifo "$ctl/out" "$ctl/ready"
  "${command[@]}" --ready-fd=9 "$@" >"${TAP_STDOUT:-$ctl/out}" 2>"$ctl/err" 9>"$ctl/ready" 3>&- &
  TAP_PID=$!
  [ -n "${TAP_STDOUT:-}" ] || exec {TAP_OUT}<"$ctl/out"
  IFS= read -r -t 60 line <"$ctl/ready" || true
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

# stop: SIGTERM, which prints what is queued before it ends, so nothing is missing after it; then finish.
stop() {
  kill -TERM "$TAP_PID"
  finish
}

# next_line: the next line of output, into `line`.
next_line() {
  IFS= read -r -t 60 -u "$TAP_OUT" line
}

# until_true COMMAND...: until it succeeds, for what tells nobody when it happens; gives up after a minute.
until_true() {
  local end=$((SECONDS + 60))
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || {
      echo "for a minute this was never true: $*" >&2
      return 1
    }
  done
}

# keep_queue_limit: so many events, `queue_limit`, the kernel queues for an inotap that is started from here on. Whoever
# changes that for a moment, as benchmarks and the model do, locks it; the lock of this test ends with it.
keep_queue_limit() {
  exec {queue_lock}</proc/sys/fs/inotify/max_queued_events
  flock --shared "$queue_lock"
  queue_limit=$(cat /proc/sys/fs/inotify/max_queued_events)
}

# overfill FILE: more events than that, of a file that comes and goes; for one that is stopped.
overfill() {
  /usr/bin/python3 -c '
import os, sys
for i in range(int(sys.argv[2]) // 2 + 2):
    os.mknod(sys.argv[1])
    os.unlink(sys.argv[1])' "$1" "$queue_limit"
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

# pass_time SECONDS: for tests of time itself; never a means to wait for something.
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
  local got
  got=$(printf '%s\n' "${lines[@]}")
  is "the output" "$got" "$(printf '%s\n' "$@")"
}

# The same for the stderr of the inotap that `start` ran.
stderr_is() {
  is "standard error" "$(cat "$ctl/err")" "$1"
}

# events_and_paths: the columns EVENTS PATH of what was read in text form, one line each, without cookies.
events_and_paths() {
  local one
  for one in "${lines[@]}"; do
    cut -f 2,4- <<<"$one"
  done
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
