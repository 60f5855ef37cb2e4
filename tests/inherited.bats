#!/usr/bin/env bats
# What a process has from its parent: a working directory, signals, descriptors. None of it may stand in the way.

load helper

local_teardown() {
  [ -z "${public:-}" ] || rm -rf "$public"
}

# As a user who cannot enter the working directory. What bats makes is for its own user only.
out_of_reach() {
  need_root "to become another user"
  public=$(mktemp -d)
  chmod 755 "$public"
  as_nobody test -x "$public" || cannot "needs a directory for temporary files that another user can reach"
  cp "$INOTAP" "$public/inotap"
  chmod 755 "$public/inotap"
  mkdir "$public/pub" "$public/priv"
  pub=$public/pub
  chmod 777 "$pub"
  chmod 700 "$public/priv"
  cd "$public/priv" || return
}

as_nobody() {
  setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

@test "a working directory out of reach is needed for nothing but relative names" {
  out_of_reach
  local options
  for options in "" -r -F --gitignore "-r --resync" "-rF --pid-file=$pub/pid -o $pub/log"; do
    # shellcheck disable=SC2086 # several options
    run as_nobody "$public/inotap" $options -t 0 "$pub"
    is "status with $options" "$status" 3
    is "what is said with $options" "$output" ""
  done
  run as_nobody "$public/inotap" inotifywait -qr -t 1 "$pub"
  is "status of inotifywait -r" "$status" 2
}

@test "paths stay true there, while walks change the working directory" {
  out_of_reach
  start_as setpriv --reuid=65534 --regid=65534 --clear-groups "$public/inotap" -- -rF -e create,delete --fields=events,path "$pub" "$pub/late/x"
  mkdir -p "$pub/a/b" "$pub/late"
  : >"$pub/a/b/c"
  stop
  # The order between the tree and what -F waits for is not the matter here.
  is records "$(printf '%s\n' "${lines[@]}" | sort)" "$(printf '%s\n' "CREATE,ISDIR"$'\t'"$pub/a" \
    "CREATE,ISDIR"$'\t'"$pub/a/b" "CREATE,ISDIR"$'\t'"$pub/late" "CREATE"$'\t'"$pub/a/b/c" | sort)"
}

@test "a relative PATH there is an error that names it or the working directory" {
  out_of_reach
  local options
  for options in "" -r -F; do
    # shellcheck disable=SC2086 # perhaps no option
    run as_nobody "$public/inotap" $options -t 0 "$pub" sub
    is "status with $options" "$status" 1
    has "$output" "Permission denied"
  done
}

@test "a working directory that cannot be returned to is the end where relative names need it, and not else" {
  # The first fchdir(2) enters d, the second returns.
  mkdir d
  run strace -qq -e trace=fchdir -e signal=none -e inject=fchdir:error=EIO:when=2 -o "$ctl/trace" "$INOTAP" -r -t 0 d
  is status "$status" 1
  is message "$output" "inotap: the working directory: Input/output error"
  run strace -qq -e trace=fchdir -e signal=none -e inject=fchdir:error=EIO:when=2 -o "$ctl/trace" "$INOTAP" -r -t 0 "$PWD/d"
  is status "$status" 3
  is message "$output" ""
}

@test "signals that the parent blocked end it, and ask for what they ask for" {
  local number signal
  cat >"$ctl/blocked.py" <<'PY'
import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
os.execv(sys.argv[1], sys.argv[1:])
PY
  for signal in TERM INT HUP; do
    number=$(kill -l "$signal")
    start_as env --default-signal=INT,HUP /usr/bin/python3 "$ctl/blocked.py" "$INOTAP" -- -e create --fields=path .
    : >"a$signal"
    kill -"$signal" "$TAP_PID"
    finish
    is "status of $signal" "$status" $((128 + number))
    lines_are "./a$signal"
  done
  start_as /usr/bin/python3 "$ctl/blocked.py" "$INOTAP" -- --stats -e create .
  : >b
  kill -USR1 "$TAP_PID"
  until_true next_line
  stop
  start_as /usr/bin/python3 "$ctl/blocked.py" "$INOTAP" -- -o log -e create --fields=path .
  mv log log.1
  kill -HUP "$TAP_PID"
  until_true test -e log
  stop
  start_as /usr/bin/python3 "$ctl/blocked.py" "$INOTAP" -- .
  exec {TAP_OUT}<&-
  reap
  is "status when the reader goes" "$status" 141
}

@test "also while a FIFO is waited for, before anything is watched" {
  cat >"$ctl/blocked.py" <<'PY'
import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
os.execv(sys.argv[1], sys.argv[1:])
PY
  mkfifo fifo
  /usr/bin/python3 "$ctl/blocked.py" "$INOTAP" -o fifo . 3>&- &
  TAP_PID=$!
  until_true grep -q inotap "/proc/$TAP_PID/comm"
  kill -TERM "$TAP_PID"
  reap
  is status "$status" 143
}

@test "a file-size limit is a failed write with its text, status 1, and no half record" {
  for ignored in no yes; do
    rm -f log
    # shellcheck disable=SC2016 # for the inner shell
    start_as bash -c '[ "$0" = no ] || trap "" XFSZ; ulimit -f 1; exec "$@"' "$ignored" "$INOTAP" -- -j -o log -e create .
    touch {1..30}
    finish
    is status "$status" 1
    stderr_is "inotap: log: File too large"
    [ "$(wc -l <log)" -ge 5 ]
    jq -c .path log >/dev/null
    is "last byte" "$(tail -c 1 log | od -An -c | tr -d ' ')" '\n'
    rm -f {1..30}
  done
}

@test "git and a daemon's status are not lost to a SIGCHLD that is ignored" {
  run env --ignore-signal=CHLD "$INOTAP" -d -o log -n 1 nosuch
  is status "$status" 1
  run env --ignore-signal=CHLD "$INOTAP" -d -o log -n 1 -e mask_create -e create . ./
  is status "$status" 1
}

# Has the process watches? Its descriptors are looked for each time.
has_watches() {
  grep -qs 'inotify wd:' /proc/"$1"/fdinfo/*
}

# Descriptors of the running daemon beyond the standard ones, what they are.
descriptors_of() {
  local fd
  for fd in /proc/"$1"/fd/*; do
    [ "${fd##*/}" -le 2 ] || readlink "$fd"
  done
}

@test "-d keeps no descriptor of its caller" {
  mkdir d
  local name error
  for error in none EPERM ENOSYS; do
    local -a way=()
    [ "$error" = none ] || way=(strace -f -qq -e trace=close_range -e "inject=close_range:error=$error" -o "$ctl/trace")
    for name in inotap inotifywait; do
      rm -f log
      local -a command=("$INOTAP")
      [ "$name" = inotap ] || command+=(inotifywait -q -m)
      "${way[@]}" "${command[@]}" -d -o "$PWD/log" d 8>pipe-end 9>lock 3>&- &
      others+=($!)
      until_true pgrep -f "^$INOTAP .*-d -o $PWD/log d" >"$ctl/pid"
      until_true test -e log
      TAP_PID=$(pgrep -f "^$INOTAP .*-d -o $PWD/log d" | tail -n 1)
      until_true has_watches "$TAP_PID"
      lacks "$(descriptors_of "$TAP_PID")" "$PWD/lock"
      lacks "$(descriptors_of "$TAP_PID")" "$PWD/pipe-end"
      has "$(descriptors_of "$TAP_PID")" "$PWD/log"
      has "$(descriptors_of "$TAP_PID")" "anon_inode:inotify"
      kill "$TAP_PID"
      until_true test ! -e "/proc/$TAP_PID"
      TAP_PID=
    done
  done
}

@test "a lock of its caller's is free while a daemon runs" {
  (
    flock 9
    "$INOTAP" -d --pid-file=pid -o log . 3>&-
  ) 9>lock
  TAP_PID=$(cat pid)
  flock -n lock true
  [ -e "/proc/$TAP_PID" ]
}

@test "a command substitution with a copy of its pipe does not wait for the daemon" {
  # shellcheck disable=SC2016 # for the inner shell
  run bash -c 'x=$(exec 8>&1; "$INOTAP" -d --pid-file=pid -o log .); echo "back"'
  TAP_PID=$(cat pid)
  is "what comes after it" "$output" back
}

@test "-d keeps the descriptors that it was told of" {
  mkdir d
  mkfifo ready
  echo '*.o' >rules
  exec {dir}<d
  "$INOTAP" -d --pid-file=pid -e create --ready-fd=7 --ignore-file=/dev/fd/6 -o /dev/fd/8 "/proc/self/fd/$dir" 7>ready 6<rules 8>log 3>&- &
  is message "$(timeout "$patience_s" cat ready)" READY=1
  wait $!
  TAP_PID=$(cat pid)
  touch d/x.o d/y
  until_true grep -q "/fd/$dir/y" log
  is records "$(wc -l <log)" 1
  exec {dir}<&-
}

@test "-d -o FIFO comes back before anybody reads, and nothing is lost" {
  mkdir d
  mkfifo fifo
  local name
  for name in inotap inotifywait; do
    local -a command=("$INOTAP" -e create "--format=%f")
    [ "$name" = inotap ] || command=("$INOTAP" inotifywait -qr -m -e create --format %f)
    timeout "$patience_s" "${command[@]}" -d -o fifo "$PWD/d" 3>&-
    TAP_PID=$(pgrep -f "^$INOTAP .* -d -o fifo $PWD/d" | head -n 1)
    touch d/a
    exec {in}<fifo
    read -r -t "$patience_s" -u "$in" line
    is "the first record" "$line" a
    touch d/b
    read -r -t "$patience_s" -u "$in" line
    is "the next record" "$line" b
    exec {in}<&-
    # The reader has gone: the next record ends it.
    touch d/c
    until_true test ! -e "/proc/$TAP_PID"
    TAP_PID=
    rm d/*
  done
}

@test "a daemon that ends by itself waits for the reader of what it wrote to a FIFO" {
  mkdir d
  mkfifo fifo
  "$INOTAP" -d -n 2 -e create --fields=name -o fifo d 3>&-
  touch d/a d/b
  is records "$(timeout "$patience_s" cat fifo)" $'a\nb'
  # One that has nothing for anybody does not wait.
  "$INOTAP" -d -t 0 -e create --pid-file=pid -o fifo d 3>&-
  until_true test ! -e pid
}

@test "a descriptor for --ready-fd that does not block and is full is waited for" {
  cat >"$ctl/full.py" <<'PY'
import os, subprocess, sys
r, w = os.pipe2(os.O_NONBLOCK)
try:
    while True:
        os.write(w, b"x" * 4096)
except BlockingIOError:
    pass
tap = subprocess.Popen([sys.argv[1], "-t", "0", f"--ready-fd={w}", "."], pass_fds=[w])
os.close(w)
data = b""
os.set_blocking(r, True)
while block := os.read(r, 65536):
    data += block
assert data.endswith(b"xREADY=1\n"), data[-20:]
assert tap.wait() == 3
PY
  timeout "$patience_s" /usr/bin/python3 "$ctl/full.py" "$INOTAP"
}

# closed_start COMBINATION COMMAND...: with the descriptors 0, 1, 2 closed whose bits (1, 2, 4) are set.
closed_start() {
  local bits=$1
  shift
  # shellcheck disable=SC2016 # for the inner shell
  exec bash -c '[ $(($0 & 1)) = 0 ] || exec 0<&-; [ $(($0 & 2)) = 0 ] || exec 1>&-; [ $(($0 & 4)) = 0 ] || exec 2>&-; exec "$@"' "$bits" "$@"
}

@test "whichever of the standard streams are closed, none of them becomes a descriptor of inotap's own" {
  mkdir d
  local bits mode fd expected command
  local -a modes=("-e create d" "-d -o $PWD/log -e create d" "--stats -o $PWD/log d" "-j -o $PWD/log -rF d nosuch"
    "inotifywait -q -m -o $PWD/log d" "inotifywait -qq d")
  for bits in {0..7}; do
    for mode in "${modes[@]}"; do
      rm -f log
      # shellcheck disable=SC2086 # several words
      closed_start "$bits" "$INOTAP" $mode </dev/zero >"$ctl/out" 2>"$ctl/err" 3>&- &
      TAP_PID=$!
      expected=running
      # Records with nowhere to go are an error; what needs no standard output does without.
      [[ $((bits & 2)) -eq 0 || "$mode" == *"-o "* || "$mode" == *-qq* ]] || expected=1
      if [ "$expected" = 1 ]; then
        reap
        is "status of $mode with $bits closed" "$status" 1
        [ $((bits & 4)) -ne 0 ] || has "$(cat "$ctl/err")" "standard output: Bad file descriptor"
        continue
      fi
      [[ "$mode" != -d* ]] || {
        reap
        is "status of $mode with $bits closed" "$status" 0
        until_true pgrep -f "^$INOTAP $mode" >"$ctl/pid"
        TAP_PID=$(cat "$ctl/pid")
      }
      until_true has_watches "$TAP_PID"
      for fd in 0 1 2; do
        command=$(readlink "/proc/$TAP_PID/fd/$fd")
        case $command in
          /dev/null | /dev/zero | "$ctl/out" | "$ctl/err") ;;
          *) echo "$mode with $bits closed: descriptor $fd is $command" >&2; return 1 ;;
        esac
      done
      [ "$(find "/proc/$TAP_PID/fd" -lname '*inotify*' | wc -l)" -ge 1 ]
      kill -KILL "$TAP_PID"
      wait "$TAP_PID" 2>/dev/null || true
      until_true test ! -e "/proc/$TAP_PID/fd/0"
      TAP_PID=
    done
  done
}
