#!/usr/bin/env bats
# A probe that the kernel does not know, or that a sandbox refuses, decides nothing: the call that matters does.

load helper

local_teardown() {
  [ -z "${public:-}" ] || rm -rf "$public"
}

# without_time TEXT: of a table.
without_time() {
  printf '%s\n' "$1" | sed 's/# .* after .* s:/# after:/'
}

# run_all CALL: in each mode, with each error, it is as if CALL had not been refused.
run_all() {
  local call=$1 error mode plain hits=0
  local -a modes=("-t 0 d f" "-r --resync -t 0 d" "-F -t 0 d nosuch/x" "-r --gitignore -t 0 d"
    "--stats -t 0 d" "-o log -t 0 d" "-d -o log -t 0 d" "-r --one-file-system --max-depth=3 -t 0 d")
  mkdir -p d/a/b d/.git
  touch f
  for mode in "${modes[@]}"; do
    # shellcheck disable=SC2086 # several words
    run --separate-stderr "$INOTAP" $mode
    plain="$status $output $stderr"
    for error in ENOSYS EPERM; do
      # shellcheck disable=SC2086
      run --separate-stderr strace -f -qq -e "trace=$call" -e signal=none -e "inject=$call:error=$error" -o "$ctl/trace" "$INOTAP" $mode
      # shellcheck disable=SC2001 # a pattern that bash has no short form of
      is "$call refused by $error, inotap $mode: status, output and messages" "$(without_time "$status $output $stderr")" \
        "$(without_time "$plain")"
      hits=$((hits + $(grep -c INJECTED "$ctl/trace" || true)))
    done
  done
  for error in ENOSYS EPERM; do
    run strace -f -qq -e "trace=$call" -e signal=none -e "inject=$call:error=$error" -o "$ctl/trace" "$INOTAP" inotifywait -qr -t 1 d
    is "$call refused by $error, inotifywait -r: status" "$status" 2
    hits=$((hits + $(grep -c INJECTED "$ctl/trace" || true)))
  done
  [ "$hits" -ge 1 ] || { echo "$call was never made" >&2; return 1; }
}

@test "may a PATH be read: faccessat2" { run_all faccessat2; }
@test "a seed: getrandom" { run_all getrandom; }
@test "which file system: statfs, fstatfs" { run_all statfs,fstatfs; }
@test "where things are: readlink, readlinkat, getcwd" { run_all readlink,readlinkat,getcwd; }
@test "is it a terminal, what is queued: ioctl" { run_all ioctl; }
@test "is standard output open: fcntl" { run_all fcntl; }
@test "inherited descriptors: close_range" { run_all close_range; }
@test "limits: prlimit64" { run_all prlimit64; }
@test "a session, a mask: setsid, rt_sigprocmask" { run_all setsid,rt_sigprocmask; }

@test "what is queued when it ends is printed also where FIONREAD is refused" {
  start_as strace -f -qq -e trace=ioctl -e signal=none -e inject=ioctl:error=EPERM -o "$ctl/trace" "$INOTAP" -- --buffer=272 -e create --fields=name .
  local inotap
  inotap=$(pgrep -P "$TAP_PID" inotap)
  kill -STOP "$inotap"
  touch {1..500}
  kill -TERM "$inotap"
  kill -CONT "$inotap"
  finish
  is "records" "${#lines[@]}" 500
}

@test "a PATH that may not be read is still refused, by the watch" {
  need_root "to become another user"
  public=$(mktemp -d)
  chmod 755 "$public"
  cp "$INOTAP" "$public/inotap"
  cd "$public"
  mkdir d
  chmod 711 d
  chmod 755 inotap
  setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$public/inotap" ||
    cannot "needs a directory for temporary files that another user can reach"
  run strace -u nobody -f -qq -e trace=faccessat2 -e signal=none -e inject=faccessat2:error=EPERM -o "$ctl/trace" \
    ./inotap -t 0 d
  is status "$status" 1
  is message "$output" "inotap: d: Permission denied"
}
