#!/usr/bin/env bats
# When inotify has no more to give, the message says what, how much, by whom, and what helps.

load helper

# limited LIMIT VALUE COMMAND...: in a user namespace with this limit of its own.
limited() {
  local limit=$1 value=$2
  shift 2
  # shellcheck disable=SC2016 # for the inner shell
  exec unshare --user --map-root-user bash -c 'echo "$2" >"/proc/sys/user/$1" && shift 2 && exec "$@"' - "$limit" "$value" "$@"
}

local_setup() {
  need_user_namespace "to set a limit"
  mkdir d1 d2 d3 d4 d5
}

@test "no more watches: the limit, its value, the use of it, and the command that raises it" {
  run --separate-stderr limited max_inotify_watches 3 "$INOTAP" --ready d1 d2 d3 d4 d5
  is status "$status" 1
  is "standard output" "$output" ""
  has "$stderr" "inotap: d4: no more inotify watches"
  has "$stderr" "the limit user.max_inotify_watches is 3"
  has "$stderr" "3 watches by process"
  has "$stderr" "(inotap), this one"
  has "$stderr" "sudo sysctl user.max_inotify_watches=8192"
  lacks "$stderr" "d5"
}

@test "with --partial it is a warning for each, explained once, and the rest is watched" {
  start_as limited max_inotify_watches 3 "$INOTAP" -- --partial -e create --fields=path d1 d2 d3 d4 d5
  : >d3/x
  : >d4/x
  stop
  lines_are d3/x
  has "$(cat "$ctl/err")" "inotap: d4: no more inotify watches"
  has "$(cat "$ctl/err")" "inotap: d5: no more inotify watches"
  is explanations "$(grep -c "the limit user" "$ctl/err")" 1
}

@test "a guard on the parent that finds no room is not an error" {
  start_as limited max_inotify_watches 1 "$INOTAP" -- -e create --fields=path d1
  : >d1/x
  stop
  lines_are d1/x
  stderr_is ""
}

@test "no more instances" {
  run --separate-stderr limited max_inotify_instances 0 "$INOTAP" d1
  is status "$status" 1
  has "$stderr" "inotap: inotify: Too many open files"
  has "$stderr" "the limit user.max_inotify_instances is 0"
  has "$stderr" "sudo sysctl user.max_inotify_instances=8192"
}

@test "no more instances because another process has them, which is named" {
  cat >"$ctl/inner" <<'SH'
mkfifo ready
"$INOTAP" --ready-fd=9 d1 9>ready &
read -r line <ready
"$INOTAP" d2
status=$?
kill $!
echo "the first is $!"
exit "$status"
SH
  run limited max_inotify_instances 1 bash "$ctl/inner"
  is status "$status" 1
  has "$output" "the limit user.max_inotify_instances is 1"
  [[ "$output" =~ 'the first is '([0-9]+) ]]
  has "$output" "1 instances by process ${BASH_REMATCH[1]} (inotap)"
}

@test "no more open files in a walk, or on the way to a PATH, is not taken for a limit of inotify" {
  mkdir -p d1/1/2/3/4/5/6
  local number seen=0 options
  for options in "-r d1" "-F d1" "-rF d1 d2/x/y" "-o log -r d1"; do
    for number in {4..12}; do
      # shellcheck disable=SC2086 # several words
      run --separate-stderr prlimit --nofile="$number" "$INOTAP" -t 0 $options 3>&-
      lacks "$stderr" "fs.inotify"
      lacks "$stderr" "user.max_inotify"
      [ "$status" -ne 1 ] || has "$stderr" "may have $number open files (RLIMIT_NOFILE)"
      [[ "$stderr" != *"Too many open files"* ]] || { seen=$((seen + 1)); has "$stderr" "RLIMIT_NOFILE"; }
    done
  done
  [ "$seen" -ge 8 ]
}

@test "no more open files in the whole system" {
  mkdir -p d1/1
  local call
  for call in inotify_init1 epoll_create1 eventfd2; do
    run --separate-stderr strace -qq -e "trace=$call" -e "inject=$call:error=ENFILE" -o "$ctl/trace" "$INOTAP" -r -t 0 d1
    is "status where $call fails" "$status" 1
    has "$stderr" "fs.file-max"
    lacks "$stderr" "fs.inotify"
  done
}

@test "no more open files" {
  # The three standard streams, the output file, and none for inotify.
  run --separate-stderr prlimit --nofile=4 "$INOTAP" -o log d1 3>&-
  is status "$status" 1
  has "$stderr" "this process may have 4 open files"
  has "$stderr" "ulimit -n"
}
